"""The legend of a diagram explains the signs that the diagram uses, and no others."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from penstock import Edge, Graph, Node
from penstock.docs.diagrams import draw_svg, legend_of, png_size
from penstock.render import draw, legend_lines
from penstock.render._graphviz.legend import paint_legend

A, B, C = (Node(name=name) for name in "abc")


def words_of(*nodes, edges=(), **options):
    graph = Graph(name="f", nodes=nodes, edges=edges)
    return [entry.text for entry in legend_of(graph, **options)]


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        ([A], [], ["Card: a step"]),
        ([replace(A, role="entrypoint")], [], ["Filled shape: runs begin here"]),
        (
            [replace(A, kind="http"), replace(B, kind="web")],
            [],
            ["Card: a step", "Icon: HTTP, web"],
        ),
        ([replace(A, sends=("kafka:orders",))], [], ["Card: a step", "Icon: Kafka"]),
        ([replace(A, role="group", steps=3)], [], ["Stacked cards: a group of steps"]),
        ([replace(A, group="G")], [], ["Card: a step", "Frame: steps of a group"]),
        (
            [replace(A, role="missing")],
            [],
            ["Question mark: a step that nobody declared"],
        ),
        ([replace(A, is_beside=True)], [], ["Dashed outline: outside of this part"]),
        (
            [replace(A, status="visited"), replace(B, status="unreached")],
            [],
            ["Card: a step", "Check mark: it ran", "Dots: it was not reached"],
        ),
        ([A, B], [Edge("a", "b")], ["Card: a step", "Arrow: the flow goes on"]),
        (
            [A, B, C],
            [Edge("a", "c", label="paid"), Edge("b", "c")],
            [
                "Card: a step",
                "Arrow: the flow goes on",
                "Words at an arrow: the condition",
                "Lines that meet: any one leads on",
            ],
        ),
        (
            [A, B, replace(C, join="all")],
            [Edge("a", "c"), Edge("b", "c")],
            ["Card: a step", "Arrow: the flow goes on", "Bar: all of them lead on together"],
        ),
        (
            [A, B],
            [Edge("a", "b"), Edge("b", "a", is_loop=True)],
            ["Card: a step", "Arrow: the flow goes on", "Turning arrow: the flow goes back"],
        ),
    ],
)
def test_signs(nodes, edges, expected):
    """Each sign is explained once, where it is used."""
    assert words_of(*nodes, edges=tuple(edges)) == expected


WHOLE = Graph(
    name="f",
    title="The f",
    nodes=(
        replace(A, role="entrypoint", kind="http"),
        replace(B, is_beside=True, group="G"),
        replace(C, join="all"),
        Node(name="d", role="group", steps=3),
        Node(name="e", role="missing"),
    ),
    edges=(
        Edge("a", "c", label="paid"),
        Edge("b", "c"),
        Edge("c", "d"),
        Edge("e", "d"),
        Edge("d", "c", is_loop=True),
    ),
)
"""A diagram with nearly all signs."""

SKETCHED = {
    "Round ends: runs begin here",
    "Card: a step",
    "Stacked cards: a group of steps",
    "Frame: steps of a group",
    "Dashed outline: outside of this part",
    "Arrow: the flow goes on",
    "Words at an arrow: the condition",
    "Bar: all of them lead on together",
    "Lines that meet: any one leads on",
}
FILLED, ROUND, STACKED, DOUBLE = (
    "Filled shape: runs begin here",
    "Round ends: runs begin here",
    "Stacked cards: a group of steps",
    "Double outline: a group of steps",
)
ICONS = {
    "Icon: HTTP",
    "Question mark: a step that nobody declared",
    "Turning arrow: the flow goes back",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("svg", SKETCHED - {ROUND} | {FILLED} | ICONS),
        ("png", SKETCHED - {ROUND} | {FILLED} | ICONS),
        ("dot", SKETCHED - {ROUND, STACKED} | {FILLED, DOUBLE}),
        ("mermaid", SKETCHED),
        ("somebody's", SKETCHED),
        ("text", {"Words at an arrow: the condition", "Arrow up: shown in full elsewhere"}),
    ],
)
def test_formats(name, expected):
    """Each format has the signs that it draws, and none that it says in words."""
    assert {entry.text for entry in legend_of(WHOLE, name)} == expected


@pytest.mark.parametrize("name", ["mermaid", "dot", "text", "d2", "plantuml", "svg"])
@pytest.mark.parametrize("styled", [False, True], ids=["plain", "styled"])
@pytest.mark.needs("Graphviz program")
def test_in_diagram(name, styled):
    """A diagram has its legend after all else, each sign in words once, and only on request."""
    plain = draw(WHOLE, name, styled=styled)

    drawn = draw(WHOLE, name, styled=styled, legend=True)

    shown = re.sub(r"<br/>|\\n", " ", re.sub(r"<U\+003A>|#58;", ":", drawn))
    lines = legend_lines(WHOLE, name)
    assert lines[0] == "Legend"
    assert "Legend" not in plain
    assert [shown.count(line) for line in lines[1:]] == [1] * len(lines[1:])
    assert shown.index(lines[0]) < shown.index(lines[-1])


@pytest.mark.needs("Graphviz program")
def test_without_signs():
    """A diagram without any sign is as it is without a legend, and so is data."""
    empty = Graph(name="f", nodes=(), edges=())

    for graph, name in (
        (empty, "svg"),
        (empty, "text"),
        (empty, "d2"),
        (empty, "mermaid"),
        (WHOLE, "json"),
    ):
        assert draw(graph, name, legend=True) == draw(graph, name)


def test_shapes_alone():
    """In Mermaid, a legend of nothing but shapes has no node of words."""
    graph = Graph(name="f", nodes=(A,), edges=())

    drawn = draw(graph, "mermaid", legend=True)

    assert drawn.count("legend__group_l0[") == 1
    assert "legend__group_words" not in drawn


@pytest.mark.needs("Graphviz program")
def test_png():
    """A PNG has room for the legend below the flow, with and without a title above it."""
    for graph in (WHOLE, replace(WHOLE, title=None)):
        (width, height), (_, plain) = (
            png_size(draw(graph, "png", legend=legend)) for legend in (True, False)
        )
        whole, alone = (draw_svg(graph, direction="TD", legend=shown) for shown in (True, False))
        assert (height - plain) / 2 == pytest.approx(whole.height - alone.height, abs=1)
        assert width / 2 == pytest.approx(whole.width, abs=1)


@pytest.mark.parametrize(
    ("room", "expected"), [(200, [1] * 12), (700, [2] * 6), (5000, [12])], ids=["one", "two", "all"]
)
def test_columns(room, expected):
    """In an image it has as many columns as there is room for, and its words are in it."""
    found = paint_legend(WHOLE, room)

    rows = [int(y) for y in re.findall(r"<g transform=.translate\(\d+ (\d+)", found.svg)]
    assert list(Counter(rows).values()) == expected
    assert (found.width <= room) == (len(expected) < len(rows))
    assert max(rows) + 26 <= found.height


@pytest.mark.needs("Graphviz program")
def test_wider_than_the_flow():
    """An image is as wide as its legend, with the flow in its middle."""
    graph = Graph(name="f", nodes=(replace(A, role="entrypoint"),), edges=())

    plain, drawn = draw_svg(graph), draw_svg(graph, legend=True)

    assert drawn.width > plain.width
    assert sum(drawn.first_entrypoint) == pytest.approx(1, abs=0.01)


def test_samples():
    """The samples are painted by classes of the style sheet, and nobody hears them."""
    graph = Graph(name="f", nodes=(replace(A, kind="http"), B), edges=(Edge("a", "b"),))

    for entry in legend_of(graph):
        assert 'aria-hidden="true"' in entry.svg
        assert not re.search(r'(?:fill|stroke|style|id)="', entry.svg)
