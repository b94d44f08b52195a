"""One flow ID for each request of an ASGI application: FastAPI, Starlette, Litestar, Quart, Django.

It needs no package but penstock.
"""

from collections.abc import Mapping
from typing import Any, Unpack

from penstock.boundary import InboundRequests, InboundRequestsSettings
from penstock.boundary.asgi import ASGIApplication, ASGIMiddleware

__all__ = ["FlowMiddleware"]

_LOCATION = "penstock.contrib.asgi.FlowMiddleware"


class FlowMiddleware(ASGIMiddleware):
    """Makes a run current for each request and each websocket, with all that belongs to it.

    Put it around everything else, so that error pages have the ID too:
    ``app = FlowMiddleware(FastAPI())``. What handles the request can also read
    it from ``scope["state"]["flow_id"]``, which frameworks call ``request.state``.

    What the server logs of an exception that leaves the application has the ID
    as a note.

    It always makes a run of the request's own, whatever is current: some
    servers start a request in the context of the one before. Only within
    another `FlowMiddleware` it goes on with that one's.

    Args:
        app: The application.
        settings: Those of `penstock.boundary.InboundRequests`. A function as *trust* is
            asked with the connection's scope.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, app: ASGIApplication, **settings: Unpack[InboundRequestsSettings]) -> None:
        # The address may be one that a client wrote, unless the user knows better.
        peer = _peer_of if settings.get("real_peer") is True else None
        super().__init__(app, InboundRequests.read(_LOCATION, settings, peer=peer))


def _peer_of(scope: Mapping[str, Any]) -> str | None:
    client = scope.get("client")
    return None if client is None else str(client[0])
