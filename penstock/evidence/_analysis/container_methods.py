"""The methods of lists, dicts and sets."""

import ast
from collections.abc import Callable, Hashable

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import copy_items, list_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import call_outside
from penstock.evidence._analysis.heap import ANY_ITEM, DEFAULT, KEYS
from penstock.evidence._analysis.iteration import counted_items, iterate
from penstock.evidence._analysis.lengths import add_items
from penstock.evidence._analysis.orm import QUERY, methods_of_queries, query_call
from penstock.evidence._analysis.registrations import announce
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import EMPTY, Call, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    Method,
    Value,
    Values,
    join,
)

__all__ = ["call_method_of_container"]

Rule = Callable[[Frame, Container, Arguments, ast.AST], Values]

_KEYED = {"dict", "defaultdict"}


def call_method_of_container(
    frame: Frame, container: Container, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    """Return what method *name* of a container returns, and note what it calls."""
    if container.kind == QUERY:
        return _call_query(frame, container, name, arguments, node)
    rule = _METHODS.get(name)
    return UNKNOWN if rule is None else rule(frame, container, arguments, node)


_CREATING = {"create", "acreate", "get_or_create", "update_or_create"}
_DELETING = {"delete", "adelete"}


def _call_query(
    frame: Frame, query: Container, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    if name in _DELETING:
        for each in _objects_of(frame, query):
            announce(frame, each, name, node)
    if name in _CREATING:
        for each in _objects_of(frame, query):
            saved = [v for v in attribute_of(frame, each, "save", node) if isinstance(v, Method)]
            with frame.collected() as terms:
                frame.apply(tuple(saved), OPEN, node)
                announce(frame, each, "save", node)
            frame.emit(choice([sequence(terms), EMPTY]) if "_or_" in name else sequence(terms))
    found = query_call(frame, query, name, arguments)
    if found != (query,):
        return found
    methods = methods_of_queries(frame, query, name)
    if methods is None:
        return join(call_outside(frame, node, arguments), found)
    return join(frame.apply(methods, arguments, node), found) if methods else found


def _objects_of(frame: Frame, query: Container) -> list[Instance]:
    return [value for value in frame.engine.items(query) if isinstance(value, Instance)]


def _append(frame: Frame, container: Container, arguments: Arguments, _: ast.AST) -> Values:
    add_items(frame, container, arguments.positional[-1:])
    return UNKNOWN


def _insert(frame: Frame, container: Container, arguments: Arguments, _: ast.AST) -> Values:
    frame.engine.put(container, None, join(*arguments.positional[-1:]))
    return UNKNOWN


def _extend(frame: Frame, container: Container, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    for value in join(*arguments.positional[:1]):
        if isinstance(value, Container) and container.kind in _KEYED:
            copy_items(engine, container, value)
            for slot, values in list(engine.slots(value).items()):
                _note_item(frame, node, slot, values)
            continue
        items, lazy = iterate(frame, (value,), node)
        counted = counted_items(frame, (value,))
        if counted is None:
            engine.put(container, None, items)
        else:
            add_items(frame, container, counted)
        if lazy:
            frame.emit(Call(lazy, frame.location(node)))
    for word, values in arguments.named.items():
        engine.put(container, Constant(word, str), values)
    return UNKNOWN


def _note_item(frame: Frame, node: ast.AST, slot: Hashable, values: Values) -> None:
    """Know what an item is now, where a name has the container."""
    owner = getattr(getattr(node, "func", None), "value", None)
    if isinstance(owner, ast.Name) and isinstance(slot, (str, int)) and slot != KEYS:
        frame.paths[f"{owner.id}[{slot!r}]"] = values


def _getter(name: str) -> Rule:
    def rule(frame: Frame, container: Container, arguments: Arguments, _: ast.AST) -> Values:
        first, *others = arguments.positional or ((),)
        if name == "setdefault" and others:
            for key in first:
                frame.engine.put(container, key, others[0])
        is_keyed = container.kind in _KEYED or name == "__getitem__"
        keys: list[Value | None] = list(first) if is_keyed and first else [None]
        found = join(*(frame.engine.items(container, key) for key in keys)) or UNKNOWN
        if name not in {"get", "pop"}:
            return found
        nothing: Values = (Constant(None),) if name == "get" else NOTHING
        return join(found, others[0] if others else nothing)

    return rule


def _itself(_: Frame, container: Container, __: Arguments, ___: ast.AST) -> Values:
    return (container,)


def _sort(frame: Frame, container: Container, arguments: Arguments, node: ast.AST) -> Values:
    for values in arguments.named.values():
        frame.apply(values, Arguments((frame.engine.items(container),)), node)
    return UNKNOWN


def _view(name: str) -> Rule:
    def rule(frame: Frame, container: Container, _: Arguments, node: ast.AST) -> Values:
        engine = frame.engine
        view = Container("list", (*frame.site(node), container, name))
        slots = {s: v for s, v in engine.slots(container).items() if s not in {KEYS, DEFAULT}}
        if slots and ANY_ITEM not in slots and container.kind == "dict":
            pairs = [((_as_key(slot),), values) for slot, values in slots.items()]
            each = [_viewed(frame, view, name, n, pair) for n, pair in enumerate(pairs)]
            return list_of(frame, view, each)
        pair = engine.keys(container) or UNKNOWN, engine.items(container) or UNKNOWN
        engine.put(view, None, _viewed(frame, view, name, -1, pair))
        return (view,)

    return rule


def _as_key(slot: Hashable) -> Value:
    return slot if isinstance(slot, (Class, Function, Instance)) else Constant(slot, type(slot))


def _viewed(
    frame: Frame, view: Container, name: str, number: int, pair: tuple[Values, Values]
) -> Values:
    """Return an item of a view: the key, the value, or both."""
    if name == "items":
        return list_of(frame, Container("tuple", (view.site, number)), pair)
    return pair[0] if name == "keys" else pair[1]


_METHODS: dict[str, Rule] = {
    "append": _append,
    **dict.fromkeys(("add", "appendleft", "push", "insert"), _insert),
    **dict.fromkeys(("extend", "update", "extendleft"), _extend),
    **{
        name: _getter(name)
        for name in ("get", "pop", "setdefault", "popleft", "popitem", "__getitem__")
    },
    **{name: _view(name) for name in ("values", "items", "keys")},
    **dict.fromkeys(("copy", "__iter__"), _itself),
    "sort": _sort,
}
