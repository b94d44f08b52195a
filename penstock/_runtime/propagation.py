"""Carrying a run to where no context variable follows: blocks, threads, processes, services."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import Context, Token, copy_context
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from os import urandom
from types import FrameType, MappingProxyType
from typing import Any, ParamSpec, TypeVar, cast, overload

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock._declared.functions import unwrap_method
from penstock._declared.usage_errors import explains
from penstock._runtime.baggage import BAGGAGE, read_baggage, write_baggage
from penstock._runtime.carriers import only, read_headers, with_headers
from penstock._runtime.drivers import PLAIN
from penstock._runtime.failure_records import record_failure
from penstock._runtime.ids import is_flow_id, is_trace_id
from penstock._runtime.instrument import instrument, instrument_alike, runs_at_once
from penstock._runtime.returned import bodiless, drive_returned
from penstock._runtime.run import (
    Run,
    close_run,
    current,
    is_same_run,
    open_run,
    remote_of,
    values_kept,
    values_shown,
)
from penstock._runtime.run_scope import run_scope
from penstock._runtime.scope import Scope
from penstock._runtime.spans import find_span
from penstock._runtime.traceparent import TRACEPARENT, Remote, active_context, read_traceparent
from penstock._runtime.wrappable import check_wrappable
from penstock.exceptions import InvalidFlowIdError

__all__ = [
    "HEADER",
    "Carried",
    "added_headers",
    "bind",
    "bound",
    "extract",
    "find_carried",
    "find_parts",
    "inject",
]

_logger = logging.getLogger("penstock")

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")

HEADER = "X-Request-ID"
"""The header that carries a flow ID, unless another is named."""

_NO_VALUES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Carried:
    """What `extract` found in a carrier. It is false if that is nothing.

    .. versionadded:: 0.2
    """

    flow_id: str | None = None
    """The flow ID, or None if the carrier has none that may be adopted."""

    values: Mapping[str, str] = field(default_factory=lambda: _NO_VALUES)
    """The annotated values that were asked for and found."""

    _remote: Remote | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.flow_id is not None or bool(self.values)

    def __reduce__(self) -> tuple[type["Carried"], tuple[Any, ...]]:
        # A view of a mapping cannot be pickled.
        return Carried, (self.flow_id, dict(self.values), self._remote)


class bind:  # noqa: N801 - reads as a verb, like `contextlib.suppress`
    """Make a flow ID current for a block or a function.

    For scripts, consumer loops, management commands and tests. Leaving the
    block restores what was current before it::

        with bind(): ...
        async with bind(flow_id): ...

        for message in consumer:
            with bind(extract(message.headers())): ...

        @bind()
        def nightly(): ...

    Each call of a decorated function is a separate block; generators are bound
    while their body runs. In a generator write ``@bind()`` above it rather than
    a block that is held over a ``yield``, which others run in between.

    Args:
        flow_id: The ID to make current, or what `extract` returned. None, or
            nothing extracted, keeps the ID that is current already, or makes
            a new one.
        flow: The name of the flow that the block belongs to, if any.

    Raises:
        InvalidFlowIdError: If *flow_id* is not a flow ID.
        InvalidArgumentError: If *flow* is not a string, or has control characters.
        RuntimeError: If a block is entered again before it was left.

    .. versionadded:: 0.2
    """

    def __init__(self, flow_id: "str | Carried | None" = None, *, flow: str | None = None) -> None:
        if isinstance(flow_id, Carried):
            brought = flow_id.flow_id, flow_id.values, flow_id._remote  # noqa: SLF001 - our own
        else:
            brought = flow_id, _NO_VALUES, None
        self._flow_id, self._values, self._remote = brought
        if self._flow_id is not None:
            if not is_flow_id(self._flow_id):
                raise InvalidFlowIdError(len(str(self._flow_id)))
            self._flow_id = plain_string(self._flow_id)
        if flow is not None:
            check_text("bind", flow=flow)
        self._flows = () if flow is None else (plain_string(flow),)
        self._token: Token[Run | None] | None = None

    @explains("bind(...)", "@bind() above a def")
    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return *function* with every call in a separate block."""
        check_wrappable("bind()", unwrap_method(function))
        return cast("Callable[P, R]", instrument_alike(function, self._scope()))

    def _scope(self) -> Scope:
        carried = Carried(self._flow_id, self._values, self._remote)
        return run_scope(self._begin, (_scope_of_binding, (carried, self._flows)))

    def _begin(self) -> Run:
        return Run(self._flow_id, self._flows, None, open_run(), self._values, remote=self._remote)

    def __enter__(self) -> Run:
        if self._token is not None:
            message = "this bind() is entered already; call bind() again for another block"
            raise RuntimeError(message)
        run = self._begin()
        self._token = current.set(run)
        self._run = run
        return run

    def __exit__(
        self, _kind: object = None, error: BaseException | None = None, _traceback: object = None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            if error is not None:
                record_failure(self._run, error)
            self._leave(token)

    def _leave(self, token: "Token[Run | None]") -> None:
        here, before = current.get(), token.old_value
        is_innermost = here is not None and is_same_run(here, self._run)
        try:
            current.reset(token)
        except ValueError:
            is_innermost = False
            _warn_of_a_yield(sys._getframe(2))  # noqa: SLF001 - documented for this use
        if not is_innermost:  # another one begins or ends between, which brings this one back
            close_run(self._run, None if before is Token.MISSING else before)

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, _kind: object = None, error: BaseException | None = None, _traceback: object = None
    ) -> None:
        self.__exit__(None, error)


