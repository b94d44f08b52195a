"""Values of an application as what JSON and logs can hold."""

import math
import re
from collections.abc import Mapping
from typing import Any, overload

__all__ = [
    "encodable",
    "plain",
    "plain_string",
    "portable",
    "printable",
    "unprintable",
    "without_addresses",
]

_DEEPEST = 20
"""How many values are kept inside each other; what is deeper becomes text."""


def plain(value: object, above: tuple[int, ...] = ()) -> object:
    """Return *value* made of what JSON has: whatever it is, and without raising.

    What JSON cannot hold becomes its `repr`, also as a key.
    """
    try:
        return _plain(value, above)
    except Exception:  # a value's own code: its repr may do better
        return _shown(value)


@overload
def plain_string(text: str) -> str: ...
@overload
def plain_string(text: str | None) -> str | None: ...
def plain_string(text: str | None) -> str | None:
    """Return *text* as a string and not as one of a subclass; None as it is.

    A member of an enumeration of strings prints as something else than it is.
    """
    return None if text is None else str.__str__(text)


def _plain(value: object, above: tuple[int, ...]) -> object:
    if value is None or type(value) is bool or (type(value) is float and math.isfinite(value)):
        return value
    if type(value) is str:
        return encodable(value)
    if type(value) is int and str(value):  # which Python refuses for very many digits
        return value
    if len(above) < _DEEPEST and id(value) not in above:
        inside = (*above, id(value))
        if isinstance(value, Mapping):
            return {_key(key): plain(item, inside) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item, inside) for item in value]
    return _shown(value)


def printable(value: Any, *, asks: bool = True) -> object:
    """Return *value*, or a replacement if writing it would fail.

    What the application annotated is written by what it chose: as text, as
    JSON, by a format. None of it may cost the line, or raise where it is logged.

    Args:
        value: What the application annotated.
        asks: Whether objects of the application's own classes are asked for
            their text. Not where it may be that nobody writes them: to ask one
            of an ORM is a query to the database.

    .. versionadded:: 0.2
    """
    kind = type(value)
    if kind in _SCALARS or (kind is str and value.isascii()):
        return value
    if kind is int and -_LARGE < value < _LARGE:
        return value
    try:
        return value if _is_printable(value, 0, asks) else plain(value)
    except UnicodeEncodeError:
        return encodable(str(value))
    except Exception:  # a value's own code
        return unprintable(value)


_LARGE = 10**600
"""A number that Python may refuse to write, see `sys.set_int_max_str_digits`."""

_KEYS = {str, int, float, bool, type(None)}
_TEXTS = {str, int}
_SCALARS = {float, bool, bytes, type(None)}
_COLLECTIONS = {dict, list, tuple, set, frozenset}


def _is_printable(value: Any, depth: int, asks: bool) -> bool:
    """Return whether *value* can be written; raise why not unless it is a collection."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind not in _COLLECTIONS:
        if asks or kind in _TEXTS:
            for write in (str, repr, format):  # it is written in one of these ways
                write(value).encode()
        return True
    if depth == _DEEPEST:
        return False
    if kind is dict and not all(type(key) in _KEYS for key in value):
        return False
    items = (*value, *value.values()) if kind is dict else value
    return all(_can_be_written(item, depth + 1, asks) for item in items)


def _can_be_written(value: object, depth: int, asks: bool) -> bool:
    try:
        return _is_printable(value, depth, asks)
    except Exception:  # a value's own code
        return False


def unprintable(value: object) -> str:
    """Return what is shown of a *value* whose ``str`` or ``repr`` raises.

    .. versionadded:: 0.2
    """
    return f"<unprintable {type(value).__qualname__}>"


def without_addresses(text: str) -> str:
    """Return *text* without where objects are in memory, which differs in each process."""
    return re.sub(r"(?<= at )0x[0-9a-fA-F]+", "0x…", text)


def portable(text: str) -> str:
    """Return *text* as it is in each process, and as any file can hold it."""
    return without_addresses(encodable(text))


def encodable(text: str) -> str:
    """Return *text* with halves of characters as escapes: names of files may have some."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _key(key: object) -> str:
    return encodable(key) if type(key) is str else _shown(key)


def _shown(value: object) -> str:
    try:
        return encodable(str(repr(value)))
    except Exception:
        return f"<{type(value).__name__} whose repr fails>"
