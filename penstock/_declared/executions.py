"""Which module or cell of a notebook is being executed, to know when that happens again."""

import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple
from weakref import ref

from penstock._common.compat import CELLS, FILES, LOADERS

__all__ = ["Execution", "current_execution"]

Source = tuple[str, ...]
"""The key of what is executed: the name and file of a module, or the ID of a cell."""


class Execution(NamedTuple):
    """One execution of a whole module or cell."""

    source: Source
    which: CodeType | str
    """The code of a module, which is another one each time, or the ID of the editor's request."""

    names: Mapping[str, Any] | None = None
    """The globals of the module."""

    def is_that(self, other: CodeType | str | None) -> bool:
        """Return whether *other*, which was remembered of the same source, is this execution."""
        # Code by identity: that of a module which is executed again is equal.
        return self.which is other or (isinstance(self.which, str) and self.which == other)

    def remembered(self) -> Callable[[], CodeType | str | None]:
        """Return what returns *which*, as long as that can be the same execution."""
        which = self.which
        return (lambda: which) if isinstance(which, str) else ref(which)


def current_execution(frame: FrameType | None) -> Execution | None:
    """Return the innermost execution of a whole module or cell that *frame* is part of, or None.

    Pieces of code that are executed in the namespace of a module, as doctest and
    editors do it, say nothing of the rest of the module.
    """
    while frame is not None:
        if frame.f_code.co_name[:1] == "<" and (found := _execution_of(frame)) is not None:
            return found
        frame = frame.f_back
    return None


_NAMES_OF_CODE = ("<module>", "<cell line")
"""How the code of a whole module or cell is called, which a lambda in it is not."""

_MOST_BETWEEN = 3
"""How many frames a loader puts between Python's import and the module."""


def _execution_of(frame: FrameType) -> Execution | None:
    """Return the execution of a whole module or cell in *frame*, if it is one."""
    if not frame.f_code.co_name.startswith(_NAMES_OF_CODE):
        return None
    caller = frame.f_back
    for _ in range(_MOST_BETWEEN):
        if caller is None:
            return None
        calling = caller.f_globals.get("__name__")
        if calling in LOADERS or (calling == CELLS and caller.f_code.co_name == FILES):
            names = frame.f_globals
            source = ("module", str(names.get("__name__")), str(names.get("__file__")))
            return Execution(source, frame.f_code, names)
        if calling == CELLS:
            return _cell_execution()
        caller = caller.f_back
    return None


def _cell_execution() -> Execution | None:
    """Return which cell of a notebook runs, if the editor says so."""
    try:
        request = sys.modules["IPython"].get_ipython().get_parent()
        return Execution(("cell", request["metadata"]["cellId"]), request["header"]["msg_id"])
    except Exception:  # a terminal, or a kernel or an editor that does not say it
        return None
