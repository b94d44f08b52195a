"""`install_logging` and the handlers of Celery; `test_worker_exit` has real workers."""

import logging
from types import SimpleNamespace

import pytest
from celery import Celery, signals
from celery.app.log import TaskFormatter

from penstock import bind
from penstock.contrib.celery import install, install_logging, uninstall, uninstall_logging


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
        signal.send(sender=None, logger=logger, format=getattr(formatter, "_fmt", None))
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


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"validator": lambda found: found == "a"}, "-"), ({"transformer": str.upper}, "ORDER-7")],
    ids=["validator", "transformer"],
)
def test_received_by_rules(app, settings, expected):
    """The line has the ID that the task will have."""
    install(app, **settings)
    install_logging()
    handler = set_up(TaskFormatter("%(message)s"))
    request = SimpleNamespace(app=app, request_dict={"X-Request-ID": "order-7"})

    def task_message_handler(req):
        record = logging.makeLogRecord({"msg": "received", "name": "celery.worker.strategy"})
        handler.filter(record)
        return handler.format(record) if req else None

    assert task_message_handler(request) == f"{expected} received"


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
