"""Parts of a graph: around a step, from one to another, of some kinds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import Edge, Graph, Node
from penstock.exceptions import PartError, UnknownStepError
from penstock.graph import subgraph
from penstock.render import draw

KINDS = {"receive": "http", "price": "database", "charge": "payment", "send": "email"}


def graph_of(*edges: tuple[str, str, str | None] | Edge, titles: dict[str, str] | None = None):
    """Return a graph with these edges, whose first node is its entrypoint."""
    made = [edge if isinstance(edge, Edge) else Edge(*edge) for edge in edges]
    names = dict.fromkeys(name for edge in made for name in (edge.source, edge.target))
    nodes = [
        Node(
            name=name,
            title=(titles or {}).get(name),
            kind=KINDS.get(name),
            role="step" if number else "entrypoint",
        )
        for number, name in enumerate(names)
    ]
    return Graph(name="orders", nodes=tuple(nodes), edges=tuple(made))


ORDERS = graph_of(
    ("receive", "check", None),
    ("check", "price", None),
    ("check", "audit", None),
    ("price", "charge", "paid"),
    ("charge", "pack", None),
    ("pack", "label", None),
    ("label", "send", None),
    Edge("charge", "charge", "retry", is_loop=True),
    Edge("send", "label", None, is_loop=True),
    titles={"label": "Print the label"},
)


def names(graph: Graph) -> str:
    return " ".join(node.name for node in graph.nodes)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "receive check price audit charge pack label send"),
        ({"around": "charge"}, "price charge pack"),
        ({"around": "charge", "depth": 0}, "charge"),
        ({"around": "pack", "depth": 2}, "price charge pack label send"),
        ({"around": "pack", "depth": 99}, "receive check price charge pack label send"),
        ({"around": "audit, send"}, "check audit label send"),
        ({"around": ["audit", "send"], "depth": 0}, "audit send"),
        ({"around": "label", "depth": 1}, "pack label send"),
        ({"from_": "label"}, "label send"),
        ({"to": "price"}, "receive check price"),
        ({"from_": "check", "to": "charge"}, "check price charge"),
        ({"around": "pack", "depth": 2, "to": "pack"}, "price charge pack"),
        ({"only_kinds": "Email"}, "receive send"),
        ({"only_kinds": ["email", "payment"]}, "receive charge send"),
        ({"around": "pack", "depth": 1, "only_kinds": "payment"}, "charge pack"),
    ],
)
def test_part(options, expected):
    """A part has the steps that meet all options, in the order of the whole."""
    assert names(subgraph(ORDERS, **options)) == expected


def test_whole():
    """A part that is the whole flow is that graph."""
    assert subgraph(ORDERS, from_="receive") is ORDERS


def test_name_with_a_comma():
    """A string that is the name of a step is one name."""
    graph = graph_of(("a", "b, c", None), ("b, c", "d", None))

    assert names(subgraph(graph, around="b, c", depth=0)) == "b, c"


def test_what_is_cut_off():
    """A step counts the steps beside it that are not in the part."""
    found = subgraph(ORDERS, from_="check", to="pack")

    assert [(n.name, n.hidden_before, n.hidden_after) for n in found.nodes] == [
        ("check", 1, 1),
        ("price", 0, 0),
        ("charge", 0, 0),
        ("pack", 0, 1),
    ]


def test_passing_edges():
    """An edge goes through what has no such kind, with the condition where it begins."""
    found = subgraph(ORDERS, only_kinds="database, email")

    assert found.edges == (
        Edge("receive", "price", via=("check",)),
        Edge("price", "send", "paid", via=("charge", "pack", "Print the label")),
        Edge("send", "send", is_loop=True, via=("Print the label",)),
    )


def test_passing_edge_without_a_loop():
    """If one way goes back by a loop and another does not, the edge is not a loop."""
    graph = graph_of(
        ("receive", "send", None),
        ("send", "price", None),
        ("send", "a", None),
        ("a", "b", None),
        Edge("a", "price", is_loop=True),
        Edge("a", "c", is_loop=True),
        ("b", "c", None),
        ("c", "price", None),
    )

    found = subgraph(graph, only_kinds="database")

    assert found.edges == (Edge("receive", "price", via=("send",)),)


TREE = """\
orders
price (database, 1 more before)
└─ paid ─> charge (payment, repeats: retry)
    └── pack (1 more after)"""

PASSING = """\
orders
receive (entrypoint, HTTP)
└─ via check ─> price (database)
    └─ paid, via 3 steps ─> send (email, repeats, via Print the label)"""


def test_text():
    """A tree shows the steps that are cut off and those that are passed."""
    assert draw(subgraph(ORDERS, around="charge"), "text") == TREE
    assert draw(subgraph(ORDERS, only_kinds="database, email"), "text") == PASSING


def test_a_note_and_what_is_cut_off():
    """A note of a run and what is cut off are one line."""
    graph = graph_of(("a", "b", None), ("b", "c", None))
    nodes = tuple(Node(name=node.name, note="3 ms") for node in graph.nodes)
    graph = Graph(name="f", nodes=nodes, edges=graph.edges)

    found = subgraph(graph, around="b", depth=0)

    assert draw(found, "text") == "f\nb (3 ms · 1 more before · 1 more after)"


@pytest.mark.parametrize(
    "name",
    [
        *("mermaid", "dot", "d2", "plantuml"),
        pytest.param("svg", marks=pytest.mark.needs("Graphviz program")),
    ],
)
def test_formats(name):
    """Each format shows what is cut off, and what edges pass."""
    around = draw(subgraph(ORDERS, around="charge"), name)
    kinds = draw(subgraph(ORDERS, only_kinds="database, email"), name)

    assert isinstance(around, str)
    assert isinstance(kinds, str)
    assert "1 more after" in around
    assert "via check" in kinds
    assert "3 steps" in kinds


def test_mermaid_of_a_step_by_itself():
    """In Mermaid, a step that leads somewhere else says so, even without a kind."""
    assert 'pack["pack<br/>1 more after"]' in draw(subgraph(ORDERS, around="charge"), "mermaid")


def test_json():
    """JSON has the numbers and the names, for other programs."""
    around = json.loads(draw(subgraph(ORDERS, around="charge"), "json"))
    kinds = json.loads(draw(subgraph(ORDERS, only_kinds="database, email"), "json"))

    assert [node.get("hidden_after") for node in around["nodes"]] == [None, None, 1]
    assert [node.get("hidden_before") for node in around["nodes"]] == [1, None, None]
    assert [edge.get("via") for edge in kinds["edges"][:2]] == [
        ["check"],
        ["charge", "pack", "Print the label"],
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 1}, "-depth: it is counted from a step: name that with -around"),
        ({"around": "pack", "depth": -1}, "-depth: it must be 0 or more, not -1"),
        ({"from_": "send", "to": "price"}, "no step is left: none meets -from and -to"),
        (
            {"only_kinds": "emial"},
            "-only-kinds: no step has the kind 'emial'; did you mean 'email'? "
            "(kinds of this flow: database, email, http, payment)",
        ),
    ],
)
def test_wrong(options, message):
    """An error names its options as the tool of its reader spells them."""
    with pytest.raises(PartError) as caught:
        subgraph(ORDERS, **options)

    assert caught.value.spelled("-{}") == f"part of flow 'orders': {message}"


def test_wrong_in_python():
    """The message by itself has the names of options alone."""
    with pytest.raises(PartError) as caught:
        subgraph(ORDERS, depth=1)

    assert str(caught.value) == (
        "part of flow 'orders': depth: it is counted from a step: name that with around"
    )


def test_no_kinds():
    """An error says so where no step of the flow has a kind."""
    with pytest.raises(PartError, match=r"'http' \(kinds of this flow: none\)"):
        subgraph(graph_of(("a", "b", None)), only_kinds="http")


@pytest.mark.parametrize("option", ["around", "from_", "to"])
def test_unknown_step(option):
    """A step that the flow does not have is named, with the one that may be meant."""
    with pytest.raises(UnknownStepError, match="unknown step 'chrge'; did you mean 'charge'"):
        subgraph(ORDERS, **{option: "chrge"})


@st.composite
def graphs(draw_: st.DrawFn) -> Graph:
    """Return a graph of up to seven nodes, some of a kind, with loops and cycles."""
    count = draw_(st.integers(1, 7))
    numbers = st.integers(0, count - 1)
    edges = st.tuples(numbers, numbers, st.booleans())
    found = draw_(st.lists(edges, max_size=14, unique_by=lambda edge: edge[:2]))
    kinds = draw_(st.lists(st.sampled_from(["db", "http", None]), min_size=count, max_size=count))
    return Graph(
        name="f",
        nodes=tuple(Node(name=f"n{i}", kind=kind) for i, kind in enumerate(kinds)),
        edges=tuple(Edge(f"n{s}", f"n{t}", None, is_loop=is_loop) for s, t, is_loop in found),
    )


def closure(graph: Graph) -> set[tuple[str, str]]:
    """Return which nodes lead to which."""
    found = {(edge.source, edge.target) for edge in graph.edges}
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} | found
        if more == found:
            return found
        found = more


@settings(max_examples=60)
@given(graphs())
def test_kinds_keep_what_leads_where(graph):
    """Among the steps of a kind, each leads to the same others as in the whole flow."""
    if not any(node.kind == "db" for node in graph.nodes):
        return
    found = subgraph(graph, only_kinds="db")
    kept = {node.name for node in found.nodes}

    assert closure(found) == {pair for pair in closure(graph) if kept.issuperset(pair)}


@settings(max_examples=60)
@given(graphs(), st.integers(0, 3))
def test_nothing_is_cut_off_in_silence(graph, depth):
    """Each pair of neighbours is drawn, or counted at the one that is, or both are not there."""
    found = subgraph(graph, around="n0", depth=depth)
    kept = {node.name for node in found.nodes}
    pairs = {(edge.source, edge.target) for edge in graph.edges}
    drawn = {(edge.source, edge.target) for edge in found.edges}
    hidden = sum(node.hidden_before + node.hidden_after for node in found.nodes)

    assert drawn == {pair for pair in pairs if kept.issuperset(pair)}
    assert hidden == sum(len(kept.intersection(pair)) == 1 for pair in pairs if pair[0] != pair[1])
