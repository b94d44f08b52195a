"""The steps below a diagram."""

import re

import pytest


def test_table_of_contents(project):
    """Steps are in the table of contents under their titles."""
    html = project().build(html_theme="furo").read("index.html")

    toc = html.partition('<div class="toc-tree">')[2].partition("</div>")[0]
    links = re.findall(r'href="#penstock--orders--(\w+)"', toc)
    assert links == ["receive", "charge", "pack", "send"]
    assert "Receive the order" in " ".join(re.sub(r"<[^>]+>", "", toc).split())


def test_summary(project):
    """A summary is a list of the steps, with a sentence each."""
    made = project(":steps: summary")
    made.edit("shop.py", "Charges it.", r"*Charges* it.\n\nMore.")
    made.edit("shop.py", "def pack(order): ...", 'def pack(order): "* odd"')

    built = made.build()

    assert built.warnings == ""
    assert built.text().endswith(
        "Receive the order — Takes an order <in>. charge — Charges it. "
        "pack — * odd send — Sends it."
    )
    assert "<em>Charges</em>" in built.read("index.html")
    assert '<li id="penstock--orders--receive">' in built.read("index.html")


def test_summary_without_docstring(project):
    """A step without a docstring is its title alone in a summary."""
    assert "Charges it. pack send — Sends it." in project(":steps: summary").build().text()


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        pytest.param("name='fetch'", "fetch receive ( order )", id="name"),
        pytest.param("title='Fetch it'", "Fetch it receive ( order )", id="title"),
        pytest.param("title='receive'", "receive ( order )", id="title that is the name"),
        pytest.param("kind='SAP'", "receive ( order ) Entrypoint · SAP", id="kind"),
    ],
)
def test_title(project, option, expected):
    """A step has the title that its node has, once."""
    made = project()
    made.write(
        "shop.py",
        "from penstock import *\n"
        f"@flow('orders')\n@entrypoint({option})\ndef receive(order): ...\n",
    )

    text = made.build().text()

    assert text.removesuffix(" · shop").removesuffix(" Entrypoint") == f"Shop orders {expected}"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("eSAP ledger", "eSAP ledger"),
        ("Grpc", "gRPC"),
        ("kafka", "Kafka"),
        ("database", "database"),
    ],
)
def test_kind(project, kind, expected):
    """The kind of a step is written as it was declared, or as a name that is well known."""
    made = project()
    made.edit("shop.py", '"ledger"', f'"{kind}"')

    assert f"charge ( order ) {expected} · shop · after" in made.build().text()


def test_undeclared_step(project):
    """A step that nobody declared is named, but is not a link."""
    made = project()
    made.edit("shop.py", '"charge", "pack"', '"charge", "lost"')

    assert re.search(
        "after all of <a [^>]*>charge</a>, <em>lost</em>", made.build().read("index.html")
    )


LONG = """
from penstock import *
orders = flow("orders")
orders(entrypoint(name="begin")(lambda: None))
for number in range(20):
    def act(order):
        '''Acts on *it*.

        More of it.
        '''
    orders(step(name=f"act{number}", after="begin")(act))
"""


@pytest.mark.parametrize(
    ("options", "builder", "folded"),
    [((), "html", 20), ((":steps: full",), "html", 0), ((), "text", 0)],
)
def test_long_flow(project, options, builder, folded):
    """In HTML, the docstrings of a long flow are folded, unless the author wants all of them."""
    made = project(*options)
    made.write("shop.py", LONG)

    built = made.build(builder)

    page = built.read("index.html" if builder == "html" else "index.txt")
    gist = "<summary>Acts on <em>it</em>.</summary>"
    details = f'<details class="penstock-docstring">\n{gist}\n<p>More of it.</p>\n</details>'
    assert built.warnings == ""
    assert page.count(details) == folded
    assert page.count(f'<dd class="penstock-lines">{details}\n<p class="penstock-meta">') == folded
    assert page.count("More of it.") == 20


def test_folded(project):
    """A flow of any length can be folded; a docstring of one paragraph has nothing to fold."""
    html = project(":steps: folded").build().read("index.html")

    assert (
        html.count("<details") == html.count("<summary>Takes an order &lt;in&gt;.</summary>") == 1
    )
