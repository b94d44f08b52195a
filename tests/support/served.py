"""Applications that real servers run in separate processes."""

import logging
import logging.config
import os
from typing import Any

from penstock import current_flow_id, current_run
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.wsgi import FlowMiddleware as WSGIFlowMiddleware

__all__ = ["LOGGING", "asgi", "wsgi"]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"flow": {"()": "penstock.contrib.logging.FlowFilter"}},
    "formatters": {
        "flow": {
            "()": "penstock.contrib.logging.FlowFormatter",
            "fmt": "%(name)s %(flow_id)s %(message)s",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "filters": ["flow"], "formatter": "flow"}
    },
    "root": {"handlers": ["stderr"], "level": "DEBUG"},
}

_log = logging.getLogger("shop")


def _answer() -> bytes:
    """Return the ID, and what was received and not adopted."""
    run = current_run()
    _log.info("in the application")
    return f"{current_flow_id()} {run and dict(run.values)}".encode()


async def _asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(2):
            await receive()
            await send({"type": "websocket.send", "text": current_flow_id()})
        await send({"type": "websocket.close"})
        return
    if scope["path"] == "/fails":
        raise LookupError
    if scope["path"] == "/stream":
        await send({"type": "http.response.start", "status": 200})
        for _ in range(3):
            body = f"{current_flow_id()}\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    body = _answer()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _wsgi(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/fails":
        raise LookupError
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", [])
        return (f"{current_flow_id()}\n".encode() for _ in range(3))
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = _answer()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


if "PENSTOCK_SERVED" in os.environ:  # not where the tests import this
    logging.config.dictConfig(LOGGING)
asgi = FlowMiddleware(_asgi, trust=True)
wsgi = WSGIFlowMiddleware(_wsgi, trust=True)
