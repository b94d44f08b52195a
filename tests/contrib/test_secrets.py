"""A secret that comes in with a message, through every adapter whose messages have headers."""

import asyncio
from functools import partial

import aiokafka
import dramatiq
import pytest
from celery import Celery
from dramatiq.brokers.stub import StubBroker
from faststream.kafka import KafkaBroker, TestKafkaBroker
from huey import MemoryHuey
from kafka_broker import PARTITIONS, Broker
from redis import Redis
from taskiq import InMemoryBroker

from penstock import current_flow_id
from penstock.boundary import HEADER, Inbound, Secret, receive_argument
from penstock.contrib import aiokafka as aiokafka_adapter
from penstock.contrib import apscheduler as apscheduler_adapter
from penstock.contrib import celery as celery_adapter
from penstock.contrib import confluent_kafka as confluent_adapter
from penstock.contrib import dramatiq as dramatiq_adapter
from penstock.contrib import huey as huey_adapter
from penstock.contrib import kafka_python as kafka_adapter
from penstock.contrib import taskiq as taskiq_adapter
from penstock.contrib.faststream import FlowMiddleware
from penstock.contrib.rq import FlowQueue, FlowSimpleWorker
from penstock.exceptions import ConfigurationError

RIGHT, WRONG = "0123456789abcdef", "0123456789abcdeF"
NAME = "X-Queue-Secret"
SENT = [
    {HEADER: "theirs-1", NAME: RIGHT},
    {HEADER: "theirs-2", NAME: WRONG},
    {HEADER: "theirs-3"},
    {HEADER: "theirs-4", NAME: ""},
]


@pytest.fixture(autouse=True)
def trust(monkeypatch):
    """Return a `trust` function that accepts any sender with the secret."""
    monkeypatch.setenv("QUEUE_SECRET", RIGHT)
    return Secret(NAME, env="QUEUE_SECRET")


@pytest.fixture(scope="module")
def broker():
    """Return a broker of Kafka, with a topic that has the messages."""
    made = Broker()
    topic = made.new_topic()
    producer = confluent_adapter.Producer({"bootstrap.servers": made.address, "log_level": 0})
    for headers in SENT:
        producer.produce(topic, b"7", headers=headers, partition=0)
    producer.flush(10)
    return made, topic


class Seen(list):
    """A handler that keeps the IDs that are current, until there are enough."""

    def __call__(self, *_):
        self.append(current_flow_id())

    def is_enough(self):
        return len(self) == len(SENT)


def confluent_kafka(request, trust):
    (broker, topic), seen = request.getfixturevalue("broker"), Seen()
    consumer = broker.consumer(topic)
    confluent_adapter.consume(consumer, seen, until=seen.is_enough, trust=trust)
    consumer.close()
    return seen


def kafka_python(request, trust):
    (broker, topic), seen = request.getfixturevalue("broker"), Seen()
    consumer = broker.consumer_of_kafka_python(topic)
    kafka_adapter.consume(consumer, seen, until=seen.is_enough, trust=trust)
    consumer.close()
    return seen


def aiokafka_(request, trust):
    (broker, topic), seen = request.getfixturevalue("broker"), Seen()

    async def main():
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=broker.address, auto_offset_reset="earliest"
        )
        consumer.assign([aiokafka.TopicPartition(topic, number) for number in PARTITIONS])
        await consumer.start()
        await aiokafka_adapter.consume(consumer, seen, until=seen.is_enough, trust=trust)
        await consumer.stop()

    asyncio.run(main())
    return seen


def faststream(request, trust):
    broker = KafkaBroker(middlewares=[FlowMiddleware(trust=trust)], logger=None)
    seen = Seen()

    @broker.subscriber("orders")
    async def receive(body: str) -> None:
        seen()

    async def main():
        async with TestKafkaBroker(broker) as testing:
            for headers in SENT:
                own = {"correlation_id": headers[HEADER]} | headers
                await testing.publish("7", "orders", headers=own)

    asyncio.run(main())
    return seen


def celery(request, trust):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery._state._on_app_finalizers", set())
        app = Celery("orders", broker="memory://", set_as_current=False)
    seen = Seen()

    @app.task(name="work")
    def task():
        seen()

    celery_adapter.install(app, trust=trust)
    for headers in SENT:
        task.apply(headers=headers)
    celery_adapter.uninstall(app)
    app.close()
    return seen


def dramatiq_(request, trust):
    broker, seen = StubBroker(), Seen()
    broker.emit_after("process_boot")
    dramatiq_adapter.install(broker, trust=trust)
    work = dramatiq.actor(lambda: seen(), broker=broker, actor_name="work")
    worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
    worker.start()
    for headers in SENT:
        work.send_with_options(**headers)
        broker.join("default")  # of two at the same millisecond, either may be first
    worker.stop()
    broker.close()
    return seen


def taskiq(request, trust):
    broker, seen = InMemoryBroker(await_inplace=True), Seen()
    taskiq_adapter.install(broker, trust=trust)
    work = broker.task(task_name="work")(lambda: seen())

    async def main():
        await broker.startup()
        for headers in SENT:
            await work.kicker().with_labels(**headers).kiq()
        await broker.shutdown()

    asyncio.run(main())
    return seen


JOBS = Seen()


def note():
    JOBS()


def rq(request, trust):
    redis = Redis.from_url(f"{request.getfixturevalue('redis_url')}/8")
    redis.flushdb()
    inbound = Inbound(trust=trust)
    queue = type("ShopQueue", (FlowQueue,), {"inbound": inbound})("orders", connection=redis)
    worker = type("ShopWorker", (FlowSimpleWorker,), {"inbound": inbound})
    JOBS.clear()
    for headers in SENT:
        made = queue.enqueue(note, meta=headers)
        if headers is SENT[0]:
            made.meta = {}  # what an application keeps there itself
            made.save_meta()
    worker([queue], connection=redis).work(burst=True, logging_level="ERROR")
    redis.close()
    return JOBS


ADAPTERS = [
    aiokafka_,
    celery,
    confluent_kafka,
    dramatiq_,
    faststream,
    kafka_python,
    rq,
    taskiq,
]


@pytest.mark.parametrize("receive", ADAPTERS, ids=lambda one: one.__name__.strip("_"))
def test_secret(receive, request, trust):
    """The ID is adopted of who sends the secret, and of nobody else."""
    first, *others = receive(request, trust)

    assert first == "theirs-1"
    assert len({*others}) == 3
    assert [one for one in others if one is None or one.startswith("theirs")] == []


def declare_in_django(inbound):
    from penstock.contrib.django.tasks import flow_task

    return flow_task(inbound=inbound)


@pytest.mark.usefixtures("django_project")
@pytest.mark.parametrize(
    "declare",
    [
        apscheduler_adapter.flow_task,
        declare_in_django,
        partial(huey_adapter.flow_task, MemoryHuey("orders")),
        partial(partial, receive_argument),
    ],
    ids=["APScheduler", "Django", "Huey", "your own"],
)
def test_without_headers(declare, trust):
    """If nothing could bring a secret, it is refused as the task is declared."""

    def work():
        """Do nothing."""

    with pytest.raises(ConfigurationError, match="no headers that could carry it: write trust="):
        declare(inbound=Inbound(trust=trust))(work)
