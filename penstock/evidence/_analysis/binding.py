"""The values of the parameters of a call."""

import ast
from collections.abc import Callable
from typing import Any

from penstock.evidence._analysis.heap import Heap
from penstock.evidence._analysis.scopes import Arguments, Scope
from penstock.evidence._analysis.values import (
    CUT,
    UNKNOWN,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Unknown,
    Value,
    Values,
    is_vague,
    join,
)

__all__ = ["bind", "defaults_of"]


Annotation = Callable[[Scope, ast.expr | None], Values]
"""Returns what an annotation in a scope allows."""


def bind(
    heap: Heap, annotation: Annotation, function: Function, given: Arguments, receiver: Value | None
) -> dict[str, Values]:
    """Return what each parameter of *function* is."""
    node: Any = function.definition.header
    parameters: ast.arguments = node.args
    bound, rest = _by_name(parameters, given, receiver)
    if parameters.vararg is not None:
        container = Container("tuple", (node, "*", tuple(rest), given.rest))
        for number, each in enumerate(rest):
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


def _by_name(
    parameters: ast.arguments, given: Arguments, receiver: Value | None
) -> tuple[dict[str, Values], list[Values]]:
    """Return what parameters with names get, and what is left for ``*args``."""
    names = _positional_names(parameters)
    values = [*given.positional] if receiver is None else [(receiver,), *given.positional]
    bound = dict(zip(names, values, strict=False))
    for name in names[len(values) :]:
        bound[name] = given.named.get(name, join(given.rest, given.other))
    for parameter in parameters.kwonlyargs:
        bound[parameter.arg] = given.named.get(parameter.arg, given.other)
    return bound, values[len(names) :]


def _filled(
    heap: Heap,
    annotation: Annotation,
    function: Function,
    bound: dict[str, Values],
    *,
    is_open: bool,
) -> dict[str, Values]:
    """Return *bound* with what annotations and defaults say of unknown parameters."""
    node: Any = function.definition.header
    with_default = _names_with_default(node.args)
    for parameter in function.definition.parameters:
        has_default = parameter.arg in with_default
        values = bound[parameter.arg]
        if not values and has_default:
            values = heap.load(function, ("default", parameter.arg))
            if is_open:
                values = join(values, UNKNOWN)
        if values == CUT:
            values = annotation(function.scope, parameter.annotation) or CUT
        elif not values or UNKNOWN[0] in values:
            typed = annotation(function.scope, parameter.annotation)
            known = [v for v in values if not isinstance(v, Unknown)]
            values = join(known, typed) or UNKNOWN
            if is_open and has_default and not typed:
                values = join(values, UNKNOWN)
        elif is_vague(values) and any(isinstance(v, External) for v in values):
            typed = annotation(function.scope, parameter.annotation)
            values = join(values, (v for v in typed if isinstance(v, Instance)))
        bound[parameter.arg] = values
    return bound


def _positional_names(arguments: ast.arguments) -> list[str]:
    """Return the names of the parameters that have a position, which are looked for once."""
    known: dict[str, Any] = arguments.__dict__
    if "positional_names" not in known:
        known["positional_names"] = [p.arg for p in (*arguments.posonlyargs, *arguments.args)]
    return known["positional_names"]  # type: ignore[no-any-return]


def _names_with_default(arguments: ast.arguments) -> frozenset[str]:
    """Return the names of the parameters with a default, which are looked for once."""
    known: dict[str, Any] = arguments.__dict__
    if "with_default" not in known:
        known["with_default"] = frozenset(name for name, _ in defaults_of(arguments))
    return known["with_default"]  # type: ignore[no-any-return]


def defaults_of(arguments: ast.arguments) -> list[tuple[str, ast.expr]]:
    """Return the parameters with a default."""
    positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)]
    count = len(arguments.defaults)
    found = list(zip(positional[len(positional) - count :], arguments.defaults, strict=True))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [(p.arg, default) for p, default in named if default is not None]
    return found
