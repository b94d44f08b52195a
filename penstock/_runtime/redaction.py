"""Hiding annotated values before they leave the process."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from penstock._common.callables import discard, runs_later
from penstock.exceptions import ConfigurationError

__all__ = [
    "REDACTED",
    "Redact",
    "RedactFunction",
    "configure_redaction",
    "originals",
    "prepared",
    "redacting",
    "shown",
]

_logger = logging.getLogger("penstock")

REDACTED = "[redacted]"
"""The string that is shown in place of a value."""

RedactFunction = Callable[[str, object], object]
Redact = RedactFunction | Iterable[str | re.Pattern[str]]

redacting: list[RedactFunction] = []
"""The function that hides values, or nothing."""
_may_hide = False
"""Whether any value may be a `_Redacted`. It stays so: runs may have them still."""
_has_complained = False


class _Redacted:
    """A value, and what is shown instead of it."""

    __slots__ = ("original", "shown")

    def __init__(self, original: object, shown: object) -> None:
        self.original = original
        self.shown = shown


def configure_redaction(redact: Redact | None) -> None:
    """Set what hides values that are annotated from now on.

    Raises:
        ConfigurationError: If *redact* cannot be used.
    """
    global _may_hide, _has_complained  # noqa: PLW0603 - settings of the process
    redacting[:] = [] if redact is None else [_read(redact)]
    _may_hide = _may_hide or redact is not None
    _has_complained = False


def prepared(values: Mapping[str, object]) -> Mapping[str, object]:
    """Return *values* as a run keeps them. The hook is called here, once for each value."""
    for redact in redacting:
        values = {name: _prepare(redact, name, value) for name, value in values.items()}
    return values


def _prepare(redact: RedactFunction, name: str, value: object) -> object:
    try:
        found = redact(name, value)
        if discard(found):
            raise TypeError("it returned an awaitable")  # noqa: TRY301 - as if it had raised
    except Exception as error:
        _log_once(redact, error)
        found = REDACTED
    return value if found is value else _Redacted(value, found)


def _log_once(redact: RedactFunction, error: Exception) -> None:
    """Log that *redact* failed, without what it was given: the error's text may repeat that."""
    global _has_complained  # noqa: PLW0603 - a state of the setting
    if not _has_complained:
        _has_complained = True
        message = (
            "%r, which redacts annotated values, failed (%s): what it fails for is redacted; "
            "this is logged once"
        )
        _logger.error(message, redact, type(error).__qualname__)


def shown(values: Mapping[str, Any]) -> Mapping[str, object]:
    """Return *values*, which a run keeps, as others may see them."""
    if not _may_hide:
        return values
    return {n: v.shown if type(v) is _Redacted else v for n, v in values.items()}


def originals(values: Mapping[str, Any]) -> Mapping[str, object]:
    """Return *values*, which a run keeps, as they were annotated."""
    if not _may_hide:
        return values
    return {n: v.original if type(v) is _Redacted else v for n, v in values.items()}


def _read(redact: Any) -> RedactFunction:
    """Return *redact* as a function of a name and a value."""
    if runs_later(redact):
        raise _wrong(redact, "a plain function (def), which returns its result")
    if callable(redact):
        return redact  # type: ignore[no-any-return]
    if isinstance(redact, (str, bytes, Mapping)) or not isinstance(redact, Iterable):
        raise _wrong(redact, 'a list of names, ["password"], or a function')
    names, patterns = set[str](), list[re.Pattern[str]]()
    for item in redact:
        if isinstance(item, str):
            names.add(item.lower())
        elif isinstance(item, re.Pattern) and isinstance(item.pattern, str):
            patterns.append(item)
        else:
            raise _wrong(item, "names, and patterns that re.compile made")
    return _by_names(frozenset(names), tuple(patterns))


def _by_names(names: frozenset[str], patterns: tuple[re.Pattern[str], ...]) -> RedactFunction:
    """Return what hides values under *names*, and what *patterns* find in a name or a value."""

    def redact(name: str, value: object) -> object:
        lower = name.lower()
        if any(fnmatchcase(lower, known) for known in names):
            return REDACTED
        if patterns:
            text = str(value)
            if any(pattern.search(name) or pattern.search(text) for pattern in patterns):
                return REDACTED
        return value

    return redact


def _wrong(found: object, wanted: str) -> ConfigurationError:
    return ConfigurationError("penstock.configure(redact=...)", f"write {wanted}, not {found!r}")
