"""Django behind real servers: what a connection carries, and what a client that leaves does."""

import json
import os
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from servers import PATIENCE, end, free_port, listens, wait_for

SUPPORT = Path(__file__).parents[1] / "support"
ACCESS_LOG = ("--access-logfile", "-", "--access-logformat", "access %({x-request-id}o)s %(U)s")
SERVERS = {
    "gunicorn": ("gunicorn", "django_app:wsgi", *ACCESS_LOG),
    "gunicorn with threads": ("gunicorn", "django_app:wsgi", "--threads", "4"),
    "uvicorn": ("uvicorn", "django_app:asgi", "--lifespan", "off"),
}


@contextmanager
def running(folder, command, **more):
    """Run a server, and yield how to reach it and what it logged."""
    port, log = free_port(), folder / "server.log"
    where = ("--bind", f"127.0.0.1:{port}") if command[0] == "gunicorn" else ("--port", str(port))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "django_settings",
        "DJANGO_TEST_TRUST": "1",
        "PYTHONPATH": str(SUPPORT),
        **more,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *where],
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: listens(port), log)
        yield SimpleNamespace(port=port, log=log)
    finally:
        end(process, log)


@pytest.fixture(scope="module", params=SERVERS, ids=SERVERS)
def server(request, tmp_path_factory):
    """Return a real server with the project."""
    with running(tmp_path_factory.mktemp("server"), SERVERS[request.param]) as place:
        place.name = request.param
        yield place


def exchange(server, sent, last=True):
    """Return all that the server sends back after the bytes *sent* on one connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received.decode("latin-1")


def ask(path, *headers, last=False):
    """Return the bytes of one request."""
    more = [*headers, "Connection: close"] if last else headers
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *more, "", ""]).encode("latin-1")


def returned_ids(text):
    """Return the IDs in the headers of the responses."""
    return re.findall(r"(?im)^x-request-id: (\S+)\r$", text)


def test_one_connection(server):
    """Requests on one connection, sent all at once, have an ID each, in header and body."""
    sent = b"".join(ask("/say", last=n == 19) for n in range(20))

    text = exchange(server, sent)

    ids = returned_ids(text)
    assert len(set(ids)) == len(ids)
    assert len(ids) in {20, 1}  # a server need not keep connections
    assert [text.count(flow_id) for flow_id in ids] == [2] * len(ids)
    assert text.count('"parent": "None"') == len(ids)


def test_adopted_and_then_not(server):
    """An ID that one request brought is not that of the next one."""
    text = exchange(server, ask("/say", "X-Request-ID: theirs") + ask("/say", last=True))

    first, *others = returned_ids(text)
    assert first == "theirs"
    assert "theirs" not in others


HOSTILE = {
    "8 KB": "x" * 8192,
    "space": "evil id",
    "latin": "evil\xe9",
    "invalid UTF-8": "evil\xff\xfe",
    "NEL": "evil\x85id",
    "null": "evil\x00id",
    "CR": "evil\rid",
    "line that is continued": "evil\r\n id",
    "twice": "evil\r\nX-Request-ID: other",
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_hostile(server, sent):
    """An invalid flow ID is neither adopted nor returned, if the server accepts it at all."""
    text = exchange(server, ask("/log", f"X-Request-ID: {sent}", last=True))

    assert [len(flow_id) for flow_id in returned_ids(text)] in ([32], [])
    assert sent not in text
    for flow_id in returned_ids(text):
        (line,) = logged(server, f"seen in {flow_id}")
        assert line == f"seen in {flow_id} with {{}}"


def logged(server, part):
    """Return the lines of the server's log with *part* in them."""

    def find():
        written = server.log.read_text(errors="replace").split("\n")
        return [line for line in written if part in line]

    return wait_for(find, server.log)


def test_client_that_leaves(server):
    """A body whose client goes away in its midst ends in the run of its request."""
    path = "/endless-later" if server.name == "uvicorn" else "/endless"
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(ask(path))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
    (left,) = returned_ids(head.decode("latin-1"))

    assert logged(server, f"left in {left}") == [f"left in {left}"]

    (after,) = returned_ids(exchange(server, ask("/say", last=True)))

    assert (len(after), after == left) == (32, False)


def test_access_log(server):
    """The server's own log has the ID of the response, where its format asks for it."""
    if server.name != "gunicorn":
        return
    (flow_id,) = returned_ids(exchange(server, ask("/say", last=True)))

    assert wait_for(lambda: f"access {flow_id} /say" in server.log.read_text(), server.log)


UVICORN_LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"flow": {"()": "penstock.contrib.logging.FlowFilter"}},
    "formatters": {"line": {"format": "access %(flow_id)s %(message)s"}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "filters": ["flow"], "formatter": "line"}
    },
    "loggers": {"uvicorn.access": {"handlers": ["out"], "level": "INFO", "propagate": False}},
}


def test_access_log_of_uvicorn(tmp_path):
    """Its lines have the ID of the response where the middleware for ASGI is around Django."""
    settings = tmp_path / "log.json"
    settings.write_text(json.dumps(UVICORN_LOG))
    command = ("uvicorn", "django_app:wrapped", "--lifespan", "off", "--log-config", str(settings))
    with running(tmp_path, command, DJANGO_TEST_WRAPPED="1") as server:
        (flow_id,) = returned_ids(exchange(server, ask("/say-later", last=True)))

        (line,) = logged(server, f"access {flow_id}")

    assert line.endswith('"GET /say-later HTTP/1.1" 200')
