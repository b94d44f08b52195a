"""Errors for a package of an extra that is missing, too old or broken."""

import sys
from collections.abc import Iterator

from penstock.exceptions import MissingExtraError

__all__ = ["as_error_of_mkdocs", "explain_import"]

_PACKAGES = {
    "click": "click",
    "griffe": "griffelib",
    "jinja2": "Jinja2",
    "markdown": "Markdown",
    "markupsafe": "Jinja2",
    "mkdocs": "mkdocs",
    "yaml": "PyYAML",
}


def explain_import(error: ImportError) -> ImportError:
    """Return what names the cure of *error*, or *error* if no package of an extra is its cause."""
    modules = (name.partition(".")[0] for name in _modules_of(error))
    package = next((_PACKAGES[name] for name in modules if name in _PACKAGES), None)
    if package is None:
        return error
    extra = "mkdocs" if "mkdocs" in sys.modules or package == "mkdocs" else "markdown"
    return MissingExtraError.from_import("showing flows in Markdown pages", package, extra, error)


def _modules_of(error: ImportError) -> Iterator[str]:
    """Yield the module that could not be imported, and those that wanted it, from the innermost."""
    yield error.name or ""
    traceback, wanting = error.__traceback__, []
    while traceback is not None:
        wanting.append(str(traceback.tb_frame.f_globals.get("__name__", "")))
        traceback = traceback.tb_next
    yield from reversed(wanting)


def as_error_of_mkdocs(error: ImportError) -> Exception:
    """Return *error* as MkDocs shows it: in one line, without a traceback."""
    exceptions = sys.modules.get("mkdocs.exceptions")
    if exceptions is None or not isinstance(error, MissingExtraError):
        return error
    shown: Exception = exceptions.ConfigurationError(str(error))
    return shown
