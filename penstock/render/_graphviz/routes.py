"""The curves between the boxes of a flow that is laid out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from penstock.render._graphviz.boxes import BAR, Piece
from penstock.render._graphviz.layout import Frame, Layout, Point

__all__ = ["HEAD", "Line", "point_at", "route", "sample"]

HEAD = 8
"""Length of the head of an arrow, and its width."""

_APART = 14
"""Pixels between lines that end at one side of a box, if there is room."""

_NEAR = 5
"""Pixels that a line keeps from boxes between its ends."""

Curve = tuple[Point, ...]
"""A chain of cubic Bézier curves: a point, and then three for each curve."""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of an edge as it is drawn, from where the flow comes to where it leads."""

    piece: Piece
    curve: Curve
    tip: Point | None
    """The tip of its arrow, if it has one."""

    lead: Point | None = None
    """The point straight on at which a line ends that enters a bar."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A box, along the flow (``u``) and across it (``v``), by its centre and half its sizes."""

    v: float
    u: float
    dv: float
    du: float


class _Rank(NamedTuple):
    """Boxes beside one another, along the flow: where the first of them begins, the last ends."""

    begin: float
    end: float


class _Hold(NamedTuple):
    """A part of a line that leads straight on, past a rank."""

    v: float
    begin: float
    end: float


def route(layout: Layout, *, backwards: bool) -> list[Line]:
    """Return the line of each piece.

    Args:
        layout: The flow.
        backwards: Whether the flow leads up, or to the left.
    """
    return _Router(layout, backwards=backwards).lines()


class _Router:
    """Works in coordinates in which each flow leads down: ``v`` to the right, ``u`` down."""

    def __init__(self, layout: Layout, *, backwards: bool) -> None:
        self._layout = layout
        self._down, self._sign = layout.plan.axis == "TB", -1 if backwards else 1
        self._spans = {name: self._span(name) for name in layout.centres}
        self._frames = [(f.number, self._framed(f)) for f in layout.frames]
        self._ranks = _ranks(self._spans.values())

    def _turn(self, point: Point) -> Point:
        x, y = point
        return (x, self._sign * y) if self._down else (y, self._sign * x)

    def _back(self, point: Point) -> Point:
        v, u = point
        return (v, self._sign * u) if self._down else (self._sign * u, v)

    def _span(self, name: str) -> _Span:
        box = self._layout.plan.boxes[name]
        v, u = self._turn(self._layout.centres[name])
        wide, tall = box.width / 2, box.height / 2
        return _Span(v, u, wide, tall) if self._down else _Span(v, u, tall, wide)

    def _framed(self, frame: Frame) -> _Span:
        middle = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
        v, u = self._turn(middle)
        wide, tall = (frame.right - frame.left) / 2, (frame.bottom - frame.top) / 2
        return _Span(v, u, wide, tall) if self._down else _Span(v, u, tall, wide)

    def lines(self) -> list[Line]:
        pieces = self._layout.plan.pieces
        holds = [self._holds(number, piece) for number, piece in enumerate(pieces)]
        ends = self._spread(holds)
        return [self._line(*each) for each in zip(pieces, ends, holds, strict=True)]

    def _line(self, piece: Piece, ends: list[float], holds: list[_Hold]) -> Line:
        start, end = self._spans[piece.start], self._spans[piece.end]
        room = HEAD + 1 if piece.has_head else 0  # a line ends where its arrow begins
        a = start.v + ends[0], start.u + start.du + room * piece.is_back
        b = end.v + ends[1], end.u - end.du - room * (not piece.is_back)
        if self._is_bar(piece.start):
            a = a[0], start.u + BAR / 2
        curve = self._curve(piece, a, b, holds)
        lead = (b[0], end.u - BAR / 2) if self._is_bar(piece.end) else None
        tip = None
        if piece.has_head:
            v, u = a if piece.is_back else b
            tip = v, u + (-HEAD if piece.is_back else HEAD)
        if piece.is_back:
            curve = curve[::-1]
        return Line(
            piece,
            tuple(map(self._back, curve)),
            tip and self._back(tip),
            lead and self._back(lead),
        )

    def _is_bar(self, name: str) -> bool:
        return self._layout.plan.boxes[name].role == "bar"

    def _curve(self, piece: Piece, a: Point, b: Point, holds: list[_Hold]) -> Curve:
        """Return the curve from *a* to *b*, by way of some of *holds* if a box is between."""
        leaves = max(self._rank_of(piece.start).end, a[1])
        arrives = min(self._rank_of(piece.end).begin, b[1])
        stations = [
            _Hold(a[0], a[1], a[1]),
            _Hold(a[0], leaves, leaves),
            *holds,
            _Hold(b[0], arrives, arrives),
            _Hold(b[0], b[1], b[1]),
        ]
        here, *ahead = dict.fromkeys(stations)
        others, curve = self._others(piece), [a]
        while ahead:
            number = _farthest(here, ahead, others)
            last, here, ahead = here, ahead[number], ahead[number + 1 :]
            curve += _bend((last.v, last.end), (here.v, here.begin))[1:]
            if here.begin < here.end:
                curve += _bend((here.v, here.begin), (here.v, here.end))[1:]
        return tuple(curve)

    def _others(self, piece: Piece) -> list[_Span]:
        """Return what a line of *piece* has to keep away from."""
        ends = {piece.start, piece.end}
        # Only lines that begin or end in a frame pass through it.
        groups = {self._layout.plan.boxes[name].group for name in ends}
        others = [span for name, span in self._spans.items() if name not in ends]
        return others + [span for number, span in self._frames if number not in groups]

    def _holds(self, number: int, piece: Piece) -> list[_Hold]:
        """Return where a line can pass each rank between its ends: near where Graphviz has it."""
        start, end = self._rank_of(piece.start), self._rank_of(piece.end)
        between = [rank for rank in self._ranks if start.end < rank.begin and rank.end < end.begin]
        if not between:
            return []
        others = self._others(piece)
        route = list(sample([self._turn(point) for point in self._layout.route(number)]))
        return [
            _Hold(_beside(_across(route, (rank.begin + rank.end) / 2), rank, others), *rank)
            for rank in between
        ]

    def _rank_of(self, name: str) -> _Rank:
        """Return the rank that a box is in."""
        u = self._spans[name].u
        return next(rank for rank in self._ranks if rank.begin <= u <= rank.end)

    def _spread(self, holds: list[list[_Hold]]) -> list[list[float]]:
        """Return how far from the middle of a side each line ends.

        Lines at one side are apart, in the order in which they lead on: they do not cross there.
        """
        pieces = self._layout.plan.pieces
        shifts = [[0.0, 0.0] for _ in pieces]
        for side in (0, 1):
            at: dict[str, list[int]] = {}
            for number, piece in enumerate(pieces):
                at.setdefault((piece.start, piece.end)[side], []).append(number)
            for name, numbers in at.items():
                order = sorted(numbers, key=lambda i: self._aim(pieces[i], side, holds[i]))
                step = self._step(name, side, len(numbers))
                for place, number in enumerate(order):
                    shifts[number][side] = (place - (len(order) - 1) / 2) * step
        return shifts

    def _aim(self, piece: Piece, side: int, holds: list[_Hold]) -> float:
        """Return where a line leads from its start (0), or comes from at its end (1)."""
        a, b = self._spans[piece.start], self._spans[piece.end]
        straight = _bend((a.v, a.u + a.du), (b.v, b.u - b.du))
        if holds and not _is_free(straight, self._others(piece)):
            return holds[-side].v
        return (b, a)[side].v

    def _step(self, name: str, side: int, count: int) -> float:
        box = self._layout.plan.boxes[name]
        if box.role == "bar" and side == 1:
            return (box.length - 12) / max(count - 1, 1)
        return min(_APART, 2 * (self._spans[name].dv - 16) / max(count - 1, 1))


