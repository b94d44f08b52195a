"""A graph in DOT, the language of Graphviz."""

from penstock._model import Direction, Graph

__all__ = ["render_dot"]


def render_dot(graph: Graph, *, direction: Direction = "TD") -> str:
    """Return *graph* as DOT."""
    lines = [f'    "{edge.source}" -> "{edge.target}"' for edge in graph.edges]
    return "\n".join(["digraph {", *lines, "}"])
