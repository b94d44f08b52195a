"""The flow ID in the requests of `urllib3` to your own services.

It needs ``pip install "penstock[urllib3]"``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Unpack

from penstock import current_flow_id
from penstock.boundary import HEADER, Outbound, OutboundSettings
from penstock.exceptions import MissingExtraError

try:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, PoolManager
    from urllib3.util import parse_url
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "urllib3", "urllib3", error) from error

__all__ = ["FlowPoolManager", "install", "uninstall"]


def install(manager: PoolManager, **settings: Unpack[OutboundSettings]) -> None:
    """Let *manager* send the current flow ID to the hosts that are named.

    It takes the place of the manager's classes of pools, and closes those that
    are open. Called again, it replaces what it did before.

    Args:
        manager: A ``PoolManager`` or ``ProxyManager``.
        settings: Those of `penstock.boundary.Outbound`.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    outbound = Outbound.read("penstock.contrib.urllib3", settings)
    uninstall(manager)
    manager.pool_classes_by_scheme = {
        scheme: _carrying_pool(pool, outbound)
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def uninstall(manager: PoolManager) -> None:
    """Undo what `install` did.

    .. versionadded:: 0.2
    """
    manager.pool_classes_by_scheme = {
        scheme: pool.around if issubclass(pool, _FlowPool) else pool
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    manager.clear()


class FlowPoolManager(PoolManager):
    """A ``PoolManager`` that sends the current flow ID to the hosts that are named.

    Each request of a redirect is decided on its own.

    Args:
        num_pools: As for ``PoolManager``.
        headers: As for ``PoolManager``.
        hosts: As for `penstock.boundary.Outbound`.
        header: As for `penstock.boundary.Outbound`.
        traceparent: As for `penstock.boundary.Outbound`.
        values: As for `penstock.boundary.Outbound`.
        connection_pool_kw: As for ``PoolManager``.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(
        self,
        num_pools: int = 10,
        headers: Mapping[str, str] | None = None,
        *,
        hosts: Iterable[str] = (),
        header: str = HEADER,
        traceparent: bool = False,
        values: Iterable[str] = (),
        **connection_pool_kw: Any,
    ) -> None:
        super().__init__(num_pools, headers, **connection_pool_kw)
        install(self, hosts=hosts, header=header, traceparent=traceparent, values=values)


class _FlowPool(HTTPConnectionPool):
    """Connections to one host, with the flow ID if *hosts* allows it.

    Below the manager, since that goes on to the next hop of a redirect with the
    headers that it passed on for the last one.
    """

    around: ClassVar[type[HTTPConnectionPool]]
    outbound: ClassVar[Outbound]

    def urlopen(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> BaseHTTPResponse:
        if current_flow_id() is not None and self._allows(url):
            headers = self._with_flow_id(self.headers if headers is None else headers)
        return super().urlopen(method, url, body, headers, *args, **kwargs)

    def _allows(self, url: str) -> bool:
        if self.proxy is not None and not url.startswith("/"):  # a request that a proxy passes on
            target = parse_url(url)
            return self.outbound.allows(target.host, target.port or self.ConnectionCls.default_port)
        return self.outbound.allows(self.host, self.port or self.ConnectionCls.default_port)

    def _with_flow_id(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        if not isinstance(headers, HTTPHeaderDict):
            return self.outbound.with_headers(headers)  # type: ignore[no-any-return]
        carrying = headers.copy()  # it may have one name several times
        carrying.update(self.outbound.headers_to_add(headers))
        return carrying


def _carrying_pool(pool: type[HTTPConnectionPool], outbound: Outbound) -> type[HTTPConnectionPool]:
    """Return a subclass of *pool* whose requests carry the flow ID to the hosts of *outbound*."""
    return type(pool.__name__, (_FlowPool, pool), {"around": pool, "outbound": outbound})
