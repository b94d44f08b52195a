"""Copies of lists, dicts and iterators that functions like ``sorted`` and ``zip`` make."""

import ast
from collections.abc import Callable, Sequence

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import copy_items, list_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import counted_items, iterate
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Instance,
    Method,
    Values,
    join,
)

__all__ = ["copy_of"]

_KEYED = {"dict", "defaultdict"}


def copy_of(frame: Frame, name: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return what function *name* makes of the items of *arguments*, or nothing if no copy."""
    rule = _COPYING.get(name)
    return NOTHING if rule is None else rule(frame, arguments, node)


def _counted(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    """Return a list whose items are as many as those of the one argument."""
    counted = counted_items(frame, arguments.positional[0])
    if counted is None:
        return _listed(frame, arguments, node)
    return list_of(frame, Container("list", frame.site(node)), counted)


def _reversed(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    counted = counted_items(frame, arguments.positional[0])
    if counted is None:
        return _listed(frame, arguments, node)
    return list_of(frame, Container("list", frame.site(node)), counted[::-1])


def _listed(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    container = Container("list", frame.site(node))
    for values in arguments.positional:
        frame.engine.put(container, None, iterate(frame, values, node, is_silent=True)[0])
    return (container,)


def _zipped(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    counted = [counted_items(frame, each) for each in arguments.positional]
    known = [items for items in counted if items is not None]
    if len(known) == len(counted):
        return _rows(frame, [*zip(*known, strict=False)], node)
    items = [iterate(frame, each, node, is_silent=True)[0] for each in arguments.positional]
    return _pairs(frame, items, node)


def _enumerated(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    counted = counted_items(frame, arguments.positional[0])
    if counted is not None:
        return _rows(frame, [(UNKNOWN, values) for values in counted], node)
    items = iterate(frame, arguments.positional[0], node, is_silent=True)[0]
    return _pairs(frame, [UNKNOWN, items], node)


def _rows(frame: Frame, rows: Sequence[Sequence[Values]], node: ast.AST) -> Values:
    """Return a list of tuples, each with its own items."""
    tuples = [
        list_of(frame, Container("tuple", (*frame.site(node), "row", number)), row)
        for number, row in enumerate(rows)
    ]
    return list_of(frame, Container("list", frame.site(node)), tuples)


def _pairs(frame: Frame, items: list[Values], node: ast.AST) -> Values:
    pair = list_of(frame, Container("tuple", (*frame.site(node), "pair")), items)
    container = Container("list", frame.site(node))
    frame.engine.put(container, None, pair)
    return (container,)


def _next(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    for value in arguments.positional[0]:
        if isinstance(value, Instance):
            method = attribute_of(frame, value, "__next__", node)
            if any(isinstance(each, Method) for each in method):
                return frame.apply(method, Arguments(), node)
    return iterate(frame, arguments.positional[0], node, is_silent=True)[0]


def _one_of(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    """Return one of the items, or of several arguments."""
    first, *others = arguments.positional
    return join(first, *others) if others else iterate(frame, first, node, is_silent=True)[0]


def _dict(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    container = Container("dict", frame.site(node))
    for value in arguments.positional[0]:
        if isinstance(value, Container) and value.kind not in _KEYED:
            for pair in engine.items(value):
                for key in engine.items(pair, Constant(0, int)) or UNKNOWN:
                    engine.put(container, key, engine.items(pair, Constant(1, int)))
        else:
            copy_items(engine, container, value)
    for name, values in arguments.named.items():
        engine.put(container, Constant(name, str), values)
    return (container,)


_COPYING: dict[str, Callable[[Frame, Arguments, ast.AST], Values]] = {
    **dict.fromkeys(("list", "tuple", "iter", "tqdm"), _counted),
    "reversed": _reversed,
    **dict.fromkeys(
        (
            "set", "sorted", "deque", "frozenset", "islice", "chain", "from_iterable", "filter",
            "batched", "aiter",
        ),
        _listed,
    ),
    "zip": _zipped,
    "enumerate": _enumerated,
    **dict.fromkeys(("next", "anext"), _next),
    **dict.fromkeys(("max", "min", "choice", "heappop"), _one_of),
    **dict.fromkeys(("dict", "OrderedDict"), _dict),
}  # fmt: skip
