"""Log lines of loguru."""

from functools import partial

import pytest
from loguru import logger

from penstock import annotate, bind, current_flow_id, entrypoint, flow
from penstock.contrib.loguru import patcher

FORMAT = "{extra[flow_id]} {extra[flow]} {extra[step]} {message}"

pytestmark = pytest.mark.usefixtures("penstock_registry")


@pytest.fixture
def lines():
    """Return the lines that loguru writes, from another thread."""
    written = []
    logger.configure(
        handlers=[{"sink": written.append, "format": FORMAT, "enqueue": True}], patcher=patcher
    )
    yield written
    logger.configure(handlers=[], patcher=lambda record: None)


def test_run_and_step(lines):
    """Lines say the ID, the flow and the running step, also behind a queue."""

    @flow("orders")
    @entrypoint
    def receive():
        logger.info("received")

    with bind("order-7"):
        receive()
    logger.info("outside")
    logger.complete()

    assert [str(line) for line in lines] == [
        "order-7 orders receive received\n",
        "- - - outside\n",
    ]


def test_annotated_values(lines):
    """Annotated values are among the extra; what the line has already stays."""
    with bind("order-7"):
        annotate(order=7, tenant="north")
        logger.bind(tenant="south", step="mine").info("hello")
    logger.complete()

    [line] = lines
    assert line.record["extra"] == {
        "tenant": "south",
        "step": "mine",
        "flow_id": "order-7",
        "flow": "-",
        "order": 7,
    }


def test_exception_outside(lines):
    """A line about an exception that left its run says which one that was."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(order=7)
        ids.append(current_flow_id())
        raise LookupError

    ids = []
    try:
        receive()
    except LookupError:
        logger.exception("failed")
    logger.complete()

    [line] = lines
    expected = {"flow_id": ids[0], "flow": "orders", "step": "receive", "order": "7"}
    assert line.record["extra"] == expected


def test_short_id(lines):
    """Lines may have the end of the ID only; a value with the name of a field is not a field."""
    logger.configure(patcher=partial(patcher, id_length=3))
    with bind("order-7"):
        annotate(step="lost", flow="lost", flow_id="lost")
        logger.info("hello")
    logger.complete()

    assert [str(line) for line in lines] == ["r-7 - - hello\n"]
