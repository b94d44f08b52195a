"""Calls of what descriptors and decorators of libraries make of functions."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.container_methods import call_method_of_container
from penstock.evidence._analysis.dispatch import call_dispatch
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import callee_text, hand_off, outside_of, run_later
from penstock.evidence._analysis.hooks import call_hooks
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.library import CALLBACKS, VERBS, WAITING, is_hook
from penstock.evidence._analysis.overrides import is_wanted, methods_of
from penstock.evidence._analysis.registrations import announce
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.strings import call_string
from penstock.evidence._analysis.tasks import call_hand, call_pending, sign
from penstock.evidence._analysis.templates import call_template, run_validators
from penstock.evidence._analysis.terms import Call, Join, Loop, Outside, sequence
from penstock.evidence._analysis.values import (
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    Function,
    Instance,
    Method,
    Partial,
    Value,
    Values,
    Wrapped,
)

__all__ = ["call_wrapped"]


def call_wrapped(frame: Frame, callee: Wrapped, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of *callee* may return."""
    kind, _, detail = callee.kind.partition(":")
    frame.objects = None
    if kind in {"singledispatch", "singledispatchmethod"}:
        return call_dispatch(frame, callee, detail, arguments, node)
    rule = _KINDS.get(kind)
    if rule is None:
        return frame.apply((callee.function,), arguments, node)
    return rule(frame, callee.function, detail, arguments, node)


_MOST_VERBS = 8
"""Of how many methods the verb of a request may choose any, if they are not steps."""

Rule = Callable[[Frame, Any, str, Arguments, ast.AST], Values]
"""Returns what a call of a value returns, that is the attribute *detail* of another."""


def _deferred(
    frame: Frame, inner: Deferred, _: str, __: Arguments, node: ast.AST
) -> Values:  # like ``generator.send(None)``
    frame.emit(Call(inner.activations, frame.location(node)))
    return iterate(frame, (inner,), node, is_silent=True)[0]


def _model(frame: Frame, inner: Instance, detail: str, _: Arguments, node: ast.AST) -> Values:
    frame.emit(Outside(callee_text(node), frame.location(node), f"model.{detail}"))
    announce(frame, inner, detail, node)
    return UNKNOWN


def _inherited(
    frame: Frame, inner: Instance, detail: str, _: Arguments, node: ast.AST
) -> Values:  # like ``thread.start()``, which calls ``run``
    if detail in WAITING:
        for token in frame.tokens.pop(inner, ()):
            frame.emit(Join(token))
        return UNKNOWN
    frame.emit(Outside(callee_text(node), frame.location(node), f"inherited.{detail}"))
    bodies = [run_later(frame, each, OPEN, node) for each in _own_methods(frame, inner)]
    return hand_off(frame, bodies, node, inner) if bodies else UNKNOWN


def _own_methods(frame: Frame, instance: Instance) -> Iterator[Method]:
    """Yield ``run``, or all public methods of a class without one."""
    engine = frame.engine
    names = [
        definition.name
        for cls in engine.mro(instance.cls)
        if not isinstance(cls, str)
        for definition in cls.source.definitions.values()
        if definition.header in getattr(cls.header, "body", ())
        and not definition.name.startswith("_")
    ]
    for name in dict.fromkeys(["run"] if "run" in names else names):
        found = engine.find(instance.cls, name)
        yield from (Method(each, instance) for each in found if isinstance(each, Function))


def _string(
    frame: Frame, inner: Constant, detail: str, arguments: Arguments, node: ast.AST
) -> Values:
    return call_string(frame, inner.value, detail, arguments, node)


def _signature(_: Frame, inner: Value, __: str, arguments: Arguments, ___: ast.AST) -> Values:
    named = tuple(arguments.named.items())
    return (Partial(inner, arguments.positional, named, kind="signature"),)


def _manager(frame: Frame, inner: Value, _: str, arguments: Arguments, node: ast.AST) -> Values:
    return tuple(
        Deferred("contextmanager", value.activations) if isinstance(value, Deferred) else value
        for value in frame.apply((inner,), arguments, node)
    )


def _property(frame: Frame, inner: Value, detail: str, arguments: Arguments, _: ast.AST) -> Values:
    """Return the property of which a setter is given."""
    for values in arguments.positional[:1]:
        frame.engine.store(inner, ("accessor", detail), values)
    return (inner,)


def _subclasses(frame: Frame, inner: Class, _: str, __: Arguments, node: ast.AST) -> Values:
    container = Container("list", (node, "subclasses"))
    for each in frame.engine.subclasses(inner.definition):
        frame.engine.put(container, None, (Class(each),))
    return (container,)


