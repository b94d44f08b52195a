"""Pages of MkDocs, ProperDocs and Zensical, as readers see them without a network.

The site of each theme is built once, and its pages are opened once for each way of reading them:
what is asked of a page that stays open leaves it as it was for the next.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from browser import Reader, chromium, served
from builders import run_builder
from real_mermaid import VERSIONS, get_bundle
from shop_source import write_shop

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

# Without highlight.js, which these themes take from the network.
BOOTSTRAP = {"name": "mkdocs", "color_mode": "auto", "highlightjs": False}
READTHEDOCS = {"name": "readthedocs", "highlightjs": False}
# Such themes load pages by script.
MATERIAL = {
    "font": False,
    "features": ["navigation.instant", "navigation.instant.preview", "navigation.instant.prefetch"],
    "palette": [
        {"media": "(prefers-color-scheme: light)", "scheme": "default"},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
    ],
}
SITES = {
    "mkdocs-mkdocs": ("mkdocs", BOOTSTRAP),
    "mkdocs-readthedocs": ("mkdocs", READTHEDOCS),
    "mkdocs-material": ("mkdocs", {"name": "material"} | MATERIAL),
    "properdocs-mkdocs": ("properdocs", BOOTSTRAP),
    "properdocs-readthedocs": ("properdocs", READTHEDOCS),
    "properdocs-material": ("properdocs", {"name": "material"} | MATERIAL),
    "zensical-modern": ("zensical", {"variant": "modern"} | MATERIAL),
    "zensical-classic": ("zensical", {"variant": "classic"} | MATERIAL),
}
FORKED = ("properdocs-mkdocs", "properdocs-readthedocs")
LOOKS_OF_SITES = [
    # The themes are those of MkDocs, of which ProperDocs is a fork.
    pytest.param(name, marks=pytest.mark.wide) if name in FORKED else name
    for name in SITES
]
PAGES = {
    "index.md": "# Home\n\n[A preview](orders.md#how-it-goes)\n\n"
    "::: penstock-flows\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
    "orders.md": "# Orders\n\n## How it goes\n\n::: penstock-flow orders\n    caption: So\n",
    "alone.md": "# Alone\n\n::: penstock-flow orders\n    steps: none\n",
    "image.md": "# Image\n\n::: penstock-flow orders\n    format: png\n    steps: none\n",
    "drawn.md": "# Drawn\n\n::: penstock-flow orders\n    steps: none\n\n"
    "::: penstock-flow orders\n    format: mermaid\n",
    "wide.md": "# Wide\n\n::: penstock-flow orders\n    direction: LR\n\n::: penstock-flows\n",
}
LIGHT = ("rgb(219, 234, 254)", "rgb(30, 58, 138)")
DARK = LIGHT[::-1]
"""The colours in which Mermaid paints an entrypoint with, and its text."""

DRAWN_LIGHT = ("rgb(29, 78, 216)", "rgb(255, 255, 255)")
DRAWN_DARK = ("rgb(143, 180, 255)", "rgb(10, 22, 51)")
STEPS = ["Receive the order", "charge", "pack", "send"]
OF_THE_THEME = "Cannot set properties of null (setting 'disabled')"
"""An error of Bootstrap's dark mode, which looks for highlight.js, which is switched off."""

LOOKS = """() => [...document.querySelectorAll('table')].map(table => {
    const cells = ['th', 'td'].map(name => getComputedStyle(table.querySelector(name)))
    return cells.map(cell => [cell.fontWeight, cell.padding, cell.borderTop, cell.color])
})"""
SHOWN = "title => document.querySelector('h1')?.innerText.includes(title)"
# Material and Zensical put an image in a closed shadow root, which no selector can reach.
DRAWN = """() => {
    const drawn = document.querySelector(".mermaid");
    const {height} = drawn.getBoundingClientRect();
    return !drawn.innerText.includes("accTitle")
        && (drawn.querySelector("svg .node") || drawn.tagName === "DIV")
        && height > 200;
}"""


