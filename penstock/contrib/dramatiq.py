"""Actors of Dramatiq that carry the flow ID of who sends them, and are steps behind a queue.

It needs ``pip install "penstock[dramatiq]"``.
"""

from collections.abc import Callable
from threading import local
from typing import Any, Unpack, overload

from penstock import current_run
from penstock.boundary import (
    After,
    Channels,
    Inbound,
    InboundSettings,
    active,
    declare_control_flow,
    declare_task,
    split_task_settings,
)
from penstock.exceptions import MissingExtraError

try:
    import dramatiq
    from dramatiq.middleware import Shutdown
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "dramatiq", "dramatiq", error) from error

__all__ = ["FlowMiddleware", "flow_task", "install", "uninstall"]

declare_control_flow("retried", dramatiq.Retry, dramatiq.RateLimitExceeded)
declare_control_flow("cancelled", Shutdown)


class _Sent(str):
    """A string that this process wrote into a message. Encoders write it as any other string."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class FlowMiddleware(dramatiq.Middleware):
    """Puts the current flow ID into messages, and makes it current where they are processed.

    It belongs before all other middleware, so that what they send again, after
    an error say, is sent within the run; `install` puts it there.

    Args:
        settings: Those of `penstock.boundary.Inbound`, of which *trust* is True
            by default here. A function as *trust* is asked with the message.
            *respond* means nothing.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, **settings: Unpack[InboundSettings]) -> None:
        location = "penstock.contrib.dramatiq.FlowMiddleware"
        self._inbound = Inbound.read(location, settings, trust=True)
        self._thread = local()

    def before_enqueue(
        self, broker: dramatiq.Broker, message: dramatiq.Message[Any], delay: int | None
    ) -> None:
        """Put the current flow ID into *message*, unless it has one."""
        options = message.options
        if current_run() is not None:
            # It was sent from here before, maybe in another run: the run that sends it now counts.
            for name in [name for name, found in options.items() if type(found) is _Sent]:
                del options[name]
        for name, value in self._inbound.with_headers().items():
            options.setdefault(name, _Sent(value))

    def before_process_message(
        self, broker: dramatiq.Broker, message: dramatiq.MessageProxy
    ) -> None:
        """Make the run of *message* current in this thread."""
        self._thread.block = block = active(self._inbound.receive(message.options, message))
        block.__enter__()

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Make current again what was current before *message*."""
        block: active | None = self._thread.__dict__.pop("block", None)
        if block is not None:
            block.__exit__()

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Do the same for a message that another middleware skipped."""
        self.after_process_message(broker, message)


def install(broker: dramatiq.Broker, **settings: Unpack[InboundSettings]) -> None:
    """Let every message of *broker* carry the flow ID of who sends it.

    `flow_task` does it by itself, with the settings as they are by default.

    Args:
        broker: The broker, before its workers start.
        settings: Those of `FlowMiddleware`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    middleware = FlowMiddleware(**settings)
    uninstall(broker)
    first = type(broker.middleware[0]) if broker.middleware else None
    broker.add_middleware(middleware, before=first)


def uninstall(broker: dramatiq.Broker) -> None:
    """Take back what `install` did, or `flow_task` by itself.

    .. versionadded:: 0.2
    """
    broker.middleware[:] = [m for m in broker.middleware if not isinstance(m, FlowMiddleware)]


@overload
def flow_task(function: Callable[..., Any], /) -> dramatiq.Actor[..., Any]: ...
@overload
def flow_task(
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
    **options: Any,
) -> Callable[[Callable[..., Any]], dramatiq.Actor[..., Any]]: ...
def flow_task(
    function: Any = None,
    /,
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs, and return it as an actor of Dramatiq.

    Works bare and with arguments, below `penstock.flow`. A message carries the
    flow ID that is current where it is sent.

    Args:
        function: The function, if the decorator is used without arguments.
        after: The steps that send the message, as for `penstock.step`. Without
            any, runs of the flow begin with the actor.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: The kind of node drawn for the step, as for `penstock.step`.
        group: The group in diagrams, as for `penstock.step`.
        receives: The channel that the message comes from, or a list of channels.
        sends: The channel that the actor sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked, as for
            `penstock.step`.
        uncovered: Why they are not to count in the coverage, as for `penstock.step`.
        inherit: Whether a run adopts the flow ID that the message was sent with. If
            False, each one makes a new ID.
        options: Those of `dramatiq.actor`: *queue_name*, *broker*, *max_retries*, ...

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    settings, options = split_task_settings(options)

    def make(wrapper: Callable[..., Any]) -> Any:
        actor: Any = dramatiq.actor(**options)(wrapper)
        if not any(isinstance(found, FlowMiddleware) for found in actor.broker.middleware):
            install(actor.broker)
        return actor

    return declare_task(function, make, **settings)
