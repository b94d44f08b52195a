"""What is said where a package is missing that an extra brings."""

import sys

from penstock.exceptions import MissingExtraError

__all__ = ["missing_extra"]

_PACKAGES = {
    "click": "click",
    "griffe": "griffelib",
    "jinja2": "Jinja2",
    "markdown": "Markdown",
    "markupsafe": "Jinja2",
    "yaml": "PyYAML",
}


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """Return what names the cure of *error*, or None if no extra of ours brings the module."""
    package = _PACKAGES.get((error.name or "").partition(".")[0])
    if package is None:
        return None
    extra = "mkdocs" if "mkdocs" in sys.modules else "markdown"
    return MissingExtraError("showing flows in Markdown pages", package, extra)
