"""The visitors: each builder writes a diagram in its own way."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator

from penstock.docs import is_code, mermaid_to_copy, slug_of
from penstock.docs.diagrams import legend_of, pdf_size, png_size
from penstock_sphinx._domain import domain_of
from penstock_sphinx._nodes import penstock_diagram
from penstock_sphinx._render import (
    as_code,
    as_html,
    as_literal,
    external_renderer_of,
    framed_mermaid,
    save_images,
)

if TYPE_CHECKING:
    from sphinx.builders import Builder

__all__ = ["setup_visitors"]

_PRINTED = 0.75
"""The points of a pixel of CSS on paper."""


def setup_visitors(app: Sphinx) -> None:
    """Register how each builder shows a diagram."""
    # By format, never by a builder's name: Sphinx would then ignore what other
    # extensions registered for the format.
    app.add_node(penstock_diagram, html=(_visit_html, None), latex=(_visit_latex, None))
    app.connect("doctree-resolved", _add_legends)
    app.connect("doctree-resolved", _add_evidence)
    app.connect("doctree-resolved", _show_as_text)
    app.connect("doctree-resolved", _add_sheets)
    app.connect("doctree-resolved", _add_targets)
    app.connect("doctree-resolved", _remove_repeated_anchors)


def _add_legends(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Add the legends of images on paper. A tree of text says all in words."""
    if app.builder.format != "latex":
        return
    for node in list(doctree.findall(penstock_diagram)):
        if not node["legend"] or is_code(node["format"]):
            continue
        entries = legend_of(node["graph"], "paper")
        rows = (nodes.paragraph("", entry.text) for entry in entries)
        legend = nodes.bullet_list("", *(nodes.list_item("", row) for row in rows))
        outer = node.parent if isinstance(node.parent, nodes.figure) else node
        outer.parent.insert(outer.parent.index(outer) + 1, legend)


