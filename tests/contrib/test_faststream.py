"""FastStream with its test broker, and against a broker that speaks the real protocol."""

import asyncio
import logging

import pytest
from faststream import ContextRepo, StreamMessage
from faststream.exceptions import AckMessage, NackMessage, RejectMessage, SkipMessage
from faststream.kafka import KafkaBroker, KafkaMessage, TestKafkaBroker
from kafka_broker import Broker
from recording import recorded

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow
from penstock.boundary import HEADER, UNTRUSTED_FLOW_ID
from penstock.contrib.faststream import FlowMiddleware

__all__ = ["recorded"]


class App:
    """An application with two topics, the second of which is what the first handler sends."""

    def __init__(self, address="localhost:9092", **settings):
        self.broker = KafkaBroker(address, middlewares=[FlowMiddleware(**settings)], logger=None)
        self.runs = []
        self.messages = []
        self.done = asyncio.Event()

        @self.broker.subscriber("orders", auto_offset_reset="earliest")
        @self.broker.publisher("stored")
        @flow("orders")
        @entrypoint
        async def receive(body: str, message: KafkaMessage) -> str:
            self.keep(message)
            return body

        @self.broker.subscriber("stored", auto_offset_reset="earliest")
        async def store(body: str, message: KafkaMessage) -> None:
            self.keep(message)
            self.done.set()

    def keep(self, message):
        self.runs.append(current_run())
        self.messages.append(message)

    @property
    def flow_ids(self):
        return [run.flow_id for run in self.runs]


def play(use, **settings):
    """Return the application after *use* sent messages, through FastStream's test broker."""

    async def main():
        app = App(**settings)
        async with TestKafkaBroker(app.broker) as broker:
            await use(broker)
        assert current_flow_id() is None
        return app

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (NackMessage(), "retried"),
        (RejectMessage(), "stopped"),
        (AckMessage(), "stopped"),
        (SkipMessage(), "stopped"),
    ],
)
def test_control_flow(recorded, raised, outcome):
    """An exception of a handler that settles its message is not recorded as a failure."""
    broker = KafkaBroker(middlewares=[FlowMiddleware()], logger=None)

    @broker.subscriber("orders")
    @flow("orders")
    @entrypoint
    async def receive(body: str) -> None:
        raise raised

    async def main():
        async with TestKafkaBroker(broker):
            with pytest.raises(type(raised)):  # a real broker would settle the message
                await broker.publish("7", "orders")

    asyncio.run(main())

    assert [span.outcome for span in recorded.spans] == [outcome]


def test_run():
    """Each receiver in a chain of messages has the ID, which is the correlation ID."""

    async def use(broker):
        with bind("order-7"):
            await broker.publish("7", "orders")

    app = play(use)

    assert app.flow_ids == ["order-7", "order-7"]
    assert [m.correlation_id for m in app.messages] == ["order-7", "order-7"]
    assert [m.headers["correlation_id"] for m in app.messages] == ["order-7", "order-7"]
    assert HEADER not in app.messages[0].headers
    assert (app.runs[0].flow, app.runs[0].entrypoint) == ("orders", "receive")


def test_outside():
    """Outside a run the ID that FastStream makes is the flow ID."""

    async def use(broker):
        await broker.publish("7", "orders")
        await broker.publish("8", "orders", correlation_id="order-8")

    app = play(use)

    assert app.flow_ids == [m.headers["correlation_id"] for m in app.messages]
    assert app.flow_ids[2:] == ["order-8", "order-8"]


def test_not_trusted():
    """If nobody is trusted the message has a new ID, and so has what it causes."""

    async def use(broker):
        await broker.publish("7", "orders", correlation_id="order-7")

    app = play(use, trust=lambda message: message.headers["correlation_id"] != "order-7")

    first, second = app.runs
    assert first.flow_id == second.flow_id == app.messages[0].correlation_id != "order-7"
    assert dict(first.values) == {UNTRUSTED_FLOW_ID: "order-7"}


@pytest.mark.parametrize("sent", ["a" * 8192, "order-7\r\n", "order\x85", "order\x00", "ÿ"])
def test_hostile(sent, caplog):
    """An invalid flow ID is neither adopted nor sent on."""
    caplog.set_level(logging.DEBUG, "penstock")

    async def use(broker):
        await broker.publish("7", "orders", correlation_id=sent)

    app = play(use)

    [first, second] = app.flow_ids
    assert first == second
    assert len(first) == 32
    assert app.messages[1].headers["correlation_id"] == first
    assert sent not in caplog.text


def test_values():
    """Annotated values and traceparent travel if that is wanted."""
    trace_id = "0190b7a5000070008000000000000000"

    async def use(broker):
        headers = {"shop": "north"}
        with bind(trace_id):
            annotate(tenant="north")
            await broker.publish("7", "orders", headers=headers)
        assert headers == {"shop": "north"}

    app = play(use, values=["tenant"], traceparent=True)

    assert [dict(run.values) for run in app.runs] == [{"tenant": "north"}] * 2
    assert app.messages[0].headers["traceparent"].startswith(f"00-{trace_id}-")
    assert app.messages[0].headers["shop"] == "north"


def test_batch():
    """A batch has the ID and the values that all of its messages have, or else a new ID."""
    found = []
    broker = KafkaBroker("localhost", middlewares=[FlowMiddleware(values=["shop"])], logger=None)

    @broker.subscriber("orders", batch=True)
    async def receive(bodies: list[str], message: KafkaMessage) -> None:
        run = current_run()
        assert message.correlation_id == run.flow_id
        found.append((run.flow_id, dict(run.values)))

    async def main():
        async with TestKafkaBroker(broker):
            with bind("order-7"):
                annotate(shop="south")
                await broker.publish_batch("a", "b", topic="orders")
        for ids in (["order-7", "order-8"], ["order-7", None], [None, "order-7"]):
            headers = [{"correlation_id": i, "baggage": "shop=east"} if i else {} for i in ids]
            batch = StreamMessage(None, b"", headers=headers[0], batch_headers=headers)
            middleware = FlowMiddleware(values=["shop"])(None, context=ContextRepo())
            await middleware.consume_scope(received, batch)

    async def received(message):
        assert message.correlation_id == current_flow_id()
        found.append((current_flow_id(), dict(current_run().values)))

    asyncio.run(main())

    assert found[0] == ("order-7", {"shop": "south"})
    assert [values for _, values in found[1:]] == [{"shop": "east"}, {}, {}]
    assert all(len(flow_id) == 32 for flow_id, _ in found[1:])
    assert len(dict(found)) == 4


def test_real_broker():
    """Over the real protocol it is the same, also for what another client sent."""
    server = Broker()
    for topic in ("orders", "stored"):
        server._owner.list_topics(topic, timeout=60)
    server.produce("orders", (b'"7"', {HEADER: "order-7"}))

    async def main():
        app = App(server.address)
        async with app.broker:
            await app.broker.start()
            await asyncio.wait_for(app.done.wait(), 60)
        return app

    app = asyncio.run(main())

    assert app.flow_ids == ["order-7", "order-7"]
    assert "correlation_id" not in app.messages[0].headers
    assert app.messages[1].headers["correlation_id"] == "order-7"
