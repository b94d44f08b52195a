"""The box around a diagram, as HTML."""

import re
from dataclasses import replace

import pytest

from penstock import entrypoint, flow, get_flow, step
from penstock.docs import (
    Frame,
    FrameWords,
    drawing_sheet,
    file_of_drawing,
    image_sheet,
    mermaid_to_copy,
)
from penstock.docs.diagrams import Drawing


def graph(steps):
    """Return the graph of a flow of as many *steps*."""
    orders = flow("orders")
    orders(entrypoint(name="s0")(print))
    for number in range(1, steps):
        orders(step(name=f"s{number}", after=f"s{number - 1}")(print))
    return get_flow("orders").graph()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(1, "1 step · 1 entrypoint"), (3, "3 steps · 1 entrypoint")],
)
def test_count(steps, expected):
    """The box says how large a flow is, and where it can begin."""
    html = Frame(graph=graph(steps)).around("")

    assert f'<span class="penstock-count">{expected}</span>' in html


def test_file_and_words():
    """The box has a link to a file, and words for the script that no search finds."""
    words = FrameWords(file="Datei", zoom_in='"Größer"')

    html = Frame(graph=graph(1), words=words, file="a&b.svg", mermaid="graph TD").around("")

    assert '<a class="penstock-file" href="a&amp;b.svg">Datei</a>' in html
    assert 'data-in="&quot;Größer&quot;"' in html
    assert re.sub("<[^>]*>", "", html) == "1 step · 1 entrypointDatei"


def test_name_of_a_file():
    """A file is named after its flow, and has another name for another content."""
    named = replace(graph(1), name="A/b ä")

    names = {
        file_of_drawing(each, svg) for each in (graph(1), named) for svg in ("<svg/>", "<svg>")
    }
    assert len(names) == 4
    assert all(re.fullmatch(r"(orders|a-b-[0-9a-f]{8})-[0-9a-f]{8}\.svg", name) for name in names)


def test_image_of_a_height():
    """An image whose height is set is as wide as its shape wants."""
    html = image_sheet("a.png", "A", (200, 100), {"height": "50px"})

    assert ' height="50" width="100"' in html


def test_image_for_dark_pages():
    """A second image is hidden where no style sheet shows it."""
    html = image_sheet("a.png", "A", (200, 100), {}, "b.png")

    assert '<img class="penstock-dark" hidden="" loading="lazy" src="b.png" alt="A" />' in html


def test_too_large_to_copy():
    """A diagram that Mermaid would refuse to draw is not offered."""
    assert mermaid_to_copy(graph(3), "TD").startswith("graph TD\n")
    assert mermaid_to_copy(graph(503), "TD") is None


@pytest.mark.parametrize(("sheets", "count"), [(("<svg>1</svg>", "<svg>2</svg>"), 1), ((), 0)])
def test_parts_for_paper(sheets, count):
    """A drawing in parts has these beside it, hidden, unless its author has set its size."""
    drawn = Drawing(
        svg='<svg width="200" height="1100"></svg>',
        width=200,
        height=1100,
        first_entrypoint=(0.1, 0.2),
        entrypoints=(0.1, 0.2),
        sheets=sheets,
    )

    html = drawing_sheet(drawn, {})
    parts = re.findall('<div class="penstock-parts" hidden="" [^>]*>(.*?)</div>', html)
    assert parts == ["".join(sheets)] * count
    assert "penstock-parts" not in drawing_sheet(drawn, {"width": "100px"})
