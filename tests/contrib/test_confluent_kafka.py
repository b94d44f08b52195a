"""The client of Confluent against the broker it carries, over the real protocol."""

import logging

import pytest
from confluent_kafka import KafkaException, TopicPartition
from kafka_broker import Broker

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow
from penstock._runtime.ids import is_flow_id
from penstock.boundary import HEADER, UNTRUSTED_FLOW_ID, Outbound
from penstock.contrib.confluent_kafka import FlowProducer, bind_message, consume, consume_batches
from penstock.exceptions import ConfigurationError

HOSTILE = [
    b"a" * 8192,
    b"order-7\r\nX-Evil: 1",
    "order\x85-7".encode(),
    b"order-7\x00",
    b"\xff\xfe",
    b"",
    b"-order",
    None,
]


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
        {"bootstrap.servers": broker.address, "log_level": 0}, outbound=Outbound(values=["tenant"])
    )
    yield made
    made.flush(10)


@pytest.fixture
def consumer(broker, topic):
    """Return a consumer of the topic."""
    made = broker.consumer(topic)
    yield made
    made.close()


class Seen:
    """A handler that keeps what it is given, and what was current then."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.messages = []
        self.runs = []

    def __call__(self, message):
        self.messages.append(message)
        self.runs.append(current_run())

    def is_enough(self):
        assert current_run() is None
        return len(self.messages) >= self.wanted

    @property
    def flow_ids(self):
        return [run.flow_id for run in self.runs]


class TestProducer:
    """The headers of a message."""

    @pytest.mark.parametrize(
        "headers", [None, [], [("shop", b"north")], [("shop", None)], {"shop": "north"}], ids=repr
    )
    def test_headers(self, broker, topic, producer, headers):
        """A message carries the ID beside the caller's headers, which are left alone."""
        before = headers if headers is None else headers.copy()
        with bind("order-7"):
            producer.produce(topic, b"1", headers=headers)
        producer.flush(10)

        [message] = broker.read(topic, 1)
        own = [(n, v if v is None else b"north") for n, v in dict(headers or ()).items()]
        assert message.headers() == [*own, (HEADER, b"order-7")]
        assert headers == before

    def test_values(self, broker, topic, producer):
        """Annotated values that are named travel as baggage."""
        with bind("order-7"):
            annotate(tenant="north", secret="x")
            producer.produce(topic, b"1")
        producer.flush(10)

        [message] = broker.read(topic, 1)
        assert message.headers() == [(HEADER, b"order-7"), ("baggage", b"tenant=north")]

    def test_positional(self, broker, topic, producer):
        """Every argument may be given by position, as to the client itself."""
        with bind("order-7"):
            producer.produce(topic, None, b"key", 0, None, None, 5, [(HEADER, b"old")])
        producer.flush(10)

        [message] = broker.read(topic, 1)
        assert (message.value(), message.key(), message.timestamp()[1]) == (None, b"key", 5)
        assert message.headers() == [(HEADER, b"order-7")]

    def test_outside(self, broker, topic, producer):
        """Outside a run a message carries what the caller gave it."""
        producer.produce(topic, b"1", headers={"shop": b"north"})
        producer.produce(topic, b"2", partition=0)
        producer.flush(10)

        messages = {m.value(): m.headers() for m in broker.read(topic, 2)}
        assert messages == {b"1": [("shop", b"north")], b"2": None}

    @pytest.mark.parametrize("name", ["callback", "on_delivery"])
    def test_delivery(self, topic, producer, name):
        """A delivery callback has the ID of who produced, not of who polls."""
        seen = []
        callback = {name: lambda error, message: seen.append((error, current_flow_id()))}
        with bind("order-7"):
            producer.produce(topic, b"1", **callback)
        producer.produce(topic, b"2", **callback)
        with bind("order-8"):
            producer.flush(10)

        assert sorted(seen, key=str) == [(None, "order-7"), (None, None)]


class TestBindMessage:
    """The run of a message."""

    def test_adopts(self, broker, topic):
        """The ID of a message is adopted, whatever is current already."""
        broker.produce(topic, (b"1", {HEADER: "order-7"}))
        [message] = broker.read(topic, 1)

        with bind("order-6"):
            with bind_message(message, flow="orders") as run:
                assert current_run() is run
            assert current_flow_id() == "order-6"

        assert (run.flow_id, run.flow, run.parent) == ("order-7", "orders", None)

    def test_without(self, broker, topic):
        """A message without headers has a new ID, also within another's run."""
        broker.produce(topic, (b"1", None))
        [message] = broker.read(topic, 1)

        with bind("order-6"), bind_message(message) as first, bind_message(message) as second:
            pass

        assert is_flow_id(first.flow_id)
        assert len({"order-6", first.flow_id, second.flow_id}) == 3

    def test_trust(self, broker, topic):
        """Whom the predicate does not trust is not believed, but is there to be logged."""
        broker.produce(topic, (b"1", {HEADER: "order-7"}))
        [message] = broker.read(topic, 1)

        with bind_message(message, trust=lambda m: m.value() != b"1") as run:
            assert run.flow_id != "order-7"
            assert run.values == {UNTRUSTED_FLOW_ID: "order-7"}

    def test_settings(self, broker, topic):
        """Another header, traceparent and baggage are read if that is wanted."""
        trace_id = "0190b7a5000070008000000000000000"
        headers = {"traceparent": f"00-{trace_id}-00000000000000ff-01", "baggage": "tenant=north"}
        broker.produce(topic, (b"1", {"X-Flow": "order-7"}), (b"2", headers))
        named, traced = broker.read(topic, 2)

        with bind_message(named, header="X-Flow") as run:
            assert run.flow_id == "order-7"
        with bind_message(traced, traceparent=True, values=["tenant"]) as run:
            assert (run.flow_id, dict(run.values)) == (trace_id, {"tenant": "north"})
        with pytest.raises(ConfigurationError, match=r"bind_message.*'heder'"):
            bind_message(named, heder="X")

    def test_hostile(self, broker, topic, caplog):
        """An invalid flow ID is never adopted and never logged."""
        caplog.set_level(logging.DEBUG)
        broker.produce(topic, *((b"1", [(HEADER, value)]) for value in HOSTILE))
        broker.produce(topic, (b"1", [(HEADER, b"order-7"), (HEADER, b"order-8")]))

        for message in broker.read(topic, len(HOSTILE) + 1):
            with bind_message(message) as run:
                assert len(run.flow_id) == 32
                assert not run.values
        logged = "\n".join(caplog.messages)
        assert logged.replace("\n", "").isprintable()
        assert [word for word in ("order", "Evil", "aaaa") if word in logged] == []


