"""Searches by name in one file: besides its tree, these are all that a check reads of its text.

Each is a function of the file and of what is looked for, so that a search in a file that was
edited shows whether the edit counts.
"""

import ast
import builtins
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.functions import (
    children_of,
    first_string_of,
    last_name_of,
    nodes_in,
    written,
)
from penstock.evidence._source.imports import Imported, imported_by

__all__ = ["SEARCHES", "Kept"]

_PLAIN = (
    r"(?:None|True|False|[\d.]+|f?\"[^\"\n]*\"|f?'[^'\n]*'|\[\]|\{\}"
    r"|(?:str|int|float|bool|len|repr|round)\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))"
)
"""A constant, or a conversion to a type of constants, which nobody calls."""

_DATA = frozenset({
    "Annotated", "ClassVar", "Decimal", "Dict", "Final", "List", "Mapped", "None", "Optional",
    "Set", "Tuple", "UUID", "Union", "bool", "bytes", "date", "datetime", "dict", "float",
    "frozenset", "int", "list", "set", "str", "time", "timedelta", "tuple", "typing", "uuid",
})  # fmt: skip
"""The words of annotations of data, which nobody calls."""

_WORD = re.compile(r"[^\W\d]\w*")

_OWNER = re.compile(r"(?<![\w.])(\w+)\.$")
"""The name before the dot at the end."""

_IMPORT = re.compile(
    r"^[ \t]*((?:from[ \t]+[.\w]+[ \t]+)?import[ \t]+(?:\([^()]*\)|(?:[^\n\\#;]|\\\n)+))",
    re.MULTILINE,
)

_IMPORTING_ALL = re.compile(r"\bimport[\s\\]*\*")


def _has_word(file: SourceFile, word: str) -> bool:
    return word in file.words


def _has_words(file: SourceFile, words: str) -> bool:
    """Return whether all of several words are in a file."""
    return file.words.issuperset(words.split())


def _has_def(file: SourceFile, name: str) -> bool:
    """Return whether something in a file looks like the function *name*."""
    return f"def {name}" in file.text


def _has_property(file: SourceFile, name: str) -> bool:
    """Return whether something in a file looks like a property called *name*."""
    pattern = rf"^[ \t]*@[\w.]*property\b.*\n(?:[ \t]*@.*\n)*[ \t]*def {name}\b"
    return f"def {name}" in file.text and re.search(pattern, file.text, re.MULTILINE) is not None


def _has_task(file: SourceFile, name: str) -> bool:
    """Return whether something in a file is registered as *name*."""
    return f'name="{name}"' in file.text or f"name='{name}'" in file.text


def _has_decorator(file: SourceFile, name: str) -> bool:
    """Return whether something in a file has a decorator called *name*."""
    pattern = re.compile(rf"^[ \t]*@(?:\w+\.)*{re.escape(name)}\b", re.MULTILINE)
    return pattern.search(file.text) is not None


def _is_first_result(file: SourceFile, name: str) -> bool:
    """Return whether the specification of the hook *name* ends it with the first result."""
    pattern = re.compile(rf"firstresult\s*=\s*True[^@]*?\bdef\s+{name}\b")
    return pattern.search(file.text) is not None


def _is_attribute(file: SourceFile, name: str) -> bool:
    """Return whether something is assigned to an attribute, or a field, called *name*."""
    value = rf"=(?!=)(?!\s*{_PLAIN}\s*$)"
    pattern = re.compile(rf"\.{re.escape(name)}\s*(?::([^=\n]*))?{value}", re.MULTILINE)
    found = pattern.finditer(file.text)
    return not all(_is_data(each[1] or "") for each in found) or _has_field(file, name)


def _is_data(annotation: str) -> bool:
    words = _WORD.findall(annotation)
    return bool(words) and _DATA.issuperset(words)


