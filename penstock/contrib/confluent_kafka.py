"""Messages of Kafka that carry the flow ID, with the client of Confluent.

It needs ``pip install "penstock[confluent-kafka]"``.
"""

from collections.abc import Callable, Iterable
from typing import Any, Unpack

from penstock import bound
from penstock.boundary import Inbound, InboundSettings, Outbound, active, check_plain_function
from penstock.exceptions import MissingExtraError

try:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
except ImportError as error:
    raise MissingExtraError.from_import(
        __name__, "confluent-kafka", "confluent-kafka", error
    ) from error

__all__ = ["FlowProducer", "bind_message", "consume", "consume_batches"]

_LOCATION = "penstock.contrib.confluent_kafka"


class FlowProducer(Producer):
    """A `confluent_kafka.Producer` whose messages carry the current flow ID.

    A delivery callback, which the client calls in a later ``poll`` or
    ``flush``, runs in the run that produced the message.

    Args:
        args: As for `confluent_kafka.Producer`.
        outbound: What is sent along. Its *hosts* do not matter here.
        config: As for `confluent_kafka.Producer`.

    .. versionadded:: 0.2
    """

    def __init__(self, *args: Any, outbound: Outbound | None = None, **config: Any) -> None:
        super().__init__(*args, **config)
        self._outbound = outbound or Outbound()

    def produce(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Produce a message, as `confluent_kafka.Producer.produce` does.

        What is passed as *headers* is not changed; the message has a copy.
        """
        arguments = dict(zip(_PRODUCE, args, strict=False)) | kwargs
        headers = arguments.get("headers")
        arguments["headers"] = self._outbound.with_headers([] if headers is None else headers)
        for name in ("callback", "on_delivery"):
            if arguments.get(name) is not None:
                arguments[name] = bound(arguments[name])
        super().produce(topic, **arguments)


_PRODUCE = ("value", "key", "partition", "callback", "on_delivery", "timestamp", "headers")


def bind_message(
    message: "Message[Any, Any]", *, flow: str | None = None, **settings: Unpack[InboundSettings]
) -> active:
    """Return a context manager that makes the run of *message* current.

    It adopts the flow ID that the message carries, or makes a new one. It never
    keeps what is current already::

        with bind_message(message) as run: ...

    Args:
        message: What a consumer returned.
        flow: The name of the flow that the block belongs to, if any.
        settings: Those of `penstock.boundary.Inbound`, with *trust* on. A
            function as *trust* is asked with the message.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    inbound = Inbound.read(f"{_LOCATION}.bind_message", settings, trust=True)
    return active(inbound.receive(message.headers(), message, flow=flow))


def _never() -> bool:
    return False


def consume(
    consumer: Consumer,
    handler: "Callable[[Message[Any, Any]], object]",
    *,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,
    on_error: Callable[[KafkaError], object] | None = None,
    flow: str | None = None,
    **settings: Unpack[InboundSettings],
) -> None:
    """Call *handler* with each message that *consumer* gets, in a run of the message's own.

    What *handler* raises ends the loop and is raised here; nothing is current
    then. Offsets are committed as the consumer is configured, and by calls of
    ``commit``; the consumer is not closed.

    Args:
        consumer: A consumer that has subscribed, or has partitions assigned.
        handler: What handles one message: an entrypoint, say. A message
            without a value is handled too.
        until: Asked before each message; the loop ends when it says so.
        timeout: Seconds to wait for a message before *until* is asked again.
        on_error: Called with what the consumer reports instead of a message.
            None raises it. The end of a partition is passed over.
        flow: The name of the flow that the messages belong to, if any.
        settings: As for `bind_message`.

    Raises:
        ConfigurationError: If a setting cannot be used.
        confluent_kafka.KafkaException: If the consumer reports an error.

    .. versionadded:: 0.2
    """
    check_plain_function(f"{_LOCATION}.consume", "until", until)
    check_plain_function(f"{_LOCATION}.consume", "handler", handler)
    inbound = Inbound.read(f"{_LOCATION}.consume", settings, trust=True)
    while not until():
        message = consumer.poll(timeout)
        for good in _without_errors(() if message is None else (message,), on_error):
            with active(inbound.receive(good.headers(), good, flow=flow)):
                handler(good)


def consume_batches(
    consumer: Consumer,
    handler: "Callable[[list[Message[Any, Any]]], object]",
    *,
    size: int = 100,
    until: Callable[[], object] = _never,
    timeout: float = 1.0,
    on_error: Callable[[KafkaError], object] | None = None,
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
        timeout: Seconds to wait for a batch to be full.
        on_error: As for `consume`.
        flow: The name of the flow that batches belong to, if any.

    Raises:
        confluent_kafka.KafkaException: If the consumer reports an error.

    .. versionadded:: 0.2
    """
    check_plain_function(f"{_LOCATION}.consume_batches", "until", until)
    check_plain_function(f"{_LOCATION}.consume_batches", "handler", handler)
    inbound = Inbound(trust=False)
    while not until():
        messages = _without_errors(consumer.consume(size, timeout), on_error)
        if messages:
            with active(inbound.receive(None, flow=flow)):
                handler(messages)


def _without_errors(
    messages: "Iterable[Message[Any, Any]]", on_error: Callable[[KafkaError], object] | None
) -> "list[Message[Any, Any]]":
    """Return those of *messages* that are not errors, and report the others."""
    good = []
    for message in messages:
        error = message.error()
        if error is None:
            good.append(message)
        elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            if on_error is None:
                raise KafkaException(error)
            on_error(error)
    return good
