"""Drawing the graph of a node, with something to read where it cannot be drawn."""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes

from penstock.docs import (
    Frame,
    drawing_sheet,
    file_of_drawing,
    image_sheet,
    mermaid_sheet,
    mermaid_to_copy,
    write_whole,
)
from penstock.docs.diagrams import (
    Medium,
    Palette,
    draw_svg,
    estimate_height,
    image_sheets,
    legend_of,
    paint_svg,
    paper_medium,
    png_size,
    render_image,
    render_mermaid,
    render_text,
)
from penstock.exceptions import (
    DiagramTooLargeError,
    MissingExtraError,
    PenstockError,
    RenderError,
)
from penstock.graph import Graph
from penstock.render import Direction, draw
from penstock_sphinx._images import draws_mermaid, find_image, pixels
from penstock_sphinx._log import warn
from penstock_sphinx._messages import words_of
from penstock_sphinx._outdated import note_again

if TYPE_CHECKING:
    from sphinx.builders import Builder

_NO_SIZE: Mapping[str, str] = {}

__all__ = [
    "as_code",
    "as_html",
    "as_literal",
    "external_renderer_of",
    "framed_mermaid",
    "mermaid_text",
    "save_images",
]


def as_literal(node: nodes.Element) -> nodes.literal_block:
    """Return the diagram as a tree of text."""
    text = render_text(node["graph"])
    return nodes.literal_block(text, text, language="none")


def as_code(builder: "Builder", node: nodes.Element) -> nodes.literal_block:
    """Return the source of the diagram, in the format that was asked for."""
    try:
        source = str(draw(node["graph"], node["format"], direction=_direction(node)))
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return as_literal(node)
    return nodes.literal_block(source, source, language="none")


def as_html(builder: Any, node: nodes.Element) -> str:
    """Return the diagram as HTML, in the format that was asked for."""
    try:
        return _draw(builder, node)
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return f"<pre>{escape(render_text(node['graph']))}</pre>"


def save_images(builder: "Builder", node: nodes.Element, folder: Path) -> list[str]:
    """Write the diagram for paper into *folder*; return the names of its parts.

    There is none if it cannot be drawn, and one if it fits a sheet or has a size by its author.
    """
    medium, row = paper_medium(), _is_in_row(node)
    try:
        # What is drawn with all others does not know of it.
        image = None if row else find_image(builder, node, medium)
        if image is None:
            sheets = not (row or node["width"] or node["height"])
            image = render_image(
                _graph(node), direction=_direction(node), medium=medium, sheets=sheets
            )
    except PenstockError as error:
        _warn(builder, node, error, "Shown as text instead")
        return []
    suffix = "pdf" if medium == "pdf" else "png"
    return [_save(folder, each, suffix) for each in image_sheets(image, medium)]


def _is_in_row(node: nodes.Element) -> bool:
    """Return whether a diagram is in a table, whose rows are each on one page."""
    outer: nodes.Element | None = node
    while outer is not None and not isinstance(outer, nodes.row):
        outer = outer.parent
    return outer is not None


def mermaid_text(node: nodes.Element, *, palette: Palette = "stylesheet") -> str:
    """Return the diagram as Mermaid takes it on a page that has our style sheet.

    Args:
        node: The diagram.
        palette: ``"theme_css"`` if it may be drawn where the style sheet does not reach.

    Raises:
        DiagramTooLargeError: If Mermaid will not draw it.
    """
    return render_mermaid(_graph(node), direction=_direction(node), styled=True, palette=palette)


def external_renderer_of(node: nodes.Element) -> nodes.Element | None:
    """Return the node of another extension that draws the diagram, if there is one."""
    others = (child for child in node.children if not isinstance(child, nodes.reference))
    return cast("nodes.Element | None", next(others, None))


def framed_mermaid(builder: "Builder", node: nodes.Element, html: str) -> str:
    """Return the diagram whose element for Mermaid is *html*, with room for what that draws."""
    size = _css_sizes(node)
    height = None if size else estimate_height(node["graph"], _direction(node))
    return _frame(builder, node, "mermaid", size=size).around(mermaid_sheet(html, height))


def _css_sizes(node: nodes.Element) -> dict[str, str]:
    """Return the sizes that the author wants in CSS, where each length has a unit."""
    sizes = {side: node[side] for side in ("width", "height") if node[side]}
    return {side: f"{size}px" if size[-1].isdigit() else size for side, size in sizes.items()}


def _draw(builder: Any, node: nodes.Element) -> str:
    if draws_mermaid(builder, node["format"]):
        draw_asked = _mermaid
    elif node["format"] == "png":
        draw_asked = _img
    else:
        return _svg(builder, node)
    try:
        return draw_asked(builder, node)
    except (DiagramTooLargeError, RenderError) as error:
        # Drawn first: if that fails as well, this is the only thing to hear about.
        svg = _svg(builder, node)
        _warn(builder, node, error, "Drawn as SVG instead")
        return svg


