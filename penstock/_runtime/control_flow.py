"""Exceptions by which code talks to what runs it: they end a step, but are not failures."""

from collections.abc import Mapping
from typing import Any, Literal

from penstock._common.known_types import KnownTypes

__all__ = ["Ending", "declare_control_flow", "find_ending", "is_control_flow"]

Ending = Literal["cancelled", "closed", "responded", "retried", "stopped"]
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

    The step has not failed then: error reports, log lines and spans do not
    report an error. For adapters of queues, when they are imported::

        declare_control_flow("retried", arq.Retry)

    Args:
        ending: The `penstock.tracing.Span.outcome` of the step: ``"retried"``,
            ``"stopped"``, ``"cancelled"``, ``"closed"`` or ``"responded"``.
        types: Exceptions with which the application controls the queue.

    .. versionadded:: 0.2
    """
    _endings.update(dict.fromkeys(types, ending))
    _failures.clear()


def find_ending(error: BaseException) -> Ending | None:
    """Return how a step ended that raised *error*, or None if it failed."""
    for base in type(error).__mro__:
        name = base.__name__
        ending = _endings.get(base) or _NAMES.get(name)
        if ending is not None:
            return ending
        status = name in _RESPONSES and _RESPONSES[name].get(base.__module__.partition(".")[0])
        if status:
            return "responded" if _is_response(error, status) else None
    return None


_RESPONSES: Mapping[str, Mapping[str, str | int]] = {
    "HTTPException": {
        "aiohttp": "status",
        "litestar": "status_code",
        "starlette": "status_code",  # FastAPI's is one of these
        "werkzeug": "code",  # Flask's and Quart's
    },
    "RequestValidationError": {"fastapi": 422},
    "APIException": {"rest_framework": "status_code"},
    "BadRequest": {"django": 400},
    "Http404": {"django": 404},
    "MultiPartParserError": {"django": 400},
    "PermissionDenied": {"django": 403},
    "SuspiciousOperation": {"django": 400},
}
"""Exceptions that a framework makes a response of: by name and package, their status or where
they have it. By name, as above."""

_FIRST_FAILURE = 500
"""In OpenTelemetry's conventions, an error of the client is not an error of the server."""


def _is_response(error: Any, status: str | int) -> bool:
    """Return whether *error* is a response that says nothing of a failure here."""
    try:
        found = getattr(error, status) if isinstance(status, str) else status
        if found is None:  # werkzeug's may hold a response of the application's
            found = error.response.status_code
        return 0 < int(found) < _FIRST_FAILURE
    except Exception:
        return False


_STEERING = (KeyboardInterrupt, StopAsyncIteration, StopIteration, SystemExit)


_failures = KnownTypes()
"""Types of exceptions that are never control flow."""


def is_control_flow(error: BaseException) -> bool:
    """Return whether *error* says how to go on, and not that something failed."""
    kind = type(error)
    known = _failures.by_address.get(id(kind))
    if known is not None and known() is kind:
        return False
    names = {base.__name__ for base in kind.__mro__}
    # The last name is of greenlet.
    found = find_ending(error) or isinstance(error, _STEERING) or "GreenletExit" in names
    if not found and names.isdisjoint(_RESPONSES):
        _failures.add(kind)
    return bool(found)
