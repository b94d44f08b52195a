"""Drawing a flow, a recorded run or a graph in any format."""

import os
from typing import Any, Literal, Protocol, overload

from penstock._common.files import write_whole
from penstock.exceptions import InvalidArgumentError
from penstock.graph._flow import get_flow
from penstock.graph._fold import fold as fold_graph
from penstock.graph._model import Direction, Graph
from penstock.render._output import choose_format
from penstock.render._registry import RenderOptions, render_graph
from penstock.render._themes import ThemeName

__all__ = ["Drawable", "Format", "TextFormat", "draw", "generate_dag"]

TextFormat = Literal["mermaid", "dot", "json", "text", "svg", "d2", "plantuml"]
Format = TextFormat | Literal["png"]
"""The name of a format of penstock, where it is not known before which one."""

Output = str | os.PathLike[str]


class _HasGraph(Protocol):
    def graph(self) -> Graph: ...


Drawable = str | Graph | _HasGraph
"""The name of a flow, a `penstock.Flow`, a recorded run, or a `penstock.Graph`, to draw."""


@overload
def draw(
    flow: Drawable,
    format: None = ...,
    output: None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str: ...
@overload
def draw(
    flow: Drawable,
    format: TextFormat,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str: ...
@overload
def draw(
    flow: Drawable,
    format: Literal["png"],
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> bytes: ...
@overload
def draw(
    flow: Drawable,
    format: Format | None = ...,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str | bytes: ...
@overload
def draw(
    flow: Drawable,
    format: str,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> Any: ...  # a format of others: text or bytes
def draw(
    flow: Drawable,
    format: str | None = None,
    output: Output | None = None,
    direction: Direction = "TD",
    *,
    styled: bool = False,
    check_limits: bool = True,
    fold: bool | int = False,
    legend: bool = False,
    theme: ThemeName | None = None,
) -> str | bytes:
    """Draw a flow, a recorded run or a graph, in any format.

    Args:
        flow: The name of a flow, or a `penstock.Flow`, a `penstock.Graph` or a
            `penstock.tracing.RecordedRun`.
        format: The name of a format: one of those of `penstock.generate_dag`, or one
            of another package (see `Renderer`). If None, the suffix of *output*
            decides; without a suffix it is Mermaid.
        output: As for `penstock.generate_dag`.
        direction: As for `penstock.generate_dag`.
        styled: As for `penstock.generate_dag`.
        check_limits: As for `penstock.generate_dag`.
        fold: As for `penstock.generate_dag`.
        legend: As for `penstock.generate_dag`.
        theme: As for `penstock.generate_dag`.

    Returns:
        The diagram, as bytes if the format is binary, and as a string if not.

    Raises:
        UnknownFlowError: If no flow of that name has been declared.
        UnknownFormatError: If there is no format of that name.
        OutputFormatError: If the suffix of *output* is that of another format,
            or of none and *format* is None.
        InvalidArgumentError: If *flow* cannot be drawn, *direction* is not a
            direction, *theme* is not a theme, or *fold* is negative.
        RendererError: If the format is of another distribution, and cannot be loaded.
        DiagramTooLargeError: If a diagram is larger than Mermaid draws.
        MissingExtraError: If an image is asked for and no Graphviz program is
            found.
        RenderError: If the Graphviz program or the format of another package fails.
        OSError: If *output* cannot be written.

    .. versionadded:: 0.2
    """
    chosen = choose_format(format, output)
    options = RenderOptions(
        direction=direction,
        styled=styled,
        check_limits=check_limits,
        legend=legend,
        theme=theme,
    )
    drawn = render_graph(_folded(_graph_of(flow), fold), chosen, options)
    if output is not None:
        write_whole(output, drawn + "\n" if isinstance(drawn, str) else drawn)
    return drawn


def _folded(graph: Graph, most: bool | int) -> Graph:
    """Return *graph*, folded if that is asked for and possible."""
    if most is False:
        return graph
    if most < 0:
        message = f"fold={most!r} is negative: write how many steps are drawn, or True"
        raise InvalidArgumentError(message)
    found = fold_graph(graph, 0 if most is True else most)
    return graph if found is None else found.graph


def _graph_of(flow: Drawable) -> Graph:
    if isinstance(flow, Graph):
        return flow
    if isinstance(flow, str):
        return get_flow(flow).graph()
    # Any: a wrong argument may have that name for something else.
    find: Any = getattr(flow, "graph", None)
    graph: object = find() if callable(find) and not isinstance(flow, type) else None
    if not isinstance(graph, Graph):
        message = (
            f"cannot draw {type(flow).__name__}: give the name of a flow, "
            "a Flow, a RecordedRun or a Graph"
        )
        raise InvalidArgumentError(message)
    return graph


@overload
def generate_dag(
    flow: Drawable,
    format: None = ...,
    output: None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str: ...
@overload
def generate_dag(
    flow: Drawable,
    format: TextFormat,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str: ...
@overload
def generate_dag(
    flow: Drawable,
    format: Literal["png"],
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> bytes: ...
@overload
def generate_dag(
    flow: Drawable,
    format: Format | None = ...,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
    fold: bool | int = ...,
    legend: bool = ...,
    theme: ThemeName | None = ...,
) -> str | bytes: ...
def generate_dag(
    flow: Drawable,
    format: Format | None = None,
    output: Output | None = None,
    direction: Direction = "TD",
    *,
    styled: bool = False,
    check_limits: bool = True,
    fold: bool | int = False,
    legend: bool = False,
    theme: ThemeName | None = None,
) -> str | bytes:
    """Draw a flow.

    No function of the flow is called. `penstock.render.draw` does the same, and type
    checkers accept the names of other packages' formats there.

    Args:
        flow: The name of a flow, or a `Flow`, a
            `RecordedRun <penstock.tracing.RecordedRun>` or a `Graph`.
        format: ``"mermaid"``, ``"dot"``, ``"json"``, ``"text"`` or ``"svg"``,
            which are text, or ``"png"``, which is bytes. ``"svg"`` and
            ``"png"`` need a Graphviz program: ``pip install "penstock[png]"``
            installs one. There are also ``"d2"`` and ``"plantuml"``, and the formats of
            other packages. If None, the suffix of *output* decides: ``.mmd`` or
            ``.mermaid``, ``.dot`` or ``.gv``, ``.json``, ``.txt``, ``.svg``, ``.png``,
            ``.d2``, ``.puml`` or ``.plantuml``; without a suffix it is Mermaid.
        output: A file to write it to as well, whole or not at all. A device or
            a FIFO is written to, and ``"-"`` is the standard output.
        direction: The direction of the flow: ``"TD"`` (down), ``"LR"``, ``"BT"``
            or ``"RL"``. ``"TB"`` means the same as ``"TD"``.
        styled: For Mermaid: colours, shapes of entrypoints, and the title and
            description for screen readers. For D2 and PlantUML: colours. Images always
            have them.
        check_limits: For Mermaid: raise rather than return a string that a
            browser would refuse to draw.
        fold: Whether to draw the groups of the flow, each as one node with the number of
            its steps, or of how many steps a flow is drawn whole. A step without
            a group is in that of its module. `penstock.graph.fold` has the
            diagrams of the groups.
        legend: Whether to explain the signs of the diagram in it: below the flow, in Mermaid
            as another group. JSON, which is data, has none.
        theme: For images: the page that they are for, ``"light"`` or ``"dark"``, for instance one
            of two files between which a page chooses. If None, an SVG follows the reader's
            system, and a PNG is light. A light PNG is on white, a dark one is transparent.

    Returns:
        The diagram, as bytes for ``"png"``, and as a string for all other formats.

    Raises:
        UnknownFlowError: If no flow of that name has been declared.
        UnknownFormatError: If there is no format of that name.
        OutputFormatError: If the suffix of *output* is that of another format,
            or of none and *format* is None.
        InvalidArgumentError: If *flow* cannot be drawn, *direction* is not a
            direction, *theme* is not a theme, or *fold* is negative.
        DiagramTooLargeError: If a diagram is larger than Mermaid draws: 500 edges
            or 50,000 characters.
        MissingExtraError: If an image is asked for and no Graphviz program is
            found.
        RenderError: If the Graphviz program fails.
        OSError: If *output* cannot be written.

    .. versionadded:: 0.2
    """
    return draw(
        flow,
        format,
        output,
        direction,
        styled=styled,
        check_limits=check_limits,
        fold=fold,
        legend=legend,
        theme=theme,
    )
