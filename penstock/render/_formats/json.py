"""A graph as JSON, for other programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from penstock.graph._model import Graph
from penstock.render._registry import Renderer, RenderOptions

__all__ = ["RENDERER", "render_json"]


def render_json(graph: Graph) -> str:
    """Return *graph* as indented JSON.

    Keys that say nothing are left out. The order is that of the graph, so that
    two outputs differ only where two flows do.
    """
    values = {
        "name": graph.name,
        "title": graph.title,
        "description": graph.description,
        "nodes": [_without_nothing(asdict(node)) for node in graph.nodes],
        "edges": [_without_nothing(asdict(edge)) for edge in graph.edges],
    }
    return json.dumps(_without_nothing(values), indent=2, ensure_ascii=False)


def _without_nothing(values: Mapping[str, object]) -> dict[str, object]:
    return {k: value for k, value in values.items() if not (value is None or value in (False, ()))}


def _render(graph: Graph, _options: RenderOptions) -> str:
    return render_json(graph)


RENDERER = Renderer("json", (".json",), _render)
