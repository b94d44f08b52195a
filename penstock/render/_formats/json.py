"""A graph as JSON, for other programs: what a catalog has of the flow, and how it is drawn."""

from typing import Any

from penstock.catalog._writing import (
    edge_members,
    evidence_members,
    flow_members,
    step_members,
    write_json,
)
from penstock.graph._model import Edge, Graph, Node
from penstock.render._registry import Renderer, RenderOptions

__all__ = ["RENDERER", "render_json"]


def render_json(graph: Graph) -> str:
    """Return *graph* as indented JSON.

    Members that have no value are left out. The order is that of the graph, so that
    two outputs differ only where two flows do.
    """
    document = {
        **flow_members(graph),
        "nodes": [*map(_node_members, graph.nodes)],
        "edges": [*map(_edge_members, graph.edges)],
    }
    return write_json(document)


def _edge_members(edge: Edge) -> dict[str, Any]:
    return {**edge_members(edge), "via": [*edge.via] or None, "evidence": evidence_members(edge)}


def _node_members(node: Node) -> dict[str, Any]:
    return {
        **step_members(node),
        "is_entrypoint": node.is_entrypoint or None,
        "label": node.label,
        "role": node.role,
        "summary": node.summary,
        "href": node.href,
        "status": node.status,
        "note": node.note,
        "hidden_before": node.hidden_before or None,
        "hidden_after": node.hidden_after or None,
        "steps": node.steps or None,
        "entrypoints": node.entrypoints or None,
        "is_beside": node.is_beside or None,
    }


def _render(graph: Graph, _options: RenderOptions) -> str:
    return render_json(graph)


RENDERER = Renderer("json", (".json",), _render)
