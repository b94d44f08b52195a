"""Django: one ID for each request, from the middleware to the last byte of the body."""

import asyncio
import inspect
import logging
import sys
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.core.checks import run_checks
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import FileResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import resolve
from django.utils.log import configure_logging
from specification import DJANGO

from penstock import bind, current_run
from penstock.boundary import UNTRUSTED_FLOW_ID
from penstock.contrib.django import FlowMiddleware
from penstock.contrib.logging import FlowFilter
from penstock.exceptions import ConfigurationError

pytestmark = pytest.mark.usefixtures("django_project")

HEADER = "X-Request-ID"


@pytest.fixture(params=["wsgi", "asgi"])
def get(request):
    """Return what gets a page, as a server of either sort would, with something left current."""
    if request.param == "wsgi":
        client = Client(raise_request_exception=False)

        def get(path, **headers):
            with bind("left-over"):
                response = client.get(path, headers=headers)
                text = b"".join(response).decode()
                response.close()
                assert current_run().flow_id == "left-over"
            return SimpleNamespace(status=response.status_code, headers=response.headers, text=text)

    else:
        later = AsyncClient(raise_request_exception=False)

        async def ask(path, headers):
            with bind("left-over"):
                # In `headers`, the client of Django 5.2 writes `_` where names have `-`.
                response = await later.get(path, **headers)
                content = response.streaming_content if response.streaming else response
                parts = (
                    [part async for part in content]
                    if response.streaming and response.is_async
                    else list(content)
                )
                response.close()
                assert current_run().flow_id == "left-over"
            text = b"".join(parts).decode()
            return SimpleNamespace(status=response.status_code, headers=response.headers, text=text)

        def get(path, **headers):
            return asyncio.run(ask(path, headers))

    get.sort = request.param
    return get


@pytest.fixture
def lines():
    """Return the records of the log, which have flow IDs."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    handler.addFilter(FlowFilter())
    root, level = logging.getLogger(), logging.root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield records
    root.removeHandler(handler)
    root.setLevel(level)


def test_specification():
    """The settings of the specification name what Django can load."""
    names = {}
    exec(compile(DJANGO, "settings.py", "exec"), names)

    with override_settings(MIDDLEWARE=[m for m in names["MIDDLEWARE"] if m is not ...]):
        assert HEADER in Client().get("/say").headers


@pytest.mark.parametrize("path", ["/say", "/say-later"])
def test_own_id(get, path):
    """A request has its own ID, whatever is current, and the response has it."""
    response = get(path)

    assert response.headers[HEADER] in response.text
    assert '"parent": "None"' in response.text
    assert len(response.headers[HEADER]) == 32


def test_not_trusted(get):
    """The ID of a client is not adopted, and is kept under another name."""
    response = get("/say", **{HEADER: "theirs"})

    assert response.headers[HEADER] != "theirs"
    assert f'"{UNTRUSTED_FLOW_ID}": "theirs"' in response.text


def from_peer(request):
    return request.headers.get("Peer") == "yes"


@override_settings(PENSTOCK={"trust": f"{__name__}.from_peer"})
def test_trusted(get, monkeypatch):
    """A function that settings name by its path says whom to trust."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__, SimpleNamespace()))
    sys.modules[__name__].from_peer = from_peer

    assert get("/say", **{HEADER: "theirs", "Peer": "yes"}).headers[HEADER] == "theirs"
    assert get("/say", **{HEADER: "theirs"}).headers[HEADER] != "theirs"


@override_settings(PENSTOCK={"trust": True, "traceparent": True, "values": ["tenant"]})
def test_trace_context(get):
    """A trace-id and named values are adopted where they are asked for."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "baggage": "tenant=north"}

    response = get("/say", **headers)

    assert response.headers[HEADER] == trace
    assert '"tenant": "north"' in response.text


HOSTILE = ["x" * 8192, "a b", "a\x85b", "a\x00b", "\xff\xfe", "one,two", "<script>"]


@override_settings(PENSTOCK={"trust": True})
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile(get, lines, hostile):
    """An invalid flow ID is not adopted, returned or logged."""
    response = get("/say", **{HEADER: hostile})

    assert len(response.headers[HEADER]) == 32
    assert hostile not in response.text
    assert [line for line in lines if hostile in line.getMessage()] == []


@override_settings(PENSTOCK={"respond": False})
def test_silent(get):
    """With `respond` off, a response does not have the ID."""
    assert HEADER not in get("/say").headers


def test_own_header(get):
    """A header that a view sets itself stays."""
    assert get("/own").headers[HEADER] == "my-own"


VIEWS = ["/declared/7", "/declared-later", "/declared-class", "/decorated-method", "/exempt"]


@pytest.mark.parametrize("path", VIEWS)
def test_declared_views(get, path):
    """A view that is an entrypoint is part of the request's operation."""
    response = get(path)

    assert response.text.count(response.headers[HEADER]) == 2
    assert '"flow": "requests"' in response.text


def test_marks_of_declared_views():
    """Attributes that Django's decorators set on a view are on the declared view, too."""
    client = Client(enforce_csrf_checks=True)
    guard = "django.middleware.csrf.CsrfViewMiddleware"
    with override_settings(MIDDLEWARE=["penstock.contrib.django.FlowMiddleware", guard]):
        statuses = [client.post(path).status_code for path in ("/exempt", "/declared/7")]

    assert statuses == [200, 403]
    assert Client().post("/decorated-method").status_code == 405
    assert resolve("/declared/7")._func_path == "django_urls.declared"
    assert inspect.iscoroutinefunction(resolve("/declared-later").func)


