"""The flow ID in the requests of aiohttp's client to your own services.

It needs ``pip install "penstock[aiohttp]"``.
"""

from typing import Unpack

from penstock.boundary import Outbound, OutboundSettings
from penstock.exceptions import MissingExtraError

try:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "aiohttp", "aiohttp", error) from error

__all__ = ["FlowMiddleware"]


class FlowMiddleware:
    """A client middleware that sends the current flow ID to the hosts that are named.

    ``ClientSession(middlewares=[FlowMiddleware(hosts=["*.internal"])])``. Each
    request of a redirect is decided on its own. aiohttp connects middlewares
    only when a session is made, so there is no ``install``.

    Args:
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, **settings: Unpack[OutboundSettings]) -> None:
        self._outbound = Outbound.read("penstock.contrib.aiohttp.FlowMiddleware", settings)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Send *request*, with the flow ID if *hosts* allows it."""
        if self._outbound.allows(request.url.host, request.url.port):
            # Each hop has its own headers, made from those of the caller.
            request.headers.update(self._outbound.headers_to_add(request.headers))
        return await handler(request)
