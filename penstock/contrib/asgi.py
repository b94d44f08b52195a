"""One flow ID for each request of an ASGI application: FastAPI, Starlette, Litestar, Quart, Django.

It needs no package but penstock.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Unpack

from penstock._bypassed import Endpoints, find_views
from penstock._context import Run, current, latest
from penstock._failures import record_failure
from penstock.boundary import Inbound, InboundSettings

__all__ = ["FlowMiddleware"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_PLACE = "penstock.contrib.asgi.FlowMiddleware"
_RUN = "penstock.run"
_ANSWERS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class FlowMiddleware:
    """Makes a run current for each request and each websocket, with all that belongs to it.

    Its place is around everything else, so that error pages have the ID too:
    ``app = FlowMiddleware(FastAPI())``. What handles the request can also read
    it from ``scope["state"]["flow_id"]``, which frameworks call ``request.state``.

    What the server logs of an exception that leaves the application has the ID
    as a note.

    It always makes a run of the request's own, whatever is current: some
    servers start a request in the context of the one before. Only within
    another `FlowMiddleware` it goes on with that one's.

    Args:
        app: The application.
        settings: Those of `penstock.boundary.Inbound`. A function as *trust* is
            asked with the connection's scope.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.1
    """

    def __init__(self, app: _App, **settings: Unpack[InboundSettings]) -> None:
        self._app = app
        # The address may be one that a client wrote, unless the user knows better.
        peer = _peer_of if settings.get("real_peer") is True else None
        self._inbound = Inbound.read(_PLACE, settings, peer=peer)
        # As HTTP/2 wants it, and ASGI too.
        self._name = self._inbound.header.lower().encode()
        self._endpoints = Endpoints()
        self._views = find_views(app)  # for Quart does not put into the scope what it calls

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Answer one connection."""
        if scope["type"] not in {"http", "websocket"}:  # a server starts or stops
            await self._app(scope, receive, send)
            return
        run = scope.get(_RUN)  # of a middleware around this one
        if run is None:
            run = self._inbound.receive(scope["headers"], scope)
            # In place: an error handler that stands outside has to find it.
            scope[_RUN] = run
            scope.setdefault("state", {})["flow_id"] = run.flow_id
        if self._inbound.respond:
            send = self._answering(send, run)
        token = current.set(latest(run))  # what `active` does, for less
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            record_failure(run, error)
            error.add_note(f"flow ID: {run.flow_id}")  # for the log of the server
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

    def _answering(self, send: _Send, run: Run) -> _Send:
        """Return *send* so that the answer says the flow ID, unless it says one already."""
        name = self._name

        async def answer(message: _Message) -> None:
            if message["type"] in _ANSWERS:
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                if name not in [said.lower() for said, _ in headers]:
                    headers.append((name, run.flow_id.encode()))
                    message = {**message, "headers": headers}
            await send(message)

        return answer


def _peer_of(scope: _Message) -> str | None:
    client = scope.get("client")
    return None if client is None else str(client[0])
