"""Which requests have no ID: patterns of paths, checked where they are written."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from typing import Any

from penstock.exceptions import ConfigurationError

__all__ = ["PathPattern", "read_paths"]

PathPattern = str | re.Pattern[str]

_WANTED = 'a list of paths and patterns, like ["/health", "/static/*", re.compile("^/v[0-9]+/up$")]'


def read_paths(
    name: str, patterns: Any
) -> tuple[tuple[PathPattern, ...], tuple[Callable[[str], object], ...]]:
    """Return the *patterns* of the setting *name*, and what finds each of them in a path.

    Raises:
        ConfigurationError: If no path could ever fit one of them.
    """
    if isinstance(patterns, (str, bytes)) or not isinstance(patterns, Iterable):
        raise ConfigurationError(name, f"takes {_WANTED}, not {patterns!r}")
    kept = tuple(patterns)  # an iterator could be read only once
    return kept, tuple(_read(name, pattern) for pattern in kept)


def _read(name: str, pattern: Any) -> Callable[[str], object]:
    if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
        return pattern.search
    if not isinstance(pattern, str):
        raise ConfigurationError(name, f"takes {_WANTED}, not {pattern!r}")
    if not _can_fit(pattern):
        meant = _suggest(pattern)
        hint = f"; did you mean {meant!r}?" if meant else ""
        problem = f'takes paths like "/health" or "/static/*", not {pattern!r}{hint}'
        raise ConfigurationError(name, problem)
    return _finder(pattern)


def _finder(pattern: str) -> Callable[[str], object]:
    """Return what finds *pattern* in a path. A slash at the end of either does not matter."""
    fits = re.compile(translate(pattern)).match
    fits_less = re.compile(translate(pattern.rstrip("/") or "/")).match

    def find(path: str) -> object:
        return fits(path) or fits_less(path.rstrip("/") or "/")

    return find


def _can_fit(pattern: str) -> bool:
    is_rooted = pattern.startswith(("/", "*", "["))
    return is_rooted and not pattern.startswith("//") and not re.search(r"[?#\s]", pattern)


def _suggest(pattern: str) -> str | None:
    """Return the pattern that is probably meant: a path has no host, query or fragment."""
    address = re.fullmatch(r"\s*(?:(?:https?:)?//[^/?#]*)?([^?#]*)(?:[?#].*)?", pattern)
    path = "" if address is None else address[1].strip()
    meant = path if path.startswith(("/", "*")) else "/" + path
    return meant if path and meant != pattern and _can_fit(meant) else None
