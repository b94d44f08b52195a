"""The settings for what is sent to other services, which all adapters share."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from penstock._runtime.headers import HEADER, added_headers, inject
from penstock.boundary._hosts import HostPattern, plain_host, read_pattern, suggest_pattern
from penstock.boundary._settings import build, check_common, read_names
from penstock.exceptions import ConfigurationError

__all__ = ["Outbound", "OutboundSettings"]


class OutboundSettings(TypedDict, total=False):
    """The settings of `Outbound` as keyword arguments.

    .. versionadded:: 0.2
    """

    hosts: Iterable[str]
    header: str
    traceparent: bool
    values: Iterable[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Settings for outgoing requests: what is sent, and to which hosts.

    Args:
        hosts: The hosts to which the flow ID is sent: ``"stock.internal"``,
            ``"localhost:8000"`` with a port, ``"*.internal"`` for all below a
            domain, or ``"*"`` for all. By default there are none.
        header: The header that carries the flow ID.
        traceparent: Whether the ID is sent as ``traceparent``, too.
        values: The names of annotated values that are sent as ``baggage``.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    hosts: Iterable[str] = ()
    header: str = HEADER
    traceparent: bool = False
    values: Iterable[str] = ()
    _patterns: tuple[HostPattern, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_common(self)
        object.__setattr__(self, "hosts", read_names("hosts", self.hosts, "stock.internal"))
        object.__setattr__(self, "_patterns", tuple(map(_read_host, self.hosts)))

    @classmethod
    def read(cls, location: str, settings: OutboundSettings) -> "Outbound":
        """Return *settings*.

        Args:
            location: Where the settings are, for the error.
            settings: The settings.

        Raises:
            ConfigurationError: If a setting is unknown or cannot be used.
        """
        return build(cls, location, dict(settings))

    def allows(self, host: str | None, port: int | None = None) -> bool:
        """Return whether the flow ID may be sent to *host*.

        Args:
            host: The name or address; an IPv6 address with or without brackets.
            port: The port, also if it is the default of the scheme.
        """
        name = plain_host(host or "")
        return bool(name) and any(pattern.fits(name, port) for pattern in self._patterns)

    def with_headers(self, carrier: Any) -> Any:
        """Return a copy of *carrier* with the current flow ID, as `penstock.inject` does."""
        return inject(carrier, header=self.header, traceparent=self.traceparent, values=self.values)

    def headers_to_add(self, carrier: Any) -> dict[str, str]:
        """Return the headers that `with_headers` sets, for clients without plain mappings."""
        return added_headers(carrier, self.header, traceparent=self.traceparent, values=self.values)


def _read_host(text: str) -> HostPattern:
    pattern = read_pattern(text)
    if pattern is not None:
        return pattern
    wanted = 'hosts like "stock.internal", "localhost:8000" or "*.internal"'
    if "/" in text:
        wanted = "hosts without scheme and path"
    meant = suggest_pattern(text)
    hint = f"; did you mean {meant!r}?" if meant else ""
    raise ConfigurationError("hosts", f"takes {wanted}, not {text!r}{hint}")
