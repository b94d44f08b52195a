"""The middleware for ASGI applications, called as a server calls it."""

import asyncio
import logging
from contextvars import copy_context
from dataclasses import dataclass

import pytest

from penstock import bind, current_flow_id, current_run
from penstock.boundary import UNTRUSTED_FLOW_ID
from penstock.contrib.asgi import FlowMiddleware
from penstock.exceptions import ConfigurationError

THEIRS = "theirs-1"


def scope_of(*headers, sort="http"):
    return {"type": sort, "path": "/", "headers": [*headers]}


async def respond(scope, receive, send):
    """Respond with the ID as the body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": (current_flow_id() or "").encode()})


def call(app, scope):
    """Call *app* once, and return what it sent and what is current afterwards."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    async def once():
        await app(scope, receive, send)
        return current_flow_id()

    after = asyncio.run(once())
    return sent, after


def test_new_id():
    """A request has an ID, which is in the response beside the headers of the application."""
    (start, body), after = call(FlowMiddleware(respond), scope_of())

    assert start["headers"] == [(b"a", b"b"), (b"x-request-id", body["body"])]
    assert len(body["body"]) == 32
    assert after is None


def test_never_what_is_there():
    """A run that is current where a server starts a request is not used, and is restored."""
    with bind("order-7"):
        (_, body), after = call(FlowMiddleware(respond), scope_of())

    assert body["body"] != b"order-7"
    assert after == "order-7"


@pytest.mark.parametrize(
    ("trust", "expected"),
    [(True, True), (False, False), (lambda scope: scope["path"] == "/", True)],
    ids=["all", "none", "by function"],
)
def test_trust(trust, expected):
    """An ID that comes in is adopted from whom is trusted, and is there to be logged else."""
    values = []

    async def app(scope, receive, send):
        values.append(dict(current_run().values))
        await respond(scope, receive, send)

    scope = scope_of((b"x-request-id", THEIRS.encode()))
    (_, body), _ = call(FlowMiddleware(app, trust=trust), scope)

    assert (body["body"] == THEIRS.encode()) is expected
    assert values == [{} if expected else {UNTRUSTED_FLOW_ID: THEIRS}]