def _has_field(file: SourceFile, name: str) -> bool:
    """Return whether a class in *file* annotates *name*, as something that may be called."""
    # The name first, and then what is before it: so a search is several times as fast.
    found = re.finditer(rf"{re.escape(name)}[ \t]*:", file.text)
    if not any(_begins_line(file.text, each.start()) for each in found):
        return False
    return any(
        isinstance(node, ast.AnnAssign)
        and getattr(node.target, "id", None) == name
        and not _is_data(ast.unparse(node.annotation))
        for each in file.definitions.values()
        if each.kind == "class"
        for node in each.node.body
    )


def _begins_line(text: str, position: int) -> bool:
    """Return whether there is an indent and nothing else before *position* in its line."""
    return text[text.rfind("\n", 0, position) + 1 : position].isspace()


def _functions(file: SourceFile, name: str) -> tuple[tuple[int, frozenset[str]], ...]:
    """Return which definitions are functions called *name*, with the words in each."""
    if not _has_def(file, name):
        return ()
    lines = file.lines
    found: list[tuple[int, frozenset[str]]] = []
    for number, each in enumerate(file.definitions.values()):
        if each.kind == "function" and each.name == name:
            text = "\n".join(lines[each.location.line - 1 : each.end_line])
            words = _WORD.findall(text.partition(f"def {name}")[2])
            found.append((number, frozenset(words)))
    return tuple(found)


def _calls(file: SourceFile, name: str) -> tuple[frozenset[str], bool, bool]:
    """Return how a file calls something called *name*, as far as its text shows it.

    First the modules of which it calls an attribute, as `_callers` returns them, with ``"."`` for
    what only the tree shows. Then whether it calls the name alone, which may be that of another
    module: not if it is of a function or class of the file itself, or of Python, and nothing else
    gives it to the file. Last whether it does that and may pass on or keep such an attribute.
    """
    owners: set[str] = set()
    is_alone = is_bound = is_own = is_kept = False
    text = file.text
    escaped = re.escape(name)
    # The name first, and then what is before it: so a search is several times as fast.
    pattern = rf"{escaped}(?<!\w{escaped})(?!\w)(?:[ \t]*(\()|[\s\\]+as\b())?"
    for found in re.finditer(pattern, text):
        start, is_called = found.start(), bool(found[1])
        is_of_something = text[start - 1 : start] == "."
        if text.endswith(("def ", "class "), 0, start):
            is_own = True
            is_kept = is_kept or not is_called
        elif is_called and is_of_something:
            owner = _OWNER.search(text, text.rfind("\n", 0, start) + 1, start)
            owners.add(owner[1] if owner and _is_only_imported(text, owner[1]) else ".")
        elif is_called:
            is_alone = True
        else:
            is_kept = True
            is_bound = is_bound or not (is_of_something or found[2] is not None)
    is_other = is_bound or not (is_own or hasattr(builtins, name))
    is_other = is_other or _IMPORTING_ALL.search(text) is not None
    return frozenset(owners), is_alone and is_other, is_alone and is_kept


def _is_only_imported(text: str, name: str) -> bool:
    """Return whether *name* is nothing but a module that a file imports by this name."""
    imported = re.findall(rf"^[ \t]*import {name}[ \t]*$", text, re.MULTILINE)
    others = re.findall(rf"(?<!\w){name}(?![\w.])", text)
    return bool(imported) and len(imported) == len(others)


def _callers(file: SourceFile, name: str) -> tuple[tuple[int, frozenset[str]], ...]:
    """Return which definitions are functions that call something called *name*, and of what.

    The number -1 is the module itself, for lines that are in no function. The owner is the first
    name of a module if the file imports what is before the dot, ``"."`` if that is anything
    else, and ``""`` if there is no dot.
    """
    before = r"(?<!def )(?:(?<![\w.])(\w+)(?=\.)|(\.))?\.?(?<!\w)"
    pattern = re.compile(rf"{before}{re.escape(name)}\s*\(")
    owners: dict[int, set[str]] = {}
    for number, line in enumerate(file.lines, 1):
        for found in pattern.finditer(line) if name in line else ():
            owner = file.imported.get(found[1], ".") if found[1] else found[2] or ""
            owners.setdefault(number, set()).add(owner)
    owners = {line: found for line, found in owners.items() if file.is_in_code(line, name)}
    callers: list[tuple[int, frozenset[str]]] = []
    rest = dict(owners)
    for number, each in enumerate(file.definitions.values() if owners else ()):
        if each.kind == "function":
            lines = range(each.location.line, each.end_line + 1)
            inner = {line: found for line, found in owners.items() if line in lines}
            if inner:
                callers.append((number, frozenset[str]().union(*inner.values())))
                rest = {line: found for line, found in rest.items() if line not in inner}
    if rest:
        callers.append((-1, frozenset[str]().union(*rest.values())))
    return tuple(callers)


