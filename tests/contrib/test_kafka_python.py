"""The client kafka-python against a broker that speaks the real protocol."""

import logging

import kafka
import pytest
from kafka_broker import API_VERSION, Broker

from penstock import annotate, bind, bound, current_flow_id, current_run, entrypoint, flow
from penstock._runtime.ids import is_flow_id
from penstock.boundary import HEADER, Outbound
from penstock.contrib.kafka_python import FlowProducer, bind_message, consume, consume_batches


@pytest.fixture(scope="module")
def broker():
    """Return a broker for the module."""
    return Broker()


@pytest.fixture
def topic(broker):
    """Return a topic of the test's own."""
    return broker.new_topic()


@pytest.fixture
def producer(broker):
    """Return a producer that carries the flow ID and the tenant."""
    made = FlowProducer(
        bootstrap_servers=broker.address,
        api_version=API_VERSION,
        outbound=Outbound(values=["tenant"]),
    )
    yield made
    made.close(10)


@pytest.fixture
def consumer(broker, topic):
    """Return a consumer of the topic."""
    made = broker.consumer_of_kafka_python(topic)
    yield made
    made.close()


@pytest.mark.parametrize("headers", [None, [], [("shop", b"north")]], ids=repr)
def test_headers(broker, topic, producer, headers):
    """A message carries the ID beside the caller's headers, which are left alone."""
    before = headers if headers is None else headers.copy()
    with bind("order-7"):
        annotate(tenant="north")
        producer.send(topic, b"1", headers=headers).get(10)

    [message] = broker.read(topic, 1)
    assert message.headers() == [
        *(headers or []),
        (HEADER, b"order-7"),
        ("baggage", b"tenant=north"),
    ]
    assert headers == before


def test_outside(broker, topic, producer):
    """Outside a run a message carries what the caller gave it, by position too."""
    producer.send(topic, None, b"key", [("shop", b"north")], 0, 5).get(10)

    [message] = broker.read(topic, 1)
    assert (message.value(), message.key(), message.timestamp()[1]) == (None, b"key", 5)
    assert message.headers() == [("shop", b"north")]


def test_callback(topic, producer):
    """A callback of the client's thread has the ID if it is bound."""
    seen = []
    with bind("order-7"):
        sent = producer.send(topic, b"1")
        sent.add_callback(bound(lambda metadata: seen.append(current_flow_id())))
    sent.get(10)

    assert seen == ["order-7"]


def test_consume(broker, topic, consumer):
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

    @flow("orders")
    @entrypoint
    def handle(message):
        messages.append(message.value)
        runs.append(current_run())

    consume(consumer, handle, until=lambda: current_run() or len(runs) == 10, timeout=0.1)

    assert messages == [b"1", None, b"3", b"4", *[b"5"] * 6]
    assert [run.flow_id for run in runs[:2]] == ["order-7", "order-8"]
    assert all(is_flow_id(run.flow_id) and len(run.flow_id) == 32 for run in runs[2:])
    assert len({run.flow_id for run in runs}) == 10
    assert {(run.flow, run.entrypoint) for run in runs} == {("orders", "handle")}


def test_hostile_is_not_logged(broker, topic, consumer, caplog):
    """An invalid ID is not repeated in a log of penstock."""
    caplog.set_level(logging.DEBUG, "penstock")
    broker.produce(topic, (b"1", {HEADER: b"evil\r\n"}))
    seen = []

    consume(consumer, seen.append, until=lambda: seen, timeout=0.1)

    assert [r.getMessage() for r in caplog.records if r.name == "penstock"] == [
        "refused a flow ID from outside (length 6)"
    ]


def test_handler_fails(broker, topic, consumer):
    """An exception of a handler ends the loop, and the next message is the next one."""
    broker.produce(topic, (b"1", None), (b"2", None))

    def fail(message):
        raise LookupError

    with pytest.raises(LookupError):
        consume(consumer, fail)

    assert current_run() is None
    assert consumer.position(kafka.TopicPartition(topic, 0)) == 1


def test_batches(broker, topic, consumer):
    """A batch has a new ID; within it each message has its own run."""
    broker.produce(topic, *((b"%d" % n, {HEADER: f"order-{n}"}) for n in range(5)))
    batches, seen = [], []

    def handle(messages):
        batches.append(current_run())
        for message in messages:
            with bind_message(message):
                seen.append((message.value, current_flow_id()))

    consume_batches(
        consumer, handle, size=2, until=lambda: len(seen) == 5, flow="orders", timeout=0.1
    )

    assert seen == [(b"%d" % n, f"order-{n}") for n in range(5)]
    assert len({run.flow_id for run in batches}) == len(batches) >= 3
    assert {run.flow for run in batches} == {"orders"}


@pytest.mark.parametrize("loop", [consume, consume_batches])
def test_nothing_comes(consumer, loop):
    """Without a message no handler is called."""
    rounds = iter([False, False, True])

    loop(consumer, pytest.fail, until=lambda: next(rounds), timeout=0.01)
