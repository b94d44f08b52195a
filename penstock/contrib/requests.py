"""The flow ID in the requests of `requests` to your own services.

It needs ``pip install "penstock[requests]"``.
"""

from typing import Any, Unpack

from penstock import current_flow_id
from penstock.boundary import Outbound, OutboundSettings
from penstock.exceptions import MissingExtraError

try:
    from requests import PreparedRequest, Response, Session
    from requests.adapters import BaseAdapter, HTTPAdapter
    from urllib3.connection import port_by_scheme
    from urllib3.util import parse_url
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "requests", "requests", error) from error

__all__ = ["FlowAdapter", "install", "uninstall"]


def install(session: Session, **settings: Unpack[OutboundSettings]) -> None:
    """Let *session* send the current flow ID to the hosts that are named.

    It puts a `FlowAdapter` around each adapter that is mounted now. Called
    again, it replaces what it did before.

    Args:
        session: The session. ``requests.get`` and the like make
            their own, which carries nothing.
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    around = {p: FlowAdapter(_bare(a), **settings) for p, a in session.adapters.items()}
    session.adapters.update(around)


def uninstall(session: Session) -> None:
    """Undo what `install` did.

    .. versionadded:: 0.2
    """
    session.adapters.update({p: _bare(a) for p, a in session.adapters.items()})


class FlowAdapter(BaseAdapter):
    """An adapter that sends the current flow ID to the hosts that are named.

    ``session.mount("https://", FlowAdapter(hosts=["*.internal"]))``. Each
    request of a redirect is decided on its own. The prepared request stays as
    it was, and ``response.request`` is that one.

    Args:
        adapter: What sends the requests. None means a new ``HTTPAdapter``.
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(
        self, adapter: BaseAdapter | None = None, **settings: Unpack[OutboundSettings]
    ) -> None:
        super().__init__()
        self.adapter: BaseAdapter = adapter or HTTPAdapter()
        """The adapter that sends the requests."""
        self._outbound = Outbound.read("penstock.contrib.requests", settings)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send *request*, with the flow ID if *hosts* allows it."""
        if current_flow_id() is None or not self._allows(request.url):
            return self.adapter.send(request, *args, **kwargs)
        carrying = request.copy()
        carrying.headers.update(self._outbound.headers_to_add(carrying.headers))
        response = self.adapter.send(carrying, *args, **kwargs)
        # What follows from a response, as a redirect or the second try of an
        # authentication, begins with a request without the ID, and here.
        response.request = request
        response.connection = self  # type: ignore[assignment]  # as HTTPAdapter does
        return response

    def close(self) -> None:
        """Close the connections."""
        self.adapter.close()

    def _allows(self, address: str | None) -> bool:
        url = parse_url(address or "")
        return self._outbound.allows(url.host, url.port or port_by_scheme.get(url.scheme or ""))


def _bare(adapter: BaseAdapter) -> BaseAdapter:
    """Return what `install` found in place of *adapter*."""
    return adapter.adapter if isinstance(adapter, FlowAdapter) else adapter
