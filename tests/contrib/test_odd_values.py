"""Values that cannot be sent are never the caller's problem, whatever sends them."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import aiohttp
import dramatiq
import grpc
import httpx
import pytest
import requests
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery, signals
from dramatiq.brokers.stub import StubBroker
from faststream.kafka import KafkaBroker, KafkaMessage, TestKafkaBroker
from huey import MemoryHuey
from kafka_broker import API_VERSION, Broker
from peers import running
from redis import Redis
from taskiq import InMemoryBroker

from penstock import annotate, bind, flow, inject
from penstock.boundary import ARGUMENT, HEADER, Inbound, Outbound, send_argument
from penstock.contrib import aiohttp as aiohttp_adapter
from penstock.contrib import aiokafka as aiokafka_adapter
from penstock.contrib import apscheduler as apscheduler_adapter
from penstock.contrib import celery as celery_adapter
from penstock.contrib import confluent_kafka as confluent_adapter
from penstock.contrib import dramatiq as dramatiq_adapter
from penstock.contrib import faststream as faststream_adapter
from penstock.contrib import httpx as httpx_adapter
from penstock.contrib import huey as huey_adapter
from penstock.contrib import kafka_python as kafka_adapter
from penstock.contrib import requests as requests_adapter
from penstock.contrib import taskiq as taskiq_adapter
from penstock.contrib.opentelemetry import FlowBaggagePropagator
from penstock.contrib.rq import FlowQueue
from penstock.contrib.urllib3 import FlowPoolManager

VALUES = ["tenant", "order"]
INBOUND = Inbound(trust=True, values=VALUES)
OUTBOUND = Outbound(values=VALUES)


class Broken:
    def __str__(self):
        raise RuntimeError


ODD = {
    "surrogate": "a\ud800b",
    "file name": os.fsdecode(b"\xff"),
    "no text": Broken(),
    "many digits": 10**5000,
    "long": "x" * 8190,
    "huge": "x" * 1_000_000,
}


@pytest.fixture(scope="module")
def peer():
    """Return a service on loopback."""
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def broker():
    """Return a broker of Kafka."""
    return Broker()


def last(peer):
    """Return the headers of the last request."""
    return {name: values[0] for name, values in peer.heard[-1][1].items()}


def with_requests(peer):
    with requests.Session() as session:
        requests_adapter.install(session, hosts=["*"], values=VALUES)
        session.get(peer.url)
    return last(peer)


def with_httpx(peer):
    with httpx.Client() as client:
        httpx_adapter.install(client, hosts=["*"], values=VALUES)
        client.get(peer.url)
    return last(peer)


def with_urllib3(peer):
    with FlowPoolManager(hosts=["*"], values=VALUES) as manager:
        manager.request("GET", peer.url)
    return last(peer)


async def with_aiohttp(peer):
    middleware = aiohttp_adapter.FlowMiddleware(hosts=["*"], values=VALUES)
    async with aiohttp.ClientSession(middlewares=[middleware]) as session:
        await session.get(peer.url)
    return last(peer)


def with_confluent_kafka(broker):
    topic = broker.new_topic()
    config = {"bootstrap.servers": broker.address, "log_level": 0}
    producer = confluent_adapter.FlowProducer(config, outbound=OUTBOUND)
    producer.produce(topic, b"1")
    producer.flush(10)
    return headers_in(broker, topic)


def with_kafka_python(broker):
    topic = broker.new_topic()
    producer = kafka_adapter.FlowProducer(
        bootstrap_servers=broker.address, api_version=API_VERSION, outbound=OUTBOUND
    )
    producer.send(topic, b"1").get(10)
    producer.close(10)
    return headers_in(broker, topic)


async def with_aiokafka(broker):
    topic = broker.new_topic()
    producer = aiokafka_adapter.FlowProducer(bootstrap_servers=broker.address, outbound=OUTBOUND)
    await producer.start()
    await producer.send_and_wait(topic, b"1")
    await producer.stop()
    return headers_in(broker, topic)


def headers_in(broker, topic):
    """Return the headers of the one message in a topic."""
    [message] = broker.read(topic, 1)
    return {name: value.decode() for name, value in message.headers()}


async def with_faststream():
    middleware = faststream_adapter.FlowMiddleware(values=VALUES)
    broker = KafkaBroker(middlewares=[middleware], logger=None)
    found = {}

    @broker.subscriber("orders")
    async def receive(body: str, message: KafkaMessage) -> None:
        found.update(message.headers)
        found[HEADER] = message.correlation_id  # the name that FastStream has for it

    async with TestKafkaBroker(broker) as running_broker:
        await running_broker.publish("1", "orders")
    return found


def with_celery():
    app = Celery("orders", broker="memory://", set_as_current=False)
    app.conf.task_default_queue = "odd values"  # a broker in memory is one for all tests
    celery_adapter.install(app, values=VALUES)
    found = {}

    def keep(headers, **_):
        found.update(headers)

    signals.before_task_publish.connect(keep)
    app.send_task("work")
    signals.before_task_publish.disconnect(keep)
    celery_adapter.uninstall(app)
    app.close()
    return found


def with_dramatiq():
    broker = StubBroker()
    dramatiq_adapter.install(broker, values=VALUES)
    actor = dramatiq.actor(lambda: None, broker=broker, actor_name="work")
    found = actor.send().options
    broker.close()
    return found


async def with_taskiq():
    broker = InMemoryBroker()
    taskiq_adapter.install(broker, values=VALUES)
    found = {}

    @broker.task
    async def work():
        pass

    class Keep(taskiq_adapter.FlowMiddleware):
        def pre_send(self, message):
            found.update(message.labels)
            return message

    broker.add_middlewares(Keep())
    await work.kiq()
    return found


def with_rq(redis_url):
    class Queue(FlowQueue):
        inbound = INBOUND

    with Redis.from_url(f"{redis_url}/9") as connection:
        return Queue(connection=connection).enqueue(print).get_meta()


def with_huey():
    made = MemoryHuey("odd")
    work = flow("odd")(huey_adapter.flow_task(made, inbound=INBOUND)(lambda: None))
    work()
    return getattr(made.dequeue().kwargs, ARGUMENT)


def with_apscheduler():
    scheduler = BackgroundScheduler(timezone="UTC")
    apscheduler_adapter.install(scheduler)
    work = flow("odd")(apscheduler_adapter.flow_task(inbound=INBOUND)(lambda: None))
    later = datetime.now(UTC) + timedelta(days=1)
    return getattr(scheduler.add_job(work, "date", run_date=later).kwargs, ARGUMENT)


def with_an_argument():
    return send_argument(INBOUND)[ARGUMENT]


def with_grpc():
    found = {}

    class Echo(grpc.GenericRpcHandler):
        def service(self, details):
            found.update(dict(details.invocation_metadata))
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")

    server = grpc.server(ThreadPoolExecutor(1), handlers=[Echo()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    metadata = inject((), header="x-request-id", values=VALUES)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        channel.unary_unary("/shop.Stock/Check")(b"", metadata=metadata, timeout=60)
    server.stop(None).wait()
    return found


def with_opentelemetry():
    found = inject()
    FlowBaggagePropagator(VALUES).inject(found)
    return found


PRODUCERS = [
    *(with_requests, with_httpx, with_urllib3, with_aiohttp),
    *(with_confluent_kafka, with_kafka_python, with_aiokafka, with_faststream),
    *(with_celery, with_dramatiq, with_taskiq, with_rq, with_huey, with_apscheduler),
    *(with_an_argument, with_grpc, with_opentelemetry),
]


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("send", PRODUCERS, ids=lambda send: send.__name__)
def test_value_that_cannot_be_sent(request, send, value):
    """It is left out; the ID, and what can be sent, arrives."""
    needed = send.__code__.co_varnames[: send.__code__.co_argcount]
    given = [request.getfixturevalue(name) for name in needed]
    with bind("order-7"):
        annotate(tenant=value, order=7)
        found = send(*given)
        found = asyncio.run(found) if asyncio.iscoroutine(found) else found

    arrived = {name.lower(): text for name, text in found.items()}
    assert arrived[HEADER.lower()] == "order-7"
    assert arrived["baggage"] == "order=7"
