"""Links between pages, content security policies, and access by keyboard."""

import re
from pathlib import Path

import pytest
from sphinx.application import Sphinx

from penstock_sphinx._domain import DomainObject

BARE = "Shop\n====\n\n.. penstock-flow:: orders\n   :steps: none\n   :caption: Bare\n\n"


def ids(html: str) -> list[str]:
    return re.findall(r'\bid="(penstock--[^"]+)"', html)


@pytest.mark.parametrize("first", ["index", "full"], ids=["best last", "best first"])
def test_single_page(project, first):
    """In a single page each anchor is once, and links lead to the most detailed section."""
    toctree = ".. toctree::\n\n   full\n   bare\n"
    made = project(index=(BARE if first == "index" else "Shop\n====\n\n") + toctree)
    see = ":penstock:flow:`orders` :penstock:step:`charge`\n"
    made.write("full.rst", "Full\n====\n\n.. penstock-flow:: orders\n\nThe end.\n")
    made.write("bare.rst", BARE + see)

    built = made.build("singlehtml", "sphinx.ext.napoleon")

    html = built.read("index.html")
    assert built.warnings == ""
    assert len(ids(html)) == len(set(ids(html)))
    after = html.index(">Full<a")
    assert after < html.index('id="penstock--orders"') < html.index("The end.")
    assert 'class="reference internal" href="#penstock--orders"' in html


def test_orphans(project):
    """Of pages that say as much, links prefer one that readers come by."""
    made = project(index="Shop\n====\n\n:penstock:flow:`orders`\n\n.. toctree::\n\n   flows\n")
    flow = "=====\nFlows\n=====\n\n.. penstock-flow:: orders\n"
    made.write("a.rst", f":orphan:\n\n{flow}")
    made.write("flows.rst", flow)

    html = made.build().read("index.html")

    assert 'href="flows.html#penstock--orders"' in html
    assert 'href="a.html#penstock--orders"' not in html


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        pytest.param(":format: svg", True, id="links"),
        pytest.param(":format: mermaid", True, id="Mermaid"),
        pytest.param(":format: png", False, id="image"),
    ],
)
def test_keyboard(project, option, expected):
    """A box that scrolls can be scrolled with the keyboard."""
    (box,) = re.findall(
        r'<div [^>]*class="penstock-view[^>]*>', project(option).build().read("index.html")
    )

    assert ('tabindex="0"' in box) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((":width: 400",), ' width="400px"', id="width"),
        pytest.param((":height: 20em",), ' height="20em"', id="height"),
        pytest.param((":width: 50%", ":height: 90"), ' width="50%" height="90px"', id="both"),
    ],
)
def test_sizes_without_styles(project, options, expected):
    """An SVG is as large as its author says by attributes, which every policy allows."""
    tag, *_ = re.findall("<svg[^>]*>", project(*options).build().read("index.html"))

    assert "".join(re.findall(r' (?:width|height)="[^"]*"', tag)) == expected
    assert "style=" not in tag


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param((":width: 4in",), {"width": "384"}, id="width"),
        pytest.param((":height: 90",), {"height": "90"}, id="height"),
        pytest.param((":width: 50%",), {"width": "50%"}, id="part of the page"),
        pytest.param((":width: 9", ":height: 90px"), {"width": "9", "height": "90"}, id="both"),
    ],
)
def test_sizes_of_png(project, options, expected):
    """An image is as large as its author says, by attributes, and a page keeps room for it."""
    html = project(":format: png", *options).build().read("index.html")

    (tag,) = re.findall('<img src="_images/penstock[^>]*>', html)
    actual = dict(re.findall(r' (width|height)="([^"]*)"', tag))
    assert actual | expected == actual
    assert len(actual) == (1 if "50%" in tag else 2)


def test_unknown_settings(project):
    """A name in conf.py that looks like a setting is warned of, an import is not."""
    made = project(index="Shop\n====\n")
    code = "import penstock_sphinx\ndef penstock_helper(): ...\npenstock_module = ['shop']\n"
    made.write("conf.py", code)

    warnings = made.build().warnings

    assert warnings.startswith(
        "WARNING: conf.py: unknown setting 'penstock_module'; did you mean 'penstock_modules'? "
    )
    assert warnings.count("WARNING") == 1


def test_flow_without_steps(project):
    """A flow that no function uses is listed, with a warning."""
    made = project(index="Shop\n====\n\n.. penstock-flows::\n")
    made.edit("shop.py", "orders = flow(", 'flow("lost", title="Lost")\norders = flow(')

    built = made.build()

    assert "flow 'lost' has no steps: no function uses it [penstock.no_steps]" in built.warnings
    assert "Lost" in built.text()


def test_old_sphinx(project, monkeypatch):
    """If Sphinx cannot add folders of extensions, files are copied all the same."""
    monkeypatch.delattr(Sphinx, "add_static_dir", raising=False)

    assert (project().build().folder / "_static" / "penstock.css").is_file()


def test_new_sphinx(project, monkeypatch):
    """If Sphinx takes folders from extensions, it is given them, and no setting changes."""
    added = []
    monkeypatch.setattr(
        Sphinx, "add_static_dir", lambda _, folder: added.append(folder), raising=False
    )

    built = project().build()

    assert added
    assert all(Path(folder).is_dir() for folder in added)
    assert "html_static_path" not in built.status


@pytest.mark.skipif(
    not hasattr(Sphinx, "add_static_dir"), reason="before Sphinx 9.1 there is no other way"
)
def test_settings_stay_as_they_are(project):
    """A second build does not say that a setting has changed."""
    made = project()
    made.write("mermaid.js", "")
    settings = {"penstock_mermaid_js": "mermaid.js", "penstock_format": "mermaid"}
    made.build(**settings)

    built = made.build(**settings)

    assert "html_static_path" not in built.status
    assert (built.folder / "_static" / "mermaid.js").is_file()


def test_step_after_with_a_new_title(project):
    """A page with one step is read again when the step after it has a new title."""
    made = project(index="Shop\n====\n\n.. penstock-step:: orders.charge\n")
    made.build()
    made.edit("shop.py", '"charge", "pack"))', '"charge", "pack"), title="Send it")')

    assert "leads to Send it" in made.build().text()


def test_merge_of_other_processes(project):
    """Only the pages that another process has read are taken over from it."""
    from sphinx.testing.util import SphinxTestApp

    made = project()
    settings = {"extensions": ["penstock_sphinx"]}
    app = SphinxTestApp("dummy", srcdir=made.folder, confoverrides=settings)
    try:
        domain = app.env.get_domain("penstock")
        mine, stale = (
            DomainObject("f", None, anchor, "F", "flow", 0) for anchor in ("mine", "stale")
        )
        domain.note_object("a", mine)
        other = {name: {} for name in domain.initial_data}
        other["objects"] = {"a": [stale], "b": [mine]}

        domain.merge_domaindata({"b"}, other)

        assert domain.data["objects"] == {"a": [mine], "b": [mine]}
    finally:
        app.cleanup()


def test_room_that_the_author_wants(project):
    """A diagram that the browser draws has the room that the author wants for it."""
    shop = "Shop\n====\n\n.. penstock-flow:: orders\n   :format: mermaid\n   :height: 300\n"

    assert 'data-height="300px"' in project(index=shop).build().read("index.html")
