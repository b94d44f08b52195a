"""PlantUML, and whether the real PlantUML understands and shows what was meant."""

from dataclasses import replace
from itertools import pairwise

import pytest
from corpus import HOSTILE, graphs, node_words, shown
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from real_plantuml import Drawing, draw_all, find_jar

from penstock import Edge, Graph, Node
from penstock.render import draw, joins, lines
from penstock.render._formats.plantuml import _id


@pytest.fixture(scope="module")
def jar(request, require):
    """Return the program."""
    found = find_jar(request.config.rootpath)
    require("plantuml", found is not None)
    return found


def meant(graph: Graph) -> Drawing:
    """Return what a reader of *graph* is to see."""
    bars, drawing = joins(graph), Drawing(title=shown(graph.title or ""))
    groups = {n.name: "" if n.group is None else f"{_id(n.group)}__group." for n in graph.nodes}
    ids = {name: f"{group}{_id(name)}" for name, group in groups.items()}
    drawing.groups = {shown(n.group) for n in graph.nodes if n.group is not None}
    for node, words in node_words(graph).items():
        name = ids[node]
        drawing.words[name] = words
        if node in bars:
            drawing.words[f"{name}__all"] = ""
            drawing.edges[f"{name}__all", name, ""] += 1
    for edge in lines(graph):
        source, target = ids[edge.source], ids[edge.target]
        # An arrow that leads back is one that leads here from its other end.
        ends = (target, source) if edge.is_loop else (source, target)
        bar = "__all" if edge.target in bars and not edge.is_loop else ""
        drawing.edges[ends[0], f"{ends[1]}{bar}", shown(graph.words.label_of(edge) or "")] += 1
    return drawing


GRAPH = Graph(
    name="orders",
    title="The *orders*",
    nodes=(
        Node(name="receive", title="Receive", role="entrypoint", kind="kafka"),
        Node(name="title", title="Title", kind="database", href="store.html#a b"),
        Node(name="lost", title="lost", role="missing"),
        Node(name="end", title="end", join="all", note="3 ms", sends=("celery:mail",)),
    ),
    edges=(
        Edge("receive", "title", "if new"),
        Edge("title", "end"),
        Edge("lost", "end"),
        Edge("end", "title", "not yet", is_loop=True),
        Edge("lost", "lost", is_loop=True),
    ),
)
LOOPS = Graph(
    name="loops",
    nodes=(
        Node(name="a", title="a", group="Pay *it*", kind="kafka", receives=("kafka:x",)),
        Node(name="b", title="b", join="all"),
        Node(name="c", title="c", group="Pay *it*", join="all"),
    ),
    edges=(
        Edge("a", "b"),
        Edge("b", "c"),
        Edge("c", "a", "no", is_loop=True),
        Edge("c", "b", is_loop=True),
        Edge("b", "b", is_loop=True),
    ),
)


def test_text():
    """Kinds, entrypoints, what is missing, labels and bars are statements, in order."""
    title = _id("title")

    assert draw(GRAPH, "plantuml", direction="LR").splitlines() == [
        "@startuml",
        "left to right direction",
        "hide stereotype",
        "skinparam rectangle<<entrypoint>> {",
        "  RoundCorner 30",
        "}",
        "title The <U+002A>orders<U+002A>",
        r'rectangle "Receive\n(Kafka)" as receive <<entrypoint>> #line.bold',
        rf'database "Title\n(database)" as {title} [[store.html#a%20b]]',
        r'rectangle "lost\n(not declared)\nrepeats" as lost #line.dashed',
        'rectangle " " as end__all #64748B',
        r'rectangle "end\nsends celery<U+003A>mail\n3 ms" as end',
        "end__all --> end",
        f"receive --> {title} : if new",
        f"{title} -- end__all",
        "lost -- end__all",
        f"{title} <-- end : again<U+003A> not yet",
        "@enduml",
    ]


def test_loops_groups_and_channels():
    """A loop is an arrow back, a group a frame around its steps, and a channel a line."""
    assert draw(LOOPS, "plantuml").splitlines()[1:-1] == [
        "top to bottom direction",
        f'frame "Pay <U+002A>it<U+002A>" as {_id("Pay *it*")}__group {{',
        r'  queue "a\nreceives kafka<U+003A>x" as a',
        '  rectangle " " as c__all #64748B',
        '  rectangle "c" as c',
        "  c__all --> c",
        "}",
        'rectangle " " as b__all #64748B',
        r'rectangle "b\nrepeats" as b',
        "b__all --> b",
        "a -- b__all",
        "b -- c__all",
        "a <-- c : again<U+003A> no",
        "b <-- c : again",
    ]
    assert "a <-up- c :" in draw(LOOPS, "plantuml", direction="RL")


