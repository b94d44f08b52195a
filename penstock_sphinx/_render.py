"""Drawing the graph of a node, with something to read where it cannot be drawn."""

import posixpath
from dataclasses import replace
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from docutils import nodes

from penstock._model import Direction, Graph
from penstock.exceptions import DiagramTooLargeError, MissingExtraError, PenstockError
from penstock.graph._mermaid import render_mermaid
from penstock.graph._output import write_whole
from penstock.graph._picture import render_png, render_svg
from penstock.graph._svg import finish_svg
from penstock.graph._text import render_text
from penstock_sphinx._again import note_again
from penstock_sphinx._log import warn
from penstock_sphinx._pictures import draws_mermaid, find_picture

if TYPE_CHECKING:
    from sphinx.builders import Builder

__all__ = ["as_html", "as_literal", "save_png"]


def as_literal(node: nodes.Element) -> nodes.literal_block:
    """Return the diagram as a tree of text."""
    text = render_text(node["graph"])
    return nodes.literal_block(text, text, language="none")


def as_html(builder: Any, node: nodes.Element) -> str:
    """Return the diagram as HTML, in the format that was asked for."""
    try:
        return _draw(builder, node)
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return f"<pre>{escape(render_text(node['graph']))}</pre>"


def save_png(
    builder: "Builder", node: nodes.Element, folder: Path, medium: Literal["png", "print"]
) -> str | None:
    """Write the diagram into *folder*; return its name, or None if it cannot be drawn."""
    try:
        return _save_png(builder, node, folder, medium)
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return None


def _draw(builder: Any, node: nodes.Element) -> str:
    if draws_mermaid(builder, node["format"]):
        try:
            return _mermaid(node)
        except DiagramTooLargeError as error:
            _warn(builder, node, error, "Drawn as SVG instead")
    if node["format"] == "png":
        folder = Path(builder.outdir) / builder.imagedir
        name = _save_png(builder, node, folder, "png")
        source = escape(posixpath.join(builder.imgpath, name))
        alt = escape(node["alt"] or f"Diagram of the flow {_graph(node).label}")
        width = f' width="{escape(node["width"])}"' if node["width"] else ""
        return f'<img src="{source}" alt="{alt}"{width} />'
    return _svg(builder, node)


def _svg(builder: "Builder", node: nodes.Element) -> str:
    graph, direction, prefix = _graph(node), node["direction"], node["prefix"]
    drawn = find_picture(builder, node, "svg")
    if drawn is None:
        return render_svg(graph, direction=direction, prefix=prefix, standalone=False)
    return finish_svg(drawn.decode(), graph, prefix=prefix, standalone=False)


def _mermaid(node: nodes.Element) -> str:
    text = render_mermaid(_graph(node), direction=_direction(node), styled=True)
    return f'<pre class="mermaid">\n{escape(text)}\n</pre>'


def _save_png(
    builder: "Builder", node: nodes.Element, folder: Path, medium: Literal["png", "print"]
) -> str:
    """Write the diagram into *folder* and return its name, which its content decides."""
    png = find_picture(builder, node, medium)
    if png is None:
        png = render_png(_graph(node), direction=_direction(node), medium=medium)
    name = f"penstock-{sha256(png).hexdigest()[:16]}.png"
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, png)
    return name


def _graph(node: nodes.Element) -> Graph:
    """Return the graph, its nodes leading to where the page's links were found to lead."""
    graph = cast("Graph", node["graph"])
    leads = {
        reference["node"]: reference.get("refuri") or f"#{reference['refid']}"
        for reference in cast("list[nodes.Element]", node.children)
    }
    return replace(graph, nodes=tuple(replace(n, href=leads.get(n.name)) for n in graph.nodes))


def _direction(node: nodes.Element) -> Direction:
    return cast("Direction", node["direction"])


def _warn(builder: "Builder", node: nodes.Element, error: PenstockError, instead: str) -> None:
    # What is missing is missing for every flow: once is enough.
    once = isinstance(error, MissingExtraError)
    warn(f"{error}. {instead}", "render", location=node, once=once)
    note_again(builder, node["docname"])
