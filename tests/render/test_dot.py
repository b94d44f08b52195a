"""DOT text, and whether real Graphviz programs read it as it was meant."""

import json
import re
import shutil
import subprocess
import sysconfig
from itertools import pairwise

import pytest
from corpus import HOSTILE, graphs
from hypothesis import given, settings

from penstock import Edge, Graph, Node, generate_dag
from penstock.graph import DrawnWords
from penstock.render._graphviz.boxes import plan
from penstock.render._graphviz.dot import _statements, dot_id, render_dot


def read(program: str, text: str) -> dict:
    """Return what *program* understands of the DOT *text*."""
    done = subprocess.run(
        [program, "-Tdot_json"], input=text.encode(), capture_output=True, check=True
    )
    assert "rror" not in done.stderr.decode()
    return json.loads(done.stdout)


# Beside the interpreter, as the code itself looks: the environment need not be on the PATH.
PURE = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))


def understood(program: str, graph: Graph) -> tuple[set[str], list[tuple[str, str]]]:
    """Return the nodes and edges that *program* finds in *graph*'s DOT, without bars and labels."""
    found = read(program, render_dot(graph))
    names = [node["name"] for node in found["objects"]]
    clusters = {thing["name"] for thing in found["objects"] if "nodes" in thing}
    steps = {name for name in names if not is_made_up(name)} - clusters
    ends = [(names[e["tail"]], names[e["head"]], e.get("dir")) for e in found.get("edges", ())]
    before = {head: (tail, way) for tail, head, way in ends if "__label" in head}
    whole = []
    for tail, head, way in ends:
        if "__label" in head:
            continue
        first, other = before.get(tail, (tail, way))
        is_back = "back" in {way, other}
        whole.append((head, first) if is_back else (first, head))
    onward = {(a, b) for a, b in whole if a.endswith("__all")}
    assert {(a.removesuffix("__all"), b) for a, b in onward} == {(b, b) for _, b in onward}
    return steps, sorted((a, b.removesuffix("__all")) for a, b in whole if (a, b) not in onward)


def is_made_up(name: str) -> bool:
    return name.endswith("__all") or "__label" in name


def led(graph: Graph) -> list[tuple[str, str]]:
    """Return between which ids *graph* has lines: a step that leads to itself has none."""
    ends = ((dot_id(e.source), dot_id(e.target)) for e in graph.edges)
    return sorted((a, b) for a, b in ends if a != b)


@pytest.fixture(params=["graphviz-pure", "dot"])
def program(request, require):
    """Return a Graphviz program; the system's own is optional."""
    if request.param == "dot":
        require("dot", shutil.which("dot") is not None)
        return "dot"
    return PURE


def test_plain_graph():
    """A plain name is its own id, and statements are in order of declaration."""
    graph = Graph(
        name="bom_sync",
        nodes=(Node(name="a", title="a"), Node(name="b", kind="database")),
        edges=(Edge("a", "b", "ok"),),
    )

    lines = render_dot(graph).splitlines()

    assert lines[0] == "digraph bom_sync {"
    assert lines[4] == '    a [label=<<b>a</b>> width="1.278" height="0.556"]'
    assert lines[5].startswith("    b [label=<<b>b</b><br/>")
    assert ">database</font>> " in lines[5]
    assert lines[6].startswith("    a__b__label [label=<ok> ")
    assert lines[7:] == [
        '    a -> a__b__label [minlen="1" dir="none"]',
        '    a__b__label -> b [minlen="1" weight="9"]',
        "}",
    ]


def test_heading():
    """The title and the description of a flow are above it."""
    graph = Graph(name="x", title="Pay & ship", description="*Why* it is.", nodes=(), edges=())

    head = render_dot(graph).splitlines()[1]

    assert '<b>Pay &amp; ship</b><br align="left"/>' in head
    assert ">Why it is.</font>" in head


def test_labels_of_two_edges():
    """Two edges between the same steps have a label each."""
    graph = Graph(
        name="x",
        nodes=(Node(name="a"), Node(name="b")),
        edges=(Edge("a", "b", "one"), Edge("a", "b", "two")),
    )

    found = read(PURE, render_dot(graph))

    assert [o["name"] for o in found["objects"]] == ["a", "b", "a__b__label", "a__b__label_l1"]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("TD", "TB"), ("TB", "TB"), ("LR", "LR"), ("BT", "BT"), ("RL", "RL")],
)
def test_direction(direction, expected):
    """A direction is Graphviz' rankdir."""
    text = render_dot(Graph(name="x", nodes=(), edges=()), direction=direction)

    assert f'rankdir="{expected}" ' in text


