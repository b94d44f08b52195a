"""The methods that subclasses have instead, and those of classes that have a protocol."""

import ast

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.values import (
    Function,
    Instance,
    Method,
    Module,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["is_abstract", "methods_of", "with_overrides"]


def with_overrides(engine: Engine, cls: object, name: str, found: Values) -> Values:
    """Return *found* with what subclasses have instead, without what is abstract."""
    overrides = [
        value
        for subclass in engine.subclasses(cls)  # type: ignore[arg-type]
        for value in engine.own(subclass, name)
    ]
    if not overrides:
        overrides = _implementations(engine, cls, name, found)
    if not overrides:
        return found
    concrete = [value for value in found if not is_abstract(value)]
    return join(concrete, overrides)


_MOST_IMPLEMENTATIONS = 6


def _implementations(engine: Engine, cls: object, name: str, found: Values) -> list[Value]:
    """Return the methods of classes that have all methods of a protocol."""
    if "typing.Protocol" not in engine.mro(cls) and "Protocol" not in engine.mro(cls):  # type: ignore[arg-type]
        return []
    wanted = [
        n for n, v in engine.info(cls).scope.names.items()  # type: ignore[arg-type]
        if any(isinstance(each, (Function, Wrapped)) for each in v)
    ]  # fmt: skip
    classes: list[Value] = []
    for file in engine.project.mentioning(name):
        if not all(word in file.words for word in wanted):
            continue
        engine.scope_of(file)
        for definition in file.definitions.values():
            if definition.kind != "class" or definition is cls:
                continue
            own = engine.info(definition).scope.names
            if all(word in own for word in wanted) and not any(
                is_abstract(v) for v in own.get(name, ())
            ):
                classes += own.get(name, ())
    return classes if len(classes) <= _MOST_IMPLEMENTATIONS else []


def is_abstract(value: Value) -> bool:
    """Return whether a function does nothing but say that a subclass has to."""
    while isinstance(value, Wrapped):
        value = value.function
    if not isinstance(value, Function):
        return False
    node = value.definition.node
    if isinstance(node, ast.Lambda):
        return False
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", ())]
    if any(d.rpartition(".")[2].startswith("abstract") for d in decorators):
        return True
    body = list(getattr(node, "body", ()))
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body:
        return True
    if len(body) > 1:
        return False
    only = body[0]
    if isinstance(only, ast.Raise):
        return "NotImplemented" in ast.unparse(only)
    return isinstance(only, ast.Pass) or (
        isinstance(only, ast.Expr) and isinstance(only.value, ast.Constant)
    )


def methods_of(engine: Engine, owner: Value, prefix: str) -> Values:
    """Return the methods of *owner* whose names begin with *prefix*."""
    found: list[Value] = []
    if isinstance(owner, Instance):
        names: dict[str, None] = {}
        lines = [owner.cls, *(engine.subclasses(owner.cls) if owner.site is None else ())]
        for cls in lines:
            for one in engine.mro(cls):
                if not isinstance(one, str):
                    names.update(dict.fromkeys(engine.info(one).scope.names))
        for name in names:
            if name.startswith(prefix):
                for value in with_overrides(engine, owner.cls, name, engine.find(owner.cls, name)):
                    if isinstance(value, Function):
                        found.append(Method(value, owner))
    elif isinstance(owner, Module):
        scope = engine.scope_of(owner.source)
        for name in list(scope.names):
            if name.startswith(prefix):
                found += engine.member(owner.source, name)
    return join(found)
