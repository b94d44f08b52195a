"""Doing something whenever the body of a function runs, and at no other time.

There is one driver for each kind of function. A driver only resumes: what is
begun, entered, left and ended is decided by the `Scope` that it is given.
"""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import _AsyncGeneratorContextManager, _GeneratorContextManager
from dataclasses import dataclass
from functools import partial, update_wrapper
from inspect import (
    CO_ASYNC_GENERATOR,
    CO_COROUTINE,
    CO_GENERATOR,
    CO_ITERABLE_COROUTINE,
    CORO_CREATED,
    GEN_CREATED,
    Signature,
    getcoroutinestate,
    getgeneratorstate,
    isasyncgenfunction,
    iscoroutinefunction,
    isgeneratorfunction,
    signature,
)
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    NoneType,
    WrapperDescriptorType,
    coroutine,
)
from typing import Any, ParamSpec, TypeVar, cast

from penstock._common.known_types import KnownTypes
from penstock.exceptions import InvalidArgumentError

if sys.version_info >= (3, 14):
    from annotationlib import Format

__all__ = [
    "PLAIN",
    "Scope",
    "bodiless",
    "check_wrappable",
    "drive_returned",
    "find_scope",
    "find_signature",
    "instrument",
    "instrument_alike",
    "is_wrappable",
    "is_wrapper",
    "runs_at_once",
    "with_function",
]

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[..., Any]


@dataclass(slots=True, eq=False)
class Scope:
    """What happens around the body of a function.

    It is all that a wrapper refers to, so that a wrapper can be pickled by
    value wherever its scope can be made again.
    """

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

    lose: Callable[[Any, Any], object] = lambda _begun, _entered: None
    """Called with what was begun and what was entered where that could not be left: the context
    in which it was entered still has it."""

    look: Callable[[], Any] | None = None
    """Called before a generator's body is left: what is current then."""

    keep: Callable[[Any, Any], Any] = lambda begun, _current: begun
    """Called with what was begun and with another that is current; what it returns is entered
    when the body goes on."""

    take: Callable[[Any, Any, bool], Any] | None = None
    """Called with what was begun, what a function returned, and whether nothing was awaited yet.

    Returns the same with the body that waits in it in the scope; None if none does.
    """

    recipe: tuple[Callable[..., "Scope"], tuple[Any, ...]] | None = None
    """What makes the scope again in another process, where it can be."""

    def __reduce__(self) -> tuple[Callable[..., "Scope"], tuple[Any, ...]]:
        if self.recipe is None:
            message = "what surrounds this function belongs to this process: it cannot be pickled"
            raise TypeError(message)
        return self.recipe


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
    drive = _find_driver(function)
    if drive is _drive_coroutine and scope.at_awaits:
        drive = _drive_awaits
    wrapper = _transplant(drive(function, scope), function)
    if drive is _drive_generator and _flags(function) & CO_ITERABLE_COROUTINE:
        wrapper = coroutine(wrapper)  # it can be awaited, as what `types.coroutine` made of it
    if type(function) is not FunctionType:
        # A partial or an object may have no name: Python reports its coroutines by that in it.
        update_wrapper(wrapper, _named_in(function), ("__name__", "__qualname__"), ())
    return cast("Callable[P, R]", update_wrapper(wrapper, function))


def runs_at_once(function: Any) -> bool:
    """Return whether *function* is sure to be a plain one, whose body runs when it is called."""
    # What is in its `__dict__` may mark it as a coroutine function.
    return type(function) is FunctionType and not (
        function.__code__.co_flags & _RUN_LATER or function.__dict__
    )


def _find_driver(function: Any) -> Callable[[Body, Scope], Body]:
    if runs_at_once(function):
        return _drive_function
    return next((drive for fits, drive in _DRIVERS if _is_kind(fits, function)), _drive_function)


def _named_in(function: Any) -> Callable[..., Any]:
    """Return what has a name in *function*, or *function* itself."""
    while type(function) is partial:
        function = function.func
    return function if hasattr(function, "__qualname__") else type(function).__call__


def _is_kind(fits: Callable[[object], bool], function: object) -> bool:
    """Return whether a call of *function* is a call of a function that *fits*."""
    kind = type(function)
    return fits(function) or (kind is not FunctionType and fits(kind.__dict__.get("__call__")))


def _flags(function: object) -> int:
    flags: int = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return flags


def instrument_alike(function: Any, scope: Scope) -> Any:
    """Return *function* with its body in *scope*, as the same kind of object.

    A method stays bound, a partial keeps its arguments, and a callable that is
    not a method of the class that it is put into does not become one.
    """
    kind = type(function)
    if kind is FunctionType:
        return instrument(function, scope)
    if issubclass(kind, (staticmethod, classmethod)):
        return kind(instrument_alike(function.__func__, scope))
    if kind is MethodType:
        return with_function(function, instrument_alike(function.__func__, scope))
    if kind is partial:
        return with_function(function, instrument(function.func, scope))
    wrapper = instrument(function, scope)
    is_never_bound = kind is BuiltinFunctionType or kind is MethodWrapperType
    return staticmethod(wrapper) if is_never_bound else wrapper


