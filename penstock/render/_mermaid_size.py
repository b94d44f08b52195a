"""How tall Mermaid will draw a graph, so that a page can keep that room free."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from penstock.graph._model import Direction, DrawnWords, Edge, Graph, Node
from penstock.graph._structure import (
    Successors,
    by_group,
    joins,
    lines,
    order,
    repetitions,
    successors,
)
from penstock.render._formats.mermaid import LONGEST_LINE
from penstock.render._labels import bar_id, label_lines
from penstock.render._shapes import shape_of

__all__ = ["estimate_height"]

# Pixels, measured as those of the shapes were.
_LINE = 24
_GAP = 50
_MARGIN = 16
_PILL = 24


def estimate_height(graph: Graph, direction: Direction) -> int:
    """Return about how many pixels tall Mermaid draws *graph*.

    It draws in ranks, each after all that leads to it.

    .. versionadded:: 0.2
    """
    if not graph.nodes:
        return _MARGIN
    down = direction in {"TD", "TB", "BT"}
    bars = joins(graph)
    repeated, drawn = repetitions(graph), lines(graph)
    tall = {n.name: _height(n, graph.words, repeated.get(n.name)) for n in graph.nodes}
    tall |= {bar_id(name): 10 if down else 70 for name in bars}
    pairs = [_ends(edge, bars) for edge in drawn]
    rank = _ranks(successors(tall, [*pairs, *((bar_id(name), name) for name in bars)]))
    ranks: dict[int, list[int]] = defaultdict(list)
    for name, height in tall.items():
        ranks[rank[name]].append(height)
    # Above each other are the highest of each rank, or else all in one rank.
    labels = [graph.words.label_of(edge) for edge in drawn]
    nodes = _down(labels, pairs, rank, ranks) if down else _across(pairs, rank, ranks)
    return _MARGIN + nodes + _frames(graph, rank, down=down)


def _frames(graph: Graph, rank: Mapping[str, int], *, down: bool) -> int:
    """Return the height of the frames: those that begin in one rank are beside each other."""
    groups = (members for group, members in by_group(graph) if group is not None)
    begins = Counter(min(rank[node.name] for node in members) for members in groups)
    return _GAP * (len(begins) if down else max(begins.values(), default=0))


def _ends(edge: Edge, bars: AbstractSet[str]) -> tuple[str, str]:
    """Return between what *edge* is laid out: a loop as if it led forwards."""
    if edge.is_loop:
        return edge.target, edge.source
    return edge.source, bar_id(edge.target) if edge.target in bars else edge.target


def _down(
    labels: list[str | None],
    pairs: list[tuple[str, str]],
    rank: dict[str, int],
    ranks: dict[int, list[int]],
) -> int:
    words: dict[int, int] = defaultdict(int)
    for label, (source, target) in zip(labels, pairs, strict=True):
        middle = (rank[source] + rank[target]) / 2
        # Those in the middle of a rank make it no higher.
        if label and middle % 1:
            words[int(middle)] = max(words[int(middle)], _LINE * _lines(label))
    return sum(map(max, ranks.values())) + _GAP * (len(ranks) - 1) + sum(words.values())


def _across(pairs: list[tuple[str, str]], rank: dict[str, int], ranks: dict[int, list[int]]) -> int:
    for source, target in pairs:
        low, high = sorted((rank[source], rank[target]))
        for passed in range(low + 1, high):
            ranks[passed].append(0)  # the edge needs room as well
    return max(sum(heights) + _GAP * (len(heights) - 1) for heights in ranks.values())


def _height(node: Node, words: DrawnWords, repetition: str | None) -> int:
    notes = (words.kind_of(node), *words.channels_of(node), repetition, node.note)
    texts = (node.label, *notes)
    count = sum(_lines(text) for text in texts if text)
    if node.role == "entrypoint":
        return _LINE * count + _PILL
    shape = shape_of(node.kind)
    return shape.mermaid_line * count + shape.mermaid_padding


def _lines(text: str) -> int:
    return len(label_lines(text, LONGEST_LINE, break_words=False))


def _ranks(following: Successors) -> dict[str, int]:
    """Return how many steps there are at most before each; ways back do not count."""
    rank = dict.fromkeys(following, 0)
    waiting = dict.fromkeys(following)
    for name in order(following):
        del waiting[name]
        for target in following[name]:
            if target in waiting:
                rank[target] = max(rank[target], rank[name] + 1)
    return rank
