"""Pages of the Sphinx extension, as a reader sees them in a browser without a network.

A theme's pages are built once and opened once for each way of reading them: what is asked of
a page that stays open leaves it as it was for the next.
"""

import shutil
from importlib.util import find_spec

import pytest
from browser import Reader, chromium, served
from real_mermaid import PAGE_VERSIONS, VERSIONS, get_bundle

from penstock.render import DARK, LIGHT

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

THEMES = ("furo", "pydata_sphinx_theme", "alabaster", "sphinx_rtd_theme")
DARK_THEMES = ("furo", "pydata_sphinx_theme")
STEPS = ("receive", "charge", "pack", "send")

IS_LIGHT, IS_DARK = "light", "dark"
EDGES = {IS_LIGHT: "rgb(100, 116, 139)", IS_DARK: "rgb(148, 163, 184)"}
LOOKS = {
    IS_LIGHT: {
        ("rgb(29, 78, 216)", "rgb(255, 255, 255)"),
        ("rgb(219, 234, 254)", "rgb(30, 58, 138)"),
    },
    IS_DARK: {
        ("rgb(143, 180, 255)", "rgb(10, 22, 51)"),
        ("rgb(30, 58, 138)", "rgb(219, 234, 254)"),
    },
}
"""An entrypoint and its text, in SVG and in Mermaid."""

DRAWN = {"svg": "svg.penstock-flow", "mermaid": ".mermaid svg"}
dark_themes = pytest.mark.parametrize("theme", DARK_THEMES, indirect=True)
alabaster = pytest.mark.parametrize("theme", ["alabaster"], indirect=True)

FLOW = """
:orphan:

Shop
====

.. penstock-flow:: orders
   :format: {format}
   :direction: {direction}
"""

BELOW = """
:orphan:

Shop
====

.. penstock-flow:: orders
   :format: {format}
   :steps: none

Below
-----

"""

WITHOUT_LINKS = """
:orphan:

Shop
====

.. penstock-flow:: lonely
   :direction: LR
   :steps: none
"""

LONELY = """
from penstock import entrypoint, flow, step

lonely = flow("lonely")
lonely(entrypoint(name="first")(print))
for name, before in zip("abcdefghijkl", ["first", *"abcdefghijk"]):
    lonely(step(name=name, after=before)(print))
"""

HIDDEN = """
:orphan:

Shop
====
"""

BOXES = {
    "details": ("details", "details id=box1", "box1.open = true"),
    "hidden": ("div", "div id=box2 hidden", "box2.hidden = false"),
    "tab": ("div", "div id=box3 style='display: none'", "box3.style.display = 'block'"),
}

for _tag, _start, _ in BOXES.values():
    HIDDEN += f"""
.. raw:: html

   <{_start}>

.. penstock-flow:: orders
   :format: mermaid
   :steps: none

.. raw:: html

   </{_tag}>
"""

SIZES = {
    ":width: 300": (300, None),
    ":width: 20em": (320, None),
    ":width: 50%": (250, None),
    ":height: 100": (None, 100),
    ":height: 100\n   :width: 500": (500, 100),
}
"""Sizes that authors write, and what they are in pixels in a box of 500."""

SIZED = "\n:orphan:\n\nShop\n====\n" + "".join(
    f"\n.. penstock-flow:: orders\n   :steps: none\n   :format: {format_}\n   {options}\n"
    for format_ in ("svg", "mermaid", "png")
    for options in SIZES
)

PAGES = {
    "extra.py": LONELY,
    "index.rst": "Start\n=====\n\n.. penstock-flow:: orders\n   :steps: none\n",
    **{
        f"{format_}-{direction}.rst": FLOW.format(format=format_, direction=direction)
        for format_ in ("svg", "mermaid", "png")
        for direction in ("TD", "LR")
    },
    **{f"below-{f}.rst": BELOW.format(format=f) + "Words.\n\n" * 60 for f in ("svg", "mermaid")},
    "without-links.rst": WITHOUT_LINKS,
    "hidden.rst": HIDDEN,
    "sizes.rst": SIZED,
}

