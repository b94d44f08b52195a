"""The functions that a table, a dict of dicts, or a global variable of the source has."""

import ast
import builtins
from collections.abc import Iterator

from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.functions import is_about, nodes_in, written
from penstock.evidence._source.project import Project

__all__ = ["functions_of_global", "functions_of_table"]

_READING = {"get", "items", "keys", "values"}
"""Methods of a dict that change nothing."""


def functions_of_table(
    project: Project, function: Definition | None, text: str
) -> set[Definition] | None:
    """Return what the call of an item like ``self.rows[name]["check"]`` may lead to.

    It is known if the table is written once, in the file of the call, if nothing changes it, and
    if what its rows have there are functions, or what functions of this file return that define
    others. Else None is returned.

    Args:
        project: The source.
        function: The function with the call.
        text: What is called, as it is written.
    """
    if function is None or not text.endswith("]"):
        return None
    called = ast.parse(text, mode="eval").body
    match called:
        case ast.Subscript(
            value=ast.Subscript(
                value=ast.Name(id=name)
                | ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name)
            ),
            slice=ast.Constant(value=str(key)),
        ):
            source = function.source
        case _:
            return None
    table = _table(project, source, name)
    if table is None or _is_set(source, key):
        return None
    found: set[Definition] = set()
    for row in table.values:
        for value in _values(row, key):
            known = _functions(source, value)
            if known is None:
                return None
            found |= known
    return found


def functions_of_global(
    project: Project, function: Definition | None, name: str
) -> set[Definition] | None:
    """Return what the call of a name that its function declares as ``global`` may lead to.

    It is known if this file alone assigns it, and None or functions of this file alone to it.
    """
    if function is None or name not in function.global_names:
        return None
    source, found, assigned = function.source, set[Definition](), set[ast.AST]()
    definitions = {source.root, *source.definitions.values()}
    for each in definitions:
        inner = {node for d in definitions if d.parent is each for node in nodes_in(d.node)}
        for node in nodes_in(each.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=target) as first], value=value) if (
                    target == name and node not in inner
                ):
                    known = _functions(source, value, each.qualname)
                    is_local = getattr(value, "id", "") in {a.arg for a in each.parameters}
                    if known is None or is_local:
                        return None
                    assigned.add(first)
                    found |= known
    for file in project.mentioning(name):
        for node in file.walk():
            is_read = isinstance(getattr(node, "ctx", None), ast.Load) or node in assigned
            if is_about(node, name) and not is_read:
                return None
    return found


def _table(project: Project, source: SourceFile, name: str) -> ast.Dict | None:
    """Return the only dict that is called *name*, if all else only reads items of it."""
    tables: list[tuple[SourceFile, ast.expr]] = []
    for file in project.mentioning(name):
        read: set[ast.AST] = set()
        for node in file.walk():
            match node:
                case ast.Assign(targets=[ast.Name(id=each) as target], value=value):
                    if each == name:
                        read.add(target)
                        tables.append((file, value))
                case ast.Subscript(value=value, ctx=ast.Load()):
                    read.add(value)
                case ast.Attribute(value=value, attr=method) if method in _READING:
                    read.add(value)
                case ast.For(iter=value) | ast.comprehension(iter=value):
                    read.add(value)
        if any(is_about(node, name) and node not in read for node in file.walk()):
            return None
    match tables:
        case [(file, ast.Dict(values=rows) as table)] if file is source:
            return table if all(isinstance(row, ast.Dict) for row in rows) else None
    return None


def _is_set(source: SourceFile, key: str) -> bool:
    """Return whether something in a file assigns an item called *key*."""
    return any(
        isinstance(node, ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        and getattr(node.slice, "value", None) == key
        for node in source.walk()
    )


def _values(row: ast.expr, key: str) -> Iterator[ast.expr]:
    for name, value in zip(getattr(row, "keys", ()), getattr(row, "values", ()), strict=True):
        if getattr(name, "value", key) == key:  # what `**` adds counts, too
            yield value


def _functions(source: SourceFile, value: ast.expr, inside: str = "") -> set[Definition] | None:
    """Return the functions that an expression may be, or None if it may be others.

    A class counts without bases alone, and what has a decorator does not.

    Args:
        source: The file that has it.
        value: The expression.
        inside: The qualified name of the function that has it.
    """
    match value:
        case ast.Constant():
            return set()
        case ast.Name(id=name):
            found = {
                each
                for each in source.definitions.values()
                if each.qualname in {name, f"{inside}.<locals>.{name}"}
                and each.kind in {"function", "class"}
            }
            if any(each.decorators or getattr(each.node, "bases", ()) for each in found):
                return None
            is_built_in = hasattr(builtins, name) and name not in source.root.assigned_names
            return found if found or is_built_in else None
        case ast.Call(func=ast.Name() as func, args=args, keywords=keywords):
            makers = _functions(source, func)
            given = [_functions(source, each) for each in (*args, *(k.value for k in keywords))]
            made = [_made_by(each) for each in makers or ()]
            if not makers or None in made or None in given:
                return None
            return set().union(*(each for each in (*made, *given) if each is not None))
    return None


def _made_by(function: Definition) -> set[Definition] | None:
    """Return the functions in *function* of which it returns one, or None if it returns others."""
    inner = {
        each
        for each in function.source.definitions.values()
        if each.qualname.startswith(f"{function.qualname}.<locals>.")
    }
    names = {each.name for each in inner}
    theirs = {node for each in inner for node in nodes_in(each.node)}
    found = (each for each in nodes_in(function.node) if isinstance(each, ast.Return))
    returned = [each for each in found if each not in theirs]
    is_one = all(each.value is not None and written(each.value) in names for each in returned)
    return inner if returned and is_one else None
