"""Whether the real Mermaid understands and shows what was meant."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from unicodedata import category

import pytest
from corpus import HOSTILE, graphs
from hypothesis import HealthCheck, given, settings
from real_mermaid import PAGE_VERSIONS, VERSIONS, Drawing, Mermaid, get_bundle

from penstock import Edge, Graph, Node
from penstock._common.kinds import spell_kind
from penstock._common.markup import plain_text
from penstock.exceptions import DiagramTooLargeError
from penstock.graph import EdgeCheck
from penstock.graph._model import Direction
from penstock.graph._structure import lines, repetitions
from penstock.render import label_lines, legend_lines
from penstock.render._formats.mermaid import LONGEST_LINE, Palette, render_mermaid
from penstock.render._formats.mermaid.style import WARNINGS
from penstock.render._mermaid_size import estimate_height

pytestmark = pytest.mark.mermaid


# Between the version that Sphinx loads by default and the newest one, others are `wide`.
PARAMS = [
    pytest.param(version, marks=() if version in (VERSIONS[0], VERSIONS[-1]) else pytest.mark.wide)
    for version in VERSIONS
]


@pytest.fixture(scope="module", params=PARAMS)
def mermaid(request: pytest.FixtureRequest, require: Callable[[str, bool], None]) -> Mermaid:
    """Return a page that has loaded one version of Mermaid."""
    bundle = get_bundle(request.param, request.config.rootpath)
    require("mermaid", bundle is not None)
    browser = request.getfixturevalue("running_chromium")
    return Mermaid(browser.new_page(), bundle)


on_the_newest = pytest.mark.parametrize("mermaid", PAGE_VERSIONS, indirect=True)
"""For what draws hundreds of diagrams: the older versions are run by `nox -s wide`."""

styles = pytest.mark.parametrize("styled", [False, True], ids=["plain", "styled"])


def mostly(styled: bool) -> pytest.MarkDecorator:
    """Draw with one style, which finds nearly all that both do, and with the other when `wide`."""
    params = [
        pytest.param(one, id=name, marks=() if one is styled else pytest.mark.wide)
        for one, name in ((False, "plain"), (True, "styled"))
    ]
    return pytest.mark.parametrize("styled", params)


def halves(labels: list[str]) -> tuple[list[str], list[str]]:
    """Return the first and second half of *labels*, of one length."""
    middle = len(labels) // 2
    return labels[:middle], labels[middle : middle * 2]


def seen(text: str) -> str:
    """Return *text* as a reader sees it: white space in one, without what has no width."""
    visible = "".join(" " if category(c) == "Cc" else c for c in text)
    return " ".join(visible.replace("\u200c", "").split())


def node_text(node: Node, repetition: str = "") -> str:
    """Return what a reader is meant to see in *node*."""
    kind = "not declared" if node.role == "missing" else node.kind and spell_kind(node.kind)
    if node.kind in {channel.partition(":")[0] for channel in (*node.receives, *node.sends)}:
        kind = None
    channels = [f"receives {c}" for c in node.receives] + [f"sends {c}" for c in node.sends]
    parts = filter(None, [node.label, f"({kind})" if kind else "", *channels, repetition])
    return seen(" ".join(line for part in parts for line in label_lines(part, LONGEST_LINE)))


def meant(graph: Graph) -> tuple[Counter, Counter]:
    """Return the labels of the nodes and of both ends of the edges of *graph*, bars as ``""``."""
    repeated = repetitions(graph)
    labels = {node.name: node_text(node, repeated.get(node.name, "")) for node in graph.nodes}
    joined = {edge.target for edge in graph.edges if not edge.is_loop}
    joined &= {node.name for node in graph.nodes if node.join == "all"}
    pairs = Counter(
        (
            labels[edge.source],
            "" if edge.target in joined and not edge.is_loop else labels[edge.target],
        )
        for edge in lines(graph)
    )
    pairs.update(("", labels[name]) for name in joined)
    return Counter(labels.values()) + Counter("" for _ in joined), pairs


def drawn(drawing: Drawing) -> tuple[Counter, Counter]:
    """Return the labels of the nodes and of both ends of the edges that Mermaid drew."""
    labels = {name: seen(text) for name, text in drawing.labels.items()}
    pairs = Counter((labels[source], labels[target]) for source, target in drawing.edges)
    return Counter(labels.values()), pairs


@on_the_newest
def test_hostile_names(mermaid: Mermaid) -> None:
    """Any name of a step is drawn as that step, and shown as it is written."""
    nodes = tuple(Node(name=text, title=text) for text in HOSTILE)
    graph = Graph(name="hostile", nodes=nodes, edges=tuple(map(Edge, *halves(HOSTILE))))

    drawing = mermaid.draw(render_mermaid(graph))

    assert drawn(drawing) == meant(graph)


@on_the_newest
@mostly(styled=False)
def test_hostile_titles_and_edge_labels(mermaid: Mermaid, styled: bool) -> None:
    """Any title of a step and any label of an edge is shown as it is written."""
    names = [f"n{i}" for i in range(len(HOSTILE))]
    nodes = tuple(Node(name=name, title=text) for name, text in zip(names, HOSTILE, strict=True))
    first, second = halves(names)
    edges = tuple(map(Edge, first + second, second + first, HOSTILE))
    graph = Graph(name="hostile", nodes=nodes, edges=edges)

    drawing = mermaid.draw(render_mermaid(graph, styled=styled))

    assert drawn(drawing) == meant(graph)
    assert list(map(seen, drawing.edge_labels)) == list(map(seen, HOSTILE))
    assert (drawing.cut, drawing.scripts) == ([], 0)


@on_the_newest
def test_hostile_kinds(mermaid: Mermaid) -> None:
    """Any kind of a step is shown as it is written."""
    nodes = tuple(Node(name=f"n{i}", title="x", kind=text) for i, text in enumerate(HOSTILE))
    graph = Graph(name="hostile", nodes=nodes, edges=())

    drawing = mermaid.draw(render_mermaid(graph, styled=True))

    assert drawn(drawing) == meant(graph)


def test_hostile_flow_titles(mermaid: Mermaid) -> None:
    """Any title is what a screen reader says, and any description without its markup."""
    graph = Graph(name="hostile", nodes=(Node(name="LR", title="LR"),), edges=())
    # Several at once: drawing one by one would take a minute.
    titles = [" ".join(HOSTILE[start : start + 9]) for start in range(0, len(HOSTILE), 9)]
    titles.append("direction")

    drawings = mermaid.draw_all(
        [
            render_mermaid(replace(graph, title=title, description=title), styled=True)
            for title in titles
        ]
    )

    heard = [(seen(drawing.title), seen(drawing.description)) for drawing in drawings]
    assert heard == [(seen(title), seen(plain_text(title))) for title in titles]
    assert {tuple(drawing.vertices) for drawing in drawings} == {("LR",)}


@mostly(styled=True)
@given(graph=graphs())
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@on_the_newest
def test_any_graph(mermaid: Mermaid, styled: bool, graph: Graph) -> None:
    """Any graph is drawn as that graph, and runs no script."""
    drawing = mermaid.draw(render_mermaid(graph, styled=styled))

    assert drawn(drawing) == meant(graph)
    labels = Counter(seen(label) for e in lines(graph) if (label := graph.words.label_of(e)))
    assert Counter(filter(None, map(seen, drawing.edge_labels))) == +labels
    groups = {seen(node.group) for node in graph.nodes if node.group is not None}
    assert {seen(text) for text, _ in drawing.groups} == groups
    assert drawing.scripts == 0


def test_readable_letters(mermaid: Mermaid) -> None:
    """Every name that stays as it is, is an id to Mermaid."""
    letters = [chr(code) for code in range(0x10000) if chr(code).isidentifier()]
    words = ["".join(letters[start : start + 60]) for start in range(0, len(letters), 60)]
    graph = Graph(
        name="letters", nodes=tuple(Node(name=word, title=word) for word in words), edges=()
    )
    kept = [line.strip() for line in render_mermaid(graph, check_limits=False).splitlines()[1:]]
    kept = [line for line in kept if line in set(words)]

    assert len(kept) > 300
    assert mermaid.understand("\n".join(["graph TD", *kept]))[0] == kept


@pytest.mark.parametrize(
    "names",
    [
        ("x", "o", "v", "oB", "x_end", "order", "default", "direction_x", "TB"),
        ("redirection", "LR_first", "direction", "LR"),
        ("constructor", "toString", "__proto__", "hasOwnProperty", "valueOf", "__init__"),
        ("step", "step__all", "a b", "a_b", "a_b__7faae47c", "end", "End", "END", "Graph"),
    ],
    ids=["letters", "direction", "prototypes", "generated"],
)
def test_awkward_identifiers(mermaid: Mermaid, names: tuple[str, ...]) -> None:
    """Identifiers that mean something to Mermaid, or to JavaScript, are names like any other."""
    nodes = tuple(Node(name=name, title=name, join="all") for name in names)
    edges = tuple(Edge(source, target) for source, target in pairwise(names))
    loops = tuple(Edge(name, name) for name in names[:1])
    graph = Graph(name="awkward", nodes=nodes, edges=edges + loops)

    drawing = mermaid.draw(render_mermaid(graph))

    assert drawn(drawing) == meant(graph)


@pytest.mark.parametrize(
    ("href", "safe"),
    [
        ("#ship", True),
        ("flows.html#a;b", True),
        ("https://example.com/?a=1&b=2#end", True),
        ('x y/"><script>', True),
        ("gr\u00f6\u00dfe.html", True),
        ("direction LR", True),
        ("a%%b", True),
        ("javascript:alert(1)", False),
        (" JavaScript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
    ],
)
def test_links(mermaid: Mermaid, href: str, safe: bool) -> None:
    """A click leads where it was meant to, and never into a script."""
    nodes = (Node(name="ship", title="Ship", href=href, summary='Ships "it" #35; <b>'),)
    graph = Graph(name="orders", nodes=nodes, edges=())

    drawing = mermaid.draw(render_mermaid(graph, styled=True))

    assert drawing.links == ({"ship": href} if safe else {})


def test_classes_of_the_page(mermaid: Mermaid) -> None:
    """Each kind of node has the class by which a page colours it."""
    kinds = {
        "service": "http",
        "store": "db",
        "queue": "kafka",
        "document": "file",
        "message": "email",
        "step": "other",
    }
    nodes = [Node(name=sort, title="x", kind=kind) for sort, kind in kinds.items()]
    nodes += [Node(name=role, title="x", role=role) for role in ("entrypoint", "missing")]
    nodes += [Node(name=status, title="x", status=status) for status in ("failed", "unreached")]
    graph = Graph(name="sorts", nodes=tuple(nodes), edges=())

    drawing = mermaid.draw(render_mermaid(graph, styled=True, palette="stylesheet"))

    assert {name: classes[-1] for name, classes in drawing.classes.items()} == {
        node.name: f"penstock-{node.name}" for node in nodes
    }


@on_the_newest
def test_groups(mermaid: Mermaid) -> None:
    """Each group is a frame with its title and a separate class, whatever the title is."""
    sources, groups = [], []
    for part in (HOSTILE[::2], HOSTILE[1::2]):  # Mermaid draws no more at once
        pairs = [(f"a{number}", text) for number, text in enumerate(part)]
        nodes = tuple(Node(name=name, title="x", group=pair[1]) for pair in pairs for name in pair)
        graph = Graph(name="x", nodes=nodes, edges=tuple(Edge(*pair) for pair in pairs))
        sources.append(render_mermaid(graph, styled=True, palette="page"))

    for drawing in mermaid.draw_all(sources):
        groups += drawing.groups

    assert Counter(seen(text) for text, _ in groups) == Counter(map(seen, HOSTILE))
    assert {classes[-1] for _, classes in groups} == {"penstock-group"}


STEPS = ["receive", "check", "reserve", "charge", "refuse", "pack", "label", "publish", "send"]


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param({"receive": "A"}, id="one"),
        pytest.param({"receive": "A", "send": "A"}, id="apart"),
        pytest.param({"charge": "B", "pack": "B", "label": "C"}, id="two"),
        pytest.param({node: node for node in ("check", "reserve", "refuse", "send")}, id="many"),
        pytest.param(dict.fromkeys(STEPS, "A"), id="all"),
        pytest.param(dict(zip(STEPS, "AAABBCCDD", strict=True)), id="in a row"),
    ],
)
def test_height_of_groups(mermaid: Mermaid, groups: dict[str, str]) -> None:
    """How tall frames make a flow is known before, as in `test_height`."""
    nodes = tuple(replace(node, group=groups.get(node.name)) for node in ORDERS.nodes)
    graph = replace(ORDERS, nodes=nodes)

    drawing = mermaid.draw(render_mermaid(graph, styled=True, palette="page"))

    assert estimate_height(graph, "TD") == pytest.approx(drawing.height, abs=28)


@pytest.mark.parametrize("label", ["A", "all orders that came in from the marketplaces"])
def test_height_of_folded_groups(mermaid: Mermaid, label: str) -> None:
    """How tall folded groups are is known before, in the version that makes them tallest."""
    nodes = tuple(Node(name=name, title=label, role="group") for name in "abc")
    graph = Graph(name="x", nodes=nodes, edges=(Edge("a", "b"), Edge("b", "c")))

    drawing = mermaid.draw(render_mermaid(graph, styled=True, palette="page"))

    assert 0 <= estimate_height(graph, "TD") - drawing.height <= 4 * len(nodes)


def test_height_of_groups_across(mermaid: Mermaid) -> None:
    """Across, a frame keeps all others out of its ranks, and has as much room as its tallest."""
    edges = (Edge("a", "b", "yes"), Edge("a", "c"), Edge("b", "d"), Edge("c", "d"), Edge("a", "d"))
    graphs = [
        Graph(name="x", nodes=tuple(map(in_group, "abcd", groups)), edges=edges)
        for groups in ("AAAA", "ABBA", "ABCA", "ABCD")
    ]

    sources = [render_mermaid(g, direction="LR", styled=True, palette="page") for g in graphs]

    heights = [drawing.height for drawing in mermaid.draw_all(sources)]
    assert [estimate_height(graph, "LR") for graph in graphs] == pytest.approx(heights, rel=0.15)


@styles
def test_legend(mermaid: Mermaid, styled: bool) -> None:
    """The legend is a group with a node for each shape, and one with all other words."""
    nodes = (Node(name="a", role="entrypoint"), Node(name="b", is_beside=True), Node(name="c"))
    graph = Graph(name="f", nodes=nodes, edges=(Edge("a", "b"), Edge("b", "c", "no")))

    drawing = mermaid.draw(render_mermaid(graph, styled=styled, legend=True))

    texts = {text for name, text in drawing.labels.items() if name not in {"a", "b", "c"}}
    entrypoint, step, *others = legend_lines(graph, "mermaid")[1:]
    assert {seen(text) for text in texts} == {entrypoint, step, " ".join(others)}
    assert [title for title, _ in drawing.groups] == ["Legend"]
    assert drawing.cut == []
    assert "beside" in drawing.classes["b"]


@pytest.mark.parametrize("direction", ["TD", "RL"])
@pytest.mark.parametrize("size", [1, 12])
@on_the_newest
def test_line_beside_the_legend(mermaid: Mermaid, size: int, direction: Direction) -> None:
    """No line crosses the frame of the legend, which is behind the last step."""
    names = [f"s{number}" for number in range(size)]
    nodes = tuple(Node(name=name, join="all" if name == "s7" else "any") for name in names)
    pairs = dict.fromkeys([*pairwise(names), *(("s0", name) for name in names[5:])])
    graph = Graph(name="f", nodes=nodes, edges=tuple(Edge(a, b) for a, b in pairs))

    source = render_mermaid(graph, direction=direction, styled=True, legend=True)

    assert not mermaid.is_crossed(source, "legend__group")


def in_group(name: str, group: str) -> Node:
    """Return a node in a group."""
    return Node(name=name, group=group)


def test_class_of_bars(mermaid: Mermaid) -> None:
    """The bar of a join has its own class."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b", join="all"))
    graph = Graph(name="join", nodes=nodes, edges=(Edge("a", "b"),))

    drawing = mermaid.draw(render_mermaid(graph, styled=True, palette="stylesheet"))

    assert drawing.classes["b__all"][-1] == "penstock-join"


