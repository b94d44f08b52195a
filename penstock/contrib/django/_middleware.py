"""The middleware of Django."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.log import log_response

from penstock import Run
from penstock.boundary import Endpoints, active, aiterate, inactive, iterate
from penstock.boundary.wsgi import header_key, header_reader, keep_sent
from penstock.contrib.django._settings import read_inbound

__all__ = ["FlowMiddleware"]


class FlowMiddleware:
    """Makes a run current for each request, and while its body is sent.

    It belongs at the top of ``MIDDLEWARE``. It is for synchronous and
    asynchronous projects, and always makes a run of the request's own,
    whatever is current: some servers start a request in the context of the one
    before. Only within another ``FlowMiddleware``, around the application, it
    goes on with that one's. What a view declares as an entrypoint is part of the request's
    operation.

    The settings of `penstock.boundary.InboundRequests` are in the dictionary
    ``PENSTOCK`` of the project's settings. *trust* may be the dotted path of a
    function, which is asked with the request; so may *validator* and
    *transformer*.

    Args:
        get_response: What Django gives it.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._inbound = read_inbound()
        self._read = header_reader(self._inbound)
        self._endpoints = Endpoints()
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Handle a request."""
        if self._is_async:
            return self._respond(request)
        run = self._begin(request)
        if run is None:
            with inactive():
                ignored: HttpResponseBase = self._get_response(request)
            return _send_in(None, ignored)
        block = active(run)
        with block:
            response = self._get_response(request)
            self._log(request, response)
        return self._complete(response, block.run)

    async def _respond(self, request: HttpRequest) -> HttpResponseBase:
        run = self._begin(request)
        if run is None:
            with inactive():
                ignored: HttpResponseBase = await self._get_response(request)
            return _send_in(None, ignored)
        block = active(run)
        with block:
            response = await self._get_response(request)
            self._log(request, response)
        return self._complete(response, block.run)

    def _begin(self, request: HttpRequest) -> Run | None:
        """Return the run of a request, or None if it is to have none."""
        outer = getattr(request, "scope", request.META)
        run = self._inbound.begin(request, outer, self._headers, _path_of)
        if run is not None and self._inbound.update_request_header:
            request.META[header_key(self._inbound.header)] = run.flow_id
            request.__dict__.pop("headers", None)  # a view of META that may be there already
        return run

    def _headers(self, request: HttpRequest) -> dict[str, Any]:
        found = self._read(request.META)
        if found and isinstance(request, ASGIRequest):
            # META of Django before 5.2.13 and 6.0.4 has those with underscores too.
            names = [name.decode("latin-1") for name, _ in request.scope["headers"]]
            return keep_sent(found, names)
        return found

    def _log(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Log a response of 400 and above, which Django does when the run is over."""
        if request.resolver_match is not None:
            self._endpoints.check(request.resolver_match.func)
        untyped: Any = response
        if untyped.status_code >= 400:  # noqa: PLR2004 - as Django has it
            arguments = (untyped.reason_phrase, request.path)
            log_response("%s: %s", *arguments, response=untyped, request=request)

    def _complete(self, response: HttpResponseBase, run: Run) -> HttpResponseBase:
        """Let *response* say the flow ID, and be sent in *run*."""
        inbound = self._inbound
        if inbound.expose_header:
            there = [*response.items()]
            for name, value in inbound.complete_response(there, run.flow_id):
                if (name, value) not in there:
                    response[name] = value
        elif inbound.respond and not response.has_header(inbound.header):
            response[inbound.header] = run.flow_id
        return _send_in(run, response)


def _path_of(request: HttpRequest) -> str:
    return request.path_info


def _send_in(run: Run | None, response: HttpResponseBase) -> HttpResponseBase:
    """Let the body of *response* be made and closed in *run*, or in none."""
    # A file the server sends in its own way, and no code of the project runs meanwhile.
    if response.streaming and getattr(response, "file_to_stream", None) is None:
        streaming: Any = response
        make: Any = aiterate if streaming.is_async else iterate
        streaming.streaming_content = make(run, streaming.streaming_content)
    close = response.close

    def close_in_run() -> None:
        with inactive() if run is None else active(run):
            close()

    response.close = close_in_run  # type: ignore[method-assign]  # it belongs to the request too
    return response
