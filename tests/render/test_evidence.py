"""The verdicts of the source on edges, in each format."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from contrast import contrast

from penstock.graph import Edge, EdgeCheck, Graph, Node, fold, subgraph
from penstock.render import LIGHT, draw
from penstock.render._formats.mermaid.style import WARNINGS
from penstock.render._graphviz.plain_colours import with_plain_colours
from penstock.render._icons import icon_of_channel

SUPPORTED = EdgeCheck(verdict="supported", kind="call")
CHANNEL = EdgeCheck(verdict="supported", kind="channel", channel="kafka:paid")
UNVERIFIED = EdgeCheck(verdict="unverified", reason="no body")
CONTRADICTED = EdgeCheck(verdict="contradicted")
UNDECLARED = EdgeCheck(verdict="undeclared", kind="call")
MIXED = EdgeCheck(verdict="mixed", kind="order")
KAFKA = icon_of_channel("kafka:paid").path
UNCHECKED = EdgeCheck(verdict="unchecked", reason="by hand")
GRAPH = Graph(
    name="orders",
    nodes=(Node(name="a", role="entrypoint"), *(Node(name=name) for name in "bcde")),
    edges=(
        Edge("a", "b", check=SUPPORTED),
        Edge("b", "c", check=CHANNEL),
        Edge("a", "d", check=UNVERIFIED),
        Edge("c", "e", "paid", check=CONTRADICTED),
        Edge("e", "b", "late", is_loop=True, check=UNVERIFIED),
        Edge("e", "e", is_loop=True, check=UNVERIFIED),
        Edge("b", "d", check=MIXED),
        Edge("d", "e", check=UNCHECKED),
    ),
)


def test_mermaid():
    """Dots, thick lines, dashes and words show the verdicts, without colours too."""
    assert draw(GRAPH, "mermaid").splitlines()[1:] == [
        '    e["e<br/>repeats ?"]',
        "    a --> b",
        '    b -->|"kafka#58;paid"| c',
        '    a -.->|"?"| d',
        '    c ==>|"paid \N{MULTIPLICATION SIGN}"| e',
        '    e -.->|"again: late ?"| b',
        '    b -->|"\N{PLUS-MINUS SIGN}"| d',
        '    d -.->|"#126;"| e',
        "    linkStyle 1 stroke-dasharray:6 4",
        "    linkStyle 5 stroke-dasharray:9 4 1 4",
    ]


def test_styled_mermaid():
    """With colours, warnings have theirs, and a contradicted edge stays thick among thin ones."""
    text = draw(replace(GRAPH, nodes=(*GRAPH.nodes[:4], replace(GRAPH.nodes[4], join="all"))),
                "mermaid", styled=True)  # fmt: skip

    assert [line for line in text.splitlines() if line.startswith("    linkStyle")] == [
        "    linkStyle 1 stroke-dasharray:6 4",
        "    linkStyle 5 stroke-dasharray:9 4 1 4,stroke:#b45309",
        "    linkStyle 3 stroke-width:3px,stroke:#dc2626",
        "    linkStyle 2,4 stroke:#b45309",
        "    linkStyle default stroke-width:1.5px",
    ]


@pytest.mark.parametrize("colour", WARNINGS.values())
def test_colours_on_any_ground(colour):
    """The colours of warnings are legible on white and on black, as a line has to be."""
    assert min(contrast(colour, ground) for ground in ("#ffffff", "#000000")) >= 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "text",
            [
                "\u2500 kafka:paid \u2500> c",
                "\u2500 ? \u2500> d",
                "paid \N{MULTIPLICATION SIGN}",
                "\u2500 \N{PLUS-MINUS SIGN} \u2500> d",
                "\u2500 ~ \u2500> e",
            ],
        ),
        (
            "dot",
            [
                'b -> b__c__label [minlen="1" style="dashed" color="#9a4a00" dir="none"]',
                'a__d__label -> d [minlen="1" weight="9" style="dotted" penwidth="2"]',
                'style="solid" penwidth="0" fontcolor="#7a5200" fontsize="10"',
                'c__e__label -> e [minlen="1" weight="9" color="#b42318" penwidth="2.5"]',
                'b__d__label -> d [minlen="1" weight="9" style="dashed" penwidth="2"]',
                'd__e__label -> e [minlen="1" weight="9" style="dotted"]',
            ],
        ),
        (
            "d2",
            [
                'b -> c: "kafka:paid" {style.stroke-dash: 6}',
                'a -> d: "?" {style.stroke-dash: 2}',
                'c -> e: "paid \N{MULTIPLICATION SIGN}" {style.stroke-width: 4}',
                'b <- e: "again: late ?" {style.stroke-dash: 2}',
                'b -> d: "\N{PLUS-MINUS SIGN}" {style.stroke-dash: 9}',
                'd -> e: "~" {style.stroke-dash: 3}',
            ],
        ),
        (
            "plantuml",
            [
                "b -[dashed]-> c : kafka",
                "a -[dotted]-> d : <U+003F>",
                "c -[bold]-> e : paid <U+00D7>",
                "b <-[dotted]- e : again",
                "b -[dashed]-> d : <U+00B1>",
                "d -[dotted]-> e : <U+007E>",
            ],
        ),
    ],
)
def test_text_formats(name, expected):
    """Each format has a pattern for lines, and the sign or channel in words."""
    text = draw(GRAPH, name)

    assert [line for line in expected if line not in text] == []


def test_svg():
    """Patterns are attributes, which need no style sheet, and signs are drawn."""
    svg = draw(GRAPH, "svg")

    assert svg.count('stroke-dasharray="6 4"') == 2
    assert svg.count('stroke-dasharray=".1 4.5"') == 4
    assert svg.count('stroke-dasharray="9 4 .1 4"') == 2
    assert svg.count('stroke-dasharray="2 5"') == 2
    assert svg.count('class="penstock-mark"') == 5
    assert svg.count('<g class="penstock-label penstock-loop penstock-unverified">') == 1
    assert re.search(r'<text class="penstock-code" [^>]*>kafka:paid</text>', svg)


def test_spoken_signs():
    """The sign of a verdict has a name with the labels of its steps, and other lines have none."""
    named = replace(GRAPH, nodes=(replace(GRAPH.nodes[0], title="A & B"), *GRAPH.nodes[1:]))
    svg = draw(named, "svg")

    assert sorted(re.findall(r'role="img"><title>([^<]+)</title>', svg)) == [
        "A &amp; B leads to d: the source does not show it",
        "b leads to d: reversed in another caller",
        "c leads to e: the source shows otherwise",
        "d leads to e: not checked",
        "e leads to b: the source does not show it",
    ]
    assert svg.count("<title") == 1 + len(GRAPH.nodes) + 5


@pytest.mark.parametrize(
    ("edge", "rows"),
    [
        (Edge("a", "b", check=CHANNEL), [("code", "kafka:paid")]),
        (Edge("a", "b", "paid", check=CHANNEL), [("", "paid"), ("code", "kafka:paid")]),
        (Edge("b", "a", is_loop=True, check=CHANNEL), [("", "again"), ("code", "kafka:paid")]),
    ],
    ids=["alone", "label", "loop"],
)
def test_channel(edge, rows):
    """A channel is an address, as code, with the icon of what carries it beside it."""
    found = re.search(r'<g class="penstock-label[^"]*">(.*?)</g>', draw(flow_with(edge), "svg"))
    texts = re.findall(r'<text(?: class="penstock-(\w+)")? [^>]*>([^<]+)</text>', found[1])
    heights = [float(y) for y in re.findall(r'<text[^>]* y="([^"]+)"', found[1])]
    icon = re.search(rf'translate\([^ ]+ ([^)]+)\) scale\(.75\)" d="{KAFKA}"', found[1])

    assert texts == rows
    assert float(icon[1]) < heights[-1] < float(icon[1]) + 12


def flow_with(edge: Edge) -> Graph:
    return Graph(name="f", nodes=(Node(name="a"), Node(name="b")), edges=(edge,))


def test_channel_in_dot():
    """Channels are in the font of code, below the words."""
    label = 'label=<paid<br/><font face="Courier New">kafka:paid</font>>'

    assert label in draw(flow_with(Edge("a", "b", "paid", check=CHANNEL)), "dot")


def test_plain_colours():
    """A mark has the colours of its verdict without a style sheet, such as in PNG, too."""
    plain = with_plain_colours(draw(GRAPH, "svg"))
    other, doubt, bad = (LIGHT.colours[f"{name}-tile"] for name in ("other", "doubt", "bad"))

    assert Counter(re.findall(r'<circle [^>]*fill="([^"]+)"', plain)) == {
        doubt: 3,
        other: 1,
        bad: 1,
    }


def test_json():
    """A diagram as JSON has the verdict, and nothing that names a file."""
    edges = json.loads(draw(GRAPH, "json"))["edges"]

    assert [edge.get("evidence") for edge in edges[:3]] == [
        {"verdict": "supported", "kind": "call"},
        {"verdict": "supported", "kind": "channel", "channel": "kafka:paid"},
        {"verdict": "unverified"},
    ]


@pytest.mark.parametrize("name", ["svg", "png", "mermaid", "dot", "d2", "plantuml", "text"])
def test_legend(name):
    """The signs are explained where they are drawn, and nowhere else."""
    words = ["Address", "Tilde at an", "Question mark at an", "Plus and minus", "Cross at an"]
    plain = replace(GRAPH, edges=tuple(replace(edge, check=SUPPORTED) for edge in GRAPH.edges))

    if name == "png":
        assert draw(GRAPH, name, legend=True) != draw(plain, name, legend=True)
    else:
        assert [word for word in words if word not in draw(GRAPH, name, legend=True)] == []
        assert [word for word in words if word in draw(plain, name, legend=True)] == []


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([SUPPORTED, CONTRADICTED, UNVERIFIED], CONTRADICTED),
        ([UNVERIFIED, MIXED, UNCHECKED], MIXED),
        ([UNCHECKED, UNVERIFIED, CHANNEL], UNVERIFIED),
        ([CHANNEL, CHANNEL], CHANNEL),
        ([SUPPORTED, CHANNEL], EdgeCheck(verdict="supported")),
        ([SUPPORTED, None], SUPPORTED),
        ([None, None], None),
    ],
    ids=["contradicted", "mixed", "unverified", "channel", "supported", "some", "none"],
)
def test_merged(checks, expected):
    """An edge in place of several has the worst verdict; a channel, if it is that of all."""
    nodes = (
        Node(name="a", role="entrypoint"),
        *(Node(name=f"b{number}", group="B") for number in range(3)),
        *(Node(name=f"c{number}", group="C") for number in range(3)),
    )
    edges = tuple(Edge("a", f"b{number}", check=check) for number, check in enumerate(checks))
    folded = fold(Graph(name="f", nodes=nodes, edges=edges), 1)

    assert [edge.check for edge in folded.graph.edges] == [expected]


def test_passed():
    """An edge through steps that are left out is as good as the worst part of it."""
    nodes = (Node(name="a", role="entrypoint"), Node(name="b"), Node(name="c", kind="http"))
    edges = (Edge("a", "b", check=SUPPORTED), Edge("b", "c", check=UNVERIFIED))
    part = subgraph(Graph(name="f", nodes=nodes, edges=edges), only_kinds="http")

    assert [edge.check for edge in part.edges] == [UNVERIFIED]


FOUND = Graph(
    name="orders",
    nodes=(
        *(Node(name="a", role="entrypoint"), Node(name="b"), Node(name="c")),
        *(Node(name="d", join="all", kind="http"), Node(name="e")),
    ),
    edges=(
        *(Edge("a", "b"), Edge("a", "c"), Edge("b", "d"), Edge("c", "d"), Edge("d", "e")),
        *(Edge("a", "d", check=UNDECLARED), Edge("e", "b", check=UNDECLARED)),
    ),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", ["\u2500 not declared + \u2500> d", "\u2500 not declared + \u2500> b"]),
        (
            "mermaid",
            [
                'a ==>|"not declared #43;"| d',
                "linkStyle 6,7 stroke-width:3px,stroke-dasharray:9 4 1 4 1 4",
            ],
        ),
        ("dot", ['a__d__label -> d [minlen="1" weight="9" style="dashed" color="#b42318"']),
        ("d2", ['a -> d: "not declared +" {style.stroke-dash: 9; style.stroke-width: 4}']),
        ("plantuml", ["a -[dashed,thickness=3]-> d : not declared <U+002B>"]),
        (
            "svg",
            ['stroke-dasharray="9 4 .1 4 .1 4"', ">not declared</text>", "penstock-undeclared"],
        ),
    ],
)
def test_undeclared(name, expected):
    """An edge that only the source has has another line, a sign and words, and enters no bar."""
    text = draw(FOUND, name, legend=True)

    assert [line for line in (*expected, "Plus at an arrow") if line not in text] == []


def test_undeclared_in_folds():
    """Between two groups, an edge is undeclared only if all edges there are."""
    nodes = tuple(
        replace(node, group="one" if node.name in "abc" else "two") for node in FOUND.nodes
    )
    folded = fold(replace(FOUND, nodes=nodes), 1)

    assert [(e.source, e.target, e.sign) for e in folded.graph.edges] == [
        *(("a", "one", None), ("one", "two", None)),
        *(("two", "one", "undeclared"), ("a", "two", "undeclared")),
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"from_": "e"}, []),
        ({"around": "e"}, ["de"]),
        ({"around": "a", "depth": 2}, ["ab", "ac", "bd", "cd", "ad"]),
        ({"only_kinds": "http"}, ["ad", "ad"]),
    ],
)
def test_undeclared_in_parts(options, expected):
    """A part of a flow is what declared edges lead to, with undeclared ones inside of it."""
    edges = subgraph(FOUND, **options).edges

    assert [edge.source + edge.target for edge in edges] == expected
