"""The nodes of a diagram link to their step, on whichever page the docs describe it."""

import re

import pytest

NONE = ".. penstock-flow:: orders\n   :steps: none\n"
TREE = "Start\n=====\n\n{text}\n\n.. toctree::\n\n{names}\n"


@pytest.fixture
def pages(project):
    """Return what makes a project of pages by their names; its first page shows no steps."""

    def make(**texts: str):
        text = texts.pop("index", NONE)
        made = project(
            index=TREE.format(text=text, names="".join(f"   {name}\n" for name in texts))
        )
        for name, text in texts.items():
            made.write(f"{name}.rst", f"Page\n====\n\n{text}\n")
        return made

    return make


def leads(built, page: str = "index.html") -> dict[str, str]:
    """Return where the nodes of the first diagram on *page* lead."""
    svg = built.read(page).partition("<svg")[2].partition("</svg>")[0]
    found = re.findall(r'<a xlink:href="([^"]+)">.*?<text[^>]*>([^< ]+)', svg, re.DOTALL)
    return {name: href for href, name in found}


@pytest.mark.parametrize(
    ("builder", "page", "expected"),
    [
        ("html", "index.html", "sub/flows.html#penstock--orders--send"),
        ("dirhtml", "index.html", "sub/flows/#penstock--orders--send"),
        ("singlehtml", "index.html", "#penstock--orders--send"),
        ("epub", "index.xhtml", "sub/flows.xhtml#penstock--orders--send"),
        ("html", "sub/more.html", "flows.html#penstock--orders--send"),
        ("dirhtml", "sub/more/index.html", "../flows/#penstock--orders--send"),
        ("html", "sub/flows.html", "#penstock--orders--send"),
    ],
)
def test_other_page(pages, builder, page, expected):
    """A node without a step on its page leads to the page that has it."""
    made = pages(**{"sub/flows": ".. penstock-flow:: orders", "sub/more": NONE})

    built = made.build(builder, project="x", version="1", copyright="x")

    assert built.warnings == ""
    assert leads(built, page)["send"] == expected


def test_single_step_elsewhere(pages):
    """A node leads to a step that is alone on another page; the others lead nowhere."""
    built = pages(one=".. penstock-step:: orders.send").build(nitpicky=True)

    assert built.warnings == ""
    assert leads(built) == {"send": "one.html#penstock--orders--send"}


AUTODOC = ".. automodule:: shop\n   :members:\n"


def test_autodoc(pages):
    """Without a step in the docs, a node leads to the function's own documentation."""
    built = pages(api=AUTODOC).build("html", "sphinx.ext.autodoc")

    assert built.warnings == ""
    assert leads(built) == {name: f"api.html#shop.{name}" for name in ("charge", "send")} | {
        "Receive": "api.html#shop.receive"
    }


def test_step_before_autodoc(pages):
    """A step in the docs comes before the function's documentation."""
    built = pages(api=AUTODOC, one=".. penstock-step:: send").build("html", "sphinx.ext.autodoc")

    assert leads(built)["send"] == "one.html#penstock--orders--send"


@pytest.mark.parametrize("home", ["pack.shop", "pack"])
def test_back_from_viewcode(project, home):
    """The source leads to the project's reference, or else to the step, whichever is read last."""
    made = project()
    made.write("pack/__init__.py", "from pack.shop import *")
    made.write("pack/shop.py", (made.folder / "shop.py").read_text())
    for name, function in {"api": "receive", "later": "pack"}.items():
        made.write(f"{name}.rst", f":orphan:\n\nAPI\n===\n\n.. autofunction:: {home}.{function}\n")

    extensions = ("sphinx.ext.viewcode", "sphinx.ext.autodoc")
    built = made.build("html", *extensions, penstock_modules=["pack.shop"])

    source = built.read("_modules/pack/shop.html")
    leads = re.findall(r'class="viewcode-back" href="../../([^"]+)"', source)
    assert sorted(leads) == [
        *(f"api.html#{home}.receive", f"index.html#{home}.charge", f"index.html#{home}.send"),
        f"later.html#{home}.pack",
    ]
    for page, _, anchor in (lead.partition("#") for lead in leads):
        assert built.read(page).count(f'id="{anchor}"') == 1


def test_reference_on_the_same_page(project):
    """If the page of a flow is the project's reference too, each anchor is there once."""
    made = project(after="\n.. autofunction:: shop.receive\n")
    made.edit(
        "shop.py",
        "@orders\n@step(after=all_of",
        "orders(step(name='x')(lambda: 1))\n@orders\n@step(after=all_of",
    )

    html = made.build(
        "html", "sphinx.ext.viewcode", "sphinx.ext.autodoc", suppress_warnings=["penstock"]
    ).read("index.html")

    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {"shop.receive", "shop.send", "penstock--orders--x"} <= {*ids}


