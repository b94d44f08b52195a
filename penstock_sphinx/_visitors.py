"""What each builder makes of a diagram."""

from pathlib import Path
from typing import Any, NoReturn, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator

from penstock_sphinx._nodes import penstock_diagram
from penstock_sphinx._render import as_html, as_literal, save_png

__all__ = ["setup_visitors"]


def setup_visitors(app: Sphinx) -> None:
    """Tell Sphinx how each builder shows a diagram."""
    # By format, never by a builder's name: Sphinx would then ignore what other
    # extensions registered for the format.
    app.add_node(penstock_diagram, html=(_visit_html, None), latex=(_visit_latex, None))
    app.connect("doctree-resolved", _show_as_text)


def _show_as_text(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Where there are no pictures, show flows as trees of text.

    A visitor per format would leave out XML and the builders of other extensions,
    which stop at a node that they do not know.
    """
    if app.builder.format not in {"html", "latex"}:
        for node in list(doctree.findall(penstock_diagram)):
            literal = as_literal(node)
            literal["ids"] += node["ids"]
            node.replace_self(literal)


def _visit_html(translator: HTML5Translator, node: penstock_diagram) -> NoReturn:
    classes = ["penstock-diagram", *([f"align-{node['align']}"] if node.get("align") else [])]
    said = {"role": "group", "aria-label": node["alt"]} if node["alt"] else {}
    start = cast("Any", translator).starttag(node, "div", CLASS=" ".join(classes), **said)
    translator.body += [start, as_html(translator.builder, node), "</div>\n"]
    raise nodes.SkipNode


def _visit_latex(translator: LaTeXTranslator, node: penstock_diagram) -> NoReturn:
    translator.body.append("\n\n")
    translator.body += [translator.hypertarget(name) for name in node["ids"]]
    name = save_png(translator.builder, node, Path(translator.builder.outdir), "print")
    if name is None:
        as_literal(node).walkabout(translator)
    else:
        place = {"left": "\\raggedright", "right": "\\raggedleft"}.get(
            node.get("align"), "\\centering"
        )
        width = cast("Any", translator).latex_image_length(node["width"]) if node["width"] else None
        size = f"[width={width}]" if width else ""
        picture = f"\\sphinxincludegraphics{size}{{{{{Path(name).stem}}}.png}}"
        translator.body.append(f"{{{place}{picture}\\par}}\n\n")
    raise nodes.SkipNode