def _add_evidence(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Add the evidence for edges as a list, where the diagram is not in a box of HTML."""
    is_html = app.builder.format == "html"
    for node in list(doctree.findall(penstock_diagram)):
        table = node["edges"]
        if table is not None and (is_code(node["format"]) or not is_html):
            rows = (nodes.paragraph("", row.text) for row in table.rows)
            evidence = nodes.bullet_list("", *(nodes.list_item("", row) for row in rows))
            outer = node.parent if isinstance(node.parent, nodes.figure) else node
            at = outer.parent.index(outer) + 1
            outer.parent.insert(at, [nodes.paragraph("", table.sentence), evidence])


def _show_as_text(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Show flows as text in builders without images: as the source that was asked for, or a tree.

    A visitor per format would leave out XML and the builders of other extensions,
    which stop at a node that they do not know.
    """
    has_images = app.builder.format in {"html", "latex"}
    for node in list(doctree.findall(penstock_diagram)):
        if has_images and not is_code(node["format"]):
            continue
        literal = _as_text(app.builder, node)
        literal["ids"] += node["ids"]
        literal["classes"] += node["classes"]
        node.replace_self(literal)
        if app.builder.format in {"man", "markdown"}:
            _part_captions(literal.parent)


def _add_sheets(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Draw images for paper. A figure, which is on one page, has the last part of a tall one."""
    if app.builder.format != "latex":
        return
    for node in list(doctree.findall(penstock_diagram)):
        node["sheets"] = save_images(app.builder, node, Path(app.builder.outdir))
        node["is_tall"] = len(node["sheets"]) > 1
        figure = node.parent
        if isinstance(figure, nodes.figure) and node["is_tall"]:
            first = node.copy()
            *first["sheets"], last = node["sheets"]
            node["ids"], node["sheets"] = [], [last]
            figure.parent.insert(figure.parent.index(figure), first)


def _as_text(builder: "Builder", node: penstock_diagram) -> nodes.literal_block:
    if is_code(node["format"]):
        return as_code(builder, node)
    literal = as_literal(node)
    if builder.format == "markdown":
        literal["language"] = "text"
        mermaid = node["format"] == "mermaid" and mermaid_to_copy(node["graph"], node["direction"])
        if mermaid:  # which many readers of Markdown draw
            literal = nodes.literal_block(mermaid, mermaid, language="mermaid")
    return literal


def _part_captions(figure: nodes.Element) -> None:
    """Make paragraphs of captions.

    In a manual page, docutils runs them into what follows, and builders of Markdown drop them.
    """
    for caption in [child for child in figure if isinstance(child, nodes.caption)]:
        caption.replace_self(nodes.paragraph("", "", *caption.children))


def _add_targets(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Let links find what only HTML gives ids to.

    LaTeX warns of links that lead nowhere, Texinfo leads them to the end of the manual.
    """
    unknown = {"latex": {"list_item"}, "texinfo": {"list_item", "figure", "literal_block"}}
    if app.builder.format not in unknown:
        return
    for node in list(doctree.findall(nodes.Element)):
        ids = [name for name in node["ids"] if name.startswith("penstock--")]
        if ids and node.tagname in unknown[app.builder.format]:
            inside = isinstance(node, nodes.list_item)
            obj = (node, 0) if inside else (node.parent, node.parent.index(node))
            obj[0].insert(obj[1], nodes.target(ids=ids))


def _remove_repeated_anchors(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Keep each anchor once in a single page: where links lead, at the best object."""
    if app.builder.name != "singlehtml":
        return
    best = {obj.anchor: page for page, obj in domain_of(app.env).best()}
    found: dict[str, list[tuple[str, nodes.Element]]] = {}
    for page, node in _with_pages(doctree, app.config.root_doc):
        for name in node["ids"]:
            if name.startswith("penstock--"):
                found.setdefault(name, []).append((page, node))
    for name, holders in found.items():
        kept = next((h for h in holders if h[0] == best.get(name)), holders[0])
        for number, (page, node) in enumerate([h for h in holders if h is not kept], 2):
            node["ids"][node["ids"].index(name)] = f"{name}--on-{slug_of(page)}-{number}"


def _with_pages(node: nodes.Element, page: str) -> Iterator[tuple[str, nodes.Element]]:
    """Yield all elements below *node*, each with the page that it is from.

    Downwards, since Sphinx leaves the parents of joined pages as they were.
    """
    for child in node.children:
        if isinstance(child, nodes.Element):
            inside = child["docname"] if isinstance(child, addnodes.start_of_file) else page
            yield inside, child
            yield from _with_pages(child, inside)


def _visit_html(translator: HTML5Translator, node: penstock_diagram) -> NoReturn:
    drawer = external_renderer_of(node)
    attributes = {"role": "group", "aria-label": node["alt"]} if node["alt"] else {}
    start = cast("Any", translator).starttag(
        node, "div", CLASS=" ".join(_classes(node)), **attributes
    )
    translator.body.append(start)
    if drawer is None:
        translator.body.append(as_html(translator.builder, node))
    else:
        begin = len(translator.body)
        drawer.walkabout(translator)
        html = "".join(translator.body[begin:])
        translator.body[begin:] = [framed_mermaid(translator.builder, node, html)]
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _classes(node: penstock_diagram) -> list[str]:
    return ["penstock-diagram", *([f"align-{node['align']}"] if node.get("align") else [])]


def _visit_latex(translator: LaTeXTranslator, node: penstock_diagram) -> NoReturn:
    if node["ids"]:
        # A page may end before what links lead to, not between that and the image.
        targets = "".join(translator.hypertarget(name) for name in node["ids"])
        translator.body.append(f"\n\n\\vspace{{0pt}}{targets}\\nopagebreak")
    translator.body.append("\n\n")
    if node["sheets"]:
        side = {"left": "\\raggedright", "right": "\\raggedleft"}.get(
            node.get("align"), "\\centering"
        )
        # Nothing is between parts but where a page may end.
        close = "\\parskip=0pt\\offinterlineskip" if node["is_tall"] else ""
        images = "".join(f"{_latex_image(translator, node, name)}\\par" for name in node["sheets"])
        translator.body.append(f"{{{side}{close}{images}}}\n\n")
    else:
        as_literal(node).walkabout(translator)
    raise nodes.SkipNode


def _latex_image(translator: LaTeXTranslator, node: penstock_diagram, name: str) -> str:
    file = Path(translator.builder.outdir, name)
    size = _latex_size(translator, node, file)
    return f"\\sphinxincludegraphics[{size}]{{{{{file.stem}}}{file.suffix}}}"


def _latex_size(translator: LaTeXTranslator, node: penstock_diagram, file: Path) -> str:
    """Return how large an image is: as the author asked, or as it was drawn.

    The parts of a tall one are as large as browsers print them.
    """
    read = cast("Any", translator).latex_image_length
    width, height = (node[side] and read(node[side]) for side in ("width", "height"))
    if not width:
        points = _width(file) * (_PRINTED if node["is_tall"] else 1)
        width = "\\linewidth" if height else f"{points:g}bp"
    # What fills a page leaves no room for its caption.
    height = height or "0.85\\textheight"
    return f"width={width},height={height},keepaspectratio"


def _width(file: Path) -> float:
    """Return how many points wide an image for paper is."""
    image = file.read_bytes()
    # Four pixels a point.
    return pdf_size(image)[0] if file.suffix == ".pdf" else png_size(image)[0] / 4