class Site(NamedTuple):
    """A site that is built, and served."""

    look: str
    folder: Path
    address: str

    @property
    def is_instant(self):
        """Whether the theme loads pages by script."""
        return "features" in SITES[self.look][1]

    @property
    def has_tools(self):
        """Whether the site has the script of penstock."""
        return self.look != "zensical-classic"

    @property
    def has_dark(self):
        """Whether the theme has dark pages."""
        return "readthedocs" not in self.look

    def file(self, page):
        return self.folder / page / "index.html"


@pytest.fixture(scope="module", params=LOOKS_OF_SITES)
def site(request, require, tmp_path_factory):
    """Return the site of a builder and a theme."""
    program, theme = SITES[request.param]
    require(program, find_spec(program) is not None)
    bundle = get_bundle(VERSIONS[-1], request.config.rootpath)
    require("mermaid", bundle is not None)
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "site").mkdir()
    with served(folder / "site") as address:
        build(folder, program, theme, address, bundle.read_text(encoding="utf-8"))
        yield Site(request.param, folder / "site", address)


def build(folder, program, theme, address, script):
    """Build a site for the address at which it is served."""
    options = write_shop(folder)
    config = {"site_name": "Shop", "site_url": address, "theme": theme}
    (folder / "docs").mkdir()
    if program == "zensical":
        (folder / "docs" / "mermaid.js").write_text(script, encoding="utf-8")
        config["extra_javascript"] = ["mermaid.js"]
        if theme["variant"] == "modern":
            options |= {"css": False}
            config["extra_javascript"].append("assets/penstock.js")
            config["extra_css"] = ["assets/penstock.css"]
            command = [sys.executable, "-m", "penstock", "assets", folder / "docs/assets"]
            subprocess.run(command, check=True, capture_output=True)
        config["markdown_extensions"] = [{"toc": {}}, {"tables": {}}, {"penstock_flows": options}]
    else:
        (folder / "mermaid.js").write_text(script, encoding="utf-8")
        config["plugins"] = ["search", {"penstock": options | {"mermaid_js": "mermaid.js"}}]
    for name, text in PAGES.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    # YAML, in its other spelling.
    (folder / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    done = run_builder(program, "build", "--strict", "-f", "mkdocs.yml", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def reader(running_chromium, site):
    """Return a reader of a flow from disk, who has no script of Mermaid."""
    reader = Reader(running_chromium, site.file("orders"), without="**/*mermaid.js")
    yield reader
    reader.page.context.close()


def errors(reader):
    """Return what went wrong on the pages that a reader saw, in the order in which it did."""
    return [error for error in reader.errors if error != OF_THE_THEME]


def test_colours(reader):
    """A flow is light where the system is."""
    colours = reader.colours()

    assert (colours["fill"], colours["text"]) == DRAWN_LIGHT


RING = """() => {
    const card = document.activeElement.querySelector(".penstock-card");
    if (card) return `${getComputedStyle(card).stroke} ${getComputedStyle(card).strokeWidth}`;
    return getComputedStyle(document.activeElement).outline.match(/solid .*/)?.[0];
}"""
"""The ring around a step, which is in SVG the outline of its card."""


def test_focus(reader):
    """The tab key reaches each node, which shows that it has the focus, and Enter follows it."""
    reader.tab_to(".penstock-diagram svg a")
    ring = reader.page.evaluate(RING)
    for _ in STEPS[1:]:
        reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")

    assert ring in {"rgb(27, 35, 48) 3px", "solid 2px"}
    reader.page.wait_for_url("**/*#penstock--orders--send")


def test_node_leads_to_its_step(reader):
    """A diagram is seen, and a click on a node shows the description of its step."""
    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert reader.nodes() == STEPS
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    reader.page.wait_for_load_state("networkidle")
    assert reader.outside == []


def test_without_scripts(chromium, site):
    """Without scripts, the flow is there and its links work."""
    reader = Reader(chromium, site.file("orders"), scripts=False)

    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert "Sends it." in reader.click("send")
    if not site.look.startswith("zensical"):  # the extension alone adds no files
        reader.page.get_by_role("link", name="SVG file").click()
        reader.page.wait_for_url("**/assets/penstock/orders-*.svg")


def test_narrow_page(chromium, site):
    """A flow that is wider than the page scrolls in its box; no table makes the page wider."""
    reader = Reader(chromium, site.file("wide"), width=320, without="**/*mermaid.js")

    reader.tab_to(".penstock-diagram a[*|href$='send']")

    box = reader.page.locator(".penstock-view")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert box.evaluate("box => box.scrollLeft") > 0
    assert reader.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_dark_system(chromium, site):
    """Each flow is dark where the page follows a dark system, drawn by Mermaid too."""
    reader = Reader(chromium, f"{site.address}drawn/", "dark")
    reader.page.wait_for_function(DRAWN)

    expected = DARK if site.has_dark else LIGHT
    colours = reader.colours()
    drawn = DRAWN_DARK if site.has_dark else DRAWN_LIGHT
    assert (colours["fill"], colours["text"]) == drawn
    assert reader.painted(".mermaid") & {*LIGHT} == {expected[0]}
    assert (reader.outside, errors(reader)) == ([], [])


def go_to(reader, title):
    """Click the link to a page in the navigation, and wait until the page is shown."""
    links = reader.page.get_by_role("link", name=title, exact=True)
    links.locator("visible=true").first.click()
    reader.page.wait_for_function(SHOWN, arg=title)


TOOLS = ["Zoom out", "Zoom in", "Fit", "Full screen", "Copy as Mermaid", "Download as SVG"]
WIDE = """box => (box.querySelector("svg.penstock-flow, .mermaid > svg")
    ?? box.querySelector(".mermaid")).getBoundingClientRect().width"""


def use_tools(reader, title, number=0, tools=TOOLS):
    """Check that a diagram has the *tools* once, and that they work."""
    box = reader.page.locator(".penstock-diagram").nth(number)
    box.locator("[data-do=full]").wait_for()
    names = box.locator(".penstock-tools > :not(output, .penstock-file)").evaluate_all(
        "all => all.map(button => button.title)"
    )
    assert names == tools
    before = box.evaluate(WIDE)
    box.get_by_role("button", name="Zoom in").click()
    assert box.evaluate(WIDE) == pytest.approx(before * 1.25, rel=0.02)
    box.get_by_role("button", name="Full screen").click()
    dialog = reader.page.locator("dialog.penstock-full")
    assert dialog.get_attribute("aria-label") == title
    reader.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert box.evaluate(WIDE) == pytest.approx(before, abs=1)


def test_page_after_page(chromium, site):
    """From page to page readers see each flow as it is, and no script of a theme fails."""
    reader = Reader(chromium, site.address)
    reader.page.evaluate("window.first = true")
    ours, other, *_ = reader.page.evaluate(LOOKS)
    if site.is_instant:
        reader.page.get_by_role("link", name="A preview").hover()
        reader.page.locator("[role=dialog] svg.penstock-flow").wait_for()

    go_to(reader, "Orders")
    assert "Sends it." in reader.click("send")
    if site.has_tools:
        use_tools(reader, "Orders")
    go_to(reader, "Alone")
    assert reader.page.locator("svg.penstock-flow").is_visible()
    if site.has_tools:
        use_tools(reader, "Orders")
    go_to(reader, "Image")
    image = reader.page.locator(".penstock-diagram img:not(.penstock-dark)")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    go_to(reader, "Orders")
    assert "Charges it." in reader.click("charge")
    go_to(reader, "Drawn")
    reader.page.wait_for_function(DRAWN)
    assert reader.painted(".mermaid") & {*LIGHT} == {LIGHT[0]}
    if site.has_tools:
        # Nobody reaches what is in a closed shadow root, so it cannot be downloaded.
        use_tools(reader, "Orders", 1, TOOLS[:-1] if site.is_instant else TOOLS)
    if not site.is_instant:
        assert "Sends it." in reader.click("send", inside=".mermaid svg")
    go_to(reader, "Home")
    reader.page.wait_for_load_state("networkidle")

    assert ours == other  # the table of all flows looks like the site's own
    assert reader.page.evaluate("window.first === true") is site.is_instant
    assert (reader.outside, errors(reader)) == ([], [])
