"""Loops, and blocks of context managers."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import rounds_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.narrowing import narrow
from penstock.evidence._analysis.scopes import Activation, Arguments
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import (
    Iterate,
    Join,
    Loop,
    Rounds,
    Term,
    Try,
    choice,
    sequence,
)
from penstock.evidence._analysis.terms import Sequence as Terms
from penstock.evidence._analysis.values import UNKNOWN, Deferred, Instance, Values, join

__all__ = ["run_for", "run_while", "run_with"]


def run_while(frame: Frame, node: ast.While) -> None:
    is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    for _ in range(2):
        before = frame.saved()
        outer, frame.exits = frame.exits, []
        with frame.collected() as terms:
            frame.evaluate(node.test)
            test = list(terms)
            narrow(frame, node.test, truth=True)
            frame.execute(node.body)
        exits, frame.exits = frame.exits, outer
        frame.merge(before, frame.saved(), *exits)
        if frame.is_as_before(before):
            break
    with frame.collected() as otherwise:
        frame.execute(node.orelse)
    if test and not is_endless:
        frame.emit(sequence(test))
    frame.emit(Loop(sequence(terms), sequence(otherwise), ends=not is_endless))


def run_for(frame: Frame, node: ast.For | ast.AsyncFor) -> None:
    values = frame.evaluate(node.iter)
    several = [rounds_of(frame, (value,)) for value in values]
    if several and all(counted is not None for counted in several):
        before = frame.saved()
        results, options = [], []
        for counted in several:
            frame.restore(before)
            with frame.collected() as terms:
                _for_each(frame, node, counted or [])
            results.append(frame.saved())
            options.append(sequence(terms))
        frame.merge(*results)
        frame.emit(choice(options))
        return
    lazy: tuple[Activation, ...] = ()
    for _ in range(2):
        before = frame.saved()
        outer, frame.exits = frame.exits, []
        with frame.collected() as terms:
            items, lazy = iterate(frame, values, node.iter)
            assign_target(frame, node.target, items or UNKNOWN)
            frame.execute(node.body)
        exits, frame.exits = frame.exits, outer
        frame.merge(before, frame.saved(), *exits)
        if frame.is_as_before(before):
            break
    with frame.collected() as otherwise:
        frame.execute(node.orelse)
    if lazy:
        frame.emit(Iterate(lazy, sequence(terms), frame.place(node)))
        frame.emit(choice([sequence(otherwise), Terms()]))
    else:
        frame.emit(Loop(sequence(terms), sequence(otherwise)))


def _for_each(frame: Frame, node: ast.For | ast.AsyncFor, counted: list[Values]) -> None:
    """Execute a loop once for each item of a list that the source has."""
    rounds: list[Term] = []
    outer, frame.exits = frame.exits, []
    for number, items in enumerate(counted):
        before = frame.saved()
        with frame.collected() as terms, frame.in_round(number):
            assign_target(frame, node.target, items)
            frame.execute(node.body)
        frame.merge(before, frame.saved(), *frame.exits)
        rounds.append(sequence(terms))
    frame.exits = outer
    with frame.collected() as otherwise:
        frame.execute(node.orelse)
    frame.emit(Rounds(tuple(rounds), sequence(otherwise)))


def run_with(frame: Frame, node: ast.With | ast.AsyncWith) -> None:
    _with_items(frame, node, list(node.items))


def _with_items(frame: Frame, node: ast.With | ast.AsyncWith, items: list[ast.withitem]) -> None:
    if not items:
        frame.execute(node.body)
        return
    first, *others = items
    values = frame.evaluate(first.context_expr)
    values = await_values(frame, values, node) if isinstance(node, ast.AsyncWith) else values
    lazy = [v for v in values if isinstance(v, Deferred)]
    activations = tuple(dict.fromkeys(a for v in lazy for a in v.activations))
    entered: Values = join(*(a.yields for a in activations))
    managers = [v for v in values if isinstance(v, Instance)]
    names = (
        ("__aenter__", "__aexit__")
        if isinstance(node, ast.AsyncWith)
        else ("__enter__", "__exit__")
    )
    exits: list[Term] = []
    for manager in managers:
        if frame.engine.find(manager.cls, names[0]):
            found = frame.apply(attribute_of(frame, manager, names[0], node), Arguments(), node)
            entered = join(entered, await_values(frame, found, node))
        else:
            entered = join(entered, (manager,))
    entered = join(entered, (v for v in values if not isinstance(v, (Deferred, Instance))))
    if first.optional_vars is not None:
        assign_target(frame, first.optional_vars, entered or UNKNOWN)
    with frame.collected() as body:
        _with_items(frame, node, others)
    with frame.collected() as leaving:
        for manager in managers:
            if frame.engine.find(manager.cls, names[1]):
                method = attribute_of(frame, manager, names[1], node)
                arguments = Arguments((UNKNOWN, UNKNOWN, UNKNOWN))
                await_values(frame, frame.apply(method, arguments, node), node)
        for value in values:
            leaving.extend(Join(token) for token in frame.tokens.get(value, ()))
    exits = list(leaving)
    if activations:
        frame.emit(Iterate(activations, sequence(body), frame.place(node), is_loop=False))
        for term in exits:
            frame.emit(term)
    elif exits:
        frame.emit(Try(sequence(body), (), Terms(), sequence(exits)))
    else:
        for term in body:
            frame.emit(term)
