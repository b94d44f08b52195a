"""Operators, and expressions that evaluate only some of their parts."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import copy_items
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.narrowing import is_falsy, narrow, truth_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Choice, Sequence, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Instance,
    Partial,
    Values,
    join,
)

__all__ = ["binary_operation", "boolean_operation", "conditional"]


def binary_operation(frame: Frame, node: ast.BinOp) -> Values:
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    engine = frame.engine
    if isinstance(node.op, ast.BitOr):
        signatures = [
            v for v in (*left, *right) if isinstance(v, Partial) and v.kind == "signature"
        ]
        if signatures:
            found = []
            for value in (*left, *right):
                if isinstance(value, Partial) and value.kind == "chain":
                    found += [v for values in value.positional for v in values]
                elif isinstance(value, Partial):
                    found.append(value)
            return (Partial(found[0], tuple((v,) for v in found), kind="chain"),)
        if any(isinstance(v, Container) for v in (*left, *right)):
            container = Container("dict", frame.site(node))
            for value in (*left, *right):
                copy_items(engine, container, value)
            return (container,)
        return join(left, right)
    if isinstance(node.op, ast.Add):
        containers = [v for v in (*left, *right) if isinstance(v, Container)]
        if containers:
            container = Container(containers[0].kind, frame.site(node))
            for value in containers:
                engine.put(container, None, engine.items(value))
            return (container,)
        if len(left) == len(right) == 1:
            one, other = left[0], right[0]
            if (
                isinstance(one, Constant) and isinstance(other, Constant)
                and one.kind is other.kind and one.kind in {str, int}
            ):  # fmt: skip
                both = one.value + other.value
                return (Constant(both, one.kind),)
    method = {
        ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.RShift: "__rshift__",
        ast.LShift: "__lshift__", ast.Mod: "__mod__", ast.MatMult: "__matmul__",
    }.get(type(node.op))  # fmt: skip
    found_values: Values = NOTHING
    for value in left:
        if (
            method
            and isinstance(value, Instance)
            and (callees := frame.engine.find(value.cls, method))
        ):
            bound = attribute_of(frame, value, method, node)
            found_values = join(
                found_values, frame.apply(bound or callees, Arguments((right,)), node)
            )
    return found_values or UNKNOWN


def boolean_operation(frame: Frame, node: ast.BoolOp) -> Values:
    found: Values = NOTHING
    saved = []
    is_or = isinstance(node.op, ast.Or)
    collected = []
    for number, operand in enumerate(node.values):
        with frame.collected() as terms:
            values = frame.evaluate(operand)
        collected.append(sequence(terms))
        is_last = number == len(node.values) - 1
        if not is_last and is_or:
            values = tuple(v for v in values if not is_falsy(v))
        found = join(found, values)
        if not is_last:
            saved.append(frame.saved())
            narrow(frame, operand, truth=not is_or)
    term = collected[-1]
    for one in reversed(collected[:-1]):
        term = one if _is_empty(term) else sequence([one, Choice((Sequence(), term))])
    frame.emit(term)
    # Names are as after the first operand: what narrows the others ends here.
    if saved:
        frame.restore(saved[0])
    return found


def _is_empty(term: object) -> bool:
    return isinstance(term, Sequence) and not term.items


def conditional(frame: Frame, node: ast.IfExp) -> Values:
    truth = truth_of(frame, node.test)
    frame.evaluate(node.test)
    if truth is not None:
        return frame.evaluate(node.body if truth else node.orelse)
    before = frame.saved()
    narrow(frame, node.test, truth=True)
    with frame.collected() as first:
        one = frame.evaluate(node.body)
    frame.restore(before)
    narrow(frame, node.test, truth=False)
    with frame.collected() as second:
        other = frame.evaluate(node.orelse)
    frame.restore(before)
    frame.emit(choice([sequence(first), sequence(second)]))
    return join(one, other)
