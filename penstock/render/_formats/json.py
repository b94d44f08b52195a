"""A graph as JSON, for other programs: what a catalog has of the flow, and how it is drawn."""

import json

from penstock.graph import Graph, describe_graph
from penstock.render import Renderer, RenderOptions

__all__ = ["RENDERER"]


def _render(graph: Graph, _options: RenderOptions) -> str:
    return json.dumps(describe_graph(graph), indent=2, ensure_ascii=False, allow_nan=False)


RENDERER = Renderer("json", (".json",), _render)
