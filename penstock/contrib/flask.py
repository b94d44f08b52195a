"""One flow ID for each request of a Flask application.

It needs ``pip install "penstock[flask]"``.
"""

from typing import Unpack, cast

from penstock.boundary import InboundRequests, InboundRequestsSettings
from penstock.boundary.wsgi import WSGIMiddleware, find_peer
from penstock.exceptions import MissingExtraError

try:
    from flask import Flask
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "flask", "flask", error) from error

__all__ = ["FlowExtension"]

_NAME = "penstock"


class FlowExtension:
    """Makes a run current for each request, with its error pages and while its body is sent.

    Works with an application and with a factory of some: ``FlowExtension(app)``,
    or ``flows = FlowExtension()`` and later ``flows.init_app(app)``.

    The settings of `penstock.boundary.InboundRequests` are in the configuration of
    the application under names like ``PENSTOCK_TRUST``, when `init_app` is
    called. A function as ``PENSTOCK_TRUST`` is asked with the request's
    environment.

    Args:
        app: The application, if there is one already.
        settings: What holds where the configuration says nothing.

    Raises:
        ConfigurationError: If a setting cannot be used.
        RuntimeError: If the application has this extension already.

    .. versionadded:: 0.2
    """

    def __init__(
        self, app: Flask | None = None, **settings: Unpack[InboundRequestsSettings]
    ) -> None:
        self._settings = settings
        InboundRequests.read("penstock.contrib.flask.FlowExtension", settings, peer=find_peer)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Connect the extension to *app*."""
        if _NAME in app.extensions:
            message = f"{app!r} has FlowExtension already: call init_app once for each application"
            raise RuntimeError(message)
        configured = cast("InboundRequestsSettings", app.config.get_namespace("PENSTOCK_"))
        settings: InboundRequestsSettings = {**self._settings, **configured}
        inbound = InboundRequests.read("PENSTOCK_ in app.config", settings, peer=find_peer)
        # Around the whole application, so that error handlers and streamed bodies are within.
        app.wsgi_app = WSGIMiddleware(app.wsgi_app, inbound, app.view_functions)  # type: ignore[method-assign]
        app.extensions[_NAME] = self
