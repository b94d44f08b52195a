"""Each code of the check has a page whose bad example gives it, and whose good one gives none."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from command_line import invoke, printed
from transcript import blocks, commands, patch

from penstock.evidence import CODES, Finding
from penstock.evidence._help import MEANINGS
from penstock.testing import isolated_registry

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference" / "check"
MODULES = ("shop", "mail")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which is the current one, and whose modules are forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file changes within a second
    yield tmp_path
    forget()


def forget():
    for name in MODULES:
        sys.modules.pop(name, None)


def run(command):
    """Return what the program prints, as a new process of it would."""
    forget()
    with isolated_registry():
        return printed(invoke(*shlex.split(command)[1:]))


def follow(page, folder):
    """Follow *page*, and return the codes that the last check of each section found."""
    found = {}
    for block in blocks(page):
        if block.language == "diff":
            patch(folder / block.caption, block.text)
        elif block.language != "console":
            (folder / block.caption).write_text(block.text, encoding="utf-8")
        for command, expected in commands(block.text) if block.language == "console" else ():
            shown = run(command)
            pattern = re.escape(expected).replace(re.escape("https://..."), r"https://\S+")

            assert re.fullmatch(pattern, shown), f"$ {command}\n{shown}"
            found[block.section] = set(re.findall(r"\[([a-z-]+)\]$", shown, re.MULTILINE))
    return found


@pytest.mark.parametrize("code", [*MEANINGS])
def test_examples(code, folder):
    """The bad example gives exactly the code, the good one gives none; both print what it shows."""
    assert follow(PAGES / f"{code}.md", folder) == {"Bad": {code}, "Good": set()}


def test_each_code_has_a_page():
    """There is a page for each code that a check can find, and for no other."""
    graph = ROOT / "penstock" / "graph"
    text = "".join(path.read_text(encoding="utf-8") for path in graph.glob("_*.py"))
    problems = re.findall(r'code="([a-z-]+)"|(?:yield|\() "?"([a-z]+-[a-z]+)"', text)
    pages = {path.stem for path in PAGES.glob("*.md")} - {"django", "index"}

    assert pages == set(MEANINGS)
    assert set(CODES) < pages
    assert {one or other for one, other in problems} < pages


@pytest.mark.parametrize("code", [*MEANINGS])
def test_the_page_says_how_bad_it_is(code):
    """The page begins with the code, and says whether it is an error or a warning."""
    finding = Finding(code=code, flow=None, source=None, target=None, message="")
    level = {"error": "An error", "warning": "A warning"}[finding.severity]
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")

    assert text.startswith(f"# `{code}`\n\n{level}: ")
    assert finding.help.endswith(f"/docs/reference/check/{code}.md")
