"""Flows that a page shows in some builds only."""

import re

import pytest
import sphinx

NAMING = "Other\n=====\n\n:penstock:flow:`orders`, :penstock:step:`charge`\n"

ABSENT = (
    "no page shows flow 'orders': show it with penstock-flow or penstock-step",
    "no page shows step 'charge': show it with penstock-flow or penstock-step",
)

# A description of any domain inside of two `only` ends the build of an older Sphinx.
NESTED = pytest.mark.skipif(sphinx.version_info < (9, 0), reason="Sphinx itself cannot")


@pytest.fixture
def shop(project):
    """Return what makes a project that shows a flow inside of *around*, and names it elsewhere."""

    def make(around: str, after: str = ""):
        shown = f"{around}\n\n   .. penstock-flow:: orders\n"
        index = f"Shop\n====\n\n{shown}{after}\n\n.. toctree::\n\n   other\n"
        made = project(index=index)
        made.write("other.rst", NAMING)
        return made

    return make


def links(built) -> list[str]:
    """Return where the links to flows and steps lead, of the page that names them."""
    return re.findall(r'href="(index.html#penstock[^"]*)"', built.read("other.html"))


HERE = ["index.html#penstock--orders", "index.html#penstock--orders--charge"]
EXTENSIONS = ("sphinx.ext.ifconfig", "sphinx.ext.todo")


@pytest.mark.parametrize(
    ("around", "is_shown"),
    [
        (".. only:: html", True),
        (".. only:: latex", False),
        pytest.param(".. only:: html\n\n   .. only:: draft", False, marks=NESTED),
        (".. only:: (", True),  # Sphinx warns of it and keeps what is inside
        (".. ifconfig:: builder == 'html'", True),
        (".. ifconfig:: builder == 'latex'", False),
        (".. ifconfig:: 1 / 0", False),
        (".. todo::", False),
        (".. container:: latex", True),
    ],
)
def test_links(shop, around, is_shown):
    """Links and indices lead to a flow where the build shows it, and else to nothing."""
    inner = around.rpartition("\n\n")[2]
    depth = len(inner) - len(inner.lstrip())
    made = shop(around)
    made.edit("index.rst", "   .. penstock-flow::", f"{' ' * depth}   .. penstock-flow::")

    built = made.build("html", *EXTENSIONS)

    assert ("penstock-flow" in built.read("index.html")) is is_shown
    assert links(built) == (HERE if is_shown else [])
    assert [message in built.warnings for message in ABSENT] == [not is_shown] * 2
    indices = [built.folder / f"{name}.html" for name in ("genindex", "penstock-flowindex")]
    listed = [i.is_file() and "#penstock--orders--charge" in i.read_text() for i in indices]
    assert listed == [is_shown, is_shown]
    searched = built.read("searchindex.js").replace(", ", ",")  # Sphinx 8.1 has spaces
    assert ('"penstock","step"' in searched) is is_shown


def test_directive_that_is_left_out(shop):
    """Of two directives, one for each builder, links lead to the one that is shown."""
    made = shop(".. only:: latex", after="\n.. only:: html\n\n   .. penstock-flow:: orders\n")

    built = made.build()

    assert built.warnings == ""
    assert links(built) == [
        f"{HERE[0]}--2",
        f"{HERE[1].replace('orders--charge', 'orders--charge--2')}",
    ]
    assert links(built)[0].partition("#")[2] in re.findall(
        r'id="([^"]+)"', built.read("index.html")
    )


def test_one_after_the_other(shop):
    """A flow that one builder leaves out is complete in the next builder that shows it."""
    made = shop(".. only:: draft")

    seen = []
    for conf in ("", "tags.add('draft')", ""):
        made.write("conf.py", conf)
        built = made.build()
        indexed = "index.html#penstock--orders--charge" in built.read("genindex.html")
        seen.append((links(built), indexed))

    assert seen == [([], False), (HERE, True), ([], False)]
