"""Pages of the Sphinx extension, as a reader sees them in a browser without a network."""

from importlib.util import find_spec

import pytest
from browser import Reader, chromium, served
from real_mermaid import PAGE_VERSIONS, VERSIONS, get_bundle

from penstock.graph._theme import DARK, LIGHT

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

THEMES = ("furo", "pydata_sphinx_theme", "alabaster", "sphinx_rtd_theme")
DARK_THEMES = ("furo", "pydata_sphinx_theme")
STEPS = ("receive", "charge", "pack", "send")

IS_LIGHT = {
    "fill": "rgb(219, 234, 254)",
    "text": "rgb(30, 58, 138)",
    "edge": "rgb(100, 116, 139)",
    "filter": "none",
}
IS_DARK = {
    "fill": "rgb(30, 58, 138)",
    "text": "rgb(219, 234, 254)",
    "edge": "rgb(148, 163, 184)",
    "filter": "none",
}

formats = pytest.mark.parametrize("format_", ["svg", "mermaid"])
dark_themes = pytest.mark.parametrize("theme", DARK_THEMES, indirect=True)

MAP = """
{title}
=====

.. penstock-flow:: orders
   :steps: none
"""

SITE = {
    "index.rst": MAP.format(title="Start") + "\n.. toctree::\n\n   flows\n   sub/deep\n",
    "flows.rst": "Flows\n=====\n\n.. penstock-flow:: orders\n",
    "sub/deep.rst": MAP.format(title="Deep."),
}


@pytest.fixture(params=THEMES)
def theme(request, require):
    """Return the name of a theme."""
    require(request.param, find_spec(request.param) is not None)
    return request.param


@pytest.fixture(scope="module")
def built():
    """Keep what was built: several tests look at the same pages."""
    return {}


@pytest.fixture
def pages(built, project, require, request):
    """Return what builds a project that draws in a format, and has Mermaid beside it."""
    root = request.config.rootpath

    def build(format_="svg", *options, builder="html", version=VERSIONS[-1], **settings):
        key = repr((format_, options, builder, version, settings))
        if key in built:
            return built[key]
        made = project(*options, index=settings.pop("index", None))
        if format_ == "mermaid":
            bundle = get_bundle(version, root)
            require("mermaid", bundle is not None)
            made.write("mermaid.js", bundle.read_text(encoding="utf-8"))
            settings["penstock_mermaid_js"] = "mermaid.js"
        for name, text in settings.pop("files", {}).items():
            made.write(name, text)
        extensions = settings.pop("extensions", ())
        built[key] = made.build(builder, *extensions, penstock_format=format_, **settings).folder
        return built[key]

    return build


def look(reader):
    """Return the colours of a flow."""
    reader.wait_for_drawing()
    colours = reader.colours()
    return {part: colours[part] for part in IS_LIGHT}


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_node_leads_to_its_step(chromium, pages, theme, builder):
    """A click on a node shows the description of its step."""
    page = "flows/index.html" if builder == "dirhtml" else "flows.html"
    folder = pages(builder=builder, html_theme=theme, files=SITE)

    reader = Reader(chromium, folder / ("index.html" if builder == "singlehtml" else page))

    assert set(reader.nodes()) == {"Receive the order", "charge", "pack", "send"}
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    assert reader.outside == []


@formats
@pytest.mark.parametrize(
    ("builder", "page"),
    [
        ("html", "index.html"),
        ("html", "sub/deep.html"),
        ("dirhtml", ""),
        ("dirhtml", "sub/deep/"),
        ("singlehtml", "index.html"),
    ],
)
def test_node_leads_to_another_page(chromium, pages, builder, page, format_):
    """A click on a node shows its step on the page that has it, from wherever that is."""
    folder = pages(format_, builder=builder, files=SITE)

    with served(folder) as address:
        reader = Reader(chromium, address + page)
        reader.wait_for_drawing()

        assert "Sends it." in reader.click("send")
        assert "--send" in reader.page.url


