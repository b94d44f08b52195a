"""Messages of Kafka that carry the flow ID, with the client aiokafka.

It needs ``pip install "penstock[aiokafka]"``.
"""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, Unpack

from penstock.boundary import Inbound, InboundSettings, Outbound, active, check_plain_function
from penstock.exceptions import MissingExtraError

try:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
    from aiokafka.errors import ConsumerStoppedError
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "aiokafka", "aiokafka", error) from error

__all__ = ["FlowProducer", "bind_message", "consume", "consume_batches"]

_LOCATION = "penstock.contrib.aiokafka"


class FlowProducer(AIOKafkaProducer):  # type: ignore[misc]  # it has no types
    """A `aiokafka.AIOKafkaProducer` whose messages carry the current flow ID.

    Args:
        outbound: What is sent along. Its *hosts* do not matter here.
        configs: As for `aiokafka.AIOKafkaProducer`.

    .. versionadded:: 0.2
    """

    def __init__(self, *, outbound: Outbound | None = None, **configs: Any) -> None:
        super().__init__(**configs)
        self._outbound = outbound or Outbound()

    async def send(  # noqa: PLR0917 - as the client has it
        self,
        topic: str,
        value: Any = None,
        key: Any = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> Any:
        """Send a message, as `aiokafka.AIOKafkaProducer.send` does.

        ``send_and_wait`` does so too. What is passed as *headers* is not
        changed; the message has a copy.
        """
        carrying = self._outbound.with_headers([] if headers is None else headers)
        return await super().send(topic, value, key, partition, timestamp_ms, carrying)


def bind_message(
    message: Any, *, flow: str | None = None, **settings: Unpack[InboundSettings]
) -> active:
    """Return a context manager that makes the run of *message* current.

    It adopts the flow ID that the message carries, or makes a new one. It never
    keeps what is current already::

        with bind_message(message) as run: ...

    Args:
        message: A ``ConsumerRecord``.
        flow: The name of the flow that the block belongs to, if any.
        settings: Those of `penstock.boundary.Inbound`, with *trust* on. A
            function as *trust* is asked with the message.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    inbound = Inbound.read(f"{_LOCATION}.bind_message", settings, trust=True)
    return active(inbound.receive(message.headers, message, flow=flow))


def _never() -> bool:
    return False


async def consume(
    consumer: AIOKafkaConsumer,
    handler: Callable[[Any], Awaitable[object] | object],
    *,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,  # noqa: ASYNC109 - as its siblings call it
    flow: str | None = None,
    **settings: Unpack[InboundSettings],
) -> None:
    """Call *handler* with each message that *consumer* gets, in a run of the message's own.

    It ends when *until* says so, when *consumer* is stopped, or when its task is
    cancelled. What *handler* raises ends it too and is raised here; nothing is
    current then. Offsets are committed as the consumer is configured, and by calls of
    ``commit``, never beyond the message that is handled; the consumer is
    not stopped.

    Args:
        consumer: A consumer that has subscribed, or has partitions assigned.
        handler: What handles one message: an entrypoint, say, as a coroutine
            function or a function. A message without a value is handled too.
        until: Asked before each message; the loop ends when it says so.
        timeout: Seconds to wait for a message before *until* is asked again.
        flow: The name of the flow that the messages belong to, if any.
        settings: As for `bind_message`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    check_plain_function(f"{_LOCATION}.consume", "until", until)
    inbound = Inbound.read(f"{_LOCATION}.consume", settings, trust=True)
    while not until():
        # One by one: the position that is committed goes no further than what was handled.
        # The client keeps what it has fetched beyond that.
        messages = await _poll(consumer, timeout, 1)
        if messages is None:
            return
        for message in messages:
            with active(inbound.receive(message.headers, message, flow=flow)):
                await _call(handler, message)


async def consume_batches(
    consumer: AIOKafkaConsumer,
    handler: Callable[[list[Any]], Awaitable[object] | object],
    *,
    size: int = 100,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,  # noqa: ASYNC109 - as its siblings call it
    flow: str | None = None,
) -> None:
    """Call *handler* with lists of messages that *consumer* gets, each in a run with a new ID.

    The messages of a batch are of many operations, so the batch is none of
    them. Where it comes to one of its messages, *handler* uses `bind_message`.

    Args:
        consumer: As for `consume`.
        handler: What handles a batch. It is never empty.
        size: How many messages a batch has at most.
        until: As for `consume`.
        timeout: Seconds to wait for messages.
        flow: The name of the flow that batches belong to, if any.

    .. versionadded:: 0.2
    """
    check_plain_function(f"{_LOCATION}.consume_batches", "until", until)
    inbound = Inbound(trust=False)
    while not until():
        messages = await _poll(consumer, timeout, size)
        if messages is None:
            return
        if messages:
            with active(inbound.receive(None, flow=flow)):
                await _call(handler, messages)


async def _poll(consumer: AIOKafkaConsumer, seconds: float, size: int) -> list[Any] | None:
    """Return the next messages, or None if *consumer* was stopped."""
    try:
        found = await consumer.getmany(timeout_ms=int(seconds * 1000), max_records=size)
    except ConsumerStoppedError:
        return None
    return [message for messages in found.values() for message in messages]


async def _call(handler: Callable[[Any], object], subject: object) -> None:
    result = handler(subject)
    if isawaitable(result):
        await result
