"""Signatures as Sphinx' Python domain takes them, with all names that it can link."""

import ast
import inspect
import typing
from collections.abc import Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from docutils import nodes

from penstock.docs.functions import UNKNOWN, Source, attempt
from penstock_sphinx._compat import can_unparse

__all__ = ["for_domain", "hide_defaults", "show_defaults"]

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_UNKNOWN = Source("...")
"""As stub files write it: the domain must be able to parse it."""


def for_domain(
    found: inspect.Signature, scope: Mapping[str, Any], aliases: Mapping[str, str], prefix: str
) -> inspect.Signature:
    """Return a signature whose classes have full names, which is how Sphinx links them.

    Args:
        found: The signature as it was written.
        scope: The globals of the function, in which names are looked up.
        aliases: Full names by the names that annotations use.
        prefix: What full names begin with: ``~`` shows only their last part.
    """

    def annotation(text: object) -> object:
        if text is inspect.Signature.empty:
            return text
        return _annotation(str(text), scope, aliases, prefix)

    parameters = [
        p.replace(
            annotation=annotation(p.annotation),
            default=_UNKNOWN if p.default == UNKNOWN else p.default,
        )
        for p in found.parameters.values()
    ]
    return found.replace(
        parameters=parameters, return_annotation=annotation(found.return_annotation)
    )


def _annotation(
    text: str, scope: Mapping[str, Any], aliases: Mapping[str, str], prefix: str
) -> Source:
    if text == UNKNOWN:
        return _UNKNOWN
    tree = _parse(text)
    if tree is None:
        # Sphinx would read none of the arguments. It shows a string as it is.
        return Source(repr(text))
    encoded = text.encode()
    for node in sorted(_dotted(tree), key=lambda node: node.col_offset, reverse=True):
        written = ast.unparse(node)
        full = aliases.get(written) or attempt(partial(_full_name, written, scope))
        if full:
            rest = encoded[node.end_col_offset :]
            encoded = encoded[: node.col_offset] + f"{prefix}{full}".encode() + rest
    return Source(encoded.decode())


def _parse(text: str) -> ast.expr | None:
    """Return the tree of the annotation *text*, or None if Sphinx cannot read it."""
    try:
        tree = ast.parse(text, mode="eval").body
        return tree if can_unparse(tree, text) else None
    except _BROKEN:
        return None


def _dotted(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the names in an expression, like ``datetime.date``."""
    if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_dotted(node)):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _dotted(child)


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _full_name(written: str, scope: Mapping[str, Any]) -> str | None:
    """Return the full name of a class, which is looked up but never made."""
    first, *rest = written.split(".")
    found = scope[first]
    for name in rest:
        # No `getattr`: a module or a class may do anything there.
        found = vars(found)[name] if isinstance(found, (ModuleType, type)) else None
    if isinstance(found, type):
        name = f"{found.__module__}.{found.__qualname__}"
        return None if "<locals>" in name or found.__module__ == "builtins" else name
    last = written.rpartition(".")[2]
    return f"typing.{last}" if vars(typing).get(last, written) is found else None


def hide_defaults(arguments: str) -> tuple[str, list[str]]:
    """Return *arguments* with a name for each default, and the defaults.

    The domain would write some defaults otherwise than they are, and fails at others.
    """
    head = "def _"
    try:
        tree = ast.parse(f"{head}{arguments}: ...").body[0]
    except _BROKEN:
        return arguments, []
    assert isinstance(tree, ast.FunctionDef)
    given = [node for node in (*tree.args.defaults, *tree.args.kw_defaults) if node is not None]
    given.sort(key=lambda node: node.col_offset)
    encoded, texts = f"{head}{arguments}".encode(), list[str]()
    for node in reversed(given):
        start, end = node.col_offset, node.end_col_offset
        texts.insert(0, encoded[start:end].decode())
        encoded = encoded[:start] + b"_" + encoded[end:]
    return encoded.decode().removeprefix(head), texts


def show_defaults(signature: nodes.Element, texts: list[str]) -> None:
    """Put the defaults back that `hide_defaults` removed."""
    # Of any kind: themes make code of them.
    every = signature.findall(nodes.Element)
    found = [node for node in every if "default_value" in node["classes"]]
    for node, text in zip(found, texts, strict=False):
        node.clear()
        node.append(nodes.Text(text))
