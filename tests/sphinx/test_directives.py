"""The output of the directive, and its options."""

import os
import pickle
import re
import time
from html import unescape

import pytest

from penstock.render import _registry


def test_page(project):
    """A page shows what the flow is for, its diagram, who owns it, and each step in order."""
    built = project().build("html", "sphinx.ext.napoleon")

    assert built.warnings == ""
    assert built.text() == (
        "Shop Orders From order to parcel. "
        "Owner Depot · a, b · orders "
        "Receive the order receive ( order : int , * , dry : bool = False ) → str "
        "Entrypoint · HTTP · shop · leads to charge (paid), pack "
        "Takes an order <in>. "
        "Parameters : order – The number of the order. "
        "async charge ( order ) "
        "ledger · shop · after Receive the order (paid) · leads to send "
        "Charges it. "
        "pack ( order ) shop · after Receive the order · leads to send "
        "send ( order ) shop · after all of charge , pack Sends it."
    )


DECLARED = """
from penstock import entrypoint, flow, loop, step

orders = flow("orders")

@orders
@entrypoint(receives=["kafka:a", "http:GET /<b>"], after={loop("check"): "no"})
def ask(): ...

@orders
@step(after="ask", sends="celery:c", group="Last", unchecked="<why>", uncovered="never")
def check(): ...

@orders
@step(after=["check", loop("poll")])
def poll(): ...
"""


def test_what_is_declared_of_steps(project):
    """A page has loops, channels, groups and reasons of steps, and so has the diagram."""
    made = project()
    made.write("shop.py", DECLARED)
    built = made.build()

    assert built.warnings == ""
    assert built.text() == (
        "Shop orders ask ( ) Entrypoint · Kafka · shop · "
        "comes back from check (no) · leads to check · receives kafka:a , http:GET /<b> "
        "check ( ) Celery · shop · after ask · leads to poll · leads back to ask (no) · "
        "sends celery:c · group Last · not checked: <why> · not covered: never "
        "poll ( ) shop · after check · leads back to poll"
    )
    drawn = built.read("index.html").partition("<svg")[2].partition("</svg>")[0]
    labels = [
        " ".join(unescape(text).split()) for text in re.findall(r"<text[^>]*>(.*?)</text>", drawn)
    ]
    assert set(labels) >= {"receives kafka:a", "sends celery:c", "no", "repeats"}


def test_diagram_links_to_steps(project):
    """Each node of the diagram leads to its step on the page."""
    html = project().build().read("index.html")

    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"><title>', html)

    assert [link.rpartition("--")[2] for link in links] == ["receive", "charge", "pack", "send"]
    assert all(re.search(rf'<dt class="[^"]*\bsig\b[^"]*" id="{link}"', html) for link in links)


