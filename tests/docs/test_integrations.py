"""The lines that each integration asks for: all are in one place, and they run."""

import ast
import asyncio
import importlib
import inspect
import logging
import pkgutil
import re
import threading
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

import penstock.contrib
from penstock import entrypoint, flow, list_flows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "integrations" / "index.md"
ROWS = re.findall(
    r"^\* - \[([^\]]+)\]\(([^)]+)\)\n(?:\n    `penstock\[([\w-]+)\]`\n)?"
    r"  - ```python\n(.*?)^    ```$",
    PAGE.read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)
MODULES = {
    found.name for found in pkgutil.iter_modules(penstock.contrib.__path__) if found.name[0] != "_"
}


def imported(code):
    """Return the modules of penstock.contrib that *code* names."""
    return set(re.findall(r"penstock\.contrib\.(\w+)", code))


def test_every_integration_is_listed():
    """Each module of `penstock.contrib` is in a row, and each row has its page and its extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {extra for _, _, extra, _ in ROWS if extra}

    assert set().union(*(imported(code) for *_, code in ROWS)) == MODULES
    assert extras <= set(project["optional-dependencies"])
    assert {
        page for _, page, *_ in ROWS if not (PAGE.parent / page.split("#")[0]).exists()
    } == set()


def test_every_page_is_listed():
    """Each page about an integration is in a row."""
    pages = {path.name for path in PAGE.parent.glob("*.md")} - {PAGE.name}

    assert pages <= {page.partition("#")[0] for _, page, *_ in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_extra_is_the_one_that_is_needed(row):
    """The extra in a row is the one that the module names if its package is missing."""
    _, _, extra, code = row
    for name in imported(code):
        module = importlib.import_module(f"penstock.contrib.{name}")
        needed = re.findall(r"penstock\[([\w-]+)\]", inspect.getdoc(module))

        assert set(needed) <= {extra}


async def asgi(scope, receive, send):
    """Do nothing."""


def wsgi(environ, start_response):
    """Return an empty page."""
    return []


def found(name, **arguments):
    """Return an object that is imported from *name*, called with *arguments*."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)(**arguments)


def loop(**settings):
    """Return what an application has that consumes messages, and is to stop at once."""
    stopping = threading.Event()
    stopping.set()
    return {"consumer": object(), "handle": print, "stopping": stopping, "settings": settings}


def structlog_is_there():
    """Return structlog, with the processors of an application."""
    structlog = importlib.import_module("structlog")
    return {"structlog": structlog, "processors": [structlog.dev.ConsoleRenderer()]}


def dramatiq_is_set_up():
    """Give Dramatiq a broker."""
    broker = found("dramatiq.brokers.stub.StubBroker")
    importlib.import_module("dramatiq").set_broker(broker)
    return {}


GIVEN = {
    "Django": lambda: {"MIDDLEWARE": ["django.middleware.common.CommonMiddleware"]},
    "FastAPI and Starlette": lambda: {"app": found("fastapi.FastAPI")},
    "Litestar, Quart, any ASGI": lambda: {"app": asgi},
    "Flask": lambda: {"app": found("flask.Flask", import_name="shop")},
    "Pyramid, Bottle, any WSGI": lambda: {"app": wsgi},
    "RQ": lambda: {"redis": found("redis.Redis")},
    "Dramatiq": dramatiq_is_set_up,
    "Taskiq": lambda: {"broker": found("taskiq.InMemoryBroker")},
    "Huey": lambda: {"huey": found("huey.MemoryHuey")},
    "APScheduler": lambda: {
        "scheduler": found("apscheduler.schedulers.background.BackgroundScheduler")
    },
    "confluent-kafka": lambda: loop(**{"bootstrap.servers": "localhost:9"}),
    "aiokafka": lambda: loop(bootstrap_servers="localhost:9"),
    "kafka-python": lambda: loop(bootstrap_servers="localhost:9"),
    "FastStream": lambda: {
        "KafkaBroker": importlib.import_module("faststream.kafka").KafkaBroker,
        "servers": "localhost:9",
    },
    "RabbitMQ, SQS, Redis, NATS": lambda: {
        "send": lambda body, headers: None,
        "body": "7",
        "message": SimpleNamespace(headers={"X-Request-ID": "order-7"}),
        "handle": print,
    },
    "requests": lambda: {"session": found("requests.Session")},
    "HTTPX": lambda: {"client": found("httpx.Client")},
    "aiohttp's client": lambda: {"ClientSession": lambda middlewares: middlewares},
    "logging": lambda: {"handler": logging.NullHandler(), "Formatter": logging.Formatter},
    "structlog": structlog_is_there,
    "loguru": lambda: {"logger": importlib.import_module("loguru").logger},
    "OpenTelemetry": lambda: {"provider": found("opentelemetry.sdk.trace.TracerProvider")},
    "Sentry": lambda: {"sentry_sdk": importlib.import_module("sentry_sdk"), "dsn": None},
}
"""The names that an application has before the lines are added."""


@pytest.mark.usefixtures("_new_process")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_lines(row, monkeypatch):
    """The lines run as they are written, in an application that has the rest."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    # The client connects when a producer is made, and leaves the socket open where nobody listens.
    monkeypatch.setattr("kafka.KafkaProducer.__init__", lambda self, bootstrap_servers: None)
    monkeypatch.delattr("kafka.KafkaProducer.__del__", raising=False)
    name, _, _, code = row

    namespace = {"__name__": __name__, "flow": flow, **GIVEN.get(name, dict)()}
    if "order" in code:
        namespace["accept_order"] = flow("orders")(entrypoint(name="accept_order")(print))
    written = inspect.cleandoc(f"\n{code}")
    asynchronous = compile(written, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if asynchronous.co_flags & inspect.CO_COROUTINE:

        async def run():
            await eval(asynchronous, namespace)
            await namespace["producer"].stop()

        asyncio.run(run())
    else:
        exec(asynchronous, namespace)

    if "def ship" in code:
        assert [step.name for step in list_flows()[0].steps] == ["accept_order", "ship"]
    if "def test_order" in code:
        namespace["test_order"](SimpleNamespace(steps=("accept_order",)))
    if "app = " in code:
        assert type(namespace["app"]).__module__.startswith("penstock.")
