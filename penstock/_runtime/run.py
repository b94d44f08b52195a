"""The current run: one context variable that holds one small value."""

# ruff: noqa: SLF001 - runs are written to by the functions beside them, in the hot path

import enum
import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from penstock._common.callables import check_plain_function, discard
from penstock._common.plain_values import plain_string
from penstock._declared.usage_errors import explains
from penstock._runtime.ids import (
    are_ours,
    digits_of,
    draw_more,
    draw_tail,
    is_flow_id,
    make_flow_id,
    number_of,
    process_lock,
    tails,
    write_flow_id,
)
from penstock._runtime.redaction import (
    Redact,
    configure_redaction,
    originals,
    prepared,
    redacting,
    shown,
)
from penstock._runtime.traceparent import Remote
from penstock.exceptions import InvalidFlowIdError

__all__ = [
    "Entrypoint",
    "ParentRun",
    "Run",
    "annotate",
    "close_run",
    "closed_marks",
    "configure",
    "current",
    "current_flow_id",
    "current_run",
    "is_same_run",
    "latest",
    "new_flow_id",
    "observe_received",
    "open_run",
    "received_run",
    "remote_of",
    "run_starter",
    "unannotate",
    "values_kept",
    "values_shown",
]

_logger = logging.getLogger("penstock")

_Values = Mapping[str, object]
_Reference = tuple[dict[int, Any], str, Sequence[str], str | None]
"""What a `ParentRun` is made of: a cell, an ID and names."""


class _Identified:
    """What a run is known by."""

    __slots__ = ("_cell", "_entrypoint", "_flow_id", "_flows", "_tail", "_when")

    # The ID is decided when the run begins, and written when somebody reads it: it is the same
    # in every thread, fork and copy, for it is made of what these have too.
    _flow_id: str | None
    _when: int
    _tail: bytes
    """Only there where the ID is not written yet, as `_when`."""
    _flows: Sequence[str]
    _entrypoint: str | None
    _kind = "Run"
    _cell: dict[int, Any]
    """What is about the same run has the same dictionary.

    Its number is in it under 0 as soon as somebody asks, and if the run was closed, then what was
    current before, under 1.
    """

    @property
    def flow_id(self) -> str:
        """The correlation ID that everything in this operation shares."""
        if self._flow_id is None:
            self._flow_id = write_flow_id(self._when, self._tail)
        return self._flow_id

    @property
    def run_id(self) -> str:
        """16 hexadecimal digits, different for each run of an operation."""
        return digits_of(number_of(self._cell))

    @property
    def flow(self) -> str | None:
        """The name of the flow that runs, or None if only an ID is bound.

        Where one entrypoint begins several flows, it is the first that claimed
        the function: the decorator nearest to it.
        """
        return self._flows[0] if self._flows else None

    @property
    def flows(self) -> tuple[str, ...]:
        """The names of all flows that the entrypoint begins."""
        return tuple(self._flows)

    @property
    def entrypoint(self) -> str | None:
        """The name of the step that began the run, or None if only an ID is bound."""
        return self._entrypoint

    def __hash__(self) -> int:
        return hash(self.run_id)

    def __repr__(self) -> str:
        return (
            f"<{self._kind} {self.flow_id} of {self.flow or 'no flow'}"
            f"{f' from {self._entrypoint}' if self._entrypoint else ''}>"
        )


class ParentRun(_Identified):
    """What a run keeps of the run in which it was called: the IDs and the names.

    It is equal to that run, and does not hold it.

    .. versionadded:: 0.2
    """

    __slots__ = ()
    _kind = "ParentRun"

    @property
    def parent(self) -> None:
        """None: a run knows in which it was called, and no others before that."""
        return

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identified) and other.run_id == self.run_id

    __hash__ = _Identified.__hash__


