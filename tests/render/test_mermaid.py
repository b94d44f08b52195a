"""Mermaid's source as it is written; `test_mermaid_real.py` draws it with Mermaid."""

import re
from dataclasses import replace
from textwrap import dedent

import pytest
from contrast import contrast

from penstock import Edge, Graph, Node, entrypoint, flow, generate_dag, step
from penstock.exceptions import DiagramTooLargeError
from penstock.render._formats.mermaid.flowchart import _CLASSES, _HEAD, render_mermaid
from penstock.render._mermaid_size import estimate_height


def lines_of(*nodes: Node, edges: tuple[Edge, ...] = (), styled: bool = False) -> list[str]:
    """Return the statements for a graph of *nodes*, without the head."""
    text = render_mermaid(Graph(name="shop", nodes=nodes, edges=edges), styled=styled)
    head = [*_HEAD.splitlines(), "graph TD", "    accTitle: shop"] if styled else ["graph TD"]
    lines = text.splitlines()

    assert lines[: len(head)] == head
    return [line.removeprefix("    ") for line in lines[len(head) :]]


def id_of(name: str) -> str:
    """Return the id that the step *name* has."""
    return lines_of(Node(name=name, title="x"))[0].partition("[")[0]


def test_plain_flow():
    """A plain flow is its edges in order of declaration, and nothing else."""

    @flow("bom_sync")
    @entrypoint
    def handle_kafka_message(): ...

    @flow("bom_sync")
    @step(after="handle_kafka_message")
    def fetch_from_api(): ...

    @flow("bom_sync")
    @step(after="fetch_from_api")
    def sync_to_database(): ...

    assert generate_dag("bom_sync") == (
        "graph TD\n"
        "    handle_kafka_message --> fetch_from_api\n"
        "    fetch_from_api --> sync_to_database"
    )


def test_direction():
    """The direction is in the first line."""
    actual = render_mermaid(Graph(name="empty", nodes=(), edges=()), direction="LR")

    assert actual == "graph LR"


