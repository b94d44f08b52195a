"""Real servers in separate processes, with requests over sockets."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from served import LOGGING
from servers import PATIENCE, end
from websockets.sync.client import connect

SUPPORT = Path(__file__).parents[1] / "support"
FORMAT = "access %(U)s %({x-request-id}o)s"
NEW_ID = re.compile(r"[0-9a-f]{32}")

UVICORN = ["uvicorn", "served:asgi", "--fd", "{fd}", "--log-config", "{log}", "--http"]
HYPERCORN = ["hypercorn", "served:asgi", "--bind", "fd://{fd}", "--access-logfile", "-"]
GUNICORN = ["gunicorn", "served:wsgi", "--bind", "fd://{fd}", "--access-logfile", "-"]
GUNICORN += ["--no-control-socket", "--access-logformat", FORMAT, "--worker-class"]
GRANIAN = ["granian", "--port", "{port}", "--interface"]
SERVERS = {
    "uvicorn-h11": [*UVICORN, "h11"],
    "uvicorn-httptools": [*UVICORN, "httptools"],
    "hypercorn": [*HYPERCORN, "--access-logformat", FORMAT],
    "granian-asgi": [*GRANIAN, "asgi", "served:asgi"],
    "granian-wsgi": [*GRANIAN, "wsgi", "served:wsgi"],
    "gunicorn-sync": [*GUNICORN, "sync"],
    "gunicorn-gthread": [*GUNICORN, "gthread", "--threads", "4"],
    "gunicorn-gevent": [*GUNICORN, "gevent"],
}


# Granian's access log has no fields of the response, and WSGI has no websockets.
LOG_ANSWERS = [name for name in SERVERS if not name.startswith("granian")]
HAVE_WEBSOCKETS = [name for name, command in SERVERS.items() if "served:asgi" in command]


class Server:
    """A server that is running, and what it wrote."""

    def __init__(self, name, port, log):
        self.name = name
        self.port = port
        self.log = log

    def is_one_of(self, *names):
        """Return whether this is one of *names*."""
        return self.name.startswith(names)

    def written(self, until):
        """Return what was written, once it contains *until*."""
        deadline = time.monotonic() + PATIENCE
        while until not in (text := self.log.read_text(errors="replace")):
            assert time.monotonic() < deadline, text
            time.sleep(0.02)
        return text

    def connect(self):
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def ask(self, path="/", *headers):
        """Return the response to one request."""
        with self.connect() as connection:
            connection.sendall(request(path, *headers, b"Connection: close"))
            return read_response(connection.makefile("rb"))


def request(path, *headers, body=b""):
    """Return the bytes of one request."""
    method = b"POST" if body else b"GET"
    lines = [b"%s %s HTTP/1.1" % (method, path.encode()), b"Host: shop", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def read_response(stream):
    """Return status, headers and body of the next response."""
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        headers.setdefault(name.decode().lower(), value.strip().decode("latin-1"))
    if "content-length" in headers:
        return status, headers, stream.read(int(headers["content-length"])).decode()
    if headers.get("transfer-encoding") != "chunked":
        return status, headers, stream.read().decode()
    chunks = []
    while size := int(stream.readline(), 16):
        chunks.append(stream.read(size))
        stream.readline()
    stream.readline()
    return status, headers, b"".join(chunks).decode()


def free_port():
    """Return a port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    """Run a server."""
    folder = tmp_path_factory.mktemp(request.param)
    config, log = folder / "logging.json", folder / "log"
    config.write_text(json.dumps(LOGGING))
    command = SERVERS[request.param]
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("wb") as output:
        places = {"fd": listening.fileno(), "log": config, "port": free_port()}
        own = "{port}" in command
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *(part.format_map(places) if "%" not in part else part for part in command),
            ],
            cwd=SUPPORT,
            env={**os.environ, "PYTHONPATH": str(SUPPORT), "PENSTOCK_SERVED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
        )
        port = places["port"] if own else listening.getsockname()[1]
        running = Server(request.param, port, log)
        try:
            wait_for(running, process)
            yield running
        finally:
            end(process, log)


