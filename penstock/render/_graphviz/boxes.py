"""The parts of a flow to lay out: boxes of a size that we know, and lines between them.

Labels, loops and bars are boxes as well: so no line crosses a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from math import ceil
from typing import Literal

from penstock.graph import Edge, Graph, Node
from penstock.render import enters_bar, joins, label_lines, ways_back
from penstock.render._graphviz.measure import MONO, NOTE, SANS, width_of, width_of_label
from penstock.render._icons import MARKS, SIGNS, icon_of

__all__ = [
    "BAR",
    "GAP",
    "LINE",
    "NOTE_LINE",
    "PAD",
    "STACK",
    "TILE",
    "Axis",
    "Box",
    "Piece",
    "Plan",
    "has_mark",
    "has_sign",
    "has_tile",
    "plan",
]

Axis = Literal["TB", "LR"]
"""How a flow is laid out: down, or to the right."""

LINE, NOTE_LINE = 18, 15
"""Heights of a line of a title, and of one below it."""

PAD, TILE, GAP = 12, 28, 9
"""Space beside text, side of the tile of an icon, space between both."""

BAR = 5
"""How thick the bar of a join is."""

STACK = 6
"""How far the second card of a folded group is behind the first, to the right and down."""

_SIGN = 19
_MARK = 22
_NAME_LIMIT, _NOTE_LIMIT, _LABEL_LIMIT = 26, 34, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Something that has a size and gets a position."""

    id: str
    role: Literal["node", "label", "bar"]
    width: float
    height: float
    least: float = 0
    """The least width that is laid out, which the title of a group may need."""

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """The lines below: of a node all but its title, of a label its channel, which is code."""

    group: int | None = None
    node: Node | None = None
    edge: Edge | None = None
    length: float = 0
    """How long a bar is, without the words beside it."""

    @property
    def room(self) -> float:
        """The width that is laid out."""
        return max(self.width, self.least)


@dataclass(frozen=True, slots=True)
class Piece:
    """A line between two boxes, which is laid out from *start* to *end*."""

    start: str
    end: str
    edge: Edge
    has_head: bool
    """Whether an arrow is at one of its ends."""

    is_back: bool = False
    """Whether it is drawn against the layout, since a way back changes no rank."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is laid out of a flow."""

    graph: Graph
    axis: Axis
    boxes: Mapping[str, Box]
    pieces: tuple[Piece, ...]
    groups: tuple[str, ...]

    @property
    def is_interleaved(self) -> bool:
        """Whether the flow leaves a group and comes back to it without a way back."""
        sorter = TopologicalSorter[str]()
        for piece in self.pieces:
            ends = (self.boxes[name] for name in (piece.start, piece.end))
            start, end = (b.id if b.group is None else f"group {b.group}" for b in ends)
            if start != end:
                sorter.add(end, start)
        try:
            sorter.prepare()
        except CycleError:
            return True
        return False


def plan(graph: Graph, axis: Axis) -> Plan:
    """Return what is laid out of *graph*."""
    return _Planner(graph, axis).plan()


