"""The arguments of a call that leads nobody knows where, and whether a function takes them."""

import ast
from dataclasses import dataclass
from typing import Any

from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import written

__all__ = ["Passed", "fits", "passed_in"]


@dataclass(frozen=True, slots=True)
class Passed:
    """The number of positional arguments of a call, and the names of the others."""

    count: int
    names: frozenset[str]
    is_open: bool = False
    """Whether there may be more."""


def passed_in(arguments: Arguments) -> Passed:
    """Return what *arguments* are, without their values."""
    is_open = bool(arguments.rest or arguments.other or arguments.is_open)
    return Passed(len(arguments.positional), frozenset(arguments.named), is_open)


_PLAIN = {"staticmethod", "classmethod", "abstractmethod", "override", "step", "entrypoint"}
"""Decorators after which a function takes the arguments that it has in the source."""


def fits(passed: Passed | None, definition: Definition) -> bool:
    """Return whether *definition*, of an object of unknown class, may be called with *passed*."""
    node: Any = definition.node
    decorators = {last_of(written(_undecorated(each))) for each in node.decorator_list}
    if passed is None or decorators - _PLAIN:
        return True
    parameters: ast.arguments = node.args
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    parent = definition.parent
    if parent is not None and parent.kind == "class" and "staticmethod" not in decorators:
        names = names[1:]
    named = {each.arg for each in parameters.kwonlyargs}
    with_default = {name for name, _ in defaults_of(parameters)}
    required = {*names, *named} - with_default - {*names[: passed.count]} - passed.names
    if required and not passed.is_open:
        return False
    too_many = passed.count > len(names) and parameters.vararg is None
    unknown = passed.names - {*names, *named} if parameters.kwarg is None else ()
    return not too_many and not unknown


def _undecorated(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
