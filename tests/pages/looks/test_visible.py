"""The entrypoints of a diagram are in view when its top is at the top of the window."""

import pytest
from browser import chromium
from shown_measures import WIDTHS, get_sideways, open_page, see
from shown_sites import FLOWS, THEMES

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan", "forty")

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

TOOLS = """() => [...document.querySelectorAll(".penstock-tools > :is(button, a)")]
    .filter(tool => tool.checkVisibility()).map(tool => {
        const {top, width} = tool.getBoundingClientRect();
        return [Math.round(top), Math.round(width)];
    })"""

SIGNATURE = """() => {
    const [signature] = document.querySelectorAll("dl.penstock-folded > dt:not(.penstock-title)");
    return signature.scrollWidth <= signature.clientWidth;
}"""

HEIGHT = """() => document.documentElement.scrollHeight
    - document.querySelector(".penstock-diagram").getBoundingClientRect().height"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("flow", FEW[:2])
def test_visible(chromium, shown_page, flow, width):
    """Entrypoints are in view, letters can be read, and an edge shows that there is more."""
    page = open_page(chromium, shown_page("furo", flow, FEW), width)

    assert see(page).faults() == []


def test_tools_of_a_telephone(chromium, shown_page):
    """The tools that fit are in one row, each as large as a finger."""
    page = open_page(chromium, shown_page("furo", "twelve", FEW), 390, has_touch=True)

    tools = page.evaluate(TOOLS)
    assert tools == [[tools[0][0], 44]] * 3


def test_signature_on_a_telephone(chromium, shown_page):
    """A signature of a long flow has one line until its step is opened."""
    page = open_page(chromium, shown_page("furo", "forty", FEW), 390)

    seen = [page.evaluate(SIGNATURE)]
    page.locator(".penstock-folded summary").first.click()
    seen.append(page.evaluate(SIGNATURE))

    assert seen == [False, True]


@pytest.mark.parametrize(
    "theme", ["alabaster", "rtd", pytest.param("book", marks=pytest.mark.wide)]
)
def test_contents_on_a_telephone(chromium, shown_page, theme):
    """A table of contents with long names of steps is as wide as the window."""
    page = open_page(chromium, shown_page(theme, "index", ("words",)), 390)

    assert page.locator("a[href*='#penstock--words']").count() > 1
    assert get_sideways(page) <= 0


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
    """A page of 150 steps takes a third of the height that it had; on a telephone, half of that."""
    file = shown_page(theme, "hundred-fifty", FLOWS)
    wide, narrow = (open_page(chromium, file, width).evaluate(HEIGHT) for width in (1280, 390))

    assert 0 < wide < HEIGHTS[theme] / 3
    assert 0 < narrow < HEIGHTS[theme] / 2
