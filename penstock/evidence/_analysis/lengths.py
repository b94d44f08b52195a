"""The number of items of a list, at the statements of the body that makes and fills it."""

import ast
from collections.abc import Sequence

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.values import Constant, Container, Values

__all__ = ["add_items", "note_length"]

_MOST = 3
"""How many numbers of items branches may leave before the order counts no more."""


def note_length(frame: Frame, node: ast.expr | None, values: Values) -> None:
    """Note how many items a list has that a statement makes."""
    if frame.names is None or not isinstance(node, ast.List):
        return
    if not any(isinstance(each, ast.Starred) for each in node.elts):
        for value in values:
            assert isinstance(value, Container)
            frame.names[_name_of(value)] = (Constant(len(node.elts), int),)


def add_items(frame: Frame, container: Container, items: Sequence[Values]) -> None:
    """Let *items* follow the others of a list, or be anywhere in it if nobody knows how many."""
    for values in items:
        lengths = _lengths(frame, container)
        for length in lengths or (None,):
            frame.engine.put(container, length, values)
        if lengths and frame.names is not None:
            frame.names[_name_of(container)] = tuple(Constant(n.value + 1, int) for n in lengths)


def _lengths(frame: Frame, container: Container) -> tuple[Constant, ...]:
    """Return how many items a list may have now, or nothing if that is not known."""
    site = container.site
    is_own = isinstance(site, tuple) and len(site) > 1 and site[1] is frame.activation
    if not is_own or frame.loops or frame.names is None:
        return ()
    known = frame.names.get(_name_of(container), ())
    found = tuple(each for each in known if isinstance(each, Constant))
    return found if len(found) <= _MOST else ()


def _name_of(container: Container) -> str:
    """Return a name that no source can have, for the names are as branches leave them."""
    node = container.site[0] if isinstance(container.site, tuple) else None
    assert isinstance(node, ast.AST)
    return f"*{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}"
