"""A graph as SVG, laid out by a Graphviz program."""

from penstock.graph import Graph
from penstock.render import Renderer, RenderOptions
from penstock.render._graphviz.images import render_svg

__all__ = ["RENDERER"]


def _render(graph: Graph, options: RenderOptions) -> str:
    return render_svg(
        graph, direction=options.direction, legend=options.legend, theme=options.theme
    )


RENDERER = Renderer("svg", (".svg",), _render)
