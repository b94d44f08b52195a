"""Doing something whenever the body of a function runs, and at no other time.

There is one driver for each kind of function. A driver only resumes: what is
begun, entered, left and ended is decided by the `Scope` that it is given.
"""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import wraps
from inspect import (
    Signature,
    isasyncgenfunction,
    iscoroutinefunction,
    isgeneratorfunction,
    signature,
)
from types import FunctionType, coroutine
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

if sys.version_info >= (3, 14):
    from annotationlib import Format

__all__ = ["Scope", "find_signature", "instrument"]

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[..., Any]


class Scope(NamedTuple):
    """What happens around the body of a function."""

    begin: Callable[[], Any]
    """Called once for each call; what it returns is entered."""

    enter: Callable[[Any], Any]
    """Called before each resumption of the body; what it returns is left."""

    leave: Callable[[Any], object]
    """Called after each resumption. A `ValueError` means: in another context."""

    end: Callable[[Any, BaseException | None], object] | None = None
    """Called with what was begun when the body is over, and with what it raised."""

    at_awaits: bool = False
    """Whether a coroutine is left while it waits. It need not be, for its context is its own."""

    fail: Callable[[Any, BaseException], object] = lambda _begun, _error: None
    """Called with what was begun and with what the body raised, before it is left."""

    look: Callable[[], Any] | None = None
    """Called before a generator's body is left: what is current then."""

    keep: Callable[[Any, Any], Any] = lambda begun, _current: begun
    """Called with what was begun and with another that is current; what it returns is entered
    when the body goes on."""


def find_signature(function: Callable[..., Any]) -> Signature | None:
    """Return the signature of *function* without evaluating an annotation, or None.

    From Python 3.14 on, annotations are evaluated when somebody asks for them,
    and may name what is imported for type checkers only. They are strings here.
    """
    try:
        if sys.version_info >= (3, 14):
            return signature(function, annotation_format=Format.STRING)
        return signature(function)
    except Exception:  # C code has none to show, and `__signature__` may be code of the user's
        return None


def instrument(function: Callable[P, R], scope: Scope) -> Callable[P, R]:
    """Return *function* with every resumption of its body in *scope*."""
    drive = next((drive for fits, drive in _DRIVERS if fits(function)), _drive_function)
    if drive is _drive_coroutine and scope.at_awaits:
        drive = _drive_awaits
    wrapper = _transplant(drive(function, scope), function)
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


def _drive_function(fn: Body, scope: Scope) -> Body:
    begin, enter, leave, end, _, fail, *_ = scope

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = begin()
        entered = enter(begun)
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            fail(begun, error)
            leave(entered)
            if end:
                end(begun, error)
            raise
        leave(entered)
        if end:
            end(begun, None)
        return result

    return wrapper


def _drive_coroutine(fn: Body, scope: Scope) -> Body:
    begin, enter, leave, _, _, fail, *_ = scope

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = begin()
        # Held across awaits: a coroutine runs in the context of its task.
        entered = enter(begun)
        try:
            return await fn(*args, **kwargs)
        except BaseException as error:
            fail(begun, error)
            raise
        finally:
            try:
                leave(entered)
            except ValueError:
                pass  # closed or collected from another context, which never had our run

    return wrapper


def _drive_awaits(fn: Body, scope: Scope) -> Body:
    # What waits for a coroutine resumes it as it would a generator.
    drive = coroutine(_drive_generator(fn, scope))

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await drive(*args, **kwargs)

    return wrapper


def _drive_generator(fn: Body, scope: Scope) -> Body:
    begin, enter, leave, end, _, fail, look, keep = scope

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        begun, body = begin(), fn(*args, **kwargs)
        resume, value = body.send, None
        while True:
            # Never held across a yield: a generator borrows its caller's context.
            entered, is_over, raised = enter(begun), True, None
            try:
                item = resume(value)
                is_over = False
            except StopIteration as stop:
                return stop.value
            except BaseException as error:
                raised = error
                fail(begun, error)
                raise
            finally:
                if look and (now := look()) is not begun:
                    begun = keep(begun, now)
                leave(entered)
                if is_over and end:
                    end(begun, raised)
                value = raised = None  # an exception here would hold the frame that holds it
            try:
                resume, value, item = body.send, (yield item), None
            except BaseException as exc:
                resume, value, item = body.throw, exc, None

    return wrapper


def _drive_async_generator(fn: Body, scope: Scope) -> Body:
    begin, enter, leave, end, _, fail, look, keep = scope
    first = _asend_unhooked

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        begun, body = begin(), fn(*args, **kwargs)
        resume, value = first(body), None
        while True:
            entered, is_over, raised = enter(begun), True, None
            try:
                item = await resume(value)
                is_over = False
            except StopAsyncIteration:
                return
            except BaseException as error:
                raised = error
                fail(begun, error)
                raise
            finally:
                if look and (now := look()) is not begun:
                    begun = keep(begun, now)
                try:
                    leave(entered)
                except ValueError:
                    pass  # closed or collected in mid-await from another context
                if is_over and end:
                    end(begun, raised)
                value = raised = None  # an exception here would hold the frame that holds it
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


_DRIVERS: tuple[tuple[Callable[[object], bool], Callable[[Body, Scope], Body]], ...] = (
    (iscoroutinefunction, _drive_coroutine),
    (isasyncgenfunction, _drive_async_generator),
    (isgeneratorfunction, _drive_generator),
)
