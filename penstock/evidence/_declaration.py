"""The line of a declaration that has ``after=``, and how to change it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from penstock._declared.step import Location

__all__ = ["Fix", "LineAt", "declaring_line", "find_fix"]

LineAt = Callable[[Location], str]
"""Returns a line of the source, or raises a LookupError if there is none."""

_MOST_LINES = 50
"""How long decorators may be."""

_AFTER = re.compile(r"\bafter\s*=")
_FUNCTION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of one line of the source.

    .. versionadded:: 0.2
    """

    location: Location
    """The line."""

    start: int
    """The first column that is replaced, counted from 1."""

    end: int
    """The column after it."""

    text: str
    """The text to write there."""


def declaring_line(start: Location, name: str, source: str, line_at: LineAt) -> Location | None:
    """Return the line with the ``after=`` that names *source*, or None if there is none.

    Args:
        start: The first line of the decorators of a function, which a catalog may have from an
            earlier state of the source.
        name: The name of the function.
        source: The name of a step.
        line_at: Returns a line.
    """
    found: list[tuple[Location, str]] = []
    for number in range(start.line, start.line + _MOST_LINES):
        location = Location(start.file, number)
        try:
            line = line_at(location)
        except LookupError:
            return None
        if function := _FUNCTION.match(line):
            if function[1] != name:
                return None
            break
        if _AFTER.search(line):
            found.append((location, line))
    named = [each for each, line in found if re.search(rf"\b{re.escape(source)}\b", line)]
    return next(iter([*named, *(each for each, _ in found)]), None)


def find_fix(location: Location, source: str, text: str, line_at: LineAt) -> Fix | None:
    """Return how to write *text* for the only predecessor *source*, if it is a string there.

    Args:
        location: The line with the ``after=``.
        source: The name of the predecessor.
        text: What to write instead of the string.
        line_at: Returns a line.
    """
    try:
        line = line_at(location)
    except LookupError:
        return None
    found = re.search(rf"""\bafter\s*=\s*((["']){re.escape(source)}\2)\s*[,)]""", line)
    return found and Fix(location, found.start(1) + 1, found.end(1) + 1, text)
