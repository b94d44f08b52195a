"""Strings that users declare: they are refused where they could not be shown as they are."""

import re

from penstock.exceptions import InvalidArgumentError

__all__ = ["check_text", "escape_controls", "find_control", "wrong"]


def check_text(where: str, **strings: object) -> None:
    """Raise unless each of *strings* is None or a string that is not empty and can be shown.

    Args:
        where: The function that was called.
        strings: What to check, by the names of its arguments.

    Raises:
        InvalidArgumentError: If one is not a string, is empty or holds control characters.
    """
    for argument, value in strings.items():
        if value is None or (type(value) is str and value.isidentifier()):
            continue
        if not isinstance(value, str):
            raise wrong(where, f"{argument} as a string", value, f'{argument}="..."')
        if not value.strip():
            message = f"{where}() got an empty {argument}: write one, or leave it out"
            raise InvalidArgumentError(message)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            message = f"{where}() got {argument}={value!r}, which no file can hold: {error.reason}"
            raise InvalidArgumentError(message) from None
        found = find_control(value, is_prose=argument in _PROSE)
        if found is not None:
            message = (
                f"{where}() got {argument}={value!a} with {found!a}, which would act on a "
                "terminal, a log or a page instead of being shown: leave it out"
            )
            raise InvalidArgumentError(message)


_PROSE = {"title", "description", "label"}
"""The strings that may have several lines: a renderer decides where they break."""

# Controls of ASCII and Latin-1, what turns the direction of the text that follows it, and what XML
# cannot hold.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_CONTROLS_AND_BREAKS = re.compile(_CONTROLS.pattern[:-1] + "\t\n\r\u2028\u2029]")


def find_control(text: str, *, is_prose: bool) -> str | None:
    """Return the first character of *text* that would act instead of being shown, or None.

    Args:
        text: The string.
        is_prose: Whether it may have several lines.
    """
    found = (_CONTROLS if is_prose else _CONTROLS_AND_BREAKS).search(text)
    return found and found[0]


def escape_controls(text: str) -> str:
    """Return *text* with the control characters in it as Python would write them.

    .. versionadded:: 0.2
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def wrong(where: str, wanted: str, got: object, example: str) -> InvalidArgumentError:
    """Return what is raised where *got* was given instead of what is *wanted*."""
    given = f"{got!r} ({type(got).__name__})"
    return InvalidArgumentError(f"{where}() takes {wanted}, not {given}: write {example}")
