"""The names that an import gives a module."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.evidence._source.files import SourceFile

__all__ = ["Imported", "absolute_name", "imported_by"]


@dataclass(frozen=True, slots=True)
class Imported:
    """One name that an import gives a module."""

    module: str
    name: str | None
    """The name in that module, ``"*"``, or None for the module itself."""

    bound: str | None
    """The name that it has in the importing module, or None."""


def imported_by(node: ast.Import | ast.ImportFrom, source: SourceFile) -> Iterator[Imported]:
    """Yield what an import gives the module in *source*."""
    for each in node.names:
        if isinstance(node, ast.ImportFrom):
            module = absolute_name(node, source)
            yield Imported(module, each.name, each.asname or each.name)
        elif each.asname:
            yield Imported(each.name, None, each.asname)
        else:
            first = each.name.partition(".")[0]
            yield Imported(first, None, first)
            if first != each.name:
                yield Imported(each.name, None, None)


def absolute_name(node: ast.ImportFrom, source: SourceFile) -> str:
    """Return the name of the module from which *source* imports."""
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    up = node.level - source.is_package
    package = parts[: len(parts) - up] if up else parts
    return ".".join([*package, *filter(None, [node.module])])
