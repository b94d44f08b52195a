"""Which characters the fonts of graphviz-pure have, which has its own fonts only."""

import re
import shutil
import unicodedata
from dataclasses import replace

import pytest

from penstock import Graph, Node
from penstock.exceptions import RenderError
from penstock.render import generate_dag
from penstock.render._graphviz.images import render_image
from penstock.render._graphviz.letters import _MISSING, missing_letters
from penstock.render._graphviz.program import find_extra, run_program

_RANGE = re.compile(r"(\\u....|.)(?:-(\\u....|.))?")
_BOX = "\ue000"
"""A character that no font has."""


def graph_of(node: Node) -> Graph:
    return Graph(name="orders", nodes=(node,), edges=())


@pytest.fixture
def pure(require, monkeypatch):
    """Let images be drawn by graphviz-pure; return its path."""
    found = find_extra()
    require("graphviz-pure", found is not None)
    monkeypatch.setenv("PENSTOCK_DOT", found)
    return found


def ends() -> list[int]:
    """Return the first and the last character of each range, and those beside them."""
    ranges = _MISSING.pattern.removeprefix("[^\\n").removesuffix("]")
    found = set()
    for match in _RANGE.finditer(ranges):
        for end in filter(None, match.groups()):
            code = ord(end.encode().decode("unicode_escape"))
            found |= {code - 1, code, code + 1}
    return sorted(found)


def drawn(program: str, font: str, characters: list[str]) -> list[bytes]:
    """Return an image of each character, drawn by *program*."""
    graphs = (
        f'digraph {{node [shape=none fixedsize=true fontname="{font}" label="&#{ord(each)};"] a}}'
        for each in characters
    )
    done = run_program([program, "-Tpng"], "\n".join(graphs).encode(), 60)
    return [b"\x89PNG" + image for image in done.stdout.split(b"\x89PNG")[1:]]


@pytest.mark.needs("Graphviz program", "processes")
@pytest.mark.parametrize("font", ["Arial", "Courier New"])
def test_table(pure, font):
    """A character of the table is drawn in each font, and one that is beside it is a box."""
    known = [chr(code) for code in ends() if unicodedata.category(chr(code))[0] in "LNPS"]

    box, *images = drawn(pure, font, [_BOX, *known])

    boxes = {character for character, image in zip(known, images, strict=True) if image == box}
    assert boxes == {character for character in known if missing_letters(character)}


@pytest.mark.needs("Graphviz program", "processes")
@pytest.mark.parametrize("medium", ["png", "print"])
@pytest.mark.parametrize(
    "graph",
    [
        graph_of(Node(name="check", title="注文を確認")),
        replace(graph_of(Node(name="check")), title="注文"),
        replace(graph_of(Node(name="check")), description="Done \u2713"),
    ],
    ids=["step", "title", "description"],
)
def test_refused(pure, graph, medium):
    """Empty boxes instead of letters are an error, which says what draws the letters."""
    with pytest.raises(
        RenderError, match=r"no '(注|注文|注文を確認|✓)', .* install Graphviz"
    ) as caught:
        render_image(graph, medium=medium)

    assert "format='svg'" in str(caught.value)


@pytest.mark.needs("Graphviz program", "processes")
@pytest.mark.usefixtures("pure")
def test_letters_of_europe():
    """Latin, Greek and Cyrillic letters are drawn."""
    node = Node(name="check", title="Größe Ελλάδα Привет žluťoučký → …")

    assert generate_dag(graph_of(node), "png").startswith(b"\x89PNG")


@pytest.mark.needs("Graphviz program", "processes")
def test_fonts_of_the_system(require, monkeypatch):
    """Graphviz itself, which has the fonts of the system, draws all letters."""
    dot = shutil.which("dot")
    require("dot", dot is not None)
    monkeypatch.setenv("PENSTOCK_DOT", dot)
    node = Node(name="check", title="注文を確認")

    assert generate_dag(graph_of(node), "png").startswith(b"\x89PNG")
