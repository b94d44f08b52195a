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
