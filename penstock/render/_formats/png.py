"""A graph as PNG, laid out by a Graphviz program."""

from typing import Literal

from penstock.graph import Graph
from penstock.render import Renderer, RenderOptions
from penstock.render._graphviz.images import render_png

__all__ = ["RENDERER"]


def _render(graph: Graph, options: RenderOptions) -> bytes:
    medium: Literal["png", "dark"] = "dark" if options.theme == "dark" else "png"
    return render_png(graph, direction=options.direction, medium=medium, legend=options.legend)


RENDERER = Renderer("png", (".png",), _render, is_binary=True)
