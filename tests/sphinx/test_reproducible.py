"""Builds as a whole: the same bytes every time, in any number of processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONF = """
extensions = ["penstock_sphinx"]
penstock_modules = ["shop"]
penstock_pythonpath = ["."]
exclude_patterns = ["_out", "_build"]
"""


def sphinx_build(made, name: str, *options: str, seed: str = "0") -> subprocess.CompletedProcess:
    """Run Sphinx as its users do."""
    out = made.folder / "_out" / name
    return subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", *options),
            *("-d", str(out / ".doctrees"), str(made.folder), str(out)),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Return all that a build made."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".buildinfo" and ".doctrees" not in p.parts
    }


@pytest.fixture
def pages(project):
    """A project of seven pages that all show a flow, with a module that counts its imports."""
    made = project(after="\n.. toctree::\n   :glob:\n\n   page*\n")
    made.write("conf.py", CONF)
    formats = ("svg", "png", "mermaid")
    for number in range(6):
        made.write(
            f"page{number}.rst",
            f"Page {number}\n=======\n\n.. penstock-flow:: orders\n"
            f"   :format: {formats[number % 3]}\n",
        )
    count = "print('imported')\nopen(__file__ + '.log', 'a').write('x')\n"
    made.edit("shop.py", "from penstock", f"{count}from penstock")
    return made


@pytest.mark.parametrize(("jobs", "seed"), [("1", "1"), ("2", "2")])
def test_same_bytes(pages, jobs, seed):
    """Builds give the same bytes for any number of jobs and any hash seed."""
    first = sphinx_build(pages, "a", "-W", "-j", "1")
    second = sphinx_build(pages, "b", "-W", "-j", jobs, seed=seed)

    assert (first.stderr, second.stderr) == ("", "")
    assert tree(pages.folder / "_out" / "a") == tree(pages.folder / "_out" / "b")


def test_imported_once(pages):
    """Parallel readers share what was imported before they were started."""
    sphinx_build(pages, "a", "-j", "2")

    assert (pages.folder / "shop.py.log").read_text() == "x"


def test_failing(pages):
    """A build with -W fails for an unknown flow, in processes of their own too, and again."""
    pages.edit("page3.rst", "orders", "order")

    codes = [sphinx_build(pages, "a", "-W", "-j", "2").returncode for _ in range(2)]

    assert codes == [1, 1]
