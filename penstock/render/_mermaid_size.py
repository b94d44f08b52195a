"""How tall Mermaid will draw a graph, so that a page can keep that room free."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
_BORDER = 25
_FRAME = 55
_MARGIN = 16
_PILL = 24


def estimate_height(graph: Graph, direction: Direction) -> int:
    """Return about how many pixels tall Mermaid draws *graph*.

    It draws in ranks, each after all that leads to it.

    .. versionadded:: 0.2
    """
    if not graph.nodes:
        return _MARGIN
    down = direction not in {"LR", "RL"}
    bars = joins(graph)
    repeated, drawn = repetitions(graph), lines(graph)
    tall = {n.name: _height(n, graph.words, repeated.get(n.name)) for n in graph.nodes}
    tall |= {bar_id(name): 10 if down else 70 for name in bars}
    pairs = [_ends(edge, bars) for edge in drawn]
    rank = _ranks(successors(tall, [*pairs, *((bar_id(name), name) for name in bars)]))
    groups = _groups(graph, bars)
    # Above each other are the highest of each rank, or else all in one rank.
    if not down:
        return _MARGIN + _across(pairs, rank, tall, groups)
    labels = [graph.words.label_of(edge) for edge in drawn]
    nodes = _down(labels, pairs, rank, _by_rank(tall, rank, tall))
    return _MARGIN + nodes + _frames(groups, pairs, rank)


def _groups(graph: Graph, bars: AbstractSet[str]) -> list[set[str]]:
    """Return what is drawn in each frame."""
    members = ([n.name for n in nodes] for group, nodes in by_group(graph) if group is not None)
    return [{*names, *(bar_id(name) for name in names if name in bars)} for names in members]


def _frames(groups: list[set[str]], pairs: list[tuple[str, str]], rank: Mapping[str, int]) -> int:
    """Return how much taller frames make a flow that leads down.

    The upper borders of those that begin in one rank are beside each other, as are the
    lower ones. A frame that no edge leads into or out of is laid out by itself, wider.
    """
    alone = [group for group in groups if all((a in group) == (b in group) for a, b in pairs)]
    spans = [_span(group, rank) for group in groups if group not in alone]
    borders = len({begin for begin, _ in spans}) + len({end for _, end in spans})
    wider = (len({rank[name] for name in group}) + 2 for group in alone)
    return _BORDER * max(borders, *wider, 0)


def _span(group: set[str], rank: Mapping[str, int]) -> tuple[int, int]:
    found = [rank[name] for name in group]
    return min(found), max(found)


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


def _across(
    pairs: list[tuple[str, str]],
    rank: Mapping[str, int],
    tall: Mapping[str, int],
    groups: list[set[str]],
) -> int:
    """Return the height of the tallest rank, in which each frame keeps others out."""
    ranks = _by_rank(set(tall).difference(*groups), rank, tall)
    for group in groups:
        inside = _by_rank(group, rank, tall)
        for passed in range(min(inside), max(inside) + 1):
            ranks[passed].append(_FRAME + max(map(_stacked, inside.values())))
    for source, target in pairs:
        low, high = sorted((rank[source], rank[target]))
        for passed in range(low + 1, high):
            ranks[passed].append(0)  # the edge needs room as well
    return max(map(_stacked, ranks.values()))


def _by_rank(
    names: Iterable[str], rank: Mapping[str, int], tall: Mapping[str, int]
) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for name in names:
        found[rank[name]].append(tall[name])
    return found


def _stacked(heights: list[int]) -> int:
    return sum(heights) + _GAP * (len(heights) - 1)


def _height(node: Node, words: DrawnWords, repetition: str | None) -> int:
    notes = (words.kind_of(node), *words.channels_of(node), repetition, words.note_of(node))
    texts = (node.label, *notes)
    count = sum(_lines(text) for text in texts if text)
    if node.role == "entrypoint":
        return _LINE * count + _PILL
    shape = shape_of(node)
    return shape.mermaid_line * count + shape.mermaid_padding


def _lines(text: str) -> int:
    return len(label_lines(text, LONGEST_LINE))


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
