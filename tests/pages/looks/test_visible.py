"""The entrypoints of a diagram are in view when its top is at the top of the window."""

import pytest
from browser import chromium
from shown_measures import WIDTHS, get_sideways, open_page, see
from shown_sites import FLOWS, THEMES

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan")

HEIGHTS = {
    "furo": 29792,
    "pydata": 45091,
    "rtd": 32227,
    "alabaster": 34863,
    "book": 43702,
    "material": 45912,
    "mkdocs": 40092,
    "readthedocs": 48469,
    "zensical": 44890,
}
"""How many pixels tall a page of 150 steps was without its diagram, before steps had two lines."""

HEIGHT = """() => document.documentElement.scrollHeight
    - document.querySelector(".penstock-diagram").getBoundingClientRect().height"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("flow", FEW)
def test_visible(chromium, shown_page, flow, width):
    """Entrypoints are in view, letters can be read, and an edge shows that there is more."""
    page = open_page(chromium, shown_page("furo", flow, FEW), width)

    assert see(page).faults() == []


@pytest.mark.wide
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_visible_in_each_theme(chromium, shown_page, theme, width):
    """The same is true of flows of every size and form, in each theme and at any width.

    Some themes are themselves wider than the window, also without a flow: PyData's header is.
    """
    page = open_page(chromium, shown_page(theme, "index", FLOWS), width)
    own = max(0, get_sideways(page))
    faults = {}

    for flow in FLOWS:
        page.goto(shown_page(theme, flow, FLOWS).as_uri())
        faults[flow] = see(page, sideways=own).faults()

    assert faults == {flow: [] for flow in FLOWS}


@pytest.mark.wide
@pytest.mark.parametrize("theme", THEMES)
def test_height_of_steps(chromium, shown_page, theme):
    """A page of 150 steps takes a third of the height that it had."""
    page = open_page(chromium, shown_page(theme, "hundred-fifty", FLOWS), 1280)

    assert 0 < page.evaluate(HEIGHT) < HEIGHTS[theme] / 3
