"""Forked processes of tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

__all__ = ["end_fork", "unmeasured_forks"]


def end_fork() -> NoReturn:
    """End this process, which was forked from that of the tests, without writing its coverage.

    It has inherited what its parent measured until then: to write that again takes seconds.
    """
    import posix  # has what `coverage` has replaced in `os`

    posix._exit(0)


@contextmanager
def unmeasured_forks() -> Iterator[None]:
    """Let processes that are forked inside the block end without writing their coverage."""
    import posix

    measured, os._exit = os._exit, posix._exit
    try:
        yield
    finally:
        os._exit = measured
