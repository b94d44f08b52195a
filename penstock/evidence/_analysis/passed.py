"""The arguments of a call that leads nobody knows where, and whether a function takes them."""

import ast
from dataclasses import dataclass
from typing import Any

from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.kept import Kept
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import called_by, written

__all__ = ["PLAIN", "UNKNOWN_TO_OTHERS", "Passed", "decorators_of", "fits", "passed_in"]


@dataclass(frozen=True, slots=True, eq=False)
class Passed(metaclass=Kept):
    """The number of positional arguments of a call, and the names of the others."""

    count: int
    names: frozenset[str]
    is_open: bool = False
    """Whether there may be more."""

    is_lookup: bool = False
    """Whether it looks like that of a method of a dict in a dict: ``data["shop"].get("name")``."""

    has_text: bool = False
    """Whether the first of them is a string that the source has."""

    is_dropped: bool = False
    """Whether nothing gets the result, so that a coroutine would not run."""


def passed_in(node: ast.AST, arguments: Arguments, *, is_dropped: bool) -> Passed:
    """Return what *node* passes, without the values."""
    is_open = bool(arguments.rest or arguments.other or arguments.is_open)
    names = frozenset(arguments.named)
    has_text = isinstance(node, ast.Call) and any(map(_is_string, node.args[:1]))
    is_lookup = _is_lookup(node)
    return Passed(len(arguments.positional), names, is_open, is_lookup, has_text, is_dropped)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_lookup(node: ast.AST) -> bool:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Subscript(), attr="get" | "pop" | "setdefault"),
            args=[ast.Constant(value=str(key)), *_],
        ):
            return key.isidentifier()
    return False


PLAIN = {"staticmethod", "classmethod", "abstractmethod", "override", "step", "entrypoint"}
"""Decorators after which a function takes the arguments that it has in the source."""


UNKNOWN_TO_OTHERS = PLAIN | {
    "contextmanager", "asynccontextmanager", "lru_cache", "cache", "final", "no_type_check",
    "atomic", "beartype", "deprecated", "function_trace", "on_exception", "on_predicate",
    "property", "cached_property", "retry", "trace", "typechecked", "validate_call", "wraps",
}  # fmt: skip
"""Decorators that register nothing: only code that names the function calls it."""


def decorators_of(definition: Definition) -> set[str]:
    """Return the last names of the decorators of a function."""
    return {last_of(written(called_by(each))) for each in definition.decorators}


def fits(
    passed: Passed | None,
    definition: Definition,
    *,
    more: int = 0,
    added: frozenset[str] | None = None,
    is_kept: bool = False,
) -> bool:
    """Return whether *definition*, of an object of unknown class, may be called with *passed*.

    A class may be: its metaclass takes the arguments.

    Args:
        passed: The arguments of a call.
        definition: The function.
        more: How many arguments something like a partial may add to these.
        added: The names of the arguments that its decorators add, if nothing else is added.
        is_kept: Whether its decorators pass on all arguments that they get.
    """
    if passed is None or definition.kind == "class":
        return True
    node: Any = definition.header
    decorators = decorators_of(definition)
    is_changed = bool(decorators - PLAIN)
    parameters: ast.arguments = node.args
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    parent = definition.parent
    if parent is not None and parent.kind == "class" and "staticmethod" not in decorators:
        names = names[1:]
    is_coroutine = isinstance(node, ast.AsyncFunctionDef) and not is_changed
    if (passed.has_text and names[:1] == ["request"]) or (passed.is_dropped and is_coroutine):
        return False  # no string is a request
    if is_changed and (added is None or passed.is_lookup):
        return not passed.is_lookup
    named = {each.arg for each in parameters.kwonlyargs}
    with_default = {name for name, _ in defaults_of(parameters)}
    required = {*names, *named} - with_default - {*names[: passed.count]} - passed.names
    if len(required - (added or frozenset())) > more and not passed.is_open:
        return False
    if is_changed and not is_kept:  # which may also keep arguments back
        return True
    too_many = passed.count > len(names) and parameters.vararg is None
    unknown = passed.names - {*names, *named} if parameters.kwarg is None else ()
    return not too_many and not unknown
