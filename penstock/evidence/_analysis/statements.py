"""Statements, one after the other."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from penstock._common.failures import own_failure
from penstock.evidence._analysis.annotations import parse_type
from penstock.evidence._analysis.branches import run_if, run_match, run_try
from penstock.evidence._analysis.definitions import define_class, define_function
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.engine import WorkLimitError
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.imports import run_import, run_import_from
from penstock.evidence._analysis.iteration import counted_items, iterate
from penstock.evidence._analysis.lengths import add_items, note_length
from penstock.evidence._analysis.loops import run_for, run_while
from penstock.evidence._analysis.managers import run_with
from penstock.evidence._analysis.narrowing import narrow
from penstock.evidence._analysis.operators import delete_item, operation_in_place
from penstock.evidence._analysis.passed import PLAIN, decorators_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.special import call_special, run_test
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import Call, Exit, Outside
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Instance,
    Value,
    Values,
    is_vague,
    join,
)
from penstock.evidence._source.functions import names_assigned_in, written

__all__ = ["run_block"]


def run_block(frame: Frame, statements: Sequence[ast.stmt]) -> None:
    """Execute *statements* one after the other."""
    for statement in statements:
        if frame.is_dead:
            return
        rule = _STATEMENTS.get(type(statement))
        if rule is None:
            continue
        frame.engine.spend()
        try:
            rule(frame, statement)
        except (RecursionError, WorkLimitError):
            raise
        except Exception as error:
            _lose(frame, statement, error)


def _lose(frame: Frame, statement: ast.stmt, error: Exception) -> None:
    """Go on after a statement that penstock failed at with *error*: it may do anything."""
    location = frame.location(statement)
    text = own_failure(error, " there")
    frame.engine.failures[f"{location}: {text}"] = None
    frame.emit(Outside(text, location, is_lost=True))
    for name in sorted(names_assigned_in(ast.Module([statement], []))):
        frame.assign(name, join(frame.read(name), UNKNOWN))
    if isinstance(statement, (ast.Return, ast.Raise)):
        frame.emit(Exit("return" if isinstance(statement, ast.Return) else "raise"))
        frame.leave()


def _expression(frame: Frame, node: ast.Expr) -> None:
    if isinstance(node.value, ast.GeneratorExp):
        frame.evaluate(node.value.generators[0].iter)  # nobody iterates over the rest
        return
    frame.dropped.add(node.value)
    with frame.collected() as terms:
        values = frame.evaluate(node.value)
    is_call = isinstance(node.value, ast.Call)
    lazy = [v for v in values if isinstance(v, Deferred)] if is_call else []
    dropped = {each for value in lazy for each in value.activations}
    for term in terms:
        if not (isinstance(term, Call) and term.is_lazy and dropped.issuperset(term.targets)):
            frame.emit(term)
    for each in lazy:
        # Nobody awaits it or iterates over it, unless a decorator of a library does.
        if run := [a for a in each.activations if decorators_of(a.definition) - PLAIN]:
            frame.emit(Call(tuple(run), frame.location(node)))


def _assert(frame: Frame, node: ast.Assert) -> None:
    run_test(frame, node.test)
    narrow(frame, node.test, truth=True)
    if isinstance(node.test, ast.Constant) and not node.test.value:
        frame.emit(Exit("raise"))
        frame.leave()


def _assign(frame: Frame, node: ast.Assign) -> None:
    frame.kept.add(node.value)
    values = frame.evaluate(node.value)
    if node.type_comment is not None:
        typed = frame.engine.annotation(frame.scope, parse_type(node.type_comment))
        if is_vague(values):
            values = join(typed, values)
        for value in values:
            if isinstance(value, Container) and not frame.engine.items(value):
                for other in typed:
                    frame.engine.put(value, None, frame.engine.items(other))
    note_length(frame, node.value, values)
    for target in node.targets:
        if isinstance(target, ast.Name) and any(_is_field(value) for value in values):
            _note_field(frame, target.id, node.value)
        else:
            assign_target(frame, target, values)


def _is_field(value: Value) -> bool:
    """Return whether *value* makes a field of a class without an annotation."""
    return isinstance(value, External) and value.name in {"attr.ib()", "attr.attrib()"}


def _ann_assign(frame: Frame, node: ast.AnnAssign) -> None:
    typed = frame.engine.annotation(frame.scope, node.annotation)
    if frame.scope.definition.kind == "class" and isinstance(node.target, ast.Name):
        _field(frame, node, node.target.id, typed)
        return
    if node.value is None and not typed:
        return
    values = NOTHING if node.value is None else frame.evaluate(node.value)
    values = join(values, typed) if is_vague(values) else values
    note_length(frame, node.value, values)
    assign_target(frame, node.target, values or UNKNOWN)


def _field(frame: Frame, node: ast.AnnAssign, name: str, typed: Values) -> None:
    """Note a field of a class, with its type and default."""
    engine, cls = frame.engine, frame.scope.definition
    if "ClassVar" not in written(node.annotation):
        engine.store(Class(cls), "fields", (Constant(name, str),))
    engine.store(Class(cls), ("annotation", name), typed)
    if node.value is not None:
        values = _field_value(frame, name, node.value)
        engine.store(Instance(cls), name, typed)
        if not all(isinstance(value, (External, Constant)) for value in values):
            frame.assign(name, values)


def _note_field(frame: Frame, name: str, value: ast.expr) -> None:
    """Note a field of a class that has no annotation, with its default."""
    frame.engine.store(Class(frame.scope.definition), "fields", (Constant(name, str),))
    values = _field_value(frame, name, value)
    if not is_vague(values):
        frame.assign(name, values)


def _field_value(frame: Frame, name: str, node: ast.expr) -> Values:
    """Return the default of a field: what its factory makes, if it has one."""
    made = frame.evaluate(node)
    if isinstance(node, ast.Call):
        frame.engine.store(Class(frame.scope.definition), ("field", name), made)
        for keyword in node.keywords:
            if keyword.arg in {"default_factory", "factory"}:
                return frame.apply(frame.evaluate(keyword.value), Arguments(), node)
            if keyword.arg == "default":
                value = keyword.value
                if isinstance(value, ast.Call) and written(value.func).endswith("Factory"):
                    return frame.apply(frame.evaluate(value.args[0]), Arguments(), node)
                return frame.evaluate(value)
    return made


def _aug_assign(frame: Frame, node: ast.AugAssign) -> None:
    values = frame.evaluate(node.value)
    before = frame.evaluate(node.target)
    containers = tuple(value for value in before if isinstance(value, Container))
    if containers:
        items, _ = iterate(frame, values, node)
        counted = counted_items(frame, values)
        for container in containers:
            if counted is None:
                frame.engine.put(container, None, items)
            else:
                add_items(frame, container, counted)
    values = containers or operation_in_place(frame, before, values, node)
    if isinstance(node.target, ast.Name):
        frame.assign(node.target.id, values)


def _delete(frame: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            delete_item(frame, target)
        elif isinstance(target, ast.Attribute):
            owners = frame.evaluate(target.value)
            key = (Constant(target.attr, str),)
            call_special(frame, owners, ("__delattr__",), target.value, key)
            note_methods(frame, owners, (target.attr,), target)


def _return(frame: Frame, node: ast.Return) -> None:
    activation = frame.activation
    if node.value is not None and activation.definition not in frame.engine.wanted:
        frame.kept.add(node.value)  # what a step returns is a part of it
    values = (Constant(None),) if node.value is None else frame.evaluate(node.value)
    activation.returns = join(activation.returns, values)
    frame.emit(Exit("return"))
    frame.leave()


def _raise(frame: Frame, node: ast.Raise) -> None:
    if node.exc is not None:
        raised = frame.evaluate(node.exc)
        if not isinstance(node.exc, ast.Call):
            frame.apply(tuple(v for v in raised if isinstance(v, Class)), Arguments(), node)
    frame.emit(Exit("raise"))
    frame.leave()


def _break(frame: Frame, _: ast.Break) -> None:
    _leave_round(frame, Exit("break"))


def _continue(frame: Frame, _: ast.Continue) -> None:
    _leave_round(frame, Exit("continue"))


def _leave_round(frame: Frame, term: Exit) -> None:
    frame.emit(term)
    frame.exits.append(frame.saved())
    frame.leave()


_STATEMENTS: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.If: run_if,
    ast.While: run_while,
    ast.For: run_for,
    ast.AsyncFor: run_for,
    ast.Try: run_try,
    ast.TryStar: run_try,
    ast.With: run_with,
    ast.AsyncWith: run_with,
    ast.Match: run_match,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
    ast.FunctionDef: define_function,
    ast.AsyncFunctionDef: define_function,
    ast.ClassDef: define_class,
    ast.Assert: _assert,
}