class Run(_Identified):
    """One execution of a flow, from the call of an entrypoint to its end.

    Runs are made by penstock. They never change, but for what `annotate`
    attaches.

    .. versionadded:: 0.2
    """

    __slots__ = ("_origin", "_outer", "_remote", "_request", "_values")

    # What `annotate` attaches is seen from one context. There the current run is a view: a
    # copy with its own values, which knows the run that it is a view of.
    _origin: "Run | None"
    _outer: "_Reference | None"
    """Of the run in which this was called: its number, ID and names. Not the run."""
    _remote: Remote | None
    _request: "list[_Values] | None"
    """What the runs in a request, message or task attached to all of it: one mapping."""
    _values: _Values | None
    """Of a run: what all contexts see. Of a view: what one context sees before that."""

    def __init__(
        self,
        flow_id: str | None = None,
        flows: Sequence[str] = (),
        entrypoint: str | None = None,
        parent: "Run | None" = None,
        values: _Values | None = None,
        *,
        remote: Remote | None = None,
    ) -> None:
        # Plain attributes behind properties: an entrypoint makes one of these
        # per call, and a frozen dataclass takes three times as long.
        self._flows = flows
        self._entrypoint = entrypoint
        self._cell = {}
        self._remote = remote
        self._origin = self._outer = self._request = self._values = None
        if parent is not None:
            self._begin_in(parent, flow_id)
        elif flow_id is None and _id_factory is None:
            self._flow_id, self._when, self._tail = None, time_ns(), draw_tail()
        else:
            self._flow_id = flow_id or new_flow_id()
        if values:
            self._add(prepared(values))

    def _begin_in(self, outer: "Run", flow_id: str | None) -> None:
        """Be called in *outer*: in its operation, unless *flow_id* is another one."""
        own = outer._flow_id or outer.flow_id
        self._outer = outer._cell, own, outer._flows, outer._entrypoint
        self._flow_id = flow_id or own
        if flow_id is None or flow_id == own:
            self._request = outer._request
            if self._remote is None:
                self._remote = outer._remote
            origin = outer._origin
            self._values = outer._values if origin is None else _over(origin._values, outer._values)

    def _reference(self) -> "_Reference":
        return self._cell, self.flow_id, self._flows, self._entrypoint

    @property
    def parent(self) -> ParentRun | None:
        """The IDs and names of the run in which this one was called, or None."""
        if self._outer is None:
            return None
        made = ParentRun()
        made._cell, made._flow_id, made._flows, made._entrypoint = self._outer
        return made

    @property
    def values(self) -> Mapping[str, object]:
        """What is attached to this run, by `annotate` and from the run in which it was called.

        What `penstock.annotate` attached is there where it was called, and in
        what was started from there. What the method `annotate` attached is
        there for the whole run. Runs of another operation, with another flow
        ID, keep theirs to themselves.
        """
        return MappingProxyType(values_kept(latest(self)))

    def annotate(self, /, **values: object) -> None:
        """Attach *values* to the whole run: ``current_run().annotate(tenant="north")``.

        They show wherever the run is current, in tasks and threads that were
        started before, too. Where the run is part of a request, a message or a
        task that an adapter received, they also show in what is logged and
        reported of that as a whole: a server's line for the request, say.
        What runs have begun in this run before does not see them.

        Args:
            values: As for `penstock.annotate`.

        .. versionadded:: 0.2
        """
        run, added = self._origin or self, prepared(values)
        with process_lock():  # threads of one run may annotate it at once
            run._add(added)
            if run._request is not None:
                run._request[0] = {**run._request[0], **added}
        _give_way(run, values)

    def unannotate(self, *names: str) -> None:
        """Take the values under *names* away from the whole run.

        Args:
            names: Names, of which some may not be there.

        .. versionadded:: 0.2
        """
        run = self._origin or self
        with process_lock():
            run._values = _without(run._values or {}, names)
            if run._request is not None:
                run._request[0] = _without(run._request[0], names)
        _give_way(run, names)

    def _add(self, added: _Values) -> None:
        self._values = {**(self._values or {}), **added}

    def _view(self, values: _Values) -> "Run":
        """Return this run as it is seen from a context that has its own *values*."""
        view = _Begun()
        view._flow_id = self._flow_id or self.flow_id
        view._cell = self._cell
        view._flows = self._flows
        view._entrypoint = self._entrypoint
        view._outer = self._outer
        view._request = self._request
        view._remote = self._remote
        view._origin = self._origin or self
        view._values = values
        return view


