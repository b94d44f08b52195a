"""Entrypoints below whose decorator a framework was given the function itself."""

import asyncio
import atexit
import functools
import gc
import logging
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from io import StringIO
from types import ModuleType

import aiohttp.web
import blinker
import django
import loguru
import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery
from celery.utils.dispatch import Signal as CelerySignal
from django.dispatch import Signal, receiver
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from flask import Blueprint, Flask
from huey import MemoryHuey
from quart import Quart
from servers import wait_for
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from taskiq import InMemoryBroker, TaskiqEvents

from penstock import bind, current_run, entrypoint, flow, step
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.flask import FlowExtension
from penstock.contrib.logging import FlowFilter, install, uninstall
from penstock.contrib.loguru import patcher
from penstock.contrib.structlog import step_processor
from penstock.contrib.wsgi import FlowMiddleware as WSGIMiddleware
from penstock.graph import find_problems, get_flow

CODE = "bypassed-entrypoint"
orders = flow("orders")

notified = blinker.Signal()
by_name = {}


def register(name):
    """Keep a function in a dictionary of the module."""

    def keep(function):
        by_name[name] = function
        return function

    return keep


class Registry:
    """Keeps functions in a class."""

    found = ()

    @classmethod
    def add(cls, function):
        cls.found = (*cls.found, function)
        return function


@functools.singledispatch
def handle(event):
    """Handle events by their type."""


def mark(function):
    """Leave something on a function, as `csrf_exempt` or marks of pytest do."""
    function.is_marked = True
    return function


class Marks:
    """Describes functions and keeps only their names."""

    def __init__(self):
        self.names = []

    def doc(self, name):
        def leave(function):
            self.names.append((name, function.__name__))
            return function

        return leave


class Limits:
    """Keeps the functions that it wrapped, to count their calls."""

    def __init__(self):
        self.limited = []

    def limit(self, function):
        self.limited.append(function)
        return functools.wraps(function)(lambda *args: function(*args))


marks, limits = Marks(), Limits()


@pytest.fixture(autouse=True)
def _empty():
    yield
    Registry.found = ()
    by_name.clear()


@pytest.fixture
def logged(caplog):
    """Return a function that reads the lines that penstock has logged."""

    def read():
        return [r.getMessage() for r in caplog.records if r.name == "penstock"]

    return read


def hosts():
    """Return what the decorators of a test are given, new for each."""
    module = ModuleType("shop")
    module.api = FastAPI()
    return {
        "api": FastAPI(),
        "router": APIRouter(),
        "shop": module,
        "web": Flask("w"),
        "pages": Blueprint("p", "p"),
        "quart": Quart("q"),
        "table": aiohttp.web.RouteTableDef(),
        "scheduler": BackgroundScheduler(),
        "saved": Signal(),
        "receiver": receiver,
        "huey": MemoryHuey(),
        "broker": InMemoryBroker(),
        "TaskiqEvents": TaskiqEvents,
        "task_prerun": CelerySignal("task_prerun"),
        "celery": Celery("shop", set_as_current=False),
    }


def declare(tmp_path, decorators, name="handler"):
    """Return a module in which a function has *decorators*, and the first line of these."""
    lines = [f"@{one}" for one in decorators]
    source = "\n".join([*lines, f"def {name}(event: int = 0, **rest):", "    return event", ""])
    file = tmp_path / "handlers.py"
    file.write_text(source)
    scope = {**globals(), **hosts(), "__name__": "handlers", "__file__": str(file)}
    marks.scope = scope  # as an application may hold the names of a module
    exec(compile(source, str(file), "exec"), scope)
    return scope[name], file


def bypassed():
    return [problem for problem in find_problems() if problem.code == CODE]


REGISTERING = [
    'api.get("/")',
    'api.websocket("/")',
    'router.post("/")',
    'shop.api.get("/")',
    'web.get("/")',
    'web.route("/", methods=["POST"])',
    "web.before_request",
    "web.errorhandler(404)",
    'pages.get("/")',
    'quart.get("/")',
    'quart.websocket("/")',
    'table.get("/")',
    "notified.connect",
    "receiver(saved)",
    "receiver([saved])",
    'scheduler.scheduled_job("interval", hours=1)',
    "huey.on_startup()",
    "broker.on_event(TaskiqEvents.WORKER_STARTUP)",
    "atexit.register",
    "task_prerun.connect",
    'task_prerun.connect(sender="shop.ship")',
    "task_prerun.connect(weak=False)",
    "celery.on_after_configure.connect",
    "celery.on_after_finalize.connect(weak=False)",
    "handle.register",
    'register("new")',
    "Registry.add",
]