MAP = """
{title}
=====

.. penstock-flow:: orders
   :steps: none

.. penstock-flow:: orders
   :format: mermaid
   :steps: none
"""

SITE = {
    "index.rst": MAP.format(title="Start") + "\n.. toctree::\n\n   flows\n   sub/deep\n",
    "flows.rst": "Flows\n=====\n\n.. penstock-flow:: orders\n",
    "sub/deep.rst": MAP.format(title="Deep."),
}


@pytest.fixture(scope="module")
def script(require, request):
    """Return what finds the script of a version of Mermaid."""

    def find(version=VERSIONS[-1]):
        bundle = get_bundle(version, request.config.rootpath)
        require("mermaid", bundle is not None)
        return bundle.read_text(encoding="utf-8")

    return find


@pytest.fixture(scope="module")
def pages(new_project, script):
    """Return what builds pages, once, with Mermaid beside them."""
    built = {}

    def build(files, *extensions, builder="html", **settings):
        key = repr((files, extensions, builder, settings))
        if key not in built:
            made = new_project()
            made.write("mermaid.js", script())
            for name, text in files.items():
                made.write(name, text)
            made.settings["penstock_mermaid_js"] = "mermaid.js"
            made.settings["penstock_modules"] = [
                "shop",
                *(["extra"] if "extra.py" in files else []),
            ]
            built[key] = made.build(builder, *extensions, **settings).folder
        return built[key]

    return build


@pytest.fixture
def pages_with(pages, tmp_path):
    """Return what gives the pages of a theme another script in the place of Mermaid's."""

    def make(text, theme="alabaster"):
        folder = shutil.copytree(pages(PAGES, html_theme=theme), tmp_path / "pages")
        (folder / "_static" / "mermaid.js").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="module", params=THEMES)
def theme(request, require):
    """Return the name of a theme."""
    require(request.param, find_spec(request.param) is not None)
    return request.param


@pytest.fixture(scope="module")
def folder(pages, theme):
    """Return the folder of the pages of a theme."""
    return pages(PAGES, html_theme=theme)


@pytest.fixture(scope="module", params=DRAWN)
def format_(request):
    """Return the name of a format that has links."""
    return request.param


@pytest.fixture(scope="module")
def reader(running_chromium, folder, format_):
    """Return a reader of a flow whose system is light."""
    reader = Reader(running_chromium, folder / f"{format_}-TD.html")
    reader.wait_for_drawing()
    yield reader
    reader.page.context.close()


@pytest.fixture(scope="module")
def dark_reader(running_chromium, folder, format_):
    """Return a reader of a flow whose system is dark."""
    reader = Reader(running_chromium, folder / f"{format_}-TD.html", "dark")
    reader.wait_for_drawing()
    yield reader
    reader.page.context.close()


def look(reader):
    """Return whether a flow is light or dark, and its colours if it is neither."""
    reader.wait_for_drawing()
    colours = reader.colours()
    for mode, looks in LOOKS.items():
        is_so = (colours["fill"], colours["text"]) in looks and colours["edge"] == EDGES[mode]
        if is_so and colours["filter"] == "none":
            return mode
    return colours


def where_links_lead(reader, format_):
    """Return the addresses of the links of a diagram, by step."""
    addresses = reader.page.evaluate(
        """what => [...document.querySelectorAll(`${what} a`)].map(a =>
            new URL(a.getAttributeNS("http://www.w3.org/1999/xlink", "href")
                ?? a.getAttribute("href"), document.baseURI).href)""",
        DRAWN[format_],
    )
    return {address.rpartition("--")[2]: address for address in addresses}


def test_layout(reader):
    """Content below an image does not move, not even while Mermaid draws."""
    assert reader.moved() == []