class _Begun(Run):
    """A run that the code that creates it fills in: that takes a third less than calling `Run`."""

    __slots__ = ()
    if not TYPE_CHECKING:
        __init__ = object.__init__


current: ContextVar[Run | None] = ContextVar("penstock.run", default=None)
"""The run that is current. Code that sets it keeps the token and resets with it."""

# Looked up once: what asks for it and what annotates it costs little more than this.
_set = current.set
_find: "Callable[[], Run | None]" = current.get
"""Returns the run that is current. It is `open_run` once any run was closed."""


class _Gaps(dict[str, object]):
    """Values of a view of which some are `_GONE`."""


_GONE = object()
"""In place of a value that was removed in one context."""


def _over(whole: _Values | None, own: _Values | None) -> _Values | None:
    """Return *whole* with what a context has of its *own* instead."""
    if own.__class__ is _Gaps:
        found = {**(whole or {}), **(own or {})}
        return {name: value for name, value in found.items() if value is not _GONE}
    return {**whole, **own} if whole and own else own or whole


def _visible(run: Run) -> _Values | None:
    """Return what is attached to *run* where it is seen from, as it is kept."""
    origin = run._origin or run
    whole = origin._values
    if run._outer is None and run._request is not None and run._request[0]:
        whole = {**(whole or {}), **run._request[0]}
    return whole if run._origin is None else _over(whole, run._values)


def values_kept(run: Run) -> Mapping[str, object]:
    """Return the values of *run* as they were annotated, seen from where it was got."""
    return originals(_visible(run) or {})


def values_shown(run: Run) -> Mapping[str, object]:
    """Return the values of *run* as logs, spans, reports and headers may have them."""
    found = _visible(run)
    return shown(found) if found else _NOTHING


_NOTHING: Mapping[str, object] = MappingProxyType({})


def _without(values: _Values, names: "Sequence[str] | set[str]") -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in names}


def _give_way(run: Run, names: "Mapping[str, object] | Sequence[str]") -> None:
    """Let what is now so for all of *run* be so in this context, too."""
    here = current.get()
    if here is not None and here._origin is run and here._values:
        kept = _without(here._values, [*names])
        if len(kept) < len(here._values):
            current.set(here._view(_Gaps(kept)))


closed_marks: list[bool] = []
"""True where a run or a span that is over may be current still, in some context.

Nobody looks for what never was.
"""


def open_run() -> Run | None:
    """Return the current run; one that a closed block left current is none, here or anywhere."""
    run: Any = current.get()
    while run is not None and len(run._cell) > 1:
        run = run._cell[1]  # what was current before the block
    found: Run | None = run
    return found


def close_run(run: Run, before: Run | None) -> None:
    """Let *run* be current nowhere any more, but what was so *before* it.

    For a block that ends where it did not begin: nobody can set what is current
    in the context in which it began.
    """
    # All views of a run share this.
    if len(run._cell) > 1 or (before is not None and is_same_run(before, run)):
        return  # it is closed, or open still in a block around this one
    global _find
    closed_marks[:], _find = [True], open_run
    while before is not None and len(before._cell) > 1:
        before = before._cell[1]  # which `run` may be: then there is none
    number_of(run._cell)
    run._cell[1] = None if before is not None and is_same_run(before, run) else before


def is_same_run(one: Run, other: Run) -> bool:
    """Return whether both are the same run, seen from whatever context."""
    return one._cell is other._cell


