"""Names that dependencies keep private are in one module for each package, which says why.

`penstock` has two: its adapters use only what an adapter outside of it can use.
"""

import ast
import re
from pathlib import Path

import pytest

import penstock

ROOT = Path(penstock.__file__).parents[1]
PACKAGES = [ROOT / name for name in ("penstock", "penstock_sphinx", "penstock_mkdocs")]
FILES = [file for package in PACKAGES for file in package.rglob("*.py")]
COMPATIBILITY = [file for file in FILES if file.stem.strip("_") == "compat"]

WANTED = {
    "versions": re.compile(r"Seen in: .*?\b\d+(\.\d+)*\b", re.DOTALL),
    "issue": re.compile(r"Upstream: (https://github\.com/\S+|no issue as of 20\d\d-\d\d\b)"),
    "fallback": re.compile(r"Without it: \S"),
}
"""The parts of a docstring. Without an issue, it has the month in which one was looked for."""

DOCUMENTED = {
    "_PARTITION_EOF",  # the error of confluent-kafka at the end of a partition
    "_asdict",  # of named tuples, as the next two
    "_fields",
    "_replace",
    "_exit",  # of `os`
    "_getframe",  # of `sys`
    "_state",  # of models of Django
}


def _documented_names(file):
    """Yield each public name of a module with its docstring."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.FunctionDef):
            yield statement.name, ast.get_docstring(statement) or ""
        elif isinstance(statement, ast.Assign) and not ast.unparse(statement).startswith("_"):
            text = following.value.value if isinstance(following, ast.Expr) else ""
            yield ast.unparse(statement.targets[0]), text


@pytest.mark.parametrize("file", COMPATIBILITY, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_to_know(file):
    """Each name has the versions it was seen in, its upstream issue and what happens without it."""
    documented = dict(_documented_names(file))

    assert {
        name: [kind for kind, wanted in WANTED.items() if not wanted.search(text)]
        for name, text in documented.items()
    } == {name: [] for name in documented}
    assert documented


def test_one_for_each_package():
    """There are no others."""
    assert sorted(file.relative_to(ROOT).as_posix() for file in COMPATIBILITY) == [
        "penstock/_common/compat.py",
        "penstock/contrib/_compat.py",
        "penstock_mkdocs/markdown/_compat.py",
        "penstock_sphinx/_compat.py",
    ]


def _own_names(tree):
    """Yield the names that a module gives to its objects: attributes that are set or defined."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__":
            yield from ast.literal_eval(node.value)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _used_names(tree):
    """Yield the names with an underscore that are read of an object, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "hasattr"}:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, node.lineno


def test_nowhere_else():
    """Other modules do not read private names of dependencies."""
    trees = {
        file: ast.parse(file.read_text(encoding="utf-8"))
        for file in FILES
        if file not in COMPATIBILITY
    }
    ours = {name for tree in trees.values() for name in _own_names(tree)}

    assert [
        f"{file.relative_to(ROOT).as_posix()}:{line}: {name}"
        for file, tree in trees.items()
        for name, line in _used_names(tree)
        if name.startswith("_") and not name.startswith("__")
        if name not in ours | DOCUMENTED
    ] == []
