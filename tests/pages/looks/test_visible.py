"""The entrypoints of a diagram are in view when its top is at the top of the window."""

import pytest
from browser import chromium
from shown_measures import WIDTHS, get_sideways, open_page, see
from shown_sites import FLOWS, THEMES

from penstock.docs.diagrams import page_stylesheet

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan", "forty")

HEIGHTS = {
    "furo": (36955, 29792),
    "pydata": (52049, 45091),
    "rtd": (38081, 32227),
    "alabaster": (45037, 34863),
    "book": (51920, 43702),
    "material": (53366, 45912),
    "mkdocs": (46339, 40092),
    "readthedocs": (54875, 48469),
    "zensical": (51622, 44890),
}
"""How many pixels tall a page of 150 steps was without its diagram, before steps had two lines.

At widths of 390 and 1280 pixels.
"""

TOOLS = """row => [...document.querySelectorAll(`${row} > :is(button, a)`)]
    .filter(tool => tool.checkVisibility()).map(tool => {
        const {top, width, left, right} = tool.getBoundingClientRect();
        return [Math.round(top), left < 0 || right > innerWidth ? 0 : Math.round(width)];
    })"""

WHOLE = """() => {
    const [step] = document.querySelectorAll("dl.penstock-folded:has(.penstock-meta a + a)");
    const lines = step.querySelectorAll("dt:not(.penstock-title), .penstock-meta");
    return [...lines].map(line => line.scrollWidth <= line.clientWidth);
}"""
"""Whether the signature of a step that leads to others can be seen as a whole, and its line."""

EVIDENCE = f"""<style>
{page_stylesheet()}
.box {{ display: inline-block; margin: 1em -1em; padding: 0 1em; }}
code {{ word-break: break-word; }}
.md-typeset table:not([class]) :is(th, td) {{ min-width: 5rem; padding: .9375em 1.25em; }}
</style>
<div class="penstock-diagram md-typeset">
<details class="penstock-evidence" open><summary>Evidence</summary>
<div class="penstock-scroll"><div class="box"><table><tr><td>receive → check</td><td>call</td>
<td><code>src/warehouse/a_long_name_of_a_module.py:1200</code></td></tr></table></div></div>
</details></div>"""
"""A table in a box as the scripts of Material and Zensical put around it."""

TABLE = """() => {
    const [table, code, scroll] = ["table", "code", ".penstock-scroll"].map(
        name => document.querySelector(name));
    const padding = getComputedStyle(document.querySelector("td")).paddingLeft;
    return [table.offsetWidth === scroll.offsetWidth, code.getClientRects().length, padding];
}"""
"""Whether a table is as wide as its room, how many lines a file has in it, and a cell's padding."""

NARROWER = """async () => {
    const begun = document.getAnimations().filter(each => each.animationName === "penstock-start");
    begun.forEach(each => each.finish());
    await new Promise(requestAnimationFrame);
    document.querySelector(".penstock-view").style.width = "40%";
}"""
"""Takes room from a diagram when it has begun, as a column does that is at the end of a page."""

