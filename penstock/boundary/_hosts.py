"""Patterns of the hosts that receive the flow ID, checked where they are written."""

import re
from ipaddress import ip_address
from typing import NamedTuple

__all__ = ["HostPattern", "plain_host", "read_pattern", "suggest_pattern"]

_is_name = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}").fullmatch
_PORTS = range(1, 65536)


class HostPattern(NamedTuple):
    """One host, or all below a domain, or all there are."""

    host: str
    """A name as `plain_host` gives it, a domain with ``*.`` before it, or ``*``."""

    port: int | None

    def fits(self, name: str, port: int | None) -> bool:
        """Return whether the host *name*, as `plain_host` gives it, is meant with this *port*."""
        if self.port is not None and self.port != port:
            return False
        if self.host.startswith("*."):
            return name.endswith(self.host[1:])
        return self.host in {"*", name}


def plain_host(host: str) -> str:
    """Return *host* as it is compared: in lower case, without brackets, as IDNA has it.

    Some clients know a host as ``münchen.example``, others as ``xn--mnchen-3ya.example``.
    """
    name = host.lower().strip("[]").rstrip(".")
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:  # no name that could be looked up
        return name


def read_pattern(text: str) -> HostPattern | None:
    """Return the pattern that *text* is, or None if no host could ever fit it."""
    # The colons of an IPv6 address do not begin a port, unless it is in brackets.
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, ""
    elif not (port.isascii() and port.isdecimal()) or int(port) not in _PORTS:
        return None
    name = host.removeprefix("*.").removesuffix(".")
    if host != "*" and not _is_name(name) and not _is_address(host):
        return None
    plain = plain_host(name)
    return HostPattern(f"*.{plain}" if host.startswith("*.") else plain, int(port or 0) or None)


def _is_address(text: str) -> bool:
    try:
        ip_address(text.removeprefix("[").removesuffix("]") if "]" in text else text)
    except ValueError:
        return False
    return True


def suggest_pattern(text: str) -> str | None:
    """Return the pattern that *text* may be a mistake for, or None."""
    meant = text.strip().rpartition("://")[2].rpartition("@")[2]
    meant = re.split(r"[/?#]", meant)[0].rstrip(":.")
    if "*" in meant[1:]:  # a star replaces whole labels, and comes first
        meant = "*." + meant.rpartition("*")[2].partition(".")[2]
    meant = re.sub(r"^\*?\.?(?=[^*.])", "*.", meant) if meant[:1] in {".", "*"} else meant
    return meant if meant != text and read_pattern(meant) else None
