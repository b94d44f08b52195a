"""The figure of a flow: its diagram, and what is around that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from penstock import __version__
from penstock.docs import EdgeTable, is_code
from penstock.docs.diagrams import dot_source, image_key
from penstock.exceptions import MissingExtraError
from penstock.graph import Graph
from penstock.render import Direction
from penstock_sphinx._domain import Image, LinkTarget, domain_of
from penstock_sphinx._nodes import penstock_diagram

__all__ = ["Look", "figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a diagram is to look."""

    format: str
    direction: Direction
    alt: str | None = None
    align: str | None = None
    width: str | None = None
    height: str | None = None
    caption: str | None = None
    legend: bool = False
    edges: EdgeTable | None = None
    classes: tuple[str, ...] = ()
    figure_classes: tuple[str, ...] = ()


def figure(
    directive: SphinxDirective,
    anchor: str,
    graph: Graph,
    link_targets: Mapping[str, LinkTarget | str],
    look: Look,
) -> nodes.Element:
    """Return the diagram of *graph*, in a figure if it has a caption.

    Args:
        directive: What asks for it.
        anchor: The anchor of the diagram.
        graph: What to draw.
        link_targets: Where nodes lead, by their names: an anchor on this page, or what
            is to be looked for.
        look: How it looks.
    """
    diagram = penstock_diagram(
        "",
        graph=graph,
        format=look.format,
        direction=look.direction,
        prefix=f"{anchor}--in-{_slug(directive.env.docname)}",
        alt=look.alt,
        width=look.width,
        height=look.height,
        legend=look.legend,
        edges=look.edges,
        docname=directive.env.docname,
        link_targets={n.name: link_targets[n.name] for n in graph.nodes if n.name in link_targets},
        drawing=None if is_code(look.format) else _note_drawing(directive, graph, look),
        classes=list(look.classes),
    )
    directive.set_source_info(diagram)
    outer = diagram if look.caption is None else _captioned(directive, diagram, look.caption)
    outer["align"] = look.align or ("default" if outer is not diagram else None)
    outer["classes"] += look.figure_classes
    # A name comes first: numbered figures are found by their first id.
    directive.add_name(outer)
    outer["ids"].append(anchor)
    # Not by `set_id`: since docutils 0.23, it lets the name lead to the last id.
    directive.state.document.ids[anchor] = outer
    return outer


def _captioned(directive: SphinxDirective, diagram: nodes.Element, caption: str) -> nodes.Element:
    inline, messages = directive.parse_inline(caption)
    words = nodes.caption(caption, "", *inline)
    directive.set_source_info(words)
    outer = nodes.figure("", diagram, words, *messages)
    directive.set_source_info(outer)
    return outer


def _note_drawing(directive: SphinxDirective, graph: Graph, look: Look) -> str | None:
    """Return the digest of the image, which is drawn together with all others."""
    try:
        layout = dot_source(graph, look.direction, "layout")
    except MissingExtraError:  # reported where the image is needed
        return None
    sheets = not (look.width or look.height)
    # A layout has no text, and an image of the program has it.
    digest = image_key(f"{__version__}\n{layout}\n{graph!r}\n{sheets}")
    image = Image(layout, graph, look.direction, sheets)
    domain_of(directive.env).note_drawing(directive.env.docname, look.format, digest, image)
    return digest


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
