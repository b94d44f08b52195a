"""Exceptions by which code talks to what runs it: they end a step, but are not failures."""

from typing import Literal

__all__ = ["Ending", "declare_control_flow", "find_ending", "is_control_flow"]

Ending = Literal["cancelled", "closed", "retried", "stopped"]
"""How a step ended that raised without having failed."""

_NAMES: dict[str, Ending] = {
    "CancelledError": "cancelled",  # of asyncio
    "Cancelled": "cancelled",  # of Trio
    "GeneratorExit": "closed",
}
# By name, for the libraries that have them may not be loaded.

_endings: dict[type[BaseException], Ending] = {}


def declare_control_flow(ending: Ending, *types: type[BaseException]) -> None:
    """Let a step that raises one of *types*, or of their subclasses, end with *ending*.

    For adapters of queues, when they are imported.
    """
    _endings.update(dict.fromkeys(types, ending))


def find_ending(raised: type[BaseException]) -> Ending | None:
    """Return how a step ended that *raised* such an exception, or None if it failed."""
    for base in raised.__mro__:
        ending = _endings.get(base) or _NAMES.get(base.__name__)
        if ending is not None:
            return ending
    return None


_STEERING = (KeyboardInterrupt, StopAsyncIteration, StopIteration, SystemExit)


def is_control_flow(error: BaseException) -> bool:
    """Return whether *error* says how to go on, and not that something failed."""
    kind = type(error)
    return (
        find_ending(kind) is not None
        or isinstance(error, _STEERING)
        or any(base.__name__ == "GreenletExit" for base in kind.__mro__)  # of greenlet
    )
