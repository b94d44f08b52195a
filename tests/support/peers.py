"""Services on loopback to which tests send requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Peer", "running"]


class Peer(ThreadingHTTPServer):
    """A service that keeps the headers of each request, and redirects where the path says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, dict[str, list[str]]]] = []
        self.redirects: dict[str, str] = {}
        self.wants_a_password = False

    @property
    def name(self) -> str:
        """The host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The address."""
        return f"http://{self.name}"

    def values(self, header: str = "x-request-id") -> list[list[str]]:
        """Return what each request had under *header*."""
        return [headers.get(header, []) for _, headers in self.heard]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Peer

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = {name.lower() for name in self.headers}
        heard = {name: self.headers.get_all(name) or [] for name in names}
        self.server.heard.append((self.path, heard))
        target = self.server.redirects.get(self.path)
        if self.server.wants_a_password and "authorization" not in names:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
        elif target:
            self.send_response(int(self.path.rpartition("/")[2]))
            self.send_header("Location", target)
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _answer  # noqa: N815 - so called by the standard library

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Peer]:
    """Run a service for a block."""
    with Peer() as peer:
        peer.daemon_threads = True
        thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield peer
        finally:
            peer.shutdown()
            thread.join()
