"""Drawing a graph in any format, by name."""

from typing import get_args

from penstock.exceptions import InvalidArgumentError, UnknownFormatError
from penstock.graph._model import FORMATS, Direction, Format, Graph
from penstock.render._dot import render_dot
from penstock.render._formats.json import render_json
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._formats.text import render_text
from penstock.render._graphviz import render_png, render_svg

__all__ = ["render_graph"]


def render_graph(
    graph: Graph, format_: Format, *, direction: Direction, styled: bool, check_limits: bool
) -> str | bytes:
    """Return *graph* drawn in the format called *format_*.

    Raises:
        UnknownFormatError: If there is no such format.
        InvalidArgumentError: If *direction* is none.
    """
    if direction not in get_args(Direction):
        known = ", ".join(get_args(Direction))
        message = f"direction={direction!r} is not a direction (known: {known})"
        raise InvalidArgumentError(message)
    match format_:
        case "mermaid":
            return render_mermaid(
                graph, direction=direction, styled=styled, check_limits=check_limits
            )
        case "dot":
            return render_dot(graph, direction=direction)
        case "json":
            return render_json(graph)
        case "text":
            return render_text(graph)
        case "svg":
            return render_svg(graph, direction=direction)
        case "png":
            return render_png(graph, direction=direction)
        case _:
            raise UnknownFormatError(format_, FORMATS)
