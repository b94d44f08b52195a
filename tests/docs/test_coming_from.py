"""Each row of the page for users of other packages: what penstock does in place of an option."""

import asyncio
import logging
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sentry_sdk
from celery import Celery

from penstock import bind, configure, current_flow_id
from penstock.boundary import UNTRUSTED_FLOW_ID, InboundRequests
from penstock.contrib import celery
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.logging import FlowFilter
from penstock.contrib.sentry import FlowIntegration

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "come-from-correlation-ids.md"
THEIRS = "theirs-1"


def ask(path="/", *, header="X-Request-ID", sent=THEIRS, **settings):
    """Return the flow ID of a request, its headers in the application, and the response's."""
    seen, answered = {}, {}

    async def app(scope, receive, send):
        seen.update(scope["headers"])
        answered["id"] = current_flow_id()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        answered.update((name.decode(), value.decode()) for name, value in message["headers"])

    headers = [] if sent is None else [(header.lower().encode(), sent.encode())]
    scope = {"type": "http", "path": path, "headers": headers}
    wrapped = FlowMiddleware(app, header=header, trust=True, **settings)
    asyncio.run(wrapped(scope, None, send))
    return answered.pop("id"), seen, answered


def line(**settings):
    """Return a record that passed the filter."""
    record = logging.makeLogRecord({})
    FlowFilter(**settings).filter(record)
    return record


def check_header():
    assert ask(header="X-Correlation-ID")[0] == THEIRS


def check_update_request_header():
    flow_id, seen, _ = ask(sent="no flow ID", update_request_header=True)

    assert seen == {b"x-request-id": flow_id.encode()}


def check_generator():
    configure(id_factory=lambda: f"shop-{uuid4()}")
    try:
        assert ask(sent=None)[0].startswith("shop-")
    finally:
        configure(id_factory=None)


def check_validator():
    assert ask(validator=lambda value: value == THEIRS)[0] == THEIRS
    assert ask(validator=lambda value: UUID(value).version == 4)[0] != THEIRS


def check_transformer():
    assert ask(transformer=lambda value: value * 2)[0] == THEIRS * 2
    assert len(ask(transformer=lambda value: value * 2, sent=None)[0]) == 32


def check_current():
    with bind(THEIRS):
        assert current_flow_id() == THEIRS


def check_bind():
    with bind("outer-1"):
        with bind(THEIRS):
            pass
        assert current_flow_id() == "outer-1"


def check_filter():
    with bind(THEIRS):
        assert line().flow_id == THEIRS


def check_length():
    with bind(THEIRS):
        assert line(id_length=4).flow_id == "rs-1"


def check_default():
    assert line(default=None).flow_id is None


def check_celery():
    app = Celery(task_always_eager=True, task_store_eager_result=False)
    task = app.task(current_flow_id)
    celery.install(app)
    try:
        assert task.apply(headers={"X-Request-ID": THEIRS}).get() == THEIRS
    finally:
        celery.uninstall(app)


def check_sentry():
    events = []
    client = sentry_sdk.Client(
        dsn="http://key@localhost/1",
        integrations=[FlowIntegration()],
        default_integrations=False,
        before_send=lambda event, _: events.append(event),
    )
    with sentry_sdk.isolation_scope() as scope, bind(THEIRS):
        scope.set_client(client)
        sentry_sdk.capture_message("hello")
    client.close()

    assert events[0]["tags"]["flow_id"] == THEIRS


def check_nothing():
    """Check nothing: the fields of Celery are tested with its log lines."""


def check_expose_header():
    assert ask(expose_header=True)[2]["access-control-expose-headers"] == "X-Request-ID"
    assert "access-control-expose-headers" not in ask()[2]


def check_respond():
    assert ask(respond=False)[2] == {}


def check_ignore():
    assert ask("/health/", ignore=["/health"])[0] is None


def check_ignore_patterns():
    assert ask("/healthy", ignore=[re.compile("^/health")])[0] is None


def check_integrations():
    check_sentry()
    check_celery()


CHECKS = {
    "header_name": check_header,
    "update_request_header": check_update_request_header,
    "generator": check_generator,
    "validator": check_validator,
    "transformer": check_transformer,
    "correlation_id.get()": check_current,
    "correlation_id.set(...)": check_bind,
    "CorrelationIdFilter": check_filter,
    "uuid_length": check_length,
    "default_value": check_default,
    "load_correlation_ids()": check_celery,
    "load_celery_current_and_parent_ids()": check_nothing,
    "transaction_id": check_sentry,
    "Access-Control-Expose-Headers": check_expose_header,
    "GUID_HEADER_NAME": check_header,
    "VALIDATE_GUID": check_validator,
    "RETURN_HEADER": check_respond,
    "EXPOSE_HEADER": check_expose_header,
    "IGNORE_URLS": check_ignore,
    "IGNORE_REGEX_URLS": check_ignore_patterns,
    "INTEGRATIONS": check_integrations,
    "UUID_LENGTH": check_length,
    "UUID_FORMAT": check_generator,
    "get_guid()": check_current,
    "set_guid(...)": check_bind,
    "clear_guid()": check_bind,
    "CorrelationId": check_filter,
}


def test_rows():
    """The page has a row for each option that is checked here, and no other."""
    rows = re.findall(r"^\| `([^`]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert rows == [*CHECKS]


@pytest.mark.parametrize("check", dict.fromkeys(CHECKS.values()), ids=lambda check: check.__name__)
def test_row(check):
    """The statement of the page about an option is true."""
    check()


def test_defaults():
    """The differences of the defaults are as the page says."""
    inbound = InboundRequests()
    run = inbound.receive({"X-Request-ID": THEIRS})

    assert dict(run.values) == {UNTRUSTED_FLOW_ID: THEIRS}
    assert (inbound.validator, inbound.expose_header, inbound.update_request_header) == (
        None,
        False,
        False,
    )