class TestConsume:
    """The loop of a consumer."""

    def test_messages(self, broker, topic, consumer):
        """Each message is handled in its own run, also one without a value."""
        broker.produce(
            topic, (b"1", {HEADER: "order-7"}), (None, {HEADER: "order-8"}), (b"3", None)
        )
        seen = Seen(3)

        consume(consumer, seen, until=seen.is_enough, flow="orders", timeout=0.1)

        assert [message.value() for message in seen.messages] == [b"1", None, b"3"]
        assert seen.flow_ids[:2] == ["order-7", "order-8"]
        assert is_flow_id(seen.flow_ids[2])
        assert {(run.flow, run.parent) for run in seen.runs} == {("orders", None)}

    def test_entrypoint(self, broker, topic, consumer):
        """An entrypoint is a handler, and its run has the ID of the message."""
        seen = Seen(1)

        @flow("orders")
        @entrypoint
        def handle(message):
            seen(message)

        broker.produce(topic, (b"1", {HEADER: "order-7"}))
        consume(consumer, handle, until=seen.is_enough)

        [run] = seen.runs
        assert (run.flow_id, run.flow, run.entrypoint) == ("order-7", "orders", "handle")

    def test_handler_fails(self, broker, topic, consumer):
        """An exception of a handler ends the loop; uncommitted messages are received again."""
        broker.produce(topic, (b"1", {HEADER: "order-7"}))

        def fail(message):
            raise LookupError(current_flow_id())

        with pytest.raises(LookupError, match="order-7"):
            consume(consumer, fail)

        assert current_run() is None
        [partition] = consumer.committed([TopicPartition(topic, 0)], 10)
        assert partition.offset < 0

    def test_commit(self, broker, topic, consumer):
        """A handler commits as it likes."""
        broker.produce(topic, (b"1", None), (b"2", None))
        seen = Seen(1)

        def handle(message):
            seen(message)
            consumer.commit(message, asynchronous=False)

        consume(consumer, handle, until=seen.is_enough)

        [partition] = consumer.committed([TopicPartition(topic, 0)], 10)
        assert partition.offset == 1

    def test_errors(self, broker, topic):
        """An error of the consumer is raised, or passed to `on_error`."""
        reported = []
        broker.produce(topic, (b"1", None))

        def start():
            made = broker.consumer(topic, **{"auto.offset.reset": "error"})
            made.assign([TopicPartition(topic, 0, 1000)])  # beyond its end
            return made

        consumer = start()
        with pytest.raises(KafkaException):
            consume(consumer, pytest.fail)
        consumer.close()
        consumer = start()
        consume(consumer, pytest.fail, until=lambda: reported, on_error=reported.append)
        consumer.close()

        assert len(reported) == 1

    def test_end_of_partition(self, broker, topic):
        """The end of a partition is not an error."""
        consumer = broker.consumer(topic, **{"enable.partition.eof": True})
        broker.produce(topic, (b"1", None))
        seen = Seen(1)
        rounds = iter([False] * 8 + [True])

        consume(consumer, seen, until=lambda: next(rounds), timeout=0.2)
        consumer.close()

        assert [message.value() for message in seen.messages] == [b"1"]

    def test_batches(self, broker, topic, consumer):
        """A batch has a new ID; within it each message has its own run."""
        broker.produce(topic, *((b"%d" % n, {HEADER: f"order-{n}"}) for n in range(5)))
        batches, seen = [], []

        def handle(messages):
            batches.append(current_run())
            for message in messages:
                with bind_message(message):
                    seen.append((message.value(), current_flow_id()))
            assert current_run() is batches[-1]

        consume_batches(
            consumer, handle, size=2, until=lambda: len(seen) == 5, flow="orders", timeout=0.2
        )

        assert seen == [(b"%d" % n, f"order-{n}") for n in range(5)]
        assert len({run.flow_id for run in batches}) == len(batches) >= 3
        assert {run.flow for run in batches} == {"orders"}
        assert not any(run.flow_id.startswith("order") for run in batches)


def test_no_messages():
    """If nothing came in time, nobody is called, and the loop asks whether to go on."""
    asked = iter([False, True])

    class Idle:
        def consume(self, size, timeout):
            return []

    consume_batches(Idle(), None, size=2, until=lambda: next(asked))

    assert list(asked) == []
