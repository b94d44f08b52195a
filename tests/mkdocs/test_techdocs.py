"""Pages of Backstage's TechDocs: what is left of flows when its reader has cleaned them."""

import re
from html import unescape

import pytest
from browser import chromium
from neighbour_site import Site
from npm_scripts import get_script

from penstock.graph import Edge, EdgeCheck, Graph, Node
from penstock.render import draw

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

PENSTOCK = {"penstock": {"catalog": "flows.json"}}
PAGES = {
    "index.md": "# Home\n\n::: penstock-flow orders\n",
    "other.md": "# Other\n\n::: penstock-flow orders\n    format: png\n    steps: none\n\n"
    "::: penstock-flow orders\n    format: mermaid\n    steps: none\n",
}
# As `sanitizeDOM` in Backstage's plugin `techdocs`: no style sheet but the theme's is left.
CLEAN = """html => {
    DOMPurify.addHook("beforeSanitizeElements", node => {
        if (node.nodeName === "LINK") node.remove();
    });
    const dom = new DOMParser().parseFromString(html, "text/html").documentElement;
    const clean = DOMPurify.sanitize(dom.innerHTML, {
        ADD_TAGS: ["link"], FORBID_TAGS: ["style"], WHOLE_DOCUMENT: true, RETURN_DOM: true,
    });
    const holder = document.createElement("div");
    document.body.replaceChildren(holder);
    const shadow = holder.attachShadow({mode: "open"});
    shadow.append(clean.querySelector("article"));
    window.shown = shadow;
}"""
DIAGRAM = """() => {
    const links = [...shown.querySelectorAll("svg.penstock-flow a")];
    const shape = links[0].querySelector(".penstock-card");
    return {
        fill: getComputedStyle(shape).fill,
        titles: links.map(link => link.querySelector("text").textContent),
        name: shown.querySelector("svg.penstock-flow > title").textContent,
        found: links.map(link => link.getAttribute("xlink:href").slice(1))
            .filter(id => shown.getElementById(id)).length,
        isSeen: shape.getBoundingClientRect().width > 50,
    };
}"""


def mark(order):
    return pytest.param(order, marks=pytest.mark.wide)


@pytest.fixture(scope="module", params=[mark("first"), mark("last"), "alone"])
def site(request, tmp_path_factory):
    """Return the site as TechDocs builds it, or as the theme of TechDocs alone does."""
    folder = tmp_path_factory.mktemp(request.param) / "site"
    if request.param == "alone":
        made = Site(folder, theme="material")
        assert made.build([PENSTOCK], PAGES).returncode == 0
        return made
    made = Site(folder)
    plugins = ["techdocs-core", PENSTOCK]
    done = made.build(plugins[:: -1 if request.param == "first" else 1], PAGES)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def reader(chromium, require, request):
    """Return what shows a page as Backstage does."""
    folder = request.config.rootpath / ".nox" / "npm"
    script = get_script("dompurify", "3.2.4", "dist/purify.min.js", folder)
    require("npm", script is not None)
    page = chromium.new_page()
    page.add_script_tag(path=script)

    def show(html):
        page.evaluate(CLEAN, html)
        return page

    return show


def test_diagram(site, reader):
    """A diagram has its colours, and its links lead to the steps."""
    shown = reader(site.read("index.html")).evaluate(DIAGRAM)

    assert shown == {
        "fill": "rgb(29, 78, 216)",
        "titles": ["Receive the order", "charge", "pack", "send"],
        "name": "Orders",
        "found": 4,
        "isSeen": True,
    }


def test_width(site, reader):
    """Nothing makes a page without our style sheet wider than the window."""
    width = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

    assert reader(site.read("index.html")).evaluate(width) == 0


def test_other_formats(site, reader):
    """A PNG is shown, and the source of a Mermaid diagram is left whole for an add-on."""
    html = site.read("other/index.html")
    page = reader(html)

    width = page.evaluate("() => shown.querySelector('.penstock-diagram img').width")
    source = page.evaluate("() => shown.querySelector('pre.mermaid').textContent")
    assert width > 100
    (written,) = re.findall(r'<pre class="mermaid">(.*?)</pre>', html, re.DOTALL)
    assert source == unescape(written)


def test_signs(reader):
    """The sign of a verdict keeps its name."""
    nodes = tuple(Node(name=name) for name in ("order", "check"))
    edge = Edge("order", "check", check=EdgeCheck(verdict="unverified"))
    drawn = draw(Graph(name="orders", nodes=nodes, edges=(edge,)), "svg")
    page = reader(f"<html><body><article>{drawn}</article></body></html>")

    signs = "() => [...shown.querySelectorAll('[role=img] > title')].map(each => each.textContent)"
    assert page.evaluate(signs) == ["order leads to check: the source does not show it"]
