"""Images of flows, drawn together: to start a program takes longer than to draw a flow."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from penstock.docs import FlowPage
from penstock.docs.diagrams import Drawing, dot_source, draw_dot, draw_svg, paint_svg, render_png
from penstock.graph import Flow, Graph
from penstock.render import Direction

__all__ = ["file_content", "png_of", "svg_of"]

_Key = tuple[Graph, Direction]

_drawn: dict[_Key, bytes] = {}
"""The images that are likely to be needed again."""

_MOST = 2000
"""How many are kept: a server draws for days."""


def svg_of(page: FlowPage, direction: Direction, prefix: str, flows: Iterable[Flow]) -> Drawing:
    """Return the diagram of *page* as SVG.

    Those of *flows* are drawn with it: their pages will be rendered soon.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    paint = _painter(page, direction, flows)
    return paint(page.graph, direction=direction, prefix=prefix, standalone=False)


def file_content(page: FlowPage, direction: Direction, flows: Iterable[Flow]) -> str:
    """Return the same as a file, without links: they would have to lead on from elsewhere."""
    return _painter(page, direction, flows)(page.unlinked, direction=direction).svg


def _painter(page: FlowPage, direction: Direction, flows: Iterable[Flow]) -> Callable[..., Drawing]:
    drawn = _drawn.get((page.unlinked, direction)) or _draw_all(page, direction, flows)
    # Alone, to hear what is wrong.
    return draw_svg if drawn is None else partial(paint_svg, drawn)


@lru_cache(256)
def png_of(graph: Graph, direction: Direction) -> bytes:
    """Return *graph* as PNG.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    return render_png(graph, direction=direction)


def _draw_all(page: FlowPage, direction: Direction, flows: Iterable[Flow]) -> bytes | None:
    """Return the graph of *page* as it was drawn, with all of *flows*.

    Images that fail together are left to be drawn alone.
    """
    graph, words = page.unlinked, page.words
    others = (FlowPage(flow=flow, words=words).unlinked for flow in flows)
    graphs = dict.fromkeys([graph, *others])
    drawings: list[_Key] = [(each, direction) for each in graphs]
    wanted = [drawing for drawing in drawings if drawing not in _drawn]
    pictures = draw_dot([dot_source(*each, "layout") for each in wanted], "layout")
    if len(_drawn) > _MOST:
        _drawn.clear()
    if pictures is not None:
        _drawn.update(zip(wanted, pictures, strict=True))
    return _drawn.get((graph, direction))
