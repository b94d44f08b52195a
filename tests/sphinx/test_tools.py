"""The box around a diagram in a browser: what is visible, its tools, and what is on paper."""

import gzip
import re
from io import BytesIO

import pytest
from browser import Reader, chromium, served
from pypdf import PdfReader
from real_mermaid import VERSIONS, get_bundle

from penstock.docs.diagrams import page_script

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FLOWS = """
from penstock import entrypoint, flow, step

fan = flow("fan", title="Fan")
fan(entrypoint(name="start", kind="kafka")(print))
for number in range(12):
    fan(step(name=f"handle_a_long_target_{number}", after="start")(print))

pair = flow("pair", title="Pair")
for number in range(2):
    pair(entrypoint(name=f"receive_from_partner_{number}")(print))
BOTH = ["receive_from_partner_0", "receive_from_partner_1"]
for number, after in enumerate([BOTH[0], BOTH, BOTH, BOTH[1]]):
    pair(step(name=f"handle_a_long_target_{number}", after=after)(print))
"""
PAGE = """
Fan
===

.. penstock-flow:: fan
   :steps: none
   :direction: TD

.. penstock-flow:: fan
   :steps: none
   :direction: TD
   :format: {format}

.. penstock-flow:: fan
   :steps: none
   :direction: TD
"""
PAIR = """
:orphan:

Pair
====

.. penstock-flow:: pair
   :steps: none
   :direction: TD
"""
MOST = 4096
"""Bytes of the script as a server sends it."""

SVG, MERMAID = 0, 1

VISIBLE = """view => {
    const {left, right} = view.getBoundingClientRect();
    return [...view.querySelectorAll(".penstock-entrypoint")].every(start => {
        const box = start.getBoundingClientRect();
        return left <= box.left && box.right <= Math.min(right, innerWidth);
    });
}"""
STARTS = """view => {
    const {left, right} = view.getBoundingClientRect();
    return [...view.querySelectorAll(".penstock-entrypoint")].filter(start => {
        const box = start.getBoundingClientRect();
        return left <= box.left && box.right <= right;
    }).map(start => start.querySelector("text").textContent);
}"""
SIZE = "image => image.getBoundingClientRect().width"


@pytest.fixture(scope="module")
def folder(new_project, require, request):
    """Return the folder of two pages with three diagrams of one flow, one with one by Mermaid."""
    bundle = get_bundle(VERSIONS[-1], request.config.rootpath)
    require("mermaid", bundle is not None)
    made = new_project()
    made.write("shop.py", FLOWS)
    made.write("mermaid.js", bundle.read_text(encoding="utf-8"))
    made.write("index.rst", PAGE.format(format="svg"))
    made.write("mermaid.rst", ":orphan:\n" + PAGE.format(format="mermaid"))
    made.write("pair.rst", PAIR)
    return made.build(penstock_mermaid_js="mermaid.js").folder


@pytest.fixture
def reader(chromium, folder, request):
    """Return a reader of the page that has the diagram *number* of the test.

    Only the page with Mermaid has to load it, which takes longer than most tests.
    """
    asked = "number" in request.fixturenames and request.getfixturevalue("number") == MERMAID
    reader = Reader(chromium, folder / ("mermaid.html" if asked else "index.html"))
    reader.wait_for_drawing()
    return reader


def press(reader, number, name):
    """Press a button of a diagram, or of the full screen while that is open."""
    is_full = reader.page.locator("dialog").count()
    box = reader.page.locator("dialog" if is_full else ".penstock-diagram")
    box.nth(0 if is_full else number).get_by_role("button", name=name).first.click()


def image(reader, number):
    """Return what is drawn."""
    return reader.page.locator("svg.penstock-flow, .mermaid > svg").nth(number)


def width(reader, number):
    return image(reader, number).evaluate(SIZE)


