"""Tasks of Huey that carry the flow ID of who sends them, and are steps behind a queue.

It needs ``pip install "penstock[huey]"``.

Huey has no headers. So the ID travels as an attribute of the keyword arguments,
which is pickled with them and which nobody else sees; or in the task's ID, where
messages are not pickled.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from penstock import current_run
from penstock.boundary import (
    ARGUMENT,
    After,
    Channels,
    Inbound,
    declare_control_flow,
    declare_task,
    receive_argument,
    send_beside,
)
from penstock.exceptions import MissingExtraError

try:
    from huey import Huey, exceptions
    from huey.api import PeriodicTask, Task
    from huey.serializer import Serializer, SignedSerializer
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "huey", "huey", error) from error

__all__ = ["flow_task"]

_RateLimited = getattr(exceptions, "RateLimitExceeded", exceptions.RetryTask)  # new in Huey 3
declare_control_flow("retried", exceptions.RetryTask, _RateLimited)
declare_control_flow("stopped", exceptions.CancelExecution, exceptions.TaskLockedException)

# Tasks come from the application's own processes: their data is pickled, so nobody else may send.
_TRUSTING = Inbound(trust=True)


class _FlowTask(Task):  # type: ignore[misc]  # Huey has no types
    """A task that takes the flow ID along of who sends it, or a new one outside a run."""

    inbound = _TRUSTING
    is_pickled = True
    _given: Any = None

    def __init__(self, args: Any = None, kwargs: Any = None, *more: Any, **options: Any) -> None:
        given = {} if kwargs is None else kwargs  # an empty one may have the ID
        # What a worker makes of a message has the ID already.
        self._is_new = self.is_pickled and not hasattr(given, ARGUMENT) and ARGUMENT not in given
        super().__init__(args, OrderedDict(given) if self._is_new else given, *more, **options)

    @property
    def kwargs(self) -> Any:
        """The keyword arguments, which carry the ID. A task may be made before it is sent."""
        if self._is_new and (current_run() is not None or not hasattr(self._given, ARGUMENT)):
            self._given = send_beside(self._given, self.inbound)
        return self._given

    @kwargs.setter
    def kwargs(self, given: Any) -> None:
        self._given = given

    def create_id(self) -> str:
        """Return an ID of the task, which carries the flow ID where arguments cannot."""
        made: str = super().create_id()
        return made if self.is_pickled else f"{made}?{urlencode(self.inbound.with_headers())}"

    @property
    def data(self) -> tuple[Any, Any]:
        """The arguments of the function, with the ID if it is known to take one."""
        args, kwargs = super().data
        sent = getattr(kwargs, ARGUMENT, None) or dict(parse_qsl(self.id.partition("?")[2]))
        return args, {ARGUMENT: sent, **kwargs} if sent else kwargs


class _PeriodicFlowTask(_FlowTask, PeriodicTask):  # type: ignore[misc]  # as above
    """A task that the consumer creates again at each scheduled time."""


def flow_task(
    huey: Huey,
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    unchecked: str | None = None,
    uncovered: str | None = None,
    inherit: bool = True,
    periodic: Callable[[Any], bool] | None = None,
    inbound: Inbound = _TRUSTING,
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a function as a step that a worker runs, and return it as a task of *huey*.

    It goes below `penstock.flow`. The task carries the flow ID that is current
    where it is sent, at once or with ``schedule``, or a new one outside any run;
    it is kept when the task is tried again.

    Args:
        huey: The instance of Huey.
        after: The steps that send the task, as for `penstock.step`. Without
            any, runs of the flow begin with it.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: The kind of node drawn for the step, as for `penstock.step`.
        group: The group in diagrams, as for `penstock.step`.
        receives: The channel that the task comes from, or a list of channels.
        sends: The channel that the task sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked, as for
            `penstock.step`.
        uncovered: Why they are not to count in the coverage, as for `penstock.step`.
        inherit: Whether a run adopts the flow ID that the task was sent with. If
            False, each one makes a new ID.
        periodic: When the consumer sends the task by itself, like
            ``huey.crontab(minute="0")``, as for ``huey.periodic_task``. Each
            time it has a new flow ID.
        inbound: What is carried beside the flow ID: a ``traceparent``, annotated
            values.
        options: Those of ``huey.task``: *retries*, *priority*, *context*, ...

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """

    def make(wrapper: Callable[..., Any]) -> Any:
        function = receive_argument(wrapper, inbound=inbound)
        # Another serializer, for JSON say, knows nothing of attributes.
        is_pickled = type(huey.serializer) in {Serializer, SignedSerializer}
        settings = {"is_pickled": is_pickled, "inbound": inbound, **options}
        if periodic is None:
            return huey.task(task_base=_FlowTask, **settings)(function)
        clock = staticmethod(periodic)
        return huey.task(task_base=_PeriodicFlowTask, validate_datetime=clock, **settings)(function)

    return declare_task(
        None,
        make,
        after=after,
        step=step,
        title=title,
        kind=kind,
        group=group,
        receives=receives,
        sends=sends,
        unchecked=unchecked,
        uncovered=uncovered,
        inherit=inherit,
    )
