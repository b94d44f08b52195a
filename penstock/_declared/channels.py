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
    several: Sequence[object] = (given,)
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        several = given
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
    is_http = found is not None and found["scheme"] == "http"
    if found is None or (is_http and not _REQUEST.fullmatch(found["address"])):
        rule = _HTTP_RULE if is_http else _RULE
        example = f'{argument}="{_channel_like(given)}"'
        message = f"{where}() got {argument}={given!r}, but {rule}: write {example}"
        raise InvalidArgumentError(message)
    return plain_string(given)


_RULE = "a channel is a scheme in lower case, a colon and an address that is not a URL"
_HTTP_RULE = "a channel of http is a method in upper case, a space and a path"


def _channel_like(given: str) -> str:
    """Return the channel that was probably meant with *given*."""
    method = _METHOD.search(given)
    scheme, colon, address = (part.strip() for part in given.partition(":"))
    if method or scheme.lower() in {"http", "https"} or scheme.startswith("/"):
        path = _PATH.search(given)
        return f"http:{method[0].upper() if method else 'POST'} {path[0] if path else '/orders'}"
    found = f"{scheme.lower()}:{address.lstrip('/')}" if colon else f"kafka:{scheme}"
    return found if _CHANNEL.fullmatch(found) else "kafka:orders"


_METHOD = re.compile(r"\b(?:get|head|post|put|patch|delete|options)\b(?=\s+\S)", re.IGNORECASE)
_PATH = re.compile(r"(?<![/:])/(?!/)\S*")
