"""The node of a diagram, and what each builder makes of it."""

import posixpath
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator

from penstock._model import Direction, Graph
from penstock.exceptions import DiagramTooLargeError, PenstockError
from penstock.graph._mermaid import render_mermaid
from penstock.graph._output import write_whole
from penstock.graph._picture import render_png, render_svg
from penstock.graph._text import render_text

__all__ = ["penstock_diagram", "setup_nodes"]

_logger = logging.getLogger(__name__)


class penstock_diagram(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801 - docutils' habit
    """A flow to draw. It holds the graph; builders decide what it looks like.

    Attributes of the node: ``graph``, ``format``, ``direction``, ``prefix`` (what
    ids in the picture begin with) and ``alt``.
    """


def setup_nodes(app: Sphinx) -> None:
    """Tell Sphinx how each builder shows a diagram."""
    app.add_node(penstock_diagram, html=(_visit_html, None), latex=(_visit_latex, None))
    app.connect("doctree-resolved", _show_as_text)


def _show_as_text(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Where there are no pictures, show flows as trees of text."""
    if app.builder.format not in {"html", "latex"}:
        for node in list(doctree.findall(penstock_diagram)):
            node.replace_self(_as_literal(node["graph"]))


def _as_literal(graph: Graph) -> nodes.literal_block:
    text = render_text(graph)
    return nodes.literal_block(text, text, language="none")


def _visit_html(translator: HTML5Translator, node: penstock_diagram) -> None:
    classes = f"penstock-diagram align-{node['align']}" if node.get("align") else "penstock-diagram"
    start = translator.starttag(node, "div", CLASS=classes)
    translator.body += [start, _html(translator, node), "</div>\n"]
    raise nodes.SkipNode


def _html(translator: HTML5Translator, node: penstock_diagram) -> str:
    graph, direction = cast("Graph", node["graph"]), cast("Direction", node["direction"])
    try:
        match node["format"]:
            case "mermaid":
                return _mermaid(node)
            case "png":
                folder = Path(translator.builder.outdir) / translator.builder.imagedir
                name = _save_png(node, folder)
                source = posixpath.join(translator.builder.imgpath, name)
                return f'<img src="{escape(source)}" alt="{escape(node["alt"])}" />'
            case _:
                return render_svg(
                    graph, direction=direction, prefix=node["prefix"], standalone=False
                )
    except DiagramTooLargeError as error:
        _warn(node, error, "Drawn as SVG instead")
        return render_svg(graph, direction=direction, prefix=node["prefix"], standalone=False)
    except PenstockError as error:
        _warn(node, error, "Shown as text instead")
        return f"<pre>{escape(render_text(graph))}</pre>"


def _mermaid(node: penstock_diagram) -> str:
    text = render_mermaid(node["graph"], direction=node["direction"], styled=True)
    return f'<pre class="mermaid">\n{escape(text)}\n</pre>'


def _visit_latex(translator: LaTeXTranslator, node: penstock_diagram) -> None:
    try:
        name = _save_png(node, Path(translator.builder.outdir))
    except PenstockError as error:
        _warn(node, error, "Shown as text instead")
        _as_literal(node["graph"]).walkabout(translator)
    else:
        place = "\\centering" if node.get("align", "center") == "center" else ""
        picture = f"\\sphinxincludegraphics{{{{{Path(name).stem}}}.png}}"
        translator.body.append(f"\n\n{{{place}{picture}\\par}}\n\n")
    raise nodes.SkipNode


def _save_png(node: penstock_diagram, folder: Path) -> str:
    """Write the diagram into *folder* and return its name, which its content decides."""
    png = render_png(node["graph"], direction=node["direction"])
    name = f"penstock-{sha256(png).hexdigest()[:16]}.png"
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, png)
    return name


def _warn(node: penstock_diagram, error: PenstockError, instead: str) -> None:
    _logger.warning("%s. %s", error, instead, type="penstock", subtype="render", location=node)
