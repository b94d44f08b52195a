"""Names and texts in a form that drawing languages can take."""

import re
import textwrap
from collections.abc import Callable
from hashlib import sha256

__all__ = ["clean_text", "drawn_id", "is_plain_id", "label_lines", "safe_href"]

_is_plain: Callable[[str], object] = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_is_made_up: Callable[[str], object] = re.compile(r"(n_.*_[0-9a-f]{8}|join_.*)").fullmatch
_NOT_DRAWN = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_HREF = re.compile(r"(https?://|[^:]*$|[^:/?#]*[/?#])", re.IGNORECASE)


def is_plain_id(name: str) -> bool:
    """Tell whether *name* is an ASCII identifier, and none that `drawn_id` makes up."""
    return _is_plain(name) is not None and _is_made_up(name) is None


def drawn_id(name: str, *, plain: bool) -> str:
    """Return what a drawing calls the step *name*: the name itself if it is *plain*.

    Otherwise an identifier that depends on the name alone, so that a change of
    one step changes nothing else in the text.
    """
    if plain:
        return name
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:24]
    return f"n_{slug}_{sha256(name.encode()).hexdigest()[:8]}"


def label_lines(text: str, width: int) -> list[str]:
    """Return *text* as lines of at most *width* characters, wrapped between words.

    Characters that no picture can show become spaces.
    """
    lines: list[str] = []
    for line in text.splitlines():
        lines += _wrap(clean_text(line), width)
    return lines or [" "]


def _wrap(line: str, width: int) -> list[str]:
    """Return *line* wrapped into as few lines as *width* allows, of like lengths."""
    wrapped = textwrap.wrap(line, width, break_on_hyphens=False)
    narrower = wrapped
    while len(narrower) == len(wrapped) > 1:
        wrapped, width = narrower, width - 1
        narrower = textwrap.wrap(line, width, break_on_hyphens=False)
    return wrapped


def clean_text(text: str) -> str:
    """Return *text* with spaces for the characters that XML cannot hold."""
    return _NOT_DRAWN.sub(" ", text)


def safe_href(href: str | None) -> str | None:
    """Return *href* if it leads to a page, None if it could do anything else.

    Relative addresses, fragments and ``http(s)`` pass; ``javascript:`` and all
    other schemes do not.
    """
    if href is None or not _HREF.match(href) or _NOT_DRAWN.search(href):
        return None
    return href