def _readers(file: SourceFile, name: str) -> tuple[int, ...]:
    """Return which definitions are functions that read an attribute called *name*."""
    pattern = re.compile(rf"\.[ \t]*{re.escape(name)}(?!\w)(?!\s*\()")
    lines = [number for number, line in enumerate(file.lines, 1) if pattern.search(line)]
    lines = [line for line in lines if file.is_in_code(line, name)]
    return tuple(
        number
        for number, each in enumerate(file.definitions.values() if lines else ())
        if each.kind == "function"
        and any(each.location.line <= line <= each.end_line for line in lines)
    )


class Kept(NamedTuple):
    """How a file passes on or keeps something of a name, and does not call it."""

    as_attribute: bool = False
    """As an attribute of something, or in a string."""

    as_member: bool = False
    """As an attribute of what may be a module."""

    by_name: bool = False
    """By its name alone."""

    in_annotation: bool = False
    """By its name alone, in an annotation."""

    is_imported: bool = False
    """Whether the file imports it, or all that a module has."""

    by_string: bool = False
    """By a string, with which the file may get it from an object."""


def _values(file: SourceFile, name: str) -> Kept:
    """Return how something called *name* is passed on or kept, not called."""
    escaped = re.escape(name)
    alone = rf"(?<![\w\"']{escaped})(?![\w\"'])(?!\s*[(=:])"
    # The name first, and then what is before it: so a search is several times as fast.
    pattern = re.compile(rf"{escaped}(?:{alone}|(?<=[.:]{escaped})(?=[\"']))")
    is_quoted = "getattr(" in file.text and re.search(rf"([\"']){escaped}\1", file.text)
    is_got = bool(is_quoted) and name in file.kept.got
    if pattern.search(file.text) is None:
        return Kept(by_string=is_got)
    return Kept(
        name in file.kept.attributes,
        name in file.kept.members,
        name in file.kept.names,
        name in file.kept.annotating,
        name in file.imported or "*" in file.imported,
        is_got,
    )


def _partials(file: SourceFile, _: str) -> frozenset[tuple[str, int]]:
    """Return the names of the functions of which a file makes partials; ``""`` is any.

    Each has the number of arguments that the partial adds, or -1 if that is not known.
    """
    if re.search(r"\bpartial(?:method)? as\b", file.text):
        return frozenset({("", -1)})
    found: set[tuple[str, int]] = set()
    for node in nodes_in(file.tree):
        if isinstance(node, ast.Call) and last_name_of(node.func) in {"partial", "partialmethod"}:
            first, *rest = node.args or [node.func]
            given = [*rest, *(each.arg for each in node.keywords)]
            is_open = any(each is None or isinstance(each, ast.Starred) for each in given)
            owner, _, name = written(first).rpartition(".")
            is_known = name.isidentifier() and _is_known(file, owner, name)
            found.add((name if is_known else "", -1 if is_open else len(given)))
    return frozenset(found)


def _is_known(file: SourceFile, owner: str, name: str) -> bool:
    """Return whether *name* of *owner* is something that a file defines or imports."""
    is_own = owner in {"", "self", "cls"} and _has_def(file, f"{name}(")
    is_imported = (owner.partition(".")[0] or name) in file.imported
    return (is_own or is_imported) and f" as {name}" not in file.text