def test_ids_are_unique(project):
    """A flow that a page shows twice gives no id twice."""
    html = project(after="\n.. penstock-flow:: orders\n").build().read("index.html")

    ids = re.findall(r' id="([^"]+)"', html)

    assert len(ids) == len(set(ids))
    assert len([i for i in ids if "--receive" in i]) == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((":caption: An *order*",), "An <em>order</em></span>", id="caption"),
        pytest.param((":name: my-flow",), 'id="my-flow"', id="name"),
        pytest.param((":caption: x", ":align: right"), '<figure class="align-right"', id="align"),
        pytest.param((":align: center",), "penstock-diagram align-center", id="align bare"),
        pytest.param((":class: wide",), 'class="wide penstock-diagram"', id="class"),
        pytest.param((":caption: x", ":class: wide"), 'class="wide penstock-diagram"', id="inner"),
        pytest.param(
            (":caption: x", ":figclass: low"), '<figure class="low align-default"', id="figclass"
        ),
        pytest.param((":figclass: low",), 'class="low penstock-diagram"', id="figclass bare"),
        pytest.param(
            (":height: 90",), '<svg height="90px" font-family="sans-serif" viewBox=', id="height"
        ),
        pytest.param((":format: PNG", ":alt: A & <b>"), 'alt="A &amp; &lt;b&gt;"', id="alt"),
        pytest.param((":alt: A & <b>",), 'aria-label="A &amp; &lt;b&gt;"', id="alt of svg"),
        pytest.param((":format: png",), 'alt="Diagram of the flow Orders"', id="default alt"),
        pytest.param((":format: mermaid",), '<pre class="penstock-mermaid">', id="mermaid"),
    ],
)
def test_options(project, lines, expected):
    """Each option of the directive does what it says."""
    built = project(*lines).build()

    assert built.warnings == ""
    assert expected in built.read("index.html")


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_name_can_be_referred_to(project, builder):
    """A flow with a caption and a name is a target of ``:ref:``."""
    see = "\nSee :ref:`my-flow` and :ref:`this <bare>`.\n"
    bare = "\n.. penstock-flow:: orders\n   :name: bare\n   :steps: none\n"

    built = project(":name: my-flow", ":caption: The orders", after=bare + see).build(builder)

    targets = {
        "html": ('<a class="reference internal" href="#{}">', ' id="{}"'),
        "latex": (r"{{\hyperref[\detokenize{{index:{}}}]", r"\label{{\detokenize{{index:{}}}}}"),
    }
    page = next(built.folder.glob("index.html" if builder == "html" else "*.tex")).read_text()
    assert built.warnings == ""
    assert [
        (link.format(name) in page, page.count(target.format(name)))
        for name in ("my-flow", "bare")
        for link, target in [targets[builder]]
    ] == [(True, 1)] * 2


def test_step_can_be_linked_to(project):
    """A step is a target for links on its page."""
    built = project(after="\nSee :penstock:step:`orders.send`.\n").build()

    assert built.warnings == ""
    assert re.search(
        r'<a class="reference internal" href="#penstock--orders--send" title="Sends it.">',
        built.read("index.html"),
    )


def test_direction(project):
    """A flow can lead to the right, for one page or for all."""
    widths = [
        float(re.search(r'<svg [^>]*width="([\d.]+)"', html)[1])
        for html in (
            project().build().read("index.html"),
            project(":direction: lr").build().read("index.html"),
            project().build(penstock_direction="LR").read("index.html"),
        )
    ]

    assert widths[0] < widths[1] == widths[2]


def test_no_steps(project):
    """Without steps, the diagram has no links that lead nowhere."""
    built = project(":steps: none").build()

    assert "href=" not in built.read("index.html").partition("<svg")[2].partition("</svg>")[0]
    assert "Takes an order" not in built.text()


def test_format_of_the_project(project):
    """The project decides about the format, a page may choose another."""
    html = (
        project(after="\n.. penstock-flow:: orders\n   :format: svg\n")
        .build(penstock_format="mermaid")
        .read("index.html")
    )

    assert (html.count('<pre class="penstock-mermaid">'), html.count('class="penstock-flow"')) == (
        1,
        1,
    )


def test_wrong_option(project):
    """A wrong option is an error with the nearest value."""
    built = project(":format: svgg").build()

    assert "'svgg' is none of svg, mermaid, png, " in built.warnings
    assert "; did you mean 'svg'?" in built.warnings


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("caption: All orders", "write ':caption: All orders'"),
        ("captoin: All orders", "indent options, and begin each with a colon"),
        ("Orders are received.", "indent options, and begin each with a colon"),
    ],
)
def test_option_without_a_colon(project, line, cure):
    """A line that is not an option is a warning, and the flow is shown without it."""
    made = project(index=f"Shop\n====\n\n.. penstock-flow:: orders\n   {line}\n   :steps: none\n")

    built = made.build()

    expected = f"'{line}' below 'orders' is not an option, and is left out: {cure}"
    assert built.warnings == (
        f"{made.folder / 'index.rst'}:4: WARNING: {expected} [penstock.option]\n"
    )
    assert "<svg" in built.read("index.html")


