"""Facts of a function or class that its own source shows: the names that it assigns, its kind."""

import ast
from collections.abc import Iterator
from typing import Any

__all__ = [
    "called_by",
    "children_of",
    "first_string_of",
    "has_yield",
    "is_about",
    "is_abstract",
    "is_refused",
    "is_stub",
    "last_name_of",
    "looks_up",
    "names_assigned_in",
    "names_bound_by",
    "names_tried_in",
    "nodes_in",
    "parameters_unread_in",
    "statements_in",
    "written",
]

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOT_ENTERED = {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda}
_READING_ALL = {"dir", "eval", "exec", "locals", "vars"}
_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_LOOKING_UP = {"getattr", "attrgetter", "methodcaller", "import_module", "__import__"}
"""Functions that get something by its name."""

_NOT_NODES = {"id", "attr", "arg", "ctx", "kind", "type_comment", "module", "level", "asname"}


class _Parts(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each type of node that may have nodes, without the contexts."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        """Return those of a type that is met for the first time."""
        found = self[kind] = tuple(each for each in kind._fields if each not in _NOT_NODES)
        return found


_PARTS = _Parts()


def children_of(node: ast.AST) -> list[Any]:
    """Return the nodes directly in *node*, in the order of its fields, without the contexts.

    It is `ast.iter_child_nodes`, which takes several times as long.
    """
    found: list[Any] = []
    known = node.__dict__
    for name in _PARTS[type(node)]:
        value = known.get(name)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def statements_in(node: ast.AST) -> list[Any]:
    """Return the statements, handlers and cases directly in *node*."""
    found: list[Any] = []
    for value in node.__dict__.values():
        if type(value) is list and value and isinstance(value[0], _STATEMENTS):
            found += value
    return found


def nodes_in(node: ast.AST) -> Iterator[Any]:
    """Yield *node*, and all nodes in it, in any order."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += children_of(inner)


def called_by(node: ast.expr) -> ast.expr:
    """Return what is called, as by a decorator with arguments, or *node* if it is not a call."""
    return node.func if isinstance(node, ast.Call) else node


def is_about(node: ast.AST, name: str) -> bool:
    """Return whether *node* itself is, defines or reads something called *name*, or that string."""
    return name in (getattr(node, each, None) for each in ("id", "attr", "name", "value"))


def last_name_of(node: ast.AST) -> str:
    """Return the last part of a dotted name, or ``""`` if *node* is none."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def first_string_of(node: ast.expr) -> str:
    """Return the first argument of a call, or ``""`` if the source does not have it as a string."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(text)), *_]):
            return text
    return ""


def written(node: ast.AST) -> str:
    """Return the source of an expression, which is made once."""
    known = node.__dict__
    if "written" not in known:
        known["written"] = ast.unparse(node)
    return str(known["written"])


def looks_up(loop: ast.AST) -> bool:
    """Return whether a loop gets what it calls by a name, which may be another in each round."""
    known = loop.__dict__
    if "looks_up" not in known:
        known["looks_up"] = any(
            last_name_of(node.func) in _LOOKING_UP
            or (isinstance(node.func, ast.Subscript) and isinstance(node.func.slice, ast.Name))
            for node in nodes_in(loop)
            if isinstance(node, ast.Call)
        )
    return bool(known["looks_up"])


def names_tried_in(node: ast.Try | ast.TryStar) -> frozenset[str]:
    """Return the names that the body of a ``try`` assigns, which are looked for once."""
    known: dict[str, Any] = node.__dict__
    if "tried_names" not in known:
        known["tried_names"] = names_assigned_in(ast.Module(node.body, []))
    return known["tried_names"]  # type: ignore[no-any-return]


def names_assigned_in(node: Any) -> frozenset[str]:
    """Return the names that a module, class or function assigns, with its parameters."""
    found: set[str] = set()
    outer: set[str] = set()
    if isinstance(node, (*_Function, ast.Lambda)):
        found.update(each.arg for each in _parameters(node.args))
    for inner in _own_nodes(node):
        if isinstance(inner, (ast.Global, ast.Nonlocal)):
            outer.update(inner.names)
        else:
            found.update(names_bound_by(inner))
    return frozenset(found - outer)


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    starred = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]


def parameters_unread_in(node: Any) -> frozenset[str]:
    """Return the parameters of a function that its body does not read, nor a function in it."""
    body = node.body if isinstance(node.body, list) else [node.body]
    read = {each.id for part in body for each in nodes_in(part) if isinstance(each, ast.Name)}
    if not _READING_ALL.isdisjoint(read):
        return frozenset()
    return frozenset(each.arg for each in _parameters(node.args)) - read


def _own_nodes(node: Any) -> Iterator[ast.AST]:
    """Yield the nodes in a body, without those of functions and classes in it."""
    body = node.body
    waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while waiting:
        inner = waiting.pop()
        yield inner
        if type(inner) not in _NOT_ENTERED:
            waiting += children_of(inner)


def names_bound_by(node: ast.AST) -> list[str]:
    """Return the names that a node itself binds or deletes."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [(each.asname or each.name).partition(".")[0] for each in node.names]
        case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
    return []


def has_yield(node: Any) -> bool:
    """Return whether a function is a generator."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node))


def is_stub(body: list[ast.stmt]) -> bool:
    """Return whether a body is a docstring, an ellipsis, or an error that it is not written yet."""
    return all(_is_unwritten(statement) for statement in body)


def is_abstract(body: list[ast.stmt]) -> bool:
    """Return whether a body does nothing but say that a subclass has to."""
    match [each for each in body if not _is_constant(each)]:
        case []:
            return True
        case [only]:
            return isinstance(only, ast.Pass) or is_refused(body)
    return False


def is_refused(body: list[ast.stmt]) -> bool:
    """Return whether a body only raises that a subclass has to implement it."""
    match [each for each in body if not _is_constant(each)]:
        case [ast.Raise() as only]:
            return "NotImplemented" in written(only)
    return False


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_unwritten(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False
