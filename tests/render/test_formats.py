"""The suffix of an output file says its format."""

import re
from pathlib import Path

import pytest

from penstock import Graph, Node, entrypoint, flow, generate_dag
from penstock.exceptions import OutputFormatError, UnknownFormatError
from penstock.render import draw
from penstock.render._output import choose_format


@pytest.mark.parametrize(
    ("given", "output", "expected"),
    [
        (None, None, "mermaid"),
        (None, "-", "mermaid"),
        (None, "flow", "mermaid"),
        (None, Path("flow.PNG"), "png"),
        (None, "a.b/flow.gv", "dot"),
        ("svg", "flow.svg", "svg"),
        ("dot", "flow.txt", "dot"),
        ("mermaid", "flow.mmd.in", "mermaid"),
        ("nonsense", "flow.svg", "nonsense"),
    ],
)
def test_choice(given, output, expected):
    """The format is what is asked for, else what the suffix says, else Mermaid."""
    assert choose_format(given, output) == expected


@pytest.mark.parametrize(
    ("given", "output"),
    [
        *((None, "x.pdf"), (None, "x.jpg"), (None, "x.tar.gz"), ("png", "x.svg"), ("png", "x.jpg")),
        *(("mermaid", "x.png"), ("svg", "x.txt"), ("text", "x.mmd")),
    ],
)
def test_contradiction(tmp_path, given, output):
    """A suffix that is unknown, or that of another format, is an error, and nothing is written."""
    flow("orders")(entrypoint(name="receive")(lambda: None))

    with pytest.raises(OutputFormatError):
        generate_dag("orders", given, tmp_path / output)

    assert list(tmp_path.iterdir()) == []


def test_suffix_decides(tmp_path):
    """Without a format, the suffix decides what is written and returned."""
    flow("orders")(entrypoint(name="receive")(lambda: None))

    drawn = generate_dag("orders", output=tmp_path / "x.png")

    assert drawn == (tmp_path / "x.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")


def test_unknown_format():
    """An unknown format is reported as unknown, whatever the file's name."""
    flow("orders")(entrypoint(name="receive")(lambda: None))

    with pytest.raises(UnknownFormatError):
        generate_dag("orders", "pgn", "x.svg")


NAME = "handle_incomingPaymentAuthorisation_of_the_customer_webhook"


THREE = ["handle_incomingPayment", "Authorisation_of_the_", "customer_webhook"]
TWO = ["handle_incomingPaymentAuthorisation_", "of_the_customer_webhook"]


@pytest.mark.parametrize(
    ("name", "expected"), [("mermaid", THREE), ("dot", THREE), ("d2", TWO), ("plantuml", TWO)]
)
def test_breaks_of_names(name, expected):
    """A long name is broken between its parts, in all languages, and never inside one."""
    nodes = (Node(name="a", title=NAME), Node(name="b", title="x" * 90))
    text = draw(Graph(name="f", nodes=nodes, edges=()), name)
    label = re.search("handle_.*webhook", text.replace("<U+005F>", "_"))[0]

    assert "x" * 90 in text
    assert re.split(r"</b><br/><b>|<br/>|\\n", label) == expected