@pytest.mark.parametrize("decorator", REGISTERING)
def test_registered_below(decorator, tmp_path):
    """A decorator below that keeps the function is a problem, at its line, with the cure."""
    handler, file = declare(tmp_path, ["orders", "entrypoint", decorator])
    atexit.unregister(handler.__wrapped__)

    (problem,) = bypassed()

    assert str(problem) == (
        f"{file}:3: flow 'orders': runs of it do not begin at 'handler': @{decorator} below "
        f"@entrypoint registers the function itself. Put it above @orders [{CODE}]"
    )
    assert problem in get_flow("orders").problems()


@pytest.mark.parametrize("decorator", REGISTERING)
def test_registered_above(decorator, tmp_path):
    """The same decorator above is none, also with another below that only marks the function."""
    handler, _ = declare(tmp_path, [decorator, "orders", "entrypoint", "marks.doc('x')", "mark"])
    atexit.unregister(handler)

    assert bypassed() == []


@pytest.mark.parametrize(
    "decorators",
    [
        ["mark"],
        ["marks.doc('x')"],
        ["limits.limit"],
        ["pytest.mark.browser"],
        ["functools.wraps(handle)"],
        ["unknown_below() if False else mark"],
        ["(lambda function: function)"],
        ["staticmethod"],
    ],
)
def test_marked_below(decorators, tmp_path):
    """A decorator below that only marks, describes, wraps or counts is not a problem."""
    declare(tmp_path, ["orders", "entrypoint", *decorators])

    assert bypassed() == []


def test_without_a_source(tmp_path):
    """A callable that is not a function, or whose file is gone, is not reported."""
    orders(entrypoint(name="partial")(functools.partial(print, "x")))
    _, file = declare(tmp_path, ["orders", "entrypoint", 'api.get("/")'])
    file.unlink()

    assert bypassed() == []


def test_large_application(tmp_path, monkeypatch):
    """An application that holds more than is looked at is believed to hold nothing."""
    monkeypatch.setattr("penstock._declared.registrations._MOST_OBJECTS", 2)
    declare(tmp_path, ["orders", "entrypoint", 'api.get("/")'])

    assert bypassed() == []


def test_several_below(tmp_path):
    """Several that keep it are named together, and not what only marks it."""
    declare(tmp_path, ["orders", "entrypoint", 'api.get("/a")', "mark", 'api.get("/b")'])

    (problem,) = bypassed()

    assert '@api.get("/a") and @api.get("/b") below @entrypoint register the' in problem.message
    assert problem.message.endswith("Put them above @orders")


def test_below_another_wrapper(tmp_path):
    """A framework below a decorator that wraps has the function too."""
    declare(tmp_path, ["orders", "entrypoint", "limits.limit", 'api.get("/")'])

    (problem,) = bypassed()

    assert '@api.get("/") below' in problem.message


def test_by_call(tmp_path):
    """If no decorator of penstock is written, the names of both say where it belongs."""
    handler, _ = declare(tmp_path, ['api.get("/")'])
    made = orders(entrypoint(handler))

    (problem,) = bypassed()

    assert made.__wrapped__ is handler
    assert problem.message.endswith("Put it above @flow and @entrypoint")


def test_factory():
    """An application that is a variable of a function is known by who holds the handler."""

    def make():
        app, local = Flask("local"), Marks()

        @orders
        @entrypoint
        @app.get("/wrong")
        def wrong():
            """Is registered by itself."""

        @app.get("/right")
        @orders
        @entrypoint
        @local.doc("x")
        def right():
            """Is registered as an entrypoint."""

        return app

    app = make()
    gc.collect()

    (problem,) = bypassed()

    assert set(app.view_functions) == {"static", "wrong", "right"}
    assert problem.step == "wrong"
    assert '@app.get("/wrong") below @entrypoint' in problem.message


