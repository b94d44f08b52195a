"""The source of functions and classes, read from their files and never run."""

import ast
import inspect
import linecache
from contextlib import suppress
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Function",
    "Source",
    "arguments_of",
    "find_decorators",
    "names_of",
    "node_of",
    "one_line",
    "read_module",
    "text_of",
    "type_text",
]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Source(str):
    """An expression as it was written, on one line.

    Its ``repr`` is the expression itself, so that `inspect` and the tools that
    build on it write it into a signature without quotes.

    .. versionadded:: 0.2
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def find_decorators(function: Any) -> list[tuple[ast.expr, Source]]:
    """Return the decorators above the ``def`` of *function*, each with its source, if any are."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return []
    lines, index = read_module(code.co_filename, getattr(function, "__globals__", {}))
    node = node_of(code, index)
    written = [] if node is None or isinstance(node, ast.Lambda) else node.decorator_list
    return [(decorator, text_of(decorator, lines)) for decorator in written]


def one_line(text: str) -> Source:
    return Source(" ".join(text.split()))


def names_of(code: CodeType) -> list[str]:
    """Return the names of all arguments: by position, by name only, ``*args``, ``**kwargs``."""
    rest = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + rest])


def arguments_of(node: Function) -> list[ast.arg]:
    """Return the arguments of *node* in the order in which its code has them."""
    given = node.args
    rest = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]


class _Index(NamedTuple):
    """The functions of a module by their first lines, its classes by their qualified names."""

    functions: dict[int, list[Function]]
    classes: dict[str, list[ast.ClassDef]]


_modules: dict[str, tuple[list[str], _Index]] = {}
"""By file, with the lines of which the index was made."""


def read_module(file: str, scope: dict[str, Any]) -> tuple[list[str], _Index]:
    """Return the lines of a file as it is now, and what they define."""
    linecache.checkcache(file)
    lines = linecache.getlines(file, scope)
    known = _modules.get(file)
    if known is None or known[0] is not lines:
        index = _Index({}, {})
        # It was edited and is no longer valid Python, or never was.
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            _collect(ast.parse("".join(lines)), index, "")
        known = _modules[file] = lines, index
    return known


def _collect(node: ast.AST, index: _Index, prefix: str) -> None:
    for child in ast.iter_child_nodes(node):
        inside = prefix
        if isinstance(child, ast.ClassDef):
            index.classes.setdefault(prefix + child.name, []).append(child)
            inside = f"{prefix}{child.name}."
        elif isinstance(child, ast.Lambda):
            index.functions.setdefault(child.lineno, []).append(child)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            index.functions.setdefault(first, []).append(child)
            inside = f"{prefix}{child.name}.<locals>."
        _collect(child, index, inside)


def node_of(code: CodeType, index: _Index) -> Function | None:
    """Return the one function in the source that *code* was made of."""
    found = [n for n in index.functions.get(code.co_firstlineno, ()) if _fits(n, code)]
    if len(found) > 1:
        # Of several on a line, its code says where its last expression is.
        positions = set(code.co_positions())
        found = [node for node in found if _last_position(node) in positions]
    return found[0] if len(found) == 1 else None


def _fits(node: Function, code: CodeType) -> bool:
    written = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    arguments, names = [argument.arg for argument in arguments_of(node)], names_of(code)
    return written == code.co_name and [a.lstrip("_") for a in arguments] == [
        # In a class, `__x` is called `_Class__x`.
        name.rpartition("__")[2] if argument.startswith("__") else name.lstrip("_")
        for argument, name in zip(arguments, names, strict=False)
    ]


def _last_position(node: Function) -> tuple[int | None, int | None, int | None, int | None]:
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return last.lineno, last.end_lineno, last.col_offset, last.end_col_offset


def type_text(node: ast.expr, lines: list[str]) -> Source:
    """Return the source of an annotation, without the quotes around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return one_line(node.value)
    return text_of(node, lines)


def text_of(node: ast.expr, lines: list[str]) -> Source:
    """Return the source of an expression: as it is if that is one line."""
    if node.lineno != node.end_lineno:
        return Source(ast.unparse(node).replace("\n", "\\n"))
    line = lines[node.lineno - 1].encode()
    return Source(line[node.col_offset : node.end_col_offset].decode())