_warned = set[tuple[str, int]]()


def _warn_of_a_yield(frame: FrameType | None) -> None:
    """Warn once of the line of a ``with bind():`` that ended in another context."""
    while frame is not None and frame.f_globals.get("__name__") in {__name__, "contextlib"}:
        frame = frame.f_back
    if frame is None or (frame.f_code.co_filename, frame.f_lineno) in _warned:
        return
    _warned.add((frame.f_code.co_filename, frame.f_lineno))
    message = (
        "`with bind():` ended in another context than it began in, because it is held over a "
        "`yield`: what runs between does not have its flow ID for sure. Write @bind() above the "
        "generator instead"
    )
    warnings.warn_explicit(message, RuntimeWarning, frame.f_code.co_filename, frame.f_lineno)


def _scope_of_binding(carried: Carried, flows: tuple[str, ...]) -> Scope:
    return bind(carried, flow=flows[0] if flows else None)._scope()  # noqa: SLF001 - our own


def bound(function: Callable[P, R], /, *, values: Iterable[str] = ()) -> Callable[P, R]:
    """Return *function* so that it runs in the run that is current now.

    For whatever is called later and elsewhere: threads, timers, executors,
    callbacks, processes. ::

        Thread(target=bound(work)).start()
        loop.run_in_executor(None, bound(work), 7)
        Process(target=bound(work)).start()

    In this process it carries the whole context, and each call gets its
    own copy, so that calls at the same time are apart. A coroutine function, a
    generator function and an async generator function run in the context of
    who drives them, with this run current. In another process, to which it can
    be pickled if *function* can, it binds the flow ID.

    Args:
        function: What to call.
        values: The names of annotated values that travel to another process.
            They have to be picklable.

    Raises:
        InvalidArgumentError: If *function* cannot be called, as what a call of
            it returned cannot, or *values* is one string.

    .. versionadded:: 0.2
    """
    if not callable(function):
        raise wrong("bound", "a function", function, "bound(work), without calling it")
    run, names = open_run(), _read_names("bound", values)
    if not runs_at_once(function) and any(is_sort(function) for is_sort in _RUNS_LATER):
        return function if run is None else _BoundLater.of(function, run, names)
    return cast("Callable[P, R]", _Bound(function, copy_context(), names))