class _Planner:
    def __init__(self, graph: Graph, axis: Axis) -> None:
        self._graph = graph
        self._axis: Axis = axis
        named = dict.fromkeys(node.group for node in graph.nodes if node.group is not None)
        self._groups = {group: number for number, group in enumerate(named)}
        self._nodes = {node.name: node for node in graph.nodes}
        self._ids = {name: f"n{number}" for number, name in enumerate(self._nodes)}
        self._bars = joins(graph)
        self._boxes: dict[str, Box] = {}
        self._pieces: list[Piece] = []

    def plan(self) -> Plan:
        graph = self._graph
        again = {e.source: graph.words.repetition(e) for e in graph.edges if e.source == e.target}
        for node in graph.nodes:
            if node.name in self._bars:
                self._add_bar(node)
            self._add(
                _measure(node, self._ids[node.name], self._notes(node, again), self._group(node))
            )
        back = self._laid_backwards()
        for number, edge in enumerate(graph.edges):
            if edge.source != edge.target:
                self._add_edge(number, edge, is_back=number in back)
        for group, number in self._groups.items():
            self._widen(group, number)
        return Plan(graph, self._axis, self._boxes, tuple(self._pieces), tuple(self._groups))

    def _laid_backwards(self) -> set[int]:
        """Return the numbers of the ways back, but for loops that lead on.

        Such a loop closes no cycle; laid out backwards, it would.
        """
        back, edges = ways_back(self._graph), self._graph.edges
        sorter = TopologicalSorter[str](dict.fromkeys(self._nodes, ()))
        for number, edge in enumerate(edges):
            if number not in back:
                sorter.add(edge.target, edge.source)
        place = {name: number for number, name in enumerate(sorter.static_order())}
        return {n for n in back if place[edges[n].target] < place[edges[n].source]}

    def _add(self, box: Box) -> None:
        self._boxes[box.id] = box

    def _widen(self, title: str, group: int) -> None:
        """Let a frame be as wide as its *title*: no program measures that."""
        members = [box for box in self._boxes.values() if box.group == group]
        widest = max(members, key=lambda box: box.width)
        self._boxes[widest.id] = replace(widest, least=width_of(title, NOTE))

    def _group(self, node: Node) -> int | None:
        return None if node.group is None else self._groups[node.group]

    def _notes(self, node: Node, again: Mapping[str, str]) -> tuple[str, ...]:
        words = self._graph.words
        own = (again.get(node.name), words.note_of(node))
        notes = (words.kind_of(node), *words.channels_of(node), *own)
        return tuple(line for note in notes if note for line in label_lines(note, _NOTE_LIMIT))

    def _add_bar(self, node: Node) -> None:
        """Add the bar before *node*, with room on both sides for the words beside it."""
        target = self._ids[node.name]
        edges = [edge for edge in self._graph.edges if edge.target == node.name]
        count = sum(enters_bar(edge, self._bars) for edge in edges)
        words = self._graph.words.all_of
        length, room = max(52, 26 * count), _even(width_of(words, NOTE) + 5)
        down = self._axis == "TB"
        bar = Box(
            id=f"b{target}",
            role="bar",
            width=length + 2 * room if down else room,
            height=16 if down else length + 2 * NOTE_LINE,
            lines=(words,),
            group=self._group(node),
            length=length,
            node=node,
        )
        self._add(bar)
        self._pieces.append(Piece(bar.id, target, Edge(node.name, node.name), has_head=True))

    def _add_edge(self, number: int, edge: Edge, *, is_back: bool) -> None:
        source, target = self._ids[edge.source], self._ids[edge.target]
        is_joined = enters_bar(edge, self._bars) and not is_back
        if is_joined:
            target = f"b{target}"
        stations = [source, target]
        if label := self._label(number, edge):
            self._add(label)
            stations.insert(1, label.id)
        if is_back:  # laid out as if it led forwards, so that all steps keep their ranks
            stations.reverse()
        pairs = list(pairwise(stations))
        ending = 0 if is_back else len(pairs) - 1
        self._pieces += [
            Piece(*pair, edge, place == ending and not is_joined, is_back)
            for place, pair in enumerate(pairs)
        ]

    def _label(self, number: int, edge: Edge) -> Box | None:
        words = self._graph.words
        text = words.with_passed(edge, words.named(edge)) or (words.again if edge.is_loop else None)
        if text is None and edge.channel is None and not has_sign(edge):
            return None
        lines = label_lines(text, _LABEL_LIMIT) if text else ()
        notes = label_lines(edge.channel, _LABEL_LIMIT) if edge.channel else ()
        ends = {self._nodes[name].group for name in (edge.source, edge.target)}
        (group,) = ends if len(ends) == 1 else {None}
        widest = width_of_label(lines, notes)
        if edge.is_loop:  # with a sign, or in an image of Graphviz with a word
            widest += max(_SIGN, width_of(f"{words.again}: ", NOTE - 2))
        elif notes:
            widest += _SIGN
        if has_sign(edge):
            widest += _MARK if text else _SIGN
        return Box(
            id=f"l{number}",
            role="label",
            width=_even(widest + 10),
            height=NOTE_LINE * max(len(lines) + len(notes), 1) + 5,
            lines=lines,
            notes=notes,
            group=None if group is None else self._groups[group],
            edge=edge,
        )


def _measure(node: Node, identifier: str, notes: tuple[str, ...], group: int | None) -> Box:
    lines = label_lines(node.label, _NAME_LIMIT)
    is_name = not node.title
    size = MONO if is_name else SANS
    widest = max(
        *(width_of(line, size, mono=is_name) for line in lines),
        *(width_of(note, NOTE) for note in notes),
        0,
    )
    is_round = node.role == "entrypoint"
    width = widest + 2 * PAD + (TILE + GAP - 4 if has_tile(node) else 0) + 4 * is_round
    height = LINE * len(lines) + NOTE_LINE * len(notes) + 13
    stack = STACK if node.role == "group" else 0
    return Box(
        id=identifier,
        role="node",
        width=max(_even(width + (_MARK if has_mark(node) else 0)), 92) + stack,
        height=max(2 * round(height / 2), 40) + stack,
        lines=lines,
        notes=notes,
        group=group,
        node=node,
    )


def has_tile(node: Node) -> bool:
    """Return whether *node* has an icon."""
    return node.role != "step" or icon_of(node) is not None


def has_mark(node: Node) -> bool:
    """Return whether *node* shows how its run ended."""
    return node.status in SIGNS


def has_sign(edge: Edge) -> bool:
    """Return whether the source does not show *edge*, which then has a sign."""
    return edge.sign in MARKS


def _even(length: float) -> float:
    return 2 * ceil(length / 2)
