"""From the reference of the project back to its flows."""

import re

import pytest

API = "API\n===\n\n.. automodule:: shop\n   :members:\n\n.. py:function:: other()\n\n   None.\n"
NONE = "None\n====\n\n.. py:function:: alone()\n\n   None.\n"
BACK = re.compile(r'<p class="penstock-meta">Part of the flows? (.*?)</p>')


@pytest.fixture
def shop(project):
    """A project with a page of a flow, one of its API and one of neither."""
    made = project(after="\n.. toctree::\n\n   api\n   none\n")
    made.write("api.rst", API)
    made.write("none.rst", NONE)
    return made


def test_links_back(shop):
    """A function in the reference links to the flow that has it as a step."""
    built = shop.build("html", "sphinx.ext.autodoc")
    html = built.read("api.html")

    found = [re.sub(r"</?span>", "", line) for line in BACK.findall(html)]
    assert built.warnings == ""
    assert found == [
        f'<a class="reference internal" href="index.html#penstock--orders--{name}">Orders</a>'
        for name in ("charge", "receive", "send")
    ]
    assert "penstock.css" in html
    assert "Part of the flow" not in built.read("index.html")


def test_other_pages_stay_as_they_are(shop):
    """A page that describes no step is the same as without links back."""
    with_them = shop.build("html", "sphinx.ext.autodoc").read("none.html")

    without = shop.build("html", "sphinx.ext.autodoc", penstock_backlinks="0")

    assert with_them == without.read("none.html")
    assert "penstock.css" not in with_them
    assert "penstock.css" not in without.read("api.html")
    assert not BACK.search(without.read("api.html"))


def test_wrong_value(shop):
    """A value that is not a boolean is a warning."""
    shop.write("conf.py", "penstock_backlinks = 'maybe'\n")
    built = shop.build()

    assert "penstock_backlinks: 'maybe' is neither True nor False (using True)" in built.warnings


def test_several_flows(shop):
    """A function of several flows links to each that a page shows, to others it does not."""
    last = '@orders\n@step(after=all_of("charge", "pack"))'
    shop.edit("shop.py", last, f'@flow("mail")\n@flow("unseen")\n{last}')
    shop.write("none.rst", "None\n====\n\n.. penstock-flow:: mail\n   :steps: none\n")

    html = shop.build("html", "sphinx.ext.autodoc").read("api.html")

    assert 'href="none.html#penstock--mail">' in html
    assert "unseen" not in html


def test_moved(shop):
    """A page of the reference is written again when its flow has moved, and when it is gone."""
    shop.build("html", "sphinx.ext.autodoc")
    shop.write("none.rst", "None\n====\n\n.. penstock-flow:: orders\n")
    shop.edit("index.rst", ".. penstock-flow:: orders", "Nothing.")
    moved = shop.build("html", "sphinx.ext.autodoc").read("api.html")
    shop.write("none.rst", NONE)
    gone = shop.build("html", "sphinx.ext.autodoc").read("api.html")

    assert 'href="none.html#penstock--orders--send"' in moved
    assert "Part of the flow" not in gone


@pytest.mark.parametrize("builder", ["singlehtml", "latex"])
def test_other_builders(shop, builder):
    """A page that joins all others has the line too; one that leaves a page out names its flow."""
    shop.edit("index.rst", "   none\n", "   none\n   shown\n")
    shop.write("shown.rst", "Shown\n=====\n\n.. penstock-flow:: orders\n")
    shop.edit("index.rst", ".. penstock-flow:: orders", "Nothing.")
    built = shop.build(builder, "sphinx.ext.autodoc", project="shop", root_doc="index")

    page = built.read("index.html" if builder == "singlehtml" else "shop.tex")
    assert page.count("Part of the flow") == 3


def test_outside_of_the_book(shop):
    """A book that leaves out the page of a flow has its name without a link."""
    shop.write("shown.rst", ":orphan:\n\nShown\n=====\n\n.. penstock-flow:: orders\n")
    shop.edit("index.rst", ".. penstock-flow:: orders", "Nothing.")

    built = shop.build("latex", "sphinx.ext.autodoc", project="shop")

    assert built.read("shop.tex").count("Part of the flow Orders") == 3


def test_source_url(shop):
    """Steps link to the source where neither viewcode nor linkcode does."""
    url = "https://forge.test/{file}?l={line}"

    first = shop.build(penstock_source_url=url).read("index.html")
    shop.edit("shop.py", "orders = flow(", "\norders = flow(")
    moved = shop.build(penstock_source_url=url).read("index.html")
    shown = shop.build("html", "sphinx.ext.viewcode", penstock_source_url=url).read("index.html")

    address = re.compile(r'\[<a [^>]*href="https://forge.test/shop.py\?l=(\d+)">source</a>\]')
    lines = [int(line) for line in address.findall(first)]
    assert len(lines) == 4
    assert [int(line) for line in address.findall(moved)] == [line + 1 for line in lines]
    assert not address.search(shown)
