"""Assistive technology and keyboards can use a diagram, in each theme."""

import pytest
from axe import get_axe, violations
from browser import chromium
from shown_measures import open_page
from shown_sites import THEMES

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FLOWS = ("three", "words")
every_theme = [
    pytest.param(theme, marks=[] if theme == "furo" else pytest.mark.wide) for theme in THEMES
]

LABELS = """() => [...document.querySelectorAll("svg.penstock-flow a")].map(link =>
    [...link.querySelectorAll("text")].map(text => text.textContent))"""

LOOK = """link => {
    const shapes = link.querySelectorAll("rect, path, polygon, ellipse");
    return [link, ...shapes].map(element => {
        const {outlineStyle, outlineWidth, stroke, strokeWidth} = getComputedStyle(element);
        return [outlineStyle, outlineWidth, stroke, strokeWidth].join(" ");
    }).join();
}"""


@pytest.fixture
def axe(require, request):
    """Return the script of axe."""
    script = get_axe(request.config.rootpath)
    require("mermaid", script is not None)
    return script


def links_of(page):
    """Return the name and the description of each link of an image, as a screen reader has them."""
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    found = session.send(
        "DOM.querySelectorAll", {"nodeId": root, "selector": "svg.penstock-flow a"}
    )
    links = []
    for node in found["nodeIds"]:
        asked = {"nodeId": node, "fetchRelatives": False}
        tree = session.send("Accessibility.getPartialAXTree", asked)
        own = tree["nodes"][0]
        links.append((own["name"]["value"], own.get("description", {}).get("value", "")))
    return links


def letters(text):
    """Return *text* without white space: a name that is broken has none where its lines meet."""
    return "".join(text.split())


@pytest.mark.parametrize("theme", every_theme)
@pytest.mark.parametrize("flow", FLOWS)
def test_names(chromium, shown_page, theme, flow):
    """The name of a step's link begins with the label that is seen (WCAG 2.5.3)."""
    page = open_page(chromium, shown_page(theme, flow, FLOWS), 1280)

    shown = page.evaluate(LABELS)
    names = links_of(page)
    assert len(shown) == len(names) > 0
    for lines, (name, _) in zip(shown, names, strict=True):
        assert letters(name).startswith(letters("".join(lines[:-1]))), name
        assert all(letters(line) in letters(name) for line in lines)


@pytest.mark.parametrize("theme", every_theme)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(chromium, shown_page, axe, theme, scheme):
    """Axe finds nothing in the box of a diagram."""
    page = open_page(chromium, shown_page(theme, "three", FLOWS), 1280, color_scheme=scheme)

    assert violations(page, axe, ".penstock-diagram") == []


@pytest.mark.parametrize("theme", every_theme)
def test_focus(chromium, shown_page, theme):
    """The step that has the focus looks different."""
    page = open_page(chromium, shown_page(theme, "three", FLOWS), 1280)
    link = page.locator("svg.penstock-flow a").first
    before = link.evaluate(LOOK)

    page.keyboard.press("Tab")  # what has the focus by a mouse looks as before
    link.focus()

    assert link.evaluate(LOOK) != before