@formats
def test_focus(chromium, pages, theme, format_):
    """The tab key reaches each node, which shows that it has the focus, and Enter follows it."""
    reader = Reader(chromium, pages(format_, html_theme=theme) / "index.html")
    reader.wait_for_drawing()

    reader.tab_to(".penstock-diagram svg a")
    ring = reader.page.evaluate("getComputedStyle(document.activeElement).outline")
    for _ in STEPS[1:]:
        reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")

    assert "solid 2px" in ring
    reader.page.wait_for_url("**/*#penstock--orders--send")


@formats
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(chromium, pages, theme, scheme, format_):
    """A flow is dark where the page follows a dark system, and only there."""
    folder = pages(format_, html_theme=theme)

    reader = Reader(chromium, folder / "index.html", scheme)

    dark = scheme == "dark" and theme in DARK_THEMES
    assert look(reader) == (IS_DARK if dark else IS_LIGHT)
    assert (reader.outside, reader.errors) == ([], [])


@formats
@dark_themes
def test_switch(chromium, pages, theme, format_):
    """A flow follows the page's own switch at once, and is not drawn again."""
    reader = Reader(chromium, pages(format_, html_theme=theme) / "index.html", "dark")
    reader.wait_for_drawing()
    picture = reader.page.locator(".penstock-diagram svg").element_handle()

    seen = []
    for mode in ("light", "dark"):
        reader.page.evaluate(
            "mode => { document.querySelector('[data-theme]').dataset.theme = mode; }", mode
        )
        seen.append(look(reader))

    assert seen == [IS_LIGHT, IS_DARK]
    assert picture.evaluate("picture => picture.isConnected")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, IS_LIGHT),
        ({"style": "color-scheme: light dark"}, IS_DARK),
        ({"style": "color-scheme: light dark", "data-theme": "light"}, IS_LIGHT),
        ({"data-color-mode": "auto"}, IS_DARK),
        ({"data-color-mode": "dark"}, IS_DARK),
        ({"data-md-color-scheme": "slate"}, IS_DARK),
        ({"data-bs-theme": "dark"}, IS_DARK),
        ({"class": "dark"}, IS_DARK),
    ],
    ids=str,
)
def test_ways_to_be_dark(chromium, pages, said, expected):
    """A page can say in several ways that it is dark, or that it follows a system that is."""
    reader = Reader(chromium, pages() / "index.html", "dark")

    for name, value in said.items():
        reader.page.evaluate("say => document.documentElement.setAttribute(...say)", [name, value])

    assert look(reader) == expected


def test_paper(chromium, pages):
    """On paper, a flow of a dark page is light."""
    reader = Reader(chromium, pages(html_theme="alabaster") / "index.html", "dark")
    reader.page.evaluate("document.body.dataset.theme = 'dark'")
    assert look(reader) == IS_DARK

    reader.page.emulate_media(media="print")

    assert look(reader) == IS_LIGHT


def test_without_scripts(chromium, pages, theme):
    """Without scripts, the flow is there and its links work."""
    reader = Reader(chromium, pages(html_theme=theme) / "index.html", scripts=False)

    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert reader.nodes() == ["Receive the order", "charge", "pack", "send"]
    assert "Sends it." in reader.click("send")


@pytest.mark.parametrize("format_", ["svg", "png"])
def test_layout(chromium, pages, theme, format_):
    """What follows a picture stands where it stays."""
    reader = Reader(chromium, pages(format_, html_theme=theme) / "index.html")

    assert reader.moved() == []