@pytest.mark.parametrize(("axis", "is_wide"), [("TB", True), ("LR", False)])
def test_join_bar(axis, is_wide):
    """An all-of join has a bar that lies across the flow, with words that can be translated."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b"))
    graph = Graph(
        name="x",
        nodes=(*nodes, Node(name="c", title="c", join="all")),
        edges=(Edge("a", "c"), Edge("b", "c")),
        words=DrawnWords(all_of="alle"),
    )

    found = {(s.subject, s.target): s for s in _statements(plan(graph, axis), axis)}

    bar = found["c__all", None].attributes
    assert bar["label"] == "<alle>"
    assert (float(bar["width"]) > float(bar["height"])) == is_wide
    assert {key for key in found if key[1]} == {
        ("a", "c__all"),
        ("b", "c__all"),
        ("c__all", "c"),
    }


def test_loop():
    """A loop is laid out forwards and drawn backwards; a step that repeats itself says so."""
    graph = Graph(
        name="x",
        nodes=(Node(name="a", title="a"), Node(name="b", title="b", join="all")),
        edges=(
            Edge("a", "b"),
            Edge("b", "a", "no", is_loop=True),
            Edge("b", "b", is_loop=True),
            Edge("a", "a", "partly", is_loop=True),
        ),
    )

    written = render_dot(graph).splitlines()

    assert [line.strip() for line in written if "->" in line] == [
        'b__all -> b [minlen="1"]',
        'a -> b__all [minlen="2" dir="none"]',
        'a -> b__a__label [minlen="1" dir="back"]',
        'b__a__label -> b [minlen="1" weight="9" dir="none"]',
    ]
    assert ">repeats: partly</font>>" in written[4]
    assert any(line.startswith("    b [") and ">repeats</font>>" in line for line in written)
    assert any("b__a__label [label=<again: no> " in line for line in written)


def test_group():
    """The steps of a group, and the bars before them, are in a cluster where the first one is."""
    nodes = (
        Node(name="a", title="a"),
        Node(name="b", title="b", group="Pay <it>"),
        Node(name="c", title="c"),
        Node(name="d", title="d", join="all", group="Pay <it>"),
    )
    edges = (Edge("b", "d"), Edge("c", "d"))

    written = render_dot(Graph(name="x", nodes=nodes, edges=edges)).splitlines()[4:]

    group = f"cluster_{dot_id('Pay <it>')}__group"
    assert [line.partition(" [")[0] for line in written] == [
        *("    a", f"    subgraph {group} {{", "        graph", "        b", "        d__all"),
        *("        d", "    }", "    c"),
        *("    d__all -> d", "    b -> d__all", "    c -> d__all", "}"),
    ]
    assert "[label=<<b>Pay &lt;it&gt;</b>> " in written[2]


def test_statuses():
    """In the image of a run, a step that failed has a thick outline; one not reached is dashed."""
    nodes = tuple(Node(name=s, status=s) for s in ("visited", "failed", "unreached"))

    written = render_dot(Graph(name="x", nodes=nodes, edges=()))
    visited, failed, unreached = written.splitlines()[4:7]

    assert 'penwidth="3"' in failed
    assert 'style="rounded,filled,dashed"' in unreached
    assert not re.search("penwidth|style", visited)


def test_channels():
    """A node has its channels below its title, and no kind that says less."""
    node = Node(name="a", title="a", kind="http", receives=("http:GET /a",), sends=("kafka:b",))

    written = render_dot(Graph(name="x", nodes=(node,), edges=()))

    assert re.findall(">([^<>]+)</font>", written) == [" ", "receives http:GET /a", "sends kafka:b"]


def test_one_changed_name_changes_one_line():
    """The id of a hostile name depends on that name alone, so diffs stay small."""
    before = render_dot(chain("a b", "c d", "e f"))
    after = render_dot(chain("a b", "c d", "e f", "g h"))

    assert set(before.splitlines()) < set(after.splitlines())


def chain(*names: str) -> Graph:
    edges = tuple(Edge(a, b) for a, b in pairwise(names))
    return Graph(name="x", nodes=tuple(Node(name=n, title=n) for n in names), edges=edges)


def test_ids_never_meet():
    """A name that looks like a made-up id is not that id."""
    names = [*HOSTILE, *(dot_id(name) for name in HOSTILE), "a__all", "a", "a__b__label"]

    ids = {dot_id(name) for name in dict.fromkeys(names)}

    assert len(ids) == len(dict.fromkeys(names))


@pytest.mark.dot
def test_hostile_names(program):
    """Each hostile name is one node, and its edges lead where they were declared."""
    graph = chain(*HOSTILE)

    actual = understood(program, graph)

    assert actual == (
        {dot_id(name) for name in HOSTILE},
        led(graph),
    )


@pytest.mark.dot
@settings(max_examples=25)
@given(graph=graphs())
def test_random_graphs(graph):
    """Any graph is read as the graph that it is."""
    actual = understood(PURE, graph)

    assert actual == (
        {dot_id(node.name) for node in graph.nodes},
        led(graph),
    )


def test_through_the_front_door():
    """`generate_dag` gives DOT."""
    from penstock import entrypoint, flow

    flow("x")(entrypoint(name="start")(print))

    assert generate_dag("x", "dot").startswith("digraph x {")
