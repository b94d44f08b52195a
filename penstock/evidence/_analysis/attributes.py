"""Attributes of values, looked up as Python does."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from penstock.evidence._analysis.by_name import setting
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.guesses import OF_TYPES, methods_called
from penstock.evidence._analysis.imports import compute
from penstock.evidence._analysis.library import (
    CALLBACKS,
    GIVEN,
    GOT,
    HANDING,
    PROPERTIES,
    SIGNATURES,
    SIGNING,
    STARTING,
    TEMPLATES,
    VALIDATING,
    WAITING,
    last_of,
)
from penstock.evidence._analysis.makers import make_objects
from penstock.evidence._analysis.orm import model_attribute, of_manager
from penstock.evidence._analysis.overrides import is_refused, is_wanted, with_overrides
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Call
from penstock.evidence._analysis.values import (
    FURTHER,
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
    Module,
    Partial,
    Pending,
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    assignable,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import written

__all__ = ["PARSED", "attribute_of", "item_of"]

Rule = Callable[[Frame, Any, str, ast.AST], Values]
"""Returns what an attribute of a value may be."""


def attribute_of(frame: Frame, owner: Value, name: str, node: ast.AST) -> Values:
    """Return what attribute *name* of *owner* may be; a property is called."""
    return _RULES[type(owner)](frame, owner, name, node)


def _of_module(frame: Frame, owner: Module, name: str, node: ast.AST) -> Values:
    found = frame.engine.member(owner.source, name)
    compute(frame, owner.source, name, node)
    submodule = f"{owner.source.module}.{name}"
    if not found and submodule in frame.engine.project.packages:
        return (External(submodule),)  # a package without an ``__init__.py``
    return assignable(found) or UNKNOWN


def _of_library(frame: Frame, owner: External, name: str, node: ast.AST) -> Values:
    if owner.name.startswith(GOT):
        return _of_unknown(frame, owner, name, node)
    if (module := f"{owner.name}.{name}") in frame.engine.project.files:
        return frame.engine.module(module)  # of a package without an ``__init__.py``
    if owner.name == "django.conf.settings":
        return (*setting(frame.engine, name), External(f"{owner.name}.{name}", owner.site))
    if owner.name.endswith(_PARSING):
        return join(frame.engine.load(PARSED, name), UNKNOWN)
    stored = frame.engine.load(owner, name)
    note_methods(frame, (owner,), _methods_for(name), node)
    return (*stored, External(f"{owner.name}.{name}", owner.site))


PARSED = External("argparse.Namespace")
"""The arguments of all command lines, of which each has the defaults of its command."""

_PARSING = (".parse_args()", ".parse_known_args()")


def _of_constant(_: Frame, owner: Constant, name: str, __: ast.AST) -> Values:
    if name == "value":  # of a member of an enumeration
        return (owner,)
    if isinstance(owner.value, str):
        return (Wrapped(f"str:{name}", owner),)
    return (External(f"{owner.kind.__name__}.{name}"),)


def _method_of(kind: str) -> Rule:
    """Return a rule for values whose methods are known by name when they are called."""

    def rule(_: Frame, owner: Value, name: str, __: ast.AST) -> Values:
        return (Wrapped(f"{kind}:{name}", owner),)

    return rule


def _of_container(frame: Frame, owner: Container, name: str, _: ast.AST) -> Values:
    named = frame.engine.load(Wrapped("named", owner), name) if owner.kind == "namedtuple" else ()
    return named or (Wrapped(f"item:{name}", owner),)


def _of_unknown(frame: Frame, owner: Value, name: str, node: ast.AST) -> Values:
    if found := methods_called(frame.engine, name):
        return found
    note_methods(frame, (owner,), _methods_for(name), node)
    return (owner,) if isinstance(owner, Further) else UNKNOWN


def _methods_for(name: str) -> tuple[str, ...]:
    """Return the methods of which one runs where an attribute of an unknown object is read.

    Most objects of which a method of lists or strings is called are that.
    """
    return (name,) if name in OF_TYPES else (name, "__getattr__", "__getattribute__")


def _of_alias(frame: Frame, owner: Alias, name: str, node: ast.AST) -> Values:
    return attribute_of(frame, item_of(owner), name, node)


def item_of(alias: Alias) -> External:
    """Return what looks like a type, such as ``local["git"]``, as an item of a library's object."""
    return External(f"{written(alias.node.value)}[]")


