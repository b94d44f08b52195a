"""A large flow as its groups."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import Edge, Graph, Node, Step, generate_dag
from penstock._declared.step import FunctionDetails
from penstock.docs import FlowPage
from penstock.docs._markdown_pages import text_documents
from penstock.exceptions import InvalidArgumentError
from penstock.graph import MOST_STEPS, Flow, fold
from penstock.render import TextFormat


def details(module: str, name: str) -> FunctionDetails:
    return FunctionDetails(module=module, qualname=name)


def large(*, groups: bool = True, module: str = "shop.{}", size: int = 12) -> Flow:
    """Return a flow of five groups, or modules, of several steps each, and two entrypoints."""
    steps = [
        Step(name=name, is_entrypoint=True, kind=kind, details=details("shop.entry", name))
        for name, kind in (("receive", "http"), ("import", "kafka"))
    ]
    before = {"Intake": ("receive", "import"), "Price": ("Intake_4",), "Stock": ("Price_2",)}
    before |= {"Payment": ("Price_5", "Stock_1"), "Shipping": ("Payment_11", "Stock_11")}
    for title, after in before.items():
        for number in range(size):
            name = f"{title}_{number}"
            sources = [f"{title}_{number - 1}"] if number else after
            edges = [Edge(source, name) for source in sources]
            edges += [Edge("Payment_3", name, is_loop=True)] if name == "Price_2" else []
            edges += [Edge("Payment_2", name)] if name == "Stock_7" else []
            steps.append(
                Step(
                    name=name,
                    after=tuple(edges),
                    group=title if groups else None,
                    details=details(module.format(title.lower()), name),
                )
            )
    return Flow(name="orders", title="Orders", steps=tuple(steps))


FOLDED = """\
Orders
receive (entrypoint, HTTP)
└── Intake (12 steps)
    └── Price (12 steps)
        ├── Stock (12 steps)
        │   ├── Payment (12 steps)
        │   │   ├── Stock ↑
        │   │   ├── Shipping (12 steps)
        │   │   └─ again ─> Price ↑
        │   └── Shipping ↑
        └── Payment ↑
