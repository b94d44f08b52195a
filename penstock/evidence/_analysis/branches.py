"""Statements with several ways: ``if``, ``try`` and ``match``."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.compared import as_comparison
from penstock.evidence._analysis.containers import fields_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.narrowing import narrow, narrowed, truth_of
from penstock.evidence._analysis.special import run_test
from penstock.evidence._analysis.terms import EMPTY, Term, Try, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Container,
    Instance,
    Values,
    join,
)
from penstock.evidence._source.functions import names_tried_in

__all__ = ["run_if", "run_match", "run_try"]


def run_if(frame: Frame, node: ast.If) -> None:
    """Execute an ``if`` statement."""
    truth = truth_of(frame, node.test)
    run_test(frame, node.test)
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


def run_try(frame: Frame, node: ast.Try | ast.TryStar) -> None:
    """Execute a ``try`` statement."""
    before = frame.saved()
    with frame.collected() as body:
        frame.execute(node.body)
    frame.varying |= names_tried_in(node)
    after = frame.saved()
    frame.merge(before, after)
    entry = frame.saved()
    handlers: list[Term] = []
    results = []
    for handler in node.handlers:
        frame.restore(entry)
        with frame.collected() as terms:
            _catch(frame, handler)
            frame.execute(handler.body)
        handlers.append(sequence(terms))
        results.append(frame.saved())
    frame.restore(after)
    with frame.collected() as otherwise:
        frame.execute(node.orelse)
    frame.merge(frame.saved(), *results)
    is_dead = frame.is_dead
    if is_dead:
        frame.restore(before)
    with frame.collected() as final:
        frame.execute(node.finalbody)
    if is_dead:
        frame.leave()
    catches_all = any(_catches_all(handler) for handler in node.handlers)
    frame.emit(
        Try(sequence(body), tuple(handlers), sequence(otherwise), sequence(final), catches_all)
    )


def _catch(frame: Frame, handler: ast.ExceptHandler) -> None:
    """Evaluate what is caught, and let the name be an exception of it."""
    caught = UNKNOWN if handler.type is None else frame.evaluate(handler.type)
    if handler.name is not None:
        found = (
            Instance(cls.definition)
            for value in caught
            for cls in (frame.engine.items(value) if isinstance(value, Container) else (value,))
            if isinstance(cls, Class)
        )
        frame.assign(handler.name, tuple(found) or UNKNOWN)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}


def run_match(frame: Frame, node: ast.Match) -> None:
    """Execute a ``match`` statement."""
    subject = frame.evaluate(node.subject)
    before = frame.saved()
    options: list[Term] = []
    results = []
    is_exhaustive = False
    for case in node.cases:
        test = as_comparison(case.pattern, node.subject)
        truth = None if test is None else truth_of(frame, test)
        if truth is False:
            continue
        frame.restore(before)
        with frame.collected() as terms:
            _match_pattern(frame, case.pattern, subject)
            values = _pattern_values(frame, case.pattern, subject)
            if values and isinstance(node.subject, ast.Name) and frame.names is not None:
                frame.names[node.subject.id] = values
            if test is not None:
                narrow(frame, test, truth=True)
            if case.guard is not None:
                run_test(frame, case.guard)
                narrow(frame, case.guard, truth=True)
            frame.execute(case.body)
        options.append(sequence(terms))
        results.append(frame.saved())
        is_wildcard = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        is_exhaustive = is_exhaustive or ((is_wildcard or truth is True) and case.guard is None)
        if is_exhaustive:
            break
        if test is not None and case.guard is None:
            frame.restore(before)
            narrow(frame, test, truth=False)
            before = frame.saved()
    if not is_exhaustive:
        options.append(EMPTY)
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
            classes = frame.evaluate(pattern.cls)
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
            fields = fields_of(frame.engine, value.cls) if isinstance(value, Instance) else []
            pairs = [
                *zip(fields, pattern.patterns, strict=False),
                *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True),
            ]
            for name, inner in pairs:
                found = attribute_of(frame, value, name, pattern)
                _match_pattern(frame, inner, found)