def test_colours_of_a_light_system(reader):
    """A flow is light where the system is."""
    assert look(reader) == IS_LIGHT
    assert (reader.outside, reader.errors, reader.warnings) == ([], [], [])


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


def test_node_leads_to_its_step(reader, format_):
    """A click on a node shows the description of its step."""
    leads = where_links_lead(reader, format_)

    assert tuple(leads) == STEPS
    assert {step: url.partition("#")[2] for step, url in leads.items()} == {
        step: f"penstock--orders--{step}" for step in STEPS
    }
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    assert (reader.outside, reader.errors, reader.warnings) == ([], [], [])


def test_colours_of_a_dark_system(dark_reader, theme):
    """A flow is dark where the page follows a dark system, and only there."""
    assert look(dark_reader) == (IS_DARK if theme in DARK_THEMES else IS_LIGHT)
    assert (dark_reader.outside, dark_reader.errors) == ([], [])


@dark_themes
def test_switch(dark_reader):
    """A flow follows the page's own switch at once, and is not drawn again."""
    image = dark_reader.page.locator("svg.penstock-flow, .mermaid svg").element_handle()

    seen = []
    for mode in ("light", "dark"):
        dark_reader.page.evaluate(
            "mode => { document.querySelector('[data-theme]').dataset.theme = mode; }", mode
        )
        seen.append(look(dark_reader))

    assert seen == [IS_LIGHT, IS_DARK]
    assert image.evaluate("image => image.isConnected")


@alabaster
@pytest.mark.parametrize("format_", ["svg"], indirect=True)
def test_ways_to_be_dark(dark_reader):
    """A page can say in several ways that it is dark, or that it follows a system that is."""
    ways = [
        ({}, IS_LIGHT),
        ({"style": "color-scheme: light dark"}, IS_DARK),
        ({"style": "color-scheme: light dark", "data-theme": "light"}, IS_LIGHT),
        ({"data-color-mode": "auto"}, IS_DARK),
        ({"data-color-mode": "dark"}, IS_DARK),
        ({"data-md-color-scheme": "slate"}, IS_DARK),
        ({"data-bs-theme": "dark"}, IS_DARK),
        ({"class": "dark"}, IS_DARK),
    ]
    change = """([method, values]) => Object.entries(values).forEach(pair =>
        document.documentElement[`${method}Attribute`](...pair))"""

    seen = []
    for attributes, _ in ways:
        dark_reader.page.evaluate(change, ["set", attributes])
        seen.append((attributes, look(dark_reader)))
        dark_reader.page.evaluate(change, ["remove", attributes])

    assert seen == ways


@alabaster
@pytest.mark.parametrize("format_", ["svg"], indirect=True)
def test_paper(dark_reader):
    """On paper, a flow of a dark page is light."""
    dark_reader.page.evaluate("document.body.dataset.theme = 'dark'")
    assert look(dark_reader) == IS_DARK

    dark_reader.page.emulate_media(media="print")
    on_paper = look(dark_reader)
    dark_reader.page.emulate_media(media="screen")
    dark_reader.page.evaluate("delete document.body.dataset.theme")

    assert on_paper == IS_LIGHT


SEEN = """() => [...document.querySelectorAll(".penstock-sheet > img")].map(image =>
    image.checkVisibility({visibilityProperty: true}) && image.className === "penstock-dark")"""
PLACES = """() => [...document.querySelectorAll(".penstock-sheet > img")].map(image => {
    const {x, y, width, height} = image.getBoundingClientRect();
    return image.checkVisibility() ? [x, y, width, height] : null;
})"""


