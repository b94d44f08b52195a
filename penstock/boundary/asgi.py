"""Requests of ASGI: a run for each, for adapters of frameworks."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from operator import itemgetter
from typing import Any

from penstock._runtime.bypassed import Endpoints
from penstock._runtime.failure_records import note_flow_id, record_failure
from penstock._runtime.run import Run, current, latest
from penstock.boundary._current import inactive
from penstock.boundary._requests import RUN, InboundRequests

__all__ = ["ASGIApplication", "ASGIMiddleware"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
ASGIApplication = Callable[[_Message, _Receive, _Send], Awaitable[None]]
"""The type of an application of ASGI 3.

.. versionadded:: 0.2
"""

_NOTHING: Mapping[str, Any] = {}
_headers_of = itemgetter("headers")
_RESPONSES = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class ASGIMiddleware:
    """An ASGI application that calls *app* with a run for each request and each websocket.

    A middleware within another one uses the run of the outer one. The scope has
    the flow ID in its ``"state"``, under ``"flow_id"``.

    Args:
        app: The application.
        inbound: The settings for requests.

    .. versionadded:: 0.2
    """

    def __init__(self, app: ASGIApplication, inbound: InboundRequests) -> None:
        self._app = app
        self._inbound = inbound
        self._completes = inbound.respond or inbound.expose_header
        # As HTTP/2 wants it, and ASGI too.
        self._name = inbound.header.lower().encode()
        self._endpoints = Endpoints(app)
        self._views = self._endpoints.views  # for Quart does not put into the scope what it calls

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:  # a server starts or stops
            await self._app(scope, receive, send)
            return
        is_inner = RUN in scope or "wsgi_environ" in scope
        run = scope[RUN] if RUN in scope else self._begin(scope)
        if run is None:
            with inactive():
                await self._app(scope, receive, send)
            return
        if self._inbound.update_request_header:
            _update_header(scope, self._name, run.flow_id.encode())
        if self._completes:
            send = self._responding(send, run)
        # What `active` does, for less.
        token = current.set(latest(run) if is_inner else run)
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            record_failure(run, error)
            note_flow_id(run, error)  # for the log of the server
            raise
        finally:
            if (endpoint := scope.get("endpoint")) is not None:
                self._endpoints.check(endpoint)
            elif self._views:
                self._endpoints.check_all(self._views)
            try:
                current.reset(token)
            except ValueError:
                pass  # closed from another context, which never had the run

    def _begin(self, scope: _Message) -> Run | None:
        """Return the run of a request, or None if it is to have none.

        In place, in its *scope*: an error handler outside has to find it, and a middleware within.
        """
        outer = scope.get("wsgi_environ", _NOTHING)  # of a2wsgi
        if type(scope["headers"]) is not list:
            scope["headers"] = [*scope["headers"]]  # what can be read once is not ours
        run = self._inbound.begin(scope, outer, _headers_of, _path_of)
        scope[RUN] = run
        if run is not None:
            scope.setdefault("state", {})["flow_id"] = run.flow_id
        return run

    def _responding(self, send: _Send, run: Run) -> _Send:
        """Return *send* so that the response has what the settings ask for."""
        name, flow_id = self._name, run.flow_id
        exposes, responds = self._inbound.expose_header, self._inbound.respond

        async def respond(message: _Message) -> None:
            if message["type"] in _RESPONSES:
                if exposes and message["type"] == "http.response.start":
                    message = {**message, "headers": self._exposed(message, flow_id)}
                elif responds:
                    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                    if name not in [sent.lower() for sent, _ in headers]:
                        headers.append((name, flow_id.encode()))
                        message = {**message, "headers": headers}
            await send(message)

        return respond

    def _exposed(self, message: _Message, flow_id: str) -> list[tuple[bytes, bytes]]:
        # Every byte has a character in Latin-1, and is the same afterwards.
        pairs = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ())]
        completed = self._inbound.complete_response(pairs, flow_id)
        names = [name for name, _ in pairs] + [name.lower() for name, _ in completed[len(pairs) :]]
        values = [value for _, value in completed]
        return [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in zip(names, values, strict=True)
        ]


def _update_header(scope: _Message, name: bytes, flow_id: bytes) -> None:
    """Let the request have one header *name*, in a list that is not the server's."""
    headers: list[tuple[bytes, bytes]] = list(scope["headers"])
    if [value for found, value in headers if found.lower() == name] != [flow_id]:
        kept = [pair for pair in headers if pair[0].lower() != name]
        scope["headers"] = [*kept, (name, flow_id)]


def _path_of(scope: _Message) -> str:
    """Return the path within the application, which may be mounted at a root path."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "").rstrip("/")
    rest = path.removeprefix(root)
    return rest if rest.startswith("/") else path if rest else "/"
