"""Lists, tuples and dicts: their items, one by one where the source has them all."""

import ast
from collections.abc import Iterable

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.heap import ANY_ITEM, DEFAULT, KEYS
from penstock.evidence._analysis.library import last_of
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
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import called_by, looks_up, written

__all__ = [
    "copy_items",
    "count_of",
    "fields_of",
    "items_of",
    "keyed_items",
    "list_of",
    "makes_init",
    "rounds_of",
]

_OF_FIELDS = {"attrs", "attributes", "dataclass", "define", "frozen", "mutable", "s"}
"""The last names of decorators that make a class from its fields."""

_MOST_ROUNDS = 40
_CALLABLE = (Function, Class, Instance, Method, Partial)


def count_of(engine: Engine, container: Value) -> int | None:
    """Return how many items a list or tuple has, or None if that is not known."""
    slots = [slot for slot in engine.slots(container) if slot != KEYS]
    return len(slots) if all(isinstance(slot, int) for slot in slots) else None


def fields_of(engine: Engine, cls: Definition) -> list[str]:
    """Return the fields of a dataclass, or of another class that makes its own ``__init__``."""
    lines = reversed(engine.project_mro(cls))
    found = (field for one in lines for field in engine.load(Class(one), "fields"))
    return list(dict.fromkeys(each.value for each in found if isinstance(each, Constant)))


def makes_init(engine: Engine, cls: Definition) -> bool:
    """Return whether a decorator, as ``dataclass``, makes ``__init__``, whatever is inherited."""
    for one in engine.project_mro(cls):
        if engine.own(one, "__init__"):
            return False
        for each in one.decorators:
            if last_of(written(called_by(each))) in _OF_FIELDS:
                return not any(map(_is_without_init, getattr(each, "keywords", ())))
    return False


def _is_without_init(option: ast.keyword) -> bool:
    return option.arg == "init" and getattr(option.value, "value", True) is False


def items_of(engine: Engine, container: Container, keys: Values) -> Values:
    """Return what ``container[key]`` is for one of *keys*."""
    found: Values = NOTHING
    for key in keys or UNKNOWN:
        is_from_end = isinstance(key, Constant) and isinstance(key.value, int) and key.value < 0
        items = engine.items(container, None if is_from_end else key)
        found = join(found, _with_default(engine, container, key, items))
    engine.note_changeable(found)
    return found or UNKNOWN


def _with_default(engine: Engine, container: Container, key: Value, items: Values) -> Values:
    """Return *items*, or what a ``defaultdict`` makes for *key*: another one for each known key."""
    default = engine.load(container, DEFAULT)
    slot = engine.slot_of(key)
    if not default or (items and slot is not ANY_ITEM):
        return items
    if slot is not ANY_ITEM:
        default = tuple(
            Container(v.kind, (container, slot)) if isinstance(v, Container) else v for v in default
        )
    engine.put(container, key, default)
    return join(items, default)


def list_of(frame: Frame, container: Container, items: Iterable[Values]) -> Values:
    """Return *container* with *items*, in this order."""
    for number, values in enumerate(items):
        frame.engine.put(container, Constant(number, int), values)
    return (container,)


def copy_items(engine: Engine, container: Container, other: Value) -> None:
    """Put the items of *other* into *container*, with their keys."""
    if isinstance(other, Container):
        for slot, values in list(engine.slots(other).items()):
            engine.store(container, slot, values)


def rounds_of(frame: Frame, values: Values, loop: ast.AST | None = None) -> list[Values] | None:
    """Return the items of a list one by one, if the source has them all and they can be called.

    Strings can be called in a *loop* that looks something up by a name.
    """
    if len(values) != 1 or not isinstance(values[0], Container):
        return None
    engine, container = frame.engine, values[0]
    count = count_of(engine, container)
    if count is None or not 0 < count <= _MOST_ROUNDS:
        return None
    items = [engine.items(container, Constant(n, int)) for n in range(count)]
    inner = (
        one
        for values in items
        for value in values
        for one in (engine.items(value) if isinstance(value, Container) else (value,))
    )
    are_names = loop is not None and looks_up(loop)
    is_called = any(
        isinstance(one, _CALLABLE) or (are_names and isinstance(one, Constant) and one.kind is str)
        for one in inner
    )
    return items if is_called else None


def keyed_items(frame: Frame, target: ast.expr, items: Values) -> Values | None:
    """Return the items of a loop, if each has a string beside something that can be called.

    So a string that is looked for in such a table has what is beside it alone.
    """
    is_table = (
        isinstance(target, ast.Tuple)
        and 1 < len(items) <= _MOST_ROUNDS
        and all(isinstance(each, Container) and each.kind == "tuple" for each in items)
        and all(_has_key(frame.engine, each) for each in items)
    )
    return items if is_table else None


def _has_key(engine: Engine, item: Value) -> bool:
    """Return whether a tuple has a string and something that can be called."""
    inner = [values for slot, values in engine.slots(item).items() if slot != KEYS]
    is_string = any(
        len(values) == 1 and isinstance(values[0], Constant) and values[0].kind is str
        for values in inner
    )
    return is_string and any(isinstance(one, _CALLABLE) for values in inner for one in values)
