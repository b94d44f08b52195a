"""Axe, which finds what readers with assistive technology cannot use."""

import os
from pathlib import Path
from typing import Any

from npm_scripts import get_script

__all__ = ["get_axe", "violations"]

_VERSION = "4.14.1"

_RUN = """async selector => {
    const {violations} = await axe.run({include: [[selector]]});
    return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`));
}"""


def get_axe(root: Path) -> Path | None:
    """Return the script of axe, which npm brings the first time, or None where it cannot.

    It is kept where Mermaid is: in ``$PENSTOCK_MERMAID``, or in ``.nox/mermaid`` below *root*.
    """
    folder = Path(os.environ.get("PENSTOCK_MERMAID") or root / ".nox" / "mermaid")
    return get_script("axe-core", _VERSION, "axe.min.js", folder)


def violations(page: Any, axe: Path, selector: str) -> list[str]:
    """Return the rules that what *selector* names violates in a page, and where."""
    page.add_script_tag(path=axe)
    return list(page.evaluate(_RUN, selector))
