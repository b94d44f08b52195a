"""Each promise of the first pages is held by a test."""

import ast
import re
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

import penstock
import penstock_mkdocs
import penstock_sphinx

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SUMMARY = ProjectMetadata(str(ROOT), PluginManager()).core.description
CLAIMS = {
    "penstock gives each operation of a Python application one ID in all of its log lines": [
        "docs/test_readme.py::test_log",
        "examples/test_operations.py::test_one_id",
    ],
    "draws the flows that you declare with decorators in your Sphinx or MkDocs docs": [
        "examples/test_shop.py::test_docs_show_diagram_and_docstrings"
    ],
    "one correlation ID for each operation": ["examples/test_operations.py::test_one_id"],
    "a diagram of each flow in the docs": [
        "examples/test_shop.py::test_docs_show_diagram_and_docstrings"
    ],
    "nested calls, coroutines and generators": [
        "runtime/test_parity.py::test_generator",
        "runtime/test_parity.py::test_coroutine",
    ],
    "carried into threads, other processes, HTTP requests and queues": [
        "boundaries/test_threads.py::test_carried",
        "test_executors.py::test_processes",
        "contrib/test_one_trace.py::test_one_trace",
    ],
    "`penstock check` reports where the declarations are inconsistent": [
        "cli/test_check.py::test_problems_of_the_declaration_are_part_of_the_check"
    ],
    "and where the source shows another order of steps": [
        "evidence/test_verdicts.py::test_the_other_order_contradicts_an_edge"
    ],
    "a click on a step leads to its docstring": [
        "examples/test_shop.py::test_docs_show_diagram_and_docstrings"
    ],
    "draw it as SVG, PNG, Mermaid, DOT, D2, PlantUML, JSON, or as a tree in the terminal": [
        "render/test_generate.py::test_formats"
    ],
    "`@step` returns the function that you wrote": [
        "declared/test_decorators.py::test_same_object"
    ],
    "`import penstock` needs nothing but Python": ["test_api.py::test_only_the_standard_library"],
}
"""Each promise of the README or the summary, and the tests that would fail if it were broken."""
TOO_MUCH = re.compile(
    r"\bdrift|always (?:true|up[ -]to[ -]date|in sync)|never (?:stale|wrong|outdated)|"
    r"verified (?:diagram|edge|flow|step)|single source of truth|zero[ -]cost",
    re.IGNORECASE,
)


@pytest.mark.parametrize("claim", CLAIMS)
def test_it_is_promised(claim):
    """A promise of the list is in the README or the summary, in these words."""
    assert claim in f"{README}\n{SUMMARY}"


@pytest.mark.parametrize(
    "promise", re.findall(r"^- \*\*(.*)\*\* (.*)$", README, re.MULTILINE), ids=lambda words: words
)
def test_it_is_held(promise):
    """Each bullet at the top of the README has a promise of the list."""
    assert [claim for claim in CLAIMS if claim in promise[1]] != []


@pytest.mark.parametrize("test", sorted({name for names in CLAIMS.values() for name in names}))
def test_the_test_exists(test):
    """Each promise is held by tests that exist."""
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.stem
)
def test_nothing_is_promised_that_is_not_checked(path):
    """No page says that a diagram is always true of the code."""
    assert TOO_MUCH.findall(path.read_text(encoding="utf-8")) == []


def test_nothing_is_promised_in_the_metadata():
    """Neither the summary nor a package's docstring says that a diagram is always true."""
    packages = (penstock, penstock_sphinx, penstock_mkdocs)
    texts = [SUMMARY, *(str(package.__doc__) for package in packages)]

    assert TOO_MUCH.findall("\n".join(texts)) == []