@formats
def test_wide_flow(chromium, pages, theme, format_):
    """A flow that is wider than the page scrolls in its box to the node with the focus."""
    folder = pages(format_, ":direction: LR", html_theme=theme)
    reader = Reader(chromium, folder / "index.html", width=500)
    reader.wait_for_drawing()
    box = reader.page.locator(".penstock-diagram")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")

    reader.tab_to(".penstock-diagram a[*|href$='send']")

    assert box.evaluate("box => box.scrollLeft") > 0
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_wide_flow_without_links(chromium, pages):
    """The box of a wide flow without links can have the focus, for keys to scroll it."""
    index = MAP.format(title="Start") + "   :direction: LR\n"
    reader = Reader(chromium, pages(index=index) / "index.html", width=500)

    reader.tab_to(".penstock-diagram[tabindex]")
    reader.page.keyboard.press("ArrowRight")

    reader.page.wait_for_function("document.activeElement.scrollLeft > 0")


SHAPE = """picture => {
    const {width, height} = picture.viewBox?.baseVal
        ?? {width: picture.naturalWidth, height: picture.naturalHeight};
    return width / height;
}"""
KEEPS_SHAPE = """picture => picture.tagName === "IMG"
    ? getComputedStyle(picture).objectFit === "contain"
    : picture.preserveAspectRatio.baseVal.align !== 1  // "none" would stretch it
"""


@pytest.mark.parametrize("format_", ["svg", "mermaid", "png"])
@pytest.mark.parametrize(("width", "pixels"), [("300", 300), ("20em", 320), ("50%", 250)])
def test_width(chromium, pages, format_, width, pixels):
    """A picture is as wide as its author says, and keeps its shape."""
    reader = Reader(chromium, pages(format_, f":width: {width}") / "index.html")
    reader.wait_for_drawing()
    reader.page.add_style_tag(content=".penstock-diagram { font-size: 16px; width: 500px; }")

    picture = reader.page.locator(".penstock-diagram :is(img, svg)")
    box = picture.bounding_box()
    shape = picture.evaluate(SHAPE)

    assert box["width"] == pytest.approx(pixels)
    assert box["width"] / box["height"] == pytest.approx(shape, rel=0.01)


@pytest.mark.parametrize("format_", ["svg", "mermaid", "png"])
@pytest.mark.parametrize("options", [(), (":width: 500",)], ids=["alone", "with width"])
def test_height(chromium, pages, format_, options):
    """A picture is as tall as its author says, and keeps its shape or the box's width."""
    reader = Reader(chromium, pages(format_, ":height: 100", *options) / "index.html")
    reader.wait_for_drawing()

    picture = reader.page.locator(".penstock-diagram :is(img, svg)")
    box = picture.bounding_box()
    shape = picture.evaluate(SHAPE)

    assert box["height"] == pytest.approx(100)
    assert box["width"] == pytest.approx(500 if options else shape * 100, rel=0.01)
    assert picture.evaluate(KEEPS_SHAPE)


@pytest.mark.parametrize("version", PAGE_VERSIONS)
@pytest.mark.parametrize("over", ["file", "http"])
def test_mermaid(chromium, pages, over, version):
    """Mermaid draws the flow, from disk too, and its nodes lead to the steps."""
    folder = pages("mermaid", version=version)

    with served(folder) as address:
        reader = Reader(chromium, folder / "index.html" if over == "file" else address)
        reader.wait_for_drawing()

        links = reader.page.locator(".mermaid svg a").all()
        assert [link.get_attribute("xlink:href") for link in links] == [
            f"#penstock--orders--{step}" for step in STEPS
        ]
        assert "Sends it." in reader.click("send")
        assert (reader.outside, reader.errors, reader.warnings) == ([], [], [])


KINDS = """
from penstock import all_of, entrypoint, flow, step

orders = flow("orders")
orders(entrypoint(name="entrypoint")(print))
for kind in ("api", "db", "kafka", "file", "email", "other"):
    orders(step(name=kind, kind=kind, after={"entrypoint": "yes"})(print))
orders(step(name="last", after=all_of("api", "lost"))(print))
"""