ORDERS = Graph(
    name="orders",
    nodes=(
        Node(name="receive", title="Receive the order", role="entrypoint", kind="http"),
        Node(name="check", title="Check the customer's credit", kind="api"),
        Node(name="reserve", title="Reserve stock", kind="database"),
        Node(name="charge", title="Charge the card", kind="ledger"),
        Node(name="refuse", title="Notify the customer", kind="email"),
        Node(name="pack", title="Pack the parcel", join="all"),
        Node(name="label", title="Print the label", kind="file"),
        Node(name="publish", title="Publish", kind="kafka"),
        Node(name="send", title="Hand it over to the carrier"),
    ),
    edges=(
        Edge("receive", "check"),
        Edge("receive", "reserve"),
        Edge("check", "charge", "credit is fine"),
        Edge("check", "refuse", "no credit"),
        Edge("charge", "pack"),
        Edge("reserve", "pack"),
        Edge("pack", "label"),
        Edge("pack", "publish"),
        Edge("label", "send"),
        Edge("send", "receive", "comes back"),
    ),
)


# Across, nodes that have nothing to do with each other are drawn further apart than they need be.
@pytest.mark.parametrize(
    ("direction", "near"), [("TD", {"abs": 28}), ("BT", {"abs": 28}), ("LR", {"rel": 0.3})]
)
@pytest.mark.parametrize("count", range(1, 10))
def test_height(mermaid: Mermaid, direction: Direction, near: dict[str, float], count: int) -> None:
    """How tall a flow is drawn is known before: to a line where it leads down or up."""
    nodes = ORDERS.nodes[:count]
    names = {node.name for node in nodes}
    edges = tuple(edge for edge in ORDERS.edges if {edge.source, edge.target} <= names)
    graph = replace(ORDERS, nodes=nodes, edges=edges)

    drawing = mermaid.draw(
        render_mermaid(graph, direction=direction, styled=True, palette="stylesheet")
    )

    assert estimate_height(graph, direction) == pytest.approx(drawing.height, **near)