def _decorator(_: Frame, inner: Value, detail: str, arguments: Arguments, __: ast.AST) -> Values:
    """Return what calls the function of a decorator with what it decorates."""
    given: tuple[Values, ...] = (arguments.first,)
    if detail == "wrapt":  # the object, and the arguments as a tuple and a dict
        given += (UNKNOWN, UNKNOWN, UNKNOWN)
    return (Partial(inner, given),)


def _named_tuple(
    frame: Frame, names: Constant, _: str, arguments: Arguments, node: ast.AST
) -> Values:
    """Return a tuple whose items have *names*."""
    if arguments.rest:
        return UNKNOWN
    made = Container("namedtuple", frame.site(node))
    for number, name in enumerate(names.value):
        given = arguments.positional[number : number + 1]
        values = given[0] if given else arguments.named.get(name, arguments.other)
        frame.engine.put(made, Constant(number, int), values or UNKNOWN)
        frame.engine.store(Wrapped("named", made), name, values or UNKNOWN)
    return (made,)


def _weak(_: Frame, inner: Value, __: str, ___: Arguments, ____: ast.AST) -> Values:
    return (inner, Constant(None))


def _callbacks(
    frame: Frame, inner: Instance, detail: str, _: Arguments, node: ast.AST
) -> Values:  # like ``parser.feed(text)``, which calls ``handle_starttag``
    prefixes = CALLBACKS[detail]
    methods = methods_of(frame.engine, inner, lambda name: name.startswith(prefixes))
    with frame.collected() as terms:
        frame.apply(methods, OPEN, node)
    for base in frame.engine.library_bases(inner.cls):
        frame.emit(Outside(callee_text(node), frame.location(node), f"{base}.{detail}"))
    frame.emit(Loop(sequence(terms)))
    return UNKNOWN


def _verbs(frame: Frame, inner: Instance, _: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return what the method for the verb of the request returns.

    A library has it for the classes in which the project has none, and calls other methods there.
    """
    engine = frame.engine
    classes = [inner.cls, *(engine.subclasses(inner.cls) if inner.site is None else ())]
    bases = dict.fromkeys(b for cls in classes for b in engine.mro(cls) if isinstance(b, str))
    for base in bases:
        if is_hook(base, "dispatch"):
            frame.emit(Outside(callee_text(node), frame.location(node), f"{base}.dispatch"))
    found = methods_of(engine, inner, VERBS.__contains__)
    methods = [each for each in found if isinstance(each, Method)]
    if len(methods) > _MOST_VERBS:  # any view of an application: only those that are steps
        for name in dict.fromkeys(each.function.definition.name for each in methods):
            frame.emit(Outside(f"self.{name}", frame.location(node)))
        methods = [each for each in methods if is_wanted(frame.engine, each.function)]
    return frame.apply(tuple(methods), arguments, node) or UNKNOWN


def _view(frame: Frame, inner: Any, detail: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return a view of a class, or what it returns: it makes an object, and dispatches."""
    if not detail:
        named = tuple(arguments.named.items())
        return (Wrapped("view:made", Partial(inner, arguments.positional[1:], named)),)
    found = UNKNOWN
    for made in frame.apply((inner,), Arguments(), node):
        for name, values in inner.named:  # which Django assigns, and Flask passes on
            frame.engine.store(made, name, values)
        found = frame.apply(attribute_of(frame, made, "dispatch", node), arguments, node)
    return found


def _validated(frame: Frame, inner: Class, _: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return the object that a method like `model_validate` makes, and checks."""
    frame.emit(outside_of(frame, node, arguments, "model.validate"))
    made = Instance(inner.definition)
    run_validators(frame, made, node)
    return (made,)


def _awaitable(frame: Frame, inner: Value, _: str, arguments: Arguments, node: ast.AST) -> Values:
    return await_values(frame, frame.apply((inner,), arguments, node), node)


_KINDS: dict[str, Rule] = {
    "item": call_method_of_container,
    "pending": call_pending,
    "deferred": _deferred,
    "model": _model,
    "inherited": _inherited,
    "str": _string,
    "signature": _signature,
    "signing": sign,
    "hand": call_hand,
    "contextmanager": _manager,
    "property": _property,
    "cached_property": _property,
    "subclasses": _subclasses,
    "awaitable": _awaitable,
    "hook": call_hooks,
    "namedtuple": _named_tuple,
    "weak": _weak,
    "callbacks": _callbacks,
    "template": call_template,
    "verbs": _verbs,
    "view": _view,
    "validated": _validated,
    "decorator": _decorator,
}
