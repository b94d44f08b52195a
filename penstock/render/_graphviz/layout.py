"""Positions for the boxes of a flow. A Graphviz program finds them, and does nothing else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.graph import Graph
from penstock.render import Direction
from penstock.render._graphviz.boxes import Axis, Box, Piece, Plan, plan

__all__ = [
    "FRAME",
    "MARGIN",
    "Frame",
    "Layout",
    "Point",
    "axes_of",
    "by_cluster",
    "cost",
    "layout_lines",
    "least_ranks",
    "ranking",
    "read_layout",
    "spacing",
    "split_json",
]

Point = tuple[float, float]

FRAME = 16
"""Height of the title in the frame of a group."""

_SEEN = 300
"""Pixels from the top of an image that are in any window."""

MARGIN = 12
"""Space between the frame of a group and what is in it."""

_GAPS: dict[Axis, tuple[int, int]] = {"TB": (22, 20), "LR": (12, 26)}
"""Space beside boxes, and between ranks. Two steps are two ranks apart: a label is between."""

_COLUMN, _SCREEN = 720, 1400
"""Pixels of a page: how wide its text is, and how much of it is seen at once."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a group, by its corners."""

    number: int
    group: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A plan with positions: ``x`` to the right, ``y`` down, in pixels."""

    plan: Plan
    centres: Mapping[str, Point]
    frames: tuple[Frame, ...]
    routes: Mapping[int, str]
    """The curve of each piece that Graphviz found, by the number of the piece, as it wrote it."""

    turn: "_Turn"

    def route(self, number: int) -> list[Point]:
        """Return the curve of a piece as Graphviz found it, read only where it is needed."""
        return [self.turn.point(_point(point)) for point in self.routes[number].split()]

    @property
    def size(self) -> Point:
        """The width and height of all boxes and frames."""
        left, top, right, bottom = self.bounds()
        return right - left, bottom - top

    def bounds(self) -> tuple[float, float, float, float]:
        """Return the corners of all boxes and frames."""
        boxes, centres = self.plan.boxes, self.centres
        corners = [(f.left, f.top, f.right, f.bottom) for f in self.frames]
        for name, (x, y) in centres.items():
            half, tall = boxes[name].width / 2, boxes[name].height / 2
            corners.append((x - half, y - tall, x + half, y + tall))
        if not corners:
            return 0, 0, 0, 0
        left, top, right, bottom = zip(*corners, strict=True)
        return min(left), min(top), max(right), max(bottom)


def axes_of(direction: Direction) -> tuple[Axis, ...]:
    """Return along which axes a flow is laid out that is to lead in *direction*."""
    if direction == "auto":
        return "TB", "LR"
    return ("LR",) if direction in {"LR", "RL"} else ("TB",)


def cost(width: float, height: float) -> float:
    """Return how much of an image of that size does not fit a page: width counts most."""
    return 3 * max(0, width / _COLUMN - 1) + max(0, height / _SCREEN - 1)


def spacing(plan: Plan) -> tuple[float, float]:
    """Return the space beside boxes and between ranks."""
    near, far = _GAPS[plan.axis]
    room = FRAME / 2 if plan.groups else 0  # up and down, boxes have it
    return (near + room, far) if plan.axis == "TB" else (near, far + room)


def ranking(plan: Plan) -> dict[str, str]:
    """Return how programs rank boxes.

    They rank each group on its own, which is narrower. Lines between groups that come back to one
    another would then lead up.
    """
    return {"newrank": "true"} if plan.is_interleaved else {}


def layout_lines(plan: Plan) -> Iterator[str]:
    """Yield the statements of DOT in which boxes have no text, so that no font is measured."""
    near, far = spacing(plan)
    ports = "tailport=s headport=n" if plan.axis == "TB" else "tailport=e headport=w"
    ranks = "".join(f" {key}={value}" for key, value in ranking(plan).items())
    yield f"graph [rankdir={plan.axis} nodesep={near / 72:.3f} ranksep={far / 72:.3f}{ranks}]"
    yield 'node [shape=box fixedsize=true label=""]'
    yield f"edge [arrowhead=none {ports}]"
    for group, boxes in by_cluster(plan):
        if group is not None:
            yield f"subgraph cluster_{group} {{ margin={MARGIN}"
        for box in boxes:
            yield f"{box.id} [width={box.room / 72:.4f} height={_height(box) / 72:.4f}]"
        if group is not None:
            yield "}"
    for number, piece in enumerate(plan.pieces):
        ranks = " ".join(f"{key}={value}" for key, value in least_ranks(plan, piece).items())
        yield f"{piece.start} -> {piece.end} [id={number} {ranks}]"


def _height(box: Box) -> float:
    """Return the height that is laid out, with room for the titles of frames above one another."""
    return box.height + (0 if box.group is None else FRAME)


def by_cluster(plan: Plan) -> list[tuple[int | None, list[Box]]]:
    """Return the boxes, those of each group together where its first one is, with its number."""
    found: list[tuple[int | None, list[Box]]] = []
    members: dict[int, list[Box]] = {}
    for box in plan.boxes.values():
        if box.group is not None and box.group in members:
            members[box.group].append(box)
            continue
        found.append((box.group, [box]))
        if box.group is not None:
            members[box.group] = found[-1][1]
    return found


def least_ranks(plan: Plan, piece: Piece) -> dict[str, str]:
    """Return how far the ends of *piece* are apart, and which are above each other.

    A line spans two ranks whether it has a label or not, so that all steps stay in line.
    """
    start, end = plan.boxes[piece.start], plan.boxes[piece.end]
    is_half = "label" in {start.role, end.role} or start.role == "bar"
    upright = {"weight": "9"} if start.role == "label" else {}
    return {"minlen": "1" if is_half else "2", **upright}


def read_layout(laid: bytes, graph: Graph, direction: Direction) -> Layout:
    """Return the layout of *graph* that a program printed: the best one, if it may choose.

    Raises:
        ValueError: If it is not what a Graphviz program prints for the graph.
    """
    try:
        documents = map(json.loads, split_json(laid.decode()))
        found = [
            _read(plan(graph, axis), document, direction)
            for axis, document in zip(axes_of(direction), documents, strict=True)
        ]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"it is not the layout of {graph.name!r}"
        raise ValueError(message) from error
    return min(found, key=lambda layout: cost(*layout.size))


def split_json(text: str) -> list[str]:
    """Return the documents that follow one another in *text*.

    A program that lays out begins and ends each at the start of a line.
    """
    return [f"{{{document}" for document in f"\n{text}".split("\n{")[1:]]


def _read(planned: Plan, laid: Mapping[str, Any], direction: Direction) -> Layout:
    """Return *planned* with the positions that are in *laid*, in which ``y`` leads up."""
    _, _, right, top = map(float, laid["bb"].split(","))
    turn = _Turn(right if direction == "RL" else None, None if direction == "BT" else top)
    objects = laid.get("objects", [])
    centres = {o["name"]: _point(o["pos"]) for o in objects if "pos" in o}
    if planned.axis == "LR":
        centres = _raised(planned, _aligned(planned, centres))
    framed = {o["name"]: [*map(float, o["bb"].split(","))] for o in objects if "bb" in o}
    return Layout(
        plan=planned,
        centres={name: turn.point(centres[name]) for name in planned.boxes},
        frames=tuple(
            _frame(planned, number, framed[f"cluster_{number}"], centres, turn)
            for number in range(len(planned.groups))
        ),
        routes={int(edge["id"]): edge["pos"] for edge in laid.get("edges", [])},
        turn=turn,
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    """From Graphviz' coordinates to those of an image, with the flow in its direction."""

    right: float | None
    top: float | None

    def point(self, point: Point) -> Point:
        x, y = point
        return (
            x if self.right is None else self.right - x,
            y if self.top is None else self.top - y,
        )