def _img(builder: Any, node: nodes.Element) -> str:
    folder = Path(builder.outdir) / builder.imagedir
    name, *others = (_save_image(builder, node, folder, each) for each in pixels(builder))
    source, *dark = (posixpath.join(builder.imgpath, each) for each in (name, *others))
    alt = node["alt"] or words_of(builder).picture.format(_graph(node).label)
    png = (folder / name).read_bytes()
    width, height = (side // 2 for side in png_size(png))
    sheet = image_sheet(source, alt, (width, height), _css_sizes(node), *dark)
    return _frame(builder, node, "png", is_fitting=True).around(sheet)


def _svg(builder: "Builder", node: nodes.Element) -> str:
    graph, direction, prefix = _graph(node), node["direction"], node["prefix"]
    found = find_image(builder, node, "layout")
    paint = draw_svg if found is None else partial(paint_svg, found)
    drawn = paint(graph, direction=direction, prefix=prefix, standalone=False)
    frame = _frame(builder, node, "svg")
    if frame.is_bare:
        drawn = replace(drawn, sheets=())  # a book has no paper
    else:
        # Without links, which would have to lead elsewhere from another folder.
        alone = paint(_unlinked(graph), direction=direction).svg
        frame = replace(frame, file=_save_svg(builder, graph, alone))
    return frame.around(drawing_sheet(drawn, _css_sizes(node)))


def _save_svg(builder: Any, graph: Graph, svg: str) -> str:
    """Write a diagram as a file, and return its address."""
    name = file_of_drawing(graph, svg)
    _write_once(Path(builder.outdir) / builder.imagedir / name, svg)
    return posixpath.join(builder.imgpath, name)


def _frame(
    builder: "Builder",
    node: nodes.Element,
    drawn: str,
    *,
    is_fitting: bool = False,
    size: Mapping[str, str] = _NO_SIZE,
) -> Frame:
    """Return the box around the diagram: in a book, nothing scrolls and no script runs.

    Args:
        builder: The builder.
        node: The diagram.
        drawn: The format in which it is drawn, since not all builders draw the one asked for.
        is_fitting: Whether it always fits into the box.
        size: The width and height that the author wants of what only the browser draws.
    """
    return Frame(
        graph=node["graph"],
        words=words_of(builder).frame,
        mermaid=mermaid_to_copy(node["graph"], _direction(node)),
        is_fitting=is_fitting,
        size=size,
        is_bare=builder.name == "epub",
        legend=legend_of(node["graph"], drawn) if node["legend"] else (),
        edges=node["edges"],
    )


def _mermaid(builder: Any, node: nodes.Element) -> str:
    # By the class "mermaid", scripts of themes and projects find what they are to draw.
    is_ours = builder.config.penstock_mermaid_js is not None
    name = "penstock-mermaid" if is_ours else "mermaid"
    text = mermaid_text(node, palette="stylesheet" if is_ours else "theme_css")
    return framed_mermaid(builder, node, f'<pre class="{name}">\n{escape(text)}\n</pre>')


def _save_image(builder: "Builder", node: nodes.Element, folder: Path, medium: Medium) -> str:
    """Write the diagram as PNG into *folder* and return its name."""
    image = find_image(builder, node, medium)
    if image is None:
        image = render_image(_graph(node), direction=_direction(node), medium=medium)
    return _save(folder, image, "png")


def _save(folder: Path, image: bytes, suffix: str) -> str:
    """Write an *image* into *folder* and return its name, which its content decides."""
    name = f"penstock-{sha256(image).hexdigest()[:16]}.{suffix}"
    _write_once(folder / name, image)
    return name


def _write_once(file: Path, content: str | bytes) -> None:
    """Write a *file* whose content decides its name."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content)


def _graph(node: nodes.Element) -> Graph:
    """Return the graph, its nodes leading to where the page's links were found to lead."""
    graph = cast("Graph", node["graph"])
    leads = {
        reference["node"]: reference.get("refuri") or f"#{reference['refid']}"
        for reference in cast("list[nodes.Element]", node.children)
    }
    return replace(graph, nodes=tuple(replace(n, href=leads.get(n.name)) for n in graph.nodes))


def _unlinked(graph: Graph) -> Graph:
    return replace(graph, nodes=tuple(replace(node, href=None) for node in graph.nodes))


def _direction(node: nodes.Element) -> Direction:
    return cast("Direction", node["direction"])


def _warn(builder: "Builder", node: nodes.Element, error: PenstockError, instead: str) -> None:
    # What is missing is missing for every flow: once is enough.
    once = isinstance(error, MissingExtraError)
    warn(f"{error}. {instead}", "render", location=node, once=once)
    note_again(builder, node["docname"])
