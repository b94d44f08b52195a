"""penstock's own documentation: it is built without a warning, and it is complete."""

import importlib
import pkgutil
import posixpath
import re
import runpy
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import penstock
import penstock_mkdocs
import penstock_sphinx
from penstock_mkdocs._config import PenstockConfig
from penstock_mkdocs.markdown._options import ExtensionOptions

pytestmark = pytest.mark.usefixtures("_unmeasured")

ROOT = Path(__file__).parents[2]
MODULES = [
    importlib.import_module(name)
    for package in (penstock, penstock_sphinx, penstock_mkdocs)
    for name in (
        package.__name__,
        *(
            found.name
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
            if not any(part.startswith("_") for part in found.name.split("."))
        ),
    )
]
PUBLIC = [
    (module, name)
    for module in MODULES
    for name in getattr(module, "__all__", ())
    if not name.startswith("__")
]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Return the folder of the built documentation, in a theme that is written in half the time.

    `nox -s docs` builds it in its own.
    """
    target = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q"]
    theme = ["-D", "html_theme=basic"]
    subprocess.run([*command, *theme, "docs", str(target)], cwd=ROOT, check=True)
    return target


@pytest.mark.parametrize("page", ["mkdocs", "configuration"])
def test_every_option_for_mkdocs_is_in_the_reference(page):
    """Each option of the extension and of the plugin is in the tables, and in the overview."""
    text = (ROOT / f"docs/reference/{page}.md").read_text(encoding="utf-8")
    plugin = {name for name, _ in PenstockConfig._schema}
    options = {field.name for field in fields(ExtensionOptions)} | plugin

    inner = {"config_file"} if page == "configuration" else set()
    assert {name for name in options - inner if f"`{name}`" not in text} == set()


@pytest.fixture(scope="module")
def documented(built) -> dict[str, str]:
    """Return the page and anchor of each documented name of Python."""
    with (built / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    kinds = [names for kind, names in inventory.items() if kind.startswith("py:")]
    return {name: item.uri for names in kinds for name, item in names.items()}


def test_every_public_name_is_in_the_reference(documented):
    """Every public name of every public module is documented, at one of the modules that have it.

    A name that is documented twice is a warning of Sphinx, at which the build stops.
    """
    missing = [
        f"{module.__name__}.{name}"
        for module, name in PUBLIC
        if not any(
            f"{other.__name__}.{name}" in documented
            for other in MODULES
            if getattr(other, name, None) is getattr(module, name)
        )
    ]

    assert missing == []


def test_a_public_name_is_documented_once(documented):
    """An object that several public modules have by one name is documented at one of them."""
    at: dict[tuple[str, int], set[str]] = {}
    for module, name in PUBLIC:
        if f"{module.__name__}.{name}" in documented:
            value = getattr(module, name)
            if callable(value):
                at.setdefault((name, id(value)), set()).add(
                    documented[f"{module.__name__}.{name}"].partition("#")[0]
                )

    assert [names for names in at.values() if len(names) != 1] == []


def test_addresses_of_the_reference_when_it_was_one_page(built, documented):
    """The first page of the API reference has the anchors that it had when it was the only one."""
    html = (built / "reference" / "api.html").read_text(encoding="utf-8")
    moved = [page for page in documented.values() if page.startswith("reference/api/")]
    anchors = {page.partition("#")[2] for page in moved}

    assert len({page.partition("#")[0] for page in moved}) > 10
    assert {anchor for anchor in anchors if f'id="{anchor}"' not in html} == set()


def test_defaults(built):
    """A signature does not show what the objects are made of that are defaults."""
    html = (built / "reference" / "api" / "docs.html").read_text(encoding="utf-8")
    shown = " ".join(re.sub("<[^>]+>", "", html).split())

    assert "class penstock.docs.EdgeTable(*, sentence, rows, words=EvidenceWords())" in shown
    assert "words=Words(), source_of=no_source, part=None" in shown
    assert "find_step(reference, source=DECLARED)" in shown
    assert "words: Words = Words()" in shown


def test_rows():
    """A row of a table has a cell for each column: one that is too many would not be shown."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    tables = [
        (page.name, table)
        for page in pages
        for table in re.findall(r"(?:^\|.*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    cells = re.compile(r"(?<!\\)\|")

    assert len(tables) > 50
    uneven = [
        (name, line)
        for name, table in tables
        for line in table.splitlines()
        if len(cells.findall(line)) != len(cells.findall(table.partition("\n")[0]))
    ]
    assert uneven == []


def test_what_is_in_the_first_version(built):
    """The reference does not repeat that a name is from the first version, as nothing is older."""
    pages = [page.read_text(encoding="utf-8") for page in built.rglob("*.html")]

    assert [page for page in pages if "Added in version 0.2" in page] == []


def test_links_to_other_projects(built):
    """Names of other projects are links, and the inventories have no unused entries."""
    pages = "".join(page.read_text(encoding="utf-8") for page in built.rglob("*.html"))
    linked = set(re.findall(r'<a class="reference external" href="([^"]+)" title="\(in ', pages))
    listed = {
        f"{address}{location}#{'module-' if kind == 'mod' else ''}{name}"
        for address, lines in _inventories()
        for name, kind, location in lines
    }

    assert linked == listed


def _inventories():
    """Return the address of each project that is linked to, and what is listed of it."""
    conf = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    for address, file in conf["intersphinx_mapping"].values():
        text = (ROOT / "docs" / file).read_text(encoding="utf-8")
        yield address, [line.split() for line in text.splitlines()[3:]]


def test_packages_of_the_design():
    """The packages on the page about the design exist, and are in the order of the contract."""
    page = (ROOT / "docs" / "explanation" / "design.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `penstock")]
    named = [re.findall(r"`(?:penstock\.)?(\w+)`", row.split("|")[1]) for row in rows]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = {
        tuple(contract.get("containers", ())): contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    heights = {
        name: height
        for height, layer in enumerate([*layers[()], *layers["penstock",]])
        for name in layer.split(" | ")
    }

    assert [len({heights[name] for name in names}) for names in named] == [1] * len(rows)
    assert [heights[names[0]] for names in named] == sorted(heights[n[0]] for n in named)


def test_diagrams_are_in_the_pages(built):
    """The documentation shows diagrams, drawn by penstock itself."""
    for page in ("tutorial/first-diagram", "how-to/use-in-sphinx", "reference/diagrams"):
        html = (built / f"{page}.html").read_text(encoding="utf-8")
        assert re.search('<svg [^>]*class="penstock-flow"', html), page


def test_first_page(built):
    """The first page shows the log of the README before and after, a diagram, and three doors."""
    html = (built / "index.html").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    logs = re.findall(r"^```text\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[:2]
    shown = [
        re.sub(r"<[^>]+>", "", part) for part in re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
    ]

    assert [log for log in logs if log not in shown] == []
    assert re.search('<svg [^>]*class="penstock-flow"', html)
    assert len(re.findall('class="door ', html)) == 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_gallery(built, mode):
    """The gallery shows every kind of diagram in both modes, drawn by the build."""
    html = (built / "reference" / "gallery.html").read_text(encoding="utf-8")
    copies = html.split('<div class="mode ')[1:]
    shown = "".join(copy for copy in copies if copy.startswith(mode))
    signs = ("valid", "all of", "corrected", "Payment", "kafka:parcels", "not reached", "Timeout")
    signs += ("Turning arrow: the flow goes back", "2 steps")
    signs += ("Cross at an arrow", "Question mark at an arrow", "Tilde at an arrow")
    signs += ("Plus at an arrow", "not declared")

    assert [sign for sign in signs if sign not in shown] == []
    assert len(re.findall('<svg [^>]*class="penstock-flow"[^>]*role="group"', shown)) == 12
    assert len(re.findall(r"<img [^>]*\.png", shown)) == 2  # for light and for dark pages


def test_sources_in_the_gallery(built):
    """The gallery shows the source of each format that is text for another program."""
    html = (built / "reference" / "gallery.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html)

    assert [start for start in ("graph TD", "digraph", "@startuml") if start not in text] == []


def test_footer(built):
    """Each page names the contributors and the release, and links to the repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    address = project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["repository"]
    line = f'penstock {version("penstock")} · <a href="{address}">Repository</a>'
    for source in (ROOT / "docs").rglob("*.md"):
        page = built / source.relative_to(ROOT / "docs").with_suffix(".html")
        html = page.read_text(encoding="utf-8")

        assert line in html, page
        assert "penstock contributors" in re.sub(r"<[^>]+>", "", html), page


def test_links_in_the_readme():
    """The files in the repository that the README links to exist."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_extras_in_the_readme():
    """The README lists every extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`penstock\[([\w-]+)\]`", readme)) == set(
        project["optional-dependencies"]
    )
