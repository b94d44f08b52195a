"""A signature from the string that a catalog has of it."""

import ast
from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import Any

from penstock._common.callables import attempt
from penstock._declared.signatures import UNKNOWN
from penstock._declared.source import Source

__all__ = ["parse_signature"]

_UNKNOWN_NAME = "penstock_unknown_expression"


def parse_signature(signature: str) -> Signature | None:
    """Return the signature that was written as *signature*, or None if that is not Python.

    Annotations and defaults are `Source` strings, as where the function is at hand.
    """
    # The mark of an unknown value is not Python: it is a name while it is parsed.
    head = f"def f{signature.replace(UNKNOWN, _UNKNOWN_NAME)}: ..."
    found: Signature | None = attempt(lambda: _parse(head))
    return found


def _parse(head: str) -> Signature:
    (node,) = ast.parse(head).body
    assert isinstance(node, ast.FunctionDef)
    returned = _source(head, node.returns)
    return Signature([*_parameters(head, node.args)], return_annotation=returned)


def _parameters(head: str, arguments: ast.arguments) -> Iterator[Parameter]:
    for argument, kind, default in _written(arguments):
        annotation = _source(head, argument.annotation)
        yield Parameter(argument.arg, kind, default=_source(head, default), annotation=annotation)


def _written(found: ast.arguments) -> Iterator[tuple[ast.arg, Any, ast.expr | None]]:
    """Yield each argument with its kind and its default."""
    positional = [*found.posonlyargs, *found.args]
    defaults = [*[None] * (len(positional) - len(found.defaults)), *found.defaults]
    for number, pair in enumerate(zip(positional, defaults, strict=True)):
        is_named = number >= len(found.posonlyargs)
        kind = Parameter.POSITIONAL_OR_KEYWORD if is_named else Parameter.POSITIONAL_ONLY
        yield pair[0], kind, pair[1]
    if found.vararg is not None:
        yield found.vararg, Parameter.VAR_POSITIONAL, None
    for argument, default in zip(found.kwonlyargs, found.kw_defaults, strict=True):
        yield argument, Parameter.KEYWORD_ONLY, default
    if found.kwarg is not None:
        yield found.kwarg, Parameter.VAR_KEYWORD, None


def _source(head: str, expression: ast.expr | None) -> object:
    if expression is None:
        return Signature.empty
    found = ast.get_source_segment(head, expression) or ""
    return Source(found.replace(_UNKNOWN_NAME, UNKNOWN))