def test_unknown_flow(project):
    """An unknown flow is a warning at the author's line, and a note in the page."""
    made = project(index="Shop\n====\n\n.. penstock-flow:: order\n")

    built = made.build()

    expected = "unknown flow 'order'; did you mean 'orders'? (known: orders)"
    assert built.warnings == (
        f"{made.folder / 'index.rst'}:4: WARNING: {expected} [penstock.unknown_flow]\n"
    )
    assert "This flow cannot be shown: unknown flow" in built.read("index.html")


def test_warning_comes_again(project):
    """A page that warned is read again in the next build, so that -W stays red."""
    made = project(index="Shop\n====\n\n.. penstock-flow:: order\n")

    assert made.build().warnings == made.build().warnings != ""


def test_problem(project):
    """A problem of a flow is a warning, and the flow is drawn."""
    made = project()
    made.write(
        "shop.py", "from penstock import *\n@flow('orders')\n@step(after='x')\ndef a(): ...\n"
    )

    built = made.build()

    assert re.findall(r"\[([\w.-]+)\] \[penstock\.\w+\]", built.warnings) == [
        "unknown-predecessor",
        "no-entrypoint",
    ]
    assert "penstock-missing" in built.read("index.html")


def test_editing_a_step_reads_the_page_again(project):
    """A page is built again when a module that declares its steps changes."""
    made = project()
    made.build()
    made.edit("shop.py", "Sends it.", "Sends it at once.")
    later = time.time() + 5
    os.utime(made.folder / "shop.py", (later, later))

    assert "Sends it at once." in made.build().read("index.html")


def test_nothing_to_do(project):
    """A second build of what has not changed reads and writes nothing."""
    made = project()
    made.build()

    assert "0 added, 0 changed, 0 removed" in made.build().status
    assert "no targets are out of date" in made.build().status


def test_doctree_is_for_every_builder(project):
    """The doctree that Sphinx keeps has data only, without drawn images."""
    built = project(":format: png").build()

    kept = (built.folder.parent / "doctrees" / "index.doctree").read_bytes()
    assert b"<svg" not in kept
    assert b"PNG" not in kept
    assert "Orders" in repr(pickle.loads(kept).pformat())


def test_single_step(project):
    """A step can be anywhere alone, with what its flow's page says of it."""
    built = project(
        index=".. penstock-step:: orders.receive\n   :name: start\n   :class: big\n"
    ).build()

    html = built.read("index.html")
    assert built.warnings == ""
    assert built.text() == (
        "Receive the order receive ( order : int , * , dry : bool = False ) → str "
        "Entrypoint · HTTP · shop · leads to charge (paid), pack "
        "Takes an order <in>. Args: order: The number of the order."
    )
    assert re.search(r'<dl class="[^"]*penstock-step big" id="start">', html)
    assert 'id="penstock--orders--receive"' in html


def test_steps_by_name_alone(project):
    """A name that only one step has is enough."""
    assert "Sends it." in project(index=".. penstock-step:: send\n").build().text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "orders.sent",
            "unknown step 'orders.sent'; did you mean 'orders.send'? (known: orders.receive, "
            "orders.charge, orders.pack, orders.send)",
            id="unknown",
        ),
        pytest.param("sent", "unknown step 'sent'; did you mean 'send'? ", id="unknown name"),
    ],
)
def test_unknown_step(project, name, expected):
    """An unknown step is a warning at the author's line, and a note in the page."""
    made = project(index=f"Shop\n====\n\n.. penstock-step:: {name}\n")

    built = made.build()

    assert built.warnings.startswith(f"{made.folder / 'index.rst'}:4: WARNING: {expected}")
    assert built.warnings.endswith(" [penstock.unknown_step]\n")
    assert "This step cannot be shown: unknown step" in built.read("index.html")


