"""Drawing the graph of a node, with something to read where it cannot be drawn."""

import posixpath
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes

from penstock._model import Direction, Graph
from penstock.exceptions import DiagramTooLargeError, MissingExtraError, PenstockError
from penstock.graph._mermaid import render_mermaid
from penstock.graph._output import write_whole
from penstock.graph._picture import render_png, render_svg
from penstock.graph._text import render_text
from penstock_sphinx._again import note_again
from penstock_sphinx._log import warn

if TYPE_CHECKING:
    from sphinx.builders import Builder

__all__ = ["as_html", "as_literal", "draws_mermaid", "save_png"]


def draws_mermaid(builder: "Builder", node: nodes.Element) -> bool:
    """Tell whether *node* is drawn by Mermaid: not in a book, where no script runs."""
    return node["format"] == "mermaid" and builder.name != "epub"


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


def save_png(builder: "Builder", node: nodes.Element, folder: Path) -> str | None:
    """Write the diagram into *folder*; return its name, or None if it cannot be drawn."""
    try:
        return _save_png(node, folder)
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return None


def _draw(builder: Any, node: nodes.Element) -> str:
    if draws_mermaid(builder, node):
        try:
            text = render_mermaid(_graph(node), direction=_direction(node), styled=True)
        except DiagramTooLargeError as error:
            _warn(builder, node, error, "Drawn as SVG instead")
        else:
            return f'<pre class="mermaid">\n{escape(text)}\n</pre>'
    if node["format"] == "png":
        name = _save_png(node, Path(builder.outdir) / builder.imagedir)
        source = escape(posixpath.join(builder.imgpath, name))
        alt = escape(node["alt"] or f"Diagram of the flow {_graph(node).label}")
        return f'<img src="{source}" alt="{alt}" />'
    return render_svg(
        _graph(node), direction=_direction(node), prefix=node["prefix"], standalone=False
    )


def _save_png(node: nodes.Element, folder: Path) -> str:
    """Write the diagram into *folder* and return its name, which its content decides."""
    png = render_png(_graph(node), direction=_direction(node))
    name = f"penstock-{sha256(png).hexdigest()[:16]}.png"
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, png)
    return name


def _graph(node: nodes.Element) -> Graph:
    return cast("Graph", node["graph"])


def _direction(node: nodes.Element) -> Direction:
    return cast("Direction", node["direction"])


def _warn(builder: "Builder", node: nodes.Element, error: PenstockError, instead: str) -> None:
    # What is missing is missing for every flow: once is enough.
    once = isinstance(error, MissingExtraError)
    warn(f"{error}. {instead}", "render", location=node, once=once)
    note_again(builder, node["docname"])
