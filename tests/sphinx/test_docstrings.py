"""Docstrings and signatures, as the project has them."""

import pytest

STEPS = '''
from functools import partial
from penstock import entrypoint, flow, step
orders = flow("orders")

class Order: ...

@orders
@entrypoint
def receive(order: Order, at: "Order | None" = None) -> list[Order]:
    """See :func:`helper`.

    :param order: What came.
    """

class Shop:
    @orders
    @step(after="receive")
    def pack(self, order: Order): ...

    @orders
    @step(after="receive")
    @staticmethod
    async def weigh(order): yield 1
'''


AUTODOC = "sphinx.ext.autodoc"


@pytest.fixture
def shop(project):
    """A project whose steps have types and classes."""
    made = project()
    made.write("shop.py", STEPS)
    return made


def hook(made, event, body):
    """Let the project listen to *event*."""
    made.write(
        "conf.py",
        f"def hook(app, what, name, obj, options, *rest):\n    {body}\n"
        f"def setup(app): app.connect('{event}', hook)\n",
    )


def test_docstring_hooks(project):
    """Docstrings go through autodoc's event, so that a project's hooks see them."""
    made = project()
    hook(
        made,
        "autodoc-process-docstring",
        "rest[0][:] = [f'HOOK {what} {name} {obj.__name__} {options.noindex}']",
    )

    assert "HOOK function shop.send send None" in made.build("html", AUTODOC).text()


def test_options_in_hooks(project):
    """The options that a hook gets can be copied, as autodoc's own can."""
    made = project()
    hook(
        made,
        "autodoc-process-docstring",
        "rest[0][:] = [f'HOOK {__import__(\"copy\").deepcopy(options)}']",
    )

    built = made.build("html", AUTODOC)

    assert built.warnings == ""
    assert "HOOK {}" in built.text()


def test_signature_hooks(shop):
    """Signatures go through autodoc's event too, with what they are of."""
    hook(shop, "autodoc-process-signature", "return f'({what}, {name})', rest[1]")

    text = shop.build("html", AUTODOC).text()

    assert "receive ( function , shop.receive ) → list [ Order ]" in text
    assert "Shop. pack ( method , shop.Shop.pack )" in text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {},
            "receive ( order : Order , at : Order | None = None ) → list [ Order ]",
            id="short",
        ),
        pytest.param(
            {"autodoc_typehints_format": "fully-qualified"},
            "receive ( order : shop.Order , at : shop.Order | None = None ) → list [ shop.Order ]",
            id="qualified",
        ),
        pytest.param({"autodoc_typehints": "none"}, "receive ( order , at = None )", id="none"),
        pytest.param(
            {"autodoc_typehints": "description"},
            "Parameters : order ( Order ) – What came. at ( Order | None ) "
            "Return type : list [ Order ]",
            id="description",
        ),
    ],
)
def test_types(shop, settings, expected):
    """Types are where the project wants autodoc to put them."""
    built = shop.build("html", *([AUTODOC] if settings else []), **settings)

    assert built.warnings == ""
    # Where autodoc's own markup puts spaces differs between versions.
    assert expected.replace(" ", "") in built.text().replace(" ", "")


def test_methods(shop):
    """A method is shown in its class and without ``self``; generators may be asynchronous."""
    text = shop.build().text()

    assert "Shop. pack ( order : Order )" in text
    assert "async Shop. weigh ( order )" in text


def test_links_in_docstrings(shop):
    """A name in a docstring means what it means in the function's module, on any page."""
    shop.write(
        "index.rst",
        ".. py:function:: shop.helper()\n\n.. py:currentmodule:: other\n\n"
        ".. penstock-flow:: orders\n\n.. py:function:: later()\n",
    )

    html = shop.build().read("index.html")

    assert '<a class="reference internal" href="#shop.helper"' in html
    assert 'id="other.later"' in html
    assert "shop.</span></span><span" not in html.partition("</svg>")[2].partition("later")[0]


def test_myst(project):
    """In a Markdown page the docstrings are still reST, with their links."""
    made = project(index="# Shop\n\n```{penstock-flow} orders\n```\n", name="index.md")
    made.edit("shop.py", "Sends it.", r"Sends_ it.\n\n.. _sends: https://example.org/\n")

    built = made.build("html", "sphinx.ext.napoleon", "myst_parser")

    html = built.read("index.html")
    assert built.warnings == ""
    assert "The <em>number</em> of the order." in html
    assert '<a class="reference external" href="https://example.org/">Sends</a>' in html


@pytest.mark.parametrize(
    ("name", "index"),
    [
        pytest.param("index.rst", None, id="reST"),
        pytest.param("index.md", "# Shop\n\n```{penstock-flow} orders\n```\n", id="MyST"),
    ],
)
def test_broken_docstring(project, name, index):
    """Broken reST in a docstring is a warning at the docstring, and the page is built."""
    made = project(index=index, name=name)
    made.edit("shop.py", "Charges it.", "Charges it.\\n\\n*At once.")

    built = made.build("html", "myst_parser")

    place = f"{made.folder / 'shop.py'}:docstring of shop.charge:3"
    assert built.warnings.startswith(f"{place}: WARNING: Inline emphasis")
    assert built.warnings.count("WARNING") == 1
    assert "Charges it." in built.text()


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_odd_callables(project, builder):
    """A callable without a plain name or a signature is shown, and can be linked to."""
    made = project()
    made.write(
        "shop.py",
        "from functools import partial\nfrom penstock import *\norders = flow('orders')\n"
        "orders(entrypoint(name='begin')(lambda: None))\n"
        "def plain(x): 'Runs.'\n"
        "orders(step(name='go on', after='begin')(partial(plain, 1)))\n"
        "orders(step(name='most', after='go on')(getattr))\n",
    )

    built = made.build(builder)

    assert built.warnings == ""
    if builder == "html":
        assert (
            "go on functools · after begin · leads to most Runs. most getattr ( … )" in built.text()
        )
    else:
        page = next(built.folder.glob("*.tex")).read_text(encoding="utf-8")
        links = ["begin", "go-on-"]
        assert [
            page.count(rf"\label{{\detokenize{{index:penstock--orders--{x}") for x in links
        ] == [1, 1]


def test_default_without_text(project):
    """A default is what the source says: nobody asks it for its text."""
    made = project()
    odd = "class Odd:\n    def __repr__(self): raise RuntimeError\n\n@orders\n@entrypoint(kind"
    made.edit("shop.py", "@orders\n@entrypoint(kind", odd)
    made.edit("shop.py", "def pack(order)", "def pack(order=Odd())")

    built = made.build()

    assert built.warnings == ""
    assert "pack ( order = Odd() ) shop · after" in built.text()