def test_size_of_script():
    """A page loads no more than four kilobytes."""
    assert len(gzip.compress(page_script().encode(), 9)) <= MOST


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [390, 1280])
def test_opens_at_the_entrypoint(chromium, folder, size, scripts):
    """A diagram that is too wide shrinks a little, and is scrolled to where the flow begins."""
    reader = Reader(chromium, folder / "index.html", width=size, scripts=scripts)
    view = reader.page.locator(".penstock-view").nth(SVG)
    reader.page.wait_for_timeout(500)  # the style sheet scrolls when the page is shown

    assert view.evaluate("view => view.scrollWidth > view.clientWidth")
    assert view.evaluate(VISIBLE)
    natural = float(image(reader, SVG).get_attribute("width"))
    assert width(reader, SVG) == pytest.approx(natural * 0.92, abs=1)
    assert reader.page.locator(".penstock-count").nth(SVG).inner_text() == "13 steps · 1 entrypoint"
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (390, ["receive_from_partner_0"]),
        (1280, ["receive_from_partner_0", "receive_from_partner_1"]),
    ],
)
def test_opens_at_all_entrypoints(chromium, folder, size, shown):
    """A diagram begins at all of its entrypoints if there is room, else at the first one."""
    reader = Reader(chromium, folder / "pair.html", width=size, scripts=False)
    view = reader.page.locator(".penstock-view")
    reader.page.wait_for_timeout(500)  # the style sheet scrolls when the page is shown

    assert view.evaluate("view => view.scrollWidth > view.clientWidth")
    assert view.evaluate(STARTS) == shown


def open_with(chromium, folder, change, **options):
    """Return a page on a phone whose style sheet is what *change* makes of it."""
    page = chromium.new_context(viewport={"width": 390, "height": 800}, **options).new_page()
    css = change((folder / "_static/penstock.css").read_text(encoding="utf-8"))
    page.route("**/penstock.css*", lambda route: route.fulfill(body=css, content_type="text/css"))
    page.goto((folder / "index.html").as_uri())
    return page


STILL = {
    "none": "* { animation: none !important; }",
    "short": "* { animation-delay: -1ms !important; animation-duration: 0.01ms !important; }",
}


@pytest.mark.parametrize("still", STILL)
def test_opens_there_without_animations(chromium, folder, still):
    """A theme that ends animations does not keep a diagram from its start, nor at it."""
    page = open_with(chromium, folder, lambda css: css + STILL[still], reduced_motion="reduce")
    view = page.locator(".penstock-view").first

    page.wait_for_function(VISIBLE, arg=view.element_handle())
    page.wait_for_function(
        "view => { view.scrollLeft = 0; return view.scrollLeft === 0 }", arg=view.element_handle()
    )
    page.pdf()
    page.evaluate("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))")
    assert view.evaluate("view => view.scrollLeft") == 0


def test_reader_is_faster(chromium, folder):
    """A reader can scroll a diagram while it opens, by wheel or by keys: it is not moved back."""
    page = open_with(chromium, folder, lambda css: css.replace("1s both", "60s both"))
    view = page.locator(".penstock-view").first
    start = view.evaluate("view => view.scrollLeft")
    view.evaluate("view => { view.scrollLeft = 0 }")
    assert view.evaluate("view => view.scrollLeft") == start > 300

    view.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"document.activeElement.scrollLeft < {start - 20}")
    other = page.locator(".penstock-view").nth(2)
    other.hover(position={"x": 20, "y": 20})
    for _ in range(50):  # a browser with much to do drops some
        page.mouse.wheel(-200, 0)
        page.wait_for_timeout(100)
        if other.evaluate("view => view.scrollLeft") < start - 100:
            return
    pytest.fail("the wheel does not move it")


@pytest.mark.parametrize("number", [MERMAID])
def test_mermaid_opens_at_the_entrypoint(reader, number):
    """A diagram by Mermaid too is scrolled to where the flow begins, when it is drawn."""
    view = reader.page.locator(".penstock-view").nth(number).element_handle()

    reader.page.wait_for_function(VISIBLE, arg=view)

    assert view.evaluate("view => view.scrollLeft") > 0


@pytest.mark.parametrize("number", [SVG, MERMAID])
def test_zoom(reader, number):
    """Buttons, keys and the wheel with Ctrl zoom one diagram; the wheel alone scrolls the page."""
    before, other = width(reader, number), width(reader, 2)

    press(reader, number, "Zoom in")
    assert width(reader, number) == pytest.approx(before * 1.25, rel=0.01)
    press(reader, number, "Zoom out")
    assert width(reader, number) == pytest.approx(before, rel=0.01)
    view = reader.page.locator(".penstock-view").nth(number)
    view.focus()
    reader.page.keyboard.press("+")
    assert width(reader, number) == pytest.approx(before * 1.25, rel=0.01)
    reader.page.keyboard.press("0")
    assert view.evaluate("view => view.scrollWidth <= view.clientWidth")
    fitted = width(reader, number)
    view.hover()
    reader.page.mouse.wheel(0, 50)
    assert width(reader, number) == fitted
    view.hover()
    reader.page.keyboard.down("Control")
    reader.page.mouse.wheel(0, -100)
    reader.page.keyboard.up("Control")
    reader.page.wait_for_function(
        "([image, old]) => image.getBoundingClientRect().width > old * 1.1",
        arg=[image(reader, number).element_handle(), fitted],
    )
    assert width(reader, 2) == other
    assert reader.errors == []


