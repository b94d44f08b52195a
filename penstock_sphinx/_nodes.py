"""The nodes that directives leave, and what each builder makes of a diagram."""

from docutils import nodes

__all__ = [
    "penstock_details",
    "penstock_diagram",
    "penstock_gist",
    "penstock_link",
    "penstock_messages",
]


class penstock_diagram(nodes.General, nodes.Inline, nodes.Element):
    """A flow to draw. It holds the graph; builders decide what it looks like.

    Attributes of the node: ``graph``, ``format``, ``direction``, ``prefix`` (what
    ids in the image begin with), ``alt`` (the author's text for it, or
    None), ``width`` and ``height`` (as HTML and LaTeX take them, or None), ``legend``,
    ``docname``, ``drawing`` (the digest of its image) and ``link_targets`` (where its
    nodes lead: a `LinkTarget` by the name of each).

    Once a builder is known, its children are references without text, each with
    the ``node`` from which it leads: other parts of Sphinx resolve and check them.
    """


class penstock_link(nodes.Inline, nodes.TextElement):
    """Words that link to a flow or a step, wherever that is shown.

    Attributes of the node: ``link_target`` (a `LinkTarget`) and ``docname``.
    """


class penstock_details(nodes.General, nodes.Element):
    """The part that readers of HTML unfold. Its first child is a `penstock_gist`."""


class penstock_gist(nodes.General, nodes.TextElement):
    """The words that stay where the rest is folded."""


class penstock_messages(nodes.Invisible, nodes.Element):
    """The words for translators beside the text of the page.

    Attributes of the node: ``messages``.
    """
