"""Trust that a client cannot forge, behind real servers."""

import asyncio
import io
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from celery.app.task import Context
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.test import override_settings
from servers import PATIENCE, end, free_port, wait_for
from werkzeug.middleware.proxy_fix import ProxyFix

from penstock.boundary import Inbound, Secret
from penstock.contrib import aiokafka, confluent_kafka, kafka_python
from penstock.contrib.asgi import FlowMiddleware as AsgiFlowMiddleware
from penstock.contrib.celery import _carrier
from penstock.contrib.django._settings import read_inbound
from penstock.contrib.wsgi import FlowMiddleware
from penstock.exceptions import ConfigurationError

SUPPORT = Path(__file__).parents[1] / "support"
SECRET = "0123456789abcdef0123"
THEIRS = b"X-Request-ID: theirs-1"
FORGED = b"X-Forwarded-For: 127.0.0.1"
SHOWN = b"X-Proxy-Secret: " + SECRET.encode()
UVICORN = ["uvicorn", "behind_proxies:asgi"]
GUNICORN = ["gunicorn", "behind_proxies:wsgi", "--no-control-socket", "--bind"]
SERVERS = {
    "uvicorn": [*UVICORN, "--port", "{port}"],
    "uvicorn that believes all": [*UVICORN, "--port", "{port}", "--forwarded-allow-ips", "*"],
    "uvicorn on a Unix socket": [*UVICORN, "--uds", "{path}"],
    "hypercorn": ["hypercorn", "behind_proxies:asgi", "--bind", "127.0.0.1:{port}"],
    "granian": ["granian", "--port", "{port}", "--interface", "asgi", "behind_proxies:asgi"],
    "gunicorn": [
        "gunicorn",
        "behind_proxies:wsgi",
        "--no-control-socket",
        "--bind",
        "127.0.0.1:{port}",
    ],
    "gunicorn on a Unix socket": [*GUNICORN, "unix:{path}"],
}


