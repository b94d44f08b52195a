"""The addresses that messages are sent to and received from, as users declare them."""

import re
from collections.abc import Sequence

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock.exceptions import InvalidArgumentError

__all__ = ["Channels", "read_channels", "scheme_of"]

Channels = str | Sequence[str]
"""One channel, or several."""

_CHANNEL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):(?P<address>(?!//)\S(?:.*\S)?)", re.DOTALL)
_REQUEST = re.compile(r"[A-Z]+ \S+")


def scheme_of(channel: str) -> str:
    """Return the scheme of *channel*: ``"kafka"`` for ``"kafka:orders"``."""
    return channel.partition(":")[0]


def read_channels(where: str, argument: str, given: object) -> tuple[str, ...]:
    """Return the channels that are *given*.

    Args:
        where: The decorator.
        argument: Its argument, ``"sends"`` or ``"receives"``.
        given: Its value: a channel, a sequence of channels, or None.

    Raises:
        InvalidArgumentError: If it is something else, or names a channel twice.
    """
    if given is None:
        return ()
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    channels = tuple([_read_channel(where, argument, one) for one in several])
    twice = next((one for one in channels if channels.count(one) > 1), None)
    if twice is not None:
        message = f"{where}() got {argument}={given!r}, which names {twice!r} twice"
        raise InvalidArgumentError(message)
    return channels


def _read_channel(where: str, argument: str, given: object) -> str:
    if not isinstance(given, str):
        example = f'{argument}="kafka:orders"'
        raise wrong(where, f"{argument} as a channel or a list of channels", given, example)
    check_text(where, **{argument: given})
    found = _CHANNEL.fullmatch(given)
    if found is None or (found["scheme"] == "http" and not _REQUEST.fullmatch(found["address"])):
        message = (
            f"{where}() got {argument}={given!r}, which is not a channel. A channel is a scheme "
            f'in lower case, a colon and an address: write {argument}="{_channel_like(given)}"'
        )
        raise InvalidArgumentError(message)
    return plain_string(given)


def _channel_like(given: str) -> str:
    """Return the channel that was probably meant with *given*."""
    scheme, colon, address = (part.strip() for part in given.partition(":"))
    if scheme.lower() in {"http", "https"} or (not colon and "/" in scheme):
        path = re.search(r"(?<![/:])/[^/].*|/$", given)
        return f"http:POST {path[0].strip() if path else '/orders'}"
    found = f"{scheme.lower()}:{address.lstrip('/')}" if colon else f"kafka:{scheme}"
    return found if _CHANNEL.fullmatch(found) else "kafka:orders"
