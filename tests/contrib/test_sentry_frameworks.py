"""Events of Sentry in frameworks that Sentry itself joins: errors, messages and transactions."""

import asyncio

import pytest
import sentry_sdk
from celery import Celery
from fastapi import FastAPI
from flask import Flask
from reporting import start
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.flask import FlaskIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.tracing import Transaction

from penstock import annotate, current_run, entrypoint, flow, step
from penstock.contrib import celery as celery_adapter
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.celery import flow_task
from penstock.contrib.flask import FlowExtension
from penstock.contrib.sentry import FlowIntegration

__all__ = ["start"]


@pytest.fixture
def events(start):
    """Return the events of Sentry, with its integrations of all frameworks here."""
    found = start(
        FlowIntegration(),
        StarletteIntegration(),
        FastApiIntegration(),
        FlaskIntegration(),
        CeleryIntegration(),
    )
    before = dict(sentry_sdk.get_isolation_scope()._tags)
    yield found
    # Nothing of penstock's is left where others would find it.
    assert sentry_sdk.get_isolation_scope()._tags == before


def declare():
    """Return an entrypoint that fails in its step."""

    @flow("orders")
    @step(after="receive")
    def store():
        raise LookupError

    @flow("orders")
    @entrypoint
    def receive():
        annotate(order=7)
        sentry_sdk.capture_message("received")
        store()

    def handle():
        current_run().annotate(tenant="north")
        receive()

    return handle


async def call(app, flow_id):
    """Send a request to *app*, which fails."""
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    headers = [(b"x-request-id", flow_id.encode()), (b"host", b"shop")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "scheme": "http",
        "headers": headers,
        "server": ("shop", 80),
        "client": ("peer", 1),
        "root_path": "",
    }

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        pass

    with pytest.raises(LookupError):
        await app(scope, receive, send)


def check(events, flow_id):
    """Check the events of an operation that failed."""
    (message,) = (e for e in events if e.get("message") == "received")
    errors = [e for e in events if "exception" in e]
    (transaction,) = (e for e in events if e.get("type") == "transaction")
    assert errors
    for error in errors:
        assert (
            error["tags"] | {"flow_id": flow_id, "flow": "orders", "step": "store"}
            == (error["tags"])
        )
        assert error["contexts"]["penstock"]["order"] in {7, "7"}
        assert error["contexts"]["penstock"]["tenant"] == "north"
    assert (message["tags"]["flow_id"], message["tags"]["step"]) == (flow_id, "receive")
    assert transaction["tags"]["flow_id"] == flow_id
    assert transaction["contexts"]["penstock"]["tenant"] == "north"
    assert "run" not in transaction["contexts"]["penstock"]


@pytest.mark.parametrize("is_outermost", [True, False], ids=["wrapped", "add_middleware"])
def test_fastapi(events, is_outermost):
    """In FastAPI, wherever the middleware is, all events of a request are tagged."""
    api, handle = FastAPI(), declare()

    @api.get("/")
    async def get():
        handle()

    if is_outermost:
        app = FlowMiddleware(api, trust=True)
    else:
        api.add_middleware(FlowMiddleware, trust=True)
        app = api

    async def main():
        await asyncio.gather(asyncio.create_task(call(app, "order-7")))

    asyncio.run(main())

    check(events, "order-7")


def test_flask(events):
    """In Flask, all events of a request are tagged."""
    app, handle = Flask("shop"), declare()
    FlowExtension(app, trust=True)
    app.add_url_rule("/", view_func=handle)

    assert app.test_client().get("/", headers={"X-Request-ID": "order-7"}).status_code == 500

    check(events, "order-7")


def test_celery(events, monkeypatch):
    """In Celery, all events of a task are tagged."""
    monkeypatch.setattr("celery._state._on_app_finalizers", set())
    app, handle = Celery("orders", broker="memory://", set_as_current=False), declare()

    @flow("orders")
    @flow_task(app=app)
    def work():
        handle()

    work.apply(headers={"X-Request-ID": "order-7"})
    celery_adapter.uninstall()
    app.close()

    check(events, "order-7")


def test_nested(events):
    """A transaction keeps the run that it is around, whatever else comes in meanwhile."""
    app, inner = Flask("shop"), Flask("inner")
    FlowExtension(app, trust=True)
    FlowExtension(inner, trust=True)
    inner.add_url_rule("/", view_func=lambda: "")

    @app.get("/")
    def index():
        return inner.test_client().get("/", headers={"X-Request-ID": "inner"}).data

    app.test_client().get("/", headers={"X-Request-ID": "outer"})

    transactions = [e for e in events if e.get("type") == "transaction"]
    assert [e["tags"]["flow_id"] for e in transactions][-1] == "outer"


def test_broken(events, monkeypatch):
    """A failure of Sentry does not affect the request."""
    app = Flask("shop")
    FlowExtension(app)
    app.add_url_rule("/", view_func=lambda: "ok")
    monkeypatch.setattr(Transaction, "set_context", None)

    assert app.test_client().get("/").data == b"ok"
