"""The curves between the boxes of a flow that is laid out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
        ends = self._spread()
        pieces = self._layout.plan.pieces
        return [self._line(i, piece, ends[i]) for i, piece in enumerate(pieces)]

    def _line(self, number: int, piece: Piece, ends: list[float]) -> Line:
        start, end = self._spans[piece.start], self._spans[piece.end]
        room = HEAD + 1 if piece.has_head else 0  # a line ends where its arrow begins
        a = start.v + ends[0], start.u + start.du + room * piece.is_back
        b = end.v + ends[1], end.u - end.du - room * (not piece.is_back)
        if self._is_bar(piece.start):
            a = a[0], start.u + BAR / 2
        curve = self._curve(number, piece, a, b)
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

    def _curve(self, number: int, piece: Piece, a: Point, b: Point) -> Curve:
        """Return the curve from *a* to *b*: Graphviz' own one only where ours meets a box."""
        half = (b[1] - a[1]) / 2
        curve = a, (a[0], a[1] + half), (b[0], b[1] - half), b
        ends = {piece.start, piece.end}
        others = [span for name, span in self._spans.items() if name not in ends]
        # Only lines that begin or end in a frame pass through it.
        groups = {self._layout.plan.boxes[name].group for name in ends}
        others += [span for number, span in self._frames if number not in groups]
        if half >= 0 and _is_free(curve, others):
            return curve
        found = [self._turn(point) for point in self._layout.route(number)]
        before, behind = a[0] - found[0][0], b[0] - found[-1][0]
        first, last = found[1], found[-2]
        return (a, (first[0] + before, first[1]), *found[2:-2], (last[0] + behind, last[1]), b)

    def _spread(self) -> list[list[float]]:
        """Return how far from the middle of a side each line ends.

        Lines at one side are apart, in the order of their other ends: they do not cross there.
        """
        pieces = self._layout.plan.pieces
        shifts = [[0.0, 0.0] for _ in pieces]
        for side in (0, 1):
            at: dict[str, list[int]] = {}
            for number, piece in enumerate(pieces):
                at.setdefault((piece.start, piece.end)[side], []).append(number)
            for name, numbers in at.items():
                others = [(pieces[i].end, pieces[i].start)[side] for i in numbers]
                order = sorted(zip(numbers, others, strict=True), key=lambda p: self._spans[p[1]].v)
                step = self._step(name, side, len(numbers))
                for place, (number, _) in enumerate(order):
                    shifts[number][side] = (place - (len(order) - 1) / 2) * step
        return shifts

    def _step(self, name: str, side: int, count: int) -> float:
        box = self._layout.plan.boxes[name]
        if box.role == "bar" and side == 1:
            return (box.length - 12) / max(count - 1, 1)
        return min(_APART, 2 * (self._spans[name].dv - 16) / max(count - 1, 1))


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
    points = list(sample(curve))
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
