"""Making and checking flow IDs."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from os import urandom
from threading import RLock
from time import time_ns

from penstock._forks import renew_after_fork, renew_if_forked

__all__ = ["Numbered", "is_flow_id", "is_trace_id", "make_flow_id"]

_is_safe: Callable[[str], object] = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}").fullmatch

# Of this digit the first two bits are fixed.
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}

_is_hexadecimal: Callable[[str], object] = re.compile(r"(?!0{32})[0-9a-f]{32}").fullmatch


def make_flow_id() -> str:
    """Return a new flow ID: a UUID version 7 as 32 lowercase hexadecimal digits.

    The layout is RFC 9562, section 5.7: 48 bits of Unix time in milliseconds,
    then random bits. The digits sort by time and are a valid trace-id of W3C
    Trace Context. The random bits come from the operating system, so that
    neither `fork` nor `random.seed` repeats them.
    """
    noise = urandom(10).hex()
    return f"{time_ns() // 1_000_000:012x}7{noise[:3]}{_VARIANT[noise[3]]}{noise[4:19]}"


def is_flow_id(value: object) -> bool:
    """Tell whether *value* may be adopted as a flow ID, wherever it came from."""
    return isinstance(value, str) and _is_safe(value) is not None


def is_trace_id(flow_id: str) -> bool:
    """Tell whether *flow_id* is a valid trace-id of W3C Trace Context."""
    return _is_hexadecimal(flow_id) is not None


class Numbered:
    """Something that has no number until somebody asks."""

    __slots__ = ("_number",)
    _number: int  # 0 until then

    def _digits(self) -> str:
        """Return the number that this has from now on, as 16 hexadecimal digits.

        It is of 64 bits, never 0, and its own in all processes. All threads
        that ask are told the same.
        """
        if self._number == 0:
            renew_if_forked()
            with _lock:
                self._number = self._number or next(_numbers)
        return f"{self._number:016x}"


def _begin_counting() -> None:
    global _numbers, _lock  # noqa: PLW0603 - a counter of this process
    # Whoever held the lock is not there in a forked child. It can be taken
    # twice, by what the garbage collector runs meanwhile.
    _lock = RLock()
    # From a random place, and far from the end of what 64 bits can say.
    _numbers = count(int.from_bytes(urandom(8), "big") >> 1 | 1)


_numbers: Iterator[int]
_lock: RLock
_begin_counting()
renew_after_fork(_begin_counting)
