"""A drawing as DOT, for a Graphviz program to paint as pixels or for paper.

The whole drawing is the background of a graph with one empty node, which has its size: so a PNG
and a PDF show what the SVG shows, whatever that is.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from math import atan2, ceil, cos, hypot, pi, sin, sqrt, tan
from typing import NamedTuple

from penstock.graph import Graph
from penstock.render import THEMES, ThemeName, clean_text, label_lines, plain_text
from penstock.render._graphviz.measure import NOTE, SANS, width_of
from penstock.render._graphviz.routes import point_at

__all__ = ["background_lines"]

_FONTS = {False: "Arial", True: "Courier New"}
"""The fonts of words and of code, by whether a string is code."""

_TITLE_WIDTH = 60
"""Characters on a line above the flow."""

_TITLE_LINE, _TEXT_LINE = 19, 16
_MARGIN = 6
_ROUND = 0.5523
"""The part of a radius at which a curve has the points that make it round."""

_BOLD = 600
_DOT = 1
"""A dash of at most that many pixels is a dot."""

_STEP = re.compile(r"([MLHVCSAZ])([^MLHVCSAZ]*)", re.IGNORECASE)
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_MOVE = re.compile(r"(translate|scale)\(([^)]*)\)")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "A": 7, "Z": 0}

_Point = tuple[float, float]


_Curve = list[_Point]
"""A chain of cubic Bézier curves: a point, and then three for each curve."""


class _Font(NamedTuple):
    """How a string is written."""

    size: float
    colour: str
    is_bold: bool
    is_code: bool = False
    is_middle: bool = False
    """Whether its position is its middle, and not where it begins."""


def background_lines(
    svg: str, graph: Graph, theme: ThemeName = "light", *, part: int | None = None
) -> list[str]:
    """Return the statements of a graph whose background is *svg*, below its title and more.

    Args:
        svg: The drawing for a page, or a part of it: each element has its colours.
        graph: The flow, for its title and its description.
        theme: The page whose colours these have.
        part: The number of the part, from 0, if it is one: it shows nothing outside of it, the
            title is above the first one, and all are as wide as that.
    """
    painter = _Painter(svg, graph, theme, is_first=not part)
    # Scanners have a limit for each string, so that there is one for each operation.
    background = " + ".join(map(_quoted, painter.operations())) or _quoted("")
    width, height = painter.width, painter.height
    size = f'pos="{_n(width / 2)},{_n(height / 2)}" width={width / 72:.4f} height={height / 72:.4f}'
    window = f' viewport="{_n(width)},{_n(height)},1,{_n(width / 2)},{_n(height / 2)}"'
    return [
        f"graph [pad=0 margin=0 _background={background}{'' if part is None else window}]",
        f'image [shape=box fixedsize=true style=invis label="" {size}]',
    ]


class _Painter:
    """Writes what is in an SVG as operations of xdot, in which y leads up."""

    def __init__(self, svg: str, graph: Graph, theme: ThemeName, *, is_first: bool) -> None:
        self._root = ET.fromstring(svg)  # noqa: S314 - our own
        self._left, self._top, width, height = map(float, self._root.attrib["viewBox"].split())
        self._heading = [*_heading(graph, THEMES[theme].colours)]
        wide = [width_of(text, font.size) + 2 * _MARGIN for text, font, _ in self._heading]
        self.width = max(width, *wide) if wide else width
        if not is_first:
            self._heading.clear()
        self._above = sum(line for *_, line in self._heading) + 2 * _MARGIN * bool(self._heading)
        self.height = height + self._above

    def operations(self) -> Iterator[str]:
        """Yield the operations."""
        y = self._top + _MARGIN - self._above
        for text, font, line in self._heading:
            y += line
            yield from self._write(text, (self._left + _MARGIN, y - 5), font)
        yield from self._paint(self._root, (0, 0), 1)

    def _paint(self, element: ET.Element, at: _Point, scale: float) -> Iterator[str]:
        for child in element:
            name, look = child.tag.rpartition("}")[2], child.attrib
            place, size = at, scale
            for move, numbers in _MOVE.findall(look.get("transform", "")):
                first, *rest = _numbers(numbers)
                if move == "scale":
                    size *= first
                else:
                    place = place[0] + first * size, place[1] + rest[0] * size
            if name in {"g", "a"}:
                yield from self._paint(child, place, size)
            elif name == "text":
                yield from self._text(child, place)
            elif name in _CURVES:
                found = _CURVES[name](child)
                curves = [[self._point(p, place, size) for p in curve] for curve in found]
                yield from _stroke(curves, look, size)

    def _point(self, point: _Point, at: _Point, scale: float) -> _Point:
        """Return a point of the SVG, moved and scaled, as Graphviz counts: from below."""
        x, y = at[0] + point[0] * scale - self._left, at[1] + point[1] * scale - self._top
        return x, self.height - self._above - y

    def _text(self, element: ET.Element, at: _Point) -> Iterator[str]:
        look = element.attrib
        font = _Font(
            float(look["font-size"].removesuffix("px")),
            look["fill"],
            is_bold=int(look["font-weight"]) >= _BOLD,
            is_code="penstock-code" in look.get("class", ""),
            is_middle=look.get("text-anchor") == "middle",
        )
        point = at[0] + float(look["x"]), at[1] + float(look["y"])
        yield from self._write("".join(element.itertext()), point, font)

    def _write(self, text: str, at: _Point, font: _Font) -> Iterator[str]:
        text, size = clean_text(text), font.size
        name = _counted(_FONTS[font.is_code])
        yield f"c {_counted(font.colour)} F {_n(size)} {name} t {int(font.is_bold)}"
        x, y = self._point(at, (0, 0), 1)
        # Programs that use Cairo write a tenth of the letters' size higher than others.
        point = _points([(x, y - size / 25)])
        width = _n(width_of(text, size, mono=font.is_code))
        yield f"T {point} {0 if font.is_middle else -1} {width} {_counted(text)}"


def _quoted(operation: str) -> str:
    """Return a string of DOT. In one, a backslash before a quotation mark would end it."""
    quoted = operation.replace('\\"', '\\\u200b"').replace('"', '\\"')
    return f'"{quoted} "'


def _heading(graph: Graph, colours: Mapping[str, str]) -> Iterator[tuple[str, _Font, int]]:
    """Yield each line above the flow, with how it is written and its height."""
    title = _Font(SANS, colours["text"], is_bold=True)
    for line in label_lines(graph.title, _TITLE_WIDTH) if graph.title else ():
        yield line, title, _TITLE_LINE
    text, small = (
        plain_text(graph.description or ""),
        _Font(NOTE, colours["muted"], is_bold=False),
    )
    for line in label_lines(text, _TITLE_WIDTH) if text else ():
        yield line, small, _TEXT_LINE


def _stroke(curves: list[_Curve], look: dict[str, str], scale: float) -> Iterator[str]:
    """Yield what fills and strokes *curves*."""
    fill, stroke = look.get("fill", "none"), look.get("stroke", "none")
    width = float(look.get("stroke-width", 1)) * scale
    dashes = [number * scale for number in _numbers(look.get("stroke-dasharray", ""))]
    if fill != "none":
        is_outlined = stroke != "none" and not dashes
        pen = (stroke, width) if is_outlined else (fill, 0)
        yield _pen(*pen)
        yield f"C {_counted(fill)}"
        for curve in curves:
            yield f"b {len(curve)} {_points(curve)}"
        if is_outlined:
            return
    if stroke == "none":
        return
    parts = [
        part
        for curve in curves
        for part in (_dashed(curve, dashes, width) if dashes else [_open(curve)])
    ]
    yield _pen(stroke, width)
    yield from (part for part in parts if not part.startswith("E"))
    # A dot is filled: a pen would draw around it, and make it twice as wide.
    yield _pen(stroke, 0)
    yield f"C {_counted(stroke)}"
    yield from (part for part in parts if part.startswith("E"))


def _pen(colour: str, width: float) -> str:
    return f"c {_counted(colour)} S {_counted(f'setlinewidth({_n(width)})')}"


def _open(points: Sequence[_Point]) -> str:
    return f"B {len(points)} {_points(points)}"


def _dashed(curve: _Curve, dashes: list[float], width: float) -> Iterator[str]:
    """Yield a line or a dot for each dash: the patterns of Graphviz are others."""
    line, number, left = [curve[0]], 0, dashes[0]
    for end in _sampled(curve):
        start = line[-1]
        while (length := hypot(end[0] - start[0], end[1] - start[1])) > left:
            part = left / length
            start = start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
            if number % 2 == 0:
                yield _dash([*line, start], dashes[number % len(dashes)], width)
            number += 1
            line, left = [start], dashes[number % len(dashes)]
        left -= length
        line.append(end)
    if number % 2 == 0 and len(line) > 1:
        yield _dash(line, dashes[number % len(dashes)], width)


def _dash(line: Sequence[_Point], length: float, width: float) -> str:
    if length <= _DOT:
        return f"E {_points([line[0]])} {_n(width / 2)} {_n(width / 2)}"
    return f"L {len(line)} {_points(line)}"


def _sampled(points: Sequence[_Point]) -> Iterator[_Point]:
    """Yield the points of a line of short pieces, after the first one."""
    for begin in range(0, len(points) - 3, 3):
        a, b, c, d = points[begin : begin + 4]
        far = hypot(b[0] - a[0], b[1] - a[1]) + hypot(d[0] - c[0], d[1] - c[1])
        count = max(1, ceil((far + hypot(c[0] - b[0], c[1] - b[1])) / 3))
        for part in range(1, count + 1):
            yield point_at((a, b, c, d), part / count)


def _rectangle(element: ET.Element) -> Iterator[_Curve]:
    """Yield the outline of a rectangle with round corners."""
    x, y, wide, tall = (float(element.attrib[name]) for name in ("x", "y", "width", "height"))
    radius = min(float(element.attrib.get("rx", 0)), wide / 2, tall / 2)
    yield _rounded(x, y, wide, tall, radius)


def _circle(element: ET.Element) -> Iterator[_Curve]:
    x, y, radius = (float(element.attrib[name]) for name in ("cx", "cy", "r"))
    yield _rounded(x - radius, y - radius, 2 * radius, 2 * radius, radius)


def _rounded(x: float, y: float, wide: float, tall: float, radius: float) -> _Curve:
    """Return the outline of a box, from the left of its upper side and on to the right."""
    right, bottom, near = x + wide, y + tall, radius * (1 - _ROUND)
    corners = [((x, y), (1, 0)), ((right, y), (0, 1)), ((right, bottom), (-1, 0))]
    corners.append(((x, bottom), (0, -1)))
    points: _Curve = [(x + radius, y)]
    for (a, b), (dx, dy) in [*corners[1:], corners[0]]:
        # The way leads along the side before the corner, then along the one behind it.
        ax, ay = dy, -dx
        _line_to(points, (a - ax * radius, b - ay * radius))
        points += [
            (a - ax * near, b - ay * near),
            (a + dx * near, b + dy * near),
            (a + dx * radius, b + dy * radius),
        ]
    return points


def _path(element: ET.Element) -> Iterator[_Curve]:
    """Yield the parts of a path (SVG 1.1, 8.3) with the steps that our drawings have."""
    points: _Curve = [(0, 0)]
    for name, values in _steps(element.attrib["d"]):
        step, (x, y) = name.upper(), points[-1] if name.islower() else (0, 0)
        if step in {"Z", "M"}:
            if step == "Z":
                _line_to(points, points[0])
            if len(points) > 1:
                yield points
            points = [points[0] if step == "Z" else (x + values[0], y + values[1])]
        elif step == "A":
            points += _arc(points[-1], values, (x + values[5], y + values[6]))
        elif step in {"H", "V"}:
            a, b = points[-1]
            _line_to(points, (x + values[0], b) if step == "H" else (a, y + values[0]))
        else:
            found = [(x + a, y + b) for a, b in zip(values[::2], values[1::2], strict=True)]
            if step == "L":
                _line_to(points, found[0])
            else:
                points += [_mirrored(points), *found] if step == "S" else found
    if len(points) > 1:
        yield points


def _steps(path: str) -> Iterator[tuple[str, list[float]]]:
    """Yield each step of *path*, with its numbers."""
    for name, text in _STEP.findall(path):
        numbers, count = _numbers(text), _COUNTS[name.upper()]
        yield name, numbers[:count]
        # What follows the numbers of one step is the next one; after a move, a line.
        again = name.replace("M", "L").replace("m", "l")
        for begin in range(count, len(numbers), max(count, 1)):
            yield again, numbers[begin : begin + count]


def _mirrored(points: _Curve) -> _Point:
    """Return the point that lets a smooth curve go on in its direction."""
    (a, b), (x, y) = points[-2:]
    return 2 * x - a, 2 * y - b


def _line_to(points: _Curve, end: _Point) -> None:
    """Add a straight line, as a curve."""
    (a, b), (x, y) = points[-1], end
    points += [((2 * a + x) / 3, (2 * b + y) / 3), ((a + 2 * x) / 3, (b + 2 * y) / 3), end]


def _arc(start: _Point, values: Sequence[float], end: _Point) -> Iterator[_Point]:
    """Yield the curves of an arc of a circle (SVG 1.1, F.6.5), of a quarter at most each."""
    radius, is_large, is_right = values[0], bool(values[3]), bool(values[4])
    (a, b), (x, y) = start, end
    far = hypot(x - a, y - b)
    radius = max(radius, far / 2)
    high = sqrt(radius**2 - (far / 2) ** 2) * (-1 if is_large == is_right else 1)
    v, u = (a + x) / 2 - high * (y - b) / far, (b + y) / 2 + high * (x - a) / far
    first, last = atan2(b - u, a - v), atan2(y - u, x - v)
    turn = (last - first) % (2 * pi)
    turn = turn if is_right else turn - 2 * pi
    count = ceil(abs(turn) / (pi / 2) - 1e-9)
    part = turn / count
    pull = 4 / 3 * tan(part / 4) * radius
    for number in range(count):
        begin, stop = first + part * number, first + part * (number + 1)
        p = v + radius * cos(begin), u + radius * sin(begin)
        q = v + radius * cos(stop), u + radius * sin(stop)
        yield p[0] - pull * sin(begin), p[1] + pull * cos(begin)
        yield q[0] + pull * sin(stop), q[1] - pull * cos(stop)
        yield q


_CURVES = {"rect": _rectangle, "circle": _circle, "path": _path}


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _points(points: Sequence[_Point]) -> str:
    return " ".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _counted(text: str) -> str:
    return f"{len(text.encode())} -{text}"


def _n(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
