"""From the project's reference back to flows: a line below the docstring of a function.

It is added when pages are written, to what the Python domain describes, whichever extension wrote
that. Pages that describe no step stay as they are.
"""

from collections.abc import Mapping
from typing import cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import NoUri

from penstock.docs import Link
from penstock.docs.functions import python_name
from penstock_sphinx._compat import find_python_object
from penstock_sphinx._domain import LinkBack, domain_of, refer
from penstock_sphinx._messages import words_of

__all__ = ["setup_backlinks"]


def setup_backlinks(app: Sphinx) -> None:
    """Add the line to pages."""
    app.connect("env-updated", _find_flows)
    app.connect("doctree-resolved", _add_lines)


def _find_flows(_app: Sphinx, env: BuildEnvironment) -> None:
    domain_of(env).links_back = _links_back(env) if env.config.penstock_backlinks else {}


def _links_back(env: BuildEnvironment) -> Mapping[str, Mapping[str, list[LinkBack]]]:
    """Return the flows of each function in the reference, by its page and its anchor.

    Only flows that a page shows: no line leads nowhere.
    """
    domain = domain_of(env)
    found: dict[str, dict[str, list[LinkBack]]] = {}
    for flow in domain.flows.flows:
        shown = domain.find(flow.name, None)
        for step in flow.steps:
            target = domain.find(flow.name, step.name) or shown
            module, path = python_name(step)
            at = find_python_object(env, f"{module}.{path}") if target and path else None
            if at is not None and target is not None:
                label = shown[1].label if shown else flow.label
                link = LinkBack(label, (target[0], target[1].anchor))
                found.setdefault(at[0], {}).setdefault(at[1], []).append(link)
    return found


def _add_lines(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    pages = domain_of(app.env).links_back
    is_single = app.builder.name in {"singlehtml", "latex", "texinfo", "man"}
    shown = pages.values() if is_single else [pages.get(docname, {})]
    found = {anchor: links for page in shown for anchor, links in page.items()}
    for node in list(doctree.findall(addnodes.desc)) if found else ():
        signatures = [part for part in node if isinstance(part, addnodes.desc_signature)]
        anchors = [name for signature in signatures for name in signature["ids"]]
        links = next((found[name] for name in anchors if name in found), None)
        if links and "penstock-step" not in node["classes"]:
            cast("nodes.Element", node[-1]).append(_line(app, docname, links))


def _line(app: Sphinx, docname: str, links: list[LinkBack]) -> nodes.paragraph:
    words = words_of(app)
    targets = {str(number): link.target for number, link in enumerate(links)}
    named = [Link(str(number), link.label, "") for number, link in enumerate(links)]
    content: list[nodes.Node] = []
    for piece in words.parts(named):
        if isinstance(piece, Link):
            label = nodes.inline("", piece.label)
            content.append(_reference(app, docname, targets[piece.name], label))
        else:
            content.append(nodes.Text(str(piece)))
    return nodes.paragraph("", "", *content, classes=["penstock-meta"])


def _reference(
    app: Sphinx, docname: str, target: tuple[str, str], label: nodes.inline
) -> nodes.Node:
    try:
        return refer(app.builder, docname, target, label)
    except NoUri:  # it is not in this book
        return label
