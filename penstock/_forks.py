"""State that a forked process must renew, also where Python does not notice the fork."""

import os
from collections.abc import Callable
from os import getpid
from threading import RLock
from types import MethodType
from weakref import WeakMethod

__all__ = ["renew_after_fork", "renew_if_forked"]

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
