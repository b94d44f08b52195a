"""The meaning of each code, and the address of its page in the documentation."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

__all__ = ["MEANINGS", "help_of"]

MEANINGS: Mapping[str, str] = {
    "baseline-stale": "The baseline has a finding that is gone.",
    "declaration-unread": "A declaration cannot be read without importing the application.",
    "edge-back": "A step calls an earlier one, and no loop declares it.",
    "edge-contradicted": "The source does not have the declared edge.",
    "edge-mixed": "Two callers have the steps in different orders.",
    "edge-undeclared": "The source has an edge that the flow does not declare.",
    "edge-unverified": "The source does not show whether the declared edge is there.",
    "step-missing": "The function of a step is not in its module any more.",
    "step-renamed": "The function of a step has another name, or is in another module.",
    "bypassed-entrypoint": "A framework was given a function before its entrypoint wrapped it.",
    "conflicting-metadata": "Two files give a flow different metadata.",
    "cycle": "The steps form a cycle that is not declared as a loop.",
    "impossible-join": "A step waits for steps that no run reaches together.",
    "needless-loop": "A loop names a step to which nothing leads back.",
    "no-entrypoint": "No run of the flow can begin.",
    "unclaimed-step": "A function is declared as a step and belongs to no flow.",
    "unknown-predecessor": "A step comes after something that is not a step of the flow.",
    "unreachable": "No entrypoint leads to the step.",
}
"""The meaning of each code in one sentence: of those about the source, then of problems."""


def help_of(code: str) -> str | None:
    """Return the address of the page about *code*, or None if there is none."""
    start = _documentation()
    if start is None or code not in MEANINGS:
        return None
    # Beside the first page: a file of the repository, or a page of a site.
    suffix = PurePosixPath(urlsplit(start).path).suffix or ".html"
    return urljoin(start, f"reference/check/{code}{suffix}")


@cache
def _documentation() -> str | None:
    """Return the address of the first page of the documentation, which the metadata has."""
    try:
        urls = metadata("penstock").get_all("Project-URL") or []
    except PackageNotFoundError:  # a copy that nobody installed
        return None
    return next((url.split(", ", 1)[1] for url in urls if url.startswith("Documentation, ")), None)
