"""A graph as the text of a Mermaid flowchart."""

from penstock._model import Direction, Graph

__all__ = ["render_mermaid"]


def render_mermaid(
    graph: Graph, *, direction: Direction = "TD", styled: bool = False, check_limits: bool = True
) -> str:
    """Return *graph* as a Mermaid flowchart."""
    lines = [f"graph {direction}"]
    lines += [f"    {edge.source} --> {edge.target}" for edge in graph.edges]
    return "\n".join(lines)
