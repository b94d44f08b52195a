"""What is remembered between the pages of a build."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from penstock.docs import Settings
from penstock_mkdocs.markdown._links import Site
from penstock_mkdocs.markdown._options import ExtensionOptions

__all__ = [
    "documented_now",
    "documenting",
    "forget_state",
    "is_first",
    "is_news",
    "settings_of",
    "site",
]

_documented: dict[str, str] = {}
_logged: set[str] = set()

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
    """Return whether *page* is the one at which links to the function *target* arrive."""
    return _documented.setdefault(target, page) == page


def is_news(message: str) -> bool:
    """Return whether *message* was not logged yet."""
    is_new = message not in _logged
    _logged.add(message)
    return is_new


class _Now(threading.local):
    """What each thread is showing: to a renderer, a docstring is a separate page."""

    def __init__(self) -> None:
        self.targets: list[str] = []


_now = _Now()


@contextmanager
def documenting(target: str) -> Iterator[None]:
    """Note that the docstring of the function *target* is shown inside the block."""
    _now.targets.append(target)
    try:
        yield
    finally:
        _now.targets.pop()


def documented_now() -> frozenset[str]:
    """Return the functions whose docstrings are being shown, each inside another."""
    return frozenset(_now.targets)


def forget_state() -> None:
    """Begin a build."""
    settings_of.cache_clear()
    _documented.clear()
    _logged.clear()
    site.forget()