_ITSELF = {
    "__wrapped__", "func", "__func__", "fget", "run", "fn", "callback", "original_func", "value",
    "call_local",
}  # fmt: skip
"""Attributes of a decorated function, or of one that is a member, that are the function."""


_GENERIC = {"singledispatch", "singledispatchmethod"}
_SIGNED = {"signature", "chain", "group", "chord"}


def _of_function(frame: Frame, owner: Value, name: str, _: ast.AST) -> Values:
    if stored := frame.engine.load(owner, name):
        return stored
    if isinstance(owner, Wrapped):
        if name in _ITSELF:
            return (owner.function,)
        if owner.kind in PROPERTIES:
            return (Wrapped(f"{owner.kind}:{name}", owner),)
        if owner.kind in _GENERIC and name in {"register", "dispatch"}:
            return (Wrapped(f"{owner.kind}:{name}", owner),)
    if name in _ITSELF:
        return (owner,)
    kind = _kind_of_task(owner, name)
    return UNKNOWN if kind is None else (Wrapped(kind, owner),)


def _kind_of_task(owner: Value, name: str) -> str | None:
    """Return what an attribute of a task, or of a signature, is called for."""
    if isinstance(owner, Partial) and owner.kind in _SIGNED and name in SIGNING:
        return f"signing:{name}"
    return "signature" if name in SIGNATURES else "hand" if name in HANDING else None


def _bound(frame: Frame, found: Values, receiver: Value, node: ast.AST) -> Values:
    """Return what a class has, as an attribute of *receiver*."""
    return frame.one_of(found, lambda value: _bound_one(frame, value, receiver, node))


def _bound_one(frame: Frame, value: Value, receiver: Value, node: ast.AST) -> Values:
    match value:
        case Function():
            return (Method(value, _of_own_class(frame, value, receiver)),)
        case Wrapped() if isinstance(receiver, Instance):
            return _descriptor(frame, value, receiver, node)
        case Wrapped():
            return _static(value, receiver)
        case Instance():
            getter = frame.engine.find(value.cls, "__get__")
            methods = [Method(each, value) for each in getter if isinstance(each, Function)]
            called = (_called(frame, each, node, ((receiver,),)) for each in methods)
            return join(*called) if methods else (value,)
        case Partial(callee=Function() as function, kind="method"):
            return (Partial(Method(function, receiver), value.positional, value.named),)
    return assignable((value,))


def _of_own_class(frame: Frame, method: Function, receiver: Value) -> Value:
    """Return *receiver*, which is of the class that overrides a method if it may be of any."""
    own = method.scope.definition
    if not isinstance(receiver, Instance) or receiver.site is not None or own.kind != "class":
        return receiver
    return Instance(own) if frame.engine.is_subclass(own, receiver.cls) else receiver


def _static(value: Wrapped, receiver: Value) -> Values:
    inner, owner = value.function, receiver
    if value.kind == "staticmethod":
        return (inner,)
    if value.kind != "classmethod":
        return (value,)
    if isinstance(receiver, Instance):
        owner = Class(receiver.cls, is_any=receiver.site is None)
    if isinstance(inner, Wrapped) and isinstance(inner.function, Function):
        return (Wrapped(inner.kind, Method(inner.function, owner)),)
    return (Method(inner, owner),) if isinstance(inner, Function) else (value,)


def _descriptor(frame: Frame, value: Wrapped, receiver: Instance, node: ast.AST) -> Values:
    if value.kind in PROPERTIES and isinstance(value.function, Function):
        return _called(frame, Method(value.function, receiver), node)
    if value.kind == "property" and isinstance(value.function, Partial):
        return frame.apply((value.function,), Arguments(((receiver,),)), node)
    if value.kind in {"contextmanager", "singledispatch", "singledispatchmethod"}:
        if isinstance(value.function, Function):
            return (Wrapped(value.kind + ":bound", Method(value.function, receiver)),)
        return (value,)
    return _static(value, receiver)


