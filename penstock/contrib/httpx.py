"""The flow ID in the requests of `httpx` to your own services.

It needs ``pip install "penstock[httpx]"``.
"""

from typing import Any, Unpack

from penstock.boundary import Outbound, OutboundSettings
from penstock.exceptions import MissingExtraError

try:
    from httpx import AsyncClient, Client, Request
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "httpx", "httpx", error) from error

__all__ = ["AsyncFlowHook", "FlowHook", "install", "uninstall"]

_REPLACED = "penstock.replaced"
_PORTS = {"http": 80, "https": 443}


def install(client: Client | AsyncClient, **settings: Unpack[OutboundSettings]) -> None:
    """Let *client* send the current flow ID to the hosts that are named.

    It adds an event hook behind those that are there. Called again, it replaces
    what it did before.

    Args:
        client: The client. ``httpx.get`` and the like make their own,
            which carries nothing.
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    is_async = isinstance(client, AsyncClient)
    hook = AsyncFlowHook(**settings) if is_async else FlowHook(**settings)
    uninstall(client)
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks["request"], hook]}


def uninstall(client: Client | AsyncClient) -> None:
    """Undo what `install` did.

    .. versionadded:: 0.2
    """
    hooks: dict[str, list[Any]] = client.event_hooks
    others = [hook for hook in hooks["request"] if not isinstance(hook, _Hook)]
    client.event_hooks = {**hooks, "request": others}


class _Hook:
    """The base of both hooks."""

    def __init__(self, **settings: Unpack[OutboundSettings]) -> None:
        self._outbound = Outbound.read("penstock.contrib.httpx", settings)

    def _add_headers(self, request: Request) -> None:
        headers = request.headers
        # The headers that were added for an earlier hop of a redirect are not for this one.
        for name, before in request.extensions.get(_REPLACED, {}).items():
            headers.pop(name, None)
            if before is not None:
                headers[name] = before
        url = request.url
        is_allowed = self._outbound.allows(url.host, url.port or _PORTS.get(url.scheme))
        added = self._outbound.headers_to_add(headers) if is_allowed else {}
        replaced = {name: headers.get(name) for name in added}
        headers.update(added)
        # A redirect takes the extensions along, but none of them may be changed in place.
        request.extensions = {**request.extensions, _REPLACED: replaced}


class FlowHook(_Hook):
    """An event hook that sends the current flow ID to the hosts that are named.

    ``httpx.Client(event_hooks={"request": [FlowHook(hosts=["*.internal"])]})``.
    Each request of a redirect is decided on its own.

    Args:
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __call__(self, request: Request) -> None:
        """Add the flow ID to *request*, if *hosts* allows it."""
        self._add_headers(request)


class AsyncFlowHook(_Hook):
    """A `FlowHook` for an ``httpx.AsyncClient``.

    Args:
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    async def __call__(self, request: Request) -> None:
        """Add the flow ID to *request*, if *hosts* allows it."""
        self._add_headers(request)
