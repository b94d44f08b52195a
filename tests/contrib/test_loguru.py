"""Log lines of loguru."""

import pytest
from loguru import logger

from penstock import annotate, bind, entrypoint, flow
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
        logger.bind(tenant="south", step="mine").info("said")
    logger.complete()

    [line] = lines
    assert line.record["extra"] == {
        "tenant": "south",
        "step": "mine",
        "flow_id": "order-7",
        "flow": "-",
        "order": 7,
    }
