"""Making and checking flow IDs, and numbering runs and spans.

A process that was forked must repeat nothing of its parent's.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from os import urandom
from struct import Struct
from threading import RLock
from time import time_ns
from typing import Any

from penstock._common.forks import make_witness, renew_after_fork, renew_if_forked

__all__ = [
    "LazyId",
    "are_ours",
    "digits_of",
    "draw_more",
    "draw_tail",
    "is_flow_id",
    "is_trace_id",
    "make_flow_id",
    "number_of",
    "process_lock",
    "tails",
    "write_flow_id",
]

_is_safe: Callable[[str], object] = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}").fullmatch

_is_hexadecimal: Callable[[str], object] = re.compile(r"(?!0{32})[0-9a-f]{32}").fullmatch

_MOST_MILLISECONDS = (1 << 48) - 1
_AT_ONCE = 64
"""IDs whose random bits are drawn together. Few, for a copy of the process' memory has them."""

_split: Callable[[bytes], tuple[bytes, ...]] = Struct("10s" * _AT_ONCE).unpack

tails: list[bytes] = []
"""Random bytes that no ID has yet, ten for each."""

are_ours = make_witness()
"""Whether they, the numbers and the lock are of this process: a fork may go unnoticed."""


def make_flow_id() -> str:
    """Return a new flow ID: 32 lowercase hexadecimal digits.

    48 bits of Unix time in milliseconds, then 80 random bits. The digits sort by
    time and are a valid trace-id of W3C Trace Context, whose low bits are random
    as samplers expect. The random bits come from the operating system, so that
    neither a fork nor `random.seed` repeats them. What `penstock.configure` set
    as *id_factory* is not asked.

    .. versionadded:: 0.2
    """
    return write_flow_id(time_ns(), draw_tail())


def write_flow_id(when: int, tail: bytes) -> str:
    """Return the flow ID of something that began at *when*, in nanoseconds since 1970."""
    # A clock may begin at zero, and the trace-id of only zeros is invalid.
    return ((when // 1_000_000 & _MOST_MILLISECONDS or 1).to_bytes(6) + tail).hex()


def draw_tail() -> bytes:
    """Return ten random bytes for one ID."""
    if are_ours[0]:
        try:
            return tails.pop()
        except IndexError:
            pass
    return draw_more()


def draw_more() -> bytes:
    """Return bytes as `draw_tail` does, and keep some for the next IDs."""
    if not are_ours[0]:
        renew_if_forked()
        tails.clear()
        are_ours[0] = 1  # not before: no thread may take what the parent drew
    tail, *more = _split(urandom(10 * _AT_ONCE))
    tails.extend(more)
    return tail


def is_flow_id(value: object) -> bool:
    """Return whether *value* may be adopted as a flow ID, wherever it came from.

    A flow ID has at most 128 letters, digits and ``._:-``, and begins with a
    letter or a digit.

    Args:
        value: What came in.

    .. versionadded:: 0.2
    """
    return isinstance(value, str) and _is_safe(value) is not None


def is_trace_id(flow_id: str) -> bool:
    """Return whether *flow_id* is a valid trace-id of W3C Trace Context.

    Args:
        flow_id: A flow ID. One that penstock makes is valid.

    .. versionadded:: 0.2
    """
    return _is_hexadecimal(flow_id) is not None


class LazyId:
    """Mixin with a 64-bit ID that is made when it is first used."""

    __slots__ = ("_number",)
    _number: int  # 0 until then

    def _take_number(self) -> int:
        """Return the number that this has from now on.

        It has 64 bits, is never 0, and is unique among all processes. All threads
        get the same one.
        """
        if self._number == 0:
            with process_lock():
                self._number = self._number or next(_numbers)
        return self._number

    def _digits(self) -> str:
        """Return that number as 16 hexadecimal digits."""
        return digits_of(self._take_number())


def digits_of(number: int) -> str:
    """Return *number* as an ID of 16 hexadecimal digits."""
    return f"{number:016x}"


def number_of(cell: dict[int, Any]) -> int:
    """Return the number in *cell*, which several objects share that are about the same thing."""
    found = cell.get(0)
    if found is None:
        if not are_ours[0]:
            renew_if_forked()
        # Without a lock: of several threads, one comes first.
        found = cell.setdefault(0, next(_numbers))
    number: int = found
    return number


def process_lock() -> RLock:
    """Return a lock of this process, which no thread of a parent process can hold."""
    if not are_ours[0]:
        renew_if_forked()
    return _lock


def _reset() -> None:
    global _numbers, _lock  # noqa: PLW0603 - a counter of this process
    tails.clear()
    # The thread that held the lock does not exist in a forked child. It can be taken
    # twice, by what the garbage collector runs meanwhile.
    _lock = RLock()
    # From a random number, and far from the end of what 64 bits can hold.
    _numbers = count(int.from_bytes(urandom(8), "big") >> 1 | 1)


_numbers: Iterator[int]
_lock: RLock
_reset()
renew_after_fork(_reset)
