"""One flow ID for each request of a WSGI application: Flask, Bottle, Pyramid, Django.

It needs no package but penstock.
"""

from typing import TYPE_CHECKING, Unpack

from penstock.boundary import InboundRequests, InboundRequestsSettings
from penstock.boundary.wsgi import WSGIMiddleware, find_peer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["FlowMiddleware"]

_LOCATION = "penstock.contrib.wsgi.FlowMiddleware"


class FlowMiddleware(WSGIMiddleware):
    """Makes a run current for each request, and while its body is sent.

    Put it around everything else, so that error pages have the ID too:
    ``app.wsgi_app = FlowMiddleware(app.wsgi_app)``. What handles the request
    can also read it from ``environ["penstock.flow_id"]``. What the server logs
    of an exception that leaves the application has the ID as a note.

    It always makes a run of the request's own, whatever is current; only within
    another `FlowMiddleware` it goes on with that one's.

    Args:
        app: The application.
        settings: Those of `penstock.boundary.InboundRequests`. A function as *trust* is
            asked with the request's environment.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, app: "WSGIApplication", **settings: Unpack[InboundRequestsSettings]) -> None:
        super().__init__(app, InboundRequests.read(_LOCATION, settings, peer=find_peer))