@alabaster
def test_png_of_a_dark_page(chromium, folder):
    """On a dark page, each PNG is the one for dark pages, where the other would be."""
    reader = Reader(chromium, folder / "sizes.html")
    light = (reader.page.evaluate(SEEN), reader.page.evaluate(PLACES))
    reader.page.evaluate("document.body.dataset.theme = 'dark'")
    dark = (reader.page.evaluate(SEEN), reader.page.evaluate(PLACES))
    reader.page.emulate_media(media="print")
    paper = reader.page.evaluate(SEEN)

    assert dark[0] == [False, True] * (len(dark[0]) // 2)
    assert paper == light[0] == [False] * len(dark[0])
    assert light[1][1::2] == [None] * (len(dark[0]) // 2)
    assert dark[1][::2] == light[1][::2]


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
@pytest.mark.parametrize("page", ["index", "sub/deep"])
def test_node_leads_to_another_page(chromium, pages, builder, page):
    """A click on a node shows its step on the page that has it, from wherever that is."""
    site = pages(SITE, builder=builder)
    path = {
        "html": f"{page}.html",
        "dirhtml": f"{page}/".removeprefix("index/"),
        "singlehtml": "index.html",
    }[builder]

    with served(site) as address:
        reader = Reader(chromium, address + path)
        reader.wait_for_drawing()

        leads = where_links_lead(reader, "mermaid")
        assert tuple(leads) == STEPS
        assert where_links_lead(reader, "svg") == leads
        assert "Sends it." in reader.click("send", inside=DRAWN["mermaid"])
        assert reader.page.url == leads["send"]
        assert reader.page.url.endswith("--send")
        assert "Takes an order <in>." in reader.click("Receive the order", inside=DRAWN["svg"])
        assert (reader.outside, reader.errors, reader.warnings) == ([], [], [])


def test_without_scripts(chromium, folder):
    """Without scripts, the flow is there and its links work."""
    reader = Reader(chromium, folder / "svg-TD.html", scripts=False)

    assert reader.page.locator("svg.penstock-flow").is_visible()
    assert reader.nodes() == ["Receive the order", "charge", "pack", "send"]
    assert "Sends it." in reader.click("send")
    reader.page.get_by_role("link", name="SVG file").click()
    reader.page.wait_for_url("**/_images/orders-*.svg")
    assert reader.page.locator("svg").first.evaluate("svg => svg.matches('.penstock-flow')")


def test_layout_of_png(chromium, folder):
    """Content below a PNG, which is loaded late, does not move."""
    reader = Reader(chromium, folder / "png-TD.html")

    assert reader.moved() == []


def test_wide_flow(chromium, folder, format_):
    """A flow that is wider than the page scrolls in its box to the node with the focus."""
    reader = Reader(chromium, folder / f"{format_}-LR.html")
    reader.wait_for_drawing()
    assert reader.moved() == []
    reader.page.set_viewport_size({"width": 320, "height": 720})
    box = reader.page.locator(".penstock-view")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")

    reader.tab_to(".penstock-diagram a[*|href$='send']")

    assert box.evaluate("box => box.scrollLeft") > 0
    # Not the whole page: a theme's own header may be wider.
    section = reader.page.locator("section", has=box).last
    assert section.evaluate("each => each.getBoundingClientRect().right <= innerWidth")


@alabaster
def test_wide_flow_without_links(chromium, folder):
    """The box of a wide flow without links can have the focus, for keys to scroll it."""
    reader = Reader(chromium, folder / "without-links.html", width=320)
    reader.wait_for_start()

    reader.tab_to(".penstock-view[tabindex]")
    reader.page.keyboard.press("ArrowRight")

    reader.page.wait_for_function("document.activeElement.scrollLeft > 0")


SHAPE = """image => {
    const {width, height} = image.viewBox?.baseVal
        ?? {width: image.naturalWidth, height: image.naturalHeight};
    return width / height;
}"""
KEEPS_SHAPE = """image => image.tagName === "IMG"
    ? getComputedStyle(image).objectFit === "contain"
    : image.preserveAspectRatio.baseVal.align !== 1  // "none" would stretch it
"""


@alabaster
def test_sizes(chromium, folder):
    """An image is as wide and as tall as its author says, and keeps its shape."""
    reader = Reader(chromium, folder / "sizes.html")
    reader.wait_for_drawing()
    reader.page.add_style_tag(
        content=".penstock-view { font-size: 16px; width: 500px; padding: 0 }"
    )

    drawn = ":is(img:not(.penstock-dark), .penstock-flow, .mermaid svg)"
    images = reader.page.locator(f".penstock-diagram {drawn}").all()
    assert len(images) == 3 * len(SIZES)
    for image, (width, height) in zip(images, [*SIZES.values()] * 3, strict=True):
        box, shape = image.bounding_box(), image.evaluate(SHAPE)
        if height is None:
            assert box["width"] == pytest.approx(width)
            assert box["width"] / box["height"] == pytest.approx(shape, rel=0.01)
        else:
            assert box["height"] == pytest.approx(height)
            assert box["width"] == pytest.approx(width or shape * height, rel=0.01)
            assert image.evaluate(KEEPS_SHAPE)


@pytest.mark.parametrize("version", [p for p in PAGE_VERSIONS if not isinstance(p, str)])
def test_older_mermaid(chromium, pages_with, script, theme, version):
    """Older versions draw the flow in the room that is kept for it, with links to the steps."""
    folder = pages_with(script(version), theme)
    for direction in ("TD", "LR"):
        reader = Reader(chromium, folder / f"mermaid-{direction}.html")
        reader.wait_for_drawing()

        assert reader.moved() == []
        assert tuple(where_links_lead(reader, "mermaid")) == STEPS
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


COLOURS_OF_MERMAID = """names => Object.fromEntries(names.map(name => {
    const [node] = document.querySelectorAll(`.mermaid .node.penstock-${name}`);
    const shapes = [...node.querySelectorAll("path, rect, polygon")]
        .filter(shape => shape.getBoundingClientRect().width);
    const styles = shapes.map(shape => getComputedStyle(shape));
    return [name, [
        styles[0].fill,
        styles.at(-1).stroke,
        name === "join" ? "" : getComputedStyle(node.querySelector("p")).color,
    ]];
}))"""


@pytest.mark.parametrize("version", PAGE_VERSIONS)
def test_all_colours_of_mermaid(chromium, pages, script, tmp_path, version):
    """Each kind of node has its colours in Mermaid's images too, and so have bars and words."""
    built = pages(
        {"shop.py": KINDS, "index.rst": FLOW.format(format="mermaid", direction="TD")},
        html_theme="furo",
        suppress_warnings=["penstock"],
    )
    folder = shutil.copytree(built, tmp_path / "pages")
    (folder / "_static" / "mermaid.js").write_text(script(version), encoding="utf-8")
    reader = Reader(chromium, folder / "index.html")
    reader.wait_for_drawing()
    names = [*(name for name in LIGHT.paints if name not in {"failed", "unreached"}), "join"]

    for scheme, palette, behind in (
        ("light", LIGHT.paints, "rgba(255, 255, 255, 0.85)"),
        ("dark", DARK.paints, "rgba(20, 24, 31, 0.85)"),
    ):
        reader.page.emulate_media(color_scheme=scheme)
        seen = reader.page.evaluate(COLOURS_OF_MERMAID, names)

        edge = EDGES[scheme]
        expected = {name: [*map(rgb, (p.fill, p.stroke, p.text))] for name, p in palette.items()}
        assert seen == {name: expected.get(name, [edge, edge, ""]) for name in seen}
        small = reader.page.locator(".mermaid .node small").first
        assert small.evaluate("small => getComputedStyle(small).opacity") == "1"
        word = reader.page.locator(".mermaid .edgeLabel p").first
        assert word.evaluate("p => getComputedStyle(p).backgroundColor") == behind


def rgb(colour):
    """Return *colour* as browsers write it."""
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:], 16)})"


