"""Events of structlog."""

import asyncio
import logging
from types import EllipsisType

import pytest
import structlog
from specification import STRUCTLOG
from structlog.testing import LogCapture

from penstock import annotate, bind, entrypoint, flow, step
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


def test_values(events):
    """Annotated values are in events; what an event has already stays."""
    with bind("order-7"):
        annotate(order=7, tenant="north")
        structlog.get_logger().info("said", tenant="south", step="mine", flow_id="its own")

    assert events == [
        {
            "event": "said",
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
    """What a coroutine logs in another thread has the ID, and the step that logged it."""
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
    record = logging.makeLogRecord({"msg": "said"})
    with bind("order-7"):
        line = formatter.format(record)

    assert line == '{"event": "said", "flow_id": "order-7"}'