def test_unknown_names():
    """In a function that knows penstock by local names only, its decorators are still known."""
    from penstock import entrypoint as begin  # noqa: F401 - hides nothing

    def make():
        from penstock import entrypoint

        app = Flask("local")

        @flow("orders")
        @entrypoint(name="wrong")
        @app.get("/")
        def index():
            """Is registered by itself."""

        return app

    app = make()
    (problem,) = bypassed()

    assert list(app.view_functions) == ["static", "index"]
    assert problem.message.endswith('Put it above @flow("orders")')


def ask_fastapi():
    app = FastAPI()

    @orders
    @entrypoint
    @app.get("/wrong")
    async def wrong():
        return str(current_run().flow)

    @app.get("/right")
    @orders
    @entrypoint
    def right():
        return str(current_run().flow)

    client = TestClient(FlowMiddleware(app))
    return [client.get(path).json() for path in ("/wrong", "/right", "/wrong", "/right")]


def ask_starlette():
    app = Starlette()

    async def wrong(request):
        return PlainTextResponse(str(current_run().flow))

    app.add_route("/wrong", wrong)
    right = orders(entrypoint(wrong))
    app.add_route("/right", right)
    client = TestClient(FlowMiddleware(app))
    return [client.get(path).text for path in ("/wrong", "/right", "/wrong", "/right")]


def ask_flask():
    app, part = Flask("shop"), Blueprint("part", "part")
    FlowExtension(app)

    @orders
    @entrypoint
    @part.get("/wrong")
    def wrong():
        return str(current_run().flow)

    @part.get("/right")
    @orders
    @entrypoint
    def right():
        return str(current_run().flow)

    app.register_blueprint(part)
    client = app.test_client()
    return [client.get(path).text for path in ("/wrong", "/right", "/wrong", "/right")]


def ask_wsgi():
    app = Flask("shop")
    app.wsgi_app = WSGIMiddleware(app.wsgi_app)

    @orders
    @entrypoint
    @app.get("/wrong")
    def wrong():
        return str(current_run().flow)

    @app.get("/right")
    @orders
    @entrypoint
    def right():
        return str(current_run().flow)

    client = app.test_client()
    return [client.get(path).text for path in ("/wrong", "/right", "/wrong", "/right")]


def ask_quart():
    app = Quart("shop")
    app.asgi_app = FlowMiddleware(app.asgi_app)

    @orders
    @entrypoint
    @app.get("/wrong")
    async def wrong():
        return str(current_run().flow)

    @app.get("/right")
    @orders
    @entrypoint
    def right():
        return str(current_run().flow)

    async def ask(path):
        response = await app.test_client().get(path)
        return await response.get_data(as_text=True)

    return [asyncio.run(ask(path)) for path in ("/wrong", "/right", "/wrong", "/right")]


def ask_django():
    patterns = []

    def route(name):
        def add(view):
            patterns.append(path(name, view))
            return view

        return add

    @orders
    @entrypoint
    @route("wrong")
    def wrong(request):
        return HttpResponse(str(current_run().flow))

    @route("right")
    @orders
    @entrypoint
    def right(request):
        return HttpResponse(str(current_run().flow))

    urls = ModuleType("urls")
    urls.urlpatterns = patterns
    with override_settings(ROOT_URLCONF=urls):
        client = Client()
        paths = ("/wrong", "/right", "/wrong", "/right")
        return [client.get(path).content.decode() for path in paths]