@pytest.mark.parametrize("path", ["/rest", "/rest-class"])
def test_rest(path):
    """A view of Django REST Framework is given its kind of request, and keeps its name."""
    response = Client().post(path, {"part": 7}, content_type="application/json")
    view = resolve(path).func

    assert response.json() == {"id": response.headers[HEADER], "data": {"part": 7}}
    assert view.cls.__name__ in {"rest", "RestView"}
    assert Client().put("/rest").status_code == 405


def test_method_of_declared_view(get):
    """A decorator of a view's class sees the same attributes as before."""
    assert Client().post("/declared-class").status_code == 405


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("path", ["/stream", "/stream-later"])
def test_stream(get, lines, path):
    """Each part of a streaming body is made in the request's run, and so is its end."""
    response = get(path)

    assert response.text.splitlines() == [response.headers[HEADER]] * 3
    assert f"closed in {response.headers[HEADER]}" in [line.getMessage() for line in lines]


@pytest.mark.parametrize("read", [0, 1])
def test_stream_that_is_left(lines, read):
    """A body that a client does not read to its end is closed in the request's run."""
    response = WSGIHandler()(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/stream",
            "SERVER_NAME": "x",
            "SERVER_PORT": "80",
            "wsgi.input": BytesIO(),
        },
        lambda status, headers: None,
    )
    parts = iter(response)
    for _ in range(read):
        next(parts)
    response.close()

    closed = [line.getMessage() for line in lines if line.name == "views"]
    assert closed == [f"closed in {response.headers[HEADER]}"] * read


def test_file():
    """A file is still one that the server may send in its own way."""
    stored = BytesIO(b"stored")
    middleware = FlowMiddleware(lambda request: FileResponse(stored))

    response = middleware(RequestFactory().get("/"))

    assert response.file_to_stream is stored
    assert b"".join(response) == b"stored"
    response.close()


@pytest.mark.parametrize("path", ["/fail", "/fail-later"])
def test_failing_view(get, lines, path):
    """The page of an error, its log and the response have the ID."""
    response = get(path)
    flow_id = response.headers[HEADER]
    (logged,) = [line for line in lines if line.name == "django.request"]

    assert (response.status, response.text) == (500, f"error in {flow_id}")
    assert (logged.flow_id, logged.levelname) == (flow_id, "ERROR")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"flow": {"()": "penstock.contrib.logging.FlowFilter"}},
    "formatters": {"line": {"format": "{levelname} {flow_id} {message}", "style": "{"}},
    "handlers": {
        "file": {"class": "logging.FileHandler", "filters": ["flow"], "formatter": "line"}
    },
    "loggers": {"django.request": {"handlers": ["file"], "propagate": False}},
}


def test_logging_of_the_project(get, tmp_path):
    """Lines that Django writes by the project's LOGGING have the ID, that of an error too."""
    log, logger = tmp_path / "log", logging.getLogger("django.request")
    handlers = {"file": LOGGING["handlers"]["file"] | {"filename": log}}
    try:
        configure_logging("logging.config.dictConfig", LOGGING | {"handlers": handlers})
        failed, refused = get("/fail"), get("/forbidden")
    finally:
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
            handler.close()
        logger.propagate = True
    lines = [line for line in log.read_text().splitlines() if line.startswith(("ERROR", "WARNING"))]

    assert lines == [
        f"ERROR {failed.headers[HEADER]} Internal Server Error: /fail",
        f"WARNING {refused.headers[HEADER]} Forbidden: /forbidden",
    ]


@pytest.mark.parametrize("path", ["/nothing", "/no-such-address", "/forbidden"])
def test_refused(get, lines, path):
    """Django's log of a refused request has the ID, once."""
    response = get(path)
    logged = [line for line in lines if line.name == "django.request"]

    assert [line.flow_id for line in logged] == [response.headers[HEADER]]


def test_thread(get):
    """A thread that a view starts has the ID, if its target is bound."""
    response = get("/in-thread")

    assert response.text == response.headers[HEADER]


def test_many_at_once():
    """Requests that take turns see nothing of each other."""

    async def ask():
        client = AsyncClient()
        return await asyncio.gather(*(client.get("/say-later") for _ in range(50)))

    responses = asyncio.run(ask())

    ids = [response.headers[HEADER] for response in responses]
    assert [flow_id in a.text for flow_id, a in zip(ids, responses, strict=True)] == [True] * 50
    assert len(set(ids)) == 50


def test_handlers_can_be_made():
    """Both kinds of server find an application."""
    assert ASGIHandler()
    assert WSGIHandler()


class TestChecks:
    """`manage.py check` says what is wrong."""

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({"heder": "X"}, "unknown setting 'heder'; did you mean 'header'?"),
            ({"trust": "no.such.function"}, "trust names 'no.such.function'"),
            ({"trust": 1}, "trust takes True, False or a function"),
            (["header"], "takes a dictionary, not ['header']"),
        ],
    )
    def test_settings(self, settings, expected):
        """An invalid setting is an error, and stops the project."""
        with override_settings(PENSTOCK=settings):
            (found,) = run_checks(tags=["penstock"])
            with pytest.raises(ConfigurationError, match=r"settings\.PENSTOCK"):
                Client().get("/say")

        assert (found.id, found.obj) == ("penstock.E001", "settings.PENSTOCK")
        assert expected in found.msg

    def test_all_is_well(self):
        """A project as it should be has nothing to hear."""
        assert run_checks(tags=["penstock"]) == []

    def test_place(self):
        """The middleware belongs at the top."""
        first = "django.middleware.common.CommonMiddleware"
        with override_settings(MIDDLEWARE=[first, "penstock.contrib.django.FlowMiddleware"]):
            (found,) = run_checks(tags=["penstock"])

        assert (found.id, "move it to the top" in found.hint) == ("penstock.W002", True)
