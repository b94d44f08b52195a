"""The settings that all adapters for HTTP requests have, with each framework's own application."""

import asyncio
import gc
import json
import logging
import re
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler
from django.http import JsonResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import re_path
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from flask import Flask, jsonify
from flask import request as flask_request
from litestar import Litestar
from litestar import Request as LitestarRequest
from litestar import Response as LitestarResponse
from litestar import get as litestar_get
from litestar.exceptions import LitestarException
from litestar.response import Stream as LitestarStream
from quart import Quart
from quart import jsonify as quart_jsonify
from quart import request as quart_request
from starlette.middleware.cors import CORSMiddleware
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from penstock import bind, current_flow_id, current_run, entrypoint, flow
from penstock.boundary import UNTRUSTED_FLOW_ID, InboundRequests, Secret
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.flask import FlowExtension
from penstock.contrib.logging import FlowFilter
from penstock.contrib.wsgi import FlowMiddleware as WSGIFlowMiddleware
from penstock.exceptions import ConfigurationError

pytestmark = pytest.mark.usefixtures("django_project")

HEADER = "X-Request-ID"
EXPOSE = "Access-Control-Expose-Headers"


def say(read):
    """Return what a handler knows: of the run, of a log line, and of the request's header."""
    record = logging.makeLogRecord({})
    FlowFilter().filter(record)
    run = current_run()
    return {
        "id": current_flow_id(),
        "line": record.flow_id,
        "read": read,
        "values": {} if run is None else dict(run.values),
    }


def headers_of(path):
    """Return the headers of a handler's response."""
    own = {HEADER: "own"} if path.endswith("/own") else {}
    return own | ({EXPOSE: "ETag"} if path.endswith("/exposes") else {})


def streams(path):
    return path.endswith("/streamed")


def parts(path):
    """Yield what is known while the body is sent, and then note what is while it is closed."""
    try:
        yield json.dumps(say(None)).encode()
        if path.startswith("/broken"):
            raise LookupError
    finally:
        CLOSED.append(current_flow_id())


async def parts_later(path):
    for part in parts(path):
        await asyncio.sleep(0)
        yield part


CLOSED = []


def starlette_like(**settings):
    api = FastAPI()

    @api.get("/{rest:path}")
    async def show(request: Request, rest: str):
        if streams(request.url.path):
            return StreamingResponse(parts_later(request.url.path), media_type="application/json")
        return JSONResponse(say(request.headers.get(HEADER)), headers=headers_of(request.url.path))

    return FlowMiddleware(api, **settings)


def litestar(**settings):
    @litestar_get("/{rest:path}")
    async def show(request: LitestarRequest) -> LitestarResponse:
        if streams(request.url.path):
            return LitestarStream(parts_later(request.url.path), media_type="application/json")
        made = say(request.headers.get(HEADER))
        return LitestarResponse(made, headers=headers_of(request.url.path))

    return FlowMiddleware(Litestar([show]), **settings)


def quart(**settings):
    app = Quart("shop", static_folder=None)

    @app.get("/<path:rest>")
    async def show(rest):
        if streams(f"/{rest}"):
            return parts_later(f"/{rest}"), {"Content-Type": "application/json"}
        read = quart_request.headers.get(HEADER)
        return quart_jsonify(say(read)), 200, headers_of(f"/{rest}")

    app.asgi_app = FlowMiddleware(app.asgi_app, **settings)
    return app


def flask(**settings):
    app = Flask("shop", static_folder=None)

    @app.get("/<path:rest>")
    def show(rest):
        if streams(f"/{rest}"):
            return parts(f"/{rest}"), {"Content-Type": "application/json"}
        return jsonify(say(flask_request.headers.get(HEADER))), headers_of(f"/{rest}")

    app.config.update({f"PENSTOCK_{name.upper()}": value for name, value in settings.items()})
    FlowExtension(app)
    return app


