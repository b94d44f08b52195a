"""A graph as a picture, laid out by a Graphviz program."""

import subprocess

from penstock._model import Direction, Graph
from penstock.graph._dot import render_dot

__all__ = ["render_png", "render_svg"]


def render_svg(graph: Graph, *, direction: Direction = "TD") -> str:
    """Return *graph* as SVG."""
    return _run(graph, "svg", direction).decode()


def render_png(graph: Graph, *, direction: Direction = "TD") -> bytes:
    """Return *graph* as PNG."""
    return _run(graph, "png", direction)


def _run(graph: Graph, format_: str, direction: Direction) -> bytes:
    text = render_dot(graph, direction=direction).encode()
    return subprocess.run(
        ["graphviz-pure", f"-T{format_}"], input=text, capture_output=True, check=True
    ).stdout
