"""Hostile strings and random graphs that every renderer must draw as they are."""

import json
from pathlib import Path
from unicodedata import category

from hypothesis import strategies as st

from penstock import Edge, Graph, Node
from penstock.render import repetitions

__all__ = ["HOSTILE", "graphs", "node_words", "shown"]

_FILE = Path(__file__).parent / "data" / "mermaid-nasty.txt"
_LINES = _FILE.read_text(encoding="utf-8").splitlines()
_STRINGS = [json.loads(line.partition("\t")[2]) for line in _LINES if not line.startswith("#")]
HOSTILE: list[str] = [text for text in dict.fromkeys(_STRINGS) if text.strip()]
"""Strings that broke drawing tools: reserved words, markup, quotes, entities, scripts."""


def shown(text: str) -> str:
    """Return what a reader sees of *text*: white space and control characters left out."""
    return "".join(c for c in text if not c.isspace() and category(c) not in {"Cc", "Cn"})


def node_words(graph: Graph) -> dict[str, str]:
    """Return what a reader is meant to see in each node of *graph*, by the names of steps."""
    words, repeated = graph.words, repetitions(graph)
    found = {}
    for node in graph.nodes:
        kind = words.kind_of(node)
        notes = (f"({kind})" if kind else "", *words.channels_of(node), repeated.get(node.name))
        found[node.name] = shown("".join(filter(None, (node.label, *notes, node.note))))
    return found


_strings = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), min_size=1),
).filter(str.strip)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph with any names, labels, kinds, roles, joins, groups, channels, and edges."""
    names = draw(st.lists(_strings, min_size=1, max_size=6, unique=True))
    nodes = tuple(
        Node(
            name=name,
            title=draw(_strings),
            role=draw(st.sampled_from(["entrypoint", "step", "missing"])),
            join=draw(st.sampled_from(["any", "all"])),
            kind=draw(st.none() | st.sampled_from(["http", "database", "queue"]) | _strings),
            group=draw(st.none() | st.sampled_from([*names[:1], "Pay & more", "end"])),
            receives=tuple(draw(st.lists(_strings, max_size=1))),
            sends=tuple(draw(st.lists(_strings, max_size=1))),
            summary=draw(st.none() | _strings),
        )
        for name in names
    )
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    edges = tuple(
        Edge(a, b, draw(st.none() | _strings), draw(st.booleans()))
        for a, b in draw(st.sets(pairs, max_size=8))
    )
    return Graph(name=draw(_strings), nodes=nodes, edges=edges, title=draw(st.none() | _strings))
