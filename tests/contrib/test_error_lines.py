"""The log of a framework about an unhandled exception shows which operation failed."""

import asyncio
import logging
from types import ModuleType

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from celery import Celery, signals
from celery_beside import worker_beside
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import path
from fastapi import BackgroundTasks, FastAPI
from flask import Flask
from litestar import Litestar
from litestar import get as litestar_get
from litestar.logging import LoggingConfig
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from quart import Quart
from quart.testing import WebsocketResponseError
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.test import Client

from penstock import annotate, bind, current_run, entrypoint, flow
from penstock.contrib import celery as celery_adapter
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.flask import FlowExtension
from penstock.contrib.logging import FlowFilter, install, uninstall
from penstock.contrib.wsgi import FlowMiddleware as WSGIFlowMiddleware

pytestmark = pytest.mark.usefixtures("django_project")

HEADER = "X-Request-ID"


def fail():
    current_run().annotate(tenant="north")
    annotate(order=7)
    raise LookupError("fail")


async def fail_later():
    fail()


@pytest.fixture(params=[False, True], ids=["undeclared", "entrypoints"])
def views(request):
    """Return two views that fail, as functions and as entrypoints."""
    if not request.param:
        return fail, fail_later

    def now():
        fail()

    async def later():
        fail()

    orders = flow("orders")
    return orders(entrypoint(name="fail")(now)), orders(entrypoint(name="fail_later")(later))


@pytest.fixture
def lines():
    """Return the fields of all lines that report an exception."""
    found = []

    class Keeping(logging.Handler):
        def emit(self, record):
            if record.exc_info:
                found.append(record.__dict__)

    handler = Keeping()
    handler.addFilter(FlowFilter())
    logging.root.addHandler(handler)
    yield found
    logging.root.removeHandler(handler)


def check(line, name, flow_id, views, *, is_threaded=False):
    """Check the line of a framework's logger, which is about a request to one of the *views*.

    What a function in a thread annotates is known outside only if it is an entrypoint, whose
    exceptions carry it.
    """
    steps = {None} if views[0] is fail else {"fail", "fail_later"}
    assert line["name"] == name
    assert line["flow_id"] == flow_id
    assert (line["flow"], line["step"] in steps) in {("-", False), ("orders", True)}
    assert (line["flow"] == "-") is (views[0] is fail)
    order = None if is_threaded and views[0] is fail else "7"
    assert (line["tenant"], line.get("order") and str(line["order"])) == ("north", order)


async def ask(app, path):
    """Return the ID in the response of an application."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        return (await client.get(path)).headers.get(HEADER)


@pytest.mark.parametrize("path", ["/now", "/later"])
def test_flask(views, lines, path):
    """The line of Flask's own logger."""
    app = Flask("shop")
    app.add_url_rule("/now", "now", view_func=views[0])
    app.add_url_rule("/later", "later", view_func=fail_later if views[0] is fail else views[1])
    FlowExtension(app)
    response = app.test_client().get(path)

    check(*lines, "shop", response.headers[HEADER], views)


@pytest.mark.parametrize("place", ["around", "added"])
def test_starlette(views, lines, place):
    """Starlette raises what a server then reports, outside all middleware."""

    async def show(_request):
        await views[1]()

    app = Starlette(routes=[Route("/", show)])
    if place == "added":
        app.add_middleware(FlowMiddleware)
    served = FlowMiddleware(app) if place == "around" else app
    with pytest.raises(LookupError) as caught:
        asyncio.run(
            httpx.ASGITransport(app=served).handle_async_request(
                httpx.Request("GET", "http://shop")
            )
        )
    logging.getLogger("server").error("failed", exc_info=caught.value)

    (note,) = caught.value.__notes__
    check(*lines, "server", note.removeprefix("flow ID: "), views)


def test_aiohttp(views, lines):
    """A server of aiohttp, for which there is no middleware, reports an entrypoint's exception."""

    async def show(_request):
        with bind("order-7"):
            await views[1]()

    async def serve():
        app = web.Application()
        app.router.add_get("/", show)
        async with TestClient(TestServer(app)) as client:
            await client.get("/")

    asyncio.run(serve())

    check(*lines, "aiohttp.server", "order-7", views)


@pytest.mark.parametrize("path", ["/now", "/later"])
def test_quart(views, lines, path):
    """The line of Quart's own logger, about a function and about a coroutine function."""
    app = Quart("shop", static_folder=None)
    app.add_url_rule("/now", "now", view_func=views[0])
    app.add_url_rule("/later", "later", view_func=views[1])
    app.asgi_app = FlowMiddleware(app.asgi_app)

    flow_id = asyncio.run(ask(app, path))

    check(*lines, "shop", flow_id, views, is_threaded=path == "/now")


def test_quart_websocket(views, lines):
    """The line about a websocket, for which there is no response that could say the ID."""
    app = Quart("shop", static_folder=None)
    app.websocket("/")(views[1])
    app.asgi_app = FlowMiddleware(app.asgi_app)

    async def connect():
        async with app.test_client().websocket("/") as connection:
            await connection.receive()

    with pytest.raises(WebsocketResponseError) as caught:
        asyncio.run(connect())

    check(*lines, "shop", caught.value.response.headers[HEADER], views)