def test_viewcode(pages):
    """Without either, a node leads to the source that viewcode shows."""
    api = ".. py:function:: send(order)\n   :module: shop\n   :no-index:\n"
    made = pages(api=api)

    built = [made.build(builder, "sphinx.ext.viewcode") for builder in ("html", "singlehtml")]

    assert leads(built[0])["send"] == "_modules/shop.html#send"
    assert '<div class="viewcode-block" id="send">' in built[0].read("_modules/shop.html")
    assert leads(built[1]) == {}


LINKCODE = """
def linkcode_resolve(domain, info):
    return f"https://code.example/{info['module']}?{info['fullname']}&x"
"""


def test_linkcode(pages):
    """Without any of these, a node leads to where linkcode says that the source is."""
    made = pages()
    made.write("conf.py", LINKCODE)

    built = made.build("html", "sphinx.ext.linkcode")

    assert built.warnings == ""
    assert leads(built)["send"] == "https://code.example/shop?send&amp;x"


def test_linkcode_fails(pages):
    """If the project's function for that fails, a warning says so, and the page is built."""
    made = pages()
    made.write("conf.py", "def linkcode_resolve(domain, info): 1 / 0\n")

    built = made.build("html", "sphinx.ext.linkcode")

    assert built.warnings == (
        "WARNING: linkcode_resolve raised ZeroDivisionError: division by zero [penstock.config]\n"
    )
    assert leads(built) == {}


@pytest.fixture
def beside_another(pages, tmp_path_factory):
    """Return a project beside another one, which documents a function of a step."""
    made = pages()
    theirs = type(made)(tmp_path_factory.mktemp("theirs"))
    theirs.write("index.rst", ".. py:function:: shop.send(order)\n")
    inventory = theirs.build(penstock_modules=[]).folder / "objects.inv"
    mapping = {"theirs": ("https://theirs.example/", str(inventory))}
    made.settings["intersphinx_mapping"] = mapping
    return made


def test_other_project(beside_another):
    """A function that another project documents is where its node leads."""
    built = beside_another.build("html", "sphinx.ext.intersphinx")

    assert built.warnings == ""
    assert leads(built) == {"send": "https://theirs.example/index.html#shop.send"}


REFUSE = """
from sphinx.errors import NoUri

def refuse(app, env, node, contnode):
    raise NoUri

def setup(app):
    app.connect("missing-reference", refuse, priority=400)
"""


def test_no_address(beside_another):
    """If an extension has no address for a function, its node is not a link."""
    beside_another.write("conf.py", REFUSE)

    built = beside_another.build("html", "sphinx.ext.intersphinx")

    assert (leads(built), built.warnings) == ({}, "")


def test_function_without_a_name(pages):
    """A function that no code can name has no source to lead to."""
    made = pages()
    made.write("conf.py", LINKCODE)
    made.edit(
        "shop.py",
        '"Sends it."',
        '"Sends it."\n\norders(step(name="end", after="send")(lambda: None))',
    )

    built = made.build("html", "sphinx.ext.linkcode")

    assert built.warnings == ""
    assert set(leads(built)) == {"Receive", "charge", "pack", "send"}


def test_outside_of_the_book(pages):
    """A book names a step that only a page outside of it shows, without a link."""
    made = pages(index=".. penstock-step:: orders.charge", one=".. penstock-step:: orders.receive")
    made.write("outside.rst", ":orphan:\n\nOutside\n=======\n\n.. penstock-step:: orders.send\n")

    built = made.build("latex", project="shop")

    links = re.findall(r"\\hyperref\[\\detokenize\{(\S+?)\}", built.read("shop.tex"))
    assert built.warnings == ""
    assert "leads to send" in built.read("shop.tex")
    assert set(links) >= {"one:penstock--orders--receive", "index:penstock--orders--charge"}
    assert not any("send" in link for link in links)


def test_nowhere(pages):
    """The node of a step without docs is not a link, and there is no warning."""
    built = pages().build(nitpicky=True)

    assert (leads(built), built.warnings) == ({}, "")


def test_ways_of_a_single_step(pages):
    """A step that is alone leads to its neighbours where they are, or just names them."""
    made = pages(index=".. penstock-step:: orders.send", one=".. penstock-step:: orders.pack")

    html = made.build(nitpicky=True).read("index.html")

    ways = html.partition("after all of ")[2].partition("</p>")[0]
    assert re.sub(r' title="[^"]*"', "", ways) == (
        'charge, <a class="reference internal" href="one.html#penstock--orders--pack">pack</a>'
    )


def test_source_links(project):
    """Steps have the link to their source that the project's functions have."""
    html = project().build("html", "sphinx.ext.viewcode").read("index.html")

    assert html.count('href="_modules/shop.html#') == 4