NOTE_HEIGHT = """
const set = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
    set.call(this, name, value);
    if (name === "data-processed") window.during = this.getBoundingClientRect().height;
};
"""


@alabaster
@pytest.mark.parametrize("version", PAGE_VERSIONS)
def test_room_while_mermaid_draws(chromium, pages_with, script, theme, version):
    """Mermaid says that it has drawn before it has; its text is taller than a flow across."""
    folder = pages_with(script(version), theme)
    reader = Reader(chromium, folder / "mermaid-LR.html", before=NOTE_HEIGHT)
    reader.wait_for_drawing()

    drawn = reader.page.locator(".penstock-diagram pre").bounding_box()["height"]

    assert reader.page.evaluate("during") == pytest.approx(drawn)


@pytest.mark.parametrize(
    ("theme", "format_"),
    [*((theme, "mermaid") for theme in THEMES), ("alabaster", "svg")],
    indirect=True,
)
def test_what_stands_below(chromium, folder, format_):
    """The target of a link below a flow is still in sight when the flow has been drawn."""
    address = f"{(folder / f'below-{format_}.html').as_uri()}#below"

    reader = Reader(chromium, address)
    reader.wait_for_drawing()

    # Themes scroll smoothly.
    reader.page.wait_for_function(
        """() => {
            const {top} = document.getElementById("below").getBoundingClientRect();
            return -2 < top && top < 100;
        }"""
    )


