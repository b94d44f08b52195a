"""The box around a diagram in a browser: what is visible, and its script."""

import gzip

import pytest
from browser import Reader, chromium
from real_mermaid import VERSIONS, get_bundle

from penstock.docs.diagrams import page_script

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FLOWS = """
from penstock import entrypoint, flow, step

fan = flow("fan", title="Fan")
fan(entrypoint(name="start", kind="kafka")(print))
for number in range(12):
    fan(step(name=f"handle_a_long_target_{number}", after="start")(print))
"""
PAGE = """
Fan
===

.. penstock-flow:: fan
   :steps: none
   :direction: TD

.. penstock-flow:: fan
   :steps: none
   :direction: TD
   :format: mermaid

.. penstock-flow:: fan
   :steps: none
   :direction: TD
"""
MOST = 4096
"""Bytes of the script as a server sends it."""

SVG = 0

VISIBLE = """view => {
    const {left, right} = view.getBoundingClientRect();
    return [...view.querySelectorAll(".penstock-entrypoint")].every(start => {
        const box = start.getBoundingClientRect();
        return left <= box.left && box.right <= Math.min(right, innerWidth);
    });
}"""
SIZE = "image => image.getBoundingClientRect().width"


@pytest.fixture(scope="module")
def folder(new_project, require, request):
    """Return the folder of a page with three diagrams of one flow."""
    bundle = get_bundle(VERSIONS[-1], request.config.rootpath)
    require("mermaid", bundle is not None)
    made = new_project()
    made.write("shop.py", FLOWS)
    made.write("mermaid.js", bundle.read_text(encoding="utf-8"))
    made.write("index.rst", PAGE)
    return made.build(penstock_mermaid_js="mermaid.js").folder


def image(reader, number):
    """Return what is drawn."""
    return reader.page.locator("svg.penstock-flow, .mermaid > svg").nth(number)


def width(reader, number):
    return image(reader, number).evaluate(SIZE)


def test_size_of_script():
    """A page loads no more than four kilobytes."""
    assert len(gzip.compress(page_script().encode(), 9)) <= MOST


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [390, 1280])
def test_opens_at_the_entrypoint(chromium, folder, size, scripts):
    """A diagram that is too wide shrinks a little, and is scrolled to where the flow begins."""
    reader = Reader(chromium, folder / "index.html", width=size, scripts=scripts)
    view = reader.page.locator(".penstock-view").nth(SVG)
    reader.page.wait_for_timeout(500)  # the style sheet scrolls when the page is shown

    assert view.evaluate("view => view.scrollWidth > view.clientWidth")
    assert view.evaluate(VISIBLE)
    natural = float(image(reader, SVG).get_attribute("width"))
    assert width(reader, SVG) == pytest.approx(natural * 0.92, abs=1)
    assert reader.page.locator(".penstock-count").nth(SVG).inner_text() == "13 steps · 1 entrypoint"
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
