"""The names of flows and steps in pages: anchors, slugs and dotted names."""

import re
from functools import lru_cache
from hashlib import sha256

from penstock._declared.step import Step
from penstock.graph._functions import names_of

__all__ = ["anchor_of", "digest_of", "group_anchor_of", "slug_of", "target_of"]


def anchor_of(flow: str, step: str | None = None) -> str:
    """Return the anchor of a flow, or of a step in it, for any names.

    It depends on the names alone, so that links from outside stay valid.

    .. versionadded:: 0.2
    """
    parts = [flow] if step is None else [flow, step]
    # Two hyphens: no slug holds them, so no two pairs of names come to one anchor.
    return "--".join(["penstock", *map(slug_of, parts)])


def group_anchor_of(flow: str, group: str) -> str:
    """Return the anchor of the diagram of a group of a flow that is folded."""
    return "--".join(["penstock", slug_of(flow), "group", slug_of(group)])


@lru_cache(10_000)
def slug_of(name: str) -> str:
    """Return *name* as an identifier of HTML and of docutils: ``[a-z0-9-]``.

    .. versionadded:: 0.2
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if "-" not in name and slug == name.replace("_", "-"):
        return slug
    # Something was lost, so that another name could come to the same slug.
    return f"{slug}-{digest_of(name)}" if slug else digest_of(name)


def digest_of(name: str) -> str:
    """Return a short hash that is different for other names."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def target_of(step: Step) -> str:
    """Return the dotted name under which the documentation of a step is found.

    .. versionadded:: 0.2
    """
    module, qualname = names_of(step)
    return f"{module}.{qualname}" if module else qualname
