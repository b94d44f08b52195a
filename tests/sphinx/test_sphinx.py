"""Flows in documentation that the real Sphinx builds."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import pytest

from penstock.exceptions import MissingExtraError
from penstock.graph import _picture

PAGE = """
Shop
====

.. penstock-flow:: orders
"""


def options(*lines: str) -> str:
    return PAGE + "".join(f"   {line}\n" for line in lines)


def text_of(html: str) -> str:
    """Return what a reader reads in *html*, on one line."""
    body = html.partition('<div class="body" role="main">')[2].partition('<div class="sphinxside')[
        0
    ]
    body = re.sub(r"<(svg|style)\b.*?</\1>", " ", body, flags=re.DOTALL)
    body = re.sub(r'<a class="headerlink".*?</a>', "", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_page(project):
    """A page shows what the flow is for, its diagram, who owns it, and each step in order."""
    built = project(PAGE).build(extensions=["penstock_sphinx", "sphinx.ext.napoleon"])

    assert built.warnings == ""
    assert text_of(built.read("index.html")) == (
        "Shop From order to parcel. "
        "Owner: Ada. Tags: a, b "
        "Receive the order receive ( order : int , * , dry : bool = False ) → str "
        "Entrypoint · http Takes an order <in>. "
        "Parameters : order – The number of the order. "
        "Leads to: charge (paid), pack "
        "async charge ( order ) Ledger Charges it. "
        "Comes after: Receive the order (paid) Leads to: send "
        "pack ( order ) Comes after: Receive the order Leads to: send "
        "send ( order ) Sends it. Comes after all of: charge , pack"
    )


def test_diagram_links_to_steps(project):
    """Each node of the diagram leads to its step on the page."""
    html = project(PAGE).build().read("index.html")

    links = re.findall(r'<a href="#(penstock--[^"]+)"><title>', html)

    assert [link.rpartition("--")[2] for link in links] == ["receive", "charge", "pack", "send"]
    assert all('<dt class="sig' in html and f'id="{link}"' in html for link in links)


def test_ids_are_unique(project):
    """A flow that a page shows twice gives no id twice."""
    html = project(PAGE + PAGE.partition("====")[2]).build().read("index.html")

    ids = re.findall(r' id="([^"]+)"', html)

    assert len(ids) == len(set(ids))
    assert len([i for i in ids if "--receive" in i]) == 2


def test_docstring_hooks(project):
    """Docstrings go through autodoc's event, so that a project's hooks see them."""
    made = project(PAGE)
    made.write(
        "conf.py",
        "def hook(app, what, name, obj, options, lines):\n"
        "    lines[:] = [f'HOOK {what} {name} {obj.__name__} {options.noindex}']\n"
        "def setup(app): app.connect('autodoc-process-docstring', hook)\n",
    )

    html = made.build().read("index.html")

    assert "HOOK function shop.send send None" in html


def test_myst(project):
    """In a Markdown page the docstrings are still reST."""
    made = project("# Shop\n\n```{penstock-flow} orders\n```\n", "index.md")

    built = made.build(extensions=["penstock_sphinx", "sphinx.ext.napoleon", "myst_parser"])

    assert built.warnings == ""
    assert "The <em>number</em> of the order." in built.read("index.html")


def test_table_of_contents(project):
    """Steps are in the table of contents under their titles."""
    html = project(".. contents::\n\n" + PAGE).build(html_theme="furo").read("index.html")

    toc = html.partition('<div class="toc-tree">')[2].partition("</div>")[0]
    assert re.findall(r'href="#penstock--orders--(\w+)"', toc) == [
        *("receive", "charge", "pack", "send"),
    ]
    assert "Receive the order" in " ".join(re.sub(r"<[^>]+>", "", toc).split())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((":caption: An *order*",), "An <em>order</em></span>", id="caption"),
        pytest.param((":name: my-flow",), 'id="my-flow"', id="name"),
        pytest.param((":caption: x", ":align: right"), '<figure class="align-right"', id="align"),
        pytest.param((":align: center",), "penstock-diagram align-center", id="align bare"),
        pytest.param((":class: wide",), 'class="wide penstock-diagram"', id="class"),
        pytest.param((":direction: lr",), "Orders", id="direction"),
        pytest.param((":format: PNG", ":alt: A & <b>"), 'alt="A &amp; &lt;b&gt;"', id="alt"),
        pytest.param((":format: png",), 'alt="Diagram of the flow Orders"', id="default alt"),
        pytest.param((":format: mermaid",), '<pre class="mermaid">', id="mermaid"),
    ],
)
def test_options(project, lines, expected):
    """Each option of the directive does what it says."""
    built = project(options(*lines)).build()

    assert built.warnings == ""
    assert expected in built.read("index.html")


def test_name_can_be_referred_to(project):
    """A flow with a caption and a name is a target of ``:ref:``."""
    page = options(":name: my-flow", ":caption: The orders") + "\nSee :ref:`my-flow`.\n"

    built = project(page).build()

    assert built.warnings == ""
    assert 'href="#my-flow"><span class="std std-ref">The orders</span>' in built.read("index.html")


def test_direction(project):
    """A flow can lead to the right, for one page or for all."""
    widths = [
        float(re.search(r'<svg [^>]*width="([\d.]+)pt"', html)[1])
        for html in (
            project(PAGE).build().read("index.html"),
            project(options(":direction: LR")).build().read("index.html"),
            project(PAGE).build(penstock_direction="LR").read("index.html"),
        )
    ]

    assert widths[0] < widths[1] == widths[2]


def test_summary(project):
    """A summary is a list of the steps, with a sentence each."""
    html = project(options(":steps: summary")).build().read("index.html")

    assert text_of(html).endswith(
        "Receive the order — Takes an order <in>. charge — Charges it. pack send — Sends it."
    )
    assert '<li id="penstock--orders--receive">' in html


def test_no_steps(project):
    """Without steps, the diagram has no links that lead nowhere."""
    html = project(options(":steps: none")).build().read("index.html")

    assert "<a href=" not in html.partition("<svg")[2].partition("</svg>")[0]
    assert "Takes an order" not in text_of(html)


def test_format_of_the_project(project):
    """The project decides about the format, a page may choose another."""
    built = project(PAGE + options(":format: svg").partition("====")[2]).build(
        penstock_format="mermaid"
    )

    html = built.read("index.html")
    assert (html.count('<pre class="mermaid">'), html.count("<svg")) == (1, 1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, ["mermaid@11.12.0"], id="default"),
        pytest.param({"penstock_mermaid_js": "js/my.js"}, ["_static/my.js"], id="vendored"),
        pytest.param({"penstock_mermaid_js": None}, [], id="none"),
    ],
)
def test_mermaid_script(project, settings, expected):
    """Mermaid's script is loaded on pages that need it, from where the project says."""
    made = project(options(":format: mermaid") + "\n.. toctree::\n\n   other\n")
    made.write("other.rst", "Other\n=====\n\n.. penstock-flow:: orders\n")
    (made.folder / "js").mkdir()
    made.write("js/my.js", "")

    built = made.build(**settings)

    assert built.warnings == ""

    scripts = {
        name: re.findall(r'<script src="[^"]*?(mermaid@[\d.]+|_static/my\.js)', built.read(name))
        for name in ("index.html", "other.html")
    }
    assert scripts == {"index.html": expected, "other.html": []}