@alabaster
def test_hidden_mermaid(chromium, folder):
    """A flow that cannot be seen yet is drawn when it can, with room for its words."""
    reader = Reader(chromium, folder / "hidden.html")
    reader.page.wait_for_load_state("networkidle")
    assert reader.page.locator(".mermaid svg").count() == 0

    for number, (_, _, show) in enumerate(BOXES.values(), 1):
        reader.page.evaluate(show)
        reader.wait_for_drawing()

        words = reader.page.locator(f"#box{number} .mermaid .node p").first
        assert words.bounding_box()["width"] > 50
        assert reader.page.locator(".mermaid svg").count() == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "its script could not be loaded"),
        ("var mermaid = {initialize() {}, async run() { throw 'a tantrum'; }};", "a tantrum"),
    ],
    ids=["missing", "failing"],
)
def test_mermaid_fails(chromium, pages_with, text, reason):
    """If Mermaid does not draw, all of its text can be read, and one warning says why."""
    reader = Reader(chromium, pages_with(text) / "mermaid-TD.html")

    source = reader.page.locator("pre.penstock-mermaid[data-processed]")
    assert "accTitle: Orders" in source.text_content()
    assert source.evaluate("pre => pre.scrollHeight <= pre.clientHeight")
    assert [warning.endswith(reason) for warning in reader.warnings] == [True]


TAKES_OVER = """
for (const pre of document.querySelectorAll("pre.mermaid")) {
    const box = document.createElement("div");
    box.attachShadow({mode: "closed"});
    pre.replaceWith(box);
}
document.addEventListener("DOMContentLoaded", () => {
    window.mermaid = {run() { throw "another Mermaid"; }};
});
"""
"""How scripts of themes change the images of a page, and the code that draws them."""


def test_script_of_a_theme(chromium, pages_with, script):
    """A theme's script that draws what has the class "mermaid" leaves flows to penstock's own."""
    reader = Reader(chromium, pages_with(TAKES_OVER + script()) / "mermaid-TD.html")
    reader.wait_for_drawing()

    assert look(reader) == IS_LIGHT
    assert tuple(where_links_lead(reader, "mermaid")) == STEPS
    assert (reader.errors, reader.warnings) == ([], [])


@alabaster
def test_mermaid_without_scripts(chromium, folder):
    """Without scripts, all of Mermaid's text can be read."""
    reader = Reader(chromium, folder / "mermaid-TD.html", scripts=False)

    source = reader.page.locator("pre.penstock-mermaid")

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
        {
            "index.rst": "Shop\n====\n\n.. penstock-flow:: orders\n" + beside,
            "_static/mermaid.mjs": MODULE,
        },
        "sphinxcontrib.mermaid",
        penstock_format="mermaid",
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
