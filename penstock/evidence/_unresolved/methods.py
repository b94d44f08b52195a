"""Which methods and functions of a project a library may call, or Python for an object."""

import re
from collections.abc import Collection, Iterator

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import VERBS, is_hook, may_have
from penstock.evidence._analysis.passed import decorators_of
from penstock.evidence._analysis.values import Class, Function
from penstock.evidence._source.files import Definition

__all__ = [
    "OF_MAKING",
    "are_hooks",
    "is_called",
    "is_of_library",
    "is_of_logging",
    "is_of_proxy",
    "is_property",
    "is_routed",
    "is_view",
    "makes_objects",
    "may_be_called_of",
]

OF_MAKING = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"}
"""Methods that no other method of an object calls back."""

_OF_DATA = re.compile(r"(?:abc|builtins|enum|typing|typing_extensions|collections)\.")
"""How the name of a class begins that does not call what a subclass has."""

_MODEL = re.compile(r"(?:Model|DeclarativeBase|declarative_base\(\))$")
"""How the name of a class of records ends."""

_HANDLING = VERBS | {
    "clean", "create", "delete_model", "destroy", "dispatch", "finish", "form_invalid",
    "form_valid", "full_clean", "handle", "is_valid", "list", "on_finish", "partial_update",
    "perform_create", "perform_destroy", "perform_update", "render_to_response", "retrieve", "run",
    "save", "save_form", "save_formset", "save_model", "save_related", "to_internal_value",
    "to_representation", "update", "validate",
}  # fmt: skip
"""Methods that a library knows, and that call others of the object themselves."""

_OF_REQUESTS = VERBS | {"route", "api_route", "websocket", "errorhandler", "exception_handler"}
"""Decorators of functions that are called for requests, and not as plugins."""


def is_of_library(engine: Engine, method: Definition) -> bool:
    """Return whether a library may call *method*, since its class extends one of the library.

    A type of data calls special methods alone, a model none that are private, and a class of
    which it is known what it has no others.
    """
    cls, name = method.parent, method.name
    if cls is None or not method.is_method or not engine.is_inherited(Class(cls)):
        return False
    is_private = name.startswith("_")
    if is_private and name.endswith("_"):
        return True
    return not all(
        _OF_DATA.match(one) or (is_private and _MODEL.search(one)) or not may_have(one, name)
        for one in engine.library_bases(cls)
    )


def is_of_logging(engine: Engine, method: Definition) -> bool:
    """Return whether the class of *method* extends one of `logging`."""
    bases = engine.library_bases(method.parent) if method.parent is not None else ()
    return any(one.startswith("logging.") for one in bases)


def is_called(engine: Engine, method: Definition) -> bool:
    """Return whether the project calls *method*.

    What extends it does not count, unless it is known what calls it of a library.
    """
    callers = engine.project.callers_of(method)
    bases = engine.library_bases(method.parent) if method.parent is not None else ()
    if any(is_hook(one, method.name) for one in bases):
        return bool(callers)
    return any(each.name != method.name for each in callers)


def may_be_called_of(engine: Engine, method: Definition, cls: Definition) -> bool:
    """Return whether a library that has *cls*, or an object of it, may call *method*."""
    is_own = method.is_method and method.parent in engine.mro(cls)
    if method.name in OF_MAKING:
        return is_own
    is_public = not method.name.startswith("_") or method.name == "__call__"
    return is_own and is_public and not is_called(engine, method)


def is_of_proxy(engine: Engine, method: Definition) -> bool:
    """Return whether only a library may call *method*, of a class that looks like another."""
    cls = method.parent
    is_plain = method.is_method and not method.name.startswith("_")
    if cls is None or not is_plain or is_called(engine, method):
        return False
    found = engine.find(cls, "__getattr__")
    return any(isinstance(each, Function) for each in found)


def are_hooks(engine: Engine, method: Definition, other: Definition) -> bool:
    """Return whether a library may call *other* of an object after *method*.

    It calls both itself. What handles a request calls all that follows.
    """
    if method.name in _HANDLING or other is method:
        return False
    if not method.is_method or not other.is_method or method.parent is None or other.parent is None:
        return False
    return any(
        all(any(is_hook(one, each.name) for one in bases) for each in (method, other))
        for bases in _bases_of_both(engine, method.parent, other.parent)
    )


def _bases_of_both(engine: Engine, cls: Definition, other: Definition) -> Iterator[Collection[str]]:
    """Yield the classes of libraries that an object of both *cls* and *other* may have."""
    for each in dict.fromkeys((cls, other, *engine.subclasses(cls))):
        line = engine.mro(each)
        if cls in line and other in line:
            yield engine.library_bases(each)


def is_view(engine: Engine, function: Definition) -> bool:
    """Return whether a framework may call *function* for a request."""
    is_called_here = bool(engine.project.callers_of(function))
    if function.is_method:
        is_known = function.name in VERBS or not is_called_here
        return is_known and is_of_library(engine, function)
    if not is_called_here and engine.project.is_value(function):
        return True
    parameters = [each.arg for each in function.parameters]
    is_plain = parameters[:1] == ["request"] and "." not in function.qualname
    return is_plain or is_routed(function)


def is_routed(function: Definition) -> bool:
    """Return whether a decorator makes *function* one for requests."""
    return not decorators_of(function).isdisjoint(_OF_REQUESTS)


def is_property(function: Definition) -> bool:
    """Return whether reading, assigning or deleting an attribute calls *function*."""
    return any(name.endswith(("property", "setter", "deleter")) for name in decorators_of(function))


def makes_objects(engine: Engine, function: Definition) -> bool:
    """Return whether a call of a class runs *function*."""
    cls = function.parent
    if function.kind == "class" or cls is None or not function.is_method:
        return function.kind == "class"
    is_of_metaclass = function.name == "__call__" and "builtins.type" in engine.mro(cls)
    return is_of_metaclass or function.name in OF_MAKING
