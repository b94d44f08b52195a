"""The values that annotations allow."""

import ast
import re

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.heap import KEYS
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Scope
from penstock.evidence._analysis.values import (
    NOTHING,
    Alias,
    Class,
    Constant,
    Container,
    External,
    Instance,
    Module,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["annotated", "parse_type"]

_OF_ITEMS = {
    "list": "list", "List": "list", "Sequence": "list", "Iterable": "list", "Iterator": "list",
    "Collection": "list", "set": "set", "Set": "set", "frozenset": "set", "FrozenSet": "set",
    "MutableSequence": "list", "deque": "list", "Deque": "list", "AsyncIterator": "list",
    "AsyncIterable": "list", "Generator": "list", "AsyncGenerator": "list", "AbstractSet": "set",
    "QuerySet": "list", "Manager": "list", "Reversible": "list",
}  # fmt: skip


_OF_PAIRS = {
    "dict",
    "Dict",
    "Mapping",
    "MutableMapping",
    "defaultdict",
    "DefaultDict",
    "OrderedDict",
}


_TRANSPARENT = {
    "Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "ReadOnly",
    "Mapped", "InitVar", "Coroutine", "Self", "Lazy", "Ref",
}  # fmt: skip


_UNTELLING = re.compile(
    r"builtins\..*|(?:.*\.)?Any$|(?:typing|typing_extensions|collections\.abc|types)\."
    r"(?:Awaitable|Callable|Coroutine|Generic|Hashable|NewType\(\)|ParamSpec\(\)|Protocol|Type"
    r"|TypeVar\(\)|\w*FunctionType|\w*MethodType)$"
)
"""The names of types that do not say what is called where an object of them is."""

_DEEPEST = 8


def annotated(engine: Engine, scope: Scope, node: ast.expr | None, depth: int = 0) -> Values:
    """Return the values of something that is annotated with *node* in *scope*."""
    if node is None or depth > _DEEPEST:
        return NOTHING
    match node:
        case ast.Constant(value=str() as text):
            return annotated(engine, scope, parse_type(text), depth + 1)
        case ast.BinOp(op=ast.BitOr()):
            left = annotated(engine, scope, node.left, depth)
            return join(left, annotated(engine, scope, node.right, depth + 1))
        case ast.Subscript():
            return _subscripted(engine, scope, node, depth)
        case ast.Name() | ast.Attribute():
            return _named(engine, scope, node, depth)
    return NOTHING


def parse_type(text: str) -> ast.expr | None:
    """Return the expression of a type in a string or a comment, or None if it is not one."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _named(engine: Engine, scope: Scope, node: ast.expr, depth: int) -> Values:
    found: list[Value] = []
    for value in _looked_up(engine, scope, node):
        match value:
            case Class():
                found.append(Instance(value.definition))
            case External():
                if last_of(value.name) == "Self":
                    found += _self_type(scope)
                elif _UNTELLING.match(value.name):
                    continue
                else:
                    found.append(External(f"{value.name}()"))
            case Alias():
                found += annotated(engine, value.scope, value.node, depth + 1)
            case Instance() | Container() | Wrapped():
                found.append(value)  # an alias
    if isinstance(node, ast.Name) and node.id == "Self" and not found:
        found += _self_type(scope)
    return join(found)


def _self_type(scope: Scope) -> list[Value]:
    inner: Scope | None = scope
    while inner is not None:
        if inner.definition.kind == "class":
            return [Instance(inner.definition)]
        if inner.cls is not None:
            return [Instance(inner.cls)]
        inner = inner.parent
    return []


def _looked_up(engine: Engine, scope: Scope, node: ast.expr) -> Values:
    """Return the values of the names and attributes in a type."""
    if isinstance(node, ast.Name):
        return _class_called(scope, node.id)
    found: Values = NOTHING
    if isinstance(node, ast.Attribute):
        for owner in _looked_up(engine, scope, node.value):
            if isinstance(owner, Module):
                found = join(found, engine.member(owner.source, node.attr))
            elif isinstance(owner, Class):
                found = join(found, engine.find(owner.definition, node.attr))
            elif isinstance(owner, External):
                found = join(found, (External(f"{owner.name}.{node.attr}"),))
    return found


def _class_called(scope: Scope, name: str) -> Values:
    inner: Scope | None = scope
    while inner is not None:
        found = inner.read(name)
        if found:
            return found
        inner = inner.parent
    # A class that is not there yet.
    definition = scope.module.definition.source.find(name)
    is_class = definition is not None and definition.kind == "class"
    return (Class(definition),) if definition is not None and is_class else NOTHING


def _subscripted(engine: Engine, scope: Scope, node: ast.Subscript, depth: int) -> Values:
    name = _last(node.value)
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Annotated" and (provided := _provided(engine, scope, parts[1:])):
        return provided
    if name in {"Literal", "Callable"}:
        return NOTHING

    def inner(part: ast.expr) -> Values:
        return annotated(engine, scope, part, depth + 1)

    if name in {"Annotated", "type", "Type"}:
        found = inner(parts[0])
        if name != "Annotated":
            found = tuple(Class(v.cls, is_any=True) for v in found if isinstance(v, Instance))
        return found
    if name in _TRANSPARENT:
        return join(*map(inner, parts[-1:] if name == "Coroutine" else parts))
    if name in {*_OF_ITEMS, *_OF_PAIRS, "tuple", "Tuple"}:
        return (_typed_container(engine, node, name, [inner(part) for part in parts], parts),)
    return _generic(engine, node, inner(node.value), join(*map(inner, parts)))


_OF_PARAMETERS = ("context", "deps")
"""Attributes of objects of libraries that are of a type which their own type has as parameter."""


def _generic(engine: Engine, node: ast.Subscript, found: Values, parameters: Values) -> Values:
    """Return *found*, of which an attribute may be an object, as with ``Info[Context]``."""
    objects = tuple(value for value in parameters if isinstance(value, Instance))
    if not objects or not all(isinstance(value, External) for value in found):
        return found
    made = tuple(External(v.name, (node, "typed")) for v in found if isinstance(v, External))
    for each in made:
        for name in _OF_PARAMETERS:
            engine.store(each, name, objects)
    return made


def _provided(engine: Engine, scope: Scope, metadata: list[ast.expr]) -> Values:
    """Return what ``Depends`` among the metadata of a type provides."""
    for part in metadata:
        if isinstance(part, ast.Call) and _last(part.func) in {"Depends", "Security"}:
            functions = _looked_up(engine, scope, part.args[0]) if part.args else NOTHING
            if any(each.arg == "use_cache" for each in part.keywords):
                functions = tuple(Wrapped("anew", f) for f in functions)
            return tuple(Wrapped("depends", f) for f in functions)
    return NOTHING


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _typed_container(
    engine: Engine, node: ast.Subscript, name: str, inner: list[Values], parts: list[ast.expr]
) -> Container:
    unknown = (Unknown(),)
    if name in _OF_PAIRS:
        container = Container("dict", (node, "typed"))
        engine.put(container, None, (inner[1] if len(inner) > 1 else NOTHING) or unknown)
        for key in inner[0]:
            engine.store(container, KEYS, (key,))
        return container
    container = Container(_OF_ITEMS.get(name, "tuple"), (node, "typed"))
    is_open = any(isinstance(p, ast.Constant) and p.value is Ellipsis for p in parts)
    if name in {"tuple", "Tuple"} and not is_open:
        for number, values in enumerate(inner):
            engine.put(container, Constant(number, int), values or unknown)
    else:
        engine.put(container, None, inner[0] or unknown)
    return container
