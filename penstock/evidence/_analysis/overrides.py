"""The methods that subclasses have instead, and those of classes that have a protocol."""

from collections.abc import Callable

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.values import (
    CUT,
    NOTHING,
    Function,
    Further,
    Instance,
    Method,
    Module,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import written

__all__ = [
    "is_abstract", "is_protocol", "is_refused", "is_wanted", "methods_of", "with_overrides",
]  # fmt: skip


_MOST_IMPLEMENTATIONS = 6
_PROTOCOLS = {"typing.Protocol", "typing_extensions.Protocol", "zope.interface.Interface"}


def with_overrides(engine: Engine, cls: Definition, name: str, found: Values) -> Values:
    """Return *found* with what subclasses have instead, without what is abstract."""
    subclasses = engine.subclasses(cls)
    # What nothing above has, as in a mixin, a subclass may have by another base.
    look = engine.own if found else engine.find
    overrides = [value for each in subclasses for value in look(each, name)]
    if not overrides and is_protocol(engine, cls):
        overrides = _implementations(engine, cls, name)
    if engine.has_more_subclasses(cls):
        overrides += CUT
    if not overrides:
        return found
    steps = [v for v in overrides if is_wanted(engine, v)]
    return join(steps, (v for v in found if not _is_replaced(engine, v)), overrides)


def is_protocol(engine: Engine, cls: Definition) -> bool:
    """Return whether objects of other classes, and functions, may have the type *cls*."""
    return not _PROTOCOLS.isdisjoint(engine.mro(cls))


def _implementations(engine: Engine, protocol: Definition, name: str) -> list[Value]:
    """Return the methods of the classes that have all methods of a protocol."""
    names = engine.info(protocol).scope.names
    wanted = {word for word, values in names.items() if any(map(_is_function, values))}
    found: list[Value] = []
    words = " ".join(sorted(wanted))
    for file, has_all in engine.project.search("words", words, name):
        if not has_all:
            continue
        engine.scope_of(file)
        for definition in file.definitions.values():
            if definition.kind == "class" and definition is not protocol:
                own = engine.info(definition).scope.names
                methods = own.get(name, ())
                known = [v for v in methods if not is_abstract(v) or is_wanted(engine, v)]
                if wanted <= own.keys() and len(known) == len(methods):
                    found += methods
    if len(found) > _MOST_IMPLEMENTATIONS:
        return [*(v for v in found if is_wanted(engine, v)), *CUT]
    return found


def is_wanted(engine: Engine, value: Value) -> bool:
    """Return whether a function is a step."""
    return isinstance(value, Function) and value.definition in engine.wanted


def _is_replaced(engine: Engine, value: Value) -> bool:
    """Return whether something else is always called instead, for an object has an override."""
    return _is_empty(value) or (is_abstract(value) and not is_wanted(engine, value))


def _is_function(value: Value) -> bool:
    return isinstance(value, (Function, Wrapped))


def is_abstract(value: Value) -> bool:
    """Return whether a subclass has to have a function instead of this one."""
    definition = _definition_of(value)
    return definition is not None and (_has_mark(definition) or definition.is_abstract)


def is_refused(value: Value) -> bool:
    """Return whether a function cannot be what is called, since a subclass has to implement it."""
    definition = _definition_of(value)
    return definition is not None and (_has_mark(definition) or definition.is_refused)


def _has_mark(function: Definition) -> bool:
    decorators = map(written, function.decorators)
    return any(each.rpartition(".")[2].startswith("abstract") for each in decorators)


def _is_empty(value: Value) -> bool:
    """Return whether a function does nothing but say that a subclass has to."""
    definition = _definition_of(value)
    return definition is not None and definition.is_abstract


def _definition_of(value: Value) -> Definition | None:
    """Return the function of the project that a value is, or that it wraps."""
    while isinstance(value, Wrapped):
        value = value.function
    return value.definition if isinstance(value, Function) else None


def methods_of(engine: Engine, owner: Value, fits: Callable[[str], bool]) -> Values:
    """Return the methods of *owner* whose names fit."""
    if isinstance(owner, Module):
        scope = engine.scope_of(owner.source)
        names = [name for name in scope.names if fits(name)]
        return join(*(engine.member(owner.source, name) for name in names))
    if not isinstance(owner, Instance):
        return NOTHING
    cls = owner.cls
    classes = [cls, *(engine.subclasses(cls) if owner.site is None else ())]
    known = (one for each in classes for one in engine.project_mro(each))
    found = dict.fromkeys(name for one in known for name in engine.info(one).scope.names)
    names = [name for name in found if fits(name)]
    functions = join(*(with_overrides(engine, cls, name, engine.find(cls, name)) for name in names))
    return tuple(
        Method(each, owner) if isinstance(each, Function) else each
        for each in functions
        if isinstance(each, (Function, Further))
    )
