"""The entrypoints of a diagram are in view when its top is at the top of the window."""

import pytest
from browser import chromium
from shown_measures import WIDTHS, get_sideways, open_page, see
from shown_sites import FLOWS, THEMES

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan")

GAPS = """() => {
    const steps = [...document.querySelectorAll("dl.penstock-step, div.penstock-step")];
    const lines = steps.map(step => [
        step.matches("dl") ? step.querySelector("dt") : step.previousElementSibling,
        ...step.querySelectorAll(".penstock-meta, .penstock-docstring"),
    ].map(line => line.getBoundingClientRect()));
    const gaps = lines.slice(1).map(([next], at) => next.top - lines[at][0].top
        - lines[at].reduce((all, line) => all + line.height, 0));
    return gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 2)];
}"""


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
    """A step of a long flow is as tall as its lines, with less than a line between two steps."""
    page = open_page(chromium, shown_page(theme, "hundred-fifty", FLOWS), 1280)

    assert 0 < page.evaluate(GAPS) < 15
