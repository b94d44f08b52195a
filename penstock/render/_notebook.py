"""How a graph shows itself in a notebook."""

from collections.abc import Callable

from penstock.exceptions import PenstockError
from penstock.graph._model import Graph
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._formats.text import render_text
from penstock.render._graphviz.images import render_svg

__all__ = ["mime_bundle"]


def mime_bundle(graph: Graph) -> dict[str, str]:
    """Return *graph* in each form that a notebook may choose from.

    A form that cannot be made here, for want of a Graphviz program or because
    Mermaid would refuse it, is left out: a cell never fails because of its diagram.
    """
    bundle = {"text/plain": render_text(graph)}
    forms: dict[str, Callable[[], str]] = {
        "image/svg+xml": lambda: render_svg(graph, direction="auto"),
        "text/vnd.mermaid": lambda: render_mermaid(graph, styled=True),
    }
    for mime, render in forms.items():
        try:
            bundle[mime] = render()
        except PenstockError:
            continue
    return bundle
