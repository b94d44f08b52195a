"""How wide a string can become, and how it is broken into lines: no font is asked.

Each width is an upper bound for the usual fonts, which the machine that draws need not have.
"""

import re
import unicodedata
from functools import lru_cache

from penstock.render import clean_text

__all__ = ["MONO", "NOTE", "SANS", "width_of", "wrap"]

SANS, MONO, NOTE = 14, 13, 12
"""Sizes of letters: of a title, of a name in code, and of all else."""

_MONO_EM = 0.605
"""The width of each letter in any usual monospaced font."""

_NARROW = frozenset("ijlI.,:;'|!()[]ft ")
_WIDE = frozenset("mwMW@%—…ÆŒæœЖШЩЮЫФМДжшщюыфмѫΩΦΨΜωφψ")
_EMOJI = 0x1F000
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


def width_of(text: str, size: float, *, mono: bool = False) -> float:
    """Return at most how many pixels wide *text* is, in letters of *size*."""
    em = _em_of_mono if mono else _em_of_sans
    return sum(map(em, text)) * size


@lru_cache(4096)
def _em_of_sans(character: str) -> float:
    """Return the width in the widest of the usual fonts, DejaVu Sans Bold."""
    if character in _NARROW:
        return 0.41
    if character in _WIDE:
        return 1.05
    if not _is_latin(character):
        return _em_of_others(character)
    return 0.79 if character.isupper() else 0.70


@lru_cache(4096)
def _em_of_mono(character: str) -> float:
    # What a monospaced font does not have is from another font.
    return _MONO_EM if _is_latin(character) else 1.2 * _em_of_others(character)


def _is_latin(character: str) -> bool:
    """Return whether *character* is Latin, Greek, Cyrillic, or a usual sign."""
    return character < "\u0530" or "\u1e00" <= character < "\u2030"


def _em_of_others(character: str) -> float:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    return 1.4 if ord(character) >= _EMOJI else 1.0


@lru_cache(20_000)
def wrap(text: str, limit: int) -> tuple[str, ...]:
    """Return *text* in lines of about *limit* characters, as few and as even as possible.

    It is broken after ``_``, ``.`` and spaces, before a capital letter in a word, and
    between East Asian letters; never inside a word, even if that is longer than a line.
    """
    lines = [line for part in text.splitlines() for line in _wrap(clean_text(part).strip(), limit)]
    return tuple(lines) or (" ",)


def _wrap(text: str, limit: int) -> list[str]:
    if _letters(text) <= limit:  # as most are
        return [text] if text else []
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
