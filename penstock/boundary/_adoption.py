"""Apply a user's *validator* and *transformer* to incoming flow IDs."""

from collections.abc import Callable

from penstock._common.callables import check_plain_function, discard, is_true, report_once
from penstock._common.plain_values import plain_string
from penstock._runtime.ids import is_flow_id
from penstock.exceptions import ConfigurationError

__all__ = ["Transformer", "Validator", "adopted_id", "check_function", "may_be_transformed"]

Validator = Callable[[str], bool]
Transformer = Callable[[str], str]

_MOST_CHARACTERS = 1024
"""Of a header that is given to a transformer. A flow ID has at most 128."""


def check_function(name: str, function: object) -> None:
    """Refuse what cannot be a validator or a transformer; None is neither.

    Raises:
        ConfigurationError: If *function* is not a plain function.
    """
    if function is None:
        return
    if not callable(function):
        raise ConfigurationError(name, f"takes a function or None, not {function!r}")
    check_plain_function(name, "", function)


def may_be_transformed(found: str) -> bool:
    """Return whether *found* may be given to a transformer: a log may have to show it."""
    return 0 < len(found) <= _MOST_CHARACTERS and found.isascii() and found.isprintable()


def adopted_id(
    found: str, validator: Validator | None, transformer: Transformer | None
) -> str | None:
    """Return the flow ID that *found* becomes, or None if it is not adopted."""
    if validator is not None and not is_true(validator, "the validator of flow IDs", found):
        return None
    return found if transformer is None else _transformed(transformer, found)


def _transformed(transformer: Transformer, found: str) -> str | None:
    try:
        made: object = transformer(found)
    except Exception:
        message = "the transformer of flow IDs failed; nothing is adopted"
        report_once(transformer, message, exc_info=True)
        return None
    if isinstance(made, str) and is_flow_id(made):
        return plain_string(made)
    discard(made)
    message = "the transformer of flow IDs returned %s; nothing is adopted"
    # Not the text itself, which may have come from outside.
    kind = "a string that is not a flow ID" if isinstance(made, str) else type(made).__name__
    report_once(transformer, message, kind)
    return None
