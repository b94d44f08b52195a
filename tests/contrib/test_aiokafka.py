"""The client aiokafka against a broker that speaks the real protocol."""

import asyncio

import aiokafka
import pytest
from kafka_broker import PARTITIONS, Broker

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow
from penstock._runtime.ids import is_flow_id
from penstock.boundary import HEADER, Outbound
from penstock.contrib.aiokafka import FlowProducer, bind_message, consume, consume_batches


@pytest.fixture(scope="module")
def broker():
    """Return a broker for the module."""
    return Broker()


@pytest.fixture
def topic(broker):
    """Return a topic of the test's own."""
    return broker.new_topic()


class Clients:
    """Makes clients within a loop, and stops them."""

    def __init__(self, address, topic):
        self.address = address
        self.topic = topic
        self.open = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info):
        for client in self.open:
            await client.stop()

    async def producer(self):
        made = FlowProducer(bootstrap_servers=self.address, outbound=Outbound(values=["tenant"]))
        self.open.append(made)
        await made.start()
        return made

    async def consumer(self):
        made = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self.address, auto_offset_reset="earliest", group_id=None
        )
        self.open.append(made)
        await made.start()
        made.assign([aiokafka.TopicPartition(self.topic, number) for number in PARTITIONS])
        return made


@pytest.fixture
def clients(broker, topic):
    """Return what makes clients."""
    return Clients(broker.address, topic)


@pytest.mark.parametrize("headers", [None, [], [("shop", b"north")]], ids=repr)
def test_headers(broker, topic, clients, headers):
    """A message carries the ID beside the caller's headers, which are left alone."""
    before = headers if headers is None else headers.copy()

    async def main():
        async with clients:
            producer = await clients.producer()
            with bind("order-7"):
                annotate(tenant="north")
                await producer.send_and_wait(topic, b"1", headers=headers)

    asyncio.run(main())

    [message] = broker.read(topic, 1)
    assert message.headers() == [
        *(headers or []),
        (HEADER, b"order-7"),
        ("baggage", b"tenant=north"),
    ]
    assert headers == before


def test_outside(broker, topic, clients):
    """Outside a run a message carries what the caller gave it, by position too."""

    async def main():
        async with clients:
            producer = await clients.producer()
            await (await producer.send(topic, None, b"key", 0, 5, [("shop", b"north")]))

    asyncio.run(main())

    [message] = broker.read(topic, 1)
    assert (message.value(), message.key(), message.timestamp()[1]) == (None, b"key", 5)
    assert message.headers() == [("shop", b"north")]


@pytest.mark.parametrize("sort", ["function", "coroutine function"])
def test_consume(broker, topic, clients, sort):
    """Each message is handled in its own run: adopted, or made where none may be."""
    hostile = [b"a" * 8192, b"order-7\r\nX: 1", "order\x85".encode(), b"order\x00", b"\xff", None]
    broker.produce(
        topic,
        (b"1", {HEADER: "order-7"}),
        (None, {HEADER: "order-8"}),
        (b"3", None),
        (b"4", [(HEADER, b"order-7"), (HEADER, b"order-8")]),
        *((b"5", [(HEADER, value)]) for value in hostile),
    )
    messages, runs = [], []

    def keep(message):
        messages.append(message.value)
        runs.append(current_run())

    async def keep_later(message):
        await asyncio.sleep(0)
        keep(message)

    handle = flow("orders")(entrypoint(keep if sort == "function" else keep_later, name="handle"))

    async def main():
        async with clients:
            consumer = await clients.consumer()
            await consume(consumer, handle, until=lambda: current_run() or len(runs) == 10)

    asyncio.run(main())

    assert messages == [b"1", None, b"3", b"4", *[b"5"] * 6]
    assert [run.flow_id for run in runs[:2]] == ["order-7", "order-8"]
    assert all(is_flow_id(run.flow_id) and len(run.flow_id) == 32 for run in runs[2:])
    assert len({run.flow_id for run in runs}) == 10
    assert {(run.flow, run.entrypoint) for run in runs} == {("orders", "handle")}


def test_handler_fails(broker, topic, clients):
    """An exception of a handler ends the loop, and the next message is the next one."""
    broker.produce(topic, (b"1", None), (b"2", None))

    async def fail(message):
        raise LookupError

    async def main():
        async with clients:
            consumer = await clients.consumer()
            with pytest.raises(LookupError):
                await consume(consumer, fail)
            assert current_run() is None
            return await consumer.position(aiokafka.TopicPartition(topic, 0))

    assert asyncio.run(main()) == 1


def test_batches(broker, topic, clients):
    """A batch has a new ID; within it each message has its own run."""
    broker.produce(topic, *((b"%d" % n, {HEADER: f"order-{n}"}) for n in range(5)))
    batches, seen = [], []

    async def handle(messages):
        batches.append(current_run())
        for message in messages:
            with bind_message(message):
                await asyncio.sleep(0)
                seen.append((message.value, current_flow_id()))

    async def main():
        async with clients:
            consumer = await clients.consumer()
            await consume_batches(
                consumer, handle, size=2, until=lambda: len(seen) == 5, flow="orders"
            )

    asyncio.run(main())

    assert seen == [(b"%d" % n, f"order-{n}") for n in range(5)]
    assert len({run.flow_id for run in batches}) == len(batches) >= 3
    assert {run.flow for run in batches} == {"orders"}


@pytest.mark.parametrize("loop", [consume, consume_batches])
def test_nothing_comes(clients, loop):
    """Without a message no handler is called."""
    rounds = iter([False, False, True])

    async def main():
        async with clients:
            consumer = await clients.consumer()
            await loop(consumer, pytest.fail, until=lambda: next(rounds), timeout=0.01)

    asyncio.run(main())


@pytest.mark.parametrize("loop", [consume, consume_batches])
def test_stopped(clients, loop):
    """A consumer that was stopped ends the loop."""

    async def main():
        async with clients:
            consumer = await clients.consumer()
            await consumer.getmany(timeout_ms=1)  # it has begun
            await consumer.stop()
            await asyncio.wait_for(loop(consumer, pytest.fail), 60)

    asyncio.run(main())
