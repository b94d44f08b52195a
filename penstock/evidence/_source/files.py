"""Source files: read and parsed where somebody asks for it."""

import ast
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

from penstock._declared.step import Location
from penstock.evidence._source.functions import (
    children_of,
    has_yield,
    is_abstract,
    is_refused,
    is_stub,
    names_assigned_in,
    nodes_in,
    parameters_unread_in,
    statements_in,
)

__all__ = ["DECORATED", "Definition", "SourceFile", "words_in"]

DECORATED = "#@"
"""A line on which a decorator was that is left out."""

_WORD = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[\w.:]*[.:](\w+)")
_CLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)[^(:\n]*\(([^)]*)\)", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Definition:
    """A module, class, function or lambda in the source."""

    kind: Literal["module", "class", "function", "lambda"]
    source: "SourceFile" = field(repr=False)
    qualname: str
    header: ast.AST = field(repr=False)
    """The node, for one who reads what is around the body: parameters, decorators, bases."""

    parent: "Definition | None" = field(repr=False)

    @property
    def node(self) -> Any:
        """The node, for one who reads the body, too: another body may then be another result."""
        self.source.opened.add(self.header)
        return self.header

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_method(self) -> bool:
        """Whether it is in the body of a class."""
        return self.parent is not None and self.parent.kind == "class"

    @cached_property
    def assigned_names(self) -> frozenset[str]:
        """The names that it assigns, with its parameters."""
        return names_assigned_in(self.node)

    @cached_property
    def global_names(self) -> frozenset[str]:
        """The names that it, or a function in it, declares as ``global``."""
        found = (each.names for each in nodes_in(self.node) if isinstance(each, ast.Global))
        return frozenset(name for names in found for name in names)

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """The names that a function in it declares as ``nonlocal``."""
        if "nonlocal" not in self.source.text:
            return frozenset()
        found = (each.names for each in nodes_in(self.node) if isinstance(each, ast.Nonlocal))
        return frozenset(name for names in found for name in names) & self.assigned_names

    @cached_property
    def parameters(self) -> tuple[ast.arg, ...]:
        """The named parameters of a function, without those that take the rest."""
        known: ast.arguments | None = getattr(self.header, "args", None)
        return (*known.posonlyargs, *known.args, *known.kwonlyargs) if known else ()

    @cached_property
    def assigned_attributes(self) -> frozenset[str]:
        """The attributes of its first parameter that a method assigns."""
        first = [each.arg for each in self.parameters[:1]]
        return frozenset(
            each.attr
            for each in (nodes_in(self.header) if first else ())
            if isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and isinstance(each.value, ast.Name)
            and each.value.id == first[0]
        )

    @cached_property
    def unread_names(self) -> frozenset[str]:
        """The parameters that nothing in its body reads."""
        return parameters_unread_in(self.node)

    @cached_property
    def has_functions(self) -> bool:
        """Whether a function is defined in it, as in what makes a decorator."""
        return any(each.parent is self for each in self.source.definitions.values())

    @cached_property
    def is_generator(self) -> bool:
        """Whether it is a generator function."""
        return has_yield(self.header)

    @cached_property
    def is_stub(self) -> bool:
        """Whether it is a function that somebody has yet to write, as ``def f(): ...``."""
        body = getattr(self.header, "body", None)
        return self.kind == "function" and isinstance(body, list) and is_stub(body)

    @cached_property
    def is_abstract(self) -> bool:
        """Whether it is a function that does nothing but say that a subclass has to."""
        body = getattr(self.header, "body", None)
        return self.kind == "function" and isinstance(body, list) and is_abstract(body)

    @cached_property
    def is_refused(self) -> bool:
        """Whether it is a function that only raises that a subclass has to implement it."""
        body = getattr(self.header, "body", None)
        return self.kind == "function" and isinstance(body, list) and is_refused(body)

    @property
    def decorators(self) -> Sequence[ast.expr]:
        """The decorators of a function or a class, as they are written."""
        found: Sequence[ast.expr] = getattr(self.header, "decorator_list", ())
        return found

    @cached_property
    def line(self) -> int:
        """The line of the ``def``, or of the first decorator, as Python counts it."""
        lines = [each.lineno for each in self.decorators]
        first = int(min([getattr(self.header, "lineno", 1), *lines]))
        return self.source.decorated.get(first, first)

    @property
    def end_line(self) -> int:
        """The last line, or 0 if it is a module."""
        return int(getattr(self.header, "end_lineno", 0))

    @property
    def location(self) -> Location:
        """The line of the ``def`` itself."""
        return self.source.location_at(getattr(self.header, "lineno", 1))

    @property
    def label(self) -> str:
        """The name of the module and the qualified name."""
        return f"{self.source.module}.{self.qualname}" if self.qualname else self.source.module


