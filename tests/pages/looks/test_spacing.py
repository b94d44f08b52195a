"""Strings, boxes and lines of a diagram do not meet, in fonts that differ in width."""

import runpy

import pytest
import shown_flows
from browser import chromium
from shown_measures import FONTS, meetings
from shown_sites import FLOWS

from penstock.docs.diagrams import draw_svg
from penstock.graph import get_flow

__all__ = ["chromium"]

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(chromium, tmp_path):
    """Return what opens the diagram of a flow that `shown_flows` declares."""
    runpy.run_path(shown_flows.__file__, run_name="shown_flows")
    page = chromium.new_page()

    def open_diagram(flow, direction):
        drawn = draw_svg(get_flow(flow).graph(), direction=direction)
        file = tmp_path / f"{flow}-{direction}.svg.html"
        file.write_text(f"<meta charset=utf-8>{drawn.svg}", encoding="utf-8")
        page.goto(file.as_uri())
        return page

    return open_diagram


@pytest.mark.parametrize("fonts", FONTS, ids=lambda fonts: fonts[0])
def test_nothing_meets(opened, fonts):
    """No string is on an outline, a string or a line, and no line is in the box of a step."""
    assert meetings(opened("words", "TD"), fonts) == []


@pytest.mark.wide
@pytest.mark.parametrize("direction", ["TD", "LR"])
@pytest.mark.parametrize("flow", [flow for flow in FLOWS if flow != "forty"])
def test_nothing_meets_in_any_flow(opened, flow, direction):
    """The same is true of flows of every size and form."""
    page = opened(flow, direction)

    assert [meetings(page, fonts) for fonts in FONTS] == [[], []]


MEETINGS = {
    "a step that is moved": (
        """document.querySelectorAll(".penstock-node")[2].setAttribute(
            "transform", "translate(0 -80)")""",
        "is on another box",
    ),
    "letters that are larger": (
        """document.querySelectorAll("text").forEach(text => text.style.fontSize = "22px")""",
        "px at a side",
    ),
    "a line that is moved": (
        """document.querySelectorAll(".penstock-edge path").forEach(
            path => path.setAttribute("transform", "translate(0 45)"))""",
        "a line is in the box of",
    ),
}


@pytest.mark.parametrize("change", MEETINGS)
def test_what_meets_is_found(opened, change):
    """The measure finds what is on something else."""
    script, expected = MEETINGS[change]
    page = opened("words", "TD")
    page.evaluate(f"() => {{{script}}}")

    assert any(expected in found for found in meetings(page, FONTS[0]))