def _point(text: str) -> Point:
    x, y = text.split(",")
    return float(x), float(y)


def _aligned(planned: Plan, centres: Mapping[str, Point]) -> dict[str, Point]:
    """Return *centres* so that the boxes of each column begin at one line."""
    columns: dict[int, list[str]] = {}
    for name, (x, _) in centres.items():
        columns.setdefault(round(x), []).append(name)
    moved = dict(centres)
    for names in columns.values():
        left = min(centres[name][0] - planned.boxes[name].width / 2 for name in names)
        for name in names:
            moved[name] = left + planned.boxes[name].width / 2, centres[name][1]
    return moved


def _raised(planned: Plan, centres: dict[str, Point]) -> dict[str, Point]:
    """Return *centres* with the first column at the top, if it would be seen only after scrolling.

    A page opens at the top of an image. Nothing but entrypoints may be in that column.
    """
    nodes = [box for box in planned.boxes.values() if box.role == "node"]
    first = min((centres[box.id][0] - box.width / 2 for box in nodes), default=0)
    column = [box for box in nodes if centres[box.id][0] - box.width / 2 - first < 1]
    if any(
        box.node is None or not box.node.is_entrypoint or box.group is not None for box in column
    ):
        return centres
    top = max((centres[box.id][1] + box.height / 2 for box in nodes), default=0)
    missing = top - max((centres[box.id][1] + box.height / 2 for box in column), default=0)
    if missing <= _SEEN:
        return centres
    moved = {box.id: (centres[box.id][0], centres[box.id][1] + missing) for box in column}
    return centres | moved


def _frame(
    planned: Plan,
    number: int,
    corners: list[float],
    centres: Mapping[str, Point],
    turn: _Turn,
) -> Frame:
    """Return the frame of a group, with room for its title."""
    left, bottom, right, top = corners
    starts = [
        centres[box.id][0] - box.width / 2 for box in planned.boxes.values() if box.group == number
    ]
    left = min(left, min(starts) - MARGIN)
    (x0, y0), (x1, y1) = turn.point((left, bottom)), turn.point((right, top))
    unused = FRAME / 2  # of the height of its boxes
    return Frame(
        number=number,
        group=planned.groups[number],
        left=min(x0, x1),
        top=min(y0, y1) + unused - FRAME,
        right=max(x0, x1),
        bottom=max(y0, y1) - unused,
    )
