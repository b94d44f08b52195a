"""What autodoc puts in the place of modules that a docs build is not to import.

Such a mock has any attribute, ``__wrapped__`` among them, without end.
"""

from typing import Any

__all__ = ["is_mock", "unmocked"]


def is_mock(target: object) -> bool:
    """Return whether *target* is a mock of autodoc."""
    return hasattr(type(target), "__sphinx_mock__")


def unmocked(target: Any) -> Any:
    """Return the function that decorators of a mocked module were put on, else *target* itself."""
    while is_mock(target) and target.__sphinx_decorator_args__:
        target = target.__sphinx_decorator_args__[0]
    return target
