"""A graph in DOT, the language of Graphviz."""

from penstock.graph._model import Graph
from penstock.render._graphviz.dot import render_dot
from penstock.render._registry import Renderer, RenderOptions

__all__ = ["RENDERER"]


def _render(graph: Graph, options: RenderOptions) -> str:
    return render_dot(graph, direction=options.direction, legend=options.legend)


RENDERER = Renderer("dot", (".dot", ".gv"), _render)