def _uses(file: SourceFile, name: str) -> tuple[int, int]:
    """Return how many lines use *name* and do not import it: by the text, and by the tree.

    The latter is 0 if nobody has asked for the tree.
    """
    return _lines_with(file, name, rf"(?<![\w\"']){re.escape(name)}(?![\w\"'])")


def _uses_of(file: SourceFile, label: str) -> tuple[int, int]:
    """Return how many lines use a function of a module by what a file imports, as `_uses` does."""
    module, _, name = label.rpartition(".")
    found = [
        _lines_with(file, used.rpartition(".")[2], rf"(?<![\w.\"']){re.escape(used)}(?![\w\"'])")
        for used in sorted(_written_as(file, module, name))
    ]
    return sum(in_text for in_text, _ in found), sum(in_code for _, in_code in found)


def _written_as(file: SourceFile, module: str, name: str) -> set[str]:
    """Return how a function of a module may be written in a file: ``f``, ``shop.f``.

    What a file does not define, a parameter or an attribute of that name may be.
    """
    found = {name} if file.module == module else set()
    if not _has_def(file, f"{name}("):
        found |= {name, f"self.{name}"}
    for each in _imports_of(file):
        if each.name in {"*", name}:
            found.add(str(each.bound) if each.name == name else name)
            continue
        known = each.module if each.name is None else f"{each.module}.{each.name}"
        if each.bound and f"{module}.".startswith(f"{known}."):
            found.add(f"{each.bound}{module.removeprefix(known)}.{name}")
    return found


def _imports_of(file: SourceFile) -> Iterator[Imported]:
    """Yield what looks like an import in the text of a file."""
    for statement in _IMPORT.findall(file.text):
        with suppress(SyntaxError):
            node: Any = ast.parse(statement).body[0]
            yield from imported_by(node, file)


def _lines_with(file: SourceFile, name: str, pattern: str) -> tuple[int, int]:
    is_used = re.compile(pattern).search
    found = [
        number
        for number, line in enumerate(file.lines, 1)
        if name in line
        and is_used(line.partition("#")[0])
        and not _is_import(line, name)
        and f"def {name}" not in line
    ]
    in_code = file.lines_of_names.get(name, set()) if file.is_parsed else set()
    return len(found), sum(number in in_code for number in found)


def _is_import(line: str, name: str) -> bool:
    stripped = line.strip()
    return stripped.startswith(("from ", "import ")) or stripped.strip(",()") == name


def _registrations(file: SourceFile, name: str) -> tuple[tuple[str, str], ...]:
    """Return the calls that get *name*, alone or in a list, each with its first string or ``""``.

    Of an argument by keyword, the keyword is returned, too.
    """
    # A definition or a call has other characters around the name: so few files are parsed.
    if re.search(rf"[(,=\[]\s*(?:\w+\.)*{re.escape(name)}\s*[,)\]]", file.text) is None:
        return ()
    found: list[tuple[str, str]] = []
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call):
            keywords = [each.arg for each in node.keywords if _is_name(each.value, name)]
            if keywords or any(_is_name(each, name) for each in node.args):
                found.append((written(node.func), first_string_of(node)))
                found += [(keyword, "") for keyword in keywords if keyword is not None]
    return tuple(found)


def _is_name(node: ast.expr, name: str) -> bool:
    """Return whether *node* is *name*, an attribute of that name, or a list with one.

    It may be in a call of ``Depends()``.
    """
    if isinstance(node, (ast.List, ast.Tuple)):
        return any(_is_name(each, name) for each in node.elts)
    if isinstance(node, ast.Call) and last_name_of(node.func) in {"Depends", "Security"}:
        return any(_is_name(each, name) for each in node.args)
    return isinstance(node, (ast.Name, ast.Attribute)) and last_name_of(node) == name


