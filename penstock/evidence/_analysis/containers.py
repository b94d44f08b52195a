"""Lists, dicts and queries: what their methods return, and copies of them."""

import ast
from collections.abc import Hashable

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.heap import KEYS
from penstock.evidence._analysis.iteration import counted_items, iterate
from penstock.evidence._analysis.orm import QUERY, query_call
from penstock.evidence._analysis.registrations import announce
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Call
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    Method,
    Partial,
    Unknown,
    Value,
    Values,
    join,
)

__all__ = ["call_item", "copy_items", "copy_of", "count_of", "items_of", "rounds_of"]


def call_item(
    frame: Frame, container: Container, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    engine = frame.engine
    positional = arguments.positional
    first = positional[0] if positional else NOTHING
    if container.kind == QUERY:
        if name in {"create", "acreate", "get_or_create", "update_or_create"}:
            for value in engine.items(container):
                if isinstance(value, Instance):
                    announce(frame, value, "save", node)
        return query_call(frame, container, name, arguments)
    if name in {"append", "add", "appendleft", "push"}:
        engine.put(container, None, first)
    elif name == "insert" and len(positional) > 1:
        engine.put(container, None, positional[1])
    elif name in {"extend", "update", "extendleft"}:
        for value in first:
            if isinstance(value, Container) and container.kind in {"dict", "defaultdict"}:
                for slot, values in list(engine.slots(value).items()):
                    engine.store(container, slot, values)
                    _set_item(frame, node, slot, values)
            else:
                items, lazy = iterate(frame, (value,), node)
                engine.put(container, None, items)
                if lazy:
                    frame.emit(Call(lazy, frame.place(node)))
        for word, values in arguments.named.items():
            engine.put(container, Constant(word, str), values)
    elif name in {"get", "pop", "setdefault", "popleft", "popitem", "__getitem__"}:
        if name == "setdefault" and len(positional) > 1:
            for key in first:
                engine.put(container, None if isinstance(key, Unknown) else key, positional[1])
        is_keyed = container.kind in {"dict", "defaultdict"} or name == "__getitem__"
        found = join(*(engine.items(container, key) for key in first)) if is_keyed and first else (
            engine.items(container)
        )  # fmt: skip
        default = positional[1] if len(positional) > 1 and name in {"get", "pop"} else NOTHING
        if name in {"get"} and len(positional) == 1:
            default = (Constant(None),)
        return join(found or UNKNOWN, default)
    elif name in {"values", "copy", "items", "keys", "__iter__", "sorted"}:
        return _view(frame, container, name, node)
    elif name == "sort":
        for values in arguments.named.values():
            frame.apply(values, Arguments((engine.items(container),)), node)
    return UNKNOWN


def _set_item(frame: Frame, node: ast.AST, slot: Hashable, values: Values) -> None:
    """Know what an item is now, where a name has the container."""
    function = getattr(node, "func", None)
    owner = getattr(function, "value", None)
    if isinstance(owner, ast.Name) and isinstance(slot, (str, int)) and slot != KEYS:
        frame.paths[f"{owner.id}[{slot!r}]"] = values


def _view(frame: Frame, container: Container, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    if name in {"copy", "__iter__", "sorted"}:
        return (container,)
    view = Container("list", (*frame.site(node), container, name))
    slots = {s: v for s, v in engine.slots(container).items() if s not in {KEYS, "*default"}}
    if slots and "*" not in slots and container.kind == "dict":
        _view_of_known(frame, view, container, name, slots)
        return (view,)
    if name == "keys":
        engine.put(view, None, engine.keys(container) or UNKNOWN)
    elif name == "values":
        engine.put(view, None, engine.items(container))
    else:
        pair = Container("tuple", (*frame.site(node), container, "pair"))
        engine.put(pair, Constant(0, int), engine.keys(container) or UNKNOWN)
        engine.put(pair, Constant(1, int), engine.items(container) or UNKNOWN)
        engine.put(view, None, (pair,))
    return (view,)


def _view_of_known(
    frame: Frame, view: Container, container: Container, name: str, slots: dict[Hashable, Values]
) -> None:
    """Fill a view of a dict with known keys, item by item."""
    engine = frame.engine
    for number, (slot, values) in enumerate(slots.items()):
        key: Value = Constant(slot, type(slot))
        if isinstance(slot, (Class, Function, Instance)):
            key = slot
        if name == "items":
            pair = Container("tuple", (view.site, number))
            engine.put(pair, Constant(0, int), (key,))
            engine.put(pair, Constant(1, int), values)
            engine.put(view, Constant(number, int), (pair,))
        else:
            engine.put(view, Constant(number, int), (key,) if name == "keys" else values)


def copy_of(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    if last in {"list", "tuple", "set", "sorted", "reversed", "deque", "frozenset", "iter", "islice",
                "chain", "from_iterable", "tqdm", "filter", "batched", "aiter"}:  # fmt: skip
        container = Container("list", frame.site(node))
        if len(arguments.positional) == 1 and last in {"list", "tuple"}:
            counted = counted_items(frame, arguments.positional[0])
            if counted is not None:
                for number, values in enumerate(counted):
                    engine.put(container, Constant(number, int), values)
                return (container,)
        for values in arguments.positional:
            engine.put(container, None, iterate(frame, values, node, is_silent=True)[0])
        return (container,)
    if last in {"enumerate", "zip"}:
        container = Container("list", frame.site(node))
        pair = Container("tuple", (*frame.site(node), "pair"))
        first = 1 if last == "enumerate" else 0
        if first:
            engine.put(pair, Constant(0, int), UNKNOWN)
        for number, values in enumerate(arguments.positional):
            items = iterate(frame, values, node, is_silent=True)[0]
            engine.put(pair, Constant(number + first, int), items)
        engine.put(container, None, (pair,))
        return (container,)
    if last in {"next", "anext"}:
        found = iterate(frame, arguments.positional[0], node, is_silent=True)[0]
        for value in arguments.positional[0]:
            if isinstance(value, Instance):
                method = attribute_of(frame, value, "__next__", node)
                if any(isinstance(m, Method) for m in method):
                    return frame.apply(method, Arguments(), node)
        return found
    if last in {"dict", "OrderedDict"}:
        container = Container("dict", frame.site(node))
        for values in arguments.positional:
            for value in values:
                if isinstance(value, Container) and value.kind in {"dict", "defaultdict"}:
                    for slot, found in list(engine.slots(value).items()):
                        engine.store(container, slot, found)
                elif isinstance(value, Container):
                    for item in engine.items(value):
                        for key in engine.items(item, Constant(0, int)) or UNKNOWN:
                            engine.put(
                                container,
                                None if isinstance(key, Unknown) else key,
                                engine.items(item, Constant(1, int)),
                            )
        return (container,)
    return NOTHING


def copy_items(engine: Engine, container: Container, other: Value) -> None:
    if isinstance(other, Container):
        for slot, values in list(engine.slots(other).items()):
            engine.store(container, slot, values)


def count_of(engine: Engine, container: Value) -> int | None:
    """Return how many items a container has, or None if nobody knows."""
    slots = engine.slots(container)
    if "*" in slots or any(not isinstance(s, int) for s in slots if s != KEYS):
        return None
    return len([s for s in slots if s != KEYS])


_MOST_ROUNDS = 40


_LEADING = (Function, Class, Instance, Method, Partial)


def rounds_of(frame: Frame, values: Values) -> list[Values] | None:
    """Return the items of a list one by one, if the source has them all and they can be called."""
    if len(values) != 1 or not isinstance(values[0], Container):
        return None
    container = values[0]
    count = count_of(frame.engine, container)
    if count is None or not 0 < count <= _MOST_ROUNDS:
        return None
    items = [frame.engine.items(container, Constant(n, int)) for n in range(count)]
    for each in items:
        for value in each:
            inner = frame.engine.items(value) if isinstance(value, Container) else (value,)
            if any(isinstance(one, _LEADING) for one in inner):
                return items
    return None


def items_of(engine: Engine, owner: Container, keys: Values) -> Values:
    found: Values = NOTHING
    for key in keys or UNKNOWN:
        is_from_end = isinstance(key, Constant) and isinstance(key.value, int) and key.value < 0
        found = join(found, engine.items(owner, None if is_from_end else key))
    if not found and owner.kind == "defaultdict":
        found = engine.load(owner, "*default")
    return found or UNKNOWN
