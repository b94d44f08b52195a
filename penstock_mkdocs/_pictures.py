"""Pictures of flows, drawn together: to start a program takes longer than to draw a flow."""

from functools import lru_cache

from penstock._model import Direction, Graph
from penstock.graph import list_flows
from penstock.graph._picture import draw_sources, picture_source, render_png, render_svg
from penstock.graph._svg import finish_svg

__all__ = ["png_of", "svg_of"]

_drawn: dict[str, bytes] = {}
"""The pictures that are likely to be wanted again, by their source."""

_MOST = 2000
"""How many are kept: a server draws for days."""


def svg_of(graph: Graph, direction: Direction, prefix: str) -> str:
    """Return *graph* as an ``<svg>`` element for a page.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    source = picture_source(graph, direction)
    if source not in _drawn:
        _draw_all(source, direction)
    if source not in _drawn:
        # Alone, to hear what is wrong.
        return render_svg(graph, direction=direction, prefix=prefix, standalone=False)
    return finish_svg(_drawn[source].decode(), graph, prefix=prefix, standalone=False)


@lru_cache(256)
def png_of(graph: Graph, direction: Direction) -> bytes:
    """Return *graph* as PNG.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    return render_png(graph, direction=direction)


def _draw_all(source: str, direction: Direction) -> None:
    """Draw *source* and, since their pages are about to be rendered, all flows that are declared.

    Pictures that fail together are left to be drawn alone.
    """
    sources = {source: None}
    for flow in list_flows():
        sources[picture_source(flow.graph(), direction)] = None
    wanted = [each for each in sources if each not in _drawn]
    pictures = draw_sources(wanted, "svg")
    if len(_drawn) > _MOST:
        _drawn.clear()
    if pictures is not None:
        _drawn.update(zip(wanted, pictures, strict=True))
