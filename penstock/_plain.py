"""Values of an application as what JSON and logs can hold."""

import math
from collections.abc import Mapping

__all__ = ["plain", "unprintable"]

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


def _plain(value: object, above: tuple[int, ...]) -> object:
    if value is None or type(value) in {bool, str}:
        return value
    if type(value) is int and str(value):  # which Python refuses for very many digits
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if len(above) < _DEEPEST and id(value) not in above:
        inside = (*above, id(value))
        if isinstance(value, Mapping):
            return {_key(key): plain(item, inside) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item, inside) for item in value]
    return _shown(value)


def unprintable(value: object) -> str:
    """Return what is shown of a *value* whose ``str`` or ``repr`` raises."""
    return f"<unprintable {type(value).__qualname__}>"


def _key(key: object) -> str:
    return key if type(key) is str else _shown(key)


def _shown(value: object) -> str:
    try:
        return str(repr(value))
    except Exception:
        return f"<{type(value).__name__} whose repr fails>"
