"""Tasks of Taskiq that carry the flow ID of who sends them, and are steps behind a queue.

It needs ``pip install "penstock[taskiq]"``.
"""

from asyncio import current_task
from collections.abc import Callable
from threading import current_thread
from typing import Any, Unpack
from weakref import WeakKeyDictionary

from penstock import current_run
from penstock.boundary import (
    After,
    Channels,
    Inbound,
    InboundSettings,
    active,
    declare_control_flow,
    declare_task,
    inactive,
)
from penstock.exceptions import MissingExtraError

try:
    from taskiq import (
        AsyncBroker,
        BrokerMessage,
        InMemoryBroker,
        TaskiqMessage,
        TaskiqMiddleware,
        TaskiqResult,
    )
    from taskiq.exceptions import NoResultError, TaskRejectedError
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "taskiq", "taskiq", error) from error

__all__ = ["FlowMiddleware", "flow_task", "install", "uninstall"]

# What `Context.requeue` and `Context.reject` raise.
declare_control_flow("stopped", NoResultError, TaskRejectedError)


class FlowMiddleware(TaskiqMiddleware):
    """Puts the current flow ID into messages, and makes it current where they are processed.

    Args:
        settings: Those of `penstock.boundary.Inbound`, of which *trust* is True
            by default here. A function as *trust* is asked with the message.
            *respond* means nothing.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, **settings: Unpack[InboundSettings]) -> None:
        super().__init__()
        location = "penstock.contrib.taskiq.FlowMiddleware"
        self._inbound = Inbound.read(location, settings, trust=True)
        # By what executes the message: if other middleware raises, this one is not called.
        self._blocks: WeakKeyDictionary[object, list[tuple[str, active | None]]]
        self._blocks = WeakKeyDictionary()

    def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
        """Put the current flow ID into *message*, unless it has one."""
        message.labels = {**self.labels(), **message.labels}
        return message

    def labels(self) -> dict[str, str]:
        """Return the labels that carry the current flow ID, or a new one outside any run."""
        return self._inbound.with_headers()

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        """Make the run of *message* current in the task that processes it."""
        run, block = self._inbound.accept(message.labels, message), None
        if run is not current_run():  # it is, in its sender's context
            block = active(run)
            block.__enter__()
        self._blocks.setdefault(_executing(), []).append((message.task_id, block))
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """Make current again what was current before *message*."""
        executing = _executing()
        begun = self._blocks.pop(executing, [])
        if not begun:
            return
        # Other middleware may pass another message on, with another ID.
        known = (n for n in reversed(range(len(begun))) if begun[n][0] == message.task_id)
        at = next(known, len(begun) - 1)
        if at:
            self._blocks[executing] = begun[:at]
        if (block := begun[at][1]) is not None:
            block.__exit__()


def _executing() -> object:
    """Return what calls the middleware for one message after the other."""
    try:
        return current_task() or current_thread()
    except RuntimeError:  # no loop runs
        return current_thread()


def install(broker: AsyncBroker, **settings: Unpack[InboundSettings]) -> None:
    """Let every message of *broker* carry the flow ID of who sends it.

    `flow_task` does it by itself, with the settings as they are by default.

    Args:
        broker: The broker, before it starts.
        settings: Those of `FlowMiddleware`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    middleware = FlowMiddleware(**settings)
    uninstall(broker)
    broker.add_middlewares(middleware)
    # Before all others, so that what they send again is sent within the run.
    broker.middlewares.insert(0, broker.middlewares.pop())
    if isinstance(broker, InMemoryBroker):
        _end_sender_runs(broker)


def uninstall(broker: AsyncBroker) -> None:
    """Take back what `install` did, or `flow_task` by itself.

    .. versionadded:: 0.2
    """
    broker.middlewares[:] = [m for m in broker.middlewares if not isinstance(m, FlowMiddleware)]
    if isinstance(broker, InMemoryBroker):
        vars(broker).pop("kick", None)


def _end_sender_runs(broker: InMemoryBroker) -> None:
    """Let no task of *broker* leave its run to its sender.

    A middleware that raises ends a task, and the others are not called. In a
    worker that does no harm, since each task there has its own context.
    """
    kick = broker.kick

    async def kick_within(message: BrokerMessage) -> None:
        run = current_run()
        with inactive() if run is None else active(run):
            await kick(message)

    vars(broker)["kick"] = kick_within


def flow_task(
    broker: AsyncBroker,
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
    **labels: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a function as a step that a worker runs, and return it as a task of *broker*.

    It goes below `penstock.flow`. A task carries the flow ID that is current
    where it is kicked, or scheduled to run once with ``schedule_by_time``.

    Args:
        broker: The broker.
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
        labels: Those of ``broker.task``, *task_name* among them.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """

    def make(wrapper: Callable[..., Any]) -> Any:
        if not any(isinstance(found, FlowMiddleware) for found in broker.middlewares):
            install(broker)
        task = broker.task(**labels)(wrapper)
        _carry_when_scheduled(task, broker)
        return task

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


def _carry_when_scheduled(task: Any, broker: AsyncBroker) -> None:
    """Let *task* carry the current flow ID if it is scheduled to run once."""
    make_kicker = task.kicker

    def kicker() -> Any:
        made = make_kicker()
        schedule = made.schedule_by_time

        async def schedule_by_time(*args: Any, **kwargs: Any) -> Any:
            there = made.labels
            made.labels = {**_sent(broker), **there}
            try:
                return await schedule(*args, **kwargs)
            finally:
                made.labels = there

        made.schedule_by_time = schedule_by_time
        return made

    task.kicker = kicker


def _sent(broker: AsyncBroker) -> dict[str, str]:
    """Return the labels that a message of *broker* would have."""
    for middleware in broker.middlewares:
        if isinstance(middleware, FlowMiddleware):
            return middleware.labels()
    return {}
