"""The log lines of a real server about requests to FastAPI."""

import logging
import socket
import threading
import time
from http.client import HTTPConnection

import pytest
import uvicorn
from fastapi import FastAPI

from penstock import annotate, current_run, entrypoint, flow
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.logging import FlowFilter
from penstock.testing import isolated_registry


def make_api():
    """Return an application whose endpoints annotate from the threads that they run in."""
    api = FastAPI()

    @api.get("/plain")
    def plain():
        current_run().annotate(tenant="north")
        annotate(local=True)

    @api.get("/declared")
    @flow("orders")
    @entrypoint
    def declared():
        current_run().annotate(tenant="north")
        annotate(local=True)

    @api.get("/failing")
    @flow("orders")
    @entrypoint
    def failing():
        current_run().annotate(tenant="north")
        annotate(order=7)
        raise LookupError

    return api


@pytest.fixture
def api():
    with isolated_registry():
        yield make_api()


@pytest.fixture(params=["around", "added"])
def ask(request, api):
    """Return what asks the server, and returns the fields of the lines that it then wrote."""
    if request.param == "around":
        app = FlowMiddleware(api)
    else:
        api.add_middleware(FlowMiddleware)
        app = api
    lines = []

    class Keeping(logging.Handler):
        def emit(self, record):
            lines.append(record.__dict__)

    handler = Keeping()
    handler.addFilter(FlowFilter())
    loggers = [logging.getLogger(name) for name in ("uvicorn.access", "uvicorn.error")]
    before = [(logger.level, logger.disabled, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.level, logger.disabled, logger.propagate = logging.INFO, False, False
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()

    def get(path):
        while not server.started:
            time.sleep(0.01)
        del lines[:]
        connection = HTTPConnection(*listening.getsockname(), timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        connection.close()
        server.should_exit = True
        thread.join()
        return response, lines

    yield get
    server.should_exit = True
    thread.join()
    for logger, (level, disabled, propagate) in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.level, logger.disabled, logger.propagate = level, disabled, propagate
    listening.close()


@pytest.mark.parametrize("path", ["/plain", "/declared"])
def test_access_line(ask, path):
    """It has what an endpoint attached to the whole run, and not what it attached in its thread."""
    response, lines = ask(path)

    [line] = [line for line in lines if line["name"] == "uvicorn.access"]
    assert line["flow_id"] == response.headers["x-request-id"]
    assert line["tenant"] == "north"
    assert "local" not in line


def test_error_line(ask):
    """The server's log of an exception shows the operation, with all its values."""
    response, lines = ask("/failing")

    [line] = [line for line in lines if line["exc_info"]]
    fields = {name: line[name] for name in ("flow", "step", "tenant", "order")}
    assert fields == {"flow": "orders", "step": "failing", "tenant": "north", "order": "7"}
    if "x-request-id" in response.headers:  # a middleware within makes no header of the error page
        assert line["flow_id"] == response.headers["x-request-id"]
    assert len(line["flow_id"]) == 32