def wsgi(**settings):
    app = Flask("shop", static_folder=None)

    @app.get("/<path:rest>")
    def show(rest):
        if streams(f"/{rest}"):
            return parts(f"/{rest}"), {"Content-Type": "application/json"}
        read = flask_request.environ.get("HTTP_X_REQUEST_ID")
        return jsonify(say(read)), headers_of(f"/{rest}")

    return WSGIFlowMiddleware(app, **settings)


def django_view(request, parts=parts):
    if streams(request.path):
        return StreamingHttpResponse(parts(request.path), content_type="application/json")
    assert request.headers.get(HEADER) == request.META.get("HTTP_X_REQUEST_ID")
    return JsonResponse(say(request.headers.get(HEADER)), headers=headers_of(request.path))


async def django_view_later(request):
    return django_view(request, parts_later)


def django_handler(make, view):
    def build(**settings):
        urls = ModuleType("urls")
        urls.urlpatterns = [re_path("", view)]
        project = override_settings(PENSTOCK=settings, ROOT_URLCONF=urls)
        project.enable()
        build.projects.append(project)
        return make()

    build.projects = []
    return build


ADAPTERS = {
    "FastAPI": starlette_like,
    "Litestar": litestar,
    "Quart": quart,
    "Flask": flask,
    "WSGI": wsgi,
    "Django under WSGI": django_handler(WSGIHandler, django_view),
    "Django under ASGI": django_handler(ASGIHandler, django_view_later),
}


@pytest.fixture(params=ADAPTERS)
def serve(request):
    """Return what wraps a framework's application, and returns what asks it."""
    build = ADAPTERS[request.param]

    def start(**settings):
        app = build(**settings)
        is_wsgi = request.param in {"Flask", "WSGI", "Django under WSGI"}
        return lambda path, headers=(): (ask_wsgi if is_wsgi else ask_asgi)(app, path, headers)

    yield start
    for project in getattr(build, "projects", []):
        project.disable()
    getattr(build, "projects", []).clear()


def ask_asgi(app, path, headers=()):
    """Return a response, for which a server began with something left current."""

    async def once():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(path, headers=[*headers])

    with bind("left-over"):
        response = asyncio.run(once())
    return SimpleNamespace(
        json=response.json(), headers=response.headers, status=response.status_code
    )


def ask_wsgi(app, path, headers=()):
    """Do the same for an application of WSGI."""
    with bind("left-over"):
        response = Client(app).get(path, headers=[*headers])
        assert current_flow_id() == "left-over"
    return SimpleNamespace(
        json=response.json, headers=response.headers, status=response.status_code
    )


THEIRS = (HEADER, "theirs-1")


@pytest.mark.parametrize(
    ("trust", "sent"),
    [(True, [THEIRS]), (False, [THEIRS]), (False, []), (True, [(HEADER, "no flow ID")])],
    ids=["adopted", "not trusted", "none", "no flow ID"],
)
def test_update_request_header(serve, trust, sent):
    """The application reads the flow ID from its request's header, whatever came in."""
    response = serve(update_request_header=True, trust=trust)("/orders", sent)

    assert response.json["read"] == response.json["id"] == response.headers[HEADER]
    assert (response.json["id"] == "theirs-1") is (trust and sent == [THEIRS])
    assert response.json["values"] == (
        {UNTRUSTED_FLOW_ID: "theirs-1"} if not trust and sent else {}
    )


@pytest.mark.parametrize("sent", [[THEIRS], []], ids=["sent", "none"])
def test_request_header_as_it_came(serve, sent):
    """By default the application reads what came in."""
    response = serve()("/orders", sent)

    assert response.json["read"] == ("theirs-1" if sent else None)


def read_first(request):
    """Read a header before anything can be changed."""
    return request.headers.get("Peer") == "no"


@pytest.mark.parametrize(
    "serve", ["Django under WSGI", "Django under ASGI"], indirect=True, ids=str
)
def test_headers_that_were_read_before(serve):
    """Code that has read the request's headers before does not keep the old ones."""
    response = serve(update_request_header=True, trust=read_first)("/orders", [THEIRS])

    assert response.json["read"] == response.json["id"] != "theirs-1"