import (entrypoint, Kafka)
└── Intake ↑"""


def test_groups() -> None:
    """Each group is one node with the number of its steps; groups may lead to each other."""
    assert generate_dag(large(), "text", fold=True) == FOLDED


def test_modules() -> None:
    """Steps without a group are in that of their module, whose name is as short as it can be."""
    assert generate_dag(large(groups=False), "text", fold=60) == (
        FOLDED.replace("Intake", "intake")
        .replace("Price", "price")
        .replace("Stock", "stock")
        .replace("Payment", "payment")
        .replace("Shipping", "shipping")
    )


def test_similar_modules() -> None:
    """Modules with one last name are distinguished by the name before it."""
    steps = [
        Step(name=f"{package}_{name}", details=details(f"shop.{package}.steps", name))
        for package in ("orders", "stock", "stock.old")
        for name in "ab"
    ]
    found = fold(Flow(name="f", steps=tuple(steps)).graph(), 0)

    assert found is not None
    assert [*found.parts] == ["orders.steps", "old.steps", "stock.steps"]


@pytest.mark.parametrize(
    "flow_",
    [
        pytest.param(large(size=3), id="small"),
        pytest.param(large(groups=False, module="shop"), id="one module"),
        pytest.param(large(groups=False, module=""), id="no modules"),
    ],
)
def test_whole(flow_: Flow) -> None:
    """A flow that is not large, or has no groups, is drawn whole."""
    assert fold(flow_.graph()) is None
    assert generate_dag(flow_, fold=MOST_STEPS) == generate_dag(flow_)


def test_size() -> None:
    """A folded graph has the size of the flow, and a part that of its group."""
    found = fold(large().graph())

    assert found is not None
    assert found.graph.size == (62, 2)
    assert found.parts["Payment"].size == (12, 0)


def test_part() -> None:
    """The graph of a group has its steps, and what is beside it folded."""
    found = fold(large().graph())

    assert found is not None
    part = found.parts["Payment"]
    inside = [node.name for node in part.nodes if not node.is_beside]
    assert inside == [f"Payment_{number}" for number in range(12)]
    assert {node.group for node in part.nodes if not node.is_beside} == {"Payment"}
    assert {node.name for node in part.nodes if node.is_beside} == {"Price", "Stock", "Shipping"}
    assert Edge("Payment_3", "Price", is_loop=True) in part.edges
    assert (part.label, part.description) == ("Orders: Payment", None)


def graph_of(nodes: list[Node], *edges: Edge) -> Graph:
    return Graph(name="f", nodes=tuple(nodes), edges=edges)


def test_merged_edges() -> None:
    """Of several edges one remains, with their label if it is the same, and no loop if one is not.

    The only step of a group is drawn itself, as are two edges between two such steps.
    """
    nodes = [Node(name=name, group=name[0]) for name in ("a1", "a2", "b1", "b2", "c")]
    nodes += [Node(name="d", role="missing")]
    found = fold(
        graph_of(
            nodes,
            Edge("a1", "b1", "yes"),
            Edge("a2", "b2", "yes"),
            Edge("a1", "a2"),
            Edge("b1", "c", "one", is_loop=True),
            Edge("b2", "c"),
            Edge("b2", "a1", is_loop=True),
            Edge("c", "d", "x"),
            Edge("c", "d", "y"),
            Edge("c", "c", is_loop=True),
        ),
        1,
    )

    assert found is not None
    assert [node.name for node in found.graph.nodes] == ["a", "b", "c", "d"]
    assert found.graph.edges == (
        Edge("a", "b", "yes"),
        Edge("b", "c"),
        Edge("c", "d", "x"),
        Edge("c", "d", "y"),
        Edge("b", "a", is_loop=True),
        Edge("c", "c", is_loop=True),
    )


def test_names_that_are_taken() -> None:
    """A group that is called like a step, or like a module, has a node of another name."""
    nodes = [Node(name=f"pay_{number}", group="pay") for number in range(2)]
    nodes += [Node(name=f"x_{number}", module="shop.pay") for number in range(2)]
    found = fold(graph_of([*nodes, Node(name="pay")]), 1)

    assert found is not None
    assert [node.name for node in found.graph.nodes] == ["pay (2)", "pay (3)", "pay"]
    assert [node.title for node in found.graph.nodes] == ["pay", None, None]


def test_entrypoints_inside() -> None:
    """An entrypoint to which something leads is in its group, which says how many it has."""
    nodes = [Node(name=f"{group}{n}", group=group) for group in "ab" for n in range(3)]
    starts = [replace(node, role="entrypoint") for node in nodes[2:5]]
    edges = [Edge(f"{group}{n}", f"{group}{n + 1}") for group in "ab" for n in range(2)]
    found = fold(graph_of([*nodes[:2], *starts, nodes[5]], *edges, Edge("a2", "b0")), 1)

    assert found is not None
    assert generate_dag(found.graph, "text") == (
        "f\na (3 steps · 1 entrypoint)\n└── b (3 steps · 2 entrypoints)"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mermaid", 'Stock["Stock<br/>(12 steps)"]@{ shape: st-rect }'),
        ("dot", 'peripheries="2"'),
        ("d2", "style.multiple: true"),
        ("plantuml", 'collections "Stock\\n(12 steps)" as Stock'),
        pytest.param("svg", "penstock-folded", marks=pytest.mark.needs("Graphviz program")),
    ],
)
def test_formats(name: TextFormat, expected: str) -> None:
    """Each format draws a group as several sheets, one behind the other, with its size."""
    text = generate_dag(large(), name, fold=True)

    assert expected in text
    assert "12 steps" in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dot", 'style="rounded,filled,dashed"'),
        ("d2", "style.stroke-dash: 4"),
        ("plantuml", "#line.dashed"),
        pytest.param(
            "svg", "penstock-folded penstock-beside", marks=pytest.mark.needs("Graphviz program")
        ),
    ],
)
def test_beside(name: TextFormat, expected: str) -> None:
    """A node beside a group has a dashed outline."""
    found = fold(large().graph())

    assert found is not None
    assert expected in generate_dag(found.parts["Shipping"], name)
    assert expected not in generate_dag(found.graph, name)


def test_json() -> None:
    """JSON says which nodes are groups, and how many steps these have."""
    found = fold(large().graph())

    assert found is not None
    nodes = json.loads(generate_dag(found.parts["Shipping"], "json"))["nodes"]
    assert [n["name"] for n in nodes if n.get("is_beside")] == ["Payment", "Stock"]
    assert [n.get("steps") for n in nodes if n["role"] == "group"] == [12, 12]


def test_negative() -> None:
    """A negative number of steps is an error."""
    with pytest.raises(InvalidArgumentError, match="fold=-1 is negative"):
        generate_dag(large(), fold=-1)


def test_page() -> None:
    """On a page, groups link to their diagrams, and steps to their sections."""
    page = FlowPage(flow=large(), most=60)
    (payment,) = [group for group in page.groups if group.title == "Payment"]
    links = {node.name: node.href for node in (*page.graph.nodes, *payment.graph.nodes)}

    assert links["Payment"] == f"#{payment.anchor}"
    assert links["Payment_3"] == f"#{page.anchors['Payment_3']}"
    assert links["receive"] == "#penstock--orders--receive"
    assert payment.anchor in page.anchors_of(())
    assert len(page.steps) == 62
    assert FlowPage(flow=page.flow).groups == ()


def test_markdown_page() -> None:
    """A page of Markdown has the folded diagram, and one for each group."""
    text = text_documents([large()])["orders.md"]

    assert text.count("```mermaid") == 6
    assert text.index("**Payment**") < text.index("Payment_3")


@st.composite
def graphs(draw_: st.DrawFn) -> Graph:
    """Return a graph of up to eight nodes in up to three groups, with loops and cycles."""
    count = draw_(st.integers(2, 8))
    numbers = st.integers(0, count - 1)
    ends = st.tuples(numbers, numbers, st.booleans())
    found = draw_(st.lists(ends, max_size=14, unique_by=lambda edge: edge[:2]))
    group = st.sampled_from(["A", "B", "C", None])
    nodes = [
        Node(
            name=f"n{i}",
            group=draw_(group),
            module="m" if draw_(st.booleans()) else None,
            role="entrypoint" if draw_(st.booleans()) else "step",
        )
        for i in range(count)
    ]
    edges = [Edge(f"n{a}", f"n{b}", None, is_loop) for a, b, is_loop in found]
    return graph_of(nodes, *edges)


@settings(max_examples=80)
@given(graphs())
def test_nothing_is_lost(graph: Graph) -> None:
    """Each step and each edge is in the folded graph, or in the part of a group."""
    found = fold(graph, 0)
    if found is None:
        return
    assert found.graph.size == graph.size
    drawn = {node.name for node in found.graph.nodes if node.role != "group"}
    inside = {
        n.name: title for title, part in found.parts.items() for n in part.nodes if not n.is_beside
    }
    assert drawn | inside.keys() == {node.name for node in graph.nodes}
    assert not drawn & inside.keys()
    pairs = {(edge.source, edge.target) for edge in found.graph.edges}
    for edge in graph.edges:
        ends = inside.get(edge.source, edge.source), inside.get(edge.target, edge.target)
        part = found.parts.get(ends[0])
        between = ends[0] != ends[1] or ends[0] in drawn
        assert (ends in pairs) if between else (part is not None and edge in part.edges)
