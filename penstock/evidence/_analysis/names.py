"""Facts of a function that its source alone shows: the names that it assigns, and its kind."""

import ast
from typing import Any

from penstock.evidence._source.files import Definition

__all__ = ["assigned_names", "is_async", "is_generator", "local_names"]

_locals: dict[Definition, frozenset[str]] = {}


def local_names(definition: Definition) -> frozenset[str]:
    known = _locals.get(definition)
    if known is None:
        known = _locals[definition] = frozenset(assigned_names(definition.node))
    return known


def assigned_names(function: Any) -> set[str]:
    """Return the names that a function assigns."""
    found: set[str] = set()
    outer: set[str] = set()
    if not isinstance(function, ast.Module):
        given = getattr(function, "args", None)
        if given is not None:
            everything = [
                *given.posonlyargs,
                *given.args,
                *given.kwonlyargs,
                given.vararg,
                given.kwarg,
            ]
            found.update(each.arg for each in everything if each is not None)
    body = function.body if isinstance(function.body, list) else [function.body]
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name).partition(".")[0] for a in node.names)
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
        ):
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        waiting.extend(ast.iter_child_nodes(node))
    return found - outer


_generators: dict[int, tuple[ast.AST, bool]] = {}


def _find_yield(definition_node: ast.AST) -> bool:
    """Return whether a function is a generator."""
    if isinstance(definition_node, ast.Lambda):
        return False
    waiting: list[ast.AST] = list(getattr(definition_node, "body", ()))
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        waiting.extend(ast.iter_child_nodes(node))
    return False


def is_generator(node: ast.AST) -> bool:
    known = _generators.get(id(node))
    if known is None or known[0] is not node:
        known = _generators[id(node)] = node, _find_yield(node)
    return known[1]


def is_async(definition_node: ast.AST) -> bool:
    """Return whether a function is a coroutine function or an async generator."""
    return isinstance(definition_node, ast.AsyncFunctionDef)
