"""D2, and whether the real D2 understands and shows what was meant."""

import re
import shutil
import subprocess
import sysconfig
from base64 import b64decode
from collections import Counter
from html import unescape

import pytest
from corpus import HOSTILE, graphs, node_words, shown
from hypothesis import HealthCheck, given, settings

from penstock import Edge, Graph, Node
from penstock.render import draw, drawn_id, joins, lines
from penstock.render._formats.d2 import _id

# Beside the interpreter: the environment need not be on the PATH.
PROGRAM = shutil.which("d2", path=sysconfig.get_path("scripts")) or shutil.which("d2")


@pytest.fixture(scope="module")
def read(require):
    """Return what reads a string as D2: its nodes and edges by id, and the words that it shows."""
    require("d2", PROGRAM is not None)

    def read(text: str) -> tuple[set[str], Counter, Counter]:
        done = subprocess.run([PROGRAM, "-", "-"], input=text.encode(), capture_output=True)  # noqa: PLW1510 - the message is asserted
        assert done.returncode == 0, done.stderr.decode()
        svg = done.stdout.decode()
        names = {*re.findall(r'<g class="([\w+/]+=*)"', svg)} - {"shape"}
        ids = Counter(unescape(b64decode(name).decode()) for name in names)
        edges = Counter(name.rpartition("[")[0] for name in ids if name.endswith("]"))
        words = re.findall(r"<text[^>]*>(.*?)</text>", svg)
        seen = Counter(shown(unescape(re.sub(r"<[^>]*>", "", word))) for word in words)
        return {name for name in ids if not name.endswith("]")}, edges, seen

    return read


def edge_id(source: str, arrow: str, target: str) -> str:
    """Return what D2 calls an edge: a container that both ends are in is in front."""
    (before, _, inner), (other, _, outer) = source.rpartition("."), target.rpartition(".")
    if before and before == other:
        return f"{before}.({inner} {arrow} {outer})"
    return f"({source} {arrow} {target})"


def meant(graph: Graph) -> tuple[set[str], Counter, Counter]:
    """Return the nodes, edges and words that a reader of *graph* is to see."""
    bars = joins(graph)
    groups = dict.fromkeys(node.group for node in graph.nodes if node.group is not None)
    frames = {group: f"{_id(group)}__group" for group in groups}
    inside = {n.name: "" if n.group is None else f"{frames[n.group]}." for n in graph.nodes}
    ids = {node.name: f"{inside[node.name]}{_id(node.name)}" for node in graph.nodes}
    words, edges = Counter(map(shown, groups)), Counter()
    words.update(node_words(graph).values())
    for edge in lines(graph):
        if label := graph.words.label_of(edge):
            words[shown(label)] += 1
        if edge.is_loop:
            edges[edge_id(ids[edge.target], "<-", ids[edge.source])] += 1
        elif edge.target in bars:
            edges[edge_id(ids[edge.source], "--", f"{ids[edge.target]}__all")] += 1
        else:
            edges[edge_id(ids[edge.source], "->", ids[edge.target])] += 1
    edges.update(edge_id(f"{ids[name]}__all", "->", ids[name]) for name in bars)
    title = {"the flow"} if graph.title else set()
    words.update([shown(graph.title)] if graph.title else [])
    every = {*ids.values(), *frames.values(), *(f"{ids[name]}__all" for name in bars), *title}
    return every, edges, words


def test_text():
    """Kinds, entrypoints, what is missing, labels and bars are statements, in order."""
    graph = Graph(
        name="orders",
        title='The "orders"',
        nodes=(
            Node(name="receive", title="Receive", role="entrypoint", kind="kafka"),
            Node(name="Store", title="Store", kind="database", href="store.html"),
            Node(name="lost", title="lost", role="missing"),
            Node(name="end", title="end", join="all", note="3 ms"),
        ),
        edges=(
            Edge("receive", "Store", "if $new"),
            Edge("Store", "end"),
            Edge("lost", "end"),
            Edge("end", "receive", is_loop=True),
        ),
    )

    assert draw(graph, "d2", direction="LR").splitlines() == [
        "direction: right",
        r'"the flow": "The \"orders\"" {shape: text; near: top-center; style.font-size: 24}',
        r'receive: "Receive\n(Kafka)" {style.border-radius: 20; style.bold: true; '
        "style.stroke-width: 4}",
        rf'{_id("Store")}: "Store\n(database)" {{shape: cylinder; link: "store.html"}}',
        r'lost: "lost\n(not declared)" {style.stroke-dash: 4}',
        'end__all: "" {width: 6; height: 60; style.fill: "#64748b"}',
        r'end: "end\n3 ms"',
        "end__all -> end",
        rf'receive -> {_id("Store")}: "if \$new"',
        f"{_id('Store')} -- end__all",
        "lost -- end__all",
        'receive <- end: "again"',
    ]