OVERVIEW = """
mails = flow("mails", tags=["b"])

@mails
@entrypoint
def compose():
    \"\"\"Writes a *mail*, e.g. to a customer. Then more.\"\"\"
"""


@pytest.fixture
def overview(project):
    """A project of two flows, one of them shown, with an index."""

    def make(*options: str):
        lines = "".join(f"   {option}\n" for option in options)
        made = project(
            index=f"All\n===\n\n.. penstock-flows::\n{lines}\n.. toctree::\n\n   orders\n"
        )
        made.write("orders.rst", "Orders\n======\n\n.. penstock-flow:: orders\n")
        made.write("shop.py", (made.folder / "shop.py").read_text(encoding="utf-8") + OVERVIEW)
        return made

    return make


def rows(html: str) -> list[list[str]]:
    """Return the words in the cells of a page's table."""
    table = html.partition("<table")[2].partition("</table>")[0]
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", "", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    ]


def test_overview(overview):
    """An index lists all flows, and leads to those that a page shows."""
    built = overview(":caption: All of *them*", ":name: them").build(nitpicky=True)

    html = built.read("index.html")
    assert built.warnings == ""
    assert rows(html) == [
        ["Flow", "About", "Entrypoints", "Owner", "Tags"],
        ["mails", "Writes a mail, e.g. to a customer.", "compose", "", "b"],
        ["Orders", "From order to parcel.", "Receive the order", "Depot", "a, b"],
    ]
    assert "Writes a <em>mail</em>" in html
    assert "All of <em>them</em>" in html
    assert re.search(r'<table class="[^"]*penstock-flows[^"]*" id="them">', html)
    table = html.partition("<table")[2].partition("</table>")[0]
    assert re.findall(r'href="(orders\.html#[^"]+)"', table) == [
        "orders.html#penstock--orders",
        "orders.html#penstock--orders--receive",
    ]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        pytest.param(":tags: b, a", ["Orders"], id="all of the tags"),
        pytest.param(":tags: b", ["mails", "Orders"], id="a tag"),
        pytest.param(":owner: Depot", ["Orders"], id="owner"),
    ],
)
def test_selected_flows(overview, option, expected):
    """An index can list those with some tags, or of an owner."""
    actual = rows(overview(option).build().read("index.html"))

    assert [row[0] for row in actual[1:]] == expected


def test_no_such_flows(overview):
    """An index of nothing is a warning, and a note in the page."""
    made = overview(":tags: x", ":owner: y")

    built = made.build()

    expected = "no flow has the tags x and is owned by y"
    place = made.folder / "index.rst"
    assert built.warnings == f"{place}:4: WARNING: {expected} [penstock.unknown_flow]\n"
    assert f"This index cannot be shown: {expected}." in built.read("index.html")


@pytest.mark.parametrize("directive", ["penstock-step} orders.send", "penstock-flows}"])
def test_in_markdown(project, directive):
    """Each directive can be used in MyST."""
    made = project(index=f"# Shop\n\n```{{{directive}\n```\n", name="index.md")

    built = made.build("html", "myst_parser")

    assert built.warnings == ""
    assert "Sends it." in built.text() or "From order to parcel." in built.text()


@pytest.mark.parametrize("builder", ["html", "latex", "text", "xml"])
@pytest.mark.parametrize(
    ("format_", "expected"),
    [("d2", "direction: down"), ("JSON", '"name": "orders",'), ("text", "└── send")],
)
def test_text_as_code(project, builder, format_, expected):
    """A format that is text is shown as code by every builder, with its caption."""
    built = project(f":format: {format_}", ":steps: none", ":caption: Why").build(builder)

    (file,) = [*built.folder.glob("index.*"), *built.folder.glob("*.tex")][:1]
    assert built.warnings == ""
    shown = unescape(re.sub(r"<[^>]*>|\\PYGZ", "", file.read_text(encoding="utf-8")))
    assert expected in shown.replace("dq{}", '"')
    assert "Why" in shown