@pytest.mark.parametrize(
    ("node", "line"),
    [
        (Node(name="a", title="a"), "a"),
        (Node(name="a", title="Fetch it"), 'a["Fetch it"]'),
        (Node(name="a", title="a", kind="api"), 'a[["a<br/>(API)"]]'),
        (Node(name="a", title="a", kind="database"), 'a[("a<br/>(database)")]'),
        (Node(name="a", title="a", kind="Kafka"), 'a["a<br/>(Kafka)"]@{ shape: h-cyl }'),
        (Node(name="a", title="a", kind="file"), 'a["a<br/>(file)"]@{ shape: doc }'),
        (Node(name="a", title="a", kind="email"), 'a["a<br/>(email)"]@{ shape: lean-r }'),
        (Node(name="a", title="a", kind="webhook"), 'a["a<br/>(webhook)"]'),
        (Node(name="a", title="a", role="entrypoint"), "a"),
        (Node(name="a", title="a", role="entrypoint", kind="http"), 'a(["a<br/>(HTTP)"])'),
        (
            Node(name="a", title="a", kind="kafka", receives=("kafka:x",), sends=("celery:y",)),
            'a["a\nreceives kafka#58;x\nsends celery#58;y"]@{ shape: h-cyl }',
        ),
        (Node(name="a", title=" \n"), 'a["#160;"]'),
        (Node(name="end", title="end"), 'end__8d3fad29["end"]'),
        (Node(name="_a_", title="_a_"), '_a_["#95;a_"]'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_plain_node(node: Node, line: str):
    """A node says what its name alone would not: its title, and its kind by shape and word."""
    assert "\n".join(lines_of(node)) == line


def test_missing_node():
    """A step that nobody declared is dashed and says so."""
    lines = lines_of(Node(name="a", title="a", role="missing"))

    assert lines == ['a["a<br/>(not declared)"]:::missing', "classDef missing stroke-dasharray:5 4"]


def test_node_with_edges_and_default_label():
    """A node that an edge names has no separate line."""
    lines = lines_of(Node(name="a", title="a"), edges=(Edge("a", "a"),))

    assert lines == ["a --> a"]


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("snake_case and kebab-case", "snake_case and kebab-case"),
        ("approved: stock & credit (both)?", "approved: stock<br/>& credit (both)?"),
        ("shop.orders.ship v1.5 done.", "shop.orders.ship<br/>v1.5 done."),
        ('"] --> evil["x', "#34;#93; #45;#45;#62; evil#91;#34;x"),
        ("<script>", "#60;script#62;"),
        ("1. a\n2) b", "1#46; a\n2#41; b"),
        ("direction LR", "directio#110; LR"),
        ("www.example.com", "www#46;example.com"),
        ("two\r\nlines", "two<br/>lines"),
        ("a\tb\x00c", "a b c"),
        ("gr\u00fc\u00df dich", "gr\u00fc\u00df dich"),
        ("\ufb02\u00b0quot\u00b6\u00df", "\ufb02\u200c\u00b0quot\u00b6\u200c\u00df"),
        ("x" * 60, "x" * 60),
        (
            "Fetch the whole bill of materials of a product",
            "Fetch the whole bill of<br/>materials of a product",
        ),
    ],
)
def test_text(label: str, written: str):
    """A string keeps what is harmless, so that it can be read in the source too."""
    assert lines_of(Node(name="a", title=label)) == f'a["{written}"]'.splitlines()


def test_note_below_a_text_with_entities():
    """If there are entities there is no tag, which would make Mermaid decode them twice."""
    lines = lines_of(Node(name="a", title="__init__", kind="x"), styled=True)

    assert lines[:2] == ['a("#95;#95;init#95;#95;', '(x)"):::step']


@pytest.mark.parametrize(
    ("label", "written"),
    [
        (None, "a --> b"),
        (" ", "a --> b"),
        ("yes", 'a -->|"yes"| b'),
        ("50%|x", 'a -->|"50#37;#124;x"| b'),
    ],
    ids=["none", "blank", "plain", "special"],
)
def test_edge_label(label: str | None, written: str):
    """The label of an edge is in quotes between bars."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b"))

    assert lines_of(*nodes, edges=(Edge("a", "b", label),)) == [written]


def test_loop():
    """A loop says so on its line; a step that repeats itself says so below its name."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b", join="all"))
    loops = (
        Edge("b", "a", is_loop=True),
        Edge("a", "a", is_loop=True),
        Edge("b", "b", "partly", is_loop=True),
    )

    assert lines_of(*nodes, edges=(Edge("a", "b"), *loops)) == [
        'a["a<br/>repeats"]',
        "b__all@{ shape: fork }",
        'b["b<br/>repeats: partly"]',
        "a --> b__all",
        "b__all --> b",
        'b -->|"again"| a',
    ]
    assert lines_of(nodes[0], edges=(Edge("a", "a", is_loop=True),)) == ['a["a<br/>repeats"]']


def test_group():
    """The steps of a group are in a subgraph where the first one is, with all that they are."""
    nodes = (
        Node(name="a", title="a"),
        Node(name="b", title="b", group="end"),
        Node(name="c", title="c", join="all", group="end"),
        Node(name="d", title="d", group=" \n"),
    )
    edges = (Edge("a", "b"), Edge("b", "c"), Edge("d", "c"))
    blank = f"{id_of(' ' + chr(10))}__group"

    assert lines_of(*nodes, edges=edges) == [
        'subgraph end__8d3fad29__group["end"]',
        *("    direction TB", "    b", "    c__all@{ shape: fork }", "    c", "end"),
        f'subgraph {blank}["#160;"]',
        *("    direction TB", "    d", "end"),
        *("a --> b", "b --> c__all", "d --> c__all", "c__all --> c"),
    ]
    styled = lines_of(*nodes, edges=edges, styled=True)
    assert styled[-2:] == [
        "classDef group fill:none,stroke:#64748b,color:#64748b",
        f"class end__8d3fad29__group,{blank} group",
    ]
    across = render_mermaid(Graph(name="x", nodes=nodes, edges=edges), direction="RL")
    assert across.count("        direction RL\n") == 2


def test_group_with_the_colours_of_the_page():
    """A frame has a class by which the page colours it."""
    graph = Graph(name="x", nodes=(Node(name="a", title="a", group="b"),), edges=())

    text = render_mermaid(graph, styled=True, palette="inside")

    assert text.endswith("\n    class b__group penstock-group")
    assert ".penstock-group :is(rect,path,polygon){fill:none !important;" in text


