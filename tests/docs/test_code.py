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
    and path.parts[-2:] != ("integrations", "index.md")  # `test_integrations` runs its lines
]
SYBIL = Sybil(parsers=[PythonCodeBlockParser()])


def test_pages_are_found():
    """There is code to run on the pages that newcomers read first.

    The tutorial is not one namespace but files of its reader's: `test_tutorial` follows it.
    """
    assert {"README.md", "declare.md", "log-flow-ids.md"} <= {page.name for page in PAGES}


@pytest.mark.usefixtures("_new_process")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(request, monkeypatch, tmp_path, page):
    """Every block of a page runs, one after the other in one namespace."""
    monkeypatch.chdir(tmp_path)  # some write files
    if "REDIS_URL" in page.read_text(encoding="utf-8"):
        monkeypatch.setenv("REDIS_URL", request.getfixturevalue("redis_url"))
    examples = list(SYBIL.parse(page).examples())
    for example in examples:
        example.evaluate()

    assert len(examples) == page.read_text(encoding="utf-8").count("```python")


@pytest.mark.usefixtures("_new_process")
def test_log_lines_are_what_is_printed(capsys):
    """The lines shown on the page about logs are what its configuration writes."""
    page = ROOT / "docs" / "how-to" / "log-flow-ids.md"

    for example in list(SYBIL.parse(page).examples())[:2]:
        example.evaluate()

    (shown,) = re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert capsys.readouterr().out == shown