HEIGHT = """() => document.documentElement.scrollHeight
    - document.querySelector(".penstock-diagram").getBoundingClientRect().height"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("flow", FEW[:2])
def test_visible(chromium, shown_page, flow, width):
    """Entrypoints are in view, letters can be read, and an edge shows that there is more."""
    page = open_page(chromium, shown_page("furo", flow, FEW), width)

    assert see(page).faults() == []


@pytest.mark.parametrize("moved", [False, True])
def test_column_that_comes_late(chromium, shown_page, moved):
    """A diagram begins again when all of its page is there, if nobody has moved it meanwhile."""
    page = open_page(chromium, shown_page("furo", "forty", FEW), 1280)
    view = page.locator(".penstock-view")
    page.evaluate(NARROWER)
    if moved:
        view.hover()
        page.mouse.wheel(1, 0)
        page.wait_for_selector(".penstock-moved")
    before = view.evaluate("view => view.scrollLeft")

    page.evaluate("dispatchEvent(new Event('load'))")

    assert see(page).first is not moved
    assert (view.evaluate("view => view.scrollLeft") == before) is moved


@pytest.mark.parametrize("width", [320, 390])
def test_tools_of_a_telephone(chromium, shown_page, width):
    """The tools that fit are in one row, each as large as a finger, and all of the full screen."""
    page = open_page(chromium, shown_page("furo", "twelve", FEW), 390, has_touch=True)
    page.set_viewport_size({"width": width, "height": 640})

    tools = page.evaluate(TOOLS, ".penstock-tools")
    page.locator("[data-do=full]").tap()
    whole = page.evaluate(TOOLS, ".penstock-full > .penstock-head")

    assert tools == [[tools[0][0], 44]] * 3
    assert whole == [[whole[0][0], 44]] * 6


@pytest.mark.parametrize("reach", ["summary", ".penstock-meta a", "dt"])
def test_lines_on_a_telephone(chromium, shown_page, reach):
    """Lines of a step of a long flow are cut until it is opened, has the focus, or is linked to."""
    page = open_page(chromium, shown_page("furo", "forty", FEW), 390)
    step = page.locator("dl.penstock-folded:has(.penstock-meta a + a)").first
    seen = [page.evaluate(WHOLE)]

    if reach == "dt":
        page.goto(f"{page.url}#{step.locator('dt').last.get_attribute('id')}")
    elif reach == "summary":
        step.locator(reach).click()
    else:
        step.locator(reach).first.focus()
    seen.append(page.evaluate(WHOLE))

    assert seen == [[False, False], [reach != ".penstock-meta a", True]]


@pytest.mark.parametrize(("width", "expected"), [(800, [True, 1, "0px"]), (250, [False, 1, "0px"])])
def test_table_in_a_box(chromium, width, expected):
    """A table of evidence has all the room there is, and no name of a file breaks."""
    page = chromium.new_page(viewport={"width": width, "height": 600})

    page.set_content(EVIDENCE)

    assert page.evaluate(TABLE) == expected


@pytest.mark.parametrize(
    "theme", ["alabaster", "rtd", pytest.param("book", marks=pytest.mark.wide)]
)
def test_contents_on_a_telephone(chromium, shown_page, theme):
    """A table of contents with long names of steps is as wide as the window."""
    page = open_page(chromium, shown_page(theme, "index", ("words",)), 390)

    assert page.locator("a[href*='#penstock--words']").count() > 1
    assert get_sideways(page) <= 0


BROKEN = """() => {
    const broken = [], range = document.createRange();
    const lines = document.querySelectorAll("h2, dl.penstock-step > dt, .penstock-signature");
    for (const line of lines) {
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node; (node = walker.nextNode());) {
            for (let at = 1; at < node.length; at++) {
                const ends = node.data.slice(at - 1, at + 1);
                const tops = [at - 1, at].map(begin => {
                    range.setStart(node, begin);
                    range.setEnd(node, begin + 1);
                    return range.getBoundingClientRect().top;
                });
                if (/^\\w\\w$/.test(ends) && tops[1] > tops[0] + 5) broken.push(line.textContent);
            }
        }
    }
    return broken;
}"""


@pytest.mark.parametrize(
    "theme",
    [
        pytest.param(theme, marks=() if theme in {"alabaster", "material"} else pytest.mark.wide)
        for theme in THEMES
    ],
)
def test_words_of_signatures(chromium, shown_page, theme):
    """No word of a signature is broken on a telephone."""
    page = open_page(chromium, shown_page(theme, "twelve", FEW), 390)

    assert page.locator("text=retries").count() >= 12
    assert page.evaluate(BROKEN) == []


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
    """A page of 150 steps takes a third of the height that it had, on a telephone too."""
    file = shown_page(theme, "hundred-fifty", FLOWS)

    heights = [open_page(chromium, file, width).evaluate(HEIGHT) for width in (390, 1280)]

    assert all(0 < now < then / 3 for now, then in zip(heights, HEIGHTS[theme], strict=True))
