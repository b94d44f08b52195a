"""Flows and steps as targets: roles, indices, and what other projects find."""

import re
from zlib import decompress

import pytest

ELSEWHERE = "\n.. toctree::\n\n   flows\n"
FLOWS = "Flows\n=====\n\n.. penstock-flow:: orders\n"


@pytest.fixture
def pages(project):
    """A project whose page ``flows`` shows the flow, and whose first page says *text*."""

    def make(text: str):
        made = project(index=f"Start\n=====\n\n{text}\n{ELSEWHERE}")
        made.write("flows.rst", FLOWS)
        return made

    return make


def links(html: str) -> list[tuple[str, str]]:
    """Return where the links of a page's own text lead, and their words."""
    found = re.findall(
        r'<a class="reference internal" href="(flows\.html#[^"]+)"[^>]*>(.*?)</a>', html
    )
    return [(href, re.sub(r"<[^>]+>", "", words)) for href, words in found]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        pytest.param("flow:`orders`", ("penstock--orders", "Orders"), id="flow"),
        pytest.param("step:`orders.send`", ("penstock--orders--send", "send"), id="step"),
        pytest.param("step:`send`", ("penstock--orders--send", "send"), id="name alone"),
        pytest.param(
            "step:`orders.receive`",
            ("penstock--orders--receive", "Receive the order"),
            id="step with a title",
        ),
        pytest.param(
            "entrypoint:`orders.receive`",
            ("penstock--orders--receive", "Receive the order"),
            id="entrypoint",
        ),
        pytest.param("step:`it <orders.send>`", ("penstock--orders--send", "it"), id="words"),
    ],
)
def test_roles(pages, role, expected):
    """A role leads to the page that shows what it names, by its title unless it has words."""
    built = pages(f"See :penstock:{role}.").build(nitpicky=True)

    anchor, words = expected
    assert built.warnings == ""
    assert (f"flows.html#{anchor}", words) in links(built.read("index.html"))


def test_any(pages):
    """The role for anything finds flows and steps too."""
    built = pages("See :any:`orders.send`.").build(nitpicky=True)

    assert built.warnings == ""
    assert ("flows.html#penstock--orders--send", "orders.send") in links(built.read("index.html"))


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        pytest.param(
            "flow:`order`",
            "unknown flow 'order'; did you mean 'orders'? (known: orders) [penstock.unknown_flow]",
            id="flow",
        ),
        pytest.param(
            "step:`orders.sent`",
            "unknown step 'orders.sent'; did you mean 'orders.send'? (known: orders.receive, "
            "orders.charge, orders.pack, orders.send) [penstock.unknown_step]",
            id="step",
        ),
        pytest.param(
            "entrypoint:`orders.send`",
            "no page shows entrypoint 'orders.send': show it with penstock-flow or penstock-step "
            "[penstock.not_shown]",
            id="no entrypoint",
        ),
    ],
)
def test_unknown(pages, role, expected):
    """A role that leads nowhere is a warning at its line that says why."""
    made = pages(f"See :penstock:{role}.")

    assert made.build().warnings == f"{made.folder / 'index.rst'}:4: WARNING: {expected}\n"


def test_unknown_to_other_domains(pages):
    """Sphinx itself reports unknown targets of other domains."""
    made = pages("See :py:func:`nothing`.")

    assert made.build(nitpicky=True).warnings == (
        f"{made.folder / 'index.rst'}:4: WARNING: py:func reference target not found: nothing "
        "[ref.func]\n"
    )


def test_ambiguous(pages):
    """A link to a name that steps of two flows have is a warning."""
    made = pages("See :penstock:step:`send`.\n\n.. penstock-flow:: mails\n")
    made.edit(
        "shop.py", "@orders\n@step(after=all_of", '@flow("mails")\n@orders\n@step(after=all_of'
    )

    assert (
        "WARNING: ambiguous step 'send': there are mails.send, orders.send. "
        "Write which flow's you mean [penstock.unknown_step]"
    ) in made.build().warnings


def test_most_detailed_page(pages):
    """Of several pages that show a flow, links lead to the most detailed one."""
    built = pages(
        "See :penstock:step:`orders.send`.\n\n.. penstock-flow:: orders\n   :steps: summary\n"
    )

    found = links(built.build().read("index.html"))

    assert ("flows.html#penstock--orders--send", "send") in found


def test_no_index(pages):
    """With `no-index` a flow is shown, but links do not lead there."""
    made = pages("See :penstock:step:`orders.send`.")
    made.write("flows.rst", FLOWS + "   :no-index:\n")

    built = made.build()

    assert built.warnings.endswith("with penstock-flow or penstock-step [penstock.not_shown]\n")
    assert "<svg" in built.read("flows.html")
    assert "Orders (flow)" not in built.read("genindex.html")


def test_inventory(pages):
    """Other projects find flows and steps in the inventory."""
    built = pages("").build()

    # The function that reads it is another one in each Sphinx.
    lines = decompress((built.folder / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    found = (line.split(" ", 4) for line in lines.splitlines() if "penstock:" in line)
    assert sorted((kind, name, label) for name, kind, _, _, label in found) == [
        ("penstock:entrypoint", "orders.receive", "Receive the order"),
        ("penstock:flow", "orders", "Orders"),
        ("penstock:step", "orders.charge", "charge"),
        ("penstock:step", "orders.pack", "pack"),
        ("penstock:step", "orders.send", "send"),
    ]


def test_other_project(pages, tmp_path_factory):
    """Another project links to a step and to a flow."""
    built = pages("").build()
    other = tmp_path_factory.mktemp("other")
    made = type(pages(""))(other)
    made.write(
        "index.rst", "See :penstock:step:`orders.receive` and :penstock:flow:`shop:orders`.\n"
    )
    mapping = {"shop": ("https://shop.example/", str(built.folder / "objects.inv"))}

    theirs = made.build(
        "html", "sphinx.ext.intersphinx", intersphinx_mapping=mapping, penstock_modules=[]
    )

    assert theirs.warnings == ""
    assert re.findall(r'href="https://shop.example/(flows[^"]+)"', theirs.read("index.html")) == [
        "flows.html#penstock--orders--receive",
        "flows.html#penstock--orders",
    ]


def test_general_index(pages):
    """Flows and steps are in the general index."""
    html = pages("").build().read("genindex.html")

    assert '<a href="flows.html#penstock--orders">Orders (flow)</a>' in html
    assert (
        '<a href="flows.html#penstock--orders--receive">'
        "Receive the order (entrypoint in Orders)</a>"
    ) in html
    assert '<a href="flows.html#penstock--orders--send">send (step in Orders)</a>' in html


def test_flow_index(pages):
    """Its own page lists flows with their steps, and can be linked to."""
    built = pages("See :ref:`all of them <penstock-flowindex>`.").build()

    html = built.read("penstock-flowindex.html")
    words = " ".join(re.sub(r"<[^>]+>", " ", html.partition("<table")[2]).split())
    assert built.warnings == ""
    assert 'href="penstock-flowindex.html"' in built.read("index.html")
    assert re.findall(r'href="(flows\.html#[^"]+)"', html) == [
        "flows.html#penstock--orders",
        *(f"flows.html#penstock--orders--{s}" for s in ("receive", "charge", "pack", "send")),
    ]
    assert "Orders From order to parcel." in words
    assert "Receive the order (entrypoint) Takes an order" in words
