"""One operation is one trace of OpenTelemetry, whatever queue is in it."""

import asyncio
import importlib
import sys
from contextlib import contextmanager
from importlib.util import find_spec

import aiokafka
import django
import dramatiq
import kafka
import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery
from celery_beside import worker_beside
from django.core.management import call_command
from django.db import connection
from dramatiq.brokers.stub import StubBroker
from faststream.kafka import KafkaBroker
from huey import MemoryHuey
from kafka_broker import API_VERSION, PARTITIONS, Broker
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
)
from recording import _exporters
from redis import Redis
from servers import wait_for
from taskiq.receiver import Receiver
from taskiq_redis import ListQueueBroker

from penstock import entrypoint, flow
from penstock._runtime.active_exporters import set_exporters
from penstock.boundary import Inbound, Outbound
from penstock.contrib import aiokafka as aiokafka_adapter
from penstock.contrib import apscheduler as apscheduler_adapter
from penstock.contrib import celery as celery_adapter
from penstock.contrib import confluent_kafka as confluent_adapter
from penstock.contrib import dramatiq as dramatiq_adapter
from penstock.contrib import faststream as faststream_adapter
from penstock.contrib import huey as huey_adapter
from penstock.contrib import kafka_python as kafka_adapter
from penstock.contrib import taskiq as taskiq_adapter
from penstock.contrib.opentelemetry import OpenTelemetryExporter
from penstock.contrib.rq import FlowQueue, FlowSimpleWorker
from penstock.testing import record_runs

__all__ = ["_exporters"]

INBOUND = Inbound(trust=True, traceparent=True)
OUTBOUND = Outbound(traceparent=True)


class DropsSender(Sampler):
    """Records all but what is sent: a worker behind a queue would decide otherwise."""

    def should_sample(self, parent_context, trace_id, name, *more, **options):
        """Return the decision for the span called *name*."""
        is_sender = name == "orders/send"
        return SamplingResult(Decision.DROP if is_sender else Decision.RECORD_AND_SAMPLE)

    def get_description(self):
        """Return what this is."""
        return "DropsSender"


@pytest.fixture(params=[True, False], ids=["sampled", "dropped"])
def is_sampled(request):
    """Return whether the operation is recorded by who sends."""
    return request.param


@pytest.fixture
def memory(_exporters, is_sampled):
    """Return what receives the spans that are over."""
    made = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(ALWAYS_ON if is_sampled else DropsSender()))
    provider.add_span_processor(SimpleSpanProcessor(made))
    with record_runs():
        set_exporters(OpenTelemetryExporter(provider))
        yield made


@pytest.fixture
def seen():
    """Return what is put in by each task that has run."""
    return []