def wait_for(server, process):
    """Wait until *server* accepts connections."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.ask("/ready")
        except OSError:
            assert process.poll() is None, server.log.read_text()
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.05)
        else:
            return


def test_new_id(server):
    """Each request has its own ID, which is in the response."""
    responses = [server.ask() for _ in range(3)]

    assert [text.split()[0] for _, _, text in responses] == [
        headers["x-request-id"] for _, headers, _ in responses
    ]
    assert len({headers["x-request-id"] for _, headers, _ in responses}) == 3


def test_adopted(server):
    """An ID that is trusted is adopted, and only by the request that brought it."""
    _, adopted, _ = server.ask("/", b"X-Request-ID: theirs-1")
    _, own, _ = server.ask()

    assert adopted["x-request-id"] == "theirs-1" != own["x-request-id"]


def test_keep_alive_and_pipelined(server):
    """Requests on one connection, one after the other or all at once, never share an ID."""
    body = b"x" * 100_000  # enough for a server to stop reading, and to go on within a request
    with server.connect() as connection:
        stream = connection.makefile("rb")
        seen = []
        for _ in range(3):
            connection.sendall(request("/"))
            seen.append(read_response(stream))
            if seen[-1][1].get("connection") == "close":  # of a server that keeps none
                return
        connection.sendall(b"".join(request("/", body=body if n % 2 else b"") for n in range(12)))
        seen += [read_response(stream) for _ in range(12)]

    assert [text.split()[0] for _, _, text in seen] == [
        headers["x-request-id"] for _, headers, _ in seen
    ]
    assert len({headers["x-request-id"] for _, headers, _ in seen}) == 15


def test_stream(server):
    """Every part of a body that is streamed has the ID."""
    _, headers, text = server.ask("/stream")

    assert text.split() == [headers["x-request-id"]] * 3


def test_client_that_leaves(server):
    """After clients that left at once, nothing of them is there."""
    for _ in range(5):
        with server.connect() as connection:
            connection.sendall(request("/stream"))
    _, headers, text = server.ask()

    assert text.split()[0] == headers["x-request-id"]


def test_failure(server):
    """The server's log of an application that failed has the ID as a note."""
    status, _, _ = server.ask("/fails", b"X-Request-ID: fails-1")

    assert status == 500
    if not server.is_one_of("granian"):  # it writes the exception in its own way
        assert "LookupError" in server.written("flow ID: fails-1")


@pytest.mark.parametrize("server", LOG_ANSWERS, indirect=True)
def test_access_log(server):
    """The access log has the ID, with the settings that the documentation shows."""
    server.ask("/", b"X-Request-ID: logged-1")

    uvicorn = server.is_one_of("uvicorn")
    expected = "uvicorn.access logged-1 " if uvicorn else "access / logged-1\n"
    assert expected in server.written(expected)


@pytest.mark.parametrize("server", HAVE_WEBSOCKETS, indirect=True)
def test_websocket(server):
    """A websocket has one ID, which is in the response of its handshake."""
    with connect(f"ws://127.0.0.1:{server.port}/", proxy=None) as connection:
        received = []
        for _ in range(2):
            connection.send("who")
            received.append(connection.recv())
        returned = connection.response.headers.get("x-request-id")

    assert received[0] == received[1]
    if not server.is_one_of("granian"):  # it leaves out what the application says there
        assert received[0] == returned


HOSTILE = {
    "too long": [b"X-Request-ID: EVIL" + b"a" * 8000],
    "line feed": [b"X-Request-ID: <EVIL\nSet-Cookie: EVIL=1"],
    "carriage return": [b"X-Request-ID: <EVIL\rSet-Cookie: EVIL=1"],
    "folded": [b"X-Request-ID: EVIL", b" EVIL"],
    "next line": [b"X-Request-ID: EVIL\x85EVIL"],
    "null": [b"X-Request-ID: EVIL\x00EVIL"],
    "invalid UTF-8": [b"X-Request-ID: EVIL\xff\xfe"],
    "UTF-8": ["X-Request-ID: EVIL\N{FULLWIDTH DIGIT ONE}".encode()],
    "markup": [b"X-Request-ID: <EVIL>"],
    "two": [b"X-Request-ID: EVIL1", b"X-Request-ID: EVIL2"],
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
def test_hostile(server, headers):
    """An invalid flow ID is refused by the server, or not adopted, returned or logged."""
    with server.connect() as connection:
        connection.sendall(request("/", *headers, b"Connection: close"))
        try:
            status, returned, text = read_response(connection.makefile("rb"))
        except (ConnectionError, IndexError):  # a server that hangs up
            return

    assert "set-cookie" not in returned
    if status == 200:
        assert NEW_ID.fullmatch(returned["x-request-id"])
        assert text == f"{returned['x-request-id']} {{}}"
        assert "EVIL" not in server.written(returned["x-request-id"])
