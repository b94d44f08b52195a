"""The cost of a middleware in a request, as multiples of that of asgi-correlation-id."""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable
from time import process_time_ns
from typing import Any

import django
from _measure import Timer, measure, report, rounds_and_versions
from asgi_correlation_id import CorrelationIdMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from starlette_context.middleware import RawContextMiddleware
from starlette_context.plugins import RequestIdPlugin

from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.wsgi import FlowMiddleware as WSGIFlowMiddleware

# What a browser sends through a proxy; none of it is looked for, or the last one is.
HEADERS = [
    (b"host", b"shop.example"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-GB,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"referer", b"https://shop.example/orders"),
    (b"cookie", b"session=f1a0bd1f5d4e; theme=dark"),
    (b"x-forwarded-for", b"192.0.2.7"),
    (b"x-forwarded-proto", b"https"),
    (b"connection", b"keep-alive"),
]
THEIRS = (b"x-request-id", b"4bf92f3577b34da6a3ce929d0e0e4736")
REFUSED = (b"x-request-id", b"01JX2K9Q8Z7Y6W5V4T3S2R1Q0P")
"""No UUID but a ULID, which asgi-correlation-id refuses."""

RESPONSE = [(b"content-type", b"application/json"), (b"content-length", b"2")]

ROUTE = Callable[..., Awaitable[None]]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Respond at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [*RESPONSE]})
    await send({"type": "http.response.body", "body": b"{}"})


def bare_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """Respond at once."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


async def nothing(*_: object) -> dict[str, Any]:
    """Take what is sent."""
    return {}


def timed_asgi(app: ROUTE, *more: tuple[bytes, bytes]) -> Timer:
    """Return a timer of requests to an ASGI application."""

    async def run(number: int) -> int:
        started = process_time_ns()
        for _ in range(number):
            scope = {"type": "http", "path": "/", "headers": [*HEADERS, *more], "state": {}}
            await app(scope, nothing, nothing)
        return process_time_ns() - started

    return lambda number: asyncio.run(run(number))


def timed_wsgi(app: Callable[..., Any], **more: str) -> Timer:
    """Return a timer of requests to a WSGI application."""
    names = (name.decode().upper().replace("-", "_") for name, _ in HEADERS)
    values = (value.decode() for _, value in HEADERS)
    environ = {f"HTTP_{name}": value for name, value in zip(names, values, strict=True)} | more

    def run(number: int) -> int:
        started = process_time_ns()
        for _ in range(number):
            for _item in app({**environ}, lambda *_: None):
                pass
        return process_time_ns() - started

    return run


def timed_django(middleware: Callable[..., Any], *more: tuple[bytes, bytes]) -> Timer:
    """Return a timer of requests of Django to a middleware alone."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [*HEADERS, *more]}

    def run(number: int) -> int:
        requests = [ASGIRequest(scope, io.BytesIO()) for _ in range(number)]
        started = process_time_ns()
        for request in requests:
            middleware(request)
        return process_time_ns() - started

    return run


def starlette_context(app: Any) -> Any:
    """Return *app* in the middleware of starlette-context, with its request ID."""
    return RawContextMiddleware(app, plugins=(RequestIdPlugin(),))


def guid(app: Any) -> Any:
    """Return the middleware of django-guid around a view that responds at once."""
    from django_guid.middleware import guid_middleware  # noqa: PLC0415 - it reads the settings

    return guid_middleware(lambda request: HttpResponse(b"{}"))


def tables() -> dict[str, dict[str, Timer]]:
    """Return what is timed, by its title."""
    adopted = {"HTTP_X_REQUEST_ID": THEIRS[1].decode()}
    return {
        "a request without an ID": {
            "asgi-correlation-id": timed_asgi(CorrelationIdMiddleware(bare)),
            "no middleware": timed_asgi(bare),
            "penstock, ASGI": timed_asgi(FlowMiddleware(bare)),
            "penstock, WSGI": timed_wsgi(WSGIFlowMiddleware(bare_wsgi)),
            "starlette-context": timed_asgi(starlette_context(bare)),
            "django-guid (with Django's own request)": timed_django(guid(bare)),
        },
        "a request with an ID that is adopted": {
            "asgi-correlation-id": timed_asgi(CorrelationIdMiddleware(bare), THEIRS),
            "no middleware": timed_asgi(bare, THEIRS),
            "penstock, ASGI": timed_asgi(FlowMiddleware(bare, trust=True), THEIRS),
            "penstock, WSGI": timed_wsgi(WSGIFlowMiddleware(bare_wsgi, trust=True), **adopted),
            "starlette-context": timed_asgi(starlette_context(bare), THEIRS),
            "django-guid": timed_django(guid(bare), (b"correlation-id", THEIRS[1])),
        },
        # The others take each that is a UUID; penstock takes none from who is not trusted.
        "a request with an ID that is not adopted": {
            "asgi-correlation-id": timed_asgi(CorrelationIdMiddleware(bare), REFUSED),
            "no middleware": timed_asgi(bare, REFUSED),
            "penstock, ASGI, no UUID": timed_asgi(FlowMiddleware(bare), REFUSED),
            "penstock, ASGI, a UUID": timed_asgi(FlowMiddleware(bare), THEIRS),
            "penstock, WSGI": timed_wsgi(
                WSGIFlowMiddleware(bare_wsgi), HTTP_X_REQUEST_ID=REFUSED[1].decode()
            ),
            "django-guid": timed_django(guid(bare), (b"correlation-id", REFUSED[1])),
        },
    }


def main() -> None:
    """Measure and print every table."""
    packages = ("asgi-correlation-id", "starlette-context", "django-guid", "django")
    rounds = rounds_and_versions(__doc__, "asgi-correlation-id", *packages)
    logging.disable()
    settings.configure(DJANGO_GUID={"RETURN_HEADER": True}, INSTALLED_APPS=["django_guid"])
    django.setup()
    for title, cases in tables().items():
        report(title, measure(cases, rounds))


if __name__ == "__main__":
    main()
