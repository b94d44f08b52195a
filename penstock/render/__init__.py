"""Drawing flows: a graph in any format."""

import os
from typing import Literal, overload

from penstock._common.files import write_whole
from penstock.graph._flow import Flow, get_flow
from penstock.graph._model import FORMATS, Direction, Format, Graph, TextFormat
from penstock.render._output import choose_format

__all__ = [
    "FORMATS",
    "Format",
    "TextFormat",
    "generate_dag",
    "render",
]

Output = str | os.PathLike[str]


@overload
def generate_dag(
    flow: str | Flow,
    format: None = ...,
    output: None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
) -> str: ...
@overload
def generate_dag(
    flow: str | Flow,
    format: TextFormat,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
) -> str: ...
@overload
def generate_dag(
    flow: str | Flow,
    format: Literal["png"],
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
) -> bytes: ...
@overload
def generate_dag(
    flow: str | Flow,
    format: Format | None = ...,
    output: Output | None = ...,
    direction: Direction = ...,
    *,
    styled: bool = ...,
    check_limits: bool = ...,
) -> str | bytes: ...
def generate_dag(
    flow: str | Flow,
    format: Format | None = None,  # noqa: A002 - the user's word
    output: Output | None = None,
    direction: Direction = "TD",
    *,
    styled: bool = False,
    check_limits: bool = True,
) -> str | bytes:
    """Draw a flow.

    No function of the flow is run to draw it.

    Args:
        flow: The name of a flow, or the flow itself.
        format: ``"mermaid"``, ``"dot"``, ``"json"``, ``"text"`` or ``"svg"``,
            which are text, or ``"png"``, which is bytes. ``"svg"`` and
            ``"png"`` need a Graphviz program: ``pip install "penstock[png]"``
            brings one. If None, the suffix of *output* decides: ``.mmd`` or
            ``.mermaid``, ``.dot`` or ``.gv``, ``.json``, ``.txt``, ``.svg`` or
            ``.png``; without a suffix it is Mermaid.
        output: A file to write it to as well, whole or not at all. A device or
            a FIFO is written to, and ``"-"`` is the standard output.
        direction: Where the flow leads: ``"TD"`` (down), ``"LR"``, ``"BT"``
            or ``"RL"``. ``"TB"`` is another word for ``"TD"``.
        styled: For Mermaid: colours, shapes of entrypoints, and the title and
            description for screen readers. Pictures always have them.
        check_limits: For Mermaid: raise rather than return a string that a
            browser would refuse to draw.

    Returns:
        The diagram, as bytes for ``"png"`` and as text for all else.

    Raises:
        UnknownFlowError: If no flow of that name has been declared.
        UnknownFormatError: If *format* is none of those above.
        OutputFormatError: If the suffix of *output* is that of another format,
            or of none and *format* is None.
        InvalidArgumentError: If *direction* is none of those above.
        DiagramTooLargeError: If a Mermaid text is beyond what Mermaid draws:
            500 edges or 50,000 characters.
        MissingExtraError: If a picture is asked for and no Graphviz program is
            found.
        RenderError: If the Graphviz program fails.
        OSError: If *output* cannot be written.

    .. versionadded:: 0.2
    """
    chosen = choose_format(format, output)
    found = flow if isinstance(flow, Flow) else get_flow(flow)
    drawn = render(
        found.graph(), chosen, direction=direction, styled=styled, check_limits=check_limits
    )
    if output is not None:
        write_whole(output, drawn + "\n" if isinstance(drawn, str) else drawn)
    return drawn


def render(
    graph: Graph,
    format: Format,  # noqa: A002 - the user's word
    *,
    direction: Direction = "TD",
    styled: bool = False,
    check_limits: bool = True,
) -> str | bytes:
    """Return *graph* drawn in *format*, as `generate_dag` describes.

    .. versionadded:: 0.2
    """
    # Only who draws a flow needs what draws it.
    from penstock.render._registry import render_graph  # noqa: PLC0415

    return render_graph(
        graph, format, direction=direction, styled=styled, check_limits=check_limits
    )
