"""Making a run current while a function's body runs, and at no other time.

There is one driver for each kind of function. A driver only resumes: what a
run is made of is decided by the *start* that it is given.
"""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast

from penstock._context import Run, current

__all__ = ["instrument"]

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[..., Any]
Start = Callable[[], Run]


def instrument(function: Callable[P, R], start: Start) -> Callable[P, R]:
    """Return *function* with every resumption of its body inside a run of *start*."""
    drive = next((drive for fits, drive in _DRIVERS if fits(function)), _drive_function)
    wrapper = _transplant(drive(function, start), function)
    return cast("Callable[P, R]", wraps(function)(wrapper))


def _transplant(wrapper: Body, function: Body) -> Body:
    """Return *wrapper* as if it had been written in the module of *function*.

    Some frameworks resolve annotations in ``__globals__`` and never unwrap:
    FastAPI did until 0.120. A wrapper therefore names no global of this module.
    """
    scope = getattr(function, "__globals__", None)
    if scope is None:
        return wrapper
    code, closure = wrapper.__code__, wrapper.__closure__
    return FunctionType(code, scope, closure=closure)


def _drive_function(fn: Body, start: Start) -> Body:
    enter, leave = current.set, current.reset

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        token = enter(start())
        try:
            return fn(*args, **kwargs)
        finally:
            leave(token)

    return wrapper


def _drive_coroutine(fn: Body, start: Start) -> Body:
    enter, leave = current.set, current.reset

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        # Held across awaits: a coroutine runs in the context of its task.
        token = enter(start())
        try:
            return await fn(*args, **kwargs)
        finally:
            try:
                leave(token)
            except ValueError:
                pass  # closed or collected from another context, which never had our run

    return wrapper


def _drive_generator(fn: Body, start: Start) -> Body:
    enter, leave = current.set, current.reset

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run, body = start(), fn(*args, **kwargs)
        resume, value = body.send, None
        while True:
            # Never held across a yield: a generator borrows its caller's context.
            token = enter(run)
            try:
                item = resume(value)
            except StopIteration as stop:
                return stop.value
            finally:
                leave(token)
                value = None  # an exception here would hold the frame that holds it
            try:
                resume, value, item = body.send, (yield item), None
            except BaseException as exc:
                resume, value, item = body.throw, exc, None

    return wrapper


def _drive_async_generator(fn: Body, start: Start) -> Body:
    enter, leave, first = current.set, current.reset, _asend_unhooked

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run, body = start(), fn(*args, **kwargs)
        resume, value = first(body), None
        while True:
            token = enter(run)
            try:
                item = await resume(value)
            except StopAsyncIteration:
                return
            finally:
                try:
                    leave(token)
                except ValueError:
                    pass  # closed or collected in mid-await from another context
                value = None  # an exception here would hold the frame that holds it
            try:
                resume, value, item = body.asend, (yield item), None
            except BaseException as exc:
                resume, value, item = body.athrow, exc, None

    return wrapper


def _asend_unhooked(body: AsyncGenerator[Any, Any]) -> Callable[[Any], Awaitable[Any]]:
    """Return ``body.asend`` for the first resumption of *body*.

    An event loop closes every async generator that it saw begin, all at once.
    It must see only the wrapper, which then closes its body inside the run.
    """

    def asend(value: Any) -> Awaitable[Any]:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return body.asend(value)
        finally:
            sys.set_asyncgen_hooks(*hooks)

    return asend


_DRIVERS: tuple[tuple[Callable[[object], bool], Callable[[Body, Start], Body]], ...] = (
    (iscoroutinefunction, _drive_coroutine),
    (isasyncgenfunction, _drive_async_generator),
    (isgeneratorfunction, _drive_generator),
)
