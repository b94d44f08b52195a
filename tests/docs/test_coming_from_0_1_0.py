"""Each row of the page for users of 0.1.0: what its line of the guide is now."""

import asyncio
import logging
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import django
import pytest
from celery import Celery
from django.test import Client, override_settings
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import penstock
from penstock import (
    all_of,
    annotate,
    bind,
    configure,
    current_flow_id,
    current_run,
    entrypoint,
    flow,
    generate_dag,
    get_flow,
    step,
    tracing,
)
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.recording import set_tracing
from penstock.contrib import celery
from penstock.contrib.celery import flow_task
from penstock.contrib.logging import FlowFilter, FlowFormatter
from penstock.contrib.opentelemetry import OpenTelemetryExporter
from penstock.contrib.structlog import flow_processor
from penstock.exceptions import InvalidArgumentError, UndeclaredFunctionError
from penstock.tracing import LoggingExporter

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "come-from-0.1.0.md"
DIAGRAM = "graph TD\n    receive_order --> validate"
ROW = re.compile(r"^\| (`.+?) \| (.+) \|$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _tracing_off():
    """Leave tracing as it was, which some rows switch on."""
    before = exporters()
    yield
    set_exporters(*before)
    set_tracing(is_on=False)


def declare(after="receive_order"):
    """Declare a flow of an entrypoint and a step, and return both."""
    orders = flow("order_processing")

    @orders
    @entrypoint
    def receive_order():
        return validate(), current_flow_id()

    @orders
    @step(after=receive_order if after is None else after)
    def validate():
        return current_flow_id()

    return receive_order, validate


def diagram():
    return generate_dag("order_processing")


def check_import():
    assert {"entrypoint", "flow", "step"} <= {*penstock.__all__}


def check_entrypoint():
    receive, _ = declare()
    first, second = receive(), receive()

    assert first[0] == first[1] != second[1]
    with pytest.raises(InvalidArgumentError, match=r"@flow\('order_processing'\)\n +@entrypoint\n"):
        entrypoint("order_processing")


def check_step():
    declare()

    assert diagram() == DIAGRAM
    with pytest.raises(InvalidArgumentError, match=r"\n +@step\(after='receive_order'\)\n"):
        step("order_processing", after="receive_order")


def check_step_after_function():
    receive, _ = declare(after=None)

    assert diagram() == DIAGRAM
    with pytest.raises(InvalidArgumentError, match=r"\n +@step\(after=receive_order\)\n"):
        step("order_processing", after=receive)


def check_step_after_several():
    update = flow("user_update")
    for name in ("persist", "notify"):
        update(entrypoint(name=name)(lambda: None))
    update(step(name="either", after=["persist", "notify"])(lambda: None))
    update(step(name="both", after=all_of("persist", "notify"))(lambda: None))

    joins = {s.name: s.join for s in get_flow("user_update").steps}
    assert (joins["either"], joins["both"]) == ("any", "all")
    with pytest.raises(InvalidArgumentError, match=r"@step\(after=\['persist', 'notify'\]\)"):
        step("user_update", after=["persist", "notify"])


def check_class():
    class OrderFlow:
        @entrypoint
        def receive_order(self): ...

    with pytest.raises(UndeclaredFunctionError, match="each method that is a step: receive_order"):
        flow("order_processing")(OrderFlow)


def check_method():
    orders = flow("order_processing")

    class OrderFlow:
        @orders
        @entrypoint
        def receive_order(self):
            return self.validate()

        @orders
        @step(after="receive_order")
        def validate(self):
            return current_flow_id()

    assert OrderFlow().receive_order()
    assert diagram() == DIAGRAM


def check_coroutine():
    pipeline = flow("async_pipeline")

    @pipeline
    @entrypoint
    async def ingest(url):
        return current_flow_id(), await transform(url)

    @pipeline
    @step(after="ingest")
    async def transform(raw):
        return current_flow_id(), raw.upper()

    outside, (inside, text) = asyncio.run(ingest("a"))
    assert (outside, text) == (inside, "A")


def check_flow_id():
    assert current_flow_id() is None
    with bind() as run:
        assert current_flow_id() == run.flow_id


def check_names():
    assert {"annotate", "current_run"} <= {*penstock.__all__}
    with pytest.raises(ImportError, match="annotate"):
        exec("from penstock import set_flow_context_value, get_flow_context_value", {})


def check_annotate():
    annotate(user="alice")
    with bind() as run:
        annotate(user="bob")
        assert run.values == {"user": "bob"}
    assert current_run() is None


def check_value():
    with bind():
        annotate(user="alice")
        assert current_run().values["user"] == "alice"
        assert current_run().values.get("foo", 42) == 42


def check_run():
    assert current_run() is None
    with bind() as run:
        annotate(user="alice")
        assert current_run().flow_id == run.flow_id
        assert current_run().values == {"user": "alice"}


def check_diagram():
    declare()

    assert diagram() == DIAGRAM


def check_output():
    declare()
    with TemporaryDirectory() as folder:
        by_suffix, by_format = Path(folder, "order_flow.mmd"), Path(folder, "order_flow.md")
        returned = generate_dag("order_processing", output=by_suffix)
        generate_dag("order_processing", format="mermaid", output=by_format)

        assert by_suffix.read_text("utf-8") == by_format.read_text("utf-8") == returned + "\n"


def check_logging():
    records = []
    handler = logging.Handler(logging.INFO)
    handler.emit = records.append
    logger = logging.getLogger("penstock.trace")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        tracing.configure(LoggingExporter())
        declare()[0]()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)

    found = [getattr(record, "penstock.step") for record in records]
    assert found == ["validate", "receive_order"]
    with pytest.raises(InvalidArgumentError, match=r"penstock\.tracing\.configure\(\.\.\.\)"):
        configure("logging")


