"""Attributes of values, looked up as Python does."""

import ast

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.guesses import methods_called
from penstock.evidence._analysis.library import HANDING, SIGNATURES
from penstock.evidence._analysis.orm import manager_of, model_attribute
from penstock.evidence._analysis.overrides import with_overrides
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Call
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
    Module,
    Partial,
    Pending,
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["attribute_of"]

_NO_ARGUMENTS = Arguments()


def attribute_of(frame: Frame, owner: Value, name: str, node: ast.AST) -> Values:
    """Return what attribute *name* of *owner* may be; a property is called."""
    match owner:
        case Instance():
            return _of_instance(frame, owner, name, node)
        case Class():
            return _of_class(frame, owner, name, node)
        case Super():
            return _of_super(frame, owner, name, node)
        case Module():
            return frame.engine.member(owner.source, name) or UNKNOWN
        case External():
            return (External(f"{owner.name}.{name}", owner.site),)
        case Function() | Method() | Partial() | Wrapped():
            return _of_function(frame.engine, owner, name)
        case Container():
            return (Wrapped(f"item:{name}", owner),)
        case Pending():
            return (Wrapped(f"pending:{name}", owner),)
        case Deferred():
            return (Wrapped(f"deferred:{name}", owner),)
        case Constant(value=str()):
            return (Wrapped(f"str:{name}", owner),)
        case Constant():
            return (External(f"{owner.kind.__name__}.{name}"),)
        case Unknown():
            return methods_called(frame.engine, name) or UNKNOWN
    return UNKNOWN


def _of_function(engine: Engine, owner: Value, name: str) -> Values:
    if stored := engine.load(owner, name):
        return stored
    if name in {
        "__wrapped__",
        "func",
        "__func__",
        "fget",
        "run",
        "fn",
        "callback",
        "original_func",
    }:
        return (owner.function if isinstance(owner, Wrapped) else owner,)
    if isinstance(owner, Wrapped) and owner.kind in {"property", "cached_property"}:
        return (Wrapped(f"{owner.kind}:{name}", owner),)
    if isinstance(owner, Wrapped) and owner.kind == "singledispatch":
        if name in {"register", "dispatch"}:
            return (Wrapped(f"singledispatch:{name}", owner),)
    if name == "register" or name.startswith("__"):
        return UNKNOWN
    if name in SIGNATURES:
        return (Wrapped("signature", owner),)
    if name in HANDING:
        return (Wrapped("hand", owner),)
    return UNKNOWN


def _bound(frame: Frame, found: Values, receiver: Value, node: ast.AST) -> Values:
    """Return what a class has, as an attribute of *receiver*."""
    bound: list[Value] = []
    for value in found:
        if isinstance(value, Function):
            bound.append(Method(value, receiver))
        elif isinstance(value, Wrapped) and isinstance(receiver, Instance):
            bound += _descriptor(frame, value, receiver, node)
        elif isinstance(value, Wrapped):
            bound += _static(value, receiver)
        elif isinstance(value, Instance):
            getter = frame.engine.find(value.cls, "__get__")
            functions = [f for f in getter if isinstance(f, Function)]
            if not functions:
                bound.append(value)
            for function in functions:
                bound += _called(frame, Method(function, value), node, ((receiver,),))
        elif isinstance(value, Partial) and value.kind == "method":
            bound.append(
                Partial(Method(value.callee, receiver), value.positional, value.named)
                if isinstance(value.callee, Function)
                else value
            )
        else:
            bound.append(value)
    return join(bound)


def _static(value: Wrapped, receiver: Value) -> Values:
    if value.kind == "staticmethod":
        return (value.function,)
    if value.kind == "classmethod" and isinstance(value.function, Function):
        owner: Value = receiver
        if isinstance(receiver, Instance):
            owner = Class(receiver.cls, is_any=receiver.site is None)
        return (Method(value.function, owner),)
    return (value,)


def _descriptor(frame: Frame, value: Wrapped, receiver: Instance, node: ast.AST) -> Values:
    if value.kind in {"property", "cached_property"} and isinstance(value.function, Function):
        return _called(frame, Method(value.function, receiver), node)
    if value.kind in {"contextmanager", "singledispatch", "singledispatchmethod"}:
        if isinstance(value.function, Function):
            return (Wrapped(value.kind + ":bound", Method(value.function, receiver)),)
        return (value,)
    return _static(value, receiver)