def test_stylesheet(project):
    """Pages load the style sheet, which knows the themes' dark modes."""
    built = project(PAGE).build()

    assert "_static/penstock.css" in built.read("index.html")
    assert '[data-theme="dark"]' in built.read("_static/penstock.css")


# The JSON builder of Sphinx' own package uses what Sphinx has deprecated.
@pytest.mark.filterwarnings("ignore:'sphinxcontrib.serializinghtml")
@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "epub", "json"])
def test_html_builders(project, builder):
    """Every HTML builder shows the picture."""
    built = project(options(":caption: Why & how")).build(
        builder, project="x", version="1", copyright="x"
    )

    pages = [*built.folder.glob("index.*html"), *built.folder.glob("index.fjson")]
    assert built.warnings == ""
    assert "penstock-entrypoint" in pages[0].read_text(encoding="utf-8")


def test_epub_is_well_formed(project):
    """An EPUB page with a picture is well-formed XML."""
    built = project(options(":caption: Why & how")).build(
        "epub", project="x", version="1", copyright="x"
    )

    ET.fromstring(built.read("index.xhtml").partition("\n")[2].replace("&copy;", ""))


TREE = [
    "Orders",
    "Receive the order (entrypoint, http)",
    "├─ paid ─> charge (ledger)",
    "│   └── send (after all of them)",
    "└── pack",
    "└── send ↑",
]


