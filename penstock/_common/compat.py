"""The names of Python, IPython and Sphinx that penstock uses and that they do not document.

It does not import IPython and Sphinx: each function is passed the object that has the name. Each
docstring has the versions in which the name was seen, the issue that asks for a public one, and
what happens without it. Names of the frameworks of adapters are in `penstock.contrib._compat`,
since adapters use only names that an adapter outside this package can use.
"""

from importlib import import_module
from types import FrameType
from typing import Any

__all__ = [
    "CELLS",
    "FILES",
    "LOADERS",
    "interpreter_flags",
    "is_import_statement",
    "is_mock",
    "unmocked",
]


def interpreter_flags() -> list[str]:
    """Return the options with which this Python was started, for a child process.

    Seen in: ``subprocess._args_from_interpreter_flags`` of Python 3.11 to 3.15, as multiprocessing
    uses it.
    Upstream: https://github.com/python/cpython/issues/76275
    Without it: a child has the options of the environment, not those of the command line.
    """
    # Only now: `import penstock` loads no more than a server needs.
    find = getattr(import_module("subprocess"), "_args_from_interpreter_flags", None)
    return [*find()] if find else []


def is_import_statement(frame: FrameType) -> bool:
    """Return whether *frame*, which asks a package for a name, is of ``from package import name``.

    Seen in: the function ``_handle_fromlist`` of ``importlib`` in Python 3.11 to 3.15.
    Upstream: no issue as of 2026-11; https://peps.python.org/pep-0562/ leaves open who asks.
    Without it: the error of the statement is Python's own.
    """
    return frame.f_code.co_name == "_handle_fromlist"


LOADERS = {"importlib._bootstrap", "_frozen_importlib", "runpy", "IPython.utils.py3compat"}
"""The modules that execute the code of whole modules.

Seen in: ``importlib._bootstrap`` and ``runpy`` of Python 3.11 to 3.15,
``IPython.utils.py3compat`` of IPython 8, for ``%run``.
Upstream: no issue as of 2026-11.
Without it: a module that is executed again adds its steps to those of before.
"""

CELLS = "IPython.core.interactiveshell"
"""The module that executes the cells of a notebook.

Seen in: ``IPython.core.interactiveshell`` of IPython 8 to 9.
Upstream: no issue as of 2026-11.
Without it: a cell that is executed again adds its steps to those of before.
"""

FILES = "execfile"
"""The function in the module `CELLS` that executes a file instead.

Seen in: ``InteractiveShell.safe_execfile`` of IPython 9.18, for ``%run``.
Upstream: no issue as of 2026-11.
Without it: a file that is run by another cell adds its steps to those of before.
"""


def is_mock(target: object) -> bool:
    """Return whether *target* is what autodoc puts in place of a module that it does not import.

    It has any attribute, ``__wrapped__`` among them, without end.

    Seen in: ``__sphinx_mock__`` of the mocks of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/14142
    Without it: what a mocked decorator returns is refused as a step.
    """
    return hasattr(type(target), "__sphinx_mock__")


def unmocked(target: Any) -> Any:
    """Return the function that decorators of a mocked module were applied to, else *target* itself.

    Seen in: ``__sphinx_decorator_args__`` of the mocks of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/14142
    Without it: such a step has neither signature nor docstring.
    """
    while is_mock(target) and (applied := getattr(target, "__sphinx_decorator_args__", None)):
        target = applied[0]
    return target
