"""Python's collector of cycles, which would look at the trees of all files again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["without_collector"]

_lock = Lock()
_running = 0
_was_enabled = False


@contextmanager
def without_collector() -> Iterator[None]:
    """Let the block make objects without a collection, and restore what was before.

    Of blocks in several threads the last one restores it.
    """
    global _running, _was_enabled  # noqa: PLW0603 - as the collector is
    with _lock:
        if not _running:
            _was_enabled = gc.isenabled()
            gc.disable()
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running and _was_enabled:
                gc.enable()
