"""Classes that the source makes more than once, or without a ``class`` statement."""

import ast
from collections.abc import Hashable, Mapping
from dataclasses import replace

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.scopes import ClassInfo, Scope
from penstock.evidence._analysis.values import Values
from penstock.evidence._source.files import Definition

__all__ = ["class_in", "make_class"]

_MOST_COPIES = 8
"""How many classes one ``class`` statement makes: further ones count as the last."""


def class_in(engine: Engine, cls: Definition, scope: Scope) -> Definition:
    """Return the class that a ``class`` statement makes in *scope*: each call makes another."""
    known = engine.classes.get(cls)
    # One whose names are in the module is that of a function that nobody had called.
    is_first = known is None or known.scope.parent in {scope, scope.module}
    if is_first or scope.definition.kind != "function":
        return cls
    for number in range(_MOST_COPIES):
        copy = engine.made_classes.setdefault((cls, number), replace(cls))
        info = engine.classes.get(copy)
        if info is None or info.scope.parent is scope:
            return copy
    return cls


def make_class(
    engine: Engine,
    site: Hashable,
    name: str,
    scope: Scope,
    *,
    bases: Values,
    members: Mapping[str, Values],
) -> Definition:
    """Return the class that is made at *site*, in a module whose names are in *scope*."""
    made = engine.made_classes.get(site)
    if made is None:
        module = scope.definition
        node = ast.ClassDef(name, [], [], [], [])
        made = Definition("class", module.source, name, node, module)
        engine.made_classes[site] = made
        info = ClassInfo(made, Scope(made, scope))
        engine.replace(info)
        engine.rebase(info, bases)
        engine.forget_mros()
        info.scope.names.update({name: values for name, values in members.items() if values})
    return made
