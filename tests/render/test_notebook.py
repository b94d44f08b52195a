"""A flow shows itself in a notebook."""

import pytest

from penstock import entrypoint, flow, get_flow
from penstock.exceptions import MissingExtraError
from penstock.render import _notebook
from penstock.testing import isolated_registry


def bundle() -> dict[str, str]:
    flow("orders", title="Orders")(entrypoint(name="receive")(print))
    return get_flow("orders")._repr_mimebundle_(include=None, exclude=None)


@pytest.mark.needs("Graphviz program")
def test_forms():
    """A notebook may choose between an image, Mermaid and a tree of text."""
    actual = bundle()

    assert {mime: text.lstrip()[:4] for mime, text in actual.items()} == {
        "text/plain": "Orde",
        "image/svg+xml": "<svg",
        "text/vnd.mermaid": actual["text/vnd.mermaid"][:4],
    }


def test_without_graphviz(monkeypatch):
    """Without a Graphviz program a cell still shows the flow."""

    def fail(_: object, **__: object) -> str:
        raise MissingExtraError("drawing an image", "a Graphviz program", "png")

    monkeypatch.setattr(_notebook, "render_svg", fail)

    assert bundle().keys() == {"text/plain", "text/vnd.mermaid"}


def test_decorator():
    """The decorator that `flow` returns displays the flow, or itself if no step is declared."""
    orders = flow("orders")
    orders(entrypoint(name="receive")(print))

    assert orders._repr_mimebundle_() == get_flow("orders")._repr_mimebundle_()
    with isolated_registry():
        assert orders._repr_mimebundle_() == {"text/plain": "flow('orders')"}
