"""Calls of values: what they return, and what then happens in which order."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from penstock.evidence._analysis.attributes import attribute_of, item_of
from penstock.evidence._analysis.by_name import imported_by
from penstock.evidence._analysis.containers import fields_of, makes_init
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.external import call_external
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import call_outside, hand_functions, method_of
from penstock.evidence._analysis.heap import ANY_ITEM, KEYS
from penstock.evidence._analysis.iteration import counted_items, iterate, typed_or
from penstock.evidence._analysis.managers import run_within
from penstock.evidence._analysis.orm import queried
from penstock.evidence._analysis.overrides import is_protocol, with_overrides
from penstock.evidence._analysis.partials import call_partial
from penstock.evidence._analysis.scopes import OPEN, Arguments, Scope
from penstock.evidence._analysis.templates import run_validators
from penstock.evidence._analysis.terms import EMPTY, Call, Term, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Alias,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Further,
    Instance,
    Method,
    Partial,
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)
from penstock.evidence._analysis.wrapped import call_wrapped
from penstock.evidence._source.files import Definition

__all__ = ["apply", "call_expression"]


def call_expression(frame: Frame, node: ast.Call) -> Values:
    """Return what a call in the source may return."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(frame)
    callees = frame.evaluate(node.func)
    return apply(frame, callees, _arguments(frame, node), node)


def _super(frame: Frame) -> Values:
    scope: Scope | None = frame.scope
    while scope is not None and scope.cls is None:
        scope = scope.parent
    if scope is None or scope.cls is None:
        return UNKNOWN
    return (Super(scope.cls, frame.activation.receiver or Instance(scope.cls)),)