def test_code_that_cannot_be_drawn(project, monkeypatch):
    """A format whose code fails is a warning, and the flow is shown as text."""
    monkeypatch.setattr(_registry, "_registered", {})
    made = project(":format: wrong", ":steps: none")
    made.write(
        "conf.py",
        "from penstock.render import Renderer, register\n"
        "register(Renderer('wrong', (), lambda graph, options: 1 / 0))\n",
    )

    built = made.build()

    assert "<lambda>: ZeroDivisionError: division by zero" in built.warnings
    assert "Shown as text instead [penstock.render]" in built.warnings
    assert "Receive the order (entrypoint, HTTP)" in built.text()


def test_part(project):
    """A page has the steps of a part, which name those left out, and links go to the whole."""
    made = project(":from: charge")
    made.write("whole.rst", "Whole\n=====\n\n.. penstock-flow:: orders\n")
    built = made.build(after="")

    html = built.read("index.html")
    assert [
        name for name in ("charge", "pack", "send") if f'id="penstock--orders--{name}"' in html
    ] == ["charge", "send"]
    assert html.count("1 more before") >= 2
    assert 'href="whole.html#penstock--orders--receive"' in html


GROUPS = """
def in_group(group, first, second, after):
    for name, before in ((first, after), (second, first)):
        orders(step(name=name, after=before, group=group)(lambda: None))

in_group("Depot", "pick", "wrap", "send")
in_group("Road", "load", "drive", "wrap")
"""


def test_folded(project):
    """A flow of more steps than `penstock_fold` says opens as its groups, which link to theirs."""
    made = project(":caption: All", ":width: 300px")
    made.edit(
        "shop.py", '@orders\n@step(after="receive")', GROUPS + '@orders\n@step(after="receive")'
    )
    html = made.build(penstock_fold="4").read("index.html")

    assert (
        html.count('id="penstock--orders--group--depot-') == 3
    )  # the figure, its title, its description
    assert html.count('xlink:href="#penstock--orders--group--depot-') == 3
    assert html.index("All</span>") < html.index("<strong>Depot") < html.index("<strong>Road")
    assert html.count("8 steps · 1 entrypoint") == 1
    assert html.count("<figcaption>") == 1


def test_never_folded(project):
    """A directive may keep its flow whole, and another one fold it."""
    made = project(":fold: never")
    made.edit(
        "shop.py", '@orders\n@step(after="receive")', GROUPS + '@orders\n@step(after="receive")'
    )
    made.write("folded.rst", ":orphan:\n\nF\n=\n\n.. penstock-flow:: orders\n   :fold: 0\n")
    built = made.build(penstock_fold=1, penstock_format="mermaid")

    assert built.warnings == ""
    assert "2 steps" not in built.read("index.html")
    assert "shape: st-rect" in built.read("folded.html")
    assert "is neither a number of steps" in project(":fold: -1").build().warnings


def test_cycle_alone_can_be_silenced(project):
    """A cycle that nobody declared is a warning with its own subtype."""
    made = project()
    made.edit("shop.py", '@step(after="receive")', '@step(after=["receive", "send"])')

    assert "[penstock.cycle]" in made.build().warnings
    assert made.build(from_scratch=True, suppress_warnings=["penstock.cycle"]).warnings == ""


@pytest.mark.parametrize(
    ("option", "message", "subtype"),
    [
        (":around: chrage", "unknown step 'chrage'; did you mean 'charge'?", "unknown_step"),
        (":depth: 1", ":depth: it is counted from a step: name that with :around:", "option"),
    ],
)
def test_wrong_part(project, option, message, subtype):
    """A part that there is not is named at its line, in the words of a directive."""
    built = project(option).build()

    assert message in built.warnings
    assert f"[penstock.{subtype}]" in built.warnings
    assert "This flow cannot be shown" in built.text()