@pytest.mark.parametrize(
    ("builder", "name"),
    [("text", "index.txt"), ("xml", "index.xml"), ("pseudoxml", "index.pseudoxml")],
)
def test_builders_without_pictures(project, builder, name):
    """Where there are no pictures, the flow is a tree of text."""
    built = project(PAGE).build(builder)

    text = re.sub(r"</?literal_block[^>]*>", ">", built.read(name))
    lines = [unescape(line).strip() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.endswith(TREE[0]))
    assert built.warnings == ""
    assert [line.strip(">") for line in lines[start : start + 6]] == TREE


@pytest.mark.parametrize(("builder", "suffix"), [("man", "1"), ("texinfo", "texi")])
def test_manuals(project, builder, suffix):
    """Manual pages and Texinfo show the tree of text too."""
    built = project(PAGE).build(
        builder,
        project="Shop",
        man_pages=[("index", "shop", "Shop", [], 1)],
        texinfo_documents=[("index", "shop", "Shop", "a", "Shop", "d", "m")],
    )

    text = built.read(f"shop.{suffix}")
    assert built.warnings == ""
    assert "Receive the order (entrypoint, http)" in text
    assert "Takes an order" in text


def test_latex(project):
    """LaTeX includes the picture as a file that is there."""
    built = project(options(":caption: Why")).build("latex")

    text = next(built.folder.glob("*.tex")).read_text(encoding="utf-8")
    (name,) = re.findall(r"\\sphinxincludegraphics\{\{(penstock-\w+)\}\.png\}", text)

    assert built.warnings == ""
    assert (built.folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_unknown_flow(project):
    """An unknown flow is a warning at the author's line, and a note in the page."""
    made = project(PAGE.replace("orders", "order"))
    built = made.build()

    expected = "unknown flow 'order'; did you mean 'orders'? (known: orders)"
    assert built.warnings == (
        f"{made.folder / 'index.rst'}:5: WARNING: {expected} [penstock.unknown_flow]\n"
    )
    assert "This flow cannot be shown: unknown flow" in built.read("index.html")


def test_warning_comes_again(project):
    """A page that warned is read again in the next build, so that -W stays red."""
    made = project(PAGE.replace("orders", "order"))

    assert made.build().warnings == made.build().warnings != ""


def test_problem(project):
    """A problem of a flow is a warning, and the flow is drawn."""
    made = project(PAGE)
    made.write(
        "shop.py", "from penstock import *\n@flow('orders')\n@step(after='x')\ndef a(): ...\n"
    )

    built = made.build()

    assert re.findall(r"\[([\w.-]+)\] \[penstock\.problem\]", built.warnings) == [
        "unknown-predecessor",
        "no-entrypoint",
    ]
    assert "penstock-missing" in built.read("index.html")


def test_bad_module(project):
    """A module that cannot be imported is a warning with its cause; the rest is built."""
    made = project(PAGE)
    made.write("broken.py", "\nimport nothing_of_the_sort\n")

    built = made.build(penstock_modules=["broken", "shop"])

    assert built.warnings == (
        f"WARNING: cannot import 'broken' ({made.folder / 'conf.py'}): ModuleNotFoundError: "
        f"No module named 'nothing_of_the_sort' ({made.folder / 'broken.py'}:2) [penstock.import]\n"
    )
    assert "<svg" in built.read("index.html")


def test_wrong_setting(project):
    """A wrong setting is a warning that says what is wrong."""
    built = project("Shop\n====\n").build(penstock_modules=[1])

    assert "'modules' takes a text, not 1 [penstock.config]" in built.warnings


def test_settings_of_the_project(project):
    """Without conf.py values, [tool.penstock] names the modules."""
    made = project(PAGE)
    made.write("pyproject.toml", '[tool.penstock]\nmodules = ["shop"]\npythonpath = ["."]\n')

    built = made.build(penstock_modules=[], penstock_pythonpath=[])

    assert (built.warnings, "<svg" in built.read("index.html")) == ("", True)


def test_mocked_imports(project):
    """What autodoc mocks is mocked while flows are imported."""
    made = project(PAGE)
    made.write("shop.py", "import not_here_at_all\n" + (made.folder / "shop.py").read_text())

    built = made.build(autodoc_mock_imports=["not_here_at_all"])

    assert built.warnings == ""


@pytest.mark.parametrize("builder", ["html", "latex"])
@pytest.mark.parametrize("format_", ["svg", "png"])
def test_without_graphviz(project, monkeypatch, builder, format_):
    """Without a Graphviz program the tree of text stands there, and a warning names the cure."""

    def fail(*_: object) -> bytes:
        raise MissingExtraError("drawing a picture", "a Graphviz program", "png")

    monkeypatch.setattr(_picture, "_draw", fail)

    built = project(options(f":format: {format_}")).build(builder)

    (page,) = built.folder.glob("index.html" if builder == "html" else "*.tex")
    assert "pip install 'penstock[png]'. Shown as text instead [penstock.render]" in built.warnings
    assert "Receive the order (entrypoint, http)" in page.read_text(encoding="utf-8")


def test_beyond_mermaid(project):
    """A flow that Mermaid would refuse to draw is drawn as SVG, with a warning."""
    made = project(options(":format: mermaid", ":steps: none"))
    steps = "\n".join(f"orders(step(name='s{i}', after='s{i - 1}')(print))" for i in range(1, 503))
    begin = "from penstock import *\norders = flow('orders')\norders(entrypoint(name='s0')(print))"
    made.write("shop.py", f"{begin}\n{steps}\n")

    built = made.build()

    assert "Drawn as SVG instead [penstock.render]" in built.warnings
    assert "<svg" in built.read("index.html")


def test_wrong_option(project):
    """A wrong option is an error with the nearest value."""
    built = project(options(":format: svgg")).build()

    assert "'svgg' is none of svg, mermaid, png; did you mean 'svg'?" in built.warnings


def test_broken_docstring(project):
    """Broken reST in a docstring is a warning at the docstring, and the page is built."""
    made = project(PAGE)
    source = (made.folder / "shop.py").read_text()
    made.write("shop.py", source.replace("Charges it.", "*Charges it."))

    built = made.build()

    assert "shop.py:docstring of shop.charge:1: WARNING: Inline emphasis" in built.warnings
    assert "Charges it." in built.read("index.html")


def test_odd_callables(project):
    """What has no plain name is shown too."""
    made = project(PAGE)
    made.write(
        "shop.py",
        "from functools import partial\nfrom penstock import *\norders = flow('orders')\n"
        "orders(entrypoint(name='begin')(lambda: None))\n"
        "def plain(x): 'Runs.'\n"
        "orders(step(name='go on', after='begin')(partial(plain, 1)))\n",
    )

    built = made.build()

    assert built.warnings == ""
    assert "go on Runs. Comes after: begin" in text_of(built.read("index.html"))


def test_editing_a_step_reads_the_page_again(project):
    """A page is built again when a module that declares its steps changes."""
    made = project(PAGE)
    made.build()
    changed = (made.folder / "shop.py").read_text().replace("Sends it.", "Sends it at once.")
    made.write("shop.py", changed + "\n# longer\n")

    import time

    later = time.time() + 5
    os.utime(made.folder / "shop.py", (later, later))

    assert "Sends it at once." in made.build().read("index.html")


def tree(folder: Path) -> dict[str, bytes]:
    skip = {"environment.pickle", ".buildinfo"}
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in skip and ".doctrees" not in p.parts
    }


@pytest.mark.parametrize(("jobs", "seed"), [("1", "1"), ("2", "2")])
def test_same_bytes(project, tmp_path, jobs, seed):
    """Builds give the same bytes for any number of jobs and any hash seed."""
    made = project(PAGE + "\n.. toctree::\n   :glob:\n\n   page*\n")
    made.write(
        "conf.py",
        "extensions = ['penstock_sphinx']\npenstock_modules = ['shop']\n"
        "penstock_pythonpath = ['.']\nexclude_patterns = ['_out', '_build']\n",
    )
    for number in range(6):
        made.write(f"page{number}.rst", f"Page {number}\n=======\n\n.. penstock-flow:: orders\n")

    def build(name: str, jobs: str, seed: str) -> dict[str, bytes]:
        out = tmp_path / "_out" / name
        subprocess.run(
            [
                *(sys.executable, "-m", "sphinx", "-q", "-W", "-j", jobs),
                *("-d", str(out / ".doctrees"), str(made.folder), str(out)),
            ],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        return tree(out)

    assert build("a", "1", "0") == build("b", jobs, seed)
