"""Drawing through the front door, and the formats that are text."""

import json
import pickle
from itertools import pairwise
from pathlib import Path

import pytest
from corpus import HOSTILE, graphs
from hypothesis import given, settings

from penstock import Edge, Flow, Graph, Node, entrypoint, flow, generate_dag, get_flow, step
from penstock.exceptions import (
    BrokenExtraError,
    ConfigurationError,
    DiagramTooLargeError,
    DuplicateStepError,
    InvalidArgumentError,
    MissingExtraError,
    ModuleImportError,
    OutputFormatError,
    PenstockError,
    RenderError,
    SetupError,
    UndeclaredFunctionError,
    UnknownFormatError,
)
from penstock.graph import describe_graph
from penstock.render import draw
from penstock.render._formats.text import render_text
from penstock.render._labels import clean_text, label_lines
from penstock.render._shapes import SHAPES, shape_of


@pytest.fixture(autouse=True)
def _flow():
    """Declare a flow of two steps."""
    orders = flow("orders", title="Orders")
    orders(entrypoint(name="receive", kind="http")(lambda: None))
    orders(step(name="store", after={"receive": "ok"})(lambda: None))


@pytest.mark.parametrize(
    ("format_", "start"),
    [
        ("mermaid", "graph TD\n"),
        ("dot", "digraph orders {\n"),
        ("json", "{\n"),
        ("text", "Orders\nreceive (entrypoint, HTTP)\n"),
        ("svg", "<svg "),
        ("png", b"\x89PNG"),
    ],
)
def test_formats(format_, start, tmp_path):
    """Each format is returned, and written as it was returned."""
    drawn = generate_dag("orders", format_, tmp_path / "file")

    assert drawn.startswith(start)
    written = (tmp_path / "file").read_bytes()
    assert written == (drawn if isinstance(drawn, bytes) else f"{drawn}\n".encode())


def test_flow_itself():
    """A flow may be given instead of its name."""
    assert generate_dag(get_flow("orders")) == generate_dag("orders")
    assert generate_dag(Flow(name="x", steps=())) == "graph TD"


def test_unknown_format():
    """An unknown format is an error with the nearest one."""
    with pytest.raises(UnknownFormatError, match=r"unknown format 'pgn'; did you mean 'png'\?"):
        generate_dag("orders", "pgn")


def test_unknown_direction():
    """An unknown direction is an error with the known ones."""
    with pytest.raises(InvalidArgumentError, match=r"'UP' is not a direction \(known: TD, TB"):
        generate_dag("orders", direction="UP")


def test_unknown_theme():
    """An unknown theme is an error with the known ones."""
    with pytest.raises(InvalidArgumentError, match=r"'sepia' is not a theme \(known: None, light,"):
        generate_dag("orders", theme="sepia")


def test_nothing_of_the_flow_runs():
    """Drawing runs no function of the flow, and asks none for its looks."""

    def explode():
        raise AssertionError

    flow("x")(entrypoint(explode))

    for format_ in ("mermaid", "dot", "json", "text", "svg", "png"):
        assert generate_dag("x", format_)


def graph(*nodes: Node, edges: tuple[Edge, ...] = ()) -> Graph:
    return Graph(name="g", nodes=nodes, edges=edges)


def nodes(*names: str) -> list[Node]:
    return [Node(name=name) for name in names]


