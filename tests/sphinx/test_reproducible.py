"""Builds as a whole: the same bytes every time, in any number of processes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("_unmeasured")

CONF = """
extensions = ["penstock_sphinx"]
penstock_modules = ["shop"]
penstock_pythonpath = ["."]
exclude_patterns = ["_out", "_build"]
version = copyright = "1"
"""


def sphinx_build(
    made, name: str, *options: str, builder: str = "html", seed: str = "0"
) -> subprocess.CompletedProcess:
    """Run Sphinx as its users do."""
    out = made.folder / "_out" / name
    return subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "-b", builder, *options),
            *("-d", str(out) + ".doctrees", str(made.folder), str(out)),
        ],
        check=False,
        capture_output=True,
        text=True,
        # Books say when they were made.
        env=os.environ | {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1"},
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Return all that a build made."""
    # The file of a book holds what is beside it, and the times at which that was written.
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix != ".epub")
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names of the files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def search_index(js: bytes) -> dict[str, object]:
    """Return the search index without what Sphinx by itself does not keep up to date.

    Words that are gone stay, with no page; entries of the general index are
    only those of the pages that were read last.
    """
    index = json.loads(js.removeprefix(b"Search.setIndex(").removesuffix(b")"))
    del index["indexentries"]
    for kind in ("terms", "titleterms"):
        index[kind] = {word: pages for word, pages in index[kind].items() if pages != []}
    return index


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


@pytest.mark.parametrize("builder", ["html", "latex", "epub"])
def test_same_bytes(pages, builder):
    """Builds give the same bytes for any number of jobs and any hash seed.

    Parallel readers share what was imported before they were started.
    """
    first = sphinx_build(pages, "a", "-W", "-j", "1", builder=builder)
    second = sphinx_build(pages, "b", "-W", "-j", "4", builder=builder, seed="2")

    out = pages.folder / "_out"
    assert (first.stderr, second.stderr) == ("", "")
    assert differing(tree(out / "a"), tree(out / "b")) == []
    assert (pages.folder / "shop.py.log").read_text() == "xx"


def test_many_pages_of_one_diagram(pages):
    """Writers in separate processes can draw one flow at the same time, light and dark."""
    for number in range(40):
        image = "..  penstock-flow:: orders\n   :steps: none\n   :format: png\n"
        pages.write(f"page1{number}.rst", f"Page\n====\n\n{image}")

    done = sphinx_build(pages, "a", "-W", "-j", "4")

    images = list((pages.folder / "_out" / "a" / "_images").glob("*.png"))
    assert (done.returncode, done.stderr, len(images)) == (0, "", 2)


def test_failing(pages):
    """A build with -W fails for an unknown flow, with separate processes too, and again."""
    pages.edit("page3.rst", "orders", "order")

    codes = [sphinx_build(pages, "a", "-W", "-j", "2").returncode for _ in range(2)]

    assert codes == [1, 1]


@pytest.fixture
def site(project):
    """A project of pages that show, list and name a flow."""
    pages = ".. toctree::\n\n   flows\n   more\n   named\n"
    made = project(index=f"Shop\n====\n\n.. penstock-flows::\n\n{pages}")
    made.write("flows.rst", "Flows\n=====\n\n.. penstock-flow:: orders\n   :caption: All\n")
    made.write("more.rst", "More\n====\n\n.. penstock-flow:: orders\n   :steps: none\n")
    made.write("named.rst", "Named\n=====\n\n:penstock:step:`pack`, :penstock:flow:`orders`\n")
    return made


STEP = '\n@orders\n@step(after="send")\ndef thank(order): "Thanks."\n'

EDITS = {  # one after the other
    "docstring": lambda made: made.edit("shop.py", "Sends it.", "Posts *it*."),
    "title": lambda made: made.edit("shop.py", '"Receive the order"', '"Take the order"'),
    "title of flow": lambda made: made.edit("shop.py", '"Orders"', '"Sales"'),
    "new step": lambda made: made.write("shop.py", (made.folder / "shop.py").read_text() + STEP),
    "step gone": lambda made: made.edit("shop.py", STEP, ""),
    "new page": lambda made: made.write("new.rst", ":orphan:\n\n.. penstock-step:: pack\n"),
    "page gone": lambda made: (
        (made.folder / "flows.rst").unlink(),
        made.edit("index.rst", "   flows\n", ""),
    ),
}


def test_incremental(site):
    """After each edit, an incremental build has the same output as a new one."""
    site.build()
    for name, edit in EDITS.items():
        edit(site)
        edited = tree(site.build().folder)
        shutil.rmtree(site.folder / "_build")

        fresh = tree(site.build().folder)  # which the next edit begins with

        search = [search_index(made.pop("searchindex.js")) for made in (edited, fresh)]
        assert differing({file: edited[file] for file in fresh}, fresh) == [], name
        assert search[0] == search[1], name