def latest(run: Run) -> Run:
    """Return *run* as this context sees it."""
    here = current.get()
    return here if here is not None and here._cell is run._cell else run


def received_run(
    flow_id: str | None,
    flows: Sequence[str] = (),
    values: _Values | None = None,
    *,
    remote: Remote | None = None,
) -> Run:
    """Return a run for a request, a message or a task that came in from elsewhere."""
    # What `Run` does, in place: each request pays for it, and reads its ID at once.
    run = _Begun()
    run._flow_id = flow_id or (make_flow_id() if _id_factory is None else _id_factory())
    run._flows, run._entrypoint, run._cell = flows, None, {}
    run._origin = run._outer = None
    run._remote, run._request = remote, [_NOTHING]
    run._values = prepared(values) if values and redacting else values or None
    for observe in _observers:
        observe(run)
    return run


_observers: tuple[Callable[[Run], object], ...] = ()


def observe_received(observe: Callable[[Run], object]) -> None:
    """Call *observe* with each run for what came in from elsewhere, before it is current.

    For error reporters that have begun a transaction around a request, a message
    or a task. What is observed already is not observed twice.

    Args:
        observe: Called with each run. It must not raise.

    .. versionadded:: 0.2
    """
    global _observers  # noqa: PLW0603 - those of the process
    _observers = (*(found for found in _observers if found is not observe), observe)


def remote_of(run: Run) -> Remote | None:
    """Return what the process that sent *run*'s operation here decided about its trace, if any."""
    remote = run._remote
    # A flow ID of another operation may have been bound with it.
    return remote if remote is not None and remote.flow_id == run.flow_id else None


class Entrypoint(Protocol):
    """What runs begin with: a declared step."""

    name: str
    flows: tuple[str, ...]


def run_starter(entrypoint: Entrypoint, *, inherit: bool) -> Callable[[], Run]:
    """Return what makes the run of each call of an *entrypoint*."""
    new, pop, clock, ours = _Begun, tails.pop, time_ns, are_ours
    name = entrypoint.name

    # What `Run` does, in place: this is what a call of an entrypoint costs.
    def start() -> Run:
        outer = _find()
        run = new()
        run._flows, run._entrypoint, run._cell = entrypoint.flows, name, {}
        run._origin = None
        if outer is None:
            run._outer = run._remote = run._request = run._values = None
            if _id_factory is not None:
                run._flow_id = _id_factory()
                return run
            run._flow_id, run._when = None, clock()
            try:
                run._tail = pop() if ours[0] else draw_more()
            except IndexError:
                run._tail = draw_more()
            return run
        # Written now, or each run in this one would write it.
        run._flow_id = flow_id = outer._flow_id or outer.flow_id
        run._outer = outer._cell, flow_id, outer._flows, outer._entrypoint
        run._remote, run._request = outer._remote, outer._request
        origin = outer._origin
        run._values = outer._values if origin is None else _over(origin._values, outer._values)
        return run

    def start_anew() -> Run:
        run, outer = Run(None, entrypoint.flows, name), open_run()
        if outer is not None:
            run._outer = outer._reference()
        return run

    return start if inherit else start_anew


def current_run() -> Run | None:
    """Return the run that this code is part of, or None outside any run.

    .. versionadded:: 0.2
    """
    return _find()


def current_flow_id() -> str | None:
    """Return the correlation ID of the operation that this code is part of.

    It is None outside any run.

    .. versionadded:: 0.2
    """
    run = _find()
    return None if run is None else run._flow_id or run.flow_id