@pytest.mark.parametrize("name", [b"x-request-id", b"X-Request-ID"])
def test_answer_of_the_application(name):
    """A header that the application sets itself stays."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(name, b"own")]})

    (start,), _ = call(FlowMiddleware(app), scope_of())

    assert start["headers"] == [(name, b"own")]


def test_answer_that_is_used_again():
    """Headers of the application are not changed, so a response that it keeps has no old ID."""
    message = {"type": "http.response.start", "status": 204}
    kept = {"type": "http.response.start", "status": 204, "headers": ((b"a", b"b"),)}

    async def app(scope, receive, send):
        await send(message)
        await send(kept)

    app = FlowMiddleware(app)
    (first, second), _ = call(app, scope_of())

    assert (len(first["headers"]), len(second["headers"])) == (1, 2)
    assert message == {"type": "http.response.start", "status": 204}
    assert kept["headers"] == ((b"a", b"b"),)


def test_no_answer():
    """With `respond=False` the ID is not in the response."""
    (start, _), _ = call(FlowMiddleware(respond, respond=False), scope_of())

    assert start["headers"] == [(b"a", b"b")]


def test_other_header():
    """The header has the name that is set, coming in and going out."""
    app = FlowMiddleware(respond, header="X-Flow", trust=True)
    (start, _), _ = call(app, scope_of((b"x-flow", THEIRS.encode())))

    assert start["headers"][-1] == (b"x-flow", THEIRS.encode())


@pytest.mark.parametrize("kind", ["websocket.accept", "websocket.http.response.start"])
def test_websocket(kind):
    """A websocket has one ID, which is in the response to its handshake, or to its refusal."""
    seen = []

    async def app(scope, receive, send):
        await send({"type": kind})
        seen.append(current_flow_id())
        await send({"type": "websocket.send", "text": "hello"})

    sent, _ = call(FlowMiddleware(app), scope_of(sort="websocket"))

    assert sent[0]["headers"] == [(b"x-request-id", seen[0].encode())]
    assert sent[1] == {"type": "websocket.send", "text": "hello"}


def test_lifespan():
    """While a server starts and stops nothing is current, and the scope is left alone."""
    seen, scope = [], {"type": "lifespan"}

    async def app(scope, receive, send):
        seen.append(current_flow_id())

    call(FlowMiddleware(app), scope)

    assert (seen, scope) == ([None], {"type": "lifespan"})


def test_state():
    """The ID is in the state of the request, beside what the server put there."""
    scope = {**scope_of(), "state": {"database": 1}}

    (_, body), _ = call(FlowMiddleware(respond), scope)

    assert scope["state"] == {"database": 1, "flow_id": body["body"].decode()}


def test_middleware_in_a_middleware():
    """An application in another one has the ID of the same request."""
    seen = []

    async def mount(scope, receive, send):
        seen.append(current_flow_id().encode())
        await FlowMiddleware(respond)(scope, receive, send)

    (start, body), _ = call(FlowMiddleware(mount), scope_of())

    assert seen == [body["body"]]
    assert start["headers"] == [(b"a", b"b"), (b"x-request-id", body["body"])]


def test_failure():
    """An exception goes on with the ID as a note, and nothing is current afterwards."""
    seen = []

    async def app(scope, receive, send):
        seen.append(current_flow_id())
        raise LookupError

    with pytest.raises(LookupError) as caught:
        call(FlowMiddleware(app), scope_of())

    assert caught.value.__notes__ == [f"flow ID: {seen[0]}"]


@dataclass(frozen=True)
class FrozenError(Exception):
    """An exception that refuses notes."""


def test_failure_that_takes_no_note():
    """An exception that refuses a note is the one that the server gets."""

    async def app(scope, receive, send):
        raise FrozenError

    with pytest.raises(FrozenError):
        call(FlowMiddleware(app), scope_of())


def test_failure_of_several_requests():
    """An exception that is raised again has one note: that of the request which it left last."""
    seen, error = [], LookupError()
    error.add_note("what the application notes")

    async def app(scope, receive, send):
        seen.append(current_flow_id())
        raise error

    for _ in range(3):
        with pytest.raises(LookupError):
            call(FlowMiddleware(FlowMiddleware(app)), scope_of())

    assert error.__notes__ == ["what the application notes", f"flow ID: {seen[2]}"]


def test_cancelled():
    """A request that is cancelled leaves nothing behind."""
    seen = []

    async def app(scope, receive, send):
        try:
            await asyncio.sleep(60)
        finally:
            seen.append(current_flow_id())

    async def send(message):
        """Take it."""

    async def cancel():
        context = copy_context()
        task = asyncio.create_task(FlowMiddleware(app)(scope_of(), None, send), context=context)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return current_flow_id(), context.run(current_flow_id)

    assert asyncio.run(cancel()) == (None, None)
    assert len(seen[0]) == 32


def test_collected():
    """A request that is closed from elsewhere does not fail."""

    async def app(scope, receive, send):
        await asyncio.Future()

    async def begin():
        body = FlowMiddleware(app)(scope_of(), None, None)
        copy_context().run(body.send, None)
        body.close()

    asyncio.run(begin())


def test_tasks():
    """A task that a request starts belongs to it, and may annotate the whole request."""
    seen = []

    async def work():
        current_run().annotate(done=True)
        seen.append(current_flow_id())

    async def app(scope, receive, send):
        await asyncio.gather(work(), asyncio.to_thread(lambda: seen.append(current_flow_id())))
        seen.append(dict(current_run().values))

    scope = scope_of()
    call(FlowMiddleware(app), scope)

    assert seen == [*[scope["state"]["flow_id"]] * 2, {"done": True}]


HOSTILE = {
    "too long": [b"a" * 8192],
    "line break": [b"a\r\nSet-Cookie: x=1"],
    "next line": [b"a\x85b"],
    "null": [b"a\x00b"],
    "invalid UTF-8": [b"\xff\xfe\x80"],
    "empty": [b""],
    "spaces": [b" order 7 "],
    "two": [b"one", b"two"],
}


@pytest.mark.parametrize("values", HOSTILE.values(), ids=HOSTILE)
def test_hostile(values, caplog):
    """An invalid flow ID is not adopted, returned, kept or logged."""
    caplog.set_level(logging.DEBUG, "penstock")
    kept = []

    async def app(scope, receive, send):
        kept.append(dict(current_run().values))
        await respond(scope, receive, send)

    scope = scope_of(*((b"x-request-id", value) for value in values))
    (start, body), _ = call(FlowMiddleware(app, trust=True), scope)

    assert len(body["body"]) == 32
    assert dict(start["headers"])[b"x-request-id"] == body["body"]
    assert kept == [{}]
    assert not any(value.decode("latin-1") in caplog.text for value in values if value)


def test_wrong_setting():
    """An invalid setting is an error when the application is wrapped."""
    with pytest.raises(ConfigurationError, match=r"asgi\.FlowMiddleware: .* did you mean 'trust'"):
        FlowMiddleware(respond, trusts=True)


@pytest.mark.parametrize(
    ("client", "is_trusted"),
    [(("10.0.0.7", 1), True), (("192.0.2.7", 1), False), (None, False)],
)
def test_networks(client, is_trusted):
    """Whom a server names as the client is looked at where the setting says that this is right."""
    app = FlowMiddleware(respond, trust=["10.0.0.0/8"], real_peer=True)
    scope = scope_of((b"x-request-id", THEIRS.encode())) | {"client": client}

    (_, body), _ = call(app, scope)

    assert (body["body"] == THEIRS.encode()) is is_trusted
