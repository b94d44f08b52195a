"""Expressions: what they may be, and what they call."""

import ast
from collections.abc import Callable
from typing import Any

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.calls import call_expression
from penstock.evidence._analysis.comprehensions import comprehension, generator_expression
from penstock.evidence._analysis.containers import copy_items, count_of, items_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.frame import Frame, path_of
from penstock.evidence._analysis.hooks import hook_of
from penstock.evidence._analysis.iteration import await_values, counted_items, iterate
from penstock.evidence._analysis.operators import (
    binary_operation,
    boolean_operation,
    comparison,
    conditional,
    unary_operation,
)
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.special import HASHING, call_special
from penstock.evidence._analysis.strings import formatted_string
from penstock.evidence._analysis.terms import Iterate, Loop, Yield
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Alias,
    Class,
    Constant,
    Container,
    External,
    Function,
    Further,
    Instance,
    Method,
    Pending,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.functions import children_of

__all__ = ["evaluate"]


def evaluate(frame: Frame, node: ast.expr) -> Values:
    """Return what *node* may be, and note in *frame* what it calls."""
    return _EXPRESSIONS.get(type(node), _all_parts)(frame, node)


def _all_parts(frame: Frame, node: Any) -> Values:
    for child in children_of(node):
        frame.evaluate(child)
    return UNKNOWN


def _name(frame: Frame, node: ast.Name) -> Values:
    return frame.read(node.id)


def _constant(_: Frame, node: ast.Constant) -> Values:
    if node.value is None or isinstance(node.value, (str, int, bool, bytes)):
        return (Constant(node.value, type(node.value)),)
    return UNKNOWN


def _attribute(frame: Frame, node: ast.Attribute) -> Values:
    owners = frame.evaluate(node.value)
    if frame.paths and (path := path_of(node)) in frame.paths:
        return frame.paths[path]
    if hook := hook_of(frame, owners, node):
        return hook
    if owners and all(isinstance(one, Constant) and one.value is None for one in owners):
        owners = UNKNOWN  # something else sets it, since None has no attributes
    return frame.one_of(owners, lambda owner: attribute_of(frame, owner, node.attr, node))


def _subscript(frame: Frame, node: ast.Subscript) -> Values:
    owners = frame.evaluate(node.value)
    if isinstance(node.slice, ast.Slice):
        _all_parts(frame, node.slice)
        return tuple(_part_of(frame, owner, node) for owner in owners)
    keys = frame.evaluate(node.slice)
    call_special(frame, keys, HASHING, node.slice)
    if frame.paths and (path := path_of(node)) in frame.paths:
        return frame.paths[path]
    note_methods(frame, owners, ("__getitem__",), node.value)
    return frame.one_of(owners, lambda owner: _item(frame, owner, keys, node))


def _part_of(frame: Frame, owner: Value, node: ast.Subscript) -> Value:
    """Return the part of a container that a slice with constant ends has."""
    engine = frame.engine
    written: Any = node.slice
    ends: list[int | None] = []
    for end in (written.lower, written.upper, written.step):
        if end is not None and not (isinstance(end, ast.Constant) and type(end.value) is int):
            return owner
        ends.append(None if end is None else int(str(end.value)))
    count = count_of(engine, owner) if isinstance(owner, Container) else None
    if count is None or not isinstance(owner, Container):
        return owner
    container = Container(owner.kind, (*frame.site(node), owner))
    for index, number in enumerate(range(count)[slice(*ends)]):
        items = engine.items(owner, Constant(number, int))
        engine.put(container, Constant(index, int), items)
    return container


def _modules_in(frame: Frame, owner: External, keys: Values) -> Values:
    """Return the modules of the project that are items of ``sys.modules``."""
    names = (each.value for each in keys if isinstance(each, Constant))
    known = (each for each in names if each in frame.engine.project.files)
    return join(*map(frame.engine.module, known)) if owner.name == "sys.modules" else NOTHING


def _item_of_library(frame: Frame, owner: External, node: ast.Subscript) -> Value:
    if owner.site is None and "()" not in owner.name:
        return Alias(node, frame.scope)
    return External(f"{owner.name}[]", owner.site)


def _item(frame: Frame, owner: Value, keys: Values, node: ast.Subscript) -> Values:
    engine = frame.engine
    if isinstance(owner, Container):
        return items_of(engine, owner, keys)
    if isinstance(owner, Class):
        return _of_generic(frame, owner, keys, node)
    if isinstance(owner, Instance):
        method = attribute_of(frame, owner, "__getitem__", node)
        found = frame.apply(method, Arguments((keys,)), node)
        return join(found, call_special(frame, (owner,), ("__missing__",), node.value, keys))
    if isinstance(owner, External):
        return _modules_in(frame, owner, keys) or (_item_of_library(frame, owner, node),)
    return (owner,) if isinstance(owner, Further) else UNKNOWN