def test_headers_of_the_server():
    """The list of headers that a server made is not changed."""
    headers = [(b"X-Request-ID", b"a"), (b"accept", b"b"), (b"x-request-id", b"c")]
    scope = {"type": "http", "path": "/", "headers": headers}
    seen = []

    async def app(scope, receive, send):
        seen.extend(scope["headers"])

    asyncio.run(FlowMiddleware(app, update_request_header=True)(scope, None, None))

    assert seen == [(b"accept", b"b"), (b"x-request-id", scope["state"]["flow_id"].encode())]
    assert len(headers) == 3


def test_headers_that_can_be_read_once():
    """An application finds all headers, also where a server gives an iterator."""
    headers = [(b"accept", b"b"), (b"x-request-id", b"theirs-1")]
    scope = {"type": "http", "path": "/", "headers": iter(headers)}
    seen = []

    async def app(scope, receive, send):
        seen.extend(scope["headers"])

    asyncio.run(FlowMiddleware(app, trust=True)(scope, None, None))

    assert seen == headers
    assert scope["state"]["flow_id"] == "theirs-1"


def test_header_that_is_right():
    """A header that has the flow ID already stays where it is."""
    headers = [(b"x-request-id", b"theirs-1"), (b"accept", b"b")]
    scope = {"type": "http", "path": "/", "headers": headers}

    async def app(scope, receive, send):
        pass

    asyncio.run(FlowMiddleware(app, update_request_header=True, trust=True)(scope, None, None))

    assert scope["headers"] is headers


IGNORED = ["/health", "/static/*", re.compile(r"/v\d+/up$"), "/münchen"]


@pytest.mark.parametrize(
    "path", ["/health", "/health/", "/health?full=1", "/static/a/b.css", "/api/v2/up", "/münchen"]
)
def test_ignored(serve, path):
    """A request without an ID has no run, no header and no value in log lines."""
    response = serve(ignore=IGNORED, trust=True, update_request_header=True, expose_header=True)(
        path, [THEIRS]
    )

    assert response.status == 200
    assert HEADER not in response.headers
    assert EXPOSE not in response.headers
    assert response.json == {"id": None, "line": "-", "read": "theirs-1", "values": {}}


@pytest.mark.parametrize("pattern", ["/streamed", "/no"], ids=["ignored", "not ignored"])
def test_streamed(serve, pattern):
    """While a body is sent and closed, the same is current as in what made it."""
    CLOSED.clear()
    response = serve(ignore=[pattern])("/streamed")

    assert response.status == 200
    assert response.json["id"] == response.headers.get(HEADER)
    assert (response.json["id"] is None) is (pattern == "/streamed")
    assert response.json["line"] == (response.json["id"] or "-")
    assert [response.json["id"]] == CLOSED


# Django leaves the body of a request to the garbage collector if a response fails under ASGI.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("pattern", ["/broken/*", "/no"], ids=["ignored", "not ignored"])
def test_body_that_fails(serve, pattern):
    """The server's log of an exception in a streamed body has the ID as a note."""
    CLOSED.clear()
    # Litestar and Quart wrap it in other exceptions.
    with pytest.raises((LookupError, LitestarException, ExceptionGroup)) as caught:
        serve(ignore=[pattern])("/broken/streamed")

    notes = [note for note in getattr(caught.value, "__notes__", ()) if "flow ID" in note]
    assert notes == [f"flow ID: {one}" for one in CLOSED if one is not None]
    assert len(CLOSED) == 1
    del caught
    gc.collect()  # here, and not in the test of somebody else


@pytest.mark.parametrize("path", ["/healthy", "/api/health", "/static", "/v2/upper", "/Health"])
def test_not_ignored(serve, path):
    """A path that fits no pattern has an ID, as it would have without patterns."""
    response = serve(ignore=IGNORED)(path)

    assert response.json["id"] == response.headers[HEADER]