@pytest.mark.parametrize("version", PAGE_VERSIONS)
@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_all_colours_of_mermaid(chromium, pages, version, scheme, palette):
    """Each sort of node has its colours in Mermaid's pictures too, and so have bars and words."""
    folder = pages(
        "mermaid",
        version=version,
        html_theme="furo",
        files={"shop.py": KINDS},
        suppress_warnings=["penstock"],
    )
    reader = Reader(chromium, folder / "index.html", scheme)
    reader.wait_for_drawing()

    seen = reader.page.evaluate(
        """names => Object.fromEntries(names.map(name => {
            const [node] = document.querySelectorAll(`.mermaid .node.penstock-${name}`);
            const shapes = [...node.querySelectorAll("path, rect, polygon")]
                .filter(shape => shape.getBoundingClientRect().width);
            const styles = shapes.map(shape => getComputedStyle(shape));
            return [name, [
                styles[0].fill,
                styles.at(-1).stroke,
                name === "join" ? "" : getComputedStyle(node.querySelector("p")).color,
            ]];
        }))""",
        [*(name for name in LIGHT if name not in {"failed", "unreached"}), "join"],
    )

    edge = (IS_DARK if scheme == "dark" else IS_LIGHT)["edge"]
    expected = {name: list(map(rgb, (p.fill, p.stroke, p.text))) for name, p in palette.items()}
    assert seen == {name: expected.get(name, [edge, edge, ""]) for name in seen}
    small = reader.page.locator(".mermaid .node small").first
    assert small.evaluate("small => getComputedStyle(small).opacity") == "1"
    word = reader.page.locator(".mermaid .edgeLabel p").first
    assert word.evaluate("p => getComputedStyle(p).backgroundColor") == (
        "rgba(255, 255, 255, 0.85)" if scheme == "light" else "rgba(20, 24, 31, 0.85)"
    )


def rgb(colour):
    """Return *colour* as browsers write it."""
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:], 16)})"


@pytest.mark.parametrize("version", PAGE_VERSIONS)
@pytest.mark.parametrize("direction", ["TD", "LR"])
def test_room_for_mermaid(chromium, pages, theme, direction, version):
    """The page keeps room for what Mermaid will draw, so that nothing moves, in any version."""
    folder = pages("mermaid", f":direction: {direction}", html_theme=theme, version=version)
    reader = Reader(chromium, folder / "index.html")
    reader.wait_for_drawing()

    assert reader.moved() == []


NOTE_HEIGHT = """
const set = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
    set.call(this, name, value);
    if (name === "data-processed") window.during = this.getBoundingClientRect().height;
};
"""


@pytest.mark.parametrize("version", PAGE_VERSIONS)
def test_room_while_mermaid_draws(chromium, pages, version):
    """Mermaid says that it has drawn before it has; its text is taller than a flow across."""
    folder = pages("mermaid", ":direction: LR", version=version)
    reader = Reader(chromium, folder / "index.html")
    reader.page.add_init_script(NOTE_HEIGHT)
    reader.page.reload()
    reader.wait_for_drawing()

    drawn = reader.page.locator(".penstock-diagram pre").bounding_box()["height"]

    assert reader.page.evaluate("during") == pytest.approx(drawn)


BELOW = """
Shop
====

.. penstock-flow:: orders
   :steps: none

Below
-----

{words}
"""


@formats
def test_what_stands_below(chromium, pages, theme, format_):
    """Who comes for what stands below a flow finds it in sight when the flow is drawn."""
    folder = pages(format_, html_theme=theme, index=BELOW.format(words="Words.\n\n" * 60))
    address = f"{(folder / 'index.html').as_uri()}#below"

    reader = Reader(chromium, address)
    reader.wait_for_drawing()

    # Themes scroll smoothly.
    reader.page.wait_for_function(
        """() => {
            const {top} = document.getElementById("below").getBoundingClientRect();
            return -2 < top && top < 100;
        }""",
        timeout=5000,
    )


