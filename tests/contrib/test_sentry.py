"""Events of the real SDK of Sentry, kept in memory."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import sentry_sdk
from reporting import start

from penstock import annotate, bind, bound, current_flow_id, current_run, entrypoint, flow, step
from penstock.contrib.sentry import FlowIntegration

__all__ = ["start"]


@pytest.fixture
def events(start):
    """Return the events of Sentry with the integration."""
    return start(FlowIntegration())


def declare():
    """Return an entrypoint and the step that it calls, which fails."""

    @flow("orders")
    @step(after="receive")
    def store():
        raise LookupError

    @flow("orders")
    @entrypoint
    def receive():
        annotate(tenant="north")
        try:
            store()
        except LookupError:
            sentry_sdk.capture_exception()
        return current_run()

    return receive


def test_error(events):
    """An error has the ID and the flow, the step that raised it, and annotated values."""
    run = declare()()

    [event] = events
    assert event["tags"] == {"flow_id": run.flow_id, "flow": "orders", "step": "store"}
    assert event["contexts"]["penstock"] == {
        "run_id": run.run_id,
        "flow_id": run.flow_id,
        "flow": "orders",
        "step": "store",
        "tenant": "north",
    }


def test_trace(events):
    """Errors of one operation are in one trace, which is the flow ID, but for those in a span."""
    with bind() as run:
        sentry_sdk.capture_message("alone")
        with sentry_sdk.start_transaction(name="sync") as transaction:
            sentry_sdk.capture_message("in a span")
    with bind("order-7"):
        sentry_sdk.capture_message("no trace-id")

    traces = {e.get("message"): e["contexts"]["trace"]["trace_id"] for e in events}
    assert traces["alone"] == run.flow_id
    assert traces["in a span"] == transaction.trace_id != run.flow_id
    assert len(traces["no trace-id"]) == 32


def test_log(events):
    """A logged error has the tags, and so have the lines before it by belonging to it."""

    @flow("orders")
    @entrypoint
    def receive():
        logging.getLogger("shop").warning("before")
        logging.getLogger("shop").error("failed")

    with bind("order-7"):
        receive()

    [event] = events
    assert event["tags"] == {"flow_id": "order-7", "flow": "orders", "step": "receive"}
    assert [crumb["message"] for crumb in event["breadcrumbs"]["values"]] == ["before"]


def test_transaction(events):
    """A transaction that ends in a run has the tags."""
    with bind("order-7"), sentry_sdk.start_transaction(name="sync"):
        pass

    [event] = events
    assert (event["type"], event["tags"]) == ("transaction", {"flow_id": "order-7"})


def test_outside(events):
    """Outside a run nothing is added."""
    sentry_sdk.capture_message("said")

    [event] = events
    assert "tags" not in event
    assert "penstock" not in event["contexts"]


def test_tags_stay(events):
    """Tags that the application set itself stay."""
    with bind("order-7"):
        sentry_sdk.set_tag("flow_id", "mine")
        sentry_sdk.set_tag("shop", "north")
        sentry_sdk.capture_message("said")

    [event] = events
    assert event["tags"] == {"flow_id": "mine", "shop": "north"}


def test_threads(events):
    """Events of runs at the same time are separate, with scopes and without."""

    def work(number):
        with bind(f"order-{number}"), sentry_sdk.isolation_scope():
            sentry_sdk.capture_message(str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(50)))
        with bind("order-50"):
            pool.submit(bound(sentry_sdk.capture_message), "50").result()

    assert {(e["message"], e["tags"]["flow_id"]) for e in events} == {
        (str(number), f"order-{number}") for number in range(51)
    }


def test_not_asked_for(start):
    """A client without the integration has no tags, even if one before it had."""
    start(FlowIntegration())
    events = start()
    with bind("order-7"):
        sentry_sdk.capture_message("said")

    [event] = events
    assert "tags" not in event


def test_error_outside(events):
    """An error that is captured outside its run has the tags and values of the run."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(tenant="north")
        ids.append(current_flow_id())
        raise LookupError

    ids = []
    for capture in (sentry_sdk.capture_exception, logging.getLogger("consumer").exception):
        try:
            receive()
        except LookupError as error:
            capture(error)

    one, two = events
    for event, flow_id in zip((one, two), ids, strict=True):
        tags = {"flow_id": flow_id, "flow": "orders", "step": "receive"}
        assert event["tags"] == tags
        assert event["contexts"]["penstock"] == {**tags, "tenant": "north"}
        assert event["contexts"]["trace"]["trace_id"] == flow_id


def test_error_of_another_operation(events):
    """An operation that reports the exception of another one has the step that does so."""

    @flow("orders")
    @entrypoint
    def receive():
        raise LookupError

    @flow("reports")
    @entrypoint
    def report(error):
        sentry_sdk.capture_exception(error)

    with pytest.raises(LookupError) as caught:
        receive()
    with bind("report-7"):
        report(caught.value)

    [event] = events
    assert event["tags"] == {"flow_id": "report-7", "flow": "reports", "step": "report"}


def test_error_around(events):
    """One that a run around it captures has the flow and the values of where it was raised."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(tenant="north", step="lost")
        raise LookupError

    with bind("order-7") as run:
        try:
            receive()
        except LookupError:
            sentry_sdk.capture_exception()

    [event] = events
    tags = {"flow_id": "order-7", "flow": "orders", "step": "receive"}
    assert event["tags"] == tags
    assert event["contexts"]["penstock"] == {**tags, "tenant": "north", "run_id": run.run_id}
