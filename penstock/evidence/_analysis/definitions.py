"""Definitions of functions and classes, and their decorators."""

import ast
import re

from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.classes import class_in
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.given import note_given
from penstock.evidence._analysis.hooks import hooks_implemented, is_marker
from penstock.evidence._analysis.library import is_sent_by_calling, last_of
from penstock.evidence._analysis.registrations import register
from penstock.evidence._analysis.scopes import OPEN, Arguments, ClassInfo, Scope
from penstock.evidence._analysis.special import call_special
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
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
    Pending,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.functions import called_by

__all__ = ["define_class", "define_function"]


def define_function(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Execute a ``def`` statement."""
    definition = frame.activation.definition.source.definitions[node]
    function = Function(definition, frame.scope)
    for parameter, default in defaults_of(node.args):
        frame.engine.store(function, ("default", parameter), frame.evaluate(default))
    evaluated = [(frame.evaluate(each), each) for each in node.decorator_list]
    _note_passed(frame, function, [decorators for decorators, _ in reversed(evaluated)])
    frame.assign(node.name, _decorate(frame, (function,), evaluated))


def _note_passed(frame: Frame, function: Function, decorators: list[Values]) -> None:
    """Note what decorators of Click pass to *function*: the closest one its first argument."""
    passed = [
        frame.engine.load(each, "passed") or UNKNOWN
        for values in decorators
        for each in values
        if isinstance(each, External) and _PASSING.fullmatch(each.name)
    ]
    for parameter, values in zip(function.definition.parameters, passed, strict=False):
        frame.engine.store(function, ("passed", parameter.arg), values)


_PASSING = re.compile(r"click\.(?:\w+\.)*(?:make_pass_decorator\(\)|pass_context|pass_obj)")
"""The names of decorators that pass something before all other arguments."""


def _decorate(frame: Frame, values: Values, evaluated: list[tuple[Values, ast.expr]]) -> Values:
    for decorators, written in reversed(evaluated):
        found: Values = NOTHING
        for decorator in decorators:
            found = join(found, _decorate_with(frame, decorator, values, written))
        values = found or values
    return values


def _decorate_with(frame: Frame, decorator: Value, values: Values, written: ast.expr) -> Values:
    if isinstance(decorator, External):
        return _decorate_with_library(frame, decorator, values, written)
    if _is_manager(frame, decorator):
        for value in values:
            frame.engine.store(value, "around", (decorator,))
        return values
    # Pending is of a library that was given a function.
    if isinstance(decorator, (Unknown, Further, Constant, Deferred, Pending)):
        return values
    if isinstance(decorator, Partial) and isinstance(decorator.callee, Wrapped):
        # ``@dispatch.register(Class)``
        inner = decorator.callee
        for key in decorator.positional[0]:
            frame.engine.put(inner.function, key, values)
        return values
    found = _apply_decorator(frame, decorator, values, written)
    # A decorator that seems to return something that cannot be called was not understood.
    return tuple(v for v in found if not isinstance(v, _NOT_CALLED)) or values


def _decorate_with_library(
    frame: Frame, decorator: External, values: Values, written: ast.expr
) -> Values:
    name = decorator.name.removesuffix("()")
    if last_of(name) in _DESCRIPTORS:
        return frame.apply((decorator,), Arguments((values,)), written) or values
    if name in _DECORATORS_OF_FUNCTIONS:
        kind = f"decorator:{name.partition('.')[0]}"
        return tuple(Wrapped(kind, v) if isinstance(v, Function) else v for v in values)
    _note_models(frame, decorator, values)
    for value in values:
        frame.engine.store(value, "depends", frame.engine.load(decorator, "depends"))
    register(frame, External(name.rpartition(".")[0], decorator.site), values)
    hooks = values if is_marker(decorator.name) else NOTHING
    for value in (each for each in hooks if isinstance(each, Function)):
        for hook in hooks_implemented(frame, written, value):
            register(frame, hook, (value,))
    return tuple(Wrapped("hand", v) for v in values) if is_sent_by_calling(name) else values


def _is_manager(frame: Frame, decorator: Value) -> bool:
    """Return whether a decorator is a context manager, whose block each call of a function is."""
    if isinstance(decorator, Deferred):
        return decorator.kind == "contextmanager"
    if not isinstance(decorator, Instance):
        return False
    methods = (frame.engine.find(decorator.cls, name) for name in ("__enter__", "__call__"))
    is_entered, is_called = (any(isinstance(v, Function) for v in found) for found in methods)
    return is_entered and not is_called


def _apply_decorator(frame: Frame, decorator: Value, values: Values, written: ast.expr) -> Values:
    """Return what a decorator returns, and find what else it keeps if it keeps this."""
    engine = frame.engine
    outer, engine.decorated = engine.decorated, values
    found = frame.apply((decorator,), Arguments((values,)), written)
    engine.decorated = outer
    if not engine.kept.isdisjoint(values):
        engine.execute_decorated(_last_name(written))
    return found


def _last_name(decorator: ast.expr) -> str:
    function = called_by(decorator)
    return getattr(function, "attr", getattr(function, "id", ""))


def _note_models(frame: Frame, decorator: External, values: Values) -> None:
    """Note the model of an admin class, as by ``@admin.register(Order)``."""
    models = frame.engine.load(decorator, "models")
    for value in (each for each in values if models and isinstance(each, Class)):
        frame.engine.store(Instance(value.definition), "model", models)


_DECORATORS_OF_FUNCTIONS = {"wrapt.decorator", "decorator.decorator"}
"""These make a decorator of a function that gets the decorated one and its arguments."""


_NOT_CALLED = (Unknown, Further, Constant, Container, Deferred, Pending)

_DESCRIPTORS = {
    "property", "cached_property", "hybrid_property", "staticmethod", "classmethod",
    "contextmanager", "asynccontextmanager", "singledispatch", "singledispatchmethod",
    "sync_to_async", "async_to_sync", "database_sync_to_async",
}  # fmt: skip


def define_class(frame: Frame, node: ast.ClassDef) -> None:
    """Execute a ``class`` statement."""
    engine = frame.engine
    written = frame.activation.definition.source.definitions[node]
    definition = class_in(engine, written, frame.scope)
    info = engine.classes.get(definition)
    if info is None or info.scope.parent is not frame.scope:
        info = ClassInfo(definition, Scope(definition, frame.scope))
        engine.replace(info)
        info.assigned = _assigned_attributes(definition.source, node)
    bases = join(*(frame.evaluate(_plain(base)) for base in node.bases))
    for base in bases:
        if isinstance(base, Wrapped) and isinstance(base.function, Constant):  # named tuple
            names = (Constant(name, str) for name in base.function.value)
            engine.store(Class(definition), "fields", tuple(names))
    for keyword in node.keywords:
        engine.store(Class(definition), f"*{keyword.arg}", frame.evaluate(keyword.value))
    if bases != info.bases:
        engine.rebase(info, bases)
    inner = Frame(engine, frame.activation, info.scope, definition.assigned_names)
    inner.terms = frame.terms
    frame.assign(node.name, (Class(definition),))
    inner.execute(node.body)
    if inner.names is not None:
        info.scope.final = dict(inner.names)
    if inner.objects != {}:
        frame.objects = None
    engine.forget_mros()
    _call_makers(frame, info, node)
    _give_to_bases(frame, info)
    evaluated = [(frame.evaluate(each), each) for each in node.decorator_list]
    frame.assign(node.name, _decorate(frame, (Class(definition),), evaluated))


def _plain(base: ast.expr) -> ast.expr:
    """Return a base without what a generic class is subscripted with."""
    return base.value if isinstance(base, ast.Subscript) else base


def _call_makers(frame: Frame, info: ClassInfo, node: ast.ClassDef) -> None:
    """Call what runs when a class has been made: of its attributes, its bases and its class."""
    engine, definition = frame.engine, info.definition
    for name, values in list(info.scope.names.items()):
        given = (Class(definition),), (Constant(name, str),)
        call_special(frame, values, ("__set_name__",), node, *given)
    _note_subclass(frame, definition, node)
    for meta in engine.metaclasses(definition):
        made = Class(definition, is_any=True)  # the metaclass makes its subclasses, too
        engine.store(Class(meta), "*made", (made,))
        for name, first in (("__new__", Class(meta)), ("__init__", made)):
            for value in engine.find(meta, name):
                if isinstance(value, Function):
                    frame.apply((Method(value, first),), OPEN, node)


def _give_to_bases(frame: Frame, info: ClassInfo) -> None:
    """Note the functions and classes that a library finds in a class that extends one of it."""
    bases = frame.engine.library_bases(info.definition)
    for values in list(info.scope.names.values()) if bases else ():
        others = tuple(
            value
            for value in values
            if isinstance(value, (Function, Class))
            and value.definition.parent is not info.definition
        )
        for base in bases if others else ():
            note_given(frame, base, others)


def _note_subclass(frame: Frame, definition: Definition, node: ast.ClassDef) -> None:
    """Call ``__init_subclass__`` of the bases."""
    engine = frame.engine
    for value in engine.find(definition, "__init_subclass__", after=definition):
        function = value.function if isinstance(value, Wrapped) else value
        if isinstance(function, Function):
            named = {k.arg: frame.evaluate(k.value) for k in node.keywords if k.arg is not None}
            frame.apply((Method(function, Class(definition)),), Arguments((), named), node)


def _assigned_attributes(source: SourceFile, node: ast.ClassDef) -> dict[str, tuple[ast.AST, ...]]:
    """Return the methods that assign each attribute of their first parameter."""
    found: dict[str, list[ast.AST]] = {}
    for method in node.body:
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for name in sorted(source.definitions[method].assigned_attributes):
                found.setdefault(name, []).append(method)
    return {name: tuple(methods) for name, methods in found.items()}
