"""The state of a page: what is being shown just now, and the anchors that are taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sphinx.environment import BuildEnvironment

__all__ = ["anchors_on_page", "is_being_shown", "showing"]


@contextmanager
def showing(env: BuildEnvironment, *what: str) -> Iterator[None]:
    """Note inside the block that *what* is being shown: its docstrings may ask for it again."""
    stack = _stack(env)
    stack.append(what)
    try:
        yield
    finally:
        stack.pop()


def is_being_shown(env: BuildEnvironment, *what: str) -> bool:
    """Return whether a directive is inside of what shows *what*."""
    return what in _stack(env)


def anchors_on_page(env: BuildEnvironment) -> set[str]:
    """Return the anchors that directives have given on the page that is being read.

    A page may be read into several documents: what MyST leaves to reST has a separate one.
    """
    return cast("set[str]", env.temp_data.setdefault("penstock_anchors", set()))


def _stack(env: BuildEnvironment) -> list[tuple[str, ...]]:
    return cast("list[tuple[str, ...]]", env.temp_data.setdefault("penstock_showing", []))
