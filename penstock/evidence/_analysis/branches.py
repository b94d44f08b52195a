"""Statements with several ways: ``if``, ``try`` and ``match``."""

import ast
from typing import Any

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.narrowing import narrow, narrowed, truth_of
from penstock.evidence._analysis.terms import Sequence as Terms
from penstock.evidence._analysis.terms import Term, Try, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Container,
    Instance,
    Value,
    Values,
    join,
)

__all__ = ["run_if", "run_match", "run_try"]


def run_if(frame: Frame, node: ast.If) -> None:
    truth = truth_of(frame, node.test)
    frame.evaluate(node.test)
    if truth is not None:
        frame.execute(node.body if truth else node.orelse)
        return
    before = frame.saved()
    narrow(frame, node.test, truth=True)
    with frame.collected() as first:
        frame.execute(node.body)
    after = frame.saved()
    frame.restore(before)
    narrow(frame, node.test, truth=False)
    with frame.collected() as second:
        frame.execute(node.orelse)
    frame.merge(after, frame.saved())
    if first or second:
        frame.emit(choice([sequence(first), sequence(second)]))


def run_try(frame: Frame, node: Any) -> None:
    before = frame.saved()
    with frame.collected() as body:
        frame.execute(node.body)
    after = frame.saved()
    handlers: list[Term] = []
    results = []
    frame.restore(before)
    frame.merge(before, after)
    entry = frame.saved()
    if entry[0] is None:
        entry = before
    for handler in node.handlers:
        frame.restore(entry)
        with frame.collected() as terms:
            caught = frame.evaluate(handler.type) if handler.type is not None else UNKNOWN
            if handler.name:
                found: list[Value] = []
                for value in caught:
                    items = frame.engine.items(value) if isinstance(value, Container) else (value,)
                    found += [Instance(v.definition) for v in items if isinstance(v, Class)]
                frame.assign(handler.name, tuple(found) or UNKNOWN)
            frame.execute(handler.body)
        handlers.append(sequence(terms))
        results.append(frame.saved())
    frame.restore(after)
    with frame.collected() as otherwise:
        frame.execute(node.orelse)
    frame.merge(frame.saved(), *results)
    alive = not frame.is_dead
    if not alive:
        frame.restore(before)
    with frame.collected() as final:
        frame.execute(node.finalbody)
    if not alive:
        frame.leave()
    catches_all = any(_catches_all(handler) for handler in node.handlers)
    term = Try(sequence(body), tuple(handlers), sequence(otherwise), sequence(final), catches_all)
    frame.emit(term)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}


def run_match(frame: Frame, node: ast.Match) -> None:
    subject = frame.evaluate(node.subject)
    before = frame.saved()
    options: list[Term] = []
    results = []
    is_exhaustive = False
    for case in node.cases:
        frame.restore(before)
        with frame.collected() as terms:
            _match_pattern(frame, case.pattern, subject)
            values = _pattern_values(frame, case.pattern, subject)
            if values and isinstance(node.subject, ast.Name) and frame.names is not None:
                frame.names[node.subject.id] = values
            if case.guard is not None:
                frame.evaluate(case.guard)
                narrow(frame, case.guard, truth=True)
            frame.execute(case.body)
        options.append(sequence(terms))
        results.append(frame.saved())
        is_wildcard = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        is_exhaustive = is_exhaustive or (is_wildcard and case.guard is None)
    if not is_exhaustive:
        options.append(Terms())
        results.append(before)
    frame.merge(*results)
    frame.emit(choice(options))


def _pattern_values(frame: Frame, pattern: ast.pattern, subject: Values) -> Values:
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return _pattern_values(frame, pattern.pattern, subject)
    if isinstance(pattern, ast.MatchOr):
        return join(*(_pattern_values(frame, each, subject) for each in pattern.patterns))
    if isinstance(pattern, ast.MatchClass):
        with frame.collected():
            classes = list(frame.evaluate(pattern.cls))
        return narrowed(frame.engine, subject, classes)
    return NOTHING


def _match_pattern(frame: Frame, pattern: ast.pattern, subject: Values) -> None:
    """Assign the names in a pattern."""
    for each in ast.walk(pattern):
        if isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
            values = subject if each is pattern else UNKNOWN
            if isinstance(each, ast.MatchAs) and each.pattern is not None:
                values = _pattern_values(frame, each.pattern, subject) or values
            frame.assign(each.name, values)
        elif isinstance(each, ast.MatchMapping) and each.rest:
            frame.assign(each.rest, UNKNOWN)
    if isinstance(pattern, ast.MatchClass):
        for value in _pattern_values(frame, pattern, subject):
            for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                found = attribute_of(frame, value, name, pattern)
                _match_pattern(frame, inner, found)
