"""The bodies of functions and modules."""

import ast
import re
from typing import Any

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.scopes import OPEN, Activation, Scope
from penstock.evidence._analysis.terms import Call, Choice, Exit, sequence
from penstock.evidence._analysis.values import (
    FURTHER,
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Unknown,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import names_bound_by, nodes_in, written

__all__ = ["run_body"]


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
        own = activation.scope.definition
        scope.cls = own if own.kind == "class" else None
    frame = Frame(engine, activation, scope, definition.assigned_names)
    assert frame.names is not None
    with frame.collected() as before:
        if activation.is_root:
            function = Function(definition, activation.scope)
            _provided(frame, engine.load(function, "depends"), node)
        for name, values in activation.bound.items():
            given = _of_view(frame, name, values, node) or _of_annotation(frame, name, values)
            given = _of_decorator(frame, name, given)
            provided = _provided(frame, given, node)
            frame.names[name] = provided
            engine.assign(scope, name, provided)
    for name in definition.shared_names:
        frame.names.pop(name, None)
    activation.before = sequence(before)
    if isinstance(node, ast.Lambda):
        frame.kept.add(node.body)
        activation.returns = join(activation.returns, frame.evaluate(node.body))
    else:
        frame.execute(node.body)
        if node.returns is not None and _NEVER.search(written(node.returns)):
            frame.emit(Exit("raise"))
    activation.body, activation.leaves = sequence(frame.terms), frame.objects


_DATA = (
    ast.Constant, ast.Dict, ast.DictComp, ast.JoinedStr, ast.List, ast.ListComp, ast.Set,
    ast.SetComp, ast.Tuple,
)  # fmt: skip
"""Expressions of data, whose methods are those of Python."""

_NEVER = re.compile(r"\b(?:NoReturn|Never)\b['\"]?$")
"""How an annotation ends which says that a function does not return."""

_OF_VIEWS = {
    "form": "get_form",
    "serializer": "get_serializer",
    "queryset": "get_queryset",
    "obj": "get_object",
    "instance": "instance",
}
"""Parameters that the methods of views have, and the method that makes what a framework passes."""


def _of_view(frame: Frame, name: str, values: Values, node: ast.AST) -> Values:
    """Return what a framework passes to a method of a view, if the source shows that."""
    receiver = frame.activation.receiver
    if name not in _OF_VIEWS or values != UNKNOWN:
        return NOTHING
    if not isinstance(receiver, Instance):
        return _of_signal(frame) if name == "instance" else NOTHING
    with frame.collected():  # it was made before
        found = attribute_of(frame, receiver, _OF_VIEWS[name], node)
        made = found if name == "instance" else frame.apply(found, OPEN, node)
    return tuple(each for each in made if isinstance(each, (Container, Instance)))


def _of_decorator(frame: Frame, name: str, values: Values) -> Values:
    """Return what a decorator of Click passes as an argument that no call shows."""
    definition = frame.activation.definition
    if values != UNKNOWN or not definition.decorators:
        return values
    return (
        frame.engine.load(Function(definition, frame.activation.scope), ("passed", name)) or values
    )


def _of_signal(frame: Frame) -> Values:
    """Return an object of the model whose signals call the function."""
    function = Function(frame.activation.definition, frame.activation.scope)
    senders = frame.engine.senders.get(function, NOTHING)
    return tuple(Instance(each.definition) for each in senders if isinstance(each, Class))


def _of_annotation(frame: Frame, name: str, values: Values) -> Values:
    """Return *values* with the class that ``Depends()`` without an argument is annotated with."""
    if not any(isinstance(v, External) and v.name.endswith(".Depends()") for v in values):
        return values
    parameters = frame.activation.definition.parameters
    annotation = next((each.annotation for each in parameters if each.arg == name), None)
    typed = frame.engine.annotation(frame.activation.scope, annotation)
    found = tuple(Wrapped("depends", Class(v.cls)) for v in typed if isinstance(v, Instance))
    return found or values


def _provided(frame: Frame, values: Values, node: ast.AST) -> Values:
    """Return *values* with what a framework provides, whose providers are called first."""
    providers = [v.function for v in values if isinstance(v, Wrapped) and v.kind == "depends"]
    if not providers:
        return values
    found = join(v for v in values if not (isinstance(v, Wrapped) and v.kind == "depends"))
    for provider in providers:
        is_anew = isinstance(provider, Wrapped) and provider.kind == "anew"
        if isinstance(provider, Wrapped):
            provider = provider.function  # noqa: PLW2901 - the same one
        with frame.collected() as terms:
            returned = await_values(frame, frame.apply((provider,), OPEN, node), node)
        if any(isinstance(value, Deferred) for value in returned):
            returned, lazy = iterate(frame, returned, node)
            terms = [Call(lazy, frame.location(node))]
        # Calls by themselves are made once for a request.
        frame.emit(Choice((sequence(terms),)) if is_anew else sequence(terms))
        found = join(found, returned)
    return tuple(v for v in found if not isinstance(v, (Unknown, Constant))) or found


def _run_module(engine: Engine, activation: Activation, node: ast.Module) -> None:
    scope = activation.scope
    source = activation.definition.source
    frame = Frame(engine, activation, scope, activation.definition.assigned_names)
    assert frame.names is not None
    frame.names["__name__"] = (Constant(source.module, str),)
    scope.add("__name__", frame.names["__name__"])
    frame.execute(node.body)
    names = frame.names
    if names is not None:  # it is, where a module always raises
        scope.final = dict(names)
        # A function that runs later may assign it again.
        for name in _globals_of(source.definitions):
            if scope.final.pop(name, NOTHING):
                scope.add(name, FURTHER)
    activation.body = sequence(frame.terms)


def _globals_of(definitions: dict[ast.AST, Definition]) -> set[str]:
    """Return the globals to which functions may assign something else than data."""
    found: dict[str, list[ast.AST]] = {}
    for each in definitions:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in each.body:
                for name in node.names if isinstance(node, ast.Global) else ():
                    found.setdefault(name, []).append(each)
    return {name for name, functions in found.items() if not _is_data(functions, name)}


def _is_data(functions: list[ast.AST], name: str) -> bool:
    """Return whether functions assign constants and new containers to *name*, and nothing else."""
    nodes = [node for each in functions for node in nodes_in(each)]
    plain = {
        target
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, _DATA)
        for target in node.targets
    }
    bound = [node for node in nodes if name in names_bound_by(node)]
    return bool(bound) and plain.issuperset(bound)