_GETTING = re.compile(r"\bgetattr\([^,()]+,\s*[^\s\"']")
"""How something is got by a name that a variable has."""

_OF_MODULES = re.compile(r"mod|plugin|package|lib", re.IGNORECASE)
"""How variables are called that have modules."""


class KeptNames(NamedTuple):
    """The names that code passes on or keeps, and does not call."""

    names: frozenset[str]
    """Those alone, without those in annotations."""

    attributes: frozenset[str]
    """Those of attributes, and of what a string imports."""

    members: frozenset[str]
    """Those of the attributes that may be of a module."""

    annotating: frozenset[str]
    """Those in the annotations of parameters, results and variables."""

    got: frozenset[str]
    """Those that are strings, where something is got by a name that the code does not write."""


class SourceFile:
    """One file of the project, which is parsed where its tree is asked for.

    Args:
        module: The dotted name by which it is imported.
        path: Where it is.
        file: Its name in reports.
        text: Its text, if somebody has read it already.
    """

    def __init__(self, module: str, path: Path, file: str, text: str | None = None) -> None:
        self.module, self.path, self.file = module, path, file
        self.is_package = path.name == "__init__.py"
        self._text = text
        self.leave_out: Callable[[SourceFile], str] | None = None
        """A function that returns the text without the decorators of penstock."""
        self.error: str | None = None
        self._locations: dict[int, Location] = {}
        self.opened: set[ast.AST] = set()
        """The functions and classes whose bodies somebody has asked for."""

    def __repr__(self) -> str:
        return f"<{self.file}>"

    @cached_property
    def text(self) -> str:
        """The text, or ``""`` if it cannot be read, without the decorators of penstock."""
        return self.raw if self.leave_out is None else self.leave_out(self)

    @cached_property
    def decorated(self) -> dict[int, int]:
        """The line of the first decorator, by that of the ``def`` or of one that is not left out.

        Only those have one here above which another one is left out.
        """
        found: dict[int, int] = {}
        first = None
        for number, line in enumerate(self.lines if DECORATED in self.text else (), 1):
            shown = line.strip()
            if shown == DECORATED:
                first = first or number
            elif first and shown and not shown.startswith("#"):
                found[number] = first
                first = None
        return found

    @cached_property
    def raw(self) -> str:
        """The text as it is in the file, or ``""`` if it cannot be read."""
        if self._text is not None:
            return self._text
        try:
            if self.path.exists() and not self.path.is_file():  # a pipe would wait for a writer
                self.error = "cannot be read: it is not a file"
                return ""
            return decoded(self.path.read_bytes())
        except OSError as error:
            self.error = f"cannot be read: {error.strerror}"
            return ""

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as Python counts them: `str.splitlines` finds more ends."""
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The tree, which is empty if the text is not valid Python."""
        try:
            with warnings.catch_warnings():
                # Where a project makes an error of each warning, this is not its own code running.
                warnings.simplefilter("ignore")
                try:
                    return ast.parse(self.text, type_comments="type:" in self.text)
                except SyntaxError:  # such a comment means nothing there
                    return ast.parse(self.text)
        except (SyntaxError, ValueError) as error:
            # Before Python 3.12, null bytes are a `ValueError`.
            text = f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else error
            self.error = f"cannot be parsed: {text}"
            return ast.Module([], [])
        except (RecursionError, MemoryError):
            self.error = "cannot be parsed: it is nested too deeply"
            return ast.Module([], [])

    @property
    def is_parsed(self) -> bool:
        """Whether somebody has asked for the tree."""
        return "tree" in self.__dict__

    @cached_property
    def root(self) -> Definition:
        """The module itself."""
        return Definition("module", self, "", self.tree, None)

    @cached_property
    def definitions(self) -> dict[ast.AST, Definition]:
        """All that the module defines, by node."""
        return _definitions_in(self)

    def location_at(self, line: int) -> Location:
        """Return a line of the file, which is one object for all who ask."""
        known = self._locations.get(line)
        if known is None:
            known = self._locations[line] = Location(self.file, line)
        return known

    def walk(self) -> Iterator[ast.AST]:
        """Yield all nodes, for one who reads all bodies: another may then be another result."""
        self.opened.update(self.definitions)
        return ast.walk(self.tree)

    def find(self, qualname: str, line: int | None = None) -> Definition | None:
        """Return what is called *qualname*: the one nearest to *line*, or else the last."""
        found = list(self._by_name.get(qualname, ()))
        if line is not None and len(found) > 1:
            found.sort(key=lambda each: abs(each.line - line), reverse=True)
        return found[-1] if found else None

    def find_all(self, qualname: str, line: int) -> list[Definition]:
        """Return what is called *qualname*: all that is nearest to *line*."""
        found = self._by_name.get(qualname, [])
        nearest = min((abs(each.line - line) for each in found), default=0)
        return [each for each in found if abs(each.line - line) == nearest]

    def at(self, line: int) -> Definition | None:
        """Return the function whose ``def``, or first decorator, is at *line*."""
        found = (each for each in self.definitions.values() if each.kind == "function")
        return next((each for each in found if line in {each.line, each.location.line}), None)

    @cached_property
    def _by_name(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for each in self.definitions.values():
            found.setdefault(each.qualname, []).append(each)
        return found

    def named(self, name: str) -> Sequence[Definition]:
        """Return what is called *name*, whatever it is in."""
        return self._by_last_name.get(name, ())

    @cached_property
    def _by_last_name(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        for each in self.definitions.values():
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """All identifiers in the text, those of comments and strings too."""
        return words_in(self.text)

    @cached_property
    def lines_of_names(self) -> dict[str, set[int]]:
        """The lines in which each name is in the code, not in a string or a comment."""
        found: dict[str, set[int]] = {}
        for node in nodes_in(self.tree):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            if isinstance(name, str):
                found.setdefault(name, set()).add(node.end_lineno)
        return found

    def is_in_code(self, line: int, name: str) -> bool:
        """Return whether *name* in a line may be one of the code, and not of a comment."""
        return line in self.lines_of_names.get(name, ()) or line in self._lines_of_f_strings

    @cached_property
    def _lines_of_f_strings(self) -> frozenset[int]:
        """The lines of f-strings; before Python 3.12 the names in these have other lines."""
        found = (node for node in nodes_in(self.tree) if isinstance(node, ast.JoinedStr))
        lines = (range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in found)
        return frozenset(line for each in lines for line in each)

    @cached_property
    def kept(self) -> KeptNames:
        """The names that the code passes on or keeps, and does not call."""
        nodes = list(nodes_in(self.tree))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        compared = {id(inner) for node in nodes for inner in _compared_in(node)}
        hints = {id(inner) for node in nodes for inner in _annotations_in(node)}
        any_module = "import_module" in self.text or "__import__" in self.text
        names: set[str] = set()
        attributes: set[str] = set()
        members: set[str] = set()
        annotating: set[str] = set()
        got: set[str] = set()
        is_getting = _GETTING.search(self.text) is not None
        for node in nodes:
            match node:
                case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) if (
                    id(node) in called or id(node) in compared
                ):
                    pass
                case ast.Name(id=name, ctx=ast.Load()):
                    (annotating if id(node) in hints else names).add(name)
                case ast.Attribute(attr=name, ctx=ast.Load()):
                    attributes.add(name)
                    if any_module or self._may_be_of_module(node):
                        members.add(name)
                case ast.ImportFrom():  # what has another name here
                    others = [each.name for each in node.names if each.asname]
                    attributes.update(others)
                    members.update(others)
                case ast.Constant(value=str(text)) if dotted := _DOTTED.fullmatch(text):
                    attributes.add(dotted[1])
                    members.add(dotted[1])
                case ast.Constant(value=str(text)) if is_getting and id(node) not in compared:
                    got.add(text)
        return KeptNames(*map(frozenset, (names, attributes, members, annotating, got)))

    def _may_be_of_module(self, node: ast.Attribute) -> bool:
        """Return whether *node* is what a module has, as far as its first name says."""
        first: ast.expr = node
        while isinstance(first, ast.Attribute):
            first = first.value
        name = first.id if isinstance(first, ast.Name) else "module"
        return name in self.imported or _OF_MODULES.search(name) is not None

    @cached_property
    def imported(self) -> dict[str, str]:
        """The names that the code imports, with the first name of the module of each.

        It is ``"."`` for a module that is named from the file.
        """
        found: dict[str, str] = {}
        for node in nodes_in(self.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or ""
                is_relative = bool(getattr(node, "level", 0))
                for each in node.names:
                    top = "." if is_relative else (module or each.name).partition(".")[0]
                    found[each.asname or each.name.partition(".")[0]] = top
        return found

    @cached_property
    def bases(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The names of the classes in the text, with the words between their parentheses."""
        return tuple(
            (name, tuple(re.findall(r"\w+", written)))
            for name, written in _CLASS.findall(self.text)
        )


def _compared_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of the classes that *node* only compares with those of an object."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, classes]):
            yield from nodes_in(classes)
        case ast.ExceptHandler(type=ast.expr() as classes):
            yield from nodes_in(classes)


def _annotations_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of the annotation that *node* has."""
    for name in ("annotation", "returns"):
        annotation = getattr(node, name, None)
        if annotation is not None:
            yield from nodes_in(annotation)


def decoded(data: bytes) -> str:
    """Return the text of a file, in the encoding that it names."""
    encoding = "utf-8-sig"
    if b"coding" in b"\n".join(data.split(b"\n", 2)[:2]):
        with suppress(SyntaxError):  # an unknown encoding, or not in it
            encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    text = data.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def words_in(text: str) -> frozenset[str]:
    """Return all identifiers in *text*, those of comments and strings too."""
    return frozenset(_WORD.findall(text))


def _definitions_in(source: SourceFile) -> dict[ast.AST, Definition]:
    """Return all that a module defines, by node."""
    found: dict[ast.AST, Definition] = {}
    inner_nodes = children_of if "lambda" in source.text else statements_in
    waiting: list[tuple[ast.AST, Definition, str]] = [(source.tree, source.root, "")]
    while waiting:
        node, parent, prefix = waiting.pop()
        for child in inner_nodes(node):
            kind = _KINDS.get(type(child))
            if kind is None:
                waiting.append((child, parent, prefix))
                continue
            name = f"{prefix}{getattr(child, 'name', '<lambda>')}"
            found[child] = Definition(kind, source, name, child, parent)
            below = f"{name}." if kind == "class" else f"{name}.<locals>."
            waiting.append((child, found[child], below))
    return found


_KINDS: dict[type[ast.AST], Literal["class", "function", "lambda"]] = {
    ast.ClassDef: "class",
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
    ast.Lambda: "lambda",
}