@pytest.fixture(scope="module")
def celery_task():
    """Return a task of Celery whose worker runs for the module: it takes seconds to stop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("celery._state._on_app_finalizers", set())
        app = Celery("orders", broker="memory://", backend="cache+memory://", set_as_current=True)
    app.conf.task_default_queue = "one trace"  # a broker in memory is one for all tests
    celery_adapter.install(app, traceparent=True)

    def body():
        seen.append(1)

    seen = []
    task = flow("orders")(celery_adapter.flow_task(app=app, name="work", step="work")(body))
    with worker_beside(app):
        yield task, seen
    celery_adapter.uninstall(app)
    app.close()


@contextmanager
def celery(request, seen):
    """Send a task to a worker of Celery."""
    work, done = request.getfixturevalue("celery_task")
    done.clear()
    yield work.delay, lambda: wait_for(lambda: done)


@contextmanager
def rq(request, seen):
    """Send a job to a worker of RQ."""

    class TracedQueue(FlowQueue):
        inbound = INBOUND

    class TracedWorker(FlowSimpleWorker):
        inbound = INBOUND

    redis = Redis.from_url(f"{request.getfixturevalue('redis_url')}/9")
    redis.flushdb()
    queue = TracedQueue(connection=redis)
    worker = TracedWorker([queue], connection=redis)
    yield (
        lambda: queue.enqueue("traced_jobs.work"),
        lambda: worker.work(burst=True, logging_level="ERROR"),
    )
    redis.close()


@contextmanager
def dramatiq_(request, seen):
    """Send a message to a worker of Dramatiq."""
    broker = StubBroker()
    broker.emit_after("process_boot")
    dramatiq_adapter.install(broker, traceparent=True)
    worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
    worker.start()
    declare = dramatiq_adapter.flow_task(broker=broker, actor_name="work", step="work")
    work = flow("orders")(declare(lambda: seen.append(1)))
    yield work.send, lambda: broker.join("default")
    worker.stop()
    broker.close()


@contextmanager
def taskiq(request, seen):
    """Kick a task of Taskiq."""
    broker = ListQueueBroker(f"{request.getfixturevalue('redis_url')}/9", queue_name="traced")
    taskiq_adapter.install(broker, traceparent=True)

    async def body():
        pass

    work = flow("orders")(taskiq_adapter.flow_task(broker, step="work")(body))

    async def send():
        await broker.startup()
        await work.kiq()

    async def receive():
        await Receiver(broker).callback(await anext(broker.listen()), raise_err=True)
        await broker.shutdown()

    yield send, receive


@contextmanager
def huey(request, seen):
    """Send a task to a consumer of Huey."""
    made = MemoryHuey("traced")
    consumer = made.create_consumer(workers=1, periodic=False, initial_delay=0.01, max_delay=0.05)
    consumer.start()
    declare = huey_adapter.flow_task(made, step="work", inbound=INBOUND)
    work = flow("orders")(declare(lambda: seen.append(1)))
    yield work, lambda: wait_for(lambda: seen)
    consumer.stop(graceful=True)


@contextmanager
def apscheduler(request, seen):
    """Add a job to a scheduler."""
    scheduler = BackgroundScheduler(timezone="UTC")
    apscheduler_adapter.install(scheduler)
    scheduler.start()
    declare = apscheduler_adapter.flow_task(step="work", inbound=INBOUND)
    work = flow("orders")(declare(lambda: seen.append(1)))
    yield (
        lambda: scheduler.add_job(work),
        lambda: wait_for(lambda: seen and not scheduler.get_jobs()),
    )
    scheduler.shutdown()


@contextmanager
def django_rows(request, seen):
    """Enqueue a task of Django for the worker of ``django-tasks-db``."""
    request.getfixturevalue("require")("django-tasks-db", find_spec("django_tasks_db") is not None)
    work = django_work(request).work_traced
    call_command("migrate", verbosity=0)
    yield work.enqueue, lambda: call_command("db_worker", "--backend=rows", "--batch", verbosity=0)
    connection.close()


@contextmanager
def django_arguments(request, seen):
    """Enqueue a task of Django for some other worker."""
    work = django_work(request).work_traced.using(backend="dummy")
    results = []
    yield (
        lambda: results.append(work.enqueue()),
        lambda: [found.task.call(*found.args, **found.kwargs) for found in results],
    )


def django_work(request):
    """Return the tasks of the small project, declared again."""
    patch = request.getfixturevalue("monkeypatch")
    patch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    django.setup()
    patch.delitem(sys.modules, "django_work", raising=False)
    return importlib.import_module("django_work")


@pytest.fixture(scope="module")
def broker():
    """Return a broker of Kafka for the module."""
    return Broker()


def handler(seen):
    """Return what handles a message."""
    return flow("orders")(entrypoint(name="work", kind="kafka")(lambda message: seen.append(1)))


@contextmanager
def confluent_kafka(request, seen):
    """Produce a message, with the client of Confluent."""
    broker = request.getfixturevalue("broker")
    topic, work = broker.new_topic(), handler(seen)
    producer = confluent_adapter.FlowProducer(
        {"bootstrap.servers": broker.address, "log_level": 0}, outbound=OUTBOUND
    )
    consumer = broker.consumer(topic)

    def receive():
        producer.flush(10)
        confluent_adapter.consume(consumer, work, until=lambda: seen, traceparent=True)

    yield lambda: producer.produce(topic, b"1"), receive
    consumer.close()


@contextmanager
def kafka_python(request, seen):
    """Send a message, with kafka-python."""
    broker = request.getfixturevalue("broker")
    topic, work = broker.new_topic(), handler(seen)
    client = {"bootstrap_servers": broker.address, "api_version": API_VERSION}
    producer = kafka_adapter.FlowProducer(**client, outbound=OUTBOUND)
    consumer = kafka.KafkaConsumer(**client, auto_offset_reset="earliest", group_id=None)
    consumer.assign([kafka.TopicPartition(topic, number) for number in PARTITIONS])

    def receive():
        kafka_adapter.consume(consumer, work, until=lambda: seen, traceparent=True)

    yield lambda: producer.send(topic, b"1").get(10), receive
    consumer.close()
    producer.close(10)


@contextmanager
def aiokafka_(request, seen):
    """Send a message, with aiokafka."""
    broker = request.getfixturevalue("broker")
    topic = broker.new_topic()

    async def body(message):
        seen.append(1)

    work = flow("orders")(entrypoint(name="work", kind="kafka")(body))

    async def send():
        producer = aiokafka_adapter.FlowProducer(
            bootstrap_servers=broker.address, outbound=OUTBOUND
        )
        await producer.start()
        await producer.send_and_wait(topic, b"1")
        await producer.stop()

    async def receive():
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=broker.address, auto_offset_reset="earliest", group_id=None
        )
        await consumer.start()
        consumer.assign([aiokafka.TopicPartition(topic, number) for number in PARTITIONS])
        await aiokafka_adapter.consume(consumer, work, until=lambda: seen, traceparent=True)
        await consumer.stop()

    yield send, receive


@contextmanager
def faststream(request, seen):
    """Publish a message, with FastStream."""
    address = request.getfixturevalue("broker").address
    topic = request.getfixturevalue("broker").new_topic()
    middleware = faststream_adapter.FlowMiddleware(traceparent=True)
    broker = KafkaBroker(address, middlewares=[middleware], logger=None)
    done = asyncio.Event()

    @broker.subscriber(topic, auto_offset_reset="earliest")
    @flow("orders")
    @entrypoint(name="work", kind="kafka")
    async def work(body: str) -> None:
        done.set()

    async def send():
        await broker.connect()
        await broker.publish("1", topic)

    async def receive():
        await broker.start()
        await done.wait()
        await broker.stop()

    yield send, receive


QUEUES = [
    *(celery, rq, dramatiq_, taskiq, huey, apscheduler, django_rows, django_arguments),
    *(confluent_kafka, kafka_python, aiokafka_, faststream),
]


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.__name__.strip("_"))
def test_one_trace(request, memory, seen, is_sampled, queue):
    """The span of a task is the child of its sender's, and recorded only if that is."""
    with queue(request, seen) as (send, receive):
        is_async = asyncio.iscoroutinefunction(send)

        async def send_async():
            await send()

        sender = entrypoint(name="send")(send_async if is_async else lambda: send() and None)

        async def both():
            await flow("orders")(sender)()
            if asyncio.iscoroutinefunction(receive):
                await receive()

        if is_async:
            asyncio.run(both())
        else:
            flow("orders")(sender)()
            receive()
        wait_for(lambda: len(memory.get_finished_spans()) == (2 if is_sampled else 0))

    spans = {span.name.partition("/")[2]: span for span in memory.get_finished_spans()}
    assert set(spans) == ({"send", "work"} if is_sampled else set())
    for work in [span for name, span in spans.items() if name == "work"]:
        assert work.parent.span_id == spans["send"].context.span_id
        assert work.parent.is_remote
        assert work.attributes["penstock.flow_id"] == f"{work.context.trace_id:032x}"