def test_join_of_loops_only():
    """Nothing leads to the bar of a step that only loops lead to, and so there is none."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b", join="all"))

    assert lines_of(*nodes, edges=(Edge("a", "b", "x", is_loop=True),)) == ['a -->|"again: x"| b']


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "_private",
        "End",
        "end_x",
        "TB",
        "x1",
        "gr\u00f6\u00dfe",
        "\u6b65\u9aa4",
        "\u0448\u0430\u0433",
    ],
)
def test_readable_name(name: str):
    """A name that Mermaid can read stays as it is."""
    assert id_of(name) == name


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("end", "end"),
        ("toString", "toString"),
        ("__proto__", "proto"),
        ("redirection", "redirection"),
        ("a b", "a_b"),
        ("a-b", "a_b"),
        ("1a", "step_1a"),
        ("", "step"),
        ("\U0001f680", "step"),
        ("e\u0301tape", "etape"),
        ("a_b__7faae47c", "a_b_7faae47c"),
        ("ship__all", "ship_all"),
        ("ship__group", "ship_group"),
        ("word " * 20, "word_word_word_word_word_word_word_word"),
    ],
)
def test_unreadable_name(name: str, slug: str):
    """Any other name gets an id of a slug and a hash, which no readable name looks like."""
    actual, _, digest = id_of(name).rpartition("__")

    assert (actual, len(digest)) == (slug, 8)


def test_id_is_stable():
    """The id of a name is the same in every diagram and version, so that diffs stay small."""
    assert (id_of("end"), id_of("a b")) == ("end__8d3fad29", "a_b__7faae47c")


def test_similar_names():
    """Names that give the same slug give different ids."""
    names = ["a b", "a-b", "a.b", "a  b", "a_b__7faae47c", "a_b"]

    assert len({id_of(name) for name in names}) == len(names)


def test_join():
    """An all-of join is a bar: its predecessors lead there, and one edge leads on."""
    nodes = [Node(name=name, title=name) for name in "ab"]
    edges = (Edge("a", "ship", "paid"), Edge("a", "b"), Edge("b", "ship"))

    lines = lines_of(*nodes, Node(name="ship", title="ship", join="all"), edges=edges)

    assert lines == [
        "ship__all@{ shape: fork }",
        'a -->|"paid"| ship__all',
        "a --> b",
        "b --> ship__all",
        "ship__all --> ship",
    ]


def test_join_of_nothing():
    """A join that no edge leads to has no bar."""
    assert lines_of(Node(name="ship", title="ship", join="all")) == ["ship"]


STYLED = Graph(
    name="orders",
    title="Orders: #1",
    description="Takes orders.\nShips them.",
    nodes=(
        Node(name="receive", title="Receive", role="entrypoint", kind="http"),
        Node(name="check", title="check"),
        Node(name="ship", title="ship", join="all", kind="queue"),
        Node(name="audit", title="audit", role="missing"),
    ),
    edges=(Edge("receive", "check"), Edge("check", "ship", "ok"), Edge("audit", "ship")),
)


def test_styled():
    """A styled flow has a title for screen readers, pills, and the colours that it uses."""
    expected = """
        graph TD
            accTitle: Orders: #35;1
            accDescr: Takes orders. Ships them.
            receive(["Receive<br/><small>(HTTP)</small>"]):::entrypoint
            check("check"):::step
            ship__all:::join@{ shape: fork }
            ship["ship<br/><small>(queue)</small>"]:::queue@{ shape: h-cyl }
            audit("audit<br/><small>(not declared)</small>"):::missing
            receive --> check
            check -->|"ok"| ship__all
            audit --> ship__all
            ship__all --> ship
            linkStyle default stroke-width:1.5px
            classDef entrypoint fill:#dbeafe,stroke:#2563eb,color:#1e3a8a
            classDef step fill:#f8fafc,stroke:#64748b,color:#0f172a
            classDef queue fill:#fef3c7,stroke:#d97706,color:#78350f
            classDef missing fill:#fee2e2,stroke:#dc2626,color:#7f1d1d,stroke-dasharray:5 4
            classDef join fill:#64748b,stroke:#64748b"""

    assert render_mermaid(STYLED, styled=True) == _HEAD + dedent(expected)


