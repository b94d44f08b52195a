"""Decorators of the project: whether they keep a function, and the arguments that they add."""

import ast
from collections.abc import Iterable, Iterator

from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import called_by, last_name_of, nodes_in

__all__ = ["added_by", "keeps_nothing"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_READING = {"get", "pop", "items", "keys", "values", "copy"}
"""Methods of a dict that add nothing to it."""

_INSPECTING = {
    "callable", "cast", "isasyncgenfunction", "isclass", "iscoroutinefunction", "isfunction",
    "isgeneratorfunction", "isinstance", "ismethod", "signature", "unwrap", "update_wrapper",
    "wraps",
}  # fmt: skip
"""Functions that only look at a function that they get, or change what it is called."""


def keeps_nothing(decorator: Definition, *, is_made: bool) -> bool:
    """Return whether a decorator only calls the function that it gets, in what it returns.

    Args:
        decorator: The function that is the decorator.
        is_made: Whether it is called first, and returns the decorator.
    """
    nodes = list(nodes_in(decorator.node))
    inner = [each for each in nodes if isinstance(each, _FUNCTIONS) and each is not decorator.node]
    getting = inner if is_made else [decorator.node]
    names = {each.name for each in inner}
    names |= {arg.arg for each in getting for arg in each.args.args[:1]}
    allowed = {part for node in nodes for part in _harmless(node)}
    wrapping = (last_name_of(called_by(d)) for each in inner for d in each.decorator_list)
    return all(name in _INSPECTING for name in wrapping) and all(
        node in allowed or node.id not in names for node in nodes if isinstance(node, ast.Name)
    )


def _harmless(node: ast.AST) -> list[ast.expr | None]:
    """Return the parts of *node* that may be a function and are not kept by that."""
    match node:
        case ast.Call() if last_name_of(called_by(node.func)) in _INSPECTING:
            return [node.func, *node.args]
        case ast.Call():
            return [node.func]
        case ast.Attribute() | ast.Return():
            return [node.value]
    return []


def added_by(decorator: Definition) -> frozenset[str] | None:
    """Return the names of the arguments that a decorator adds, or None if it may add others.

    All that it calls with a ``*`` or ``**`` has to be called as ``function(*args, **kwargs)``,
    with the parameters of the wrapper and with named arguments, and nothing else may get these,
    or the function beside something else.
    """
    nodes = list(nodes_in(decorator.node))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    wrappers = [each.args for each in nodes if isinstance(each, _FUNCTIONS)]
    wrappers = [each for each in wrappers if each.vararg or each.kwarg]
    rests = {each.arg for args in wrappers for each in (args.vararg, args.kwarg) if each}
    own = {each.arg for args in wrappers for each in args.args}
    passing = [call for call in calls if _unpacked(call)]
    functions = {each.func.id for each in passing if isinstance(each.func, ast.Name)}
    others = (_given(call) for call in calls if call not in passing)
    is_passed = any(
        _has_one_of(given, rests) or (len(given) > 1 and _has_one_of(given, functions))
        for given in others
    )
    if not functions or is_passed or not all(_is_plain(call, own, rests) for call in passing):
        return None
    names = {each.arg for call in passing for each in call.keywords if each.arg}
    names |= {name for node in nodes for name in _stored(node, rests)}
    return None if "" in names else frozenset(names)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _unpacked(call: ast.Call) -> list[ast.expr]:
    """Return what a call passes on with ``*`` or ``**``."""
    starred = [each.value for each in call.args if isinstance(each, ast.Starred)]
    return [*starred, *(each.value for each in call.keywords if each.arg is None)]


def _is_plain(call: ast.Call, own: set[str], rests: set[str]) -> bool:
    """Return whether a call passes on nothing by position but what a wrapper has got."""
    plain = [each for each in call.args if not isinstance(each, ast.Starred)]
    return isinstance(call.func, ast.Name) and all(
        isinstance(node, ast.Name) and node.id in names
        for nodes, names in ((plain, own), (_unpacked(call), rests))
        for node in nodes
    )


def _has_one_of(nodes: Iterable[ast.expr], names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _stored(node: ast.AST, rests: set[str]) -> Iterator[str]:
    """Yield the names that *node* adds to the arguments that are passed on; ``""`` is any."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=key, ctx=ast.Store()) if name in rests:
            yield str(key.value) if isinstance(key, ast.Constant) else ""
        case ast.Name(id=name, ctx=ast.Store()) if name in rests:
            yield ""
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in rests:
            if attribute not in _READING:
                yield ""