def _has_code(file: SourceFile, name: str) -> bool:
    """Return whether a string in a file, as code that is executed, has *name* or calls it."""
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?=\s*\(|[^\w.]*\Z)")
    nodes = list(nodes_in(file.tree))
    unused = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in unused
        and pattern.search(node.value) is not None
        for node in nodes
    )


def _assigned(file: SourceFile, name: str) -> tuple[tuple[int, str | None], ...]:
    """Return what a file assigns to attributes called *name*, or passes on by that name.

    Each is the number of the definition that it is in, or -1 for the module, and the value as it
    is written: ``""`` if it is that definition, and None if the file does not show it.
    """
    numbers = {each: number for number, each in enumerate(file.definitions)}
    found: list[tuple[int, str | None]] = []
    waiting: list[tuple[ast.AST, int]] = [(file.tree, -1)]
    while waiting:
        node, outer = waiting.pop()
        number = numbers.get(node, outer)
        values, known = _given_to(name, node)
        found += [(number, each) for each in values]
        waiting += [(each, number) for each in children_of(node) if each not in known]
    return tuple(found)


def _given_to(name: str, node: ast.AST) -> tuple[list[str | None], Sequence[ast.AST]]:
    """Return the values that a node alone gives to *name*, and its parts that are known by that."""
    if isinstance(node, ast.expr):
        return _given_in_expression(name, node)
    values: list[str | None] = []
    known: list[ast.expr] = []
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name:
            values = [""]
        case ast.ClassDef(body=body):
            own = [each for each in body if isinstance(each, (ast.Assign, ast.AnnAssign))]
            values = [_value(each) for each in own for t in _targets(each) if _is_name(t, name)]
        case ast.Assign(targets=[ast.Name("__all__" | "__slots__")], value=value):
            known = [value]
        case ast.Assign() | ast.AnnAssign():
            targets = [each for each in _targets(node) if isinstance(each, ast.Attribute)]
            known = [each for each in targets if each.attr == name]
            values = [_value(node) for _ in known]
        case ast.keyword(arg=arg, value=value) if arg == name:
            values = [written(value)]
    return values, known


def _given_in_expression(name: str, node: ast.expr) -> tuple[list[str | None], Sequence[ast.AST]]:
    values: list[str | None] = []
    known: list[ast.expr] = []
    match node:
        case ast.Dict():
            known = [key for key in node.keys if key is not None and _is_text(key, name)]
            pairs = zip(node.keys, node.values, strict=True)
            values = [written(value) for key, value in pairs if key in known]
        case ast.Call(func=ast.Name("setattr"), args=[_, key, value]) if _is_text(key, name):
            values, known = [written(value)], [key]
        case ast.Call(func=ast.Name("getattr" | "hasattr"), args=args):
            known = args[1:2]
        case ast.Compare(left=left, comparators=others):
            known = [each for each in (left, *others) if isinstance(each, ast.Constant)]
        case ast.Attribute(ctx=ast.Store() | ast.Del()) if node.attr == name:
            values = [None]
        case ast.Constant() if _is_text(node, name):
            values = [None]
    return values, known


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _value(node: ast.Assign | ast.AnnAssign) -> str | None:
    """Return what a statement assigns, as it is written."""
    return None if node.value is None else written(node.value)


def _is_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _subclasses(file: SourceFile, name: str) -> tuple[str, ...]:
    """Return the names of the classes that have a base called *name*."""
    return tuple(subclass for subclass, bases in file.bases if name in bases)


SEARCHES: Mapping[str, Callable[[SourceFile, str], Hashable]] = {
    "assigned": _assigned,
    "attribute": _is_attribute,
    "call": _calls,
    "caller": _callers,
    "code": _has_code,
    "decorator": _has_decorator,
    "def": _has_def,
    "first result": _is_first_result,
    "function": _functions,
    "partial": _partials,
    "property": _has_property,
    "reader": _readers,
    "registration": _registrations,
    "subclass": _subclasses,
    "task": _has_task,
    "use": _uses,
    "use of": _uses_of,
    "value": _values,
    "word": _has_word,
    "words": _has_words,
}
