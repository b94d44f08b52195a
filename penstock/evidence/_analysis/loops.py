"""Loops, and blocks of context managers."""

import ast
from collections.abc import Callable, Sequence
from typing import TypeVar

from penstock.evidence._analysis.containers import keyed_items, rounds_of
from penstock.evidence._analysis.frame import Frame, Names
from penstock.evidence._analysis.iteration import iterate
from penstock.evidence._analysis.narrowing import narrow
from penstock.evidence._analysis.scopes import Activation
from penstock.evidence._analysis.special import run_test
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import (
    EMPTY,
    Iterate,
    Loop,
    Rounds,
    Term,
    choice,
    sequence,
)
from penstock.evidence._analysis.values import UNKNOWN, Value, Values

__all__ = ["run_for", "run_while"]

T = TypeVar("T")


def run_while(frame: Frame, node: ast.While) -> None:
    """Execute a ``while`` statement."""
    is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    test: list[Term] = []

    def run_round() -> None:
        run_test(frame, node.test)
        test[:] = frame.terms
        narrow(frame, node.test, truth=True)
        frame.execute(node.body)

    body, is_left = _repeated(frame, run_round)
    otherwise = _otherwise(frame, node, is_left=is_left)
    if not is_endless:
        frame.emit(sequence(test))
    frame.emit(Loop(body, otherwise, ends=not is_endless))


def _repeated(frame: Frame, run_round: Callable[[], None]) -> tuple[Term, bool]:
    """Return what a round does, and whether it may be left by ``break`` or ``continue``.

    The names are then as after any number of rounds.
    """
    body: Term = EMPTY
    exits: list[tuple[Names | None, Names]] = []
    frame.loops += 1
    for _ in range(2):
        before = frame.saved()
        outer, frame.exits = frame.exits, []
        with frame.collected() as terms:
            run_round()
        body = sequence(terms)
        exits, frame.exits = frame.exits, outer
        frame.merge(before, frame.saved(), *exits)
        changed = frame.changed_since(before)
        if not changed:
            break
        frame.varying |= changed
    frame.loops -= 1
    return body, bool(exits)


def _otherwise(frame: Frame, node: ast.For | ast.AsyncFor | ast.While, *, is_left: bool) -> Term:
    """Execute the ``else`` of a loop, which ``break`` skips."""
    looped = frame.saved()
    with frame.collected() as terms:
        frame.execute(node.orelse)
    if is_left and node.orelse:
        frame.merge(looped, frame.saved())
    return sequence(terms)


def run_for(frame: Frame, node: ast.For | ast.AsyncFor) -> None:
    """Execute a ``for`` statement: round by round, if the source has the list."""
    values = frame.evaluate(node.iter)
    several = [rounds_of(frame, (value,), node) for value in values]
    counted = [each for each in several if each is not None]
    if not counted:
        _for_any(frame, node, values)
    elif len(counted) == len(several):
        _for_lists(frame, node, counted)
    else:
        others = tuple(v for v, one in zip(values, several, strict=True) if one is None)
        before = frame.saved()
        with frame.collected() as lists:
            _for_lists(frame, node, counted)
        known = frame.saved()
        frame.restore(before)
        with frame.collected() as terms:
            _for_any(frame, node, others)
        frame.merge(known, frame.saved())
        frame.emit(choice([sequence(lists), sequence(terms)]))


def _for_any(frame: Frame, node: ast.For | ast.AsyncFor, values: Values) -> None:
    """Execute a loop over what the source does not have item by item."""
    lazy: tuple[Activation, ...] = ()

    def run_round() -> None:
        nonlocal lazy
        items, lazy = iterate(frame, values, node.iter)
        table = keyed_items(frame, node.target, items)
        if table is None:
            assign_target(frame, node.target, items or UNKNOWN)
            frame.execute(node.body)
        else:
            _choose(frame, [*enumerate(table)], run_item)

    def run_item(item: tuple[int, Value]) -> None:
        number, value = item
        with frame.in_round(number):
            assign_target(frame, node.target, (value,))
            frame.execute(node.body)

    body, is_left = _repeated(frame, run_round)
    otherwise = _otherwise(frame, node, is_left=is_left)
    if lazy:
        frame.emit(Iterate(lazy, body, frame.location(node)))
        frame.emit(choice([otherwise, EMPTY]))
    else:
        frame.emit(Loop(body, otherwise))


def _for_lists(frame: Frame, node: ast.For | ast.AsyncFor, lists: Sequence[list[Values]]) -> None:
    """Execute a loop over one of several lists."""
    _choose(frame, lists, lambda items: _for_each(frame, node, items))


def _choose(frame: Frame, several: Sequence[T], run: Callable[[T], None]) -> None:
    """Run one of several things."""
    before = frame.saved()
    results, options = [], []
    for each in several:
        frame.restore(before)
        with frame.collected() as terms:
            run(each)
        results.append(frame.saved())
        options.append(sequence(terms))
    frame.merge(*results)
    frame.emit(choice(options))


def _for_each(frame: Frame, node: ast.For | ast.AsyncFor, items: list[Values]) -> None:
    """Execute a loop once for each item of a list that the source has."""
    rounds: list[Term] = []
    outer, frame.exits = frame.exits, []
    for number, values in enumerate(items):
        before = frame.saved()
        with frame.collected() as terms, frame.in_round(number):
            assign_target(frame, node.target, values)
            frame.execute(node.body)
        frame.merge(before, frame.saved(), *frame.exits)
        rounds.append(sequence(terms))
    exits, frame.exits = frame.exits, outer
    otherwise = _otherwise(frame, node, is_left=bool(exits))
    frame.emit(Rounds(tuple(rounds), otherwise))
