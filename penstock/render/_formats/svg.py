"""A graph as SVG, laid out by a Graphviz program."""

from penstock.graph._model import Graph
from penstock.render._graphviz.images import render_svg
from penstock.render._registry import Renderer, RenderOptions

__all__ = ["RENDERER"]


def _render(graph: Graph, options: RenderOptions) -> str:
    return render_svg(graph, direction=options.direction, legend=options.legend)


RENDERER = Renderer("svg", (".svg",), _render)
