"""Responses that are raised: an error of the client is not a failure of a step."""

import urllib.error

import aiohttp.web
import django
import django.core.exceptions as django_errors
import fastapi.exceptions
import httpx
import litestar.exceptions
import pytest
import starlette.exceptions
import werkzeug.exceptions
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from flask import Flask, abort
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from recording import _exporters, declare, recorded
from werkzeug.exceptions import HTTPException as WerkzeugError
from werkzeug.wrappers import Response

from penstock import entrypoint, flow
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.failure_records import find_failure
from penstock.contrib.opentelemetry import OpenTelemetryExporter

__all__ = ["_exporters", "recorded"]

REQUEST = httpx.Request("GET", "http://stock.internal")


class HostileError(WerkzeugError):
    """A response that is none."""

    response = property(lambda self: 1 / 0)

    def __init__(self):
        super(WerkzeugError, self).__init__()


RESPONSES = {
    "starlette": lambda: starlette.exceptions.HTTPException(404),
    "fastapi": lambda: fastapi.exceptions.HTTPException(418),
    "fastapi, invalid": lambda: fastapi.exceptions.RequestValidationError([]),
    "litestar": lambda: litestar.exceptions.HTTPException(status_code=404),
    "litestar, by name": litestar.exceptions.NotFoundException,
    "werkzeug": werkzeug.exceptions.NotFound,
    "werkzeug, of one's own": lambda: werkzeug.exceptions.HTTPException(
        response=Response(status=403)
    ),
    "aiohttp": aiohttp.web.HTTPNotFound,
    "aiohttp, elsewhere": lambda: aiohttp.web.HTTPFound("/"),
    "django": Http404,
    "django, permission": django_errors.PermissionDenied,
    "django, bad": django_errors.BadRequest,
    "django, suspicious": django_errors.DisallowedHost,
    "django, multipart": MultiPartParserError,
}
FAILURES = {
    "starlette": lambda: starlette.exceptions.HTTPException(503),
    "litestar": litestar.exceptions.InternalServerException,
    "werkzeug": werkzeug.exceptions.BadGateway,
    "werkzeug, of one's own": lambda: werkzeug.exceptions.HTTPException(
        response=Response(status=500)
    ),
    "werkzeug, without a status": WerkzeugError,
    "werkzeug, hostile": HostileError,
    "aiohttp": aiohttp.web.HTTPBadGateway,
    "django": django_errors.ObjectDoesNotExist,
    "another service": lambda: httpx.HTTPStatusError(
        "not found", request=REQUEST, response=httpx.Response(404)
    ),
    "another service, urllib": lambda: urllib.error.HTTPError("/", 404, "", {}, None),
    "the same name": type("HTTPException", (Exception,), {"status_code": 404}),
}


def raised(make):
    """Return what a declared step raises."""
    error = make()

    def begin():
        raise error

    with pytest.raises(type(error)):
        declare(begin)()
    return error


@pytest.mark.parametrize("make", RESPONSES.values(), ids=RESPONSES)
def test_response(recorded, make):
    """A step that raises one has responded, and it carries nothing of a failure."""
    error = raised(make)

    assert [span.outcome for span in recorded.spans] == ["responded"]
    assert find_failure(error) is None


@pytest.mark.parametrize("make", FAILURES.values(), ids=FAILURES)
def test_failure(recorded, make):
    """A response that the server failed, or that another server sent, is a failure."""
    error = raised(make)

    assert [span.outcome for span in recorded.spans] == ["error"]
    assert find_failure(error) is not None


def test_rest_framework(recorded, monkeypatch):
    """An exception of Django REST framework has its own status."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    django.setup()
    from rest_framework.exceptions import APIException, NotFound

    raised(NotFound)
    raised(APIException)

    assert [span.outcome for span in recorded.spans] == ["responded", "error"]


@pytest.mark.usefixtures("_exporters", "recorded")
@pytest.mark.parametrize(("status", "code"), [(404, StatusCode.UNSET), (503, StatusCode.ERROR)])
def test_opentelemetry(status, code):
    """The status of a span is as OpenTelemetry's conventions for servers have it."""
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    set_exporters(*exporters(), OpenTelemetryExporter(provider))
    app = Flask("shop")

    @app.get("/")
    @flow("shop")
    @entrypoint(kind="http")
    def show():
        abort(status)

    assert app.test_client().get("/").status_code == status
    (span,) = memory.get_finished_spans()
    assert span.status.status_code is code
    assert ("error.type" in span.attributes) is (code is StatusCode.ERROR)