def _ranks(spans: Iterable[_Span]) -> list[_Rank]:
    """Return the ranks of *spans*, which do not overlap."""
    ranks: list[_Rank] = []
    for rank in sorted(_Rank(span.u - span.du, span.u + span.du) for span in spans):
        before = ranks[-1] if ranks else None
        if before is not None and rank.begin <= before.end:
            ranks[-1] = _Rank(before.begin, max(before.end, rank.end))
        else:
            ranks.append(rank)
    return ranks


def _across(route: Sequence[Point], u: float) -> float:
    """Return where *route*, points on a line, is at *u*."""
    return min(route, key=lambda point: abs(point[1] - u))[0]


def _beside(v: float, rank: _Rank, spans: Iterable[_Span]) -> float:
    """Return what is nearest to *v* and keeps away from those of *spans* that are in *rank*."""
    near = [
        (span.v - span.dv - _NEAR - 1, span.v + span.dv + _NEAR + 1)
        for span in spans
        if span.u + span.du > rank.begin and span.u - span.du < rank.end
    ]
    found = [v, *(side for sides in near for side in sides)]
    free = [x for x in found if not any(left < x < right for left, right in near)]
    return min(free, key=lambda x: abs(x - v))


def _farthest(here: _Hold, ahead: Sequence[_Hold], others: Sequence[_Span]) -> int:
    """Return the number of the last of *ahead* to which a curve is free, else that of the first."""
    for number in range(len(ahead) - 1, 0, -1):
        curve = _bend((here.v, here.end), (ahead[number].v, ahead[number].begin))
        if _is_free(curve, others):
            return number
    return 0


def _bend(a: Point, b: Point) -> Curve:
    """Return the curve from *a* to *b* that begins and ends along the flow."""
    half = (b[1] - a[1]) / 2
    return a, (a[0], a[1] + half), (b[0], b[1] - half), b


def _is_free(curve: Sequence[Point], spans: Sequence[_Span]) -> bool:
    """Return whether *curve* keeps away from all of *spans*."""
    left, right = min(p[0] for p in curve) - _NEAR, max(p[0] for p in curve) + _NEAR
    top, bottom = curve[0][1] - _NEAR, curve[-1][1] + _NEAR
    near = [
        span
        for span in spans
        if span.u + span.du > top
        and span.u - span.du < bottom
        and span.v + span.dv > left
        and span.v - span.dv < right
    ]
    if not near:
        return True
    points = list(sample(curve, ceil((bottom - top + right - left) / _NEAR)))
    return not any(
        abs(v - span.v) < span.dv + _NEAR and abs(u - span.u) < span.du + _NEAR
        for span in near
        for v, u in points
    )


def sample(curve: Sequence[Point], parts: int = 12) -> Iterator[Point]:
    """Yield points on *curve*, from its start to its end."""
    for begin in range(0, len(curve) - 3, 3):
        for part in range(parts + 1):
            yield point_at(curve[begin : begin + 4], part / parts)


def point_at(piece: Sequence[Point], t: float) -> Point:
    """Return the point of a cubic curve of four points, at *t* from 0 (its start) to 1."""
    a, b, c, d = piece
    s = 1 - t
    w = s**3, 3 * s * s * t, 3 * s * t * t, t**3
    return (
        w[0] * a[0] + w[1] * b[0] + w[2] * c[0] + w[3] * d[0],
        w[0] * a[1] + w[1] * b[1] + w[2] * c[1] + w[3] * d[1],
    )
