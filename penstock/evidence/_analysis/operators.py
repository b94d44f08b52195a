"""Operators, and expressions that evaluate only some of their parts."""

import ast

from penstock.evidence._analysis.containers import copy_items, list_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import counted_items
from penstock.evidence._analysis.narrowing import is_falsy, narrow, truth_of
from penstock.evidence._analysis.orm import QUERY
from penstock.evidence._analysis.special import HASHING, TEXT, call_special, run_test, show
from penstock.evidence._analysis.strings import beginning
from penstock.evidence._analysis.terms import EMPTY, Choice, Term, choice, sequence
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

__all__ = [
    "binary_operation",
    "boolean_operation",
    "comparison",
    "conditional",
    "delete_item",
    "operation_in_place",
    "unary_operation",
]


def binary_operation(frame: Frame, node: ast.BinOp) -> Values:
    """Return what an operator with two operands gives."""
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    if isinstance(node.op, ast.BitOr):
        return _joined(frame, left, right, node)
    if isinstance(node.op, ast.Add) and (found := _added(frame, left, right, node)):
        return found
    if isinstance(node.op, ast.Mod) and (found := _formatted(left)):
        show(frame, right, node.right, of_items=TEXT)
        return found
    if isinstance(node.op, ast.BitAnd) and (queries := _queries(left)):
        return queries
    return _called(frame, left, right, _METHODS[type(node.op)], (node.left, node.right)) or UNKNOWN


def unary_operation(frame: Frame, node: ast.UnaryOp) -> Values:
    """Return what an operator with one operand gives."""
    if isinstance(node.op, ast.Not):
        run_test(frame, node.operand)
        return UNKNOWN
    values = frame.evaluate(node.operand)
    return call_special(frame, values, (_UNARY[type(node.op)],), node.operand) or UNKNOWN


_UNARY: dict[type[ast.unaryop], str] = {
    ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__",
}  # fmt: skip


def operation_in_place(frame: Frame, left: Values, right: Values, node: ast.AugAssign) -> Values:
    """Return what ``left += right`` assigns, where *left* is not a list."""
    method = _METHODS[type(node.op)]
    nodes = node.target, node.value
    in_place = _called(frame, left, right, method.replace("__", "__i", 1), nodes)
    return in_place or _called(frame, left, right, method, nodes) or UNKNOWN


def comparison(frame: Frame, node: ast.Compare) -> Values:
    """Evaluate comparisons, with the methods of objects that they call."""
    first, left = node.left, frame.evaluate(node.left)
    for operator, operand in zip(node.ops, node.comparators, strict=True):
        right = frame.evaluate(operand)
        if method := _COMPARISONS.get(type(operator)):
            _called(frame, left, right, method, (first, operand))
        elif not isinstance(operator, (ast.Is, ast.IsNot)):
            call_special(frame, right, ("__contains__", "__iter__"), operand, left)
            items = (frame.engine.items(v) for v in right if isinstance(v, Container))
            call_special(frame, join(left, *items), HASHING[::-1], first, UNKNOWN)
        first, left = operand, right
    return UNKNOWN


def delete_item(frame: Frame, node: ast.Subscript) -> None:
    """Evaluate ``del owner[key]``, with the method of an object that it calls."""
    owners, keys = frame.evaluate(node.value), frame.evaluate(node.slice)
    call_special(frame, owners, ("__delitem__",), node.value, keys)


_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "__eq__", ast.NotEq: "__eq__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__",
    ast.GtE: "__ge__",
}  # fmt: skip


def _called(
    frame: Frame, left: Values, right: Values, method: str, nodes: tuple[ast.expr, ast.expr]
) -> Values:
    """Return what the method of an operator gives, or else the one that the right operand has."""
    found = call_special(frame, left, (method,), nodes[0], right)
    if not found and (reflected := _REFLECTED.get(method)):
        return call_special(frame, right, (reflected,), nodes[1], left)
    return found