ALONE = [
    Graph(name=kind, nodes=(Node(name="a", title="a", kind=kind),), edges=())
    for kind in ("queue", "database")
]
"""The words that PlantUML would read as the participants of a sequence."""


@pytest.mark.parametrize(
    ("direction", "arrow", "is_across"),
    [("TD", "-->", False), ("LR", "-->", True), ("BT", "-up->", False), ("RL", "-up->", True)],
)
def test_direction(direction, arrow, is_across):
    """The flow leads where it is to lead: there are two words for that."""
    text = draw(GRAPH, "plantuml", direction=direction)

    assert f"\nreceive {arrow} " in text
    assert ("left to right direction" in text) == is_across


def test_styled():
    """With colours, each node has those of its kind; what became of it in a run is seen without."""
    nodes = (
        Node(name="a", title="a", kind="database", status="visited"),
        Node(name="b", title="b", status="failed"),
        Node(name="c", title="c", status="unreached"),
    )
    graph = Graph(name="x", nodes=nodes, edges=())

    plain = draw(graph, "plantuml").splitlines()
    styled = draw(graph, "plantuml", styled=True).splitlines()

    assert plain[3:5] == ['rectangle "b" as b #line.bold', 'rectangle "c" as c #line.dashed']
    assert styled[2].endswith(" as a #dcfce7;line:16a34a;text:14532d")
    assert styled[3].endswith(" as b #fecaca;line:b91c1c;text:6b1414;line.bold")


@pytest.mark.parametrize("name", ["İ", "ſ", "\u212a", "Title", "a b", "é"])
def test_unreadable_names(name):
    """A name that PlantUML takes for something else has an id of ASCII letters."""
    assert _id(name) != name
    assert _id(name).isascii()


@pytest.mark.parametrize("suffix", ["puml", "plantuml"])
def test_suffixes(tmp_path, suffix):
    """A file that ends with `.puml` or `.plantuml` is PlantUML."""
    assert draw(GRAPH, output=tmp_path / f"x.{suffix}") == draw(GRAPH, "plantuml")


def chain(names: list[str]) -> Graph:
    """Return a flow whose every string is one of *names*."""
    nodes = [
        Node(
            name=text,
            title=text,
            kind=text,
            role="step" if number % 5 else "entrypoint",
            join="any" if number % 3 else "all",
            href=f"https://localhost/{text}",
        )
        for number, text in enumerate(names)
    ]
    edges = [Edge(before, after, after) for before, after in pairwise(names)]
    return Graph(name="x", title=names[0], nodes=tuple(nodes), edges=tuple(edges))


def test_real_plantuml(jar):
    """Any string may be the name of a step, a title, a kind, or on an edge."""
    words = "caption footer header legend mainframe title note end as class database left hide"
    names = list(dict.fromkeys([*HOSTILE, *words.split(), *words.upper().split()]))
    hostile = [chain(names[start : start + 10]) for start in range(0, len(names), 10)]
    drawn = draw_all(
        jar,
        [
            *(draw(graph, "plantuml") for graph in hostile),
            draw(LOOPS, "plantuml"),
            draw(LOOPS, "plantuml", legend=True),
            *(draw(graph, "plantuml") for graph in ALONE),
            draw(GRAPH, "plantuml", styled=True, direction="RL"),
        ],
    )

    styled = drawn.pop()
    checked = [LOOPS, LOOPS, *ALONE]
    assert drawn[-len(checked) :] == [meant(graph) for graph in checked]
    del drawn[-len(checked) :]
    assert all(drawing.links for drawing in drawn)
    assert [replace(drawing, links={}) for drawing in drawn] == [meant(graph) for graph in hostile]
    assert styled.words.keys() == meant(GRAPH).words.keys()
    assert styled.links == {_id("title"): "store.html#a%20b"}
    # An arrow that leads up is one that leads down from its other end.
    assert styled.edges[_id("title"), "receive", "ifnew"] == 1


@pytest.mark.wide
@settings(max_examples=8, phases=[Phase.generate])
@given(found=st.lists(graphs(), min_size=10, max_size=10))
def test_random_graphs(jar, found):
    """Any graph is understood as the graph that it is, with its words."""
    drawn = draw_all(jar, [draw(graph, "plantuml") for graph in found])

    for graph, drawing in zip(found, drawn, strict=True):
        assert drawing == meant(graph)
