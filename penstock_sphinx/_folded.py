"""Docstrings of long flows: in HTML, what follows the first paragraph is folded behind it.

The line of remarks is beside that paragraph, or below it where there is no room.

When pages are written, for other builders show all of it, and translators have had the paragraph.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from penstock_sphinx._nodes import penstock_details, penstock_gist

__all__ = ["setup_folded"]


def setup_folded(app: Sphinx) -> None:
    """Register the nodes, and fold what is to be folded."""
    app.add_node(penstock_details, html=(_visit_details, _depart_details))
    app.add_node(penstock_gist, html=(_visit_gist, _depart_gist))
    app.connect("doctree-resolved", _fold)


def _fold(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    if app.builder.format != "html":
        return
    for described in doctree.findall(addnodes.desc):
        if "penstock-folded" in described["classes"]:
            _fold_content(next(described.findall(addnodes.desc_content)))


def _fold_content(content: addnodes.desc_content) -> None:
    # Each step has a line before its docstring.
    line, *docstring = content.children
    if docstring and isinstance(docstring[0], nodes.paragraph):
        first, *rest = docstring
        if rest:
            first = penstock_details("", penstock_gist("", "", *first.children), *rest)
        content.children = []
        content += [first, line]
        content["classes"].append("penstock-lines")


def _visit_details(translator: HTML5Translator, node: penstock_details) -> None:
    translator.body.append(translator.starttag(node, "details", CLASS="penstock-docstring"))


def _depart_details(translator: HTML5Translator, _node: penstock_details) -> None:
    translator.body.append("</details>\n")


def _visit_gist(translator: HTML5Translator, node: penstock_gist) -> None:
    translator.body.append(translator.starttag(node, "summary", ""))


def _depart_gist(translator: HTML5Translator, _node: penstock_gist) -> None:
    translator.body.append("</summary>\n")
