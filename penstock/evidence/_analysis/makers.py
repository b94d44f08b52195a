"""The calls that make the objects of a class which a flow gets, and does not make itself."""

import ast
from collections.abc import Iterator

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.scopes import Activation, Scope
from penstock.evidence._analysis.values import (
    CUT,
    UNKNOWN,
    Function,
    Instance,
    Values,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in

__all__ = ["call_with_arguments", "make_objects"]

_MOST_MAKERS = 6
"""In how many functions the calls of a class are evaluated: what others pass may be anything."""


def make_objects(engine: Engine, cls: Definition, name: str) -> None:
    """Evaluate the calls that make objects of *cls* in the project, once in each round.

    What else the functions do in which these calls are is left out, and all of it is if attribute
    *name* is not what ``__init__`` gets for a parameter of an unknown type.
    """
    if not _is_given(engine, cls, name):
        return
    if len(engine.project.callers_of(cls)) > _MOST_MAKERS:
        engine.store(Instance(cls), name, CUT)
    if engine.made.get(cls) == engine.round:
        return
    engine.made[cls] = engine.round
    words = f"providers {cls.name}"  # as a container of dependencies has
    for source, has_words in engine.project.search("words", words, "providers"):
        if has_words:
            engine.scope_of(source)
    call_with_arguments(engine, cls)


def call_with_arguments(engine: Engine, called: Definition) -> None:
    """Evaluate the calls of a function or class in the project, and nothing else around them."""
    for caller in engine.project.callers_of(called)[:_MOST_MAKERS]:
        if caller.kind == "function":
            _Maker(engine, caller, engine.scope_of(caller.source)).call(called.name)
        else:
            engine.scope_of(caller.source)


def _is_given(engine: Engine, cls: Definition, name: str) -> bool:
    """Return whether ``__init__`` assigns *name*, and has a parameter of an unknown type."""
    return any(
        name in init.definition.assigned_attributes
        and not all(
            engine.annotation(init.scope, each.annotation)
            for each in init.definition.parameters[1:]
        )
        for init in engine.find(cls, "__init__")
        if isinstance(init, Function)
    )


class _Maker:
    """A function, of which only the calls of one class are evaluated, and what they need."""

    def __init__(self, engine: Engine, function: Definition, module: Scope) -> None:
        parent = function.parent
        is_method = parent is not None and parent.kind == "class"
        scope = engine.info(parent).scope if parent is not None and is_method else module
        activation = Activation(function, scope, {})
        self._frame = Frame(engine, activation, Scope(function, scope), function.assigned_names)
        self._nodes = sorted(
            (each for each in nodes_in(function.node) if hasattr(each, "lineno")),
            key=lambda each: (each.lineno, each.col_offset),
        )
        for parameter in function.parameters:
            known = engine.annotation(scope, parameter.annotation)
            self._frame.assign(parameter.arg, known or UNKNOWN)
        if is_method and parent is not None and function.parameters:
            self._frame.assign(function.parameters[0].arg, (Instance(parent),))
        for each in self._nodes:
            if isinstance(each, (ast.Import, ast.ImportFrom)):
                self._frame.execute([each])
        self._known = {*(self._frame.names or ())}
        """The local names that are known so far."""

    def call(self, name: str) -> None:
        """Evaluate the calls of the class *name*."""
        for node in self._nodes:
            called = getattr(node, "func", None)
            if isinstance(node, ast.Call) and name in {
                getattr(called, "id", None), getattr(called, "attr", None),
            }:  # fmt: skip
                with self._frame.collected():
                    self._evaluate(node)

    def _evaluate(self, node: ast.expr) -> Values:
        """Return what *node* may be, with the names that it has."""
        frame = self._frame
        for each in nodes_in(node):
            if isinstance(each, ast.Name) and each.id in frame.local - self._known:
                self._known.add(each.id)
                frame.assign(each.id, UNKNOWN)
                values = join(*map(self._evaluate, self._assigned(each.id)))
                frame.assign(each.id, values or UNKNOWN)
        return frame.evaluate(node)

    def _assigned(self, name: str) -> Iterator[ast.expr]:
        """Yield what the function assigns to *name*."""
        for node in self._nodes:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=found)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value)
                    | ast.NamedExpr(target=ast.Name(id=found), value=value)
                ) if found == name:
                    yield value
