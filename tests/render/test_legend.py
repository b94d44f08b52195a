"""The legend of a diagram explains the signs that the diagram uses, and no others."""

import re
from dataclasses import replace

import pytest

from penstock import Edge, Graph, Node
from penstock.docs.diagrams import legend_of

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
        ([replace(A, role="group", steps=3)], [], ["Two cards: a group of steps"]),
        ([replace(A, group="G")], [], ["Card: a step", "Frame: steps of a group"]),
        (
            [replace(A, role="missing")],
            [],
            ["Dashes, question mark: a step that nobody declared"],
        ),
        ([replace(A, is_beside=True)], [], ["Dotted outline: outside of this part"]),
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


def test_without_icons():
    """An image with words instead of icons needs fewer entries."""
    nodes = (replace(A, kind="http"), replace(B, role="missing"))

    found = words_of(*nodes, edges=(Edge("b", "a", is_loop=True),), has_icons=False)

    assert found == ["Card: a step"]


def test_samples():
    """The samples are painted by classes of the style sheet, and nobody hears them."""
    graph = Graph(name="f", nodes=(replace(A, kind="http"), B), edges=(Edge("a", "b"),))

    for entry in legend_of(graph):
        assert 'aria-hidden="true"' in entry.svg
        assert not re.search(r'(?:fill|stroke|style|id)="', entry.svg)
