"""Events of structlog."""

import asyncio
import logging
from functools import partial
from importlib.util import find_spec, module_from_spec
from pathlib import PurePosixPath
from types import EllipsisType

import pytest
import structlog
from recording import call_after_closing
from specification import STRUCTLOG
from structlog.testing import LogCapture

from penstock import annotate, bind, current_flow_id, entrypoint, flow, step
from penstock.contrib.structlog import flow_processor, step_processor


@pytest.fixture(autouse=True)
def _defaults():
    """Bring back the configuration of structlog."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def events():
    """Return the events that structlog logs."""
    capture = LogCapture()
    structlog.configure(processors=[flow_processor, step_processor, capture])
    return capture.entries


def test_specification():
    """The block of the specification runs as it is written, but for its excerpt."""
    exec(STRUCTLOG, {})

    [first, rest] = structlog.get_config()["processors"]
    assert first is flow_processor
    assert isinstance(rest, EllipsisType)


def test_run_and_step(events):
    """Events have the ID, the flow and the running step; outside a run, nothing."""
    log = structlog.get_logger()

    @flow("orders")
    @step(after="receive")
    def store():
        log.info("stored")

    @flow("orders")
    @entrypoint
    def receive():
        store()

    with bind("order-7"):
        receive()
        log.info("bound")
    log.info("outside")

    assert events == [
        {
            "event": "stored",
            "log_level": "info",
            "flow_id": "order-7",
            "flow": "orders",
            "step": "store",
        },
        {"event": "bound", "log_level": "info", "flow_id": "order-7"},
        {"event": "outside", "log_level": "info"},
    ]


class Broken:
    """A value that nobody can write."""

    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("nörth", "nörth"),
        (["a"], ["a"]),
        (PurePosixPath("a"), PurePosixPath("a")),
        ("a\ud800b", r"a\ud800b"),
        (Broken(), "<unprintable Broken>"),
        (10**5000, "<unprintable int>"),
    ],
    ids=["string", "list", "path", "surrogate", "no text", "many digits"],
)
def test_values_that_cannot_be_written(events, value, written):
    """No renderer fails for a value that was annotated; any other is as it was."""
    with bind("order-7"):
        annotate(tenant=value)
        structlog.get_logger().info("hello")

    assert events[0]["tenant"] == written


@pytest.mark.parametrize(
    "renderer",
    [
        structlog.dev.ConsoleRenderer(colors=False),
        structlog.processors.JSONRenderer(),
        structlog.processors.KeyValueRenderer(),
        structlog.processors.LogfmtRenderer(),
    ],
    ids=["console", "json", "key=value", "logfmt"],
)
@pytest.mark.parametrize("value", ["a\ud800b", Broken(), 10**5000], ids=["str", "object", "int"])
def test_line_with_such_a_value(capsys, renderer, value):
    """The line is written, by each of structlog's renderers."""
    structlog.configure(processors=[flow_processor, renderer])
    with bind("order-7"):
        annotate(tenant=value)
        structlog.get_logger().info("hello")

    capsys.readouterr().out.encode()


def test_values(events):
    """Annotated values are in events; what an event has already stays."""
    with bind("order-7"):
        annotate(order=7, tenant="north")
        structlog.get_logger().info("hello", tenant="south", step="mine", flow_id="its own")

    assert events == [
        {
            "event": "hello",
            "log_level": "info",
            "tenant": "south",
            "step": "mine",
            "flow_id": "its own",
            "order": 7,
        }
    ]


@pytest.mark.parametrize(
    "wrapper",
    [structlog.make_filtering_bound_logger(logging.INFO), structlog.stdlib.BoundLogger],
    ids=["filtering", "stdlib"],
)
def test_async(wrapper):
    """An event that a coroutine logs in another thread has the ID and the step."""
    capture = LogCapture()
    structlog.configure(
        processors=[flow_processor, step_processor, capture],
        wrapper_class=wrapper,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    log = structlog.get_logger()

    @flow("orders")
    @entrypoint
    async def receive():
        await log.ainfo("received")

    async def main():
        with bind("order-7"):
            await receive()
        await log.ainfo("outside")

    asyncio.run(main())

    received, outside = capture.entries
    assert received["flow_id"] == "order-7"
    assert (received["flow"], received["step"]) == ("orders", "receive")
    assert "flow_id" not in outside


def test_processor_formatter():
    """Records of `logging` have it too, through ``foreign_pre_chain``."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[flow_processor],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    record = logging.makeLogRecord({"msg": "hello"})
    with bind("order-7"):
        line = formatter.format(record)

    assert line == '{"event": "hello", "flow_id": "order-7"}'


def test_exception_outside(events):
    """An event about an exception that left its run says which one that was."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(order=7)
        ids.append(current_flow_id())
        raise LookupError

    ids = []
    try:
        receive()
    except LookupError as error:
        triple = (LookupError, error, error.__traceback__)
        for exc_info in (True, error, triple):
            structlog.get_logger().error("failed", exc_info=exc_info)
        structlog.get_logger().error("odd", exc_info=())
    with bind("order-8"):
        structlog.get_logger().error("another", exc_info=triple)

    *same, odd, another = events
    expected = {"flow_id": ids[0], "flow": "orders", "step": "receive", "order": "7"}
    assert len(same) == 3
    for event in same:
        assert {name: event[name] for name in expected} == expected
    assert "flow_id" not in odd
    assert (another["flow_id"], "step" in another, "order" in another) == ("order-8", False, False)


def test_closed_elsewhere(events):
    """A run that ended elsewhere is in no event, and hides no exception of another one."""

    @flow("orders")
    @entrypoint
    def receive():
        raise LookupError

    with pytest.raises(LookupError) as caught:
        receive()
    call_after_closing(structlog.get_logger().info, "hello")
    call_after_closing(partial(structlog.get_logger().error, "failed", exc_info=caught.value))

    greeted, failed = events
    assert "flow_id" not in greeted
    assert (failed["flow"], failed["step"]) == ("orders", "receive")
    assert failed["flow_id"] not in {"closed-1", None}


def test_around_it(events):
    """An event of what is around says the flow and the step that it does not know itself."""
    error = LookupError()

    @flow("orders")
    @entrypoint
    def receive():
        annotate(order=7)
        raise error

    with bind("order-7"):
        try:
            receive()
        except LookupError:
            structlog.get_logger().exception("failed", step_is="theirs")

    [event] = events
    assert (event["flow_id"], event["flow"], event["step"]) == ("order-7", "orders", "receive")
    assert event["order"] == "7"


def test_short_id_and_reserved_names():
    """Events may have the end of the ID only; no value is taken for a field or an order."""
    capture = LogCapture()
    structlog.configure(processors=[partial(flow_processor, id_length=3), step_processor, capture])

    with bind("order-7"):
        annotate(step="lost", flow="lost", flow_id="lost", exc_info="lost", kept=1)
        structlog.get_logger().info("hello")

    assert capture.entries == [{"flow_id": "r-7", "kept": 1, "event": "hello", "log_level": "info"}]


def test_without_the_private_name(monkeypatch, events):
    """If structlog has not the private name by which threads are followed, all else works."""
    monkeypatch.delattr(structlog.contextvars, "_ASYNC_CALLING_STACK")
    found = find_spec("penstock.contrib.structlog")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    structlog.configure(processors=[module.flow_processor, module.step_processor, LogCapture()])

    @flow("orders")
    @step
    def store():
        structlog.get_logger().info("stored")
        return structlog.get_config()["processors"][-1].entries

    with bind("order-7"):
        [event] = store()

    assert (event["flow_id"], event["step"]) == ("order-7", "store")