def _arguments(frame: Frame, node: ast.Call) -> Arguments:
    positional, rest = _positional(frame, node.args)
    named: dict[str, Values] = {}
    other: Values = NOTHING
    for keyword in node.keywords:
        values = frame.evaluate(keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = values
            continue
        for name, found in _unpacked(frame, values):
            if name is None:
                other = join(other, found)
            else:
                named[name] = join(named.get(name, NOTHING), found)
    return Arguments(positional, named, rest, other)


def _positional(frame: Frame, nodes: list[ast.expr]) -> tuple[tuple[Values, ...], Values]:
    """Return the positional arguments, and what follows a ``*`` of unknown length."""
    positional: list[Values] = []
    rest: Values = NOTHING
    for argument in nodes:
        is_starred = isinstance(argument, ast.Starred)
        values = frame.evaluate(argument)
        items = counted_items(frame, values) if is_starred else [values]
        if items is not None and not rest:
            positional += items
        else:
            more = iterate(frame, values, argument)[0] or UNKNOWN if is_starred else values
            rest = join(rest, more)
    return tuple(positional), rest


def _unpacked(frame: Frame, values: Values) -> Iterator[tuple[str | None, Values]]:
    """Yield the named arguments that ``**`` passes; None is any name."""
    for value in values:
        if not isinstance(value, Container):
            yield None, UNKNOWN
            continue
        for slot, found in frame.engine.slots(value).items():
            if slot != KEYS:
                yield slot if isinstance(slot, str) and slot != ANY_ITEM else None, found


def apply(frame: Frame, callees: Values, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of one of *callees* may return, and note what it does."""
    frame.engine.spend()
    if len(callees) == 1:
        return _apply_one(frame, callees[0], arguments, node)
    known = [c for c in callees if not isinstance(c, Constant)]
    if not all(isinstance(c, (Unknown, External)) for c in known) and _is_kept(frame, node):
        known = [c for c in known if not isinstance(c, Unknown)]
    return frame.one_of(known, lambda callee: _apply_one(frame, callee, arguments, node))


def _is_kept(frame: Frame, node: ast.AST) -> bool:
    """Return whether an attribute of a known object is called.

    It is unknown, too, where `Engine.prepare` has evaluated what assigns it, with any arguments.
    """
    function = getattr(node, "func", None)
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    return not isinstance(owner, ast.Name) or Unknown() not in frame.read(owner.id)


def _apply_one(frame: Frame, callee: Value, arguments: Arguments, node: ast.AST) -> Values:
    rule = _RULES.get(type(callee))
    if rule is None:
        found = call_outside(frame, node, arguments)
        return join(found, queried(frame, method_of(node), arguments, node)) or UNKNOWN
    return rule(frame, callee, arguments, node)


def _call_further(frame: Frame, callee: Further, arguments: Arguments, node: ast.AST) -> Values:
    return call_outside(frame, node, arguments, is_cut=callee.is_cut) or (callee,)


def _call_plain(frame: Frame, callee: Function, arguments: Arguments, node: ast.AST) -> Values:
    return _call_function(frame, callee, arguments, None, node)


def _call_method(frame: Frame, callee: Method, arguments: Arguments, node: ast.AST) -> Values:
    return _call_function(frame, callee.function, arguments, callee.receiver, node)


def _call_instance(frame: Frame, callee: Instance, arguments: Arguments, node: ast.AST) -> Values:
    return apply(frame, _methods_of(frame, callee, arguments, node), arguments, node)


def _methods_of(frame: Frame, callee: Instance, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of an object calls, which may be another object that can be called."""
    found: list[Value] = []
    waiting, known = [callee], {callee}
    while waiting:
        one = waiting.pop()
        if one.site is None and is_protocol(frame.engine, one.cls):
            call_outside(frame, node, arguments)  # a function, too, has that type
        for value in attribute_of(frame, one, "__call__", node):
            if not isinstance(value, Instance):
                found.append(value)
            elif value not in known:
                known.add(value)
                waiting.append(value)
    return join(found) or UNKNOWN


def _call_function(
    frame: Frame, function: Function, arguments: Arguments, receiver: Value | None, node: ast.AST
) -> Values:
    activation = frame.engine.activate(function, arguments, receiver)
    frame.forget_paths()
    if function.definition.is_generator:
        frame.emit(Call((activation,), frame.location(node), is_lazy=True))
        return (Deferred("generator", (activation,)),)
    if isinstance(function.definition.header, ast.AsyncFunctionDef):
        return (Deferred("coroutine", (activation,)),)
    call = Call((activation,), frame.location(node))
    around = frame.engine.load(function, "around") if function.definition.decorators else NOTHING
    run_within(frame, around, call, node)
    returned = typed_or(frame, function, activation.returns)
    if is_vague(returned):
        return imported_by(frame.engine, function.definition.name, arguments) or returned
    return returned


def _instantiate(frame: Frame, cls: Class, arguments: Arguments, node: ast.AST) -> Values:
    if cls.definition not in frame.engine.wanted:
        return _construct(frame, cls, arguments, node)
    with frame.collected() as terms:  # a class that is a step
        made = _construct(frame, cls, arguments, node)
    activation = frame.engine.construction(cls.definition, frame.site(node), sequence(terms))
    frame.emit(Call((activation,), frame.location(node)))
    return made


def _construct(frame: Frame, cls: Class, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    made_by_class = _call_metaclass(frame, cls, arguments, node)
    if any(isinstance(value, Instance) for value in made_by_class):
        return made_by_class
    new = [f for f in engine.find(cls.definition, "__new__") if isinstance(f, Function)]
    # What ``__new__`` returns may be the same object each time.
    site = (cls.definition, "new") if new else frame.site(node)
    is_open = cls.is_any or is_protocol(engine, cls.definition)
    instance = Instance(cls.definition, None if is_open else site)
    if frame.objects is not None and _is_plain(engine, cls.definition):
        engine.single.add(instance)
    else:
        engine.single.discard(instance)
    made: Values = (instance,)
    for function in new:
        returned = _call_function(frame, function, arguments.before((cls,)), None, node)
        made = tuple(v for v in returned if isinstance(v, Instance)) or made
    is_made = makes_init(engine, cls.definition)
    found = NOTHING if is_made else engine.find(cls.definition, "__init__")
    if cls.is_any:
        found = with_overrides(engine, cls.definition, "__init__", found)
    functions = [f for f in found if isinstance(f, Function)]
    if functions:
        for one in made:
            _initialize(frame, functions, one, arguments, node)
    else:
        _fill_fields(frame, instance, arguments, node)
    if cls.is_any and isinstance(node, ast.Call):
        _run_fields_of_any(frame, cls.definition, arguments, node)
    for base in engine.mro(cls.definition):
        if isinstance(base, str) and not functions:
            run_validators(frame, instance, node)
            hand_functions(frame, External(f"{base}()"), arguments, node)
            break
    return made


def _initialize(
    frame: Frame, functions: list[Function], made: Value, arguments: Arguments, node: ast.AST
) -> None:
    """Call ``__init__`` of a class, or of one of its subclasses if that is not known."""
    frame.one_of(functions, lambda each: _call_function(frame, each, arguments, made, node))


def _call_metaclass(frame: Frame, cls: Class, arguments: Arguments, node: ast.AST) -> Values:
    """Return what ``__call__`` of a metaclass returns, unless this is in that class itself."""
    engine, around = frame.engine, frame.activation.definition
    owners = [around]
    while owners[-1].parent is not None:
        owners.append(owners[-1].parent)
    return join(
        *(
            _call_function(frame, function, arguments, cls, node)
            for meta in engine.metaclasses(cls.definition)
            if meta not in owners
            for function in engine.find(meta, "__call__")
            if isinstance(function, Function)
        )
    )


def _is_plain(engine: Engine, cls: Definition) -> bool:
    """Return whether a call of a class makes an object, whose attributes are what is assigned."""
    for one in engine.project_mro(cls):
        info = engine.info(one)
        names = {*info.scope.names, *info.assigned}
        if getattr(one.header, "keywords", ()) or not _SPECIAL.isdisjoint(names):
            return False
    return True


_SPECIAL = {"__setattr__", "__getattribute__", "__dict__", "__class__"}


def _fill_fields(frame: Frame, instance: Instance, arguments: Arguments, node: ast.AST) -> None:
    """Assign the fields of a dataclass, or of another class that makes its own ``__init__``."""
    engine = frame.engine
    names = fields_of(engine, instance.cls)
    for name, values in (*zip(names, arguments.positional, strict=False), *arguments.named.items()):
        if name in names:
            engine.store(instance, name, values)
    if isinstance(node, ast.Call):
        _run_fields(frame, instance, arguments, node)
    for function in (each for name in _AFTER for each in engine.find(instance.cls, name)):
        if isinstance(function, Function):
            _call_function(frame, function, Arguments(), instance, node)


def _run_fields_of_any(frame: Frame, cls: Definition, arguments: Arguments, node: ast.Call) -> None:
    """Call what fields of one of the subclasses of *cls* have got, if it is one of these."""
    options: list[Term] = [EMPTY]
    for each in frame.engine.subclasses(cls):
        with frame.collected() as terms:
            _run_fields(frame, Instance(each), arguments, node)
        options.append(sequence(terms))
    if len(options) > 1:
        frame.emit(choice(options))


def _run_fields(frame: Frame, instance: Instance, arguments: Arguments, node: ast.AST) -> None:
    """Call what makes, converts and checks the values of fields that `field()` has got."""
    engine, names = frame.engine, fields_of(frame.engine, instance.cls)
    given = {*names[: len(arguments.positional)], *arguments.named}
    classes = engine.project_mro(instance.cls)
    found = {
        name: join(*(engine.load(Class(c), ("field", name)) for c in classes)) for name in names
    }
    fields = {name: values for name, values in found.items() if values}
    methods = _methods_of_fields(engine, classes, instance) if fields else {}

    def call(kind: str, name: str, values: Arguments) -> Values:
        found = join(
            *(engine.load(each, kind) for each in fields[name]), methods.get((name, kind), NOTHING)
        )
        return frame.apply(found, values, node) if found else NOTHING

    for name in fields:
        made = NOTHING if name in given else call("factory", name, Arguments())
        engine.store(instance, name, made)
        converted = call("converter", name, Arguments((engine.load(instance, name),)))
        engine.store(instance, name, converted)
    for name in fields:
        call("validator", name, OPEN)


def _methods_of_fields(
    engine: Engine, classes: list[Definition], instance: Instance
) -> dict[tuple[str, str], Values]:
    """Return the methods that decorators like ``@total.default`` of `attrs` give to fields."""
    return {
        (decorator.value.id, _OF_FIELDS[decorator.attr]): tuple(
            Method(value, instance)
            for value in engine.own(cls, method.name)
            if isinstance(value, Function)
        )
        for cls in classes
        for method in cls.source.definitions.values()
        if method.parent is cls
        for decorator in method.decorators
        if isinstance(decorator, ast.Attribute) and isinstance(decorator.value, ast.Name)
        if decorator.attr in _OF_FIELDS
    }


_OF_FIELDS = {"default": "factory", "validator": "validator"}
"""The decorators that a field of `attrs` has, and what they give it."""

_AFTER = ("__post_init__", "__attrs_post_init__", "model_post_init")
"""Methods that are called when the fields have been assigned."""


def _call_alias(frame: Frame, callee: Alias, arguments: Arguments, node: ast.AST) -> Values:
    return call_external(frame, item_of(callee), arguments, node)


_RULES: dict[type[Value], Callable[[Frame, Any, Arguments, ast.AST], Values]] = {
    Function: _call_plain,
    Method: _call_method,
    Class: _instantiate,
    Partial: call_partial,
    Instance: _call_instance,
    Wrapped: call_wrapped,
    External: call_external,
    Alias: _call_alias,
    Further: _call_further,
}
