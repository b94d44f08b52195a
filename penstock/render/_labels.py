"""Names and strings in a form that drawing languages can take."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

__all__ = ["bar_id", "clean_text", "drawn_id", "group_id", "label_lines", "safe_href"]

_LONGEST_SLUG = 40
_MADE_UP = re.compile(r".*__all|.*__group(_l\d+)?|.*__label(_l\d+)?|.*__[0-9a-f]{8}", re.DOTALL)
_NOT_DRAWN = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_HREF = re.compile(r"(https?://|mailto:|[^:]*$|[^:/?#]*[/?#])", re.IGNORECASE)
_WORD = re.compile(r"\S+\s*")
_PIECE = re.compile(
    r"""
    [\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]  # East Asian: between any two
    | [^\W_]+? (?= (?<=[a-z]) [A-Z] | (?<=[A-Z]) [A-Z][a-z] | [\u2e80-\u9fff\uac00-\ud7a3] )
    | [^_.\s\u2e80-\u9fff\uac00-\ud7a3]* (?: [_.]+ | \s+ )
    | [^_.\s\u2e80-\u9fff\uac00-\ud7a3]+
    """,
    re.VERBOSE,
)
"""The parts that are never broken: a word with what ends it."""


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


@lru_cache(20_000)
def label_lines(text: str, width: int) -> tuple[str, ...]:
    """Return *text* in lines of about *width* characters, as few and as even as possible.

    It is broken after spaces. If a word is longer than a line, it is also broken after ``_`` and
    ``.``, before a capital letter and between East Asian letters; never inside a part of a name.
    Characters that no image can show become spaces.

    .. versionadded:: 0.2
    """
    lines = [line for part in text.splitlines() for line in _wrap(clean_text(part).strip(), width)]
    return tuple(lines) or (" ",)


def _wrap(text: str, limit: int) -> list[str]:
    if _letters(text) <= limit:  # as most are
        return [text] if text else []
    pieces = _WORD.findall(text)
    if any(_letters(word.rstrip()) > limit for word in pieces):
        pieces = _PIECE.findall(text)
    longest = max(_letters(piece.rstrip()) for piece in pieces)
    count = -(-_letters(text) // limit)
    while True:
        for room in range(max(_letters(text) // count, longest), max(limit, longest) + 1):
            lines = _fill(pieces, room)
            if len(lines) <= count:
                return lines
        count += 1


def _fill(pieces: list[str], room: int) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and _letters(lines[-1]) + _letters(piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _letters(text: str) -> int:
    """Return the length of *text*, in which an East Asian letter is as wide as two others."""
    return len(text) if text.isascii() else sum(_columns(c) for c in text)


@lru_cache(4096)
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


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
