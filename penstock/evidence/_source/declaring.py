"""The decorators that declare steps: an application with them does what it does without."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from penstock.evidence._source.files import DECORATED, SourceFile
from penstock.evidence._source.functions import called_by, nodes_in
from penstock.evidence._source.imports import Imported, imported_by

__all__ = ["Declarations"]

_DECLARING = frozenset({"entrypoint", "flow", "step"})
"""The functions of penstock that are decorators, or return some."""


class Declarations:
    """The decorators of penstock in a project, by whatever names its modules have them.

    Args:
        files: The files of the project, by the names of their modules.
    """

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = files
        self._known: dict[str, _Names] = {}

    def leave_out(self, source: SourceFile) -> str:
        """Return the text of a file without them, on the same lines.

        Each is a comment then, so that the line on which Python lets a function begin is known.
        """
        if not self._may_have_some(source):
            return source.raw
        lines = source.raw.split("\n")
        for node in nodes_in(self._names_in(source).tree):
            for each in getattr(node, "decorator_list", ()):
                first = lines[each.lineno - 1].lstrip()
                # One in parentheses may end on a later line than its expression.
                if re.match(r"@\s*\w", first) and self._is_ours(called_by(each), source):
                    indent = " " * (len(lines[each.lineno - 1]) - len(first))
                    lines[each.lineno - 1 : each.end_lineno] = [
                        f"{indent}{DECORATED}",
                        *[""] * (each.end_lineno - each.lineno),
                    ]
        return "\n".join(lines)

    def _may_have_some(self, source: SourceFile) -> bool:
        if "penstock" in source.raw:
            return True
        return bool(self._kept) and re.search(self._kept, source.raw) is not None

    @cached_property
    def _kept(self) -> str:
        """A pattern of decorators that modules may import from others than penstock, or none."""
        sources = dict.fromkeys(self._files.values())
        names = {
            name
            for source in sources
            if "penstock" in source.raw
            for name in self._names_in(source).all
            if self._is_named(name, source)
        }
        if not names:
            return ""
        renamed = re.compile(rf"\b(?:{'|'.join(sorted(names))})\s+as\s+(\w+)")
        names.update(name for source in sources for name in renamed.findall(source.raw))
        return rf"(?m)^[ \t]*@\s*(?:\w+\.)*(?:{'|'.join(sorted(names))})\b"

    def _names_in(self, source: SourceFile) -> "_Names":
        if source.file not in self._known:
            self._known[source.file] = _Names(source)
        return self._known[source.file]

    def _is_ours(
        self, node: ast.expr, source: SourceFile, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> bool:
        """Return whether an expression in a file is a decorator of penstock, or returns one."""
        match node:
            case ast.Name(id=name):
                return self._is_named(name, source, seen)
            case ast.Attribute(value=value, attr=name):
                modules = self._modules(value, source)
                return any(self._is_in_module(name, each, seen) for each in modules)
        return False

    def _is_in_module(self, name: str, module: str, seen: frozenset[tuple[str, str]]) -> bool:
        if module == "penstock":
            return name in _DECLARING
        source = self._files.get(module)
        return source is not None and self._is_named(name, source, seen)

    def _is_named(
        self, name: str, source: SourceFile, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> bool:
        """Return whether *name* is one in a file: imported, or what a call of one returned."""
        if (source.file, name) in seen:
            return False
        seen |= {(source.file, name)}
        names = self._names_in(source)
        return any(
            self._is_in_module(name if each.name == "*" else each.name, each.module, seen)
            for each in names.imported
            if each.name is not None and (each.name == "*" or each.bound == name)
        ) or any(self._is_ours(made, source, seen) for made in names.made.get(name, ()))

    def _modules(self, node: ast.expr, source: SourceFile) -> Iterator[str]:
        """Yield the modules that an expression may be, or in which it is a class."""
        match node:
            case ast.Name(id=name):
                names = self._names_in(source)
                if name in names.classes:
                    yield source.module
                for each in names.imported:
                    if each.bound == name:
                        yield each.module if each.name is None else f"{each.module}.{each.name}"
                        file = self._files.get(each.module)
                        if file is not None and each.name in self._names_in(file).classes:
                            yield each.module
            case ast.Attribute(value=value, attr=name):
                for module in self._modules(value, source):
                    yield f"{module}.{name}"


class _Names:
    """The names that a module imports, those of its classes, and those of what calls return."""

    def __init__(self, source: SourceFile) -> None:
        plain = SourceFile(source.module, source.path, source.file, source.raw)
        self.tree = plain.tree
        self.imported: list[Imported] = []
        self.classes: set[str] = set()
        self.made: dict[str, list[ast.expr]] = {}
        for node in nodes_in(self.tree):
            match node:
                case ast.Import() | ast.ImportFrom():
                    self.imported += imported_by(node, plain)
                case ast.ClassDef(name=name):
                    self.classes.add(name)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)) | (
                    ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=made))
                ):
                    self.made.setdefault(name, []).append(made)

    @property
    def all(self) -> set[str]:
        """All names that may be decorators."""
        return {*self.made, *(each.bound for each in self.imported if each.bound)}