_METHODS: dict[type[ast.operator], str] = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__", ast.Mod: "__mod__", ast.Pow: "__pow__", ast.RShift: "__rshift__",
    ast.LShift: "__lshift__", ast.MatMult: "__matmul__", ast.BitOr: "__or__",
    ast.BitAnd: "__and__", ast.BitXor: "__xor__",
}  # fmt: skip


_REFLECTED = {
    "__eq__": "__eq__", "__lt__": "__gt__", "__le__": "__ge__", "__gt__": "__lt__",
    "__ge__": "__le__", **{each: each.replace("__", "__r", 1) for each in _METHODS.values()},
}  # fmt: skip
"""The methods of right operands that are called where the left one has none."""


def _joined(frame: Frame, left: Values, right: Values, node: ast.BinOp) -> Values:
    """Return what ``|`` gives: a chain of tasks, one dict of two, or a type of either."""
    both = (*left, *right)
    tasks = [value for value in both if isinstance(value, Partial)]
    if any(task.kind == "signature" for task in tasks):
        links = (t.positional if t.kind == "chain" else ((t,),) for t in tasks)
        return (Partial(tasks[0], tuple(each for link in links for each in link), kind="chain"),)
    if queries := _queries(both):
        return queries
    if found := _called(frame, left, right, "__or__", (node.left, node.right)):
        return found
    if not any(isinstance(value, Container) for value in both):
        return join(left, right)
    container = Container("dict", frame.site(node))
    for value in both:
        copy_items(frame.engine, container, value)
    return (container,)


def _queries(values: Values) -> Values:
    """Return the queries among *values*, with what the project has of their class, if any."""
    known = [v for v in values if isinstance(v, Container) and v.kind == QUERY]
    return join(known, (v for v in values if isinstance(v, Instance))) if known else NOTHING


def _added(frame: Frame, left: Values, right: Values, node: ast.BinOp) -> Values:
    """Return what ``+`` gives for lists, and for strings or numbers that the source has."""
    containers = [value for value in (*left, *right) if isinstance(value, Container)]
    if containers:
        container = Container(containers[0].kind, frame.site(node))
        counted = [counted_items(frame, values) for values in (left, right)]
        known = [items for items in counted if items is not None]
        if len(known) == len(counted) and not frame.loops:
            return list_of(frame, container, (values for items in known for values in items))
        for value in (*left, *right):
            items = frame.engine.items(value) if isinstance(value, Container) else UNKNOWN
            frame.engine.put(container, None, items)
        return (container,)
    match left, right:
        case [Constant() as one], [Constant() as other] if one.kind is other.kind in {str, int}:
            return (Constant(one.value + other.value, one.kind),)
        case [Constant(value=str(text))], _:
            return beginning(text)
    return NOTHING


def _formatted(left: Values) -> Values:
    """Return the beginning of what ``%`` gives for a string that the source has."""
    match left:
        case [Constant(value=str(text))]:
            return beginning(text.partition("%")[0])
    return NOTHING


def boolean_operation(frame: Frame, node: ast.BoolOp) -> Values:
    """Return what ``and`` and ``or`` give, whose later operands need not be evaluated."""
    is_or = isinstance(node.op, ast.Or)
    *others, last = node.values
    found: Values = NOTHING
    before: list[Term] = []
    states = []
    for operand in others:
        with frame.collected() as terms:
            values = run_test(frame, operand)
        before.append(sequence(terms))
        found = join(found, (v for v in values if not (is_or and is_falsy(v))))
        states.append(frame.saved())
        narrow(frame, operand, truth=not is_or)
    with frame.collected() as terms:
        found = join(found, frame.evaluate(last))
    term = sequence(terms)
    for one in reversed(before):
        term = one if term == EMPTY else sequence([one, Choice((EMPTY, term))])
    frame.emit(term)
    # Names are as after the first operand: what narrows the others ends here.
    frame.restore(states[0])
    return found


def conditional(frame: Frame, node: ast.IfExp) -> Values:
    """Return what ``a if test else b`` is."""
    truth = truth_of(frame, node.test)
    run_test(frame, node.test)
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
