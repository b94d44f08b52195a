"""Calls of values: what they return, and what then happens in which order."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.external import call_external
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import call_outside, hand_functions
from penstock.evidence._analysis.heap import KEYS
from penstock.evidence._analysis.iteration import counted_items, iterate, typed_or
from penstock.evidence._analysis.names import is_async, is_generator
from penstock.evidence._analysis.partials import call_partial
from penstock.evidence._analysis.scopes import Arguments, Scope
from penstock.evidence._analysis.terms import Call, Term, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._analysis.wrapped import call_wrapped

__all__ = ["apply", "call_expression"]


def call_expression(frame: Frame, node: ast.Call) -> Values:
    """Return what a call in the source may return."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(frame)
    callees = frame.evaluate(node.func)
    arguments = _arguments(frame, node)
    return frame.apply(callees, arguments, node)


def _super(frame: Frame) -> Values:
    scope: Scope | None = frame.scope
    while scope is not None and scope.cls is None:
        scope = scope.parent
    activation = frame.activation
    if scope is None or scope.cls is None:
        return UNKNOWN
    receiver = activation.receiver or Instance(scope.cls)
    return (Super(scope.cls, receiver),)


def _arguments(frame: Frame, node: ast.Call) -> Arguments:
    positional: list[Values] = []
    rest: Values = NOTHING
    named: dict[str, Values] = {}
    other: Values = NOTHING
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            values = frame.evaluate(argument)
            if rest:
                rest = join(rest, values)
            else:
                positional.append(values)
            continue
        values = frame.evaluate(argument.value)
        items = counted_items(frame, values) if not rest else None
        if items is not None:
            positional += items
        else:
            rest = join(rest, iterate(frame, values, argument)[0]) or UNKNOWN
    for keyword in node.keywords:
        values = frame.evaluate(keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = values
            continue
        for value in values:
            slots = frame.engine.slots(value) if isinstance(value, Container) else {"*": UNKNOWN}
            for slot, found in slots.items():
                if slot == KEYS:
                    continue
                if isinstance(slot, str) and slot != "*":
                    named[slot] = join(named.get(slot, NOTHING), found)
                else:
                    other = join(other, found)
    return Arguments(tuple(positional), named, rest, other)


def apply(frame: Frame, callees: Values, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of one of *callees* may return, and note what it does."""
    if len(callees) == 1:
        return _apply_one(frame, callees[0], arguments, node)
    known = [c for c in callees if not isinstance(c, Constant)]
    if not all(isinstance(c, (Unknown, External)) for c in known):
        known = [c for c in known if not isinstance(c, Unknown)]
    returned: Values = NOTHING
    options: list[Term] = []
    for callee in known:
        with frame.collected() as terms:
            returned = join(returned, frame.apply((callee,), arguments, node))
        options.append(sequence(terms))
    if options:
        frame.emit(choice(options))
    return returned


def _apply_one(frame: Frame, callee: Value, arguments: Arguments, node: ast.AST) -> Values:
    match callee:
        case Function():
            return _call_function(frame, callee, arguments, None, node)
        case Method():
            return _call_function(frame, callee.function, arguments, callee.receiver, node)
        case Class():
            return _instantiate(frame, callee, arguments, node)
        case Partial():
            return call_partial(frame, callee, arguments, node)
        case Instance():
            method = attribute_of(frame, callee, "__call__", node)
            return frame.apply(method, arguments, node)
        case Wrapped():
            return call_wrapped(frame, callee, arguments, node)
        case External():
            return call_external(frame, callee, arguments, node)
    return call_outside(frame, node, arguments, None) or UNKNOWN


def _call_function(
    frame: Frame, function: Function, arguments: Arguments, receiver: Value | None, node: ast.AST
) -> Values:
    activation = frame.engine.activate(function, arguments, receiver)
    frame.forget_paths()
    defined = function.definition.node
    if is_generator(defined):
        frame.emit(Call((activation,), frame.place(node), is_lazy=True))
        return (Deferred("generator", (activation,)),)
    if is_async(defined):
        return (Deferred("coroutine", (activation,)),)
    frame.emit(Call((activation,), frame.place(node)))
    return typed_or(frame, function, activation.returns)


def _instantiate(frame: Frame, cls: Class, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    instance = Instance(cls.definition, None if cls.is_any else frame.site(node))
    made: Values = (instance,)
    new = [f for f in engine.find(cls.definition, "__new__") if isinstance(f, Function)]
    for function in new:
        returned = _call_function(frame, function, arguments.before((cls,)), None, node)
        made = tuple(v for v in returned if isinstance(v, Instance)) or made
    found = engine.find(cls.definition, "__init__")
    functions = [f for f in found if isinstance(f, Function)]
    for function in functions:
        for one in made:
            _call_function(frame, function, arguments, one, node)
    if not functions:
        _fill_fields(frame, instance, arguments, node)
    for base in engine.mro(cls.definition):
        if isinstance(base, str) and not functions:
            hand_functions(frame, External(f"{base}()"), arguments, node)
            break
    return made


def _fill_fields(frame: Frame, instance: Instance, arguments: Arguments, node: ast.AST) -> None:
    """Assign the fields of a dataclass, or of another class that makes its own ``__init__``."""
    engine = frame.engine
    names: list[str] = []
    for one in reversed(engine.mro(instance.cls)):
        if not isinstance(one, str):
            for field in engine.load(Class(one), "fields"):
                if isinstance(field, Constant) and field.value not in names:
                    names.append(field.value)
    for name, values in (*zip(names, arguments.positional, strict=False), *arguments.named.items()):
        if name in names:
            engine.store(instance, name, values)
    after = engine.find(instance.cls, "__post_init__")
    for function in after:
        if isinstance(function, Function):
            _call_function(frame, function, Arguments(), instance, node)
