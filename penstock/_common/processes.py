"""Ending a program together with what it has started."""

import os
import signal
from contextlib import suppress
from subprocess import Popen

__all__ = ["end_group"]


def end_group(process: Popen[bytes]) -> None:
    """End *process*, which leads a group of processes where a system has such groups, and them."""
    # Windows has no groups. A group whose processes have all ended is not an error, either.
    with suppress(AttributeError, OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
