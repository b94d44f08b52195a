"""Names and strings in a form that drawing languages can take."""

import re
import textwrap
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

__all__ = ["bar_id", "clean_text", "drawn_id", "group_id", "label_lines", "safe_href"]

_LONGEST_SLUG = 40
_MADE_UP = re.compile(r".*__all|.*__group(_l\d+)?|.*__label(_l\d+)?|.*__[0-9a-f]{8}", re.DOTALL)
_NOT_DRAWN = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_HREF = re.compile(r"(https?://|mailto:|[^:]*$|[^:/?#]*[/?#])", re.IGNORECASE)


@lru_cache(20_000)
def drawn_id(name: str, is_readable: Callable[[str], object]) -> str:
    """Return the identifier of the step *name* in a drawing: the name itself if it *is_readable*.

    Any other name becomes a slug and a hash of the whole name. The identifier
    depends on the name alone, so a change of one step changes nothing else in
    the drawing. A name that looks like such an identifier, or like that of a bar,
    counts as unreadable, so that no two steps have the same one.

    .. versionadded:: 0.2
    """
    if is_readable(name) and not _MADE_UP.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:_LONGEST_SLUG].rstrip("_")
    if not slug[:1].isalpha():
        slug = f"step_{slug}".rstrip("_")
    return f"{slug}__{blake2b(name.encode(), digest_size=4).hexdigest()}"


def bar_id(target: str) -> str:
    """Return the identifier of the bar before the step with the id *target*.

    .. versionadded:: 0.2
    """
    return f"{target}__all"


def group_id(group: str) -> str:
    """Return the identifier of the group with the id *group*, as `drawn_id` returns it.

    .. versionadded:: 0.2
    """
    return f"{group}__group"


def label_lines(text: str, width: int, *, break_words: bool = True) -> list[str]:
    """Return *text* as lines of at most *width* characters, wrapped between words.

    Characters that no image can show become spaces. A word that is longer
    than a line is broken, unless *break_words* forbids it.

    .. versionadded:: 0.2
    """
    lines: list[str] = []
    for line in text.splitlines():
        lines += _wrap(clean_text(line), width, break_words=break_words)
    return lines or [" "]


def _wrap(line: str, width: int, *, break_words: bool) -> list[str]:
    """Return *line* wrapped into as few lines as *width* allows, of like lengths."""
    if len(line) <= width:  # as most are: to prepare wrapping takes longer than to draw
        return [line.rstrip()] if line.strip() else []

    def wrap(width: int) -> list[str]:
        return textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=break_words)

    wrapped = narrower = wrap(width)
    while len(narrower) == len(wrapped) > 1 and width > 1:
        wrapped, width = narrower, width - 1
        narrower = wrap(width)
    return wrapped


def clean_text(text: str) -> str:
    """Return *text* with spaces instead of the characters that are not allowed in XML.

    .. versionadded:: 0.2
    """
    return _NOT_DRAWN.sub(" ", text)


def safe_href(href: str | None) -> str | None:
    """Return *href* if it leads to a page, and None if it could do anything else.

    Relative addresses, fragments, ``http(s)`` and ``mailto`` pass; ``javascript:`` and all
    other schemes do not.

    .. versionadded:: 0.2
    """
    if href is None or not _HREF.match(href) or _NOT_DRAWN.search(href):
        return None
    return href
