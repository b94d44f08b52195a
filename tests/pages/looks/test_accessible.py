"""Assistive technology and keyboards can use a diagram, in each theme."""

import pytest
from axe import get_axe, violations
from browser import chromium
from shown_measures import open_page
from shown_sites import THEMES

from penstock.graph import Edge, EdgeCheck, Graph, Node
from penstock.render import draw

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


FORCED = """() => {
    const look = element => getComputedStyle(element);
    const box = document.querySelector(".penstock-diagram"), wrong = [];
    const page = look(box).backgroundColor;
    for (const link of box.querySelectorAll("svg.penstock-flow a")) {
        const card = link.querySelector(".penstock-card"), name = link.textContent;
        for (const text of link.querySelectorAll("text"))
            if ([look(card).fill, "none"].includes(look(text).fill)) wrong.push(`text of ${name}`);
        if (look(card).stroke === page) wrong.push(`outline of ${name}`);
        link.focus();
        const {stroke, fill, strokeWidth} = look(card);
        if (stroke === fill || stroke === page || parseFloat(strokeWidth) < 3)
            wrong.push(`focus of ${name}`);
    }
    for (const line of box.querySelectorAll(".penstock-edge > path"))
        if (look(line).stroke === page) wrong.push("line");
    for (const icon of box.querySelectorAll(".penstock-tools svg"))
        if (look(icon).stroke === page) wrong.push("icon");
    if (look(box).borderTopColor === page) wrong.push("box");
    const view = box.querySelector(".penstock-view");
    if (!look(view).backgroundImage.includes("gradient")) wrong.push("no shadow");
    const colours = look(view).backgroundImage.match(/rgba?\\([^)]*\\)/g);
    if (!colours.some(each => each.startsWith("rgb(") && each !== page)) wrong.push("shadow");
    return wrong;
}"""

LARGE = [(390, "200%"), (640, "100%"), (320, "100%")]
"""The width of a window and its letters: 1280 pixels at twice or four times the size are fewer."""

CUT = """() => {
    const area = element => element.getBoundingClientRect(), wrong = [];
    const row = document.querySelector(".penstock-head"), outer = area(row);
    const parts = [...row.querySelectorAll(".penstock-count, button, a, output")].filter(
        element => area(element).width && element.textContent + element.title);
    for (const part of parts) {
        const {left, right, top, bottom} = area(part), name = part.title || part.className;
        if (left < outer.left || right > outer.right || top < outer.top || bottom > outer.bottom)
            wrong.push(`${name} is outside of its row`);
        if (part.clientWidth && part.scrollWidth > part.clientWidth + 1)
            wrong.push(`${name} is cut`);
        for (const other of parts) {
            const {left: l, right: r, top: t, bottom: b} = area(other);
            if (part !== other && left < r - 1 && l < right - 1 && top < b - 1 && t < bottom - 1)
                wrong.push(`${name} is on ${other.title || other.className}`);
        }
    }
    const tools = [...row.querySelectorAll("button")].filter(each => area(each).width);
    if (new Set(tools.map(each => area(each).top)).size > 1) wrong.push("a column of tools");
    const wide = document.documentElement.scrollWidth;
    document.querySelectorAll("article [class*=penstock], [role=main] [class*=penstock]")
        .forEach(element => element.remove());
    const alone = document.documentElement.scrollWidth;  // headers of some themes are wider
    if (wide > Math.max(alone, innerWidth)) wrong.push(`sideways: ${wide}, not ${alone}`);
    return wrong;
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


CHECKED = Graph(
    name="orders",
    nodes=(Node(name="order", role="entrypoint"), Node(name="check"), Node(name="pay")),
    edges=(
        Edge("order", "check", check=EdgeCheck(verdict="supported", kind="call")),
        Edge("check", "pay", "valid", check=EdgeCheck(verdict="contradicted")),
        Edge("order", "pay", check=EdgeCheck(verdict="undeclared", kind="call")),
    ),
)


def test_signs(chromium, axe):
    """In the accessibility tree, an edge with a sign has a name, and an edge without has none."""
    page = chromium.new_page()
    page.set_content(f"<main><h1>Orders</h1>{draw(CHECKED, 'svg')}</main>")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    images = [
        node["name"]["value"]
        for node in tree["nodes"]
        if node.get("role", {}).get("value") in {"img", "image"} and not node["ignored"]
    ]

    assert sorted(images) == [
        "check leads to pay: the source shows otherwise",
        "order leads to pay: only the source has it",
    ]
    assert violations(page, axe, "svg") == []


@pytest.mark.parametrize("theme", every_theme)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(chromium, shown_page, axe, theme, scheme):
    """Axe finds nothing in the box of a diagram."""
    page = open_page(chromium, shown_page(theme, "three", FLOWS), 1280, color_scheme=scheme)

    assert violations(page, axe, ".penstock-diagram") == []


@pytest.mark.parametrize("theme", every_theme)
def test_axe_on_a_box_that_scrolls(chromium, shown_page, axe, theme):
    """Axe finds nothing where a diagram is wider than its box, which a keyboard can scroll."""
    page = open_page(chromium, shown_page(theme, "words", FLOWS), 390)
    view = page.locator(".penstock-view")

    assert view.evaluate("view => view.scrollWidth > view.clientWidth")
    assert violations(page, axe, ".penstock-diagram") == []


@pytest.mark.parametrize("theme", every_theme)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours(chromium, shown_page, theme, scheme):
    """With colours of the system, words, outlines, focus, tools and shadows can be seen."""
    file = shown_page(theme, "words", FLOWS)
    page = open_page(chromium, file, 390, forced_colors="active", color_scheme=scheme)
    page.keyboard.press("Tab")  # or nothing shows that it has the focus

    assert page.evaluate(FORCED) == []


@pytest.mark.parametrize("theme", every_theme)
@pytest.mark.parametrize(("width", "letters_of_page"), LARGE)
def test_large_letters(chromium, shown_page, theme, width, letters_of_page):
    """At twice the size no word is cut, each tool is in its row, and no page scrolls sideways."""
    page = open_page(chromium, shown_page(theme, "words", FLOWS), 390)
    page.set_viewport_size({"width": width, "height": 700})
    page.evaluate(
        "size => document.documentElement.style.setProperty('font-size', size, 'important')",
        letters_of_page,
    )

    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("theme", every_theme)
def test_focus(chromium, shown_page, theme):
    """The step that has the focus looks different."""
    page = open_page(chromium, shown_page(theme, "three", FLOWS), 1280)
    link = page.locator("svg.penstock-flow a").first
    before = link.evaluate(LOOK)

    page.keyboard.press("Tab")  # what has the focus by a mouse looks as before
    link.focus()

    assert link.evaluate(LOOK) != before
