"""Making and checking flow IDs."""

import re
from collections.abc import Callable
from os import urandom
from time import time_ns

__all__ = ["is_flow_id", "make_flow_id"]

_is_safe: Callable[[str], object] = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}").fullmatch


def make_flow_id() -> str:
    """Return a new flow ID: a UUID version 7 as 32 lowercase hexadecimal digits.

    The layout is RFC 9562, section 5.7: 48 bits of Unix time in milliseconds,
    then random bits. The digits sort by time and are a valid trace-id of W3C
    Trace Context. The random bits come from the operating system, so that
    neither `fork` nor `random.seed` repeats them.
    """
    noise = int.from_bytes(urandom(10), "big")
    high = (time_ns() // 1_000_000 << 16) | 0x7000 | noise >> 68
    low = 0x8000_0000_0000_0000 | noise & 0x3FFF_FFFF_FFFF_FFFF
    return f"{high:016x}{low:016x}"


def is_flow_id(value: object) -> bool:
    """Tell whether *value* may be adopted as a flow ID, wherever it came from."""
    return isinstance(value, str) and _is_safe(value) is not None