def annotate(**values: object) -> None:
    """Attach *values* to what happens from here on: ``annotate(tenant="north", order=7)``.

    They show in log records, in spans, and in `Run.values`, as a context
    variable would: in this context until the run ends, and in what is started
    from here, be it a call, a task, a thread that carries the run, or another
    run. Tasks and threads beside this one never see them. Outside a run nothing
    happens. To another process travels only what `inject` or `bind` is asked to
    carry.

    `Run.annotate` attaches values to the whole run instead, and `unannotate`
    removes values again.

    Args:
        values: Anything. A name that is annotated again has its last value.

    .. versionadded:: 0.2
    """
    run = _find()
    if run is not None and values:
        own, before = prepared(values) if redacting else values, run._values
        if run._origin is not None and before:
            own = {**before, **own} if before.__class__ is dict else _Gaps({**before, **own})
        # What `Run._view` does, in place.
        view = _Begun()
        view._flow_id, view._cell = run._flow_id or run.flow_id, run._cell
        view._flows, view._entrypoint, view._outer = run._flows, run._entrypoint, run._outer
        view._request, view._remote = run._request, run._remote
        view._origin, view._values = run._origin or run, own
        _set(view)


def unannotate(*names: str) -> None:
    """Take the values under *names* away from what happens from here on.

    What `annotate` is for values, this is for their absence: contexts that
    began beside or before keep them, and outside a run nothing happens.

    Args:
        names: Names, of which some may not be there.

    .. versionadded:: 0.2
    """
    run = _find()
    if run is not None and names:
        before = (run._values or {}) if run._origin is not None else {}
        current.set(run._view(_Gaps({**before, **dict.fromkeys(names, _GONE)})))


_id_factory: Callable[[], str] | None = None


class _Keep(enum.Enum):
    """That a setting stays as it is."""

    KEEP = "as it is"


@explains("configure()", "configure(id_factory=...), or for spans penstock.tracing.configure(...)")
def configure(
    *,
    id_factory: Callable[[], str] | Literal[_Keep.KEEP] | None = _Keep.KEEP,
    redact: Redact | Literal[_Keep.KEEP] | None = _Keep.KEEP,
) -> None:
    """Set how penstock makes flow IDs and what it hides, for the whole process.

    What is left out stays as it is. Without any argument, all is as it was at
    first.

    Args:
        id_factory: Called without arguments for each new ID. It is called once
            here, to be checked. None brings back penstock's own: 32 hexadecimal
            digits that sort by time.
        redact: Which annotated values are hidden in log records, spans, error
            reports and headers, where ``[redacted]`` replaces them: a list
            of names, ``["password", "*_token"]``, whatever their case, and of
            patterns from `re.compile`, which are searched in the name and in
            the text of the value. Or a function, which is called with the name
            and the value when a value is annotated, and returns what is to be
            shown; where it raises, the value is hidden. None hides nothing.

    Raises:
        InvalidFlowIdError: If what *id_factory* returns is not a flow ID.
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    if id_factory is _Keep.KEEP and redact is _Keep.KEEP:
        id_factory = redact = None
    if id_factory is not _Keep.KEEP:
        _set_id_factory(id_factory)
    if redact is not _Keep.KEEP:
        configure_redaction(redact)


def _set_id_factory(chosen: Callable[[], str] | None) -> None:
    global _id_factory  # noqa: PLW0603 - a setting of the process
    if chosen is None:
        _id_factory = None
        return
    check_plain_function("penstock.configure", "id_factory", chosen)
    sample = chosen()
    if discard(sample) or not is_flow_id(sample):
        raise InvalidFlowIdError(len(str(sample)))
    _id_factory = _checked(chosen)


def _checked(factory: Callable[[], str]) -> Callable[[], str]:
    """Return *factory* with a built-in ID in place of whatever is not one."""

    def make() -> str:
        try:
            made = factory()
        except Exception:
            _logger.exception("the id_factory failed; penstock makes this flow ID itself")
            return make_flow_id()
        if is_flow_id(made):
            return plain_string(made)
        discard(made)
        _logger.error("the id_factory returned no flow ID; penstock makes this one itself")
        return make_flow_id()

    return make


def new_flow_id() -> str:
    """Return a new flow ID from the configured factory."""
    return make_flow_id() if _id_factory is None else _id_factory()
