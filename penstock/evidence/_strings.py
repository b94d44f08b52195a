"""The strings that a parameter of a function may be, by the calls of that function."""

import ast
from collections.abc import Iterator

from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import last_name_of, nodes_in, written
from penstock.evidence._source.project import Project

__all__ = ["argument_of", "calls_of", "is_assigned", "names_got"]

_DEEPEST = 4
"""Through how many functions a string is passed on until it counts as unknown."""


def names_got(project: Project, function: Definition | None, text: str) -> frozenset[str] | None:
    """Return the names that a function asks `getattr` for, or None if these are not known.

    They are known if all are names of functions alone, so that nothing else has been assigned.

    Args:
        project: The source.
        function: The function with the call.
        text: The call of `getattr`, as it is written, or the name to which alone that is assigned.
    """
    calls = [] if function is None else _calls_for(function, text)
    if function is None or len(calls) != 1 or written(calls[0].func) != "getattr":
        return None
    (call,) = calls
    if not isinstance(call.args[1], ast.Name):
        return None
    names = _passed_as(project, function, call.args[1].id, _DEEPEST) or frozenset()
    are_functions = all(_is_function(project, each) for each in names)
    return names if names and are_functions else None


def _is_function(project: Project, name: str) -> bool:
    """Return whether *name* is that of a function of the project, and of no attribute."""
    is_defined = any(has_one for _, has_one in project.search("def", name))
    return is_defined and not project.is_attribute(name)


def _calls_for(function: Definition, text: str) -> list[ast.Call]:
    """Return the first call that is written like *text*, or all that are assigned to that name."""
    nodes = [*nodes_in(function.node)]
    if not text.isidentifier():
        calls = (each for each in nodes if isinstance(each, ast.Call))
        return [each for each in calls if written(each) == text][:1]
    assigned = [each for each in nodes if isinstance(each, ast.Name) and each.id == text]
    stored = [each for each in assigned if not isinstance(each.ctx, ast.Load)]
    found = [
        each.value
        for each in nodes
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)
        and any(target in stored for target in each.targets)
    ]  # fmt: skip
    return found if len(found) == len(stored) else []


def _passed_as(
    project: Project, function: Definition, parameter: str, depth: int
) -> frozenset[str] | None:
    """Return the strings that all calls of *function* pass as *parameter*."""
    names = [each.arg for each in function.parameters]
    is_plain = parameter in names and not is_assigned(function, parameter)
    if depth == 0 or not is_plain or function.decorators or project.is_value(function):
        return None
    place = names.index(parameter) - function.is_method
    found: set[str] = set()
    for caller, call in calls_of(project, function):
        known = _argument(project, caller, argument_of(call, place, parameter), depth)
        if known is None:
            return None
        found |= known
    return frozenset(found) or None


def calls_of(project: Project, function: Definition) -> Iterator[tuple[Definition, ast.Call]]:
    """Yield the calls of *function* by its name, and what has each."""
    for caller in project.callers_of(function):
        calls = (each for each in nodes_in(caller.node) if isinstance(each, ast.Call))
        yield from ((caller, each) for each in calls if last_name_of(each.func) == function.name)


def argument_of(call: ast.Call, place: int, parameter: str) -> ast.expr | None:
    """Return the argument of a call for a parameter."""
    named = next((each.value for each in call.keywords if each.arg == parameter), None)
    plain = call.args[: place + 1]
    is_there = 0 <= place < len(plain)  # no call passes the object of a method
    if named is not None or not is_there or any(isinstance(a, ast.Starred) for a in plain):
        return named
    return plain[place]


def _argument(
    project: Project, caller: Definition, node: ast.expr | None, depth: int
) -> frozenset[str] | None:
    """Return the strings that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.Name) and caller.kind == "function":
        return _passed_as(project, caller, node.id, depth - 1)
    return None


def is_assigned(function: Definition, name: str) -> bool:
    """Return whether a function, or one in it, binds one of its parameters once more."""
    return any(
        (isinstance(each, ast.Name) and each.id == name and not isinstance(each.ctx, ast.Load))
        or (isinstance(each, ast.arg) and each.arg == name and each not in function.parameters)
        for each in nodes_in(function.node)
    )