def test_entrypoint_in_an_ignored_request():
    """An entrypoint begins its own operation there, as it does anywhere outside a run."""

    @flow("health")
    @entrypoint
    def check():
        return current_flow_id()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": f'{{"id": "{check()}"}}'.encode()})

    response = ask_asgi(FlowMiddleware(app, ignore=["/health"]), "/health")

    assert len(response.json["id"]) == 32
    assert HEADER not in response.headers


@pytest.mark.parametrize("inner", [{}, {"ignore": ["/"]}], ids=["outside", "inside"])
def test_ignored_within_another(inner):
    """The decision of the outermost middleware applies to those within it."""
    outer = {} if inner else {"ignore": ["/health"]}

    def build_asgi():
        api = FastAPI()

        @api.get("/health")
        async def health(request: Request):
            return say(None)

        return FlowMiddleware(FlowMiddleware(api, **inner), **outer)

    app = Flask("shop", static_folder=None)
    app.add_url_rule("/health", view_func=lambda: say(None))
    wrapped = WSGIFlowMiddleware(WSGIFlowMiddleware(app, **inner), **outer)

    for response in (ask_asgi(build_asgi(), "/health"), ask_wsgi(wrapped, "/health")):
        assert (response.json["id"] is None) is bool(outer)
        assert response.headers.get(HEADER) == response.json["id"]


@pytest.mark.parametrize("outer", [{}, {"ignore": ["/health"]}], ids=["", "ignored outside"])
@pytest.mark.parametrize("kind", ["Django under WSGI", "Django under ASGI"])
def test_django_within_another(kind, outer):
    """The middleware of Django goes on with the request of one around the application."""
    build, known = ADAPTERS[kind], []
    app = build(ignore=["/orders"], update_request_header=True)
    if kind == "Django under WSGI":
        ask = partial(ask_wsgi, WSGIFlowMiddleware(noting(app, known), **outer))
    else:
        ask = partial(ask_asgi, FlowMiddleware(noting_later(app, known), **outer))
    responses = [ask("/health"), ask("/orders")]
    build.projects.pop().disable()

    assert [response.json["id"] for response in responses] == known
    assert [response.headers.get(HEADER) for response in responses] == known
    assert [response.json["read"] for response in responses] == known
    assert (known[0] is None) is bool(outer)
    assert known[1] is not None


def noting(app, known):
    """Return an application of WSGI that notes what is current around *app*."""

    def call(environ, start_response):
        known.append(current_flow_id())
        return app(environ, start_response)

    return call


def noting_later(app, known):
    async def call(scope, receive, send):
        known.append(current_flow_id())
        await app(scope, receive, send)

    return call


@pytest.mark.parametrize("outer", [{}, {"ignore": ["/health"]}], ids=["", "ignored outside"])
@pytest.mark.parametrize("kind", ["WSGI in ASGI", "ASGI in WSGI"])
def test_one_standard_in_the_other(kind, outer, require):
    """An application of one standard that is mounted in one of the other has its request."""
    require("a2wsgi", find_spec("a2wsgi") is not None)
    import a2wsgi

    known = []
    if kind == "WSGI in ASGI":
        mounted = a2wsgi.WSGIMiddleware(wsgi(ignore=["/orders"]))
        ask = partial(ask_asgi, FlowMiddleware(noting_later(mounted, known), **outer))
    else:
        mounted = a2wsgi.ASGIMiddleware(starlette_like(ignore=["/orders"]), wait_time=10)
        ask = partial(ask_wsgi, WSGIFlowMiddleware(noting(mounted, known), **outer))
    responses = [ask("/health"), ask("/orders")]

    assert [response.json["id"] for response in responses] == known
    assert [response.headers.get(HEADER) for response in responses] == known
    assert (known[0] is None) is bool(outer)
    assert known[1] is not None


