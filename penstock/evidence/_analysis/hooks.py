"""Hooks of plugins, as `pluggy` and what is made with it call them."""

import ast

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import EMPTY, Iterate, Parallel, Term, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Method,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)

__all__ = ["call_hooks", "hook_of", "hooks_implemented", "is_marker"]


def is_marker(name: str) -> bool:
    """Return whether a decorator of a library marks the implementation of a hook."""
    return "HookimplMarker()" in name or last_of(name) in {"hookimpl", "hook_impl"}


def _named_hook(name: str) -> External:
    """Return that for which the implementations of the hook called *name* are registered."""
    return External(f"hook:{name}")


def hooks_implemented(frame: Frame, marker: ast.expr, function: Function) -> list[External]:
    """Return the hooks that *function* implements: that of its name, or of the ``specname``."""
    keywords = marker.keywords if isinstance(marker, ast.Call) else []
    given = [v for each in keywords if each.arg == "specname" for v in frame.evaluate(each.value)]
    names = [each.value for each in given if isinstance(each, Constant) and each.value]
    return [_named_hook(name) for name in names or [function.definition.name]]


def hook_of(frame: Frame, owners: Values, node: ast.Attribute) -> Values:
    """Return the hook that ``manager.hook.NAME`` is, if something of the project implements it."""
    written = getattr(node.value, "attr", getattr(node.value, "id", ""))
    if written != "hook" or not is_vague(owners):
        return NOTHING
    hook = _named_hook(node.attr)
    frame.engine.execute_mentioning(node.attr)
    frame.engine.asked.add(hook)
    return (Wrapped("hook", hook),) if hook in frame.engine.registered else NOTHING


def call_hooks(frame: Frame, hook: External, _: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return the list of what the implementations return, or what the first one returns."""
    found: Values = NOTHING
    bodies: list[Term] = []
    for function in frame.engine.registered[hook]:
        with frame.collected() as terms:
            returned = frame.apply((_bound(function),), arguments, node)
            lazy = [v for v in returned if isinstance(v, Deferred) and v.kind == "generator"]
            for each in lazy:  # of a wrapper around the others
                frame.emit(Iterate(each.activations, EMPTY, frame.location(node)))
        found = join(found, () if lazy else returned)
        bodies.append(sequence(terms))
    frame.emit(Parallel(tuple(bodies)))
    if _is_first_result(frame.engine, hook.name.removeprefix("hook:")):
        return found or UNKNOWN
    container = Container("list", frame.site(node))
    frame.engine.put(container, None, found or UNKNOWN)
    return (container,)


def _bound(value: Value) -> Value:
    """Return an implementation as that of any object of its class, if it is a method."""
    if isinstance(value, Function) and value.scope.definition.kind == "class":
        return Method(value, Instance(value.scope.definition))
    return value


def _is_first_result(engine: Engine, name: str) -> bool:
    """Return whether the specification of a hook ends it with the first result."""
    return any(found for _, found in engine.project.search("first result", name))
