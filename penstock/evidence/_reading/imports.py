"""The imports of modules."""

import ast
import re
from collections.abc import Iterator
from typing import cast

from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.imports import Imported, imported_by
from penstock.evidence._source.project import Project

__all__ = ["imports_in", "module_of", "named_in"]


def module_of(imported: Imported, project: Project) -> str | None:
    """Return the module of the project that an import executes, or None if it is a library's."""
    module = imported.module
    # Of penstock itself only the names matter.
    if module.partition(".")[0] == "penstock":
        return None
    inner = f"{module}.{imported.name}"
    if inner in project.files:
        return inner
    return module if module in project.files or module in project.packages else None


_IMPORT = re.compile(
    r"^(?P<indent>[ \t]*)(?:import[ \t]+(?P<modules>[^\n#;]+)"
    r"|from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#;]+))",
    re.MULTILINE,
)

_COMMENT = re.compile("#[^\n]*")


def imports_in(
    source: SourceFile, *, with_functions: bool = False
) -> Iterator[tuple[Imported, bool]]:
    """Yield what is imported at the top of a module that is not parsed, and whether surely.

    Args:
        source: The module.
        with_functions: Whether its functions are called, so that what they import counts.
    """
    text = source.text
    for found in _IMPORT.finditer(text):
        is_sure = with_functions or not found["indent"]
        if not is_sure and not _is_in_branch(text, found.start(), found["indent"]):
            continue
        statement = " ".join(_COMMENT.sub("", found[0]).split())
        try:
            (node,) = cast("list[ast.Import | ast.ImportFrom]", ast.parse(statement).body)
        except (SyntaxError, ValueError):
            continue
        for each in imported_by(node, source):
            yield each, is_sure


_DOTTED = re.compile(r"""(["'])([^\W\d]\w*(?:\.\w+)+)\1""")


def named_in(source: SourceFile, project: Project) -> Iterator[str]:
    """Yield the modules of the project that strings name, such as ``include("shop.urls")``.

    The last parts of a string may be a name in the module.
    """
    for dotted in dict.fromkeys(found[2] for found in _DOTTED.finditer(source.text)):
        parts = dotted.split(".")
        names = (".".join(parts[:end]) for end in range(len(parts), 1, -1))
        named = next((name for name in names if name in project.files), None)
        if named is not None:
            yield named


_BRANCH = re.compile(r"(?:if|elif|else|try|except|finally|with)\b")


def _is_in_branch(text: str, start: int, indent: str) -> bool:
    """Return whether the line that begins at *start* is in branches of the module alone."""
    width = len(indent)
    end = start
    while width and end > 0:
        begin = text.rfind("\n", 0, end - 1) + 1
        line = text[begin:end].rstrip("\n")
        stripped = line.lstrip()
        own = len(line) - len(stripped)
        if stripped and own < width and not stripped.startswith(("#", ")", "]", "}")):
            if not _BRANCH.match(stripped) or "TYPE_CHECKING" in stripped:
                return False
            width = own
        end = begin
    return not width