def test_styled():
    """With colours, each node has those of its kind; what became of it in a run is seen without."""
    nodes = (
        Node(name="a", title="a", kind="database", status="visited"),
        Node(name="b", title="b", status="failed"),
        Node(name="c", title="c", status="unreached"),
    )
    graph = Graph(name="x", nodes=nodes, edges=())

    plain, styled = draw(graph, "d2").splitlines(), draw(graph, "d2", styled=True).splitlines()

    assert plain[1:] == [
        'a: "a\\n(database)" {shape: cylinder}',
        'b: "b" {style.stroke-width: 4}',
        'c: "c" {style.stroke-dash: 4}',
    ]
    assert (
        'style.fill: "#dcfce7"; style.stroke: "#16a34a"; style.font-color: "#14532d"' in styled[1]
    )


def test_loops_groups_and_channels():
    """A loop is an arrow back, a group a container of its steps, and a channel a line."""
    graph = Graph(
        name="loops",
        nodes=(
            Node(name="a", title="a", group="Pay $it", kind="kafka", receives=("kafka:x",)),
            Node(name="b", title="b", join="all"),
            Node(name="c", title="c", group="Pay $it", join="all"),
        ),
        edges=(
            *(Edge("a", "b"), Edge("b", "c"), Edge("c", "a", "no", is_loop=True)),
            *(Edge("c", "b", is_loop=True), Edge("b", "b", is_loop=True)),
        ),
    )
    group, bar = f"{_id('Pay $it')}__group", '"" {width: 60; height: 6; style.fill: "#64748b"}'

    assert draw(graph, "d2").splitlines()[1:] == [
        rf'{group}: "Pay \$it" {{',
        r'  a: "a\nreceives kafka:x" {shape: queue}',
        f"  c__all: {bar}",
        '  c: "c"',
        "  c__all -> c",
        "}",
        f"b__all: {bar}",
        r'b: "b\nrepeats"',
        "b__all -> b",
        f"{group}.a -- b__all",
        f"b -- {group}.c__all",
        f'{group}.a <- {group}.c: "again: no"',
        f'b <- {group}.c: "again"',
    ]


def test_capital_letters():
    """A step and one with a capital letter are two, though D2 takes both for one."""
    assert len({_id("store").lower(), _id("Store").lower(), _id("STORE").lower()}) == 3
    assert _id("Store") == drawn_id("Store", lambda _: False)


def test_suffix(tmp_path):
    """A file that ends with `.d2` is D2."""
    graph = Graph(name="x", nodes=(Node(name="a", title="a"),), edges=())

    assert draw(graph, output=tmp_path / "x.d2") == draw(graph, "d2") == 'direction: down\na: "a"'


# All words that mean something in D2, from its source (d2ast/keywords.go).
KEYWORDS = (
    "_ animated bold border-radius class classes constraint d2-config data direction double-border"
    " fill fill-pattern filled font font-color font-size grid-columns grid-gap grid-rows height"
    " horizontal-gap icon icon-position italic label layers left legend link near null opacity"
    " scenarios shadow shape source-arrowhead steps stroke stroke-dash stroke-width style suspend"
    " target-arrowhead text-transform theme-overrides tooltip top underline unsuspend vars"
    " vertical-gap width 3d multiple true false top-left center sql_table import root"
)


def test_keywords(read):
    """A step may be called like anything that D2 knows, in any case of letters."""
    names = list(dict.fromkeys(f"{KEYWORDS} {KEYWORDS.upper()}".split()))
    graph = Graph(
        name="x",
        nodes=tuple(Node(name=name, title=name) for name in names),
        edges=tuple(Edge(name, "link") for name in names),
    )

    assert read(draw(graph, "d2")) == meant(graph)


def test_legend(read):
    """The legend is words below the flow."""
    graph = Graph(name="x", nodes=(Node(name="a"), Node(name="b")), edges=(Edge("a", "b"),))

    names, edges, words = read(draw(graph, "d2", legend=True))

    assert (names, edges) == ({"a", "b", "the legend"}, {"(a -> b)": 1})
    assert words["LegendCard:astepArrow:theflowgoeson"] == 1


def test_hostile_names(read):
    """Any string may be the name of a step, its title, its kind, or on an edge."""
    graph = Graph(
        name="x",
        title=HOSTILE[0],
        nodes=tuple(Node(name=t, title=t, kind=t, note=None, href=t) for t in HOSTILE),
        edges=tuple(Edge(text, HOSTILE[0], text) for text in HOSTILE),
    )

    assert read(draw(graph, "d2", styled=True)) == meant(graph)


@settings(max_examples=20, suppress_health_check=[*HealthCheck])
@given(graph=graphs())
def test_random_graphs(read, graph):
    """Any graph is understood as the graph that it is, with its words."""
    assert read(draw(graph, "d2")) == meant(graph)
