"""Carrying a run into threads and other processes, with the function that is called there."""

from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from functools import partial, update_wrapper
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, ParamSpec, TypeVar, cast

from penstock._common.declared_strings import wrong
from penstock._runtime.bind import scope_of_binding
from penstock._runtime.drivers import PLAIN
from penstock._runtime.headers import Carried, read_names
from penstock._runtime.instrument import instrument, runs_at_once
from penstock._runtime.returned import bodiless, drive_returned
from penstock._runtime.run import Run, open_run, remote_of, values_kept
from penstock._runtime.run_scope import run_scope
from penstock._runtime.traceparent import Remote

__all__ = ["bound"]

P = ParamSpec("P")
R = TypeVar("R")


def bound(function: Callable[P, R], /, *, values: Iterable[str] = ()) -> Callable[P, R]:
    """Return a function that calls *function* in the run that is current now.

    For functions that are called later and elsewhere: in threads, timers,
    executors, callbacks and processes. ::

        Thread(target=bound(work)).start()
        loop.run_in_executor(None, bound(work), 7)
        Process(target=bound(work)).start()

    In this process it carries the whole context, and each call gets its own
    copy, so that concurrent calls are separate. A coroutine function, a
    generator function and an async generator function run in the context of
    their caller, with this run current. It can be pickled for another process
    if *function* can, and binds the flow ID there.

    Args:
        function: The function to call.
        values: The names of annotated values that are sent to another process.
            They have to be picklable.

    Raises:
        InvalidArgumentError: If *function* cannot be called, as what a call of
            it returned cannot, or *values* is one string.

    .. versionadded:: 0.2
    """
    if not callable(function):
        raise wrong("bound", "a function", function, "bound(work), without calling it")
    run, names = open_run(), read_names("bound", values)
    if not runs_at_once(function) and any(is_sort(function) for is_sort in _RUNS_LATER):
        return function if run is None else _BoundLater.of(function, run, names)
    return cast("Callable[P, R]", _Bound(function, copy_context(), names))


_RUNS_LATER = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)


class _Bound:
    """A function with the context in which it is to be called."""

    __slots__ = ("__dict__", "__weakref__", "_context", "_function", "_values")

    def __init__(
        self, function: Callable[..., Any], context: Context, values: tuple[str, ...]
    ) -> None:
        self._function = function
        self._context = context
        self._values = values
        update_wrapper(self, function)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        result = self._context.copy().run(self._function, *args, **kwargs)
        try:
            if result is None or type(result) in PLAIN:
                return result
        except TypeError:  # a metaclass without a hash
            return result
        return self._driven(result)

    def _driven(self, result: Any) -> Any:
        """Return *result* with the body that waits in it in the run."""
        if type(result) in bodiless:
            return result
        run = self._context.copy().run(open_run)
        if run is None:
            return result
        driven = drive_returned(result, lambda: run_scope(lambda: run), refuses=True)
        return result if driven is None else driven

    def __repr__(self) -> str:
        return f"bound({self._function!r})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        run = self._context.copy().run(open_run)
        return _bound_elsewhere, (self._function, *_carried_by(run, self._values))


class _BoundLater(partial[Any]):
    """A function whose body runs later, with the run in which it is to run.

    A partial, since Python looks for the kind of function inside one.
    """

    _function: Callable[..., Any]
    _run: Run
    _values: tuple[str, ...]

    @classmethod
    def of(cls, function: Callable[P, R], run: Run, values: tuple[str, ...]) -> Callable[P, R]:
        """Return *function* with its body in *run*."""
        made = cls(instrument(function, run_scope(lambda: run)))
        update_wrapper(made, function)
        made._function, made._run, made._values = function, run, values
        return made

    def __repr__(self) -> str:
        return f"bound({self._function!r})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _bound_elsewhere, (self._function, *_carried_by(self._run, self._values))


def _carried_by(
    run: Run | None, values: tuple[str, ...]
) -> tuple[tuple[str, dict[str, Any], Remote | None] | None, str | None]:
    """Return what of *run* travels to another process with a bound function, and its flow."""
    if run is None:
        return None, None
    known = values_kept(run)
    carried = {name: known[name] for name in values if name in known}
    return (run.flow_id, carried, remote_of(run)), run.flow


def _bound_elsewhere(
    function: Callable[..., Any],
    carried: tuple[str, dict[str, Any], Remote | None] | None,
    flow: str | None,
) -> Callable[..., Any]:
    """Return *function* with what came from another process made current."""
    if carried is None:
        return function
    scope = scope_of_binding(Carried(*carried), () if flow is None else (flow,))
    return instrument(function, scope)
