"""Comprehensions, and generator expressions."""

import ast
from typing import Any

from penstock.evidence._analysis.containers import rounds_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import iterate
from penstock.evidence._analysis.narrowing import narrow, truth_of
from penstock.evidence._analysis.special import run_test
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import (
    EMPTY,
    Background,
    Call,
    Iterate,
    Loop,
    Rounds,
    Yield,
    parts_of,
    sequence,
)
from penstock.evidence._analysis.values import (
    UNKNOWN,
    Constant,
    Container,
    Deferred,
    Unknown,
    Values,
    join,
)
from penstock.evidence._source.functions import nodes_in

__all__ = ["comprehension", "generator_expression"]


def generator_expression(frame: Frame, node: ast.GeneratorExp) -> Values:
    """Return the items, or a generator if that is kept and calls something later."""
    with frame.collected() as terms:
        items = comprehension(frame, node)
    parts = (part for term in terms for part in parts_of(term))
    is_plain = not any(isinstance(part, (Background, Call, Iterate)) for part in parts)
    if is_plain or node not in frame.kept:
        frame.emit(sequence(terms))
        return items
    iterated = frame.evaluate(node.generators[0].iter)
    with frame.collected() as body:
        comprehension(frame, node, iterated)
    found = iterate(frame, items, node)[0]
    activation = frame.engine.generator(frame.activation, node, sequence(body), found)
    frame.emit(Call((activation,), frame.location(node), is_lazy=True))
    return (Deferred("generator", (activation,)),)


def comprehension(frame: Frame, node: Any, iterated: Values | None = None) -> Values:
    """Return the items, which are yielded one by one if *iterated* is known already."""
    known, element = ([], EMPTY) if iterated is None else ([iterated], Yield())
    is_dict = isinstance(node, ast.DictComp)
    kind = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
    container = Container(kind, frame.site(node))
    before = frame.saved()
    local, frame.local = frame.local, frame.local | _names_in(node)
    iterable = node.generators[0]
    is_counted = len(node.generators) == 1 and not iterable.ifs and kind == "list"

    def run(generators: list[ast.comprehension]) -> None:
        nonlocal is_counted
        if not generators:
            if is_dict:
                keys, values = frame.evaluate(node.key), frame.evaluate(node.value)
                for key in keys:
                    frame.engine.put(container, key, values)
            else:
                index = Constant(frame.rounds[-1], int) if is_counted and frame.rounds else None
                frame.engine.put(container, index, frame.evaluate(node.elt))
                frame.emit(element)
            return
        first, *others = generators
        iterated = known.pop() if known else frame.evaluate(first.iter)
        counted = _rounds_of(frame, iterated, node)
        if counted is not None:
            rounds = []
            for number, each in enumerate(counted):
                assign_target(frame, first.target, each)
                with frame.collected() as body, frame.in_round(number):
                    run_round(first, others)
                rounds.append(sequence(body))
            frame.emit(Rounds(tuple(rounds)))
            return
        is_counted = False
        items, lazy = iterate(frame, iterated, first.iter)
        assign_target(frame, first.target, items or UNKNOWN)
        with frame.collected() as body:
            run_round(first, others)
        if lazy:
            frame.emit(Iterate(lazy, sequence(body), frame.location(node)))
        else:
            frame.emit(Loop(sequence(body)))

    def run_round(first: ast.comprehension, others: list[ast.comprehension]) -> None:
        if _may_be_met(frame, first.ifs):
            run(others)

    run(node.generators)
    frame.local = local
    frame.restore(before)
    _forget_assigned(frame, node)
    return (container,)


def _may_be_met(frame: Frame, conditions: list[ast.expr]) -> bool:
    """Evaluate the conditions of an item, and return whether it may meet them."""
    for condition in conditions:
        truth = truth_of(frame, condition)
        run_test(frame, condition)
        if truth is False:
            return False
        narrow(frame, condition, truth=True)
    return True


def _forget_assigned(frame: Frame, node: ast.AST) -> None:
    """Let names be anything that a comprehension assigns in the function around it."""
    for each in nodes_in(node):
        if isinstance(each, ast.NamedExpr):
            frame.assign(each.target.id, join(frame.read(each.target.id), UNKNOWN))


def _rounds_of(frame: Frame, values: Values, node: ast.AST) -> list[Values] | None:
    """Return the items of lists one by one, if all that are known have the same."""
    several = [rounds_of(frame, (v,), node) for v in values if not isinstance(v, Unknown)]
    is_one = several and all(each == several[0] for each in several)
    return several[0] if is_one else None


def _names_in(node: Any) -> frozenset[str]:
    targets = [each.target for each in node.generators]
    return frozenset(
        each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
    )