def test_mounted():
    """A path is that within the application, wherever that is mounted."""
    api = FastAPI()
    api.mount("/shop", starlette_like(ignore=["/health"]))
    app = DispatcherMiddleware(Flask("none"), {"/shop": wsgi(ignore=["/health"])})

    for response in (ask_asgi(api, "/shop/health"), ask_wsgi(app, "/shop/health")):
        assert response.json["id"] is None
    for response in (ask_asgi(api, "/shop/shop/health"), ask_wsgi(app, "/shop/shop/health")):
        assert response.json["id"] == response.headers[HEADER]


@pytest.mark.parametrize(
    ("path", "root", "is_ignored"),
    [
        ("/api/health", "/api", True),
        ("/api/health", "/api/", True),
        ("/health", "/api", True),
        ("/apihealth", "/api", False),
        ("/api", "/api", True),
    ],
)
def test_root_path(path, root, is_ignored):
    """A server may give the whole path, or that behind the root path."""
    seen = []

    async def app(scope, receive, send):
        seen.append(current_flow_id())

    wrapped = FlowMiddleware(app, ignore=["/health", "/"])
    scope = {"type": "http", "path": path, "root_path": root, "headers": []}
    asyncio.run(wrapped(scope, None, None))

    assert (seen == [None]) is is_ignored


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ("/health", "ignore takes a list of paths and patterns"),
        (7, "ignore takes a list of paths and patterns"),
        ([7], "ignore takes a list of paths and patterns"),
        ([re.compile(b"/health")], "ignore takes a list of paths and patterns"),
        (["health"], "not 'health'; did you mean '/health'?"),
        (["static/*"], "did you mean '/static/*'?"),
        (["https://shop.example/health?x=1"], "did you mean '/health'?"),
        (["//shop.example/health"], "did you mean '/health'?"),
        (["/health?full=1"], "did you mean '/health'?"),
        (["/health#top"], "did you mean '/health'?"),
        ([" /health"], "did you mean '/health'?"),
        ([""], "not ''"),
        (["/a b"], "not '/a b'"),
        (["?"], "not '?'"),
    ],
)
def test_patterns_that_cannot_be(patterns, message):
    """A pattern that fits no path is refused, with the one that was probably meant."""
    with pytest.raises(ConfigurationError) as caught:
        InboundRequests.read("shop", {"ignore": patterns})

    assert str(caught.value).startswith("shop: ignore takes ")
    assert message in str(caught.value)


def test_patterns_of_an_iterator():
    """Patterns that can be read once are kept."""
    assert InboundRequests(ignore=iter(["/health"])).ignore == ("/health",)


@pytest.mark.parametrize("name", ["update_request_header", "expose_header"])
def test_wrong_settings(name):
    """A value other than True and False is refused."""
    with pytest.raises(ConfigurationError, match=f"{name} takes True or False, not 1"):
        InboundRequests.read("shop", {name: 1})


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/orders", HEADER), ("/exposes", f"ETag, {HEADER}"), ("/own", HEADER)],
)
def test_expose_header(serve, path, expected):
    """A response names the header, beside those that the application names."""
    response = serve(expose_header=True)(path)

    assert response.headers[EXPOSE] == expected
    assert response.headers[HEADER] == ("own" if path == "/own" else response.json["id"])


def test_not_exposed(serve):
    """By default a response names what the application names."""
    ask = serve()

    assert EXPOSE not in ask("/orders").headers
    assert ask("/exposes").headers[EXPOSE] == "ETag"


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (["ETag"], [f"ETag, {HEADER}"]),
        (["x-request-id,ETag"], ["x-request-id,ETag"]),
        (["*"], [f"*, {HEADER}"]),
        ([" "], [HEADER]),
        ([HEADER, "ETag"], [HEADER, "ETag"]),
        (["A", "B"], ["A", f"B, {HEADER}"]),
    ],
)
def test_names_that_are_there(there, expected):
    """Existing names stay as they are written, and no name occurs twice."""
    headers = [(EXPOSE.lower(), value) for value in there]
    completed = InboundRequests(expose_header=True).complete_response(headers, "a")

    assert completed == [*((EXPOSE.lower(), value) for value in expected), (HEADER, "a")]
    assert headers == [(EXPOSE.lower(), value) for value in there]