def _read_names(where: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return the names of *values*; one string would be taken for its letters."""
    if isinstance(values, str):
        raise wrong(where, "values as a list of names", values, f"values=[{values!r}]")
    return tuple(values)


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
    scope = _scope_of_binding(Carried(*carried), () if flow is None else (flow,))
    return instrument(function, scope)


@overload
def inject(
    carrier: None = None,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> dict[str, str]: ...
@overload
def inject(
    carrier: dict[str, V],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> dict[str, V | str]: ...
@overload
def inject(
    carrier: Mapping[str, V],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Mapping[str, V | str]: ...
@overload
def inject(
    carrier: Iterable[tuple[Any, Any]],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> list[tuple[Any, Any]]: ...
def inject(
    carrier: Any = None,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Any:
    """Return a copy of *carrier* that carries the current flow ID.

    What the caller passed is never changed. Outside a run the copy carries
    nothing more. ::

        requests.get(url, headers=inject(headers))
        task.apply_async(headers=inject())
        producer.send("orders", value, headers=inject([]))

    Args:
        carrier: Headers in whatever type a framework or a client has: a
            mapping, or pairs. The copy has that type if it can be written to.
            Otherwise it is a dictionary, or a list of pairs where a name is
            repeated. Names and values in a list are strings or bytes like those
            that are there already; in an empty list they are those of Kafka,
            ``(str, bytes)``. None is an empty dictionary.
        header: The name that carries the flow ID. One that is there already is
            replaced, whatever its case. In metadata of gRPC a name is in lower
            case: ``inject([], header="x-request-id")``.
        traceparent: Whether to send it as ``traceparent`` of W3C Trace Context
            too. An existing one is kept. A flow ID that is not a valid
            trace-id cannot be sent so. Its parent-id is that of the active span
            of OpenTelemetry or of the running step, or else the one that came
            in. Its sampled flag is what the active span of OpenTelemetry says,
            or else what came in; where nobody decided, it is set.
        values: The names of annotated values that travel along, as strings in
            ``baggage`` of W3C Baggage. What is there already stays. A value that
            has no text, or that no server would accept for its length, is left
            out: the whole header has at most 8000 characters, one value 4096.

    Raises:
        InvalidArgumentError: If *carrier* holds no headers, or *values* is one string.

    .. versionadded:: 0.2
    """
    if isinstance(carrier, Iterator):  # it can be read once
        carrier = list(carrier)
    names = _read_names("inject", values)
    added = added_headers(carrier, header, traceparent=traceparent, values=names)
    return with_headers(carrier, added)


def added_headers(
    carrier: object, header: str, *, traceparent: bool, values: Iterable[str]
) -> dict[str, str]:
    """Return what *carrier* has to hold to carry the current run: nothing outside a run."""
    run = open_run()
    return {} if run is None else dict(_headers(run, carrier, header, values, traceparent))


def _headers(
    run: Run, carrier: object, header: str, values: Iterable[str], traceparent: bool
) -> Iterator[tuple[str, str]]:
    """Yield what a carrier has to hold to carry *run*."""
    yield header if type(header) is str else plain_string(header), run.flow_id
    if not traceparent and not values:
        return
    there = read_headers(carrier, TRACEPARENT, BAGGAGE)
    if traceparent and TRACEPARENT not in there and is_trace_id(run.flow_id):
        yield TRACEPARENT, _traceparent(run)
    known = values_shown(run)
    named = {name: known[name] for name in values if name in known}
    baggage = ",".join(there.get(BAGGAGE, []))
    written = write_baggage(baggage, named) if named else baggage
    if written != baggage:
        yield BAGGAGE, written


def _traceparent(run: Run) -> str:
    """Return the header that carries the trace of *run* to the next process."""
    remote, span = remote_of(run), find_span()
    parent = None if remote is None else remote.parent_id
    is_sampled = remote is None or remote.is_sampled
    active = active_context(run.flow_id)
    if active is not None:
        parent, is_sampled = active
    elif span is not None:
        parent = span.span_id
    return f"00-{run.flow_id}-{parent or urandom(8).hex()}-{is_sampled:02x}"


def extract(
    carrier: Any,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Carried:
    """Return what *carrier* brought, for `bind`: ``with bind(extract(headers)): ...``.

    What anybody may have sent is checked to the last byte, and is never
    repeated in a log. An ID that comes in several versions is none.

    Args:
        carrier: A mapping, or a list of pairs, whose names and values are strings
            or bytes. None is an empty one.
        header: The name that carries the flow ID, in whatever case.
        traceparent: Whether the trace-id of ``traceparent`` is the flow ID where
            *header* brought none. Its parent-id and its sampled flag stay with
            the operation, for what `inject` writes.
        values: The names of values to take from ``baggage``.

    Raises:
        InvalidArgumentError: If *carrier* holds no headers, or *values* is one string.

    .. versionadded:: 0.2
    """
    names = _read_names("extract", values)
    return Carried(*find_carried(carrier, header, traceparent=traceparent, values=names))


def find_carried(
    carrier: Any,
    header: str,
    *,
    traceparent: bool,
    values: Iterable[str],
) -> tuple[str | None, Mapping[str, str], Remote | None]:
    """Return the parts of what `extract` returns."""
    header = header.lower()
    found = read_headers(carrier, header, TRACEPARENT, BAGGAGE)
    if not found:
        return None, _NO_VALUES, None
    return find_parts(found, header, traceparent, values, is_flow_id)


def find_parts(
    found: Mapping[str, list[str]],
    header: str,
    traceparent: bool,
    values: Iterable[str],
    is_wanted: Callable[[str], bool],
) -> tuple[str | None, Mapping[str, str], Remote | None]:
    """Return the parts of what `extract` returns of the headers *found*, with an ID that is wanted.

    Args:
        found: What was found under *header*, which is in lower case, and under the others.
        header: As for `extract`.
        traceparent: As for `extract`.
        values: As for `extract`.
        is_wanted: Returns whether an ID may be one.
    """
    flow_id = only(found[header]) if header in found else None
    if flow_id is not None and not is_wanted(flow_id):
        _logger.debug("refused a flow ID from outside (length %d)", len(flow_id))
        flow_id = None
    remote = None
    if traceparent and TRACEPARENT in found:
        flow_id, remote = _find_remote(flow_id, only(found[TRACEPARENT]) or "")
    if BAGGAGE not in found or not (wanted := set(values)):
        return flow_id, _NO_VALUES, remote
    brought = read_baggage(",".join(found[BAGGAGE]))
    return flow_id, {name: brought[name] for name in brought if name in wanted}, remote


def _find_remote(flow_id: str | None, header: str) -> tuple[str | None, Remote | None]:
    """Return the flow ID, which may be the trace-id, and what was decided about its trace."""
    read = read_traceparent(header)
    if read is None:
        return flow_id, None
    trace_id, parent_id, is_sampled = read
    flow_id = flow_id or trace_id
    return flow_id, Remote(flow_id, parent_id if flow_id == trace_id else None, is_sampled)
