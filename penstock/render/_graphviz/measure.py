"""How wide a string can become: no font is asked.

Each width is an upper bound for the usual fonts, which the machine that draws need not have.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["MONO", "NOTE", "SANS", "width_of", "width_of_label"]

SANS, MONO, NOTE = 14, 13, 12
"""Sizes of letters: of a title, of a name in code, and of all else."""

_MONO_EM = 0.605
"""The width of each letter in any usual monospaced font."""

_NARROW = frozenset("ijlI.,:;'|!()[]ft ")
_WIDE = frozenset("mwMW@%—…ÆŒæœЖШЩЮЫФМДжшщюыфмѫΩΦΨΜωφψ")
_EMOJI = 0x1F000


def width_of(text: str, size: float, *, mono: bool = False) -> float:
    """Return at most how many pixels wide *text* is, in letters of *size*."""
    em = _em_of_mono if mono else _em_of_sans
    return sum(map(em, text)) * size


def width_of_label(lines: Iterable[str], code: Iterable[str]) -> float:
    """Return at most how many pixels wide the words at a line are, and the *code* below them."""
    widths = [width_of(line, NOTE) for line in lines]
    widths += [width_of(line, NOTE, mono=True) for line in code]
    return max(widths, default=0)


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
