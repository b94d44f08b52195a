"""Noting which environment variables are read, in a process that is penstock's own."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["noted_variables"]

_Environ: Any = type(os.environ)


@contextmanager
def noted_variables(note: Callable[[str], None], note_all: Callable[[], None]) -> Iterator[None]:
    """Call *note* in the block for each variable that is read, by its name.

    The objects `os.environ` and `os.environb` stay what they are, for modules keep them.

    Args:
        note: Called with the name of a variable that is read, whether it is set or not.
        note_all: Called when all names are listed.
    """

    class Noted(_Environ):  # type: ignore[misc]  # a class that is known at run time
        """An environment that says what is read of it."""

        def __getitem__(self, key: Any) -> Any:
            note(os.fsdecode(key) if isinstance(key, (str, bytes)) else "")
            return super().__getitem__(key)

        def __iter__(self) -> Iterator[Any]:
            note_all()
            return iter(super().__iter__())

    Noted.__name__, Noted.__qualname__ = _Environ.__name__, _Environ.__qualname__
    Noted.__module__ = _Environ.__module__
    mappings: list[Any] = [os.environ, *([os.environb] if os.supports_bytes_environ else [])]
    for mapping in mappings:
        mapping.__class__ = Noted
    try:
        yield
    finally:
        for mapping in mappings:
            mapping.__class__ = _Environ
