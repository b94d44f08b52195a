"""Pages of the documentation on a phone: code scrolls in itself, and pages do not."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree

import pytest
from browser import chromium
from docutils import nodes

__all__ = ["chromium"]

pytestmark = pytest.mark.usefixtures("_unmeasured")

DOCS = Path(__file__).parents[2] / "docs"
CUT_OFF = """() => {
    const cut = [];
    const width = innerWidth;
    if (document.documentElement.scrollWidth > width) cut.push("the page");
    for (const element of document.querySelectorAll("article *, footer *")) {
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height || box.right <= width + 0.5) continue;
        let around = element.parentElement;
        const scrolls = e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
        while (around && !scrolls(around)) around = around.parentElement;
        if (!around) cut.push(element.outerHTML.slice(0, 80));
    }
    return cut;
}"""
"""Names the page if it scrolls sideways, and each element that no reader can scroll to."""


def build(source, target, *options):
    """Build the pages in *source*, in the theme of the documentation."""
    command = [sys.executable, "-m", "sphinx", "-q", *options, str(source), str(target)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})


def cut_off(chromium, target, color_scheme="light"):
    """Return what is cut off at 390 px, by page."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=color_scheme
    )
    page = context.new_page()
    found = {}
    for path in sorted(target.rglob("*.html")):
        if "_static" not in path.parts:
            page.goto(path.as_uri())
            found[path.relative_to(target).as_posix()] = page.evaluate(CUT_OFF)
    assert len(found) > 1
    return {path: cut for path, cut in found.items() if cut}


def test_tables_of_integrations(chromium, tmp_path):
    """Of the widest tables of the documentation, a phone shows a row below the other."""
    source = tmp_path / "source"
    copytree(DOCS / "_static", source / "_static")
    copy(DOCS / "integrations" / "index.md", source / "index.md")
    (source / "conf.py").write_text(
        f"import sys\nsys.path.append({str(DOCS / '_extension')!r})\n"
        "extensions = ['myst_parser', 'narrow_tables']\n"
        "myst_enable_extensions = ['colon_fence']\n"
        "html_theme = 'furo'\n"
        "html_static_path = ['_static']\n"
        "html_css_files = ['docs.css']\n"
        "suppress_warnings = ['toc', 'myst']\n",
        encoding="utf-8",
    )
    build(source, tmp_path / "built")

    assert cut_off(chromium, tmp_path / "built") == {}
    page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto((tmp_path / "built" / "index.html").as_uri())
    tables = page.locator("table.stacked")
    width = "table => table.offsetWidth - table.parentElement.clientWidth"
    assert tables.count() > 5
    assert max(table.evaluate(width) for table in tables.all()) <= 0


def test_what_is_stacked():
    """A table that is too wide for a phone has the title of the column in each of its cells."""
    narrow_tables = runpy.run_path(str(DOCS / "_extension" / "narrow_tables.py"))
    few = [["a", "bb"], ["c", "d" * 43]]
    many = [["tool", "does", "use"], ["x", "word " * 10, "word " * 10], ["y", "", ""]]
    found = [table_of(rows) for rows in (few[:1] * 2, few, many)]

    assert [narrow_tables["is_wide"](table) for table in found] == [False, True, True]
    narrow_tables["add_titles"](found[1])
    narrow_tables["add_titles"](found[2])
    titles = [each.astext() for each in found[2].findall(nodes.inline)]
    assert titles == ["does", "use"]
    assert not list(found[1].findall(nodes.inline))


def table_of(rows):
    """Return a table of strings, the first row of which has the titles of its columns."""

    def row(cells):
        return nodes.row("", *(nodes.entry("", nodes.paragraph(text=cell)) for cell in cells))

    head, *body = map(row, rows)
    return nodes.table("", nodes.tgroup("", nodes.thead("", head), nodes.tbody("", *body)))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the documentation, built in its own theme."""
    target = tmp_path_factory.mktemp("site")
    build(DOCS, target)
    return target


@pytest.mark.wide
@pytest.mark.timeout(900)  # it opens some hundred pages
def test_every_page(chromium, site):
    """No page of the documentation scrolls sideways on a phone, and nothing on it is cut off."""
    assert cut_off(chromium, site) == {}


@pytest.mark.wide
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_modes_of_the_gallery(chromium, site, color_scheme):
    """Each diagram of the gallery is there in light and in dark colours, in both modes."""
    page = chromium.new_context(color_scheme=color_scheme).new_page()
    page.goto((site / "reference" / "gallery.html").as_uri())
    fill = "element => getComputedStyle(element).fill"
    fills = {
        mode: {
            card.evaluate(fill)
            for card in page.locator(f".mode.{mode} .penstock-store .penstock-card").all()
        }
        for mode in ("light", "dark")
    }

    assert fills["light"] == {"rgb(255, 255, 255)"}
    assert len(fills["dark"]) == 1
    assert fills["light"] != fills["dark"]
