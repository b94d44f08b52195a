"""The current run: one context variable that holds one small value."""

import logging
from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token

from penstock._ids import is_flow_id, make_flow_id
from penstock.exceptions import InvalidFlowIdError

__all__ = [
    "Run",
    "adopt_flow_id",
    "bind",
    "configure",
    "current",
    "current_flow_id",
    "current_run",
    "new_flow_id",
]

_logger = logging.getLogger("penstock")


class Run:
    """One execution of a flow, from the call of an entrypoint to its end.

    Runs are made by penstock and never change.

    .. versionadded:: 0.1
    """

    __slots__ = ("_entrypoint", "_flow_id", "_flows", "_parent")

    def __init__(
        self,
        flow_id: str,
        flows: Sequence[str] = (),
        entrypoint: str | None = None,
        parent: "Run | None" = None,
    ) -> None:
        # Plain attributes behind properties: an entrypoint makes one of these
        # per call, and a frozen dataclass takes three times as long.
        self._flow_id = flow_id
        self._flows = flows
        self._entrypoint = entrypoint
        self._parent = parent

    @property
    def flow_id(self) -> str:
        """The correlation ID that everything in this operation shares."""
        return self._flow_id

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

    def __repr__(self) -> str:
        return (
            f"<Run {self._flow_id} of {self.flow or 'no flow'}"
            f"{f' from {self._entrypoint}' if self._entrypoint else ''}>"
        )


current: ContextVar[Run | None] = ContextVar("penstock.run", default=None)
"""The run that is current. Whoever sets it keeps the token and resets with it."""


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


def adopt_flow_id(received: object) -> str:
    """Return *received* if it may be adopted as a flow ID, else a new one.

    For every boundary over which an ID comes in. A refused text is never
    repeated in the log, since whoever sent it chose its bytes.
    """
    if is_flow_id(received):
        return str(received)
    if received is not None:
        size = len(received) if isinstance(received, (str, bytes)) else 0
        _logger.debug("refused a flow ID from outside (length %d); made a new one", size)
    return new_flow_id()


class bind:  # noqa: N801 - reads as a verb, like `contextlib.suppress`
    """Make a flow ID current for a block: ``with bind(flow_id): ...``.

    For scripts, consumer loops, management commands and tests. Leaving the
    block restores what was current before it. Inside coroutines it works with
    ``with`` and ``async with`` alike.

    Args:
        flow_id: The ID to make current. None keeps the ID that is current
            already, or makes a new one.
        flow: The name of the flow that the block belongs to, if any.

    Raises:
        InvalidFlowIdError: If *flow_id* is not a flow ID.
        RuntimeError: If a block is entered again before it was left.

    .. versionadded:: 0.1
    """

    def __init__(self, flow_id: str | None = None, *, flow: str | None = None) -> None:
        if flow_id is not None and not is_flow_id(flow_id):
            raise InvalidFlowIdError(len(str(flow_id)))
        self._flow_id = flow_id
        self._flows = () if flow is None else (flow,)
        self._token: Token[Run | None] | None = None

    def __enter__(self) -> Run:
        if self._token is not None:
            message = "this bind() is entered already; call bind() again for a block of its own"
            raise RuntimeError(message)
        parent = current.get()
        flow_id = self._flow_id or (parent.flow_id if parent else new_flow_id())
        run = Run(flow_id, self._flows, None, parent)
        self._token = current.set(run)
        return run

    def __exit__(self, *exc_info: object) -> None:
        token, self._token = self._token, None
        if token is not None:
            current.reset(token)

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()
