"""DOT text, and whether real Graphviz programs read it as it was meant."""

import json
import shutil
import subprocess
import sysconfig
from itertools import pairwise

import pytest
from corpus import HOSTILE, graphs
from hypothesis import given, settings

from penstock import Edge, Graph, Node, generate_dag
from penstock.graph._structure import lines
from penstock.render._dot import _statements, dot_id, render_dot
from penstock.render._graphviz import dot_source


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
    """Return the nodes and edges that *program* finds in *graph*'s DOT, without bars."""
    found = read(program, render_dot(graph))
    names = [node["name"] for node in found["objects"]]
    clusters = {thing["name"] for thing in found["objects"] if "nodes" in thing}
    steps = {name for name in names if not name.endswith("__all")} - clusters
    ends = [
        (names[e["head"]], names[e["tail"]]) if e.get("dir") == "back"
        else (names[e["tail"]], names[e["head"]])
        for e in found.get("edges", ())
    ]  # fmt: skip
    onward = {(a, b) for a, b in ends if a.endswith("__all")}
    assert {(a.removesuffix("__all"), b) for a, b in onward} == {(b, b) for _, b in onward}
    return steps, sorted((a, b.removesuffix("__all")) for a, b in ends if (a, b) not in onward)


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
        nodes=(Node(name="a", title="a"), Node(name="b", title="b", kind="database")),
        edges=(Edge("a", "b", "ok"),),
    )

    lines = render_dot(graph).splitlines()

    assert lines[0] == "digraph bom_sync {"
    assert lines[4].startswith('    a [label=<a> shape="box" ')
    assert lines[5].startswith('    b [label=<b<br/><font point-size="9">database</font>> ')
    assert lines[6:] == ["    a -> b [label=<&#160;ok&#160;>]", "}"]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("TD", "TB"), ("TB", "TB"), ("LR", "LR"), ("BT", "BT"), ("RL", "RL")],
)
def test_direction(direction, expected):
    """A direction is Graphviz' rankdir."""
    text = render_dot(Graph(name="x", nodes=(), edges=()), direction=direction)

    assert f'rankdir="{expected}" ' in text


@pytest.mark.parametrize(("direction", "expected"), [("TD", "0.9"), ("LR", "0.06")])
def test_join_bar(direction, expected):
    """An all-of join has a bar that lies across the flow."""
    nodes = (Node(name="a", title="a"), Node(name="b", title="b"))
    graph = Graph(
        name="x",
        nodes=(*nodes, Node(name="c", title="c", join="all")),
        edges=(Edge("a", "c"), Edge("b", "c")),
    )

    found = {(s.subject, s.target): s for s in _statements(graph, direction)}

    assert found["c__all", None].attributes["width"] == expected
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
        "b__all -> b",
        'a -> b__all [arrowhead="none"]',
        'a -> b [label=<&#160;again: no&#160;> dir="back" class="penstock-loop"]',
    ]
    assert 'a [label=<a<br/><font point-size="9">repeats: partly</font>>' in written[4]
    assert any('b [label=<b<br/><font point-size="9">repeats</font>>' in line for line in written)


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
        *("        d", "        d__all -> d", "    }", "    c"),
        *("    b -> d__all", "    c -> d__all", "}"),
    ]
    assert "[label=<<b>Pay &lt;it&gt;</b>> " in written[2]


def test_channels():
    """A node has its channels below its title, and no kind that says less."""
    node = Node(name="a", title="a", kind="http", receives=("http:GET /a",), sends=("kafka:b",))

    written = render_dot(Graph(name="x", nodes=(node,), edges=()))

    small = '<br/><font point-size="9">{}</font>'
    lines_below = small.format("receives http:GET /a") + small.format("sends kafka:b")
    assert f"a [label=<a{lines_below}> " in written


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
    names = [*HOSTILE, *(dot_id(name) for name in HOSTILE), "a__all", "a"]

    ids = {dot_id(name) for name in dict.fromkeys(names)}

    assert len(ids) == len(dict.fromkeys(names))


@pytest.mark.dot
def test_hostile_names(program):
    """Each hostile name is one node, and its edges lead where they were declared."""
    graph = chain(*HOSTILE)

    actual = understood(program, graph)

    assert actual == (
        {dot_id(name) for name in HOSTILE},
        sorted((dot_id(e.source), dot_id(e.target)) for e in graph.edges),
    )


@pytest.mark.dot
@settings(max_examples=25, deadline=None, derandomize=True)
@given(graph=graphs())
def test_random_graphs(graph):
    """Any graph is read as the graph that it is."""
    actual = understood(PURE, graph)

    assert actual == (
        {dot_id(node.name) for node in graph.nodes},
        sorted((dot_id(e.source), dot_id(e.target)) for e in lines(graph)),
    )


@pytest.mark.dot
@settings(max_examples=15, deadline=None, derandomize=True)
@given(graph=graphs())
def test_both_writers_agree(graph):
    """The text that needs nothing and the graphviz package's model mean the same."""
    program = PURE

    mine, theirs = read(program, render_dot(graph)), read(program, dot_source(graph, "TD"))

    assert {**mine, "name": ""} == {**theirs, "name": ""}


def test_through_the_front_door():
    """`generate_dag` gives DOT."""
    from penstock import entrypoint, flow

    flow("x")(entrypoint(name="start")(print))

    assert generate_dag("x", "dot").startswith("digraph x {")
