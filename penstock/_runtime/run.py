"""The current run: one context variable that holds one small value."""

# ruff: noqa: SLF001 - runs are written to by the functions beside them, in the hot path

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from penstock._runtime.configuration import id_factories, new_flow_id
from penstock._runtime.ids import (
    are_ours,
    digits_of,
    draw_more,
    draw_tail,
    number_of,
    process_lock,
    tails,
    write_flow_id,
)
from penstock._runtime.redaction import originals, prepared, shown
from penstock._runtime.traceparent import Remote

__all__ = [
    "GONE",
    "NOTHING",
    "BareRun",
    "Entrypoint",
    "Gaps",
    "ParentRun",
    "Run",
    "Values",
    "close_run",
    "closed_marks",
    "current",
    "current_flow_id",
    "current_run",
    "is_same_run",
    "latest",
    "open_run",
    "over",
    "remote_of",
    "run_starter",
    "values_kept",
    "values_shown",
]

Values = Mapping[str, object]
NOTHING: Values = MappingProxyType({})
_Reference = tuple[dict[int, Any], str, Sequence[str], str | None]
"""The parts of a `ParentRun`: a cell, an ID and names."""


class _Identified:
    """The IDs and names of a run."""

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
    """The dictionary that all objects about the same run share.

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
    """The IDs and the names of the run in which a run was called.

    It is equal to that run, and does not hold a reference to it.

    .. versionadded:: 0.2
    """

    __slots__ = ()
    _kind = "ParentRun"

    @property
    def parent(self) -> None:
        """None: a run has only the run in which it was called, and no earlier ones."""
        return

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identified) and other.run_id == self.run_id

    __hash__ = _Identified.__hash__


class Run(_Identified):
    """One execution of a flow, from the call of an entrypoint to its end.

    penstock makes runs. Only their annotated values change.

    .. versionadded:: 0.2
    """

    __slots__ = ("_origin", "_outer", "_remote", "_request", "_values")

    # What `annotate` attaches is seen from one context. There the current run is a view: a
    # copy with its own values, which knows the run that it is a view of.
    _origin: "Run | None"
    _outer: "_Reference | None"
    """Of the run in which this was called: its number, ID and names. Not the run."""
    _remote: Remote | None
    _request: "list[Values] | None"
    """The values that runs attached to all of their request, message or task: one mapping."""
    _values: Values | None
    """Of a run: what all contexts see. Of a view: what one context sees before that."""

    def __init__(
        self,
        flow_id: str | None = None,
        flows: Sequence[str] = (),
        entrypoint: str | None = None,
        parent: "Run | None" = None,
        values: Values | None = None,
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
        elif flow_id is None and not id_factories:
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
            self._values = outer._values if origin is None else over(origin._values, outer._values)

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
        """The annotated values of this run, and those of the run in which it was called.

        Values of `penstock.annotate` are visible in the context in which it was
        called, and in everything that was started from there. Values of the
        method `annotate` are visible in the whole run. Runs of another
        operation, with another flow ID, do not see them.
        """
        return MappingProxyType(values_kept(latest(self)))

    def annotate(self, /, **values: object) -> None:
        """Attach *values* to the whole run: ``current_run().annotate(tenant="north")``.

        They are visible wherever the run is current, also in tasks and threads
        that were started before. If the run is part of a request, a message or
        a task that an adapter received, they are also in log lines and reports
        about that as a whole, such as a server's line for the request. Runs
        that began in this run before do not see them.

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
        """Remove the values under *names* from the whole run.

        Args:
            names: The names. Unknown names are ignored.

        .. versionadded:: 0.2
        """
        run = self._origin or self
        with process_lock():
            run._values = _without(run._values or {}, names)
            if run._request is not None:
                run._request[0] = _without(run._request[0], names)
        _give_way(run, names)

    def _add(self, added: Values) -> None:
        self._values = {**(self._values or {}), **added}

    def _view(self, values: Values) -> "Run":
        """Return this run as it is seen from a context that has its own *values*."""
        view = BareRun()
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


class BareRun(Run):
    """A run that the code that creates it fills in: that takes a third less than calling `Run`."""

    __slots__ = ()
    if not TYPE_CHECKING:
        __init__ = object.__init__


current: ContextVar[Run | None] = ContextVar("penstock.run", default=None)
"""The run that is current. Code that sets it keeps the token and resets with it."""

# Looked up once: what asks for it costs little more than this.
_find: "Callable[[], Run | None]" = current.get
"""Returns the run that is current. It is `open_run` once any run was closed."""


class Gaps(dict[str, object]):
    """Values of a view of which some are `GONE`."""


GONE = object()
"""In place of a value that was removed in one context."""


def over(whole: Values | None, own: Values | None) -> Values | None:
    """Return *whole* with what a context has of its *own* instead."""
    if own.__class__ is Gaps:
        found = {**(whole or {}), **(own or {})}
        return {name: value for name, value in found.items() if value is not GONE}
    return {**whole, **own} if whole and own else own or whole


def _visible(run: Run) -> Values | None:
    """Return what is attached to *run* where it is seen from, as it is kept."""
    origin = run._origin or run
    whole = origin._values
    if run._outer is None and run._request is not None and run._request[0]:
        whole = {**(whole or {}), **run._request[0]}
    return whole if run._origin is None else over(whole, run._values)


def values_kept(run: Run) -> Mapping[str, object]:
    """Return the values of *run* as they were annotated, seen from where it was got."""
    return originals(_visible(run) or {})


def values_shown(run: Run) -> Mapping[str, object]:
    """Return the values of *run* as logs, spans, reports and headers may have them."""
    found = _visible(run)
    return shown(found) if found else NOTHING


def _without(values: Values, names: "Sequence[str] | set[str]") -> dict[str, object]:
    return {name: value for name, value in values.items() if name not in names}


def _give_way(run: Run, names: "Mapping[str, object] | Sequence[str]") -> None:
    """Let what is now so for all of *run* be so in this context, too."""
    here = current.get()
    if here is not None and here._origin is run and here._values:
        kept = _without(here._values, [*names])
        if len(kept) < len(here._values):
            current.set(here._view(Gaps(kept)))


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


def remote_of(run: Run) -> Remote | None:
    """Return what the process that sent *run*'s operation here decided about its trace, if any."""
    remote = run._remote
    # A flow ID of another operation may have been bound with it.
    return remote if remote is not None and remote.flow_id == run.flow_id else None


class Entrypoint(Protocol):
    """The declared step with which runs begin."""

    name: str
    flows: tuple[str, ...]


def run_starter(entrypoint: Entrypoint, *, inherit: bool) -> Callable[[], Run]:
    """Return what makes the run of each call of an *entrypoint*."""
    new, pop, clock, ours = BareRun, tails.pop, time_ns, are_ours
    name = entrypoint.name

    # What `Run` does, in place: this is what a call of an entrypoint costs.
    def start() -> Run:
        outer = _find()
        run = new()
        run._flows, run._entrypoint, run._cell = entrypoint.flows, name, {}
        run._origin = None
        if outer is None:
            run._outer = run._remote = run._request = run._values = None
            if id_factories:
                run._flow_id = id_factories[0]()
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
        run._values = outer._values if origin is None else over(origin._values, outer._values)
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