def _called(
    frame: Frame, method: Method, node: ast.AST, arguments: tuple[Values, ...] = ()
) -> Values:
    activation = frame.engine.activate(
        method.function, Arguments(arguments) if arguments else _NO_ARGUMENTS, method.receiver
    )
    frame.emit(Call((activation,), frame.place(node)))
    return activation.returns or UNKNOWN


def _of_instance(frame: Frame, owner: Instance, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    if name == "__class__":
        return (Class(owner.cls, is_any=owner.site is None),)
    own = engine.load(owner, name)
    # A data descriptor comes first, as with Python.
    found = engine.find(owner.cls, name)
    known = bool(own)
    if not own:
        engine.prepare(owner.cls, name)
        own = engine.load(owner, name) or engine.load(Instance(owner.cls), name)
    if not own and owner.site is None and not found:
        own = _of_subclasses(engine, owner, name)
    if own and not any(_is_data(value) for value in found):
        typed = NOTHING
        if Unknown() in own and not known:
            typed = _annotated(engine, owner, name)
            own = join((v for v in own if not isinstance(v, Unknown)), typed or UNKNOWN)
        return own
    if owner.site is None:
        found = with_overrides(engine, owner.cls, name, found)
    if found and not all(isinstance(v, External) for v in found):
        return _bound(frame, found, owner, node)
    if typed := _annotated(engine, owner, name):
        return typed
    if queries := manager_of(engine, owner, name):
        return tuple(Wrapped(f"item:{name}", query) for query in queries)
    if found and name in {"save", "delete", "asave", "adelete"}:
        return (Wrapped(f"model:{name}", owner),)
    if found:
        return found
    if getter := engine.find(owner.cls, "__getattr__"):
        functions = [f for f in getter if isinstance(f, Function)]
        for function in functions:
            return _called(frame, Method(function, owner), node, ((Constant(name, str),),))
    return UNKNOWN


def _is_data(value: Value) -> bool:
    return isinstance(value, Wrapped) and value.kind == "property"


def _of_subclasses(engine: Engine, owner: Instance, name: str) -> Values:
    """Return an attribute that only subclasses assign."""
    found: Values = NOTHING
    for subclass in engine.subclasses(owner.cls):
        engine.prepare(subclass, name)
        found = join(found, engine.load(Instance(subclass), name))
    return found


def _annotated(engine: Engine, owner: Instance, name: str) -> Values:
    """Return the values of an attribute that a class annotates."""
    for one in engine.mro(owner.cls):
        if isinstance(one, str):
            continue
        annotation = engine.load(Class(one), ("annotation", name))
        if annotation:
            return annotation
    return NOTHING


def _of_class(frame: Frame, owner: Class, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    found = engine.find(owner.definition, name)
    if owner.is_any:
        found = with_overrides(engine, owner.definition, name, found)
    bound: list[Value] = []
    for value in found:
        bound += _static(value, owner) if isinstance(value, Wrapped) else (value,)
    if not bound and name == "__name__":
        return (Constant(owner.definition.name, str),)
    if not bound and name == "__subclasses__":
        return (Wrapped("subclasses", owner),)
    external = all(isinstance(value, External) for value in bound)
    if external and (model := model_attribute(engine, owner.definition, name)):
        return model
    for value in bound:
        if isinstance(value, Instance):  # which may be a manager
            engine.store(value, "*model", (Instance(owner.definition),))
    if not bound:
        return _annotated(engine, Instance(owner.definition), name) or UNKNOWN
    return join(bound)


def _of_super(frame: Frame, owner: Super, name: str, node: ast.AST) -> Values:
    receiver = owner.receiver
    cls: object = owner.cls
    if isinstance(receiver, Instance):
        cls = receiver.cls
    elif isinstance(receiver, Class):
        cls = receiver.definition
    engine = frame.engine
    found = engine.find(cls, name, after=owner.cls)  # type: ignore[arg-type]
    if not found and cls is not owner.cls:
        found = engine.find(owner.cls, name, after=owner.cls)
    bound = _bound(frame, found, receiver, node)
    if name in {"save", "delete"} and isinstance(receiver, Instance):
        if all(isinstance(value, External) for value in bound):
            return (Wrapped(f"model:{name}", receiver),)
    return bound or (External(f"super().{name}"),)
