"""Images of flows, drawn together: to start a program takes longer than to draw a flow."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from penstock.docs import FlowPage, GroupDiagram
from penstock.docs.diagrams import (
    Drawing,
    Medium,
    dot_source,
    draw_dot,
    draw_svg,
    paint_svg,
    render_image,
)
from penstock.graph import Graph
from penstock.render import Direction

__all__ = ["file_content", "png_of", "svg_of"]

_Key = tuple[Graph, Direction]

_drawn: dict[_Key, bytes] = {}
"""The images that are likely to be needed again."""

_MOST = 2000
"""How many are kept: a server draws for days."""


def svg_of(
    shown: FlowPage | GroupDiagram, direction: Direction, prefix: str, together: Iterable[Graph]
) -> Drawing:
    """Return the diagram of *shown* as SVG.

    The graphs *together* are drawn with it: they will be rendered soon.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    paint = _painter(shown.unlinked, direction, together)
    return paint(shown.graph, direction=direction, prefix=prefix, standalone=False)


def file_content(
    shown: FlowPage | GroupDiagram, direction: Direction, together: Iterable[Graph]
) -> str:
    """Return the same as a file, without links: they would have to lead on from elsewhere."""
    graph = shown.unlinked
    return _painter(graph, direction, together)(graph, direction=direction).svg


def _painter(
    graph: Graph, direction: Direction, together: Iterable[Graph]
) -> Callable[..., Drawing]:
    drawn = _drawn.get((graph, direction)) or _draw_all(graph, direction, together)
    # Alone, to hear what is wrong.
    return draw_svg if drawn is None else partial(paint_svg, drawn)


@lru_cache(256)
def png_of(graph: Graph, direction: Direction, medium: Medium) -> bytes:
    """Return *graph* as PNG for light pages (``"png"``), or for ``"dark"`` ones.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    return render_image(graph, direction=direction, medium=medium)


def _draw_all(graph: Graph, direction: Direction, together: Iterable[Graph]) -> bytes | None:
    """Return *graph* as it was drawn, with all graphs that are drawn *together*.

    Images that fail together are left to be drawn alone.
    """
    graphs = dict.fromkeys([graph, *together])
    drawings: list[_Key] = [(each, direction) for each in graphs]
    wanted = [drawing for drawing in drawings if drawing not in _drawn]
    pictures = draw_dot([dot_source(*each, "layout") for each in wanted], "layout")
    if len(_drawn) > _MOST:
        _drawn.clear()
    if pictures is not None:
        _drawn.update(zip(wanted, pictures, strict=True))
    return _drawn.get((graph, direction))