class TestText:
    """The tree for terminals."""

    def test_tree(self):
        """Branches, joins, labels and roles are all in the tree."""
        drawn = render_text(
            graph(
                Node(name="a", title="Begin", role="entrypoint", kind="http"),
                *nodes("b", "c"),
                Node(name="d", title="d", join="all", kind="email"),
                Node(name="m", title="m", role="missing"),
                edges=(
                    *(Edge("a", "b", "yes"), Edge("a", "c"), Edge("b", "d")),
                    *(Edge("c", "d"), Edge("m", "d")),
                ),
            )
        )

        assert drawn.splitlines() == [
            "g",
            "Begin (entrypoint, HTTP)",
            "├─ yes ─> b",
            "│   └── d (email, after all of them)",
            "└── c",
            "    └── d ↑",
            "m (not declared)",
            "└── d ↑",
        ]

    def test_cycle(self):
        """A cycle is shown once around, also where nothing leads to it."""
        drawn = render_text(graph(*nodes("a", "b"), edges=(Edge("a", "b"), Edge("b", "a"))))

        assert drawn.splitlines() == ["g", "a", "└── b", "    └── a ↑"]

    def test_loop(self):
        """A loop leads to the name of a step, which is shown elsewhere; a step may repeat."""
        drawn = render_text(
            graph(
                *nodes("a", "b", "c"),
                edges=(
                    *(Edge("a", "b"), Edge("b", "c"), Edge("a", "c", is_loop=True)),
                    *(Edge("c", "b", "no", is_loop=True), Edge("b", "b", "partly", is_loop=True)),
                ),
            )
        )

        assert drawn.splitlines() == [
            "g",
            "a",
            "├── b (repeats: partly)",
            "│   └── c",
            "│       └─ again: no ─> b ↑",
            "└─ again ─> c ↑",
        ]

    def test_groups(self):
        """The groups are below the tree, each with its steps."""
        drawn = render_text(
            graph(
                Node(name="a", title="a", group="Pay\nit"),
                Node(name="b", title="b"),
                Node(name="c", title="The c", group="Pay\nit"),
                Node(name="d", title="d", group="Ship"),
                edges=(Edge("a", "b"),),
            )
        )

        assert drawn.splitlines()[1:] == [
            *("a", "└── b", "The c", "d", "Pay it: a, The c", "Ship: d")
        ]

    def test_channels(self):
        """A step says where it receives from and sends to, instead of a kind that says less."""
        both = {"receives": ("kafka:orders",), "sends": ("celery:a", "kafka:b")}
        node = Node(name="a", title="a", kind="kafka", **both)
        mail = Node(name="b", title="b", kind="email", sends=("celery:a",))

        assert render_text(graph(node, mail)).splitlines()[1:] == [
            "a (receives kafka:orders, sends celery:a, sends kafka:b)",
            "b (email, sends celery:a)",
        ]

    def test_long_chain(self):
        """A flow may be longer than Python's recursion allows."""
        names = [f"s{i}" for i in range(3000)]
        edges = tuple(Edge(a, b) for a, b in pairwise(names))

        assert len(render_text(graph(*nodes(*names), edges=edges)).splitlines()) == 3001

    @settings(max_examples=50)
    @given(drawn=graphs())
    def test_any_graph(self, drawn):
        """Each node is in full once, on its own line, free of control characters."""
        lines = render_text(drawn).split("\n")

        assert all(line.isprintable() for line in lines[1:])
        assert len(lines) >= 1 + len(drawn.nodes)
        groups = {node.group for node in drawn.nodes} - {None}
        assert sum(not line.endswith(" ↑") for line in lines[1:]) <= len(drawn.nodes) + len(groups)


class TestJson:
    """JSON for other programs."""

    def test_whole(self):
        """Empty members are left out, and the order is that of declaration."""
        drawn = graph(Node(name="a", title="A", kind="http"), *nodes("b"), edges=(Edge("a", "b"),))

        assert json.loads(draw(drawn, "json")) == {
            "name": "g",
            "nodes": [
                {
                    "name": "a",
                    "title": "A",
                    "label": "A",
                    "role": "step",
                    "join": "any",
                    "kind": "http",
                },
                {"name": "b", "label": "b", "role": "step", "join": "any"},
            ],
            "edges": [{"source": "a", "target": "b"}],
        }

    def test_values(self):
        """Another format of data can write the same values."""
        drawn = graph(Node(name="a", note="\ud800"), edges=(Edge("a", "a", is_loop=True),))

        assert describe_graph(drawn) == json.loads(draw(drawn, "json"))
        assert describe_graph(drawn)["nodes"][0]["note"] == "\\ud800"

    def test_loop(self):
        """An edge says that it is a loop, and no other edge that it is none."""
        drawn = graph(*nodes("a"), edges=(Edge("a", "a", is_loop=True),))

        assert json.loads(draw(drawn, "json"))["edges"] == [
            {"source": "a", "target": "a", "is_loop": True}
        ]

    def test_channels(self):
        """A node has its channels and its group, if there are any."""
        channels = {"receives": ("kafka:a",), "sends": ("kafka:b",)}
        drawn = graph(Node(name="a", title="a", group="Pay", **channels))

        (node,) = json.loads(draw(drawn, "json"))["nodes"]
        assert (node["receives"], node["sends"]) == (["kafka:a"], ["kafka:b"])
        assert node["group"] == "Pay"

    def test_hostile(self):
        """Any text comes back as it was."""
        back = json.loads(draw(graph(*nodes(*HOSTILE)), "json"))

        assert [node["label"] for node in back["nodes"]] == HOSTILE


