"""State that a forked process must renew, also where Python does not notice the fork."""

import os
from collections.abc import Callable, MutableSequence
from os import getpid
from threading import RLock
from types import MethodType
from typing import Any, cast
from weakref import WeakMethod

__all__ = ["make_witness", "renew_after_fork", "renew_if_forked"]

Renewal = Callable[[], object]

_renewals: list[Callable[[], Renewal | None]] = []
_process = getpid()
_locks: dict[int, RLock] = {}


def renew_after_fork(renew: Renewal) -> None:
    """Call *renew* in every process that is forked from this one.

    A method is held weakly: its object can be collected.
    """
    if isinstance(renew, MethodType):
        _renewals.append(WeakMethod(renew, _renewals.remove))
    else:
        _renewals.append(lambda: renew)


def renew_if_forked() -> None:
    """Renew what a fork must renew, if this is a new process that has not done so.

    Python's own forks do it at once. uWSGI and other C code fork without
    Python's hooks, so call this before state is used that must be renewed.
    """
    global _process  # noqa: PLW0603 - there is one process
    process = getpid()
    if process == _process:
        return
    # A lock of this process: its parent's may have been held, and would be for good.
    with _locks.setdefault(process, RLock()):
        if process != _process:
            for find in tuple(_renewals):
                renew = find()
                if renew is not None:
                    renew()
            _process = process


def _renew_at_fork() -> None:
    global _process  # noqa: PLW0603 - there is one process
    _process = 0  # of none: a child in another namespace may have its parent's number
    _locks.clear()
    renew_if_forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_at_fork)


_WIPE_ON_FORK = 18
"""``MADV_WIPEONFORK`` of Linux, which `mmap` has no name for."""


def make_witness() -> MutableSequence[int]:
    """Return something whose item 0 is 1 here, and false in a process that is forked from this.

    Code that finds it false renews its own state and sets it. Asking for the
    number of the process is a system call. Memory that Linux wipes in a child
    costs a tenth of that, and is how libraries for cryptography notice a fork.
    """
    if not hasattr(os, "fork"):
        return [1]
    try:
        import mmap  # noqa: PLC0415 - not everywhere where there is Python

        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if _accepts(page, -1) or not _accepts(page, _WIPE_ON_FORK):
            return cast("MutableSequence[int]", _Number())
    except (ImportError, AttributeError, OSError):
        return cast("MutableSequence[int]", _Number())
    page[0] = 1
    return cast("MutableSequence[int]", page)


def _accepts(page: Any, advice: int) -> bool:
    """Return whether the system takes *advice*; an emulated one may take whatever it is given."""
    try:
        page.madvise(advice)
    except OSError:
        return False
    return True


class _Number:
    """The same by the number of the process, for other systems."""

    def __init__(self) -> None:
        self._process = getpid()

    def __getitem__(self, _: int) -> bool:
        return self._process == getpid()

    def __setitem__(self, _: int, __: int) -> None:
        self._process = getpid()
