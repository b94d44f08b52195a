"""The current run: one context variable that holds one small value."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from threading import RLock
from types import MappingProxyType

from penstock._forks import renew_after_fork
from penstock._ids import Numbered, is_flow_id, make_flow_id
from penstock._traceparent import Remote
from penstock._wrap import Scope
from penstock.exceptions import InvalidFlowIdError

__all__ = [
    "Run",
    "annotate",
    "configure",
    "current",
    "current_flow_id",
    "current_run",
    "new_flow_id",
    "remote_of",
    "run_scope",
]

_logger = logging.getLogger("penstock")


def _renew_lock() -> None:
    """Forget who holds the lock: in a forked child they are gone."""
    global _changing  # noqa: PLW0603 - there is one lock
    # It can be taken again, by what the garbage collector runs meanwhile.
    _changing = RLock()


_changing: RLock
_renew_lock()
renew_after_fork(_renew_lock)


class Run(Numbered):
    """One execution of a flow, from the call of an entrypoint to its end.

    Runs are made by penstock. They never change, but for what `annotate`
    attaches to them.

    .. versionadded:: 0.1
    """

    __slots__ = ("_entrypoint", "_flow_id", "_flows", "_parent", "_remote", "_values")

    def __init__(
        self,
        flow_id: str,
        flows: Sequence[str] = (),
        entrypoint: str | None = None,
        parent: "Run | None" = None,
        values: dict[str, object] | None = None,
        *,
        remote: Remote | None = None,
    ) -> None:
        # Plain attributes behind properties: an entrypoint makes one of these
        # per call, and a frozen dataclass takes three times as long.
        self._flow_id = flow_id
        self._flows = flows
        self._entrypoint = entrypoint
        self._parent = parent
        self._values = values
        self._remote: Remote | None = remote
        if remote is None and parent is not None:
            self._remote = parent._remote  # noqa: SLF001 - of the same class
        self._number = 0

    @property
    def flow_id(self) -> str:
        """The correlation ID that everything in this operation shares."""
        return self._flow_id

    @property
    def run_id(self) -> str:
        """What tells this run from others of the same operation: 16 hexadecimal digits."""
        return self._digits()

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

    @property
    def parent(self) -> "Run | None":
        """The run in which this one was called, or None."""
        return self._parent

    @property
    def values(self) -> Mapping[str, object]:
        """What `annotate` attached to this run, and to the runs in which it was called.

        The nearest one counts. Runs of another operation, with another flow ID,
        keep theirs to themselves.
        """
        found: dict[str, object] = {}
        run: Run | None = self
        while run is not None and run._flow_id == self._flow_id:  # noqa: SLF001 - of the same class
            if run._values:  # noqa: SLF001
                found = run._values | found  # noqa: SLF001
            run = run._parent  # noqa: SLF001
        return MappingProxyType(found)

    def __repr__(self) -> str:
        return (
            f"<Run {self._flow_id} of {self.flow or 'no flow'}"
            f"{f' from {self._entrypoint}' if self._entrypoint else ''}>"
        )


current: ContextVar[Run | None] = ContextVar("penstock.run", default=None)
"""The run that is current. Whoever sets it keeps the token and resets with it."""


def run_scope(begin: Callable[[], Run]) -> Scope:
    """Return what makes the run that *begin* returns current around the body of a function."""
    return Scope(begin, current.set, current.reset)


def remote_of(run: Run) -> Remote | None:
    """Return what the process that sent *run*'s operation here decided about its trace, if any."""
    remote = run._remote  # noqa: SLF001 - our own
    # What is called with `inherit=False` is another operation than its caller.
    return remote if remote is not None and remote.flow_id == run.flow_id else None


def current_run() -> Run | None:
    """Return the run that this code is part of, or None outside any run.

    .. versionadded:: 0.1
    """
    return current.get()


def current_flow_id() -> str | None:
    """Return the correlation ID of the operation that this code is part of.

    It is None outside any run.

    .. versionadded:: 0.1
    """
    run = current.get()
    return None if run is None else run._flow_id  # noqa: SLF001 - our own, without a property's call


def annotate(**values: object) -> None:
    """Attach *values* to the current run: ``annotate(tenant="north", order=7)``.

    They show in log records, in spans, and in `Run.values`, also of the runs
    that are called from here. Outside a run nothing happens. To another process
    travels only what `inject` or `bound` is told to carry.

    Args:
        values: Anything. A name that is annotated again has its last value.

    .. versionadded:: 0.1
    """
    run = current.get()
    if run is None:
        return
    with _changing:  # threads of one run may annotate it at once
        run._values = (run._values or {}) | values  # noqa: SLF001 - our own


_id_factory: Callable[[], str] = make_flow_id


def configure(*, id_factory: Callable[[], str] | None = None) -> None:
    """Set how penstock makes flow IDs, for the whole process.

    Args:
        id_factory: Called without arguments for each new ID. It is called once
            here, to be checked. None brings back penstock's own: UUIDs of
            version 7 as 32 hexadecimal digits.

    Raises:
        InvalidFlowIdError: If what *id_factory* returns is not a flow ID.

    .. versionadded:: 0.1
    """
    global _id_factory  # noqa: PLW0603 - a setting of the process
    if id_factory is None:
        _id_factory = make_flow_id
        return
    sample = id_factory()
    if not is_flow_id(sample):
        raise InvalidFlowIdError(len(str(sample)))
    _id_factory = _checked(id_factory)


def _checked(factory: Callable[[], str]) -> Callable[[], str]:
    """Return *factory* with a built-in ID in place of whatever is not one."""

    def make() -> str:
        try:
            made = factory()
        except Exception:
            _logger.exception("the id_factory failed; penstock makes this flow ID itself")
            return make_flow_id()
        if is_flow_id(made):
            return made
        _logger.error("the id_factory returned no flow ID; penstock makes this one itself")
        return make_flow_id()

    return make


def new_flow_id() -> str:
    """Return a new flow ID from the configured factory."""
    return _id_factory()
