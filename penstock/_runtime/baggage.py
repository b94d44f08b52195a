"""The header ``baggage`` of W3C Baggage, for annotated values that travel along."""

import logging
from collections.abc import Mapping

__all__ = ["BAGGAGE", "read_baggage", "text_of", "write_baggage"]

_logger = logging.getLogger("penstock")

BAGGAGE = "baggage"

_MOST_READ = 8192
"""Characters of a header: what section 3.3.2 lets a receiver expect."""

_MOST_WRITTEN = 8000
"""The same for what is sent: gunicorn and aiohttp take lines of 8190, with the header's name."""

_MOST_MEMBER = 4096
"""Characters of one value with its name: OpenTelemetry reads no longer ones."""


def text_of(name: str, value: object) -> str | None:
    """Return *value* as a string that can be sent, or None if it cannot.

    Sending a request or a message never raises because of a value that was
    annotated.
    """
    try:
        text = str(value)
        text.encode()
    except Exception as error:
        # What it says may hold the value.
        _logger.debug("%r is not sent: its value has no text (%s)", name, type(error).__name__)
        return None
    return text


def read_baggage(header: str) -> dict[str, str]:
    """Return the values in a ``baggage`` header, without what no log should show."""
    from urllib.parse import unquote  # noqa: PLC0415 - few need it, and it takes a while

    if len(header) > _MOST_READ:
        return {}
    found: dict[str, str] = {}
    for member in header.split(","):
        name, has_value, value = member.partition(";")[0].partition("=")
        text = unquote(value.strip())
        if has_value and text.isprintable():
            found[unquote(name.strip())] = text
    return found


def write_baggage(header: str, named: Mapping[str, object]) -> str:
    """Return the ``baggage`` *header* with the values *named*, without those that do not fit."""
    from urllib.parse import quote, unquote  # noqa: PLC0415 - few need it, and it takes a while

    members = [member for member in header.split(",") if member.strip()]
    for name, value in named.items():
        text = text_of(name, value)
        if text is None or text_of("", name) is None:
            continue
        member = f"{quote(name)}={quote(text)}"
        kept = [m for m in members if unquote(m.partition("=")[0].strip()) != name]
        if len(member) <= _MOST_MEMBER and len(",".join([*kept, member])) <= _MOST_WRITTEN:
            members = [*kept, member]
        else:
            _logger.debug("%r is not sent: its value is too long (%d characters)", name, len(text))
    return ",".join(members)
