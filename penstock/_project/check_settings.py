"""The settings of ``penstock check``, under ``[tool.penstock.check]``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from penstock._common.files import STANDARD_OUTPUT
from penstock.exceptions import ConfigurationError, did_you_mean

__all__ = ["FAIL_ON", "read_check_settings"]

FAIL_ON = ("contradicted", "undeclared", "unverified", "none")
"""The kinds of findings to fail on, from the worst; each fails on those before it, too."""


def read_check_settings(location: str, table: object, folder: Path) -> dict[str, Any]:
    """Return the settings in *table*, with files as seen from *folder*.

    Raises:
        ConfigurationError: If a setting is unknown or of the wrong type.
    """
    if not isinstance(table, Mapping):
        problem = f"check must be a table, not {table!r}: write [tool.penstock.check] on a line"
        raise ConfigurationError(location, problem)
    for name, value in table.items():
        if name not in _READERS:
            hint = did_you_mean(name, _READERS)
            problem = f"unknown setting 'check.{name}'{hint} (known: {', '.join(_READERS)})"
            raise ConfigurationError(location, problem)
        is_right, words = _READERS[name]
        if not is_right(value):
            raise ConfigurationError(location, f"check.{name} takes {words}, not {value!r}")
    found = dict(table)
    if "baseline" in found:
        found["baseline"] = str(folder / found["baseline"])
    if "format" in found:
        found["format"] = [_below(folder, each) for each in found["format"]]
    return found


def _below(folder: Path, format_: str) -> str:
    """Return a format with its file, if it has one, as seen from *folder*."""
    name, colon, file = format_.partition(":")
    return f"{name}:{folder / file}" if colon and file != STANDARD_OUTPUT else format_


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_READERS: dict[str, tuple[Callable[[object], bool], str]] = {
    "baseline": (_is_string, "a string"),
    "fail_on": (lambda value: value in FAIL_ON, f"one of {', '.join(FAIL_ON)}"),
    "format": (_are_strings, "a list of strings"),
    "no_import": (lambda value: isinstance(value, bool), "true or false"),
}
