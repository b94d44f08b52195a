"""Messages of Kafka that carry the flow ID, with the client kafka-python.

It needs ``pip install "penstock[kafka-python]"``.
"""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from penstock.boundary import Inbound, InboundSettings, Outbound, active, check_plain_function
from penstock.exceptions import MissingExtraError

try:
    from kafka import KafkaConsumer, KafkaProducer
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "kafka-python", "kafka-python", error) from error

__all__ = ["FlowProducer", "bind_message", "consume", "consume_batches"]

_LOCATION = "penstock.contrib.kafka_python"


class FlowProducer(KafkaProducer):  # type: ignore[misc]  # it has no types
    """A `kafka.KafkaProducer` whose messages carry the current flow ID.

    Callbacks of the future that ``send`` returns run in the client's own
    thread; pass them through `penstock.bound`.

    Args:
        outbound: What is sent along. Its *hosts* do not matter here.
        configs: As for `kafka.KafkaProducer`.

    .. versionadded:: 0.2
    """

    def __init__(self, *, outbound: Outbound | None = None, **configs: Any) -> None:
        super().__init__(**configs)
        self._outbound = outbound or Outbound()

    def send(  # noqa: PLR0917 - as the client has it
        self,
        topic: str,
        value: Any = None,
        key: Any = None,
        headers: Sequence[tuple[str, bytes]] | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Any:
        """Send a message, as `kafka.KafkaProducer.send` does.

        What is passed as *headers* is not changed; the message has a copy.
        """
        carrying = self._outbound.with_headers([] if headers is None else headers)
        return super().send(topic, value, key, carrying, partition, timestamp_ms)


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


def consume(
    consumer: KafkaConsumer,
    handler: Callable[[Any], object],
    *,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,
    flow: str | None = None,
    **settings: Unpack[InboundSettings],
) -> None:
    """Call *handler* with each message that *consumer* gets, in a run of the message's own.

    What *handler* raises ends the loop and is raised here; nothing is current
    then. Offsets are committed as the consumer is configured, and by calls of
    ``commit``, never beyond the message that is handled; the consumer is
    not closed.

    Args:
        consumer: A consumer that has subscribed, or has partitions assigned.
        handler: What handles one message: an entrypoint, say. A message
            without a value is handled too.
        until: Asked before each message; the loop ends when it says so.
        timeout: Seconds to wait for a message before *until* is asked again.
        flow: The name of the flow that the messages belong to, if any.
        settings: As for `bind_message`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    check_plain_function(f"{_LOCATION}.consume", "until", until)
    check_plain_function(f"{_LOCATION}.consume", "handler", handler)
    inbound = Inbound.read(f"{_LOCATION}.consume", settings, trust=True)
    while not until():
        # One by one: the position that is committed goes no further than what was handled.
        # The client keeps what it has fetched beyond that.
        for message in _poll(consumer, timeout, 1):
            with active(inbound.receive(message.headers, message, flow=flow)):
                handler(message)


def consume_batches(
    consumer: KafkaConsumer,
    handler: Callable[[list[Any]], object],
    *,
    size: int = 100,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,
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
    check_plain_function(f"{_LOCATION}.consume_batches", "handler", handler)
    inbound = Inbound(trust=False)
    while not until():
        messages = _poll(consumer, timeout, size)
        if messages:
            with active(inbound.receive(None, flow=flow)):
                handler(messages)


def _poll(consumer: KafkaConsumer, timeout: float, size: int) -> list[Any]:
    found = consumer.poll(timeout_ms=int(timeout * 1000), max_records=size)
    return [message for messages in found.values() for message in messages]