class Server:
    """A server that runs."""

    def __init__(self, name, trust, folder):
        self.places = {"port": free_port(), "path": str(folder / "socket")}
        command = [part.format_map(self.places) for part in SERVERS[name]]
        self.is_local = any("{path}" in part for part in SERVERS[name])
        own = {"PYTHONPATH": str(SUPPORT), "SHOP_TRUST": trust, "SHOP_PROXY_SECRET": SECRET}
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=folder,
                env={**os.environ, **own},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def connect(self):
        if not self.is_local:
            return socket.create_connection(("127.0.0.1", self.places["port"]), PATIENCE)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(PATIENCE)
            connection.connect(self.places["path"])
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, *headers):
        """Return the whole response to a request."""
        lines = [b"GET / HTTP/1.1", b"Host: shop", b"Connection: close", *headers, b"", b""]
        with self.connect() as connection:
            connection.sendall(b"\r\n".join(lines))
            return connection.makefile("rb").read()

    def responses(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask()
        except OSError:
            return None


@pytest.fixture(params=SERVERS)
def serve(request, tmp_path):
    """Return a function that starts the server with someone to trust."""
    started = []

    def start(trust):
        server = Server(request.param, trust, tmp_path)
        started.append(server)
        wait_for(server.responses, server.log)
        return server

    yield start
    for server in started:
        end(server.process, server.log)


def test_secret(serve):
    """An ID is adopted from who sends the secret, and nothing forged replaces it."""
    server = serve("secret")

    assert b"theirs-1" in server.ask(THEIRS, SHOWN)
    assert b"theirs-1" in server.ask(THEIRS, SHOWN, b"X-Forwarded-For: 203.0.113.9")
    for forged in ([], [FORGED], [SHOWN[:-1]], [SHOWN + b"0"], [b"X-Proxy-Secret:"]):
        assert b"theirs-1" not in server.ask(THEIRS, *forged)
    assert b"theirs-1" not in server.ask(THEIRS, SHOWN, b"X-Proxy-Secret: guessed")
    assert b"theirs-1" not in server.ask(b"X_Request_ID: theirs-1", SHOWN)
    assert SECRET.encode() not in server.ask(THEIRS, SHOWN)
    assert SECRET not in server.log.read_text()


@pytest.mark.parametrize(
    ("serve", "can_forge"),
    [
        ("uvicorn", True),
        ("uvicorn that believes all", True),
        ("uvicorn on a Unix socket", False),
        ("hypercorn", False),
        ("granian", False),
        ("gunicorn", False),
        ("gunicorn on a Unix socket", False),
    ],
    indirect=["serve"],
)
def test_networks(serve, can_forge):
    """A header can forge the address with exactly those servers that the docs name."""
    forged = b"X-Forwarded-For: 192.0.2.7"

    assert (b"theirs-1" in serve("192.0.2.0/24").ask(THEIRS, forged)) is can_forge


def ask(app, **environ):
    """Return the flow ID of a request to an application of WSGI."""
    seen = {}

    def start_response(_status, headers, *_):
        seen.update(headers)

    list(app({"HTTP_X_REQUEST_ID": "theirs-1", **environ}, start_response))
    return seen["X-Request-ID"]


def shop(_environ, start_response):
    start_response("200 OK", [])
    return []


@pytest.mark.parametrize(
    ("peer", "is_adopted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("fd00::1", True),
        ("fd00::1%eth0", True),
        ("11.1.2.3", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_networks_of_peers(peer, is_adopted):
    """The address of the peer is in one of the networks, or nothing is adopted."""
    app = FlowMiddleware(shop, trust=["10.0.0.0/8", "fd00::/8"])

    assert (ask(app, REMOTE_ADDR=peer) == "theirs-1") is is_adopted


def test_unknown_peer():
    """Without an address nothing is adopted."""
    assert ask(FlowMiddleware(shop, trust=["10.0.0.0/8"])) != "theirs-1"


@pytest.mark.parametrize(("peer", "is_adopted"), [("10.0.0.2", True), ("203.0.113.9", False)])
def test_proxy_fix(peer, is_adopted):
    """Within ProxyFix it is still the peer that counts, not what X-Forwarded-For claims."""
    app = ProxyFix(FlowMiddleware(shop, trust=["10.0.0.0/8"]))
    forged = "203.0.113.7" if is_adopted else "10.0.0.2"

    adopted = ask(app, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forged, HTTP_HOST="shop")
    assert (adopted == "theirs-1") is is_adopted


@pytest.mark.parametrize("is_real", [False, True])
def test_networks_under_django(is_real, settings_of_django, caplog):
    """Under ASGI the address counts only where the project says so; it is reported once."""
    settings_of_django(trust=["192.0.2.0/24"], real_peer=is_real)
    inbound = read_inbound()
    headers = {"X-Request-ID": "theirs-1"}
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "client": ("192.0.2.7", 1),
    }
    asgi = ASGIRequest(scope, io.BytesIO())
    wsgi = WSGIRequest(
        {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "REMOTE_ADDR": "192.0.2.7"}
    )

    assert inbound.receive(headers, wsgi).flow_id == "theirs-1"
    for _ in range(2):
        assert (inbound.receive(headers, asgi).flow_id == "theirs-1") is is_real
    assert [line[:18] for line in caplog.messages] == [] if is_real else ["settings.PENSTOCK:"]


@pytest.fixture
def settings_of_django():
    """Return what sets ``settings.PENSTOCK`` for a test."""
    stack = ExitStack()
    stack.enter_context(pytest.MonkeyPatch.context()).setenv(
        "DJANGO_SETTINGS_MODULE", "django_settings"
    )
    django.setup()
    yield lambda **penstock: stack.enter_context(override_settings(PENSTOCK=penstock))
    stack.close()


def test_networks_under_asgi():
    """Networks are refused where a server may give an address that a client wrote."""
    with pytest.raises(ConfigurationError, match="may be rewritten: use Secret"):
        AsgiFlowMiddleware(None, trust=["10.0.0.0/8"])


async def never(*_):
    return False


def drive(result):
    """Await *result*, which is the coroutine of an asynchronous loop."""
    asyncio.run(result)


@pytest.mark.parametrize(
    ("consume", "arguments"),
    [
        (aiokafka.consume, {"until": never}),
        (aiokafka.consume_batches, {"until": never}),
        (kafka_python.consume, {"until": never}),
        (kafka_python.consume_batches, {"until": never}),
        (confluent_kafka.consume, {"until": never}),
        (confluent_kafka.consume_batches, {"until": never}),
    ],
    ids=lambda value: getattr(value, "__module__", None),
)
def test_until_that_nobody_awaits(consume, arguments):
    """A loop whose end nobody would wait for does not begin."""
    with pytest.raises(ConfigurationError, match="until cannot be a coroutine function"):
        drive(consume(None, lambda _: None, **arguments))


@pytest.mark.parametrize("module", [kafka_python, confluent_kafka])
def test_handler_that_nobody_awaits(module):
    """A handler whose messages would be lost is refused."""
    for consume in (module.consume, module.consume_batches):
        with pytest.raises(ConfigurationError, match="handler cannot be a coroutine function"):
            consume(None, never)


def test_celery(monkeypatch):
    """A task is adopted from who sends the secret among its headers."""
    monkeypatch.setenv("PROXY_SECRET", SECRET)
    inbound = Inbound(trust=Secret("X-Proxy-Secret", env="PROXY_SECRET"))
    request = Context({"X-Request-ID": "theirs-1", "X-Proxy-Secret": SECRET})

    assert inbound.receive(_carrier(request, inbound.reads)).flow_id == "theirs-1"
