"""Importing a project's modules once per build, though every page asks for it."""

from penstock._settings import Settings, import_modules
from penstock.exceptions import ModuleImportError
from penstock_mkdocs._state import forget_state

__all__ = ["forget", "load"]

_loaded: set[Settings] = set()


def load(settings: Settings) -> tuple[ModuleImportError, ...]:
    """Import the modules of *settings* and return what failed, the first time only."""
    if settings in _loaded:
        return ()
    _loaded.add(settings)
    return import_modules(settings)


def forget() -> None:
    """Let the next page import, and report, anew."""
    _loaded.clear()
    forget_state()