@pytest.fixture
def _django(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    django.setup()


@pytest.mark.parametrize(
    ("ask", "cure"),
    [
        (ask_fastapi, '@app.get("/wrong") below @entrypoint registers'),
        (ask_starlette, "register what @entrypoint returned"),
        (ask_flask, '@part.get("/wrong") below @entrypoint registers'),
        (ask_wsgi, '@app.get("/wrong") below @entrypoint registers'),
        (ask_quart, '@app.get("/wrong") below @entrypoint registers'),
        (ask_django, '@route("wrong") below @entrypoint registers'),
    ],
)
@pytest.mark.usefixtures("_django")
def test_called(ask, cure, logged):
    """An adapter says once which entrypoint its framework calls past the wrapper, and why."""
    responses = [str(response) for response in ask()]
    (line,) = logged()

    assert responses == ["None", "orders", "None", "orders"]
    assert "entrypoint 'wrong' was called without its wrapper" in line
    assert line.startswith(f"{__file__}:")
    assert cure in line


def test_bottle(logged, require):
    """Bottle names its route in the environment."""
    require("bottle", find_spec("bottle") is not None)
    import bottle

    app = bottle.Bottle()

    @orders
    @entrypoint
    @app.get("/")
    def wrong():
        return str(current_run().flow)

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.errors": StringIO()}
    bodies = [b"".join(WSGIMiddleware(app)(dict(environ), lambda *_: None)) for _ in range(2)]
    (line,) = logged()

    assert bodies == [b"None", b"None"]
    assert '@app.get("/") below @entrypoint registers' in line


@contextmanager
def by_filter():
    """Yield a logger whose handler gives lines the step."""
    made = logging.getLogger("shop")
    handler = logging.StreamHandler(StringIO())
    handler.addFilter(FlowFilter())
    made.addHandler(handler)
    yield made
    made.removeHandler(handler)


@contextmanager
def by_factory():
    """Yield a logger whose lines have the step from their creation on."""
    install(step=True)
    yield logging.getLogger("shop")
    uninstall()


@contextmanager
def by_structlog():
    """Yield a logger of structlog whose lines have the step."""
    yield structlog.wrap_logger(
        structlog.PrintLogger(StringIO()),
        processors=[step_processor, structlog.processors.JSONRenderer()],
    )


@contextmanager
def by_loguru():
    """Yield a logger of loguru whose lines have the step, and go somewhere."""
    number = loguru.logger.add(StringIO())
    yield loguru.logger.patch(patcher)
    loguru.logger.remove(number)


@pytest.fixture(params=[by_filter, by_factory, by_structlog, by_loguru])
def logger(request):
    """Return a logger whose lines have the step."""
    with request.param() as made:
        yield made


def test_logged(logged, logger):
    """Without an adapter, the first line that such a function logs causes the only warning."""

    @orders
    @entrypoint
    @notified.connect
    def wrong(sender, **rest):
        logger.warning("seen")
        logger.warning("seen again")

    notified.send()
    notified.send()
    (line,) = logged()

    assert "'wrong' was called without its wrapper" in line
    assert "@notified.connect below @entrypoint registers the function itself" in line


def test_logged_by_a_scheduler(logged, logger):
    """A job of a scheduler is such a function too."""
    timer, done = BackgroundScheduler(), threading.Event()

    @orders
    @entrypoint
    @timer.scheduled_job("date")
    def wrong():
        logger.warning("seen")
        done.set()

    timer.start()
    wait_for(lambda: done.is_set() and not timer.get_jobs())
    timer.shutdown()
    (line,) = logged()

    assert '@timer.scheduled_job("date") below @entrypoint registers' in line


def test_logged_rightly(logged, logger):
    """Lines of an entrypoint that is called through its wrapper cause no warning."""

    @orders
    @entrypoint
    @mark
    def right():
        with bind():
            logger.warning("bound")
        fresh = []
        thread = threading.Thread(target=lambda: fresh.append(logger.warning("in a thread")))
        thread.start()
        thread.join()
        inner()

    @flow("others")
    @entrypoint
    @mark
    def inner():
        logger.warning("inner")

    right()

    assert logged() == []


def test_called_on_purpose(logged, logger):
    """Calling ``__wrapped__`` of an entrypoint without decorators below it is allowed."""

    @orders
    @entrypoint
    def right():
        logger.warning("seen")

    right.__wrapped__()

    assert logged() == []


def test_other_endpoints(logged):
    """A framework may call a step, or a function that is not declared."""

    @flow("orders")
    @step
    async def plain(scope, receive, send):
        scope["endpoint"] = plain

    app = FlowMiddleware(plain)
    asyncio.run(app({"type": "http", "headers": []}, None, None))

    assert logged() == []


def test_strange_endpoints(logged):
    """An endpoint that cannot be inspected is left alone, and the request has a response."""

    class Strange:
        @property
        def __wrapped__(self):
            raise LookupError

        async def __call__(self, scope, receive, send):
            scope["endpoint"] = self

    app = FlowMiddleware(Strange())
    asyncio.run(app({"type": "http", "headers": []}, None, None))

    assert logged() == []
