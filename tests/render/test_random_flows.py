"""Drawings of flows of many shapes: nothing is drawn over a word, and no line through a step."""

import pytest
from browser import chromium, running_chromium  # noqa: F401 - fixtures
from random_flows import SHAPES, random_flow

from penstock import Edge, Graph, Node
from penstock.render import Direction
from penstock.render._graphviz.images import dot_source, draw_dot, draw_svg
from penstock.render._graphviz.layout import MARGIN, Layout, read_layout
from penstock.render._graphviz.routes import Line, route, sample

MEASURED = """([sans, mono]) => {
    for (const text of document.querySelectorAll("text"))
        text.style.fontFamily = text.classList.contains("penstock-code") ? mono : sans;
    const box = e => { const b = e.getBoundingClientRect();
        return {l: b.left, r: b.right, t: b.top, b: b.bottom, s: e.textContent}; };
    const all = (selector, inside = document) => [...inside.querySelectorAll(selector)].map(box);
    const meet = (a, b, by = 0) =>
        a.l < b.r - 1 && b.l < a.r - 1 && a.t + by < b.b && b.t + by < a.b;
    const wrong = [];
    const image = box(document.querySelector("svg"));
    const words = all("svg text");
    for (const node of document.querySelectorAll(".penstock-node")) {
        const card = all(".penstock-card", node).at(-1);
        const [tile] = all(".penstock-tile", node), [mark] = all(".penstock-mark circle", node);
        for (const text of all("text", node))
            if (text.l < (tile ? tile.r : card.l) + 6 || text.r > (mark ? mark.l : card.r - 6)
                || text.t < card.t + 2 || text.b > card.b - 2)
                wrong.push(["outline", text.s]);
    }
    const pairs = (some, others, name, by = 0) => some.forEach((a, i) => others.forEach((b, j) => {
        if ((some !== others || i < j) && meet(a, b, by)) wrong.push([name, a.s, b.s]);
    }));
    const cards = all(".penstock-node").map((_, i) =>
        box(document.querySelectorAll(".penstock-node")[i].querySelector(".penstock-card")));
    const marks = all(".penstock-edge ~ .penstock-label circle, .penstock-label > path");
    const labels = [...all(".penstock-label text, .penstock-join text"), ...marks];
    const frames = all(".penstock-group > rect:not(.penstock-under)");
    pairs(words, words, "words", 3);
    pairs(cards, cards, "steps");
    pairs(labels, cards, "label and step");
    pairs(frames, frames, "frames");
    for (const text of words)
        if (text.l < image.l || text.r > image.r || text.t < image.t || text.b > image.b)
            wrong.push(["outside", text.s]);
    for (const line of document.querySelectorAll(".penstock-edge > path:first-child")) {
        const matrix = line.getScreenCTM(), length = line.getTotalLength();
        for (let at = 2; at < length - 2; at += 3) {
            const p = line.getPointAtLength(at).matrixTransform(matrix);
            const on = e => p.x > e.l && p.x < e.r && p.y > e.t + 2 && p.y < e.b - 2;
            wrong.push(...[...cards, ...labels].filter(on).map(e => ["line", e.s]));
        }
    }
    return wrong;
}"""
FONTS = [("DejaVu Sans", "DejaVu Sans Mono"), ("Liberation Sans", "Liberation Mono")]


@pytest.mark.parametrize("most", [12, 60])
@pytest.mark.parametrize("shape", SHAPES)
def test_measured(running_chromium, shape, most):  # noqa: F811
    """In two fonts, no word meets another or an outline, and no line a step or a word."""
    page = running_chromium.new_page()
    wrong = []
    for seed in range(3):
        for direction in ("auto", "LR"):
            drawn = draw_svg(random_flow(seed, shape, most=most), direction=direction)
            page.set_content(f"<meta charset=utf-8>{drawn.svg}")
            wrong += [(seed, direction, *e) for f in FONTS for e in page.evaluate(MEASURED, f)]
    page.close()

    assert wrong == []


def laid_out(graph: Graph, direction: Direction) -> tuple[Layout, list[Line]]:
    (laid,) = draw_dot([dot_source(graph, direction, "layout")], "layout")
    layout = read_layout(laid, graph, direction)
    return layout, route(layout, backwards=direction in {"BT", "RL"})


@pytest.mark.parametrize("direction", ["TD", "RL"])
@pytest.mark.parametrize("seed", range(12))
def test_lines(seed, direction):
    """No line leads through a step, a label or a bar between its ends."""
    layout, lines = laid_out(random_flow(seed, most=20), direction)
    boxes, crossed = layout.plan.boxes, []
    for line in lines:
        ends = {line.piece.start, line.piece.end}
        points = [*sample(line.curve, 100)]
        for name in layout.centres.keys() - ends:
            (x, y), wide, tall = layout.centres[name], boxes[name].width, boxes[name].height
            if any(abs(u - x) < wide / 2 and abs(v - y) < tall / 2 for u, v in points):
                crossed.append((line.piece, name))

    assert crossed == []


@pytest.mark.parametrize("direction", ["TD", "LR"])
def test_frames(direction):
    """No line is among the steps of another group, where groups follow one another."""
    found, crossed = 0, []
    for seed in range(26):
        graph = random_flow(seed, most=40)
        groups = {node.name: node.group for node in graph.nodes}
        if not any(groups.values()):
            continue
        layout, lines = laid_out(graph, direction)
        if layout.plan.is_interleaved:
            continue
        found += 1
        for line in lines:
            edge, points = line.piece.edge, [*sample(line.curve, 60)]
            crossed += [
                (seed, edge, frame.group)
                for frame in layout.frames
                if frame.group not in {groups[edge.source], groups[edge.target]}
                and any(
                    frame.left + MARGIN < x < frame.right - MARGIN
                    and frame.top + MARGIN < y < frame.bottom - MARGIN
                    for x, y in points
                )
            ]

    assert found > 5
    assert crossed == []


def lead_down(graph: Graph) -> list[bool]:
    """Return of each line whether it leads down all the way."""
    _, lines = laid_out(graph, "TD")
    found = [[y for _, y in sample(line.curve)] for line in lines]
    return [ys == sorted(ys) for ys in found]


def test_groups_that_come_back():
    """A flow that leaves a group and comes back to it leads down there, too."""
    nodes = [Node(name=name, group="one" if name in "ac" else None) for name in "abc"]
    edges = [Edge("a", "b"), Edge("b", "c")]

    assert lead_down(Graph(name="f", nodes=tuple(nodes), edges=tuple(edges))) == [True, True]


def test_loop_that_leads_on():
    """A loop that closes no cycle is drawn in the direction of the flow."""
    nodes = [Node(name=name) for name in "ab"]
    edges = [Edge("a", "b"), Edge("a", "b", is_loop=True)]

    assert lead_down(Graph(name="f", nodes=tuple(nodes), edges=tuple(edges))) == [True] * 3