def check_format():
    formatter = FlowFormatter("%(message)s [%(flow)s/%(step)s cid=%(flow_id)s]")

    @flow("order_processing")
    @entrypoint
    def receive_order():
        record = logging.makeLogRecord({"msg": "received"})
        FlowFilter().filter(record)
        return formatter.format(record)

    with bind("id-1"):
        assert receive_order() == "received [order_processing/receive_order cid=id-1]"
    assert formatter.format(logging.makeLogRecord({"msg": "done"})) == "done [-/- cid=-]"


def check_opentelemetry():
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracing.configure(OpenTelemetryExporter(provider))
    declare()[0]()

    spans = memory.get_finished_spans()
    assert [s.attributes["penstock.flow"] for s in spans] == ["order_processing"] * 2
    with pytest.raises(InvalidArgumentError, match=r"penstock\.tracing\.configure\(\.\.\.\)"):
        configure("otel")


def check_nothing_recorded():
    receive, validate = declare()

    assert "__wrapped__" not in vars(validate)
    assert receive()


def check_exporter():
    class MyExporter:
        def __init__(self):
            self.steps = []

        def export(self, span):
            self.steps.append(span.step)

        def flush(self): ...

    mine = MyExporter()
    tracing.configure(mine)
    declare()[0]()

    assert mine.steps == ["validate", "receive_order"]
    assert {"export", "flush"} <= {*vars(tracing.Exporter)}
    with pytest.raises(InvalidArgumentError, match="with an exporter"):
        configure(backend=mine)


def check_django():
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_settings"
    django.setup()
    path = "penstock.contrib.django.FlowMiddleware"
    with override_settings(MIDDLEWARE=[path]):
        assert "X-Request-ID" in Client().get("/say").headers
    with override_settings(MIDDLEWARE=[path], PENSTOCK={"header": "X-Correlation-ID"}):
        assert "X-Correlation-ID" in Client().get("/say").headers


def check_celery():
    app = Celery(task_always_eager=True, task_store_eager_result=False)

    @flow("async_processing")
    @flow_task(app=app)
    def process_in_background(data):
        return data, current_flow_id()

    try:
        with bind("id-1"):
            assert process_in_background.delay(7).get() == (7, "id-1")
    finally:
        celery.uninstall()


def check_install():
    celery.install()
    celery.uninstall()


def check_structlog():
    with bind("id-1"):
        annotate(user="alice")
        assert flow_processor(None, "", {}) == {"flow_id": "id-1", "user": "alice"}
    assert flow_processor(None, "", {}) == {}


CHECKS = {
    "`from penstock import entrypoint, step`": check_import,
    '`@entrypoint("order_processing")`': check_entrypoint,
    '`@step("order_processing", after="receive_order")`': check_step,
    '`@step("order_processing", after=receive_order)`': check_step_after_function,
    '`@step("user_update", after=["persist", "notify"])`': check_step_after_several,
    '`@flow("order_processing")` above `class OrderFlow:`': check_class,
    "`data = self.validate(order_id)`": check_method,
    "`async def ingest(url: str) -> str:`": check_coroutine,
    "`cid = current_flow_id()`": check_flow_id,
    "`from penstock import set_flow_context_value, get_flow_context_value`": check_names,
    '`set_flow_context_value("user", "alice")`': check_annotate,
    '`user = get_flow_context_value("user")`': check_value,
    '`missing = get_flow_context_value("foo", 42)`': check_value,
    "`get_flow_context()`": check_run,
    "`get_flow_context().correlation_id`": check_run,
    "`get_flow_context().metadata`": check_run,
    '`diagram = generate_dag("order_processing")`': check_diagram,
    '`generate_dag("order_processing", output="order_flow.md")`': check_output,
    '`configure("logging")`': check_logging,
    '`format="... [%(flow)s/%(step)s cid=%(correlation_id)s]"`': check_format,
    '`configure("otel")`': check_opentelemetry,
    "`configure()`": check_nothing_recorded,
    "`from penstock.backends import TracingBackend`": check_exporter,
    "`class MyBackend(TracingBackend):`": check_exporter,
    "`configure(backend=MyBackend())`": check_exporter,
    '`"penstock.contrib.django.FlowMiddleware",`': check_django,
    "`@flow_task`": check_celery,
    "`from penstock.contrib.celery import flow_task, install_celery_signals`": check_install,
    "`install_celery_signals()`": check_install,
    "`headers = my_task._penstock_headers()`": check_celery,
    "`my_task(__penstock_headers__=headers)`": check_celery,
    "`flow_processor,  # Adds flow_id to all log entries`": check_structlog,
}


def test_rows():
    """The page has a row for each line that is checked here, and no other."""
    assert [row for row, _ in ROW.findall(PAGE.read_text("utf-8"))] == [*CHECKS]


@pytest.mark.parametrize("check", dict.fromkeys(CHECKS.values()), ids=lambda check: check.__name__)
def test_row(check):
    """The statement of the page about a line is true."""
    check()


def test_differences():
    """The differences that the page lists are true."""
    receive, validate = declare()
    configure(id_factory=lambda: uuid4().hex)
    try:
        with bind("outer-1"):
            adopted = receive()[1]
            fresh = entrypoint(inherit=False)(current_flow_id)()
            assert (adopted, current_flow_id()) == ("outer-1", "outer-1")
    finally:
        configure(id_factory=None)

    assert validate() is None
    assert fresh[12] == "4"  # the version of a UUID
