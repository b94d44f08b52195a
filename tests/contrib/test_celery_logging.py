"""The lines of a real worker say the flow ID, whichever logger of Celery's wrote them."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery, signals
from celery.app.log import TaskFormatter
from servers import PATIENCE, wait_for

from penstock import bind
from penstock.contrib.celery import install, install_logging, uninstall, uninstall_logging

SUPPORT = Path(__file__).parents[1] / "support"
LINES = [
    "celery_batched.log[ID] received",
    "order-7 printed",
    "order-7 by the logger of tasks",
    "order-7 by a logger",
    "celery_batched.log[ID] succeeded",
]


def output(tmp_path, redis_url, fmt, pool):
    """Return the lines that a worker writes of one task."""
    environment = os.environ | {
        "PYTHONPATH": str(SUPPORT),
        "QUEUE_TEST_REDIS": redis_url,
        "CELERY_TEST_FORMAT": fmt,
        "TEST_BATCHED_SPANS": str(tmp_path / "spans"),
    }
    send = "from penstock import bind\nfrom celery_batched import log\nwith bind('order-7'): "
    code = f"{send}print(log.delay('order-7').id)"
    sent = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    log = tmp_path / "log"
    options = ("--loglevel", "INFO", "--concurrency", "1", "--without-mingle", "--pool", pool)
    with log.open("wb") as file:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_batched", "worker", *options],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "succeeded" in log.read_text(), log)
    finally:
        worker.terminate()
        worker.wait(PATIENCE)
    return log.read_text().replace(sent.stdout.strip(), "ID").splitlines()


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_worker(tmp_path, redis_url, pool):
    """All lines about a task begin with its ID, also those of `get_task_logger`."""
    lines = output(tmp_path, redis_url, "", pool)

    for wanted in LINES:
        (line,) = [line for line in lines if wanted in line]
        assert line.startswith("order-7 [20")
    assert any(line.startswith("- [20") and line.endswith(" ready.") for line in lines)
    assert not any("Logging error" in line for line in lines)


def test_format(tmp_path, redis_url):
    """A format of one's own may name the fields of penstock and of Celery's tasks."""
    lines = output(tmp_path, redis_url, "%(flow_id)s %(flow)s/%(step)s %(task_id)s %(msg)s", "solo")

    assert "order-7 jobs/log ID %s by the logger of tasks" in lines
    assert "order-7 jobs/log ID %s by a logger" in lines


@pytest.fixture
def app():
    """Return an application whose workers would have flow IDs in their lines."""
    made = Celery("orders", broker="memory://", set_as_current=False)
    yield made
    uninstall(made)
    uninstall_logging()
    made.close()


def set_up(formatter):
    """Return a handler that Celery has set up."""
    logger = logging.Logger("worker")  # noqa: LOG001 - for this test alone
    logger.addHandler(logging.StreamHandler())
    logger.handlers[0].setFormatter(formatter)
    for signal in (signals.after_setup_logger, signals.after_setup_task_logger):
        signal.send(sender=None, logger=logger)
    return logger.handlers[0]


def test_own_formatter(app):
    """A formatter of the application stays, and has the fields; a handler is completed once."""
    own = logging.Formatter("%(message)s %(flow_id)s")
    install_logging()
    handler = set_up(own)
    record = logging.makeLogRecord({"msg": "x", "name": "shop"})

    with bind("order-7"):
        assert handler.filter(record)

    assert handler.formatter is own
    assert handler.format(record) == "x order-7"
    assert len(handler.filters) == 1


@pytest.mark.parametrize("trust", [True, False])
def test_received(app, trust):
    """The line about a message that was received has an ID that is believed, and no other."""
    install(app, trust=trust)
    install_logging()
    handler = set_up(TaskFormatter("%(message)s"))

    def task_message_handler(flow_id):
        req = app.Request(flow_id)
        record = logging.makeLogRecord({"msg": req.id, "name": "celery.worker.strategy"})
        handler.filter(record)
        return handler.format(record)

    class Request:
        id = "received"

        def __init__(self, flow_id):
            self.app = app
            self.request_dict = {"X-Request-ID": flow_id}

    app.Request = Request

    assert task_message_handler("order-7") == f"{'order-7' if trust else '-'} received"
    assert task_message_handler("a\nb") == "- received"


def test_received_elsewhere(app):
    """A line of that logger which is about no message has no ID."""
    install_logging()
    handler = set_up(TaskFormatter("%(message)s"))
    record = logging.makeLogRecord({"msg": "x", "name": "celery.worker.strategy"})
    handler.filter(record)

    assert handler.format(record) == "- x"


def test_uninstall(app):
    """After `uninstall_logging`, handlers are left alone."""
    install_logging()
    uninstall_logging()

    assert set_up(None).filters == []