HIDDEN = """
Shop
====

.. raw:: html

   <{tag}>

.. penstock-flow:: orders

.. raw:: html

   </{close}>
"""


@pytest.mark.parametrize(
    ("tag", "show"),
    [
        ("details id=box", "box.open = true"),
        ("div id=box hidden", "box.hidden = false"),
        ("div id=box style='display: none'", "box.style.display = 'block'"),
    ],
    ids=["details", "hidden", "tab"],
)
def test_hidden_mermaid(chromium, pages, tag, show):
    """A flow that cannot be seen yet is drawn when it can, with room for its words."""
    index = HIDDEN.format(tag=tag, close=tag.partition(" ")[0])
    reader = Reader(chromium, pages("mermaid", index=index) / "index.html")
    reader.page.wait_for_load_state("networkidle")
    assert reader.page.locator(".mermaid svg").count() == 0

    reader.page.evaluate(show)
    reader.wait_for_drawing()

    words = reader.page.locator(".mermaid .node p").first
    assert words.bounding_box()["width"] > 50


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("", "its script could not be loaded"),
        ("var mermaid = {initialize() {}, async run() { throw 'a tantrum'; }};", "a tantrum"),
    ],
    ids=["missing", "failing"],
)
def test_mermaid_fails(chromium, pages, script, reason):
    """Where Mermaid does not draw, all of its text can be read, and one warning says why."""
    folder = pages("mermaid", files={"mermaid.js": script})

    reader = Reader(chromium, folder / "index.html")

    source = reader.page.locator("pre.mermaid[data-processed]")
    assert "accTitle: Orders" in source.text_content()
    assert source.evaluate("pre => pre.scrollHeight <= pre.clientHeight")
    assert [warning.endswith(reason) for warning in reader.warnings] == [True]


def test_mermaid_without_scripts(chromium, pages):
    """Without scripts, all of Mermaid's text can be read."""
    reader = Reader(chromium, pages("mermaid") / "index.html", scripts=False)

    source = reader.page.locator("pre.mermaid")

    assert source.evaluate("pre => pre.scrollHeight <= pre.clientHeight")


MODULE = """
const request = new XMLHttpRequest();
request.open("GET", new URL("mermaid.js", import.meta.url), false);
request.send();
const script = document.createElement("script");
script.textContent = request.responseText;
document.head.append(script);
export default window.mermaid;
"""
"""The classic script as the module that sphinxcontrib.mermaid wants."""


@pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinxcontrib.mermaid")
@pytest.mark.parametrize("beside", ["", "\n.. mermaid::\n\n   graph LR\n       a --> b\n"])
def test_one_mermaid(chromium, pages, require, beside):
    """Beside sphinxcontrib.mermaid, its Mermaid draws our flows in their size and colours."""
    require("sphinxcontrib-mermaid", find_spec("sphinxcontrib.mermaid") is not None)
    folder = pages(
        "mermaid",
        index="Shop\n====\n\n.. penstock-flow:: orders\n" + beside,
        files={"_static/mermaid.mjs": MODULE},
        extensions=["sphinxcontrib.mermaid"],
        html_theme="furo",
        html_static_path=["_static"],
        mermaid_use_local="mermaid.mjs",
    )

    with served(folder) as address:
        reader = Reader(chromium, address, "dark")
        reader.wait_for_drawing()

        assert look(reader) == IS_DARK
        drawn = reader.page.locator(".penstock-diagram .mermaid svg")
        size = drawn.evaluate("svg => [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]")
        box = drawn.bounding_box()
        assert [box["width"], box["height"]] == pytest.approx(size, abs=1)
        assert "Sends it." in reader.click("send")
        scripts = [url.partition("?")[0].rpartition("/")[2] for url in reader.requested]
        assert scripts.count("mermaid.js") == 1
        assert "penstock-mermaid.js" not in scripts
        assert (reader.outside, reader.errors) == ([], [])