@pytest.mark.parametrize("place", ["around", "added"])
@pytest.mark.parametrize("path", ["/now", "/later"])
def test_litestar(views, lines, path, place):
    """The line of Litestar's own logger, wherever the middleware is."""

    @litestar_get("/now", sync_to_thread=False)
    def now() -> None:
        views[0]()

    @litestar_get("/later")
    async def later() -> None:
        await views[1]()

    # Its own handlers write in their own thread, until the process ends.
    none = {"class": "logging.NullHandler"}
    config = LoggingConfig(
        log_exceptions="always",
        configure_root_logger=False,
        handlers={"console": none, "queue_listener": none},
        loggers={"litestar": {"level": "INFO", "handlers": [], "propagate": True}},
    )
    app = Litestar(
        [now, later],
        logging_config=config,
        middleware=[FlowMiddleware] if place == "added" else [],
    )
    served = FlowMiddleware(app) if place == "around" else app

    flow_id = asyncio.run(ask(served, path))

    check(*lines, "litestar", flow_id, views)


@pytest.mark.parametrize("kind", ["now", "later"])
def test_background_task(views, lines, kind):
    """A failure after the response still belongs to the request, in every report."""
    api = FastAPI()

    @api.get("/")
    def show(tasks: BackgroundTasks):
        tasks.add_task(views[kind == "later"])

    with pytest.raises(LookupError) as caught:
        asyncio.run(
            httpx.ASGITransport(app=FlowMiddleware(api)).handle_async_request(
                httpx.Request("GET", "http://shop")
            )
        )
    logging.getLogger("server").error("failed", exc_info=caught.value)

    (note,) = caught.value.__notes__
    check(*lines, "server", note.removeprefix("flow ID: "), views, is_threaded=kind == "now")


@pytest.mark.parametrize("place", ["now", "later"])
@pytest.mark.parametrize("sort", ["WSGI", "ASGI"])
@pytest.mark.parametrize("is_wrapped", [False, True], ids=["in MIDDLEWARE", "around"])
def test_django(views, lines, place, sort, is_wrapped):
    """Django's line "Internal Server Error", for each kind of view under each kind of server."""

    async def later(_request):
        await views[1]()

    urls = ModuleType("urls")
    urls.urlpatterns = [path("now", lambda _request: views[0]()), path("later", later)]
    middleware = [] if is_wrapped else ["penstock.contrib.django.FlowMiddleware"]
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=middleware):
        if sort == "WSGI":
            app = WSGIFlowMiddleware(WSGIHandler()) if is_wrapped else WSGIHandler()
            flow_id = Client(app).get(f"/{place}").headers[HEADER]
        else:
            app = FlowMiddleware(ASGIHandler()) if is_wrapped else ASGIHandler()
            flow_id = asyncio.run(ask(app, f"/{place}"))

    check(*lines, "django.request", flow_id, views)
    assert lines[0]["msg"] % lines[0]["args"] == f"Internal Server Error: /{place}"


@pytest.fixture
def app(monkeypatch):
    """Return an application of Celery that leaves logging and Django alone."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")

    def leave(**_):
        """Do nothing, so that Celery does nothing either."""

    signals.setup_logging.connect(leave)
    made = Celery("shop", broker="memory://", backend="cache+memory://")
    celery_adapter.install(made)
    yield made
    celery_adapter.uninstall(made)
    signals.setup_logging.disconnect(leave)
    made.close()


def test_celery_worker(app, lines):
    """A worker's line about a task that is not declared."""
    task = app.task(fail)
    with worker_beside(app):
        with bind("order-7"):
            result = task.delay()
        with pytest.raises(LookupError):
            result.get(timeout=60)

    check(*lines, "celery.app.trace", "order-7", (fail, None))


def test_celery_in_place(app, lines):
    """An exception of a task that ran in place, where its caller reports it."""
    task = app.task(fail)
    with pytest.raises(LookupError) as caught:
        task.apply().get()
    logging.getLogger("shop").error("failed", exc_info=caught.value)

    worker, caller = lines
    assert len(worker["flow_id"]) == 32
    check(caller, "shop", worker["flow_id"], (fail, None))


def test_result_that_is_an_exception(app):
    """An exception that a task returns is not a failure, and carries nothing."""
    returned = LookupError()

    @app.task
    def give():
        return returned

    give.apply()

    assert vars(returned) == {}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("by", ["filter", "install"])
def test_opentelemetry(by):
    """A record of OpenTelemetry has the operation of the exception that it reports."""
    from opentelemetry.sdk._logs import LoggingHandler

    memory = InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    handler = LoggingHandler(logger_provider=provider)
    logger = logging.getLogger("server")
    logger.addHandler(handler)
    if by == "filter":
        handler.addFilter(FlowFilter())
    else:
        install()
    try:
        with bind("order-7"):
            fail()
    except LookupError:
        logger.exception("failed")
    finally:
        uninstall()
        logger.removeHandler(handler)
        provider.shutdown()

    (found,) = memory.get_finished_logs()
    assert found.log_record.attributes["flow_id"] == "order-7"
