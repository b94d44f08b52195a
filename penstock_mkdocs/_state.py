"""What is remembered between the pages of a build."""

from functools import lru_cache
from pathlib import Path

from penstock._settings import Settings
from penstock_mkdocs._config import ExtensionOptions
from penstock_mkdocs._links import Site

__all__ = ["forget_state", "is_first", "settings_of", "site"]

_documented: dict[str, str] = {}

site = Site()
"""The site that is being built."""


@lru_cache
def settings_of(options: ExtensionOptions, folder: Path) -> Settings:
    """Return the settings of a project: to read its ``pyproject.toml`` once is enough.

    Raises:
        ConfigurationError: If a setting cannot be used.
    """
    return options.settings(folder)


def is_first(target: str, page: str) -> bool:
    """Tell whether *page* is the one at which links to the function *target* arrive."""
    return _documented.setdefault(target, page) == page


def forget_state() -> None:
    """Begin a build."""
    settings_of.cache_clear()
    _documented.clear()
    site.forget()
