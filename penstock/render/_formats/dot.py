"""A graph in DOT, the language of Graphviz."""

from penstock.graph import Graph
from penstock.render import Renderer, RenderOptions
from penstock.render._graphviz.dot import render_dot

__all__ = ["RENDERER"]


def _render(graph: Graph, options: RenderOptions) -> str:
    return render_dot(graph, direction=options.direction, legend=options.legend)


RENDERER = Renderer("dot", (".dot", ".gv"), _render)
