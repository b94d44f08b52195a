"""Bodies that wait in what a function returned."""

import sys
from collections.abc import Callable
from contextlib import _AsyncGeneratorContextManager, _GeneratorContextManager
from inspect import (
    CO_ITERABLE_COROUTINE,
    CORO_CREATED,
    GEN_CREATED,
    getcoroutinestate,
    getgeneratorstate,
)
from types import AsyncGeneratorType, CoroutineType, GeneratorType, coroutine
from typing import Any, cast

from penstock._common.known_types import KnownTypes
from penstock._runtime.drivers import (
    Body,
    drive_async_generator,
    drive_awaits,
    drive_coroutine,
    drive_generator,
)
from penstock._runtime.scope import Scope
from penstock.exceptions import InvalidArgumentError

__all__ = ["bodiless", "drive_returned"]


def drive_returned(result: Any, make: Callable[[], Scope], *, refuses: bool) -> Any:
    """Return *result* with the body that waits in it in a scope, or None if none does.

    Coroutines, generators and async generators that have not begun are driven;
    so are the generators in what `contextlib.contextmanager` made. What has
    begun, a future or a task runs in its own context. An iterator that is
    not a generator has no body.

    Args:
        result: What a function returned.
        make: Returns the scope.
        refuses: Whether to raise where *result* is another object to await,
            whose body runs nobody knows where.
    """
    kind = type(result)
    if kind in bodiless:
        return None
    if issubclass(kind, (_GeneratorContextManager, _AsyncGeneratorContextManager)):
        inner = drive_returned(result.gen, make, refuses=False)
        if inner is None:
            return None
        result.gen = inner
        return result
    drive = next((drive for fits, drive in _RETURNED if fits(kind, result)), None)
    if drive is not None:
        return _driven(result, drive, make())
    if any(kind is one for one in _WITH_BODIES):
        return None  # it has begun
    if not _has_a_hidden_body(kind):
        bodiless.add(kind)
    elif refuses:
        message = (
            f"an entrypoint returned {kind.__qualname__!r}, an object to await, whose body would "
            f"run outside the run: await it in the function, which becomes `async def`"
        )
        raise InvalidArgumentError(message)
    return None


_WITH_BODIES = (CoroutineType, GeneratorType, AsyncGeneratorType)

bodiless = KnownTypes()
"""Types whose objects have no body that waits."""


def _driven(result: Any, drive: Callable[[Body, Scope], Body], scope: Scope) -> Any:
    if drive is drive_coroutine and scope.at_awaits:
        drive = drive_awaits
    wrapper = drive(_NotBegun(result).take, scope)
    code = getattr(result, "gi_code", None)
    if code is not None and code.co_flags & CO_ITERABLE_COROUTINE:
        wrapper = coroutine(wrapper)
    driven = cast("Any", wrapper())
    driven.__name__, driven.__qualname__ = result.__name__, result.__qualname__
    return driven


class _NotBegun:
    """A body that has not begun.

    A coroutine in it that nobody awaits is reported by Python for the one
    around it, and not once more for itself.
    """

    __slots__ = ("_body",)

    def __init__(self, body: Any) -> None:
        self._body = body

    def take(self) -> Any:
        """Return the body, which begins now."""
        body, self._body = self._body, None
        return body

    def __del__(self) -> None:
        # Two: of this object and of the call. Who else has it may await it still.
        if self._body is not None and sys.getrefcount(self._body) == 2:  # noqa: PLR2004
            self._body.close()


def _is_new_generator(kind: type, result: Any) -> bool:
    if kind is GeneratorType:
        return getgeneratorstate(result) == GEN_CREATED
    return kind.__name__ in {"generator", "compiled_generator"} and hasattr(kind, "send")


def _is_new_coroutine(kind: type, result: Any) -> bool:
    if kind is CoroutineType:
        return getcoroutinestate(result) == CORO_CREATED
    return kind.__name__ in {"coroutine", "compiled_coroutine"} and hasattr(kind, "send")


def _is_new_async_generator(kind: type, result: Any) -> bool:
    if kind is AsyncGeneratorType:
        # Python 3.11 does not say whether it has begun.
        return result.ag_frame is not None and not getattr(result, "ag_suspended", False)
    return kind.__name__ in {"async_generator", "compiled_asyncgen"} and hasattr(kind, "asend")


_OF_FUTURES = ("_asyncio_future_blocking", "add_done_callback", "addCallbacks")
"""Objects with one of these call back when they are done: their work has begun."""


def _has_a_hidden_body(kind: type) -> bool:
    try:
        if getattr(kind, "__await__", None) is None:
            return False
        return not any(hasattr(kind, name) for name in _OF_FUTURES)
    except Exception:  # a metaclass of the user's
        return False


_RETURNED: tuple[tuple[Callable[[type, Any], bool], Callable[[Body, Scope], Body]], ...] = (
    (_is_new_coroutine, drive_coroutine),
    (_is_new_generator, drive_generator),
    (_is_new_async_generator, drive_async_generator),
)