class TestLabels:
    """Strings made fit for drawing."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("one", ["one"]),
            ("one\ntwo", ["one", "two"]),
            ("aaa bbb ccc ddd", ["aaa bbb", "ccc ddd"]),
            ("abcdefghijklmnop", ["abcdefghijklmnop"]),
            ("handle_kafkaMessage", ["handle_", "kafka", "Message"]),
            ("\x00\x1b", [" "]),
            ("\n", [" "]),
        ],
    )
    def test_lines(self, text, expected):
        """Strings wrap between words and parts of names, into lines of like lengths."""
        assert label_lines(text, 10) == (*expected,)

    def test_characters(self):
        """Characters that XML cannot hold become spaces."""
        assert clean_text("a\x00b\ufffec\x85d") == "a b c d"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("database", "store"), ("DATABASE", "store"), ("ledger", "step"), (None, "step")],
)
def test_shapes(kind, expected):
    """Known kinds have a shape, in any case of letters."""
    assert shape_of(Node(name="a", kind=kind)).name == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UndeclaredFunctionError("f", "g", "x.py:1"), "x.py:1: @flow('f') is on 'g'"),
        (DuplicateStepError("f", "s", "a:1", "b:2"), "one at a:1, another at b:2"),
        (UnknownFormatError("x", ("svg",)), "unknown format 'x' (known: svg)"),
        (MissingExtraError("x", "y", "z"), 'x needs y: pip install "penstock[z]"'),
        (BrokenExtraError("x", "y", "z", "1", "2", "w"), "needs y 2 or later, but 1 is installed"),
        (BrokenExtraError("x", "y", "z", "1", None, "w"), "1, which is installed, cannot be"),
        (RenderError("f", "dot", "no"), "flow 'f' could not be drawn by dot: no"),
        (DiagramTooLargeError("f", "edges", 501, 500), "mermaid.initialize({maxEdges: ...})"),
        (DiagramTooLargeError("f", "characters", 9, 5), "({maxTextSize: ...})"),
        (ConfigurationError("here", "no"), "here: no"),
        (ModuleImportError("m", "why", "here"), "cannot import 'm' (here): why"),
        (SetupError("m:f", "why", "here", "failed"), "setup 'm:f' failed (here): why"),
        (OutputFormatError("x.pdf", None, [".svg"]), "ends with one of .svg"),
        (OutputFormatError("x.svg", "png", [".png"]), "end it with .png, or leave the format out"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors(error, expected):
    """Every error says what, where and what to do, also after crossing a process."""
    copied = pickle.loads(pickle.dumps(error))

    assert expected in str(error)
    assert (str(copied), isinstance(error, PenstockError)) == (str(error), True)


def test_table_of_shapes():
    """The reference has a row for each shape, with its kinds and its name in style sheets."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "diagrams.md"
    rows = [line.strip("| ").split(" | ") for line in page.read_text("utf-8").splitlines()]
    kinds = {row[2]: row[0] for row in rows if len(row) == 3 and row[0].startswith("`")}

    assert {kinds[f"`{shape.name}`"] for shape in SHAPES if shape.kinds} == {
        ", ".join(f"`{kind}`" for kind in shape.kinds) for shape in SHAPES if shape.kinds
    }