def test_pan(reader):
    """The mouse moves the diagram that it holds."""
    reader.wait_for_start()
    view = reader.page.locator(".penstock-view").nth(SVG)
    box, before = view.bounding_box(), view.evaluate("view => view.scrollLeft")
    x, y = box["x"] + 100, box["y"] + box["height"] - 8

    reader.page.mouse.move(x, y)
    reader.page.mouse.down()
    reader.page.mouse.move(x + 60, y, steps=3)
    reader.page.mouse.up()
    reader.page.mouse.move(x, y)

    assert view.evaluate("view => view.scrollLeft") == before - 60


@pytest.mark.parametrize("number", [SVG, MERMAID])
def test_full_screen(reader, number):
    """The full screen shows all of a diagram, and Escape ends it where it began."""
    before = width(reader, number)
    press(reader, number, "Full screen")
    dialog = reader.page.locator("dialog.penstock-full")

    box = image(reader, number).bounding_box()
    assert dialog.get_attribute("aria-label") == "Fan" if number == SVG else dialog.is_visible()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    press(reader, number, "Zoom in")
    assert width(reader, number) > box["width"]
    reader.page.keyboard.press("Escape")

    reader.page.wait_for_function("!document.querySelector('dialog')")
    assert width(reader, number) == pytest.approx(before, abs=1)
    assert reader.page.evaluate("document.activeElement.title") == "Full screen"
    assert reader.errors == []


SMALLEST = """image => Math.min(...[...image.querySelectorAll("text")].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * image.getBoundingClientRect().width
        / image.viewBox.baseVal.width))"""


@pytest.mark.parametrize("direction", ["TD", "LR", "BT", "RL"])
def test_full_screen_of_a_telephone(chromium, new_project, direction):
    """It opens at the entrypoint, in letters that can be read, and a button shows the whole."""
    made = new_project()
    made.write("shop.py", FLOWS)
    made.write(
        "index.rst", PAGE.format(format="svg").replace(":direction: TD", f":direction: {direction}")
    )
    reader = Reader(chromium, made.build().folder / "index.html")
    reader.page.set_viewport_size({"width": 390, "height": 720})

    press(reader, SVG, "Full screen")

    drawn = reader.page.locator("dialog svg.penstock-flow")
    view = reader.page.locator("dialog .penstock-view")
    assert drawn.evaluate(SMALLEST) >= 11
    start = drawn.locator(".penstock-entrypoint").bounding_box()
    assert 0 <= start["x"] < start["x"] + start["width"] <= 390
    assert view.bounding_box()["y"] <= start["y"] < start["y"] + start["height"] <= 720
    press(reader, SVG, "Fit")
    box = drawn.bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= 390
    assert view.bounding_box()["y"] <= box["y"] < box["y"] + box["height"] <= 720


def test_pinch(chromium, folder):
    """Two fingers zoom in the full screen, whose buttons are large enough for one."""
    context = chromium.new_context(has_touch=True, viewport={"width": 390, "height": 720})
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    page.locator("[data-do=full]").first.tap()
    drawn = page.locator("svg.penstock-flow").first
    before = drawn.evaluate(SIZE)
    touch = context.new_cdp_session(page)

    def send(kind, *places):
        points = [{"x": x, "y": 400, "id": number} for number, x in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 180, 200)
    for far in (30, 50, 90):
        send("touchMove", 190 - far, 190 + far)
    send("touchEnd")

    assert drawn.evaluate(SIZE) > before * 1.5
    button = page.get_by_role("button", name="Close").bounding_box()
    assert min(button["width"], button["height"]) >= 44


