"""Pages of MkDocs, ProperDocs and Zensical, as a reader sees them without a network."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from browser import Reader, chromium, served
from real_mermaid import VERSIONS, get_bundle
from shop_source import SHOP

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

PALETTE = [
    {"media": "(prefers-color-scheme: light)", "scheme": "default"},
    {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
]
# Without highlight.js, which these themes take from the network.
BOOTSTRAP = {"name": "mkdocs", "color_mode": "auto", "highlightjs": False}
READTHEDOCS = {"name": "readthedocs", "highlightjs": False}
MATERIAL = {"name": "material", "font": False, "palette": PALETTE}
SITES = {
    "mkdocs-mkdocs": ("mkdocs", BOOTSTRAP),
    "mkdocs-readthedocs": ("mkdocs", READTHEDOCS),
    "mkdocs-material": ("mkdocs", MATERIAL),
    "properdocs-mkdocs": ("properdocs", BOOTSTRAP),
    "properdocs-readthedocs": ("properdocs", READTHEDOCS),
    "zensical-modern": ("zensical", {"variant": "modern", "font": False, "palette": PALETTE}),
    "zensical-classic": ("zensical", {"variant": "classic", "font": False, "palette": PALETTE}),
}
PAGE = "# Shop\n\nHow we sell.\n\n::: penstock-flow orders\n    caption: How an order goes\n"
WIDE = PAGE + "    direction: LR\n"
LIGHT = ("rgb(219, 234, 254)", "rgb(30, 58, 138)")
DARK = LIGHT[::-1]
STEPS = ["Receive the order", "charge", "pack", "send"]


@pytest.fixture(params=SITES)
def look(request):
    """Return the name of a builder and a theme."""
    return request.param


@pytest.fixture(scope="module")
def pages(tmp_path_factory, require, request):
    """Return what builds a site, once, whose pages show a flow in a format."""
    built = {}

    def build(look, format_="svg"):
        if (look, format_) not in built:
            folder = tmp_path_factory.mktemp(f"{look}-{format_}")
            built[look, format_] = build_site(folder, look, format_)
        return built[look, format_]

    def build_site(folder, look, format_):
        program, theme = SITES[look]
        require(program, find_spec(program) is not None)
        options = {"modules": ["shop"], "pythonpath": ["."], "format": format_}
        said = {"site_name": "Shop", "theme": theme, "use_directory_urls": False}
        (folder / "docs").mkdir()
        if format_ == "mermaid":
            bundle = get_bundle(VERSIONS[-1], request.config.rootpath)
            require("mermaid", bundle is not None)
            script = bundle.read_text(encoding="utf-8")
            if program == "zensical":
                (folder / "docs" / "mermaid.js").write_text(script, encoding="utf-8")
                said["extra_javascript"] = ["mermaid.js"]
            else:
                (folder / "mermaid.js").write_text(script, encoding="utf-8")
                options["mermaid_js"] = "mermaid.js"
        if program == "zensical":
            said["markdown_extensions"] = [{"toc": {}}, {"penstock_flows": options}]
        else:
            said["plugins"] = ["search", {"penstock": options}]
        (folder / "shop.py").write_text(SHOP, encoding="utf-8")
        (folder / "docs" / "index.md").write_text(PAGE, encoding="utf-8")
        (folder / "docs" / "wide.md").write_text(WIDE, encoding="utf-8")
        # YAML, in its other spelling.
        (folder / "mkdocs.yml").write_text(json.dumps(said), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", program, "build", "--strict", "-f", "mkdocs.yml"],
            cwd=folder,
            check=True,
            capture_output=True,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        )
        return folder / "site"

    return build


def test_node_leads_to_its_step(chromium, pages, look):
    """A diagram is seen, and a click on a node shows the description of its step."""
    reader = Reader(chromium, pages(look) / "index.html")

    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert reader.nodes() == STEPS
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    assert reader.outside == []


@pytest.mark.parametrize("format_", ["svg", "mermaid", "png"])
def test_no_network(chromium, pages, look, format_):
    """No page with a flow asks the network for anything."""
    reader = Reader(chromium, pages(look, format_) / "index.html")
    reader.page.wait_for_load_state("networkidle")

    assert reader.outside == []


def test_without_scripts(chromium, pages, look):
    """Without scripts, the flow is there and its links work."""
    reader = Reader(chromium, pages(look) / "index.html", scripts=False)

    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert "Sends it." in reader.click("send")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(chromium, pages, look, scheme):
    """A flow is dark where the page follows a dark system, and only there."""
    reader = Reader(chromium, pages(look) / "index.html", scheme)

    colours = reader.colours()

    dark = scheme == "dark" and "readthedocs" not in look
    assert (colours["fill"], colours["text"]) == (DARK if dark else LIGHT)


def test_focus(chromium, pages, look):
    """The tab key reaches each node, which shows that it has the focus, and Enter follows it."""
    reader = Reader(chromium, pages(look) / "index.html")

    reader.tab_to(".penstock-diagram svg a")
    ring = reader.page.evaluate("getComputedStyle(document.activeElement).outline")
    for _ in STEPS[1:]:
        reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")

    assert "solid 2px" in ring
    reader.page.wait_for_url("**/*#penstock--orders--send")


def test_wide_flow(chromium, pages, look):
    """A flow that is wider than the page scrolls in its box, and the page does not."""
    reader = Reader(chromium, pages(look) / "wide.html", width=380)

    reader.tab_to(".penstock-diagram a[*|href$='send']")

    box = reader.page.locator(".penstock-diagram")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert box.evaluate("box => box.scrollLeft") > 0


def wait_for_drawing(reader):
    """Wait for Mermaid. Material and Zensical put a picture where no selector of ours reaches."""
    reader.page.wait_for_function(
        """() => {
            const drawn = document.querySelector(".mermaid");
            const {height} = drawn.getBoundingClientRect();
            return !drawn.innerText.includes("accTitle")
                && (drawn.querySelector("svg .node") || drawn.tagName === "DIV")
                && height > 200;
        }"""
    )


def test_mermaid(chromium, pages, look):
    """A local script draws the flow in every theme, without an error or a request."""
    with served(pages(look, "mermaid")) as address:
        reader = Reader(chromium, address)
        wait_for_drawing(reader)

        errors = set(reader.errors)
        if look in {"mkdocs-mkdocs", "properdocs-mkdocs"}:
            # The theme's own: its dark mode looks for highlight.js, which is switched off.
            errors.discard("Cannot set properties of null (setting 'disabled')")
        assert (reader.outside, errors) == ([], set())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_mermaid(chromium, pages, look, scheme):
    """Mermaid's pictures are dark where the page follows a dark system, and only there."""
    with served(pages(look, "mermaid")) as address:
        reader = Reader(chromium, address, scheme)
        wait_for_drawing(reader)

        dark = scheme == "dark" and "readthedocs" not in look
        fills = {LIGHT[0], DARK[0]}
        assert reader.painted(".mermaid") & fills == {(DARK if dark else LIGHT)[0]}


def test_mermaid_leads_to_steps(chromium, pages):
    """A click on a node that Mermaid drew shows the description of its step."""
    with served(pages("mkdocs-mkdocs", "mermaid")) as address:
        reader = Reader(chromium, address)
        reader.wait_for_drawing()

        assert "Sends it." in reader.click("send")


def test_png(chromium, pages, look):
    """A PNG is part of the page."""
    reader = Reader(chromium, pages(look, "png") / "index.html")

    picture = reader.page.locator(".penstock-diagram img")
    assert picture.evaluate("picture => picture.naturalWidth") > 100
