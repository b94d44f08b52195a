"""Which piece of source code a function comes from, and which code declares it."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import unwrap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from penstock._declared.executions import Execution
from penstock._declared.functions import is_plain, unwrap_method, written_code

__all__ = [
    "Origin",
    "declaring_frame",
]


@lru_cache(10_000)
def _real(file: str) -> str:
    """Return the one spelling of a file that symbolic links and letter case give several."""
    path = Path(file)
    return os.path.normcase(path.resolve()) if path.is_absolute() else file


@dataclass(slots=True, eq=False)
class Origin:
    """Which piece of source code a function comes from.

    Two functions of one origin are the same step, declared again: by a reload,
    by a notebook's cell, or because a module was imported under two names. The
    exception is a second function that the *same execution* of a module defines
    under the same name: that one is a mistake of its author.
    """

    file: str
    qualname: str
    identity: object = None
    """Its code, or the callable itself if that is not a function written in Python."""

    execution: Callable[[], CodeType | str | None] = field(default=lambda: None, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """The file and the qualified name, which all declarations of one step share."""
        return _real(self.file), self.qualname

    @classmethod
    def of(cls, function: object, declaring: Execution | None) -> "Origin":
        """Return the origin of *function*, which code declares now that is part of *declaring*."""
        plain = function if is_plain(function) else unwrap(unwrap_method(function))
        scope = getattr(plain, "__globals__", None) or declaring_frame().f_globals
        file = scope.get("__file__") or scope.get("__name__") or "<unknown>"
        qualname = getattr(plain, "__qualname__", None) or type(plain).__qualname__
        identity = written_code(plain)
        if declaring is not None and declaring.names is scope:
            return cls(file, qualname, identity, declaring.remembered())
        execution = _outermost_code(scope)
        return cls(file, qualname, identity, ref(execution) if execution else lambda: None)

    def is_same_step(self, other: "Origin") -> bool:
        """Return whether *other* declares again what this one declared."""
        if self.key != other.key:
            return False
        execution = self.execution()
        if execution is None or execution is not other.execution():
            return True
        return self.identity is other.identity


def declaring_frame() -> FrameType:
    """Return the frame of the code that called a decorator."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("penstock._") and frame.f_back:
        frame = frame.f_back
    return frame


def _outermost_code(scope: dict[str, Any]) -> CodeType | None:
    """Return the code that is executing the module whose globals are *scope*."""
    found = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals is scope:
            found = frame.f_code
        frame = frame.f_back
    return found