def _called(
    frame: Frame, method: Method, node: ast.AST, arguments: tuple[Values, ...] = ()
) -> Values:
    activation = frame.engine.activate(method.function, Arguments(arguments), method.receiver)
    frame.emit(Call((activation,), frame.location(node)))
    return activation.returns or UNKNOWN


def _of_object(frame: Frame, owner: Instance, name: str, node: ast.AST) -> Values:
    found = _of_instance(frame, owner, name, node)
    frame.engine.note_changeable(found)
    return found


def _of_instance(frame: Frame, owner: Instance, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    if name == "__class__":
        return (Class(owner.cls, is_any=owner.site is None),)
    found = engine.find(owner.cls, name)
    own = _assigned(engine, owner, name, found)
    now = frame.objects.get((owner, name)) if own and frame.objects else None
    # A data descriptor comes first, as with Python.
    if own and not any(isinstance(v, Wrapped) and v.kind == "property" for v in found):
        # The column of a table may have other values than those that the source assigns.
        is_column = found and all(isinstance(value, External) for value in found)
        is_constant = all(isinstance(value, Constant) for value in own)
        if is_column and is_constant:
            return now or join(own, found)
        kept = () if now else _kept(engine, owner, name, found)
        if not kept:
            return now or own
        return frame.one_of(
            (None, *kept), lambda each: _bound_one(frame, each, owner, node) if each else own
        )
    if owner.site is None:
        found = with_overrides(engine, owner.cls, name, found)
    if found and not all(isinstance(value, External) for value in found):
        bound = _bound(frame, found, owner, node)
        return join(bound, FURTHER) if _is_of_another_class(engine, owner, found) else bound
    return _of_model(frame, owner, name, found, node) or _computed(frame, owner, name, node)


def _assigned(engine: Engine, owner: Instance, name: str, found: Values) -> Values:
    """Return what methods assign to ``self.NAME``."""
    own = engine.load(owner, name)
    any_owner = owner if owner.site is None else Instance(owner.cls)
    if not own:
        engine.prepare(owner.cls, name)
        own = engine.load(owner, name) or engine.load(any_owner, name)
    elif (owner, name) in engine.blurred:
        own = join(own, engine.load(any_owner, name))
    if not own and owner.site is None and not found:
        own = _of_subclasses(engine, owner, name)
    if not own or UNKNOWN[0] in own:
        make_objects(engine, owner.cls, name)
        own = join(own, engine.load(any_owner, name))
    if UNKNOWN[0] in own:
        known = (value for value in own if not isinstance(value, Unknown))
        return join(known, _annotated(engine, owner, name) or UNKNOWN)
    return own


def _kept(engine: Engine, owner: Instance, name: str, found: Values) -> Values:
    """Return what of *found* an object may have still, though methods assign ``self.NAME``.

    What is computed is so until something assigns it; and a method is so for an object to which
    nothing is assigned, which is none if ``__init__`` does that.
    """
    kept = [value for value in found if _is_descriptor(engine, value)]
    if any(isinstance(value, Function) for value in found):
        known = engine.project_mro(owner.cls)
        methods = (each for one in known for each in engine.info(one).assigned.get(name, ()))
        if not any(getattr(method, "name", "") == "__init__" for method in methods):
            kept += [value for value in found if isinstance(value, Function)]
    return tuple(kept)


def _is_descriptor(engine: Engine, value: Value) -> bool:
    """Return whether a class computes an attribute by *value*."""
    if isinstance(value, Wrapped):
        return value.kind in PROPERTIES
    return isinstance(value, Instance) and bool(engine.find(value.cls, "__get__"))


def _is_of_another_class(engine: Engine, owner: Instance, found: Values) -> bool:
    """Return whether an object has a class that the source does not show.

    So it is if somebody assigns its ``__class__``, or if all methods that were found only say that
    a subclass has to have them.
    """
    known = engine.project_mro(owner.cls)
    return any("__class__" in engine.info(one).assigned for one in known) or all(
        is_refused(value) and not is_wanted(engine, value) for value in found
    )


def _given(frame: Frame, owner: Instance, name: str, node: ast.AST) -> Values:
    """Return what a framework assigns to an attribute, which a method has returned before."""
    method = GIVEN.get(name, "")
    if not _is_template(frame.engine, owner.cls, method):
        return NOTHING
    with frame.collected():
        getters: Values = (Wrapped(f"template:{method}", owner),)
        if method != name:
            getters = attribute_of(frame, owner, method, node)
        found = frame.apply(getters, Arguments(), node)
    return tuple(each for each in found if isinstance(each, (Instance, Container)))


def _of_model(frame: Frame, owner: Instance, name: str, found: Values, node: ast.AST) -> Values:
    """Return what an annotation or a base of a library provides."""
    engine = frame.engine
    if typed := _annotated(engine, owner, name) or _given(frame, owner, name, node):
        return typed
    if methods := of_manager(engine, owner, name):
        getters = () if name in _OF_MANAGER else engine.find(owner.cls, "get_queryset")
        for each in (v for v in getters if isinstance(v, Function)):
            _called(frame, Method(each, owner), node)
        return methods
    if name in {"value", "_value_"} and (members := _members_of(engine, owner.cls)):
        return members
    if found and (calling := _that_calls(engine, owner, name)):
        return calling
    if found and (name in STARTING or (name in WAITING and owner in frame.tokens)):
        return (Wrapped(f"inherited:{name}", owner),)
    return found


_OF_MANAGER = {"get_queryset", "model"}
"""Attributes of a manager that do not make a query first."""


def _that_calls(engine: Engine, owner: Instance | Class, name: str) -> Values:
    """Return a method of a library that calls what the class of *owner* has, if it is one."""
    if isinstance(owner, Class):
        kind = "view" if name == "as_view" else "validated" if name in VALIDATING else None
        return (Wrapped(kind, owner),) if kind else NOTHING
    if _is_template(engine, owner.cls, name):
        return (Wrapped(f"template:{name}", owner),)
    if name in {"save", "delete", "asave", "adelete"}:
        return (Wrapped(f"model:{name}", owner),)
    if name == "dispatch":
        return (Wrapped("verbs", owner),)
    return (Wrapped(f"callbacks:{name}", owner),) if name in CALLBACKS else NOTHING


def _is_template(engine: Engine, cls: Definition, name: str) -> bool:
    endings = TEMPLATES.get(name, ())
    return any(one.endswith(endings) for one in engine.library_bases(cls))


def _members_of(engine: Engine, cls: Definition) -> Values:
    """Return the values of the members of an enumeration, or nothing if it is not one."""
    if _ENUMS.isdisjoint(map(last_of, engine.library_bases(cls))):
        return NOTHING
    names = engine.info(cls).scope.names.items()
    members = (values for name, values in names if not name.startswith("_"))
    return join(v for values in members for v in values if not isinstance(v, (Function, Wrapped)))


_ENUMS = {"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "TextChoices", "IntegerChoices"}


def _member(engine: Engine, cls: Definition, name: str, values: Sequence[Value]) -> Values:
    """Return the member *name* of an enumeration whose members have methods, with its values."""
    members = _members_of(engine, cls)
    if name.startswith("_") or not values or _is_function(*values) or not members:
        return NOTHING
    classes = (each for each in engine.mro(cls) if not isinstance(each, str))
    names = (values for each in classes for values in engine.info(each).scope.names.values())
    if not any(_is_function(*values) for values in names):
        return NOTHING
    member = Instance(cls, (cls, "member", name))
    engine.store(member, "value", tuple(values))
    engine.store(Instance(cls), "value", members)  # of one that is not known
    return (member,)


def _is_function(*values: Value) -> bool:
    return any(isinstance(value, (Function, Wrapped)) for value in values)


def _computed(frame: Frame, owner: Instance, name: str, node: ast.AST) -> Values:
    """Return what ``__getattr__`` returns for *name*, if there is one."""
    if name == "__call__":  # which a call looks up in the class alone
        return UNKNOWN
    found: Values = NOTHING
    for value in frame.engine.find(owner.cls, "__getattr__"):
        if isinstance(value, Function):
            arguments = ((Constant(name, str),),)
            found = join(found, _called(frame, Method(value, owner), node, arguments))
    return found or UNKNOWN


def _of_subclasses(engine: Engine, owner: Instance, name: str) -> Values:
    """Return an attribute that only subclasses assign."""
    found: Values = NOTHING
    for subclass in engine.subclasses(owner.cls):
        engine.prepare(subclass, name)
        found = join(found, engine.load(Instance(subclass), name))
    return found


def _annotated(engine: Engine, owner: Instance, name: str) -> Values:
    """Return the values of an attribute that a class annotates."""
    slot = ("annotation", name)
    for one in engine.project_mro(owner.cls):
        if annotation := engine.load(Class(one), slot):
            return annotation
    return NOTHING


def _provided(frame: Frame, owner: Class, name: str, node: ast.AST) -> Values:
    """Return what a metaclass, or the model of a library, provides as an attribute of a class."""
    found: Values = NOTHING
    for meta in frame.engine.metaclasses(owner.definition):
        for value in frame.engine.find(meta, name):
            if isinstance(value, Function):
                found = join(found, (Method(value, owner),))
            elif isinstance(value, Wrapped) and isinstance(value.function, Function):
                found = join(found, _called(frame, Method(value.function, owner), node))
        getters = () if found else frame.engine.find(meta, "__getattr__")
        for value in (each for each in getters if isinstance(each, Function)):
            given = ((Constant(name, str),),)
            found = join(found, _called(frame, Method(value, owner), node, given))
    return found or model_attribute(frame.engine, owner.definition, name)


def _of_class(frame: Frame, owner: Class, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    found = engine.find(owner.definition, name)
    if owner.is_any:
        found = with_overrides(engine, owner.definition, name, found)
    bound: list[Value] = []
    for value in found:
        bound += _static(value, owner) if isinstance(value, Wrapped) else (value,)
    bound += _member(engine, owner.definition, name, bound)
    if not bound and name == "__name__":
        return (Constant(owner.definition.name, str),)
    if not bound and name == "__subclasses__":
        return (Wrapped("subclasses", owner),)
    external = all(isinstance(value, External) for value in bound)
    if external and (provided := _provided(frame, owner, name, node)):
        return provided
    for value in bound:
        if isinstance(value, Instance):  # which may be a manager
            engine.store(value, "*model", (Instance(owner.definition),))
    if not bound:
        return _annotated(engine, Instance(owner.definition), name) or UNKNOWN
    if external:  # it may make an instance, like ``model_validate`` of pydantic
        made = tuple(External(each.name, owner) for each in bound if isinstance(each, External))
        return _that_calls(engine, owner, name) or made
    return assignable(join(bound))


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
    if isinstance(receiver, Instance) and receiver.site is None:
        # A subclass that extends others, too, may have one of these there.
        for each in engine.subclasses(receiver.cls):
            found = join(found, engine.find(each, name, after=owner.cls))
    bound = _bound(frame, found, receiver, node)
    is_library = all(isinstance(value, External) for value in bound)
    if is_library and isinstance(receiver, Instance):
        bound = _that_calls(engine, receiver, name) or bound
    is_one = isinstance(receiver, Class) and not receiver.is_any
    if is_library and is_one and name == "__call__":
        return (receiver,)  # in a metaclass, where that makes an object
    return bound or (External(f"super().{name}"),)


_RULES: dict[type[Value], Rule] = {
    Instance: _of_object,
    Class: _of_class,
    Super: _of_super,
    Module: _of_module,
    External: _of_library,
    Constant: _of_constant,
    **dict.fromkeys((Function, Method, Partial, Wrapped), _of_function),
    Container: _of_container,
    Pending: _method_of("pending"),
    Deferred: _method_of("deferred"),
    **dict.fromkeys((Unknown, Further), _of_unknown),
    Alias: _of_alias,
}