def test_colours_of_the_page():
    """If the page has the colours, nodes have its classes, and keep their natural size."""
    text = render_mermaid(STYLED, styled=True, palette="stylesheet")

    classes = ("entrypoint", "step", "join", "queue", "missing")
    assert re.findall(r":::(\S+?)(?=@|$)", text, re.MULTILINE) == [f"penstock-{c}" for c in classes]
    assert re.findall("classDef .*", text) == ["classDef penstock-missing stroke-dasharray:5 4"]
    assert not re.search("fill:|stroke:|color:|Color:", text)
    assert "    useMaxWidth: false\n---\n" in text


def test_colours_inside():
    """If no style sheet of the page applies, a diagram brings one for its classes."""
    text = render_mermaid(STYLED, styled=True, palette="theme_css")

    (css,) = re.findall('themeCSS: "(.*)"', text)
    used = {"entrypoint", "step", "join", "queue", "missing"}
    assert set(re.findall(r"\.penstock-(\w+)", css)) == used
    assert "{fill:var(--penstock-step-fill, #f8fafc) !important;" in css
    assert text.replace(f'  themeCSS: "{css}"\n', "") == render_mermaid(
        STYLED, styled=True, palette="stylesheet"
    )


def test_plain_has_no_classes_of_a_page():
    """The page's classes are for styled flows only."""
    assert render_mermaid(STYLED, palette="stylesheet") == render_mermaid(STYLED)


def test_styled_without_edges():
    """Styles for which there is nothing are left out."""
    lines = lines_of(Node(name="a", title="a"), styled=True)

    assert lines == ['a("a"):::step', "classDef step fill:#f8fafc,stroke:#64748b,color:#0f172a"]


@pytest.mark.parametrize("name", [name for name in _CLASSES if name != "join"])
def test_text_is_legible(name: str):
    """Text contrasts with its box as WCAG asks for, whatever the page behind it."""
    style = dict(item.split(":") for item in _CLASSES[name].split(","))

    assert contrast(style["color"], style["fill"]) >= 7


@pytest.mark.parametrize("page", ["#ffffff", "#121212"], ids=["light", "dark"])
def test_lines_are_visible(page: str):
    """Lines and bars contrast with a light and with a dark page."""
    assert 'lineColor: "#64748b"' in _HEAD
    assert contrast("#64748b", page) >= 3


@pytest.mark.parametrize("styled", [False, True], ids=["plain", "styled"])
def test_link(styled: bool):
    """A link is a click; only a styled flow adds a tooltip."""
    node = Node(name="a", title="a", href="#a", summary='Says "x".')
    tip = ' "Says #34;x#34;#46;"' if styled else ""

    lines = lines_of(node, edges=(Edge("a", "a"),), styled=styled)

    assert f'click a href "#a"{tip}' in lines


def test_link_without_summary():
    """A link without a summary has no tooltip."""
    assert 'click a href "#a"' in lines_of(Node(name="a", title="a", href="#a"), styled=True)


