"""The bodies of functions and modules."""

import ast
from typing import Any

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.names import local_names
from penstock.evidence._analysis.scopes import Activation, Arguments, Scope
from penstock.evidence._analysis.terms import Call, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    Constant,
    Deferred,
    Function,
    Unknown,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition

__all__ = ["engine_decorators", "run_body"]


def run_body(engine: Engine, activation: Activation) -> None:
    """Evaluate the body of *activation*, and note there what it does and returns."""
    definition = activation.definition
    node: Any = definition.node
    if isinstance(node, ast.Module):
        _run_module(engine, activation, node)
        return
    scope = activation.frame_scope
    if scope is None:
        scope = activation.frame_scope = Scope(definition, activation.scope)
        scope.cls = _class_of(definition)
    frame = Frame(engine, activation, scope, local_names(definition))
    assert frame.names is not None
    with frame.collected() as before:
        for name, values in activation.bound.items():
            values = _provided(frame, values, node)  # noqa: PLW2901
            frame.names[name] = values
            if scope.add(name, values):
                engine.changed = True
        if activation.is_root:
            function = Function(definition, activation.scope)
            _provided(frame, engine.load(function, "depends"), node)
    activation.before = sequence(before)
    if isinstance(node, ast.Lambda):
        returned = frame.evaluate(node.body)
        activation.returns = join(activation.returns, returned)
    else:
        with engine_decorators(frame):
            frame.execute(node.body)
    activation.body = sequence(frame.terms)


class engine_decorators:  # noqa: N801 - a block
    """Note what is returned lazily at the end."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Let a root be asked for what it returns lazily."""
        activation = self.frame.activation
        if activation.is_root:
            for value in activation.returns:
                if isinstance(value, Deferred):
                    term = Call(value.activations, activation.definition.place)
                    self.frame.emit(term)


def _provided(frame: Frame, values: Values, node: ast.AST) -> Values:
    """Return *values* with what a framework provides, whose providers are called first."""
    if not any(isinstance(v, Wrapped) and v.kind == "depends" for v in values):
        return values
    found: Values = NOTHING
    for value in values:
        if isinstance(value, Wrapped) and value.kind == "depends":
            returned = frame.apply((value.function,), Arguments(is_open=True), node)
            returned = await_values(frame, returned, node)
            lazy = [v for v in returned if isinstance(v, Deferred)]
            if lazy:
                returned, more = iterate(frame, returned, node)
                frame.emit(Call(more, frame.place(node)))
            found = join(found, returned)
        else:
            found = join(found, (value,))
    known = tuple(v for v in found if not isinstance(v, (Unknown, Constant)))
    return known or found


def _class_of(definition: Definition) -> Definition | None:
    parent = definition.parent
    return parent if parent is not None and parent.kind == "class" else None


def _run_module(engine: Engine, activation: Activation, node: ast.Module) -> None:
    scope = activation.scope
    source = activation.definition.source
    frame = Frame(engine, activation, scope, local_names(activation.definition))
    assert frame.names is not None
    frame.names["__name__"] = (Constant(source.module, str),)
    scope.add("__name__", frame.names["__name__"])
    frame.execute(node.body)
    names = frame.names
    if names is not None:  # it is, where a module always raises
        scope.final = dict(names)
        # A function that runs later may assign it again.
        for name in _globals_of(source.definitions):
            scope.final.pop(name, None)
    activation.body = sequence(frame.terms)


def _globals_of(definitions: dict[ast.AST, Definition]) -> set[str]:
    return {
        name
        for each in definitions
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in each.body
        if isinstance(node, ast.Global)
        for name in node.names
    }
