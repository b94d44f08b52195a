"""The values of the parameters of a call."""

import ast
from collections.abc import Callable
from typing import Any

from penstock.evidence._analysis.heap import Heap
from penstock.evidence._analysis.scopes import Arguments, Scope
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Function,
    Unknown,
    Value,
    Values,
    join,
)

__all__ = ["bind"]


Annotation = Callable[[Scope, ast.expr | None], Values]
"""Returns what an annotation in a scope allows."""


def bind(
    heap: Heap, annotation: Annotation, function: Function, given: Arguments, receiver: Value | None
) -> dict[str, Values]:
    """Return what each parameter of *function* is."""
    node: Any = function.definition.node
    parameters: ast.arguments = node.args
    positional = [*parameters.posonlyargs, *parameters.args]
    bound: dict[str, Values] = {}
    first = 0
    if receiver is not None and positional:
        bound[positional[0].arg] = (receiver,)
        first = 1
    values = list(given.positional)
    for parameter in positional[first:]:
        if values:
            bound[parameter.arg] = values.pop(0)
        elif parameter.arg in given.named:
            bound[parameter.arg] = given.named[parameter.arg]
        else:
            bound[parameter.arg] = join(given.rest, given.other)
    for parameter in parameters.kwonlyargs:
        bound[parameter.arg] = given.named.get(parameter.arg, given.other)
    if parameters.vararg is not None:
        container = Container("tuple", (node, "*", tuple(values), given.rest))
        for number, each in enumerate(values):
            heap.put(container, Constant(number, int), each)
        if given.rest or given.is_open:
            heap.put(container, None, given.rest or UNKNOWN)
        bound[parameters.vararg.arg] = (container,)
    if parameters.kwarg is not None:
        extra = {name: given.named[name] for name in given.named if name not in bound}
        container = Container("dict", (node, "**", tuple(extra.items()), given.other))
        for name, each in extra.items():
            heap.put(container, Constant(name, str), each)
        if given.other or given.is_open:
            heap.put(container, None, given.other or UNKNOWN)
        bound[parameters.kwarg.arg] = (container,)
    return _filled(heap, annotation, function, bound, is_open=given.is_open)


def _filled(
    heap: Heap,
    annotation: Annotation,
    function: Function,
    bound: dict[str, Values],
    *,
    is_open: bool,
) -> dict[str, Values]:
    """Return *bound* with what annotations and defaults say of what is not known."""
    node: Any = function.definition.node
    parameters: ast.arguments = node.args
    positional = [*parameters.posonlyargs, *parameters.args]
    defaults: dict[str, ast.expr | None] = dict(
        zip([p.arg for p in positional[::-1]], parameters.defaults[::-1], strict=False)
    )
    defaults |= dict(
        zip([p.arg for p in parameters.kwonlyargs], parameters.kw_defaults, strict=True)
    )
    for parameter in (*positional, *parameters.kwonlyargs):
        values = bound.get(parameter.arg, NOTHING)
        default = defaults.get(parameter.arg)
        if not values and default is not None:
            values = heap.load(function, ("default", parameter.arg))
            if is_open and all(isinstance(v, Constant) for v in values):
                values = join(values, annotation(function.scope, parameter.annotation))
                values = join(values, UNKNOWN)
        if not values or Unknown() in values:
            typed = annotation(function.scope, parameter.annotation)
            known = [v for v in values if not isinstance(v, Unknown)]
            values = join(known, typed) or UNKNOWN
            if is_open and default is not None and not typed:
                values = join(values, UNKNOWN)
        bound[parameter.arg] = values
    return bound