@pytest.mark.parametrize(
    ("href", "written"),
    [
        ("a b.html#x;y", "a%20b.html#x%3By"),
        ('"<>`\\{}|^', "%22%3C%3E%60%5C%7B%7D%7C%5E"),
        ("HTTPS://example.com/\u00e9", "HTTPS://example.com/%C3%A9"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("../x%20y?a=1&b=2", "../x%20y?a=1&b=2"),
    ],
)
def test_href(href: str, written: str):
    """An address is percent-encoded, so that it can be in quotes."""
    lines = lines_of(Node(name="a", title="a", href=href))

    assert lines == ["a", f'click a href "{written}"']


@pytest.mark.parametrize(
    "href",
    ["javascript:x", " JavaScript:x", "java\nscript:x", "vbscript:x", "data:text/html,x", " "],
)
def test_unsafe_href(href: str):
    """An address that could run a script is left out."""
    assert lines_of(Node(name="a", title="a", href=href)) == ["a"]


def wide(count: int) -> Graph:
    """Return a graph of *count* edges as drawn, one of which leads from a bar."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b", join="all"))
    return Graph(name="wide", nodes=nodes, edges=(Edge("a", "b"),) * (count - 1))


def test_most_edges():
    """500 edges, bars included, are drawn."""
    assert render_mermaid(wide(500)).count("-->") == 500


def test_too_many_edges():
    """More edges, bars included, than Mermaid draws are an error that names the flow."""
    with pytest.raises(DiagramTooLargeError) as caught:
        render_mermaid(wide(501))

    error = caught.value
    assert (error.flow, error.what, error.count, error.limit) == ("wide", "edges", 501, 500)


def long(count: int) -> Graph:
    """Return a graph whose text has *count* characters, as a browser counts them."""
    bare = Graph(name="long", nodes=(Node(name="a", title="\U0001f680"),), edges=())
    rest = count - len(render_mermaid(bare)) - 1
    return replace(bare, nodes=(Node(name="a", title="\U0001f680" + "x" * rest),))


def test_most_characters():
    """50,000 characters are drawn."""
    assert len(render_mermaid(long(50_000))) == 49_999


def test_too_many_characters():
    """More characters than Mermaid draws are an error that says how many."""
    with pytest.raises(DiagramTooLargeError) as caught:
        render_mermaid(long(50_001))

    error = caught.value
    assert (error.what, error.count, error.limit) == ("characters", 50_001, 50_000)


@pytest.mark.parametrize("graph", [wide(501), long(50_001)], ids=["edges", "characters"])
def test_limits_can_be_lifted(graph: Graph):
    """If the page raises Mermaid's limits, ours can be left out."""
    assert render_mermaid(graph, check_limits=False).startswith("graph TD\n")


ROUTE = Graph(
    name="route",
    nodes=tuple(Node(name=name, title=name) for name in "abcd"),
    edges=(Edge("a", "b", "yes"), Edge("a", "c"), Edge("b", "d"), Edge("c", "d"), Edge("a", "d")),
)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        # Three ranks of one line each, the words of an edge, two gaps, and the margin.
        ("TD", 3 * 54 + 24 + 2 * 50 + 16),
        # Two nodes and an edge above each other, two gaps, and the margin.
        ("LR", 2 * 54 + 2 * 50 + 16),
    ],
)
def test_estimated_height(direction, expected):
    """The room that a page keeps is that of the highest rank, or of all ranks together."""
    assert estimate_height(ROUTE, direction) == expected


def test_estimated_height_of_a_way_back():
    """A way back makes an image no higher."""
    back = replace(ROUTE, edges=(*ROUTE.edges, Edge("d", "a")))

    assert estimate_height(back, "TD") == estimate_height(ROUTE, "TD")


def test_estimated_height_of_loops():
    """A loop is as tall as an edge of its label that leads forwards; a repetition is a line."""
    there = replace(ROUTE, edges=(*ROUTE.edges[:3], Edge("b", "d", "again: no"), *ROUTE.edges[3:]))
    back = replace(there, edges=(*ROUTE.edges, Edge("d", "b", "no", is_loop=True)))
    itself = replace(ROUTE, edges=(*ROUTE.edges, Edge("a", "a", is_loop=True)))

    for direction in ("TD", "LR"):
        assert estimate_height(back, direction) == estimate_height(there, direction)
    assert estimate_height(itself, "TD") == estimate_height(ROUTE, "TD") + 24


def test_estimated_height_of_channels():
    """Each channel is a line."""
    first = replace(ROUTE.nodes[0], receives=("kafka:a", "kafka:b"), sends=("kafka:c",))
    drawn = replace(ROUTE, nodes=(first, *ROUTE.nodes[1:]))

    assert estimate_height(drawn, "TD") == estimate_height(ROUTE, "TD") + 72


@pytest.mark.parametrize(
    ("groups", "down", "across"),
    [("AAAA", 125, 55), ("ABBA", 100, 214), ("ABCA", 100, 269), ("ABCD", 150, 110), ("    ", 0, 0)],
)
def test_estimated_height_of_groups(groups: str, down: int, across: int):
    """Frames make it taller: their borders, and across also by keeping others out of them."""
    pairs = zip(ROUTE.nodes, groups, strict=True)
    nodes = tuple(replace(node, group=group.strip() or None) for node, group in pairs)
    framed = replace(ROUTE, nodes=nodes)

    assert estimate_height(framed, "TD") == estimate_height(ROUTE, "TD") + down
    assert estimate_height(framed, "LR") == estimate_height(ROUTE, "LR") + across


def test_estimated_height_of_nothing():
    """A flow without steps needs no room but its margins."""
    assert estimate_height(Graph(name="empty", nodes=(), edges=()), "TD") == 16
