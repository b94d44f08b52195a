"""Images in pixels, which show what the SVG shows."""

import re
import shutil
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from math import dist

import pytest
from corpus import HOSTILE, graphs, shown
from hypothesis import given, settings

from penstock import Edge, Graph, Node, generate_dag
from penstock.render import THEMES
from penstock.render._graphviz.background import _dashed, _path, _stroke, background_lines
from penstock.render._graphviz.images import draw_svg, png_size, render_png
from penstock.render._graphviz.program import find_extra
from penstock.render._icons import _ICONS, ENTRY, LOOP, MISSING, SIGNS

PATHS = [*(icon.path for icon in _ICONS), ENTRY, LOOP, MISSING, *SIGNS.values()]
ORDERS = Graph(
    name="orders",
    title="Orders",
    description="Why it is.",
    nodes=(
        Node(name="begin", kind="http", role="entrypoint"),
        Node(name="end", role="missing"),
        Node(name="ran", status="visited"),
    ),
    edges=(Edge("begin", "end", "valid"),),
)


def operations(graph: Graph, **options) -> str:
    """Return the operations of the image of *graph*."""
    drawing = draw_svg(graph, standalone=False, **options)
    line = background_lines(drawing.svg, graph)[0]
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    return "".join(strings).replace('\\"', '"').replace("\\\u200b", "\\")


def texts(written: str) -> list[str]:
    """Return the strings that are written, each of the length that is before it."""
    rest, found = written.encode(), []
    while (at := re.search(rb"\bT [-\d.]+ [-\d.]+ (?:-1|0) [\d.]+ (\d+) -", rest)) is not None:
        end = at.end() + int(at[1])
        found.append(rest[at.end() : end].decode())
        rest = rest[end:]
    return found


def pixel(png: bytes, x: int, y: int) -> tuple[int, ...]:
    """Return the colour of a pixel (PNG specification, 9)."""
    width, _ = png_size(png)
    depth = {2: 3, 6: 4}[png[25]]
    data = b"".join(re.findall(rb"IDAT(.*?)(?=.{4}.{4}(?:IDAT|IEND|tEXt))", png, re.DOTALL))
    raw, size = zlib.decompressobj().decompress(data), width * depth
    above = bytes(size)
    for row in range(y + 1):
        kind, *line = raw[row * (size + 1) : (row + 1) * (size + 1)]
        for at in range(size):
            a = line[at - depth] if at >= depth else 0
            b, c = above[at], above[at - depth] if at >= depth else 0
            p = min((a, b, c), key=lambda value: abs(a + b - c - value))
            line[at] = (line[at] + (0, a, b, (a + b) // 2, p)[kind]) % 256
        above = bytes(line)
    return tuple(above[x * depth : x * depth + depth])


@pytest.mark.needs("Graphviz program")
def test_words():
    """The title, the description, and all words of the drawing are in it."""
    written = operations(ORDERS, legend=True)

    drawn = ET.fromstring(draw_svg(ORDERS, legend=True).svg).iter(
        "{http://www.w3.org/2000/svg}text"
    )
    assert texts(written) == ["Orders", "Why it is.", *(text.text for text in drawn)]
    assert "not declared" in texts(written)


@pytest.mark.needs("Graphviz program")
def test_hostile_words():
    """Each hostile text is in it as it was written, and ends no string."""
    nodes = [Node(name=f"n{i}", title=text) for i, text in enumerate(HOSTILE)]

    written = texts(operations(Graph(name="x", nodes=tuple(nodes), edges=())))

    assert shown("".join(written)) == shown("".join(HOSTILE))


@settings(max_examples=8)
@given(graph=graphs())
def test_random_graphs(graph):
    """Any graph has an image, which has room for its drawing.

    A program makes more room for a string that is larger in its font than in usual ones.
    """
    bare = replace(graph, title=None, description=None)
    drawing = draw_svg(bare, direction="TD")

    width, height = png_size(render_png(bare))

    assert width > 2 * drawing.width - 2
    assert height > 2 * drawing.height - 2


@pytest.mark.dot
@pytest.mark.needs("Graphviz program")
@pytest.mark.parametrize("program", ["graphviz-pure", "dot"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_painted(program, theme, require, monkeypatch):
    """Each program paints it in the colours of the page, and a dark one has no ground."""
    if program == "dot":
        require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot" if program == "dot" else find_extra())
    graph = replace(ORDERS, title=None, description=None, nodes=ORDERS.nodes[:2])

    png = generate_dag(graph, "png", theme=theme)

    colours, middle = THEMES[theme].colours, png_size(png)[0] // 2
    assert pixel(png, middle, 20)[:3] == tuple(bytes.fromhex(colours["entry"][1:]))
    assert pixel(png, 2, 2)[:3] == (255, 255, 255) if theme == "light" else pixel(png, 2, 2)[3] == 0
    drawing = draw_svg(graph, direction="TD")
    assert png_size(png) == pytest.approx((2 * drawing.width, 2 * drawing.height), abs=1)


@pytest.mark.parametrize("path", PATHS)
def test_icons(path):
    """Each part of an icon is a chain of curves inside of its square."""
    curves = list(_path(ET.Element("path", d=path)))

    assert len(curves) >= path.upper().count("M") - path.upper().count("ZM")
    for curve in curves:
        assert (len(curve) - 1) % 3 == 0
        assert all(1 <= x <= 15 and 1 <= y <= 15 for x, y in curve[::3])


@pytest.mark.parametrize(
    ("flags", "centre", "quarters"),
    [("0 0", (0, 0), 1), ("0 1", (5, 5), 1), ("1 0", (5, 5), 3), ("1 1", (0, 0), 3)],
)
def test_arcs(flags, centre, quarters):
    """The curves of an arc are on its circle, and lead to its end on the side that it says."""
    (curve,) = _path(ET.Element("path", d=f"M0 5A5 5 0 {flags} 5 0"))

    ends = [dist(point, centre) for point in curve[::3]]
    assert (curve[0], curve[-1]) == ((0, 5), pytest.approx((5, 0)))
    assert ends == pytest.approx([5] * (quarters + 1))


def test_dashes():
    """A dashed line is a line for each dash, and dots are dots, whatever Graphviz calls dashed."""
    line = [(0, 0), (10, 0), (20, 0), (30, 0)]

    dashes = [list(map(float, one.split()[2:])) for one in _dashed(line, [6, 4], 1.5)]
    dots = [one.split() for one in _dashed(line, [0.5, 9.5], 2)]
    assert [(dash[0], dash[-2]) for dash in dashes] == [(0, 6), (10, 16), (20, 26)]
    assert [(dot[0], float(dot[1]), dot[3]) for dot in dots] == [
        *(("E", 0, "1"), ("E", 10, "1"), ("E", 20, "1"))
    ]


@pytest.mark.parametrize("pattern", [".1 4.5", "9 4 .1 4"])
def test_dots(pattern):
    """A dot is as wide as the line: it is filled, and has no outline, unlike a dash."""
    look = {"stroke": "#000000", "stroke-width": "2", "stroke-dasharray": pattern}

    parts = list(_stroke([[(0, 0), (9, 0), (18, 0), (27, 0)]], look, 1))

    first = next(number for number, part in enumerate(parts) if part.startswith("E"))
    assert parts[first - 2].endswith("-setlinewidth(0)")
    assert {tuple(part.split()[3:]) for part in parts[first:]} == {("1", "1")}
    assert any(part.startswith("L") for part in parts[:first]) == pattern.startswith("9")
