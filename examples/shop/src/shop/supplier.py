"""The supplier's API: a real HTTP server on this machine, which is sometimes busy."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOMS: dict[str, dict[str, Any]] = {
    f"/boms/{number}": {
        "id": number,
        "parts": [{"number": f"P-{number}-{part}", "quantity": part} for part in range(1, number)],
    }
    for number in (3, 4, 7)
}


class Handler(BaseHTTPRequestHandler):
    """Handles ``GET /boms/NUMBER``. BOM 7 is busy the first time."""

    asked: set[str]

    def do_GET(self) -> None:
        """Respond to a request."""
        is_first, found = self.path not in self.asked, BOMS.get(self.path)
        self.asked.add(self.path)
        if found is None:
            self.send_error(404)
        elif is_first and self.path == "/boms/7":
            self.send_error(503)
        else:
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the supplier's log out of the shop's."""


class Server(ThreadingHTTPServer):
    """A server whose closing waits for responses that are being sent."""

    daemon_threads = False


@contextmanager
def supplier() -> Iterator[str]:
    """Run the API for the time of the block and yield its address."""
    handler = type("FreshHandler", (Handler,), {"asked": set()})
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="supplier")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
