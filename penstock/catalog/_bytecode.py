"""Compiled code that may be of an earlier edit, in a process that is penstock's own."""

# ruff: noqa: PTH116, PTH120 - paths are strings here, and this is hot

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source
from time import time_ns
from typing import Any

__all__ = ["without_stale_bytecode"]

_WHILE_EDITED_NS = 2_000_000_000
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_LIBRARY = os.path.dirname(os.__file__) + os.sep


@contextmanager
def without_stale_bytecode() -> Iterator[None]:
    """Compile those modules in the block whose compiled code may be of an earlier edit.

    Python knows compiled code by the time of the source in seconds and its size: those of
    another edit within the second, and of a file whose time somebody restored, are the same.
    """
    path_stats = SourceFileLoader.path_stats

    def checked(self: SourceFileLoader, path: str) -> Mapping[str, Any]:
        if _may_be_stale(path):
            raise OSError  # compiled code is then neither read nor written
        return path_stats(self, path)

    SourceFileLoader.path_stats = checked  # type: ignore[method-assign]  # for the block
    try:
        yield
    finally:
        SourceFileLoader.path_stats = path_stats  # type: ignore[method-assign]  # as above


def _may_be_stale(path: str) -> bool:
    """Return whether *path* was edited just now, or after it was compiled."""
    if path.startswith(_LIBRARY) or any(part in path for part in _INSTALLED):
        return False
    changed = os.stat(path).st_ctime_ns
    if changed > time_ns() - _WHILE_EDITED_NS:
        return True
    try:
        compiled = os.stat(cache_from_source(path)).st_mtime_ns
    except OSError:
        return False
    return compiled <= changed