def _of_generic(frame: Frame, owner: Class, keys: Values, node: ast.Subscript) -> Values:
    """Return a class with the types that a subscript names, or what it returns for them."""
    found = attribute_of(frame, owner, "__class_getitem__", node)
    ours = tuple(v.function if isinstance(v, Wrapped) else v for v in found)
    methods = tuple(Method(each, owner) for each in ours if isinstance(each, Function))
    return frame.apply(methods, Arguments((keys,)), node) if methods else (owner,)


def _display(frame: Frame, node: Any) -> Values:
    """Return the list, tuple or set that the source has."""
    if len(node.elts) >= _MANY and all(map(_is_data, node.elts)):
        return (_table(frame, node, frame.site(node)),)
    container = Container(_KINDS[type(node)], frame.site(node))
    _fill(frame, container, node)
    return (container,)


_KINDS = {ast.List: "list", ast.Set: "set", ast.Tuple: "tuple"}
_MANY = 20
"""How many elements make a table, of which mostly nobody asks for the rows."""


def _is_data(node: ast.expr) -> bool:
    """Return whether *node* is a constant, or a list or tuple of such."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_is_data, node.elts))
    return isinstance(node, ast.Constant)


def _table(frame: Frame, node: Any, site: tuple[object, ...]) -> Container:
    """Return a container of constants, which is filled when somebody asks for its items."""
    container = Container(_KINDS[type(node)], site)
    frame.engine.postpone(container, lambda: _fill_table(frame, container, node, site))
    return container


def _fill_table(frame: Frame, table: Container, node: Any, site: tuple[object, ...]) -> None:
    for number, element in enumerate(node.elts):
        is_constant = isinstance(element, ast.Constant)
        row = None if is_constant else _table(frame, element, (element, *site[1:]))
        values = frame.evaluate(element) if row is None else (row,)
        frame.engine.put(table, Constant(number, int), values)


def _fill(frame: Frame, container: Container, node: Any) -> None:
    """Put the elements that the source has into *container*."""
    engine = frame.engine
    number: int | None = 0  # of the next item, if it is known
    for element in node.elts:
        items: list[Values] | None
        if isinstance(element, ast.Starred):
            values = frame.evaluate(element.value)
            items = None if frame.loops else counted_items(frame, values)
            if items is None:
                engine.put(container, None, iterate(frame, values, element)[0])
                number = None
        else:
            items = [frame.evaluate(element)]
            if container.kind == "set":
                call_special(frame, items[0], HASHING, element)
        for each in items or ():
            engine.put(container, None if number is None else Constant(number, int), each)
            number = None if number is None else number + 1


def _dict(frame: Frame, node: ast.Dict) -> Values:
    container = Container("dict", frame.site(node))
    engine = frame.engine
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            for other in frame.evaluate(value):
                copy_items(engine, container, other)
            continue
        keys = frame.evaluate(key)
        call_special(frame, keys, HASHING, key)
        values = frame.evaluate(value)
        for one in keys:
            engine.put(container, one, values)
    return (container,)


def _lambda(frame: Frame, node: ast.Lambda) -> Values:
    definition = frame.activation.definition.source.definitions[node]
    function = Function(definition, frame.scope)
    for parameter, default in defaults_of(node.args):
        frame.engine.store(function, ("default", parameter), frame.evaluate(default))
    return (function,)


def _await(frame: Frame, node: ast.Await) -> Values:
    frame.awaited.add(node.value)
    return await_values(frame, frame.evaluate(node.value), node)


def _yield(frame: Frame, node: ast.Yield) -> Values:
    values = frame.evaluate(node.value) if node.value is not None else NOTHING
    frame.activation.yields = join(frame.activation.yields, values)
    frame.emit(Yield())
    # Coroutines of Tornado and Twisted wait for what they yield.
    pending = tuple(each for each in values if isinstance(each, Pending))
    return await_values(frame, pending, node) or UNKNOWN


def _yield_from(frame: Frame, node: ast.YieldFrom) -> Values:
    values = frame.evaluate(node.value)
    items, lazy = iterate(frame, values, node)
    frame.activation.yields = join(frame.activation.yields, items)
    if lazy:
        frame.emit(Iterate(lazy, Yield(), frame.location(node)))
        return join(*(each.returns for each in lazy)) or UNKNOWN
    frame.emit(Loop(Yield()))
    return UNKNOWN


def _named(frame: Frame, node: ast.NamedExpr) -> Values:
    values = frame.evaluate(node.value)
    frame.assign(node.target.id, values)
    return values


def _starred(frame: Frame, node: ast.Starred) -> Values:
    return frame.evaluate(node.value)


_EXPRESSIONS: dict[type[ast.expr], Callable[[Frame, Any], Values]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: call_expression,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.BoolOp: boolean_operation,
    ast.IfExp: conditional,
    ast.Lambda: _lambda,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.DictComp: comprehension,
    ast.GeneratorExp: generator_expression,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.NamedExpr: _named,
    ast.BinOp: binary_operation,
    ast.Starred: _starred,
    ast.UnaryOp: unary_operation,
    ast.Compare: comparison,
    ast.JoinedStr: formatted_string,
}