@pytest.mark.parametrize("palette", ["inline", "stylesheet", "theme_css"])
def test_colours_of_verdicts(mermaid: Mermaid, palette: Palette) -> None:
    """Lines and heads of warnings have their colours, and so have words where a page has them."""
    verdicts = ("supported", "unverified", "contradicted", "mixed")
    nodes = tuple(Node(name=name) for name in "abcde")
    edges = tuple(
        Edge(*ends, "words", check=EdgeCheck(verdict=verdict))
        for ends, verdict in zip(pairwise("abcde"), verdicts, strict=True)
    )
    graph = Graph(name="f", nodes=nodes, edges=edges)
    warned = ["", WARNINGS["doubt"], WARNINGS["bad"], WARNINGS["doubt"]]

    lines, heads, words = mermaid.colours(render_mermaid(graph, styled=True, palette=palette))

    assert [line if line in warned else "" for line in lines] == warned
    assert heads == lines
    expected = [""] * 4 if palette == "inline" else warned
    assert [word if word in warned else "" for word in words] == expected


@pytest.mark.parametrize("direction", ["TD", "LR"])
def test_height_of_nothing(direction: Direction) -> None:
    """A flow without steps needs no room but its margins."""
    assert estimate_height(Graph(name="empty", nodes=(), edges=()), direction) == 16


@styles
def test_no_node_at_all(mermaid: Mermaid, styled: bool) -> None:
    """A flow without steps is drawn as an empty image."""
    drawing = mermaid.draw(render_mermaid(Graph(name="empty", nodes=(), edges=()), styled=styled))

    assert (drawing.labels, drawing.edges) == ({}, [])


def test_limits_are_mermaids(mermaid: Mermaid) -> None:
    """A flow just within the limits is drawn, and those are refused that Mermaid refuses."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b"))
    most = Graph(name="most", nodes=nodes, edges=(Edge("a", "b"),) * 500)
    more = replace(most, edges=(Edge("a", "b"),) * 501)

    assert len(mermaid.understand(render_mermaid(most))[1]) == 500
    with pytest.raises(DiagramTooLargeError):
        render_mermaid(more)
    with pytest.raises(Exception, match=re.escape("Edge limit exceeded")):
        mermaid.understand(render_mermaid(more, check_limits=False))
