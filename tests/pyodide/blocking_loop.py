"""An event loop for Pyodide that can wait, as everywhere else.

Pyodide's own loop is that of the browser: `asyncio.run` returns before the
work is done. CPython's loop works where nothing but time is waited for.
"""

import asyncio
import asyncio.runners
import asyncio.selector_events
import importlib
import selectors
import time
from typing import Any

__all__ = ["install"]


class _Clock(selectors._BaseSelectorImpl):
    """A selector that waits for time alone, since there are no sockets."""

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            message = "nothing here can wake the event loop: it has no threads and no sockets"
            raise RuntimeError(message)
        time.sleep(max(timeout, 0))
        return []


class _Loop(asyncio.selector_events.BaseSelectorEventLoop):
    """CPython's own loop without the pair of sockets that wakes it from other threads."""

    def __init__(self) -> None:
        super().__init__(_Clock())

    def _make_self_pipe(self) -> None:
        self._ssock = self._csock = None
        self._internal_fds += 0

    def _close_self_pipe(self) -> None:
        """There is none."""

    def _write_to_self(self) -> None:
        """Nobody waits for it."""


class _Policy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = _Loop


def install() -> None:
    """Make CPython's `asyncio.run` the one of this process again."""
    asyncio.events._set_running_loop(None)
    asyncio.events._set_event_loop_policy(_Policy())
    importlib.reload(asyncio.runners)
    asyncio.run, asyncio.Runner = asyncio.runners.run, asyncio.runners.Runner
    asyncio.SelectorEventLoop = _Loop