def with_function(target: Any, function: Any) -> Any:
    """Return *target*, a method of an object or a partial, with *function* in it."""
    if type(target) is MethodType:
        return MethodType(function, target.__self__)
    made = partial(function, *target.args, **target.keywords)
    vars(made).update(vars(target))
    return made


_WRAPPABLE = (
    *(BuiltinFunctionType, MethodWrapperType),
    *(WrapperDescriptorType, MethodDescriptorType, ClassMethodDescriptorType, partial),
)
_OF_FUNCTIONS = ("__code__", "__globals__", "__closure__")


def is_wrappable(target: Any) -> bool:
    """Return whether nothing of *target* is lost if a function replaces it."""
    # By its type: a proxy claims to be of the class of its target.
    kind = type(target)
    if kind is FunctionType:
        return True
    if kind is MethodType:
        return is_wrappable(target.__func__)
    # What Cython or Nuitka compiled is a function of another type.
    return any(kind is one for one in _WRAPPABLE) or all(hasattr(kind, n) for n in _OF_FUNCTIONS)


def check_wrappable(where: str, target: Any) -> None:
    """Raise unless `is_wrappable`, and say where to put the decorator *where* instead."""
    if is_wrappable(target):
        return
    if isinstance(target, type):
        reason = "isinstance() checks would break; put it on a method"
    else:
        kind = type(target).__name__  # `__qualname__` of a proxy of Celery is that of its module
        reason = (
            f"its {kind} would be replaced by a plain function and lose what a {kind} offers; "
            f"put @{where} below the decorator that made it, or on its __call__ method"
        )
    message = f"@{where} cannot wrap {target!r}: {reason}"
    raise InvalidArgumentError(message)


def _transplant(wrapper: Body, function: Body) -> Body:
    """Return *wrapper* as if it had been written in the module of *function*.

    Some frameworks resolve annotations in ``__globals__`` and never unwrap:
    FastAPI did until 0.120. A wrapper therefore names no global of this module.

    Its ``of_class`` is the cell in which *function* has the class that `super` means. attrs puts
    another class there, one with slots, and looks for the cell in what is in the class itself.
    """
    names = getattr(function, "__globals__", None)
    if names is None:
        return wrapper
    try:
        cells = wrapper.__closure__
        if getattr(function, "__closure__", None):
            cells = _with_class(wrapper, _cells(function))
        return FunctionType(wrapper.__code__, names, closure=cells)
    except TypeError:  # compiled by Nuitka, whose functions cannot be put together
        return wrapper


def _with_class(wrapper: Body, found: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the cells of *wrapper* with that for the class which was *found* in its function."""
    cells = _cells(wrapper)
    for name in _OF_CLASS:
        cells["of_class"] = found.get(name, cells["of_class"])
    return tuple(cells.values())


_OF_CLASS = ("of_class", "__class__")  # of a wrapper in this one, and of a method


def _cells(function: Body) -> dict[str, Any]:
    """Return the cells of *function* by their names."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    return dict(zip(names, getattr(function, "__closure__", None) or (), strict=True))


PLAIN = frozenset({NoneType, bool, int, float, str, bytes, dict, list, tuple, set})
"""Types of what most functions return, in which no body waits."""


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
    if drive is _drive_coroutine and scope.at_awaits:
        drive = _drive_awaits
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


def _drive_function(fn: Body, scope: Scope) -> Body:
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


def _drive_coroutine(fn: Body, scope: Scope) -> Body:
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


def _drive_awaits(fn: Body, scope: Scope) -> Body:
    # What waits for a coroutine resumes it as it would a generator.
    drive, of_class = coroutine(_drive_generator(fn, scope)), None

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal of_class
        body = drive(*args, **kwargs)
        del args, kwargs
        return await body

    return wrapper


def _drive_generator(fn: Body, scope: Scope) -> Body:
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


def _drive_async_generator(fn: Body, scope: Scope) -> Body:
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


_RUN_LATER = CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR
_DRIVERS: tuple[tuple[Callable[[object], bool], Callable[[Body, Scope], Body]], ...] = (
    (iscoroutinefunction, _drive_coroutine),
    (isasyncgenfunction, _drive_async_generator),
    (isgeneratorfunction, _drive_generator),
)
_RETURNED: tuple[tuple[Callable[[type, Any], bool], Callable[[Body, Scope], Body]], ...] = (
    (_is_new_coroutine, _drive_coroutine),
    (_is_new_generator, _drive_generator),
    (_is_new_async_generator, _drive_async_generator),
)
_WRAPPERS = {
    f"{drive.__qualname__}.<locals>.wrapper"
    for drive in (_drive_function, _drive_awaits, *(drive for _, drive in _DRIVERS))
}