def test_copy(reader):
    """The source of a diagram can be copied, and the page says that it was."""
    reader.page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text }")

    press(reader, SVG, "Copy as Mermaid")

    reader.page.get_by_text("Copied").wait_for()
    text = reader.page.evaluate("window.copied")
    assert text.startswith("graph TD\n")
    assert "start --> handle_a_long_target_11" in text


def test_copy_without_permission(reader):
    """If a browser refuses, the source is copied as of old."""
    reader.page.evaluate(
        """() => {
            navigator.clipboard.writeText = async () => { throw "no" };
            document.execCommand = () => { window.copied = document.activeElement.value };
        }"""
    )

    press(reader, SVG, "Copy as Mermaid")

    reader.page.wait_for_function("window.copied?.startsWith('graph TD')")


@pytest.mark.parametrize("number", [SVG, MERMAID])
def test_download(reader, number):
    """A diagram can be saved as an SVG with the colours of the page."""
    with reader.page.expect_download() as download:
        press(reader, number, "Download as SVG")

    svg = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename.endswith(".svg")
    assert svg.startswith("<svg")
    assert "handle_a_long_target_11" in re.sub("<[^>]*>", "", svg)
    assert "fill: rgb(" in svg


def test_download_of_the_file(chromium, folder):
    """From a server, an SVG is saved as the file that readers without scripts have a link to."""
    with served(folder) as address:
        reader = Reader(chromium, f"{address}index.html")
        link = reader.page.get_by_role("link", name="Download as SVG").first
        with reader.page.expect_download() as download:
            link.click()

        assert not reader.page.locator(".penstock-file").first.is_visible()
        (file,) = (folder / "_images").glob("fan-*.svg")
        assert download.value.path().read_bytes() == file.read_bytes()
        assert download.value.suggested_filename == file.name

        # A plugin of MkDocs may have hidden the page before its link had an address.
        reader.page.evaluate(
            """() => {
                const links = document.querySelectorAll(".penstock-file");
                links.forEach(each => each.removeAttribute("href"));
                document.body.replaceChildren(...document.body.cloneNode(true).childNodes);
            }"""
        )
        with reader.page.expect_download() as download:
            reader.page.get_by_role("button", name="Download as SVG").first.click()
        assert "fill: rgb(" in download.value.path().read_text(encoding="utf-8")


def test_another_page_by_script(reader):
    """A page that a script has copied to the place of the first one has tools that work."""
    reader.page.evaluate(
        "document.body.replaceChildren(...document.body.cloneNode(true).childNodes)"
    )
    reader.page.wait_for_function("document.querySelectorAll('[data-do=full]').length === 3")
    before = width(reader, SVG)

    press(reader, SVG, "Zoom in")

    assert width(reader, SVG) == pytest.approx(before * 1.25, rel=0.01)
    assert reader.errors == []


def test_policy(chromium, folder):
    """Under a strict policy, all tools work and nothing is refused."""
    with served(folder, {"Content-Security-Policy": "default-src 'self'"}) as address:
        reader = Reader(chromium, f"{address}index.html")
        refused = []
        reader.page.on("console", lambda message: refused.append(message.text))
        before = width(reader, SVG)

        press(reader, SVG, "Zoom in")
        assert width(reader, SVG) == pytest.approx(before * 1.25, rel=0.01)
        press(reader, SVG, "Full screen")
        reader.page.locator("dialog").wait_for()
        reader.page.keyboard.press("Escape")

        assert [text for text in refused if "penstock" in text] == []


@pytest.mark.parametrize("number", [MERMAID])
def test_on_paper(reader, number):
    """On paper each diagram is whole, on one sheet, without tools, also out of the full screen."""
    press(reader, SVG, "Zoom in")
    press(reader, SVG, "Full screen")

    pdf = PdfReader(BytesIO(reader.page.pdf(format="A4")))

    sheets = [page.extract_text() for page in pdf.pages]
    words = " ".join(sheets)
    for target in range(12):
        assert words.count(f"handle_a_long_target_{target}") >= 2
    assert "Zoom" not in words
    assert reader.page.locator("dialog").count() == 0


@pytest.mark.parametrize("number", [MERMAID])
def test_sheet_of_paper(reader, number):
    """On paper, nothing of a diagram is beyond the sheet."""
    reader.page.set_viewport_size({"width": 700, "height": 900})
    reader.page.emulate_media(media="print")

    for each in (SVG, number):
        box = image(reader, each).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 700
    assert not reader.page.locator(".penstock-tools").first.is_visible()
