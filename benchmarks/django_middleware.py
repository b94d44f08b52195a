"""The cost of a middleware of Django in a request, as multiples of that of django-guid."""

import asyncio
import io
import logging
from collections.abc import Callable
from time import process_time_ns
from typing import Any

import django
from _measure import Timer, measure, report, rounds_and_versions
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from middleware import HEADERS, THEIRS

GUID = {"GUID_HEADER_NAME": "X-Request-ID", "RETURN_HEADER": True, "EXPOSE_HEADER": False}


def view(request: HttpRequest) -> HttpResponse:
    """Respond at once."""
    return HttpResponse(b"{}")


async def view_later(request: HttpRequest) -> HttpResponse:
    """Respond at once."""
    return HttpResponse(b"{}")


def requests(number: int, more: tuple[tuple[bytes, bytes], ...]) -> list[ASGIRequest]:
    """Return requests whose headers nobody has read."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [*HEADERS, *more]}
    return [ASGIRequest(scope, io.BytesIO()) for _ in range(number)]


def timed(middleware: Callable[..., Any], *more: tuple[bytes, bytes]) -> Timer:
    """Return a timer of requests to a synchronous middleware, closed as a server does."""

    def run(number: int) -> int:
        waiting = requests(number, more)
        started = process_time_ns()
        for request in waiting:
            middleware(request).close()
        return process_time_ns() - started

    return run


def timed_later(middleware: Callable[..., Any], *more: tuple[bytes, bytes]) -> Timer:
    """Return a timer of requests to an asynchronous middleware, closed as a server does."""

    async def run(number: int) -> int:
        waiting = requests(number, more)
        started = process_time_ns()
        for request in waiting:
            (await middleware(request)).close()
        return process_time_ns() - started

    return lambda number: asyncio.run(run(number))


def tables() -> dict[str, dict[str, Timer]]:
    """Return what is timed, by its title."""
    # They read the settings.
    from django_guid.middleware import guid_middleware as guid  # noqa: PLC0415

    from penstock.contrib.django import FlowMiddleware  # noqa: PLC0415

    settings.PENSTOCK = {"trust": True}
    trusting, trusting_later = FlowMiddleware(view), FlowMiddleware(view_later)
    settings.PENSTOCK = {}
    own, own_later = FlowMiddleware(view), FlowMiddleware(view_later)
    return {
        "a request without an ID": {
            "django-guid": timed(guid(view)),
            "no middleware": timed(view),
            "penstock": timed(own),
        },
        "a request with an ID": {
            "django-guid, adopts": timed(guid(view), THEIRS),
            "no middleware": timed(view, THEIRS),
            "penstock, adopts": timed(trusting, THEIRS),
            "penstock, makes its own": timed(own, THEIRS),
        },
        "an async request without an ID": {
            "django-guid": timed_later(guid(view_later)),
            "no middleware": timed_later(view_later),
            "penstock": timed_later(own_later),
        },
        "an async request with an ID": {
            "django-guid, adopts": timed_later(guid(view_later), THEIRS),
            "no middleware": timed_later(view_later, THEIRS),
            "penstock, adopts": timed_later(trusting_later, THEIRS),
            "penstock, makes its own": timed_later(own_later, THEIRS),
        },
    }


def main() -> None:
    """Measure and print every table."""
    rounds = rounds_and_versions(__doc__, "django-guid", "django-guid", "django")
    logging.disable()
    settings.configure(DJANGO_GUID=GUID, INSTALLED_APPS=["django_guid"])
    django.setup()
    for title, cases in tables().items():
        report(title, measure(cases, rounds))


if __name__ == "__main__":
    main()
