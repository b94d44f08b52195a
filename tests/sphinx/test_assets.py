"""The scripts and style sheets that pages load."""

import re
from importlib.util import find_spec

import pytest


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, ["https://cdn.jsdelivr.net/npm/mermaid@11.12.0"], id="default"),
        pytest.param({"penstock_mermaid_js": "//x.org/m.js"}, ["//x.org/m.js"], id="address"),
        pytest.param({"penstock_mermaid_js": "js/my.js"}, ["_static/my.js"], id="file"),
        pytest.param(
            {"penstock_mermaid_js": "my.js", "html_static_path": ["js"]},
            ["_static/my.js"],
            id="static file",
        ),
        pytest.param({"penstock_mermaid_js": None}, [], id="none"),
    ],
)
def test_mermaid_script(project, settings, expected):
    """Mermaid's script is loaded on pages that need it, from where the project says."""
    made = project(":format: mermaid", after="\n.. toctree::\n\n   other\n")
    made.write("other.rst", "Other\n=====\n\n.. penstock-flow:: orders\n")
    made.write("js/my.js", "1")

    built = made.build(**settings)

    scripts = {
        name: re.findall(
            r'<script defer="defer" src="([^"]*?(?:mermaid@[\d.]+|my\.js|m\.js))',
            built.read(f"{name}.html"),
        )
        for name in ("index", "other", "genindex")
    }
    assert built.warnings == ""
    assert scripts == {"index": expected, "other": [], "genindex": []}
    assert all((built.folder / name).is_file() for name in expected if "_static" in name)


def test_class_for_a_script_of_the_project(project):
    """Without a script of penstock, flows have the class that others look for, and all colours."""
    html = project(":format: mermaid").build(penstock_mermaid_js=None).read("index.html")

    assert ('<pre class="mermaid">' in html, "themeCSS" in html) == (True, True)


def test_missing_script(project):
    """A script that does not exist is a warning with its path."""
    made = project(":format: mermaid")

    built = made.build(penstock_mermaid_js="js/my.js")

    assert built.warnings == (
        f"WARNING: penstock_mermaid_js: there is no file {made.folder / 'js' / 'my.js'} "
        "[penstock.config]\n"
    )


@pytest.mark.parametrize("builder", ["text", "latex"])
def test_no_assets_without_html(project, builder):
    """Builders that are not of HTML have no use for scripts and styles."""
    built = project().build(builder, penstock_mermaid_js="missing.js")

    assert (built.warnings, list(built.folder.rglob("penstock.css"))) == ("", [])


THEIRS = re.compile(r"mermaid@[\d.]+/dist/mermaid\.esm\.min\.mjs")
OURS = re.compile(r"mermaid@[\d.]+/dist/mermaid\.min\.js|_static/penstock-mermaid\.js")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, (1, 0), id="theirs draws"),
        pytest.param(
            {"mermaid_output_format": "svg", "mermaid_cmd": "true"}, (0, 2), id="theirs has none"
        ),
    ],
)
@pytest.mark.parametrize("beside", ["Nothing.", ".. mermaid::\n\n   graph LR"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinxcontrib.mermaid")
def test_beside_sphinxcontrib_mermaid(project, require, settings, expected, beside):
    """A page has one Mermaid: that of sphinxcontrib.mermaid if it brings a script."""
    require("sphinxcontrib-mermaid", find_spec("sphinxcontrib.mermaid") is not None)

    made = project(":format: mermaid", after=f"\n{beside}\n")
    html = made.build("html", "sphinxcontrib.mermaid", **settings).read("index.html")

    assert (len(THEIRS.findall(html)), len(OURS.findall(html))) == expected
    assert html.count("accTitle: Orders") == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinxcontrib.mermaid")
def test_beyond_sphinxcontrib_mermaid(project, require):
    """A flow that Mermaid would refuse to draw is not handed over: it is drawn as SVG."""
    require("sphinxcontrib-mermaid", find_spec("sphinxcontrib.mermaid") is not None)
    made = project(":format: mermaid", ":steps: none")
    code = (
        "from penstock import flow, step\n"
        "orders = flow('orders')\n"
        "for i in range(502):\n"
        "    orders(step(name=f's{i}', after=f's{i - 1}' if i else None)(lambda: None))\n"
    )
    made.write("shop.py", code)

    built = made.build("html", "sphinxcontrib.mermaid")

    html = built.read("index.html")
    assert "Drawn as SVG instead [penstock.render]" in built.warnings
    assert ("<svg" in html, 'class="mermaid' in html) == (True, False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinxcontrib.mermaid")
@pytest.mark.parametrize(
    ("builder", "page"),
    [("text", "index.txt"), ("latex", "projectnamenotset.tex"), ("epub", "index.xhtml")],
)
def test_only_pages_with_scripts_are_handed_over(project, require, builder, page):
    """If no script runs, sphinxcontrib.mermaid is not asked to draw."""
    require("sphinxcontrib-mermaid", find_spec("sphinxcontrib.mermaid") is not None)
    made = project(":format: mermaid")

    text = made.build(builder, "sphinxcontrib.mermaid", epub_copyright="x", version="1").read(page)

    assert "Receive the order" in text
    assert "accTitle" not in text


def test_stylesheet(project):
    """Pages load the style sheet, which knows the themes' dark modes and the steps."""
    made = project()
    made.write("other.rst", ":orphan:\n\nOther\n=====\n\n:penstock:flow:`orders`\n")
    contents = ".. toctree::\n   :maxdepth: 3\n\n   index\n"
    made.write("contents.rst", f":orphan:\n\nContents\n========\n\n{contents}")
    built = made.build()

    css = built.read("_static/penstock.css")
    assert "_static/penstock.css" in built.read("index.html")
    assert "_static/penstock" not in built.read("other.html")
    # In it, the names of steps break.
    assert "_static/penstock.css" in built.read("contents.html")
    assert "_static/penstock.js" not in built.read("contents.html")
    assert '[data-theme="dark"]' in css
    assert "dl.penstock-step" in css


def test_width_and_height_of_mermaid(project):
    """The page keeps the room that the author asks for, in CSS where each length has a unit."""
    built = project(":format: mermaid", ":width: 300", ":height: 20em").build()

    assert 'data-width="300px" data-height="20em"' in built.read("index.html")
