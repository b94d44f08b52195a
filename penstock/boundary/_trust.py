"""Whose flow ID is adopted: everybody's, nobody's, or that of who can show something."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from penstock._common.callables import check_plain_function, is_true
from penstock._runtime.carriers import only, read_headers
from penstock.exceptions import ConfigurationError

__all__ = ["Judge", "Peer", "Secret", "Trust", "read_trust"]

Judge = Callable[[Any, Any], bool]
"""Asked with the headers and with what the adapter passes: a request, a message."""

Peer = Callable[[Any], str | None]
"""Returns the address of who sent a request, as the adapter sees it."""

_LEAST = 16
"""Characters of a secret. 32 hexadecimal digits are 128 bits."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Trust in senders of a secret: your proxy, or another service of yours.

    ``trust=Secret("X-Proxy-Secret", env="PROXY_SECRET")``. The proxy sets the
    header for each request that it passes on, and so overrides one that a client
    sent. Without the right secret no ID is adopted. ``X-Forwarded-For`` is not
    read.

    Args:
        header: The header that carries the secret.
        env: The environment variable that holds the secret. It has at least 16
            visible ASCII characters without commas. While it is being changed,
            the variable holds both, separated by a comma.

    .. versionadded:: 0.2
    """

    header: str
    env: str

    def read(self) -> tuple[bytes, ...]:
        """Return the secrets that the environment holds.

        Raises:
            ConfigurationError: If there is none, or one that can be guessed. It
                does not repeat them.
        """
        found = [text.strip() for text in os.environ.get(self.env, "").split(",")]
        problem = None
        if not any(found):
            problem = "is not set, or is empty"
        elif not all(text.isascii() and text.isprintable() and " " not in text for text in found):
            problem = "holds something else than visible ASCII characters"
        elif min(map(len, found)) < _LEAST:
            problem = f"holds a secret of less than {_LEAST} characters"
        if problem is not None:
            cure = 'make one with: python -c "import secrets; print(secrets.token_hex(32))"'
            raise ConfigurationError("trust", f"takes a secret, but {self.env} {problem}; {cure}")
        return tuple(text.encode() for text in found)


Trust = bool | Secret | Callable[[Any], bool] | Iterable[str]


def read_trust(trust: object, peer: Peer | None) -> bool | Judge:
    """Return the function that decides whether *trust* covers the sender.

    Raises:
        ConfigurationError: If *trust* cannot be used.
    """
    if isinstance(trust, bool):
        return trust
    if isinstance(trust, Secret):
        return _BySecret(trust.header.lower(), trust.read())
    if callable(trust):
        check_plain_function("trust", "", trust)
        return _by_function(trust)
    if isinstance(trust, Iterable) and not isinstance(trust, (str, bytes)):
        return _ByNetwork(_read_networks(tuple(trust)), _check_peer(peer))
    problem = f"takes True, False or a function, not {trust!r}; or a Secret, or a list of networks"
    raise ConfigurationError("trust", problem)


@dataclass(frozen=True, slots=True)
class _BySecret:
    header: str
    secrets: tuple[bytes, ...] = field(repr=False)

    def __call__(self, carrier: Any, _source: Any) -> bool:
        from hmac import compare_digest  # noqa: PLC0415 - few need it, and it takes a while

        sent = only(read_headers(carrier, self.header).get(self.header, []))
        shown = (sent or "").encode("latin-1", "replace")
        # All of them, so that the time does not say which one it was.
        return sum(compare_digest(shown, secret) for secret in self.secrets) > 0


def _by_function(function: Callable[[Any], object]) -> Judge:
    # Not an object with `__call__`: each message that brings an ID pays for the call.
    return lambda _, source: is_true(function, "the function that says whom to trust", source)


@dataclass(frozen=True, slots=True)
class _ByNetwork:
    networks: tuple[Any, ...]
    peer: Peer

    def __call__(self, _carrier: Any, source: Any) -> bool:
        from ipaddress import ip_address  # noqa: PLC0415 - few need it, and it takes a while

        try:
            address = ip_address(self.peer(source) or "")
        except ValueError:  # a Unix socket, or a name
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.networks)


def _read_networks(wanted: tuple[object, ...]) -> tuple[Any, ...]:
    from ipaddress import ip_network  # noqa: PLC0415 - few need it, and it takes a while

    if not wanted:
        raise ConfigurationError("trust", 'names no network: write trust=["10.0.0.0/8"] or False')
    networks = []
    for network in wanted:
        try:
            # A number would be an address too.
            networks.append(ip_network(network if isinstance(network, str) else repr(network)))
        except ValueError as error:
            problem = f'takes networks like "10.0.0.0/8": {error}'
            raise ConfigurationError("trust", problem) from None
    return tuple(networks)


def _check_peer(peer: Peer | None) -> Peer:
    if peer is None:
        problem = (
            "cannot be a list of networks here, where the address of the sender is not known "
            "or may be rewritten: "
            'use Secret("X-Proxy-Secret", env="PROXY_SECRET") of penstock.boundary'
        )
        raise ConfigurationError("trust", problem)
    return peer