def test_nothing_to_expose():
    """If a response does not have the header, it is not named."""
    inbound = InboundRequests(expose_header=True, respond=False)

    assert inbound.complete_response([("ETag", "7")], "a") == [("ETag", "7")]
    assert (EXPOSE, HEADER) in inbound.complete_response([("x-request-id", "own")], "a")


def test_cors_of_starlette():
    """Names of the middleware for CORS are kept; a websocket has none."""
    api = FastAPI()
    api.add_middleware(CORSMiddleware, allow_origins=["*"], expose_headers=["ETag", "Link"])

    @api.get("/orders")
    async def show():
        return {}

    response = ask_asgi(
        FlowMiddleware(api, expose_header=True), "/orders", [("Origin", "http://a")]
    )

    assert response.headers.get_list(EXPOSE) == [f"ETag, Link, {HEADER}"]


@pytest.mark.parametrize(("respond", "names"), [(True, [b"x-request-id"]), (False, [])])
def test_websocket(respond, names):
    """A handshake says the ID, unless that is switched off, and names nothing."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": []}
    asyncio.run(FlowMiddleware(app, expose_header=True, respond=respond)(scope, None, send))

    assert [name for name, _ in sent[0].get("headers", [])] == names


@pytest.mark.parametrize("respond", [True, False])
def test_names_of_headers_as_they_are(respond):
    """Headers that the application sends keep their letters."""
    sent = []

    async def app(scope, receive, send):
        headers = [(b"ETag", b"\xff"), (b"X-Request-ID", b"own")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": []}
    asyncio.run(FlowMiddleware(app, expose_header=True, respond=respond)(scope, None, send))

    assert sent[0]["headers"] == [
        (b"ETag", b"\xff"),
        (b"X-Request-ID", b"own"),
        (EXPOSE.lower().encode(), HEADER.encode()),
    ]


def is_short(found):
    return len(found) < 12


def upper(found):
    return found.upper()


@pytest.mark.parametrize(
    ("settings", "sent", "expected"),
    [
        ({"validator": is_short}, "theirs-1", "theirs-1"),
        ({"validator": is_short}, "theirs-of-many", None),
        ({"transformer": upper}, "theirs-1", "THEIRS-1"),
        ({"transformer": upper, "validator": is_short}, "theirs-of-many", None),
    ],
)
def test_validator_and_transformer(serve, settings, sent, expected):
    """Each adapter has both, and an ID that is refused is there to be logged."""
    response = serve(trust=True, **settings)("/orders", [(HEADER, sent)])

    assert (response.json["id"] == expected) is (expected is not None)
    assert response.json["id"] == response.headers[HEADER]
    assert response.json["values"] == ({} if expected else {UNTRUSTED_FLOW_ID: sent})


def test_secret(serve, monkeypatch):
    """Each framework adopts the ID of who sends the secret, and of nobody else."""
    monkeypatch.setenv("PROXY_SECRET", "0123456789abcdef")
    ask = serve(trust=Secret("X-Proxy-Secret", env="PROXY_SECRET"))

    shown = ask("/orders", [THEIRS, ("X-Proxy-Secret", "0123456789abcdef")])
    wrong = ask("/orders", [THEIRS, ("X-Proxy-Secret", "0123456789abcdeF")])

    assert shown.json["id"] == "theirs-1"
    assert wrong.json["id"] != "theirs-1" == wrong.json["values"][UNTRUSTED_FLOW_ID]
    assert ask("/orders", [THEIRS]).json["id"] != "theirs-1"


@pytest.mark.parametrize("name", ["trust", "validator", "transformer"])
def test_paths_of_functions(name):
    """Settings of Django may name functions by their paths."""
    wrong = override_settings(PENSTOCK={name: "no.such.function"})
    with wrong, pytest.raises(ConfigurationError, match=f"PENSTOCK: {name} names 'no.such"):
        WSGIHandler()
    with override_settings(PENSTOCK={"trust": True, "transformer": "django.utils.text.slugify"}):
        response = Client(WSGIHandler()).get("/say", headers={HEADER: "(An ID)"})

    assert response.json["id"] == "an-id"


@pytest.mark.parametrize("name", [b"x_request_id", b"X_Request_ID", b"x-request_id"])
def test_underscores_under_asgi(name):
    """A header with an underscore is another one, also where Django makes META of it."""
    seen = []

    async def app(scope, receive, send):
        seen.append(current_flow_id())

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(name, b"theirs-1")]}
    asyncio.run(FlowMiddleware(app, trust=True)(scope, None, None))
    with override_settings(PENSTOCK={"trust": True}):
        response = ask_asgi(ASGIHandler(), "/say", [(name.decode(), "theirs-1")])

    assert seen[0] != "theirs-1" != response.json["id"]


class FoldingRequest(ASGIRequest):
    """A request of Django as it was before 5.2.13."""

    def __init__(self, scope, body):
        super().__init__(scope, body)
        for name, value in scope["headers"]:
            key = "HTTP_" + name.decode().upper().replace("-", "_")
            self.META[key] = value.decode()


def test_underscores_of_older_django():
    """Versions of Django that fold both names to one do not have us adopt the wrong one."""
    handler = ASGIHandler
    with override_settings(PENSTOCK={"trust": True}):
        app = type("Handler", (handler,), {"request_class": FoldingRequest})()
        folded = ask_asgi(app, "/say", [("X_Request_ID", "theirs-1")])
        sent = ask_asgi(app, "/say", [THEIRS])

    assert folded.json["id"] != "theirs-1" == sent.json["id"]


WSGI_SERVERS = {
    "wsgiref": "from wsgiref.simple_server import make_server\n"
    "server = make_server('127.0.0.1', 0, app)\nprint(server.server_port, flush=True)\n"
    "server.serve_forever()",
    "werkzeug": "from werkzeug.serving import make_server\n"
    "server = make_server('127.0.0.1', 0, app)\nprint(server.server_port, flush=True)\n"
    "server.serve_forever()",
    "Django's runserver": "from django.core.servers.basehttp import *\n"
    "server = WSGIServer(('127.0.0.1', 0), WSGIRequestHandler)\nserver.set_app(app)\n"
    "print(server.server_port, flush=True)\nserver.serve_forever()",
    "eventlet": "import eventlet\nfrom eventlet import wsgi\n"
    "socket = eventlet.listen(('127.0.0.1', 0))\nprint(socket.getsockname()[1], flush=True)\n"
    "wsgi.server(socket, app)",
    "gevent": "from gevent.pywsgi import WSGIServer\n"
    "server = WSGIServer(('127.0.0.1', 0), app)\nserver.start()\n"
    "print(server.server_port, flush=True)\nserver.serve_forever()",
}
SHOP = """
import warnings
warnings.simplefilter("ignore")
from penstock import current_flow_id
from penstock.contrib.wsgi import FlowMiddleware

def shop(environ, start_response):
    start_response("200 OK", [])
    return [current_flow_id().encode()]

app = FlowMiddleware(shop, trust=True)
"""


@pytest.mark.parametrize("name", WSGI_SERVERS)
def test_underscores_under_wsgi(name):
    """Only wsgiref's server accepts X_Request_ID as X-Request-ID, as the page says."""
    with subprocess.Popen(
        [sys.executable, "-c", SHOP + WSGI_SERVERS[name]],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}/"
            sent, folded, both = (
                httpx.get(url, headers=headers).text
                for headers in (
                    [THEIRS],
                    [("X_Request_ID", "forged-1")],
                    [("X_Request_ID", "forged-1"), THEIRS],
                )
            )
        finally:
            process.kill()

    assert sent == "theirs-1"
    assert (folded == "forged-1") is (name == "wsgiref")
    assert both != "forged-1"
