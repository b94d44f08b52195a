"""The wrappers of functions: one for each kind, which resumes a body in its scope.

A driver only resumes: what is begun, entered, left and ended is decided by the `Scope` that it is
given.
"""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from types import CodeType, FrameType, NoneType, coroutine
from typing import Any

from penstock._runtime.scope import Scope

__all__ = [
    "PLAIN",
    "Body",
    "drive_async_generator",
    "drive_awaits",
    "drive_coroutine",
    "drive_function",
    "drive_generator",
    "find_scope",
    "is_wrapper",
]

Body = Callable[..., Any]

PLAIN = frozenset({NoneType, bool, int, float, str, bytes, dict, list, tuple, set})
"""Types of what most functions return, in which no body waits."""


def drive_function(fn: Body, scope: Scope) -> Body:
    plain, of_class = PLAIN, None

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal of_class
        __tracebackhide__ = __debuggerskip__ = True
        begun = scope.begin()
        entered = scope.enter(begun)
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            scope.fail(begun, error)
            scope.leave(entered)
            if scope.end:
                scope.end(begun, error)
            raise
        try:
            is_plain = result is None or type(result) in plain
        except TypeError:
            is_plain = True  # a metaclass without a hash
        if is_plain:
            scope.leave(entered)
        else:
            if scope.look and (now := scope.look()) is not begun:
                begun = scope.keep(begun, now)
            scope.leave(entered)
            if scope.take:
                taken = scope.take(begun, result, True)  # noqa: FBT003 - in the hot path
                if taken is not None:
                    return taken
        if scope.end:
            scope.end(begun, None)
        return result

    return wrapper


def drive_coroutine(fn: Body, scope: Scope) -> Body:
    plain, of_class = PLAIN, None

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal of_class
        __tracebackhide__ = __debuggerskip__ = True
        begun = scope.begin()
        # Held across awaits: a coroutine runs in the context of its task.
        entered = scope.enter(begun)
        try:
            body = fn(*args, **kwargs)
            del args, kwargs  # the body may let go of them
            result = await body
            try:
                is_plain = result is None or type(result) in plain
            except TypeError:
                is_plain = True  # a metaclass without a hash
            if not is_plain and scope.look and (now := scope.look()) is not begun:
                begun = scope.keep(begun, now)
        except BaseException as error:
            scope.fail(begun, error)
            raise
        finally:
            try:
                scope.leave(entered)
            except ValueError:  # closed or collected in another context, which never had our run
                scope.lose(begun, entered)
        if not is_plain and scope.take:
            taken = scope.take(begun, result, False)  # noqa: FBT003 - in the hot path
            if taken is not None:
                return taken
        return result

    return wrapper


def drive_awaits(fn: Body, scope: Scope) -> Body:
    # What waits for a coroutine resumes it as it would a generator.
    drive, of_class = coroutine(drive_generator(fn, scope)), None

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal of_class
        body = drive(*args, **kwargs)
        del args, kwargs
        return await body

    return wrapper


def drive_generator(fn: Body, scope: Scope) -> Body:
    of_class = None

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        nonlocal of_class
        __tracebackhide__ = __debuggerskip__ = True
        begun, body = scope.begin(), fn(*args, **kwargs)
        del args, kwargs  # the body may let go of them
        enter, leave, look = scope.enter, scope.leave, scope.look
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
                scope.fail(begun, error)
                raise
            finally:
                if look and (now := look()) is not begun:
                    begun = scope.keep(begun, now)
                leave(entered)
                if is_over and scope.end:
                    scope.end(begun, raised)
                value = raised = None  # an exception here would hold the frame that holds it
            try:
                resume, value, item = body.send, (yield item), None
            except BaseException as exc:
                resume, value, item = body.throw, exc, None

    return wrapper


def drive_async_generator(fn: Body, scope: Scope) -> Body:
    first, of_class = _asend_unhooked, None

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        nonlocal of_class
        __tracebackhide__ = __debuggerskip__ = True
        begun, body = scope.begin(), fn(*args, **kwargs)
        del args, kwargs  # the body may let go of them
        enter, leave, look = scope.enter, scope.leave, scope.look
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
                scope.fail(begun, error)
                raise
            finally:
                if look and (now := look()) is not begun:
                    begun = scope.keep(begun, now)
                try:
                    leave(entered)
                except ValueError:  # closed or collected in mid-await in another context
                    if is_over:
                        scope.lose(begun, entered)
                if is_over and scope.end:
                    scope.end(begun, raised)
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


_DRIVERS = (drive_function, drive_coroutine, drive_awaits, drive_generator, drive_async_generator)
_WRAPPERS = {f"{drive.__qualname__}.<locals>.wrapper" for drive in _DRIVERS}


def find_scope(frame: FrameType) -> Scope | None:
    """Return the scope in which *frame* calls a function, or None if it is not of a wrapper."""
    if not is_wrapper(frame.f_code):
        return None
    found = frame.f_locals.get("scope")
    return found if isinstance(found, Scope) else None


def is_wrapper(code: CodeType) -> bool:
    """Return whether *code* is that of a wrapper, whatever module it seems to be of."""
    # What was pickled by value is of no file.
    return code.co_qualname in _WRAPPERS
