"""Pages for machines say what other readers see: in Markdown, and in copies of the sources."""

import re
from importlib.util import find_spec

import pytest
from shop_source import GROUPED, TREE

OTHER = """
Other
=====

:penstock:step:`orders.charge`

.. penstock-flows::

.. penstock-step:: orders.send
   :no-index:

"""
BASE = "https://shop.example/docs"

copies = pytest.mark.filterwarnings(r"ignore:nodes.Node.traverse\(\)")
"""sphinx-llms-txt uses what docutils has deprecated."""


@pytest.fixture
def markdown(project, require):
    """Return what makes pages of Markdown from a page with a flow."""
    require("sphinx-markdown-builder", find_spec("sphinx_markdown_builder") is not None)

    def build(*options, after="", **settings):
        made = project(*options, after=after)
        return made.build("markdown", "sphinx_markdown_builder", **settings)

    return build


@pytest.fixture
def copied(project, require):
    """Return what builds a project of which sphinx-llms-txt copies all sources into one file."""
    require("sphinx-llms-txt", find_spec("sphinx_llms_txt") is not None)

    def build(pages, *extensions, builder="html", name="index.rst", **settings):
        made = project(index=pages.pop(name), name=name)
        for page, text in pages.items():
            made.write(page, text)
        return made.build(builder, "sphinx_llms_txt", *extensions, **settings)

    return build


def test_markdown(markdown):
    """A page of Markdown has the tree, the caption, whole signatures, and links that lead on."""
    after = "\nSee :penstock:step:`orders.charge`.\n\n.. py:function:: other(one)\n"

    built = markdown(":caption: How it goes", after=after)

    page = built.read("index.md")
    assert built.warnings == ""
    assert f"```text\n{TREE}```" in page
    assert "How it goes" in page
    assert "receive(order: int, \\*, dry: bool = False)" in page
    links = set(re.findall(r"\(#(penstock--[\w-]+)\)", page))
    anchors = re.findall(r'<a id="(penstock--[\w-]+)"></a>', page)
    assert len(links) == 4
    assert links < set(anchors)
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("steps", ["summary", "none"])
def test_markdown_without_sections(markdown, steps):
    """A list of steps has targets, and a diagram alone has one."""
    page = markdown(f":steps: {steps}").read("index.md")

    count = page.count('<a id="penstock--orders--')
    assert page.count('<a id="penstock--orders"></a>') == 1
    assert count == (4 if steps == "summary" else 0)


def test_absolute_links(markdown):
    """Links on a page are absolute if those between pages are."""
    after = "\n.. _here:\n\n.. rubric:: Here\n\n`To the rubric <here_>`_\n"

    page = markdown(after=after, markdown_http_base=BASE).read("index.md")

    assert f"({BASE}/index.md#penstock--orders--charge)" in page
    assert "](#penstock" not in page


def test_markdown_of_mermaid(markdown):
    """A diagram of Mermaid is its source, without colours."""
    page = markdown(":format: mermaid", ":steps: none").read("index.md")

    (source,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert "receive -->" in source
    assert not re.search("themeCSS|classDef|linkStyle|penstock-", source)


def test_markdown_of_what_mermaid_does_not_draw(markdown, monkeypatch):
    """A flow that is too large for Mermaid is a tree."""
    monkeypatch.setattr("penstock.render._formats.mermaid.flowchart._MOST_EDGES", 1)

    page = markdown(":format: mermaid", ":steps: none").read("index.md")

    assert f"```text\n{TREE}```" in page


@copies
def test_copies(copied):
    """A copy of the sources has what directives show, with absolute links, and samples as is."""
    index = (
        "Shop\n====\n\n.. code-block:: rst\n\n   .. penstock-flow:: orders\n\n"
        "1. In a list:\n\n   .. penstock-flow:: orders\n      :caption: How\n\n"
        ".. toctree::\n\n   other\n"
    )

    built = copied({"index.rst": index, "other.rst": OTHER}, html_baseurl=f"{BASE}/")

    full = built.read("llms-full.txt")
    assert full.startswith("Shop\n====\n\n.. code-block:: rst\n\n   .. penstock-flow:: orders\n\n")
    assert "\n".join(f"      {line}".rstrip() for line in TREE.splitlines()) in full
    assert "\n\n   How\n\n" in full
    assert "   ``receive(order: int, *, dry: bool = False) -> str``" in full
    assert f"`charge <{BASE}/index.html#penstock--orders--charge>`__ (paid)" in full
    assert "- Orders: From *order* to parcel." in full
    assert full.count("``send(order)``") == 2
    assert full.count(".. penstock-") == 1


@copies
def test_copies_of_markdown(copied):
    """In a page of MyST it is Markdown."""
    pytest.importorskip("myst_parser")
    index = "# Shop\n\n```{penstock-flow} orders\n:caption: How\n```\n\nAfter.\n"

    built = copied({"index.md": index}, "myst_parser", name="index.md", penstock_evidence=True)

    full = built.read("llms-full.txt")
    assert "```text\nOrders\n" in full
    assert "\n\nHow\n\n" in full
    assert "\n\nThe source supports 0 of 4 edges, 4 unverified." in full
    assert "- Receive the order \u2192 pack: ? unverified: receive has no body yet" in full
    assert "[charge](index.html#penstock--orders--charge) (paid)" in full
    assert "`receive(order: int, *, dry: bool = False) -> str`" in full
    assert "penstock-flow}" not in full
    assert full.rstrip().endswith("After.")


@copies
def test_copies_of_a_folded_flow(copied):
    """A flow that is folded has a tree for each group, and a link to a source is there."""
    index = "Shop\n====\n\n.. penstock-flow:: orders\n   :fold: 1\n"

    built = copied(
        {"index.rst": index, "shop.py": GROUPED},
        penstock_source_url="https://forge.example/{file}#{line}",
    )

    full = built.read("llms-full.txt")
    assert full.count(".. code-block:: text") == 3
    assert re.search(r"\[`source <https://forge\.example/[^>]+>`__\]", full)


@copies
def test_no_copies(copied):
    """A project may want no such file."""
    index = "Shop\n====\n\n.. penstock-flow:: orders\n"

    built = copied({"index.rst": index}, html_copy_source=False, llms_txt_full_file=False)

    assert not (built.folder / "llms-full.txt").exists()
    assert "penstock--orders" in built.read("index.html")


@copies
def test_copies_without_flows(copied):
    """A copy of pages of which only a docstring shows a flow is as the tool made it."""
    code = 'def work():\n    """Works.\n\n    .. penstock-flow:: orders\n    """\n'
    index = "Shop\n====\n\n.. autofunction:: extra.work\n\n.. penstock-flow:: elsewhere\n"

    built = copied({"index.rst": index, "extra.py": code}, "sphinx.ext.autodoc")

    assert built.read("llms-full.txt").strip() == index.strip()


@copies
def test_other_builders(copied):
    """In other builders nothing is copied."""
    built = copied({"index.rst": "Shop\n====\n\n.. penstock-flow:: orders\n"}, builder="text")

    assert built.warnings == ""
    assert "charge (ledger)" in built.read("index.txt")
