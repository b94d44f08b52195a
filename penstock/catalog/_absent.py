"""Noting which files are asked for that are not there, in a process that is penstock's own."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["noted_absences"]


class _Asked:
    """A function of `os`, which notes a path at which there is nothing.

    It is not a function, so that a class with `os.stat` as an attribute does not get a method.
    """

    def __init__(self, function: Callable[..., Any], note: Callable[[Any], None]) -> None:
        self._function = function
        self._note = note

    def __call__(self, path: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return self._function(path, *arguments, **options)
        except FileNotFoundError:
            if options.get("dir_fd") is None:
                self._note(path)
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


@contextmanager
def noted_absences(note: Callable[[Any], None]) -> Iterator[None]:
    """Call *note* in the block with each path that is asked for and is not there.

    This is how `os.path.exists` asks, and `pathlib.Path.is_file`. Python has no
    audit event for it.
    """
    functions = {name: getattr(os, name) for name in ("stat", "lstat")}
    # With which `shutil` finds out what the system can do.
    known = [os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks]
    for name, function in functions.items():
        asked = _Asked(function, note)
        for supported in known:
            if function in supported:
                supported.add(asked)
        setattr(os, name, asked)
    try:
        yield
    finally:
        for name, function in functions.items():
            for supported in known:
                supported.discard(getattr(os, name))
            setattr(os, name, function)
