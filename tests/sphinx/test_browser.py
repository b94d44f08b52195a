"""Pages of the Sphinx extension, as a reader sees them in a browser without a network."""

import pytest
from browser import Reader, chromium

__all__ = ["chromium"]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["furo", "alabaster"])
@pytest.mark.parametrize(
    ("builder", "file"), [("html", "flows.html"), ("dirhtml", "flows/index.html")]
)
def test_node_leads_to_its_step(chromium, project, theme, builder, file):
    """A click on a node shows the description of its step, and nothing is loaded from outside."""
    made = project()
    made.write("flows.rst", (made.folder / "index.rst").read_text(encoding="utf-8"))
    made.write("index.rst", "Start\n=====\n\n.. toctree::\n\n   flows\n")

    reader = Reader(chromium, made.build(builder, html_theme=theme).folder / file)

    assert reader.nodes() == ["Receive the order", "charge", "pack", "send"]
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    assert (reader.outside, reader.errors) == ([], [])


def test_single_page(chromium, project):
    """On a single page that is made of several, nodes lead to their steps."""
    made = project()
    made.write("flows.rst", (made.folder / "index.rst").read_text(encoding="utf-8"))
    made.write("index.rst", "Start\n=====\n\n.. toctree::\n\n   flows\n")

    reader = Reader(chromium, made.build("singlehtml").folder / "index.html")

    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")


@pytest.mark.parametrize("theme", ["furo", "alabaster"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(chromium, project, theme, scheme):
    """A diagram is dark where the page is, and only there."""
    page = project().build(html_theme=theme).folder / "index.html"

    colours = Reader(chromium, page, scheme).colours()

    dark = (scheme, theme) == ("dark", "furo")
    assert colours["fill"] == ("rgb(30, 58, 138)" if dark else "rgb(219, 234, 254)")
    assert colours["text"] == ("rgb(219, 234, 254)" if dark else "rgb(30, 58, 138)")


def test_mermaid(chromium, project, require, request):
    """Mermaid draws the flow in the page, and its nodes lead to the steps."""
    from real_mermaid import VERSIONS, get_bundle

    bundle = get_bundle(VERSIONS[-1], request.config.rootpath)
    require("mermaid", bundle is not None)
    made = project(":format: mermaid")
    made.write("_static/mermaid.js", bundle.read_text(encoding="utf-8"))
    built = made.build(html_static_path=["_static"], penstock_mermaid_js="mermaid.js")

    reader = Reader(chromium, built.folder / "index.html")

    drawing = reader.page.locator(".penstock-figure svg, .mermaid svg").first
    drawing.wait_for()
    assert "Receive the order" in drawing.text_content()
    links = [link.get_attribute("xlink:href") for link in drawing.locator("a").all()]
    assert links == [f"#penstock--orders--{s}" for s in ("receive", "charge", "pack", "send")]
    assert (reader.outside, reader.errors) == ([], [])
