"""The Python of the README and of the documentation runs as it is written."""

import re
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "```python" in path.read_text(encoding="utf-8")
]
SYBIL = Sybil(parsers=[PythonCodeBlockParser()])


def test_pages_are_found():
    """There is code to run on the pages that newcomers read first."""
    assert {"README.md", "first-diagram.md", "declare.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, monkeypatch):
    """Every block of a page runs, one after the other in one namespace."""
    monkeypatch.setattr("logging.root.handlers", [])

    examples = list(SYBIL.parse(page).examples())
    for example in examples:
        example.evaluate()

    assert len(examples) == page.read_text(encoding="utf-8").count("```python")


def test_readme_shows_what_is_printed(capsys):
    """The diagram in the README is what its code prints."""
    readme = ROOT / "README.md"

    for example in SYBIL.parse(readme).examples():
        example.evaluate()

    (shown,) = re.findall(r"```mermaid\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert capsys.readouterr().out == shown
