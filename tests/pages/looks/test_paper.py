"""Diagrams on paper."""

import re
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from unicodedata import normalize

import pytest
from browser import chromium
from pypdf import PdfReader
from shown_measures import open_page
from shown_sites import THEMES

from penstock.docs.diagrams import page_stylesheet

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan", "forty")

ALONE = """() => {
    for (let each = document.querySelector(".penstock-diagram"); each; each = each.parentElement)
        while (each.nextElementSibling) each.nextElementSibling.remove();
    return [...document.querySelectorAll("svg.penstock-flow .penstock-node text")]
        .map(text => text.textContent);
}"""


STEPS = """() => [...document.querySelectorAll(".penstock-sheet > svg .penstock-node")]
    .map(step => [...step.querySelectorAll("text")].map(text => text.textContent).join(""))"""


def letters(text):
    """Return *text* without white space and ligatures."""
    return "".join(normalize("NFKC", text).split())


def sizes(pages):
    """Return the size of each string on *pages*, in points."""
    found = []
    for page in pages:
        page.extract_text(
            visitor_text=lambda text, outer, inner, _, size: (
                found.append(abs(size * inner[3] * outer[3])) if text.strip() else None
            )
        )
    return found


def missing(pdf, lines):
    """Return the lines that are on no page of a PDF, or outside of what is printed of it."""
    seen = []

    for page in PdfReader(BytesIO(pdf)).pages:
        width, height = map(float, page.mediabox[2:])

        def keep(text, inner, matrix, *_, width=width, height=height):
            x = inner[0] * matrix[4] + inner[2] * matrix[5] + inner[4]
            y = inner[1] * matrix[4] + inner[3] * matrix[5] + inner[5]
            if 0 <= x < width - 5 and 0 <= y < height - 5:
                seen.append(text)

        page.extract_text(visitor_text=keep)
    printed = letters("".join(seen))
    return [line for line in lines if letters(line) not in printed]


def print_page(chromium, file, paper):
    """Return the PDF of a page with nothing behind its diagram, and the strings of its steps."""
    page = open_page(chromium, file, 1280)
    lines = page.evaluate(ALONE)
    assert lines
    return page.pdf(format=paper), lines


@pytest.mark.parametrize("flow", ["twelve"])
def test_whole(chromium, shown_page, flow):
    """Every step of a diagram is on a page that is printed."""
    pdf, lines = print_page(chromium, shown_page("furo", flow, FEW), "A4")

    assert missing(pdf, lines) == []


def test_box_on_one_page(chromium, shown_page):
    """A diagram that is as tall as a sheet is on the page of its name and box."""
    page = open_page(chromium, shown_page("furo", "twelve", FEW), 1280)
    lines = page.evaluate(ALONE)
    page.add_style_tag(content="@page { margin: 25mm }")

    pages = PdfReader(BytesIO(page.pdf(format="A5"))).pages

    texts = [letters(each.extract_text()) for each in pages]
    (text,) = (each for each in texts if "12steps·2entrypoints" in each)
    assert "Aflowof12steps" in text
    assert [line for line in lines if letters(line) not in text] == []


TALL = [("furo", "10mm"), ("furo", "30mm")]
TALL += [pytest.param(theme, "10mm", marks=pytest.mark.wide) for theme in THEMES if theme != "furo"]


@pytest.mark.parametrize(("theme", "margin"), TALL)
def test_tall_diagram(chromium, shown_page, theme, margin):
    """A diagram of many rows has as many sheets as it needs, and no step is on two of them."""
    page = open_page(chromium, shown_page(theme, "forty", FEW), 1280)
    page.evaluate(ALONE)
    page.add_style_tag(content=f"@page {{ margin: {margin} }}")
    steps = page.evaluate(STEPS)

    pages = PdfReader(BytesIO(page.pdf(format="A4"))).pages

    texts = [letters(each.extract_text()) for each in pages]
    while "Aflowof40steps" not in texts[0]:  # some themes print a table of contents first
        texts.pop(0)
    texts[0] = texts[0].partition("Aflowof40steps")[2]
    assert len(texts) > 1
    assert "40steps·2entrypoints" in texts[0]
    assert "validate_order_0HTTP" in texts[0]
    assert [step for step in steps if sum(letters(step) in text for text in texts) != 1] == []
    assert min(sizes(pages)) > 4


@pytest.mark.wide
@pytest.mark.parametrize("flow", FEW)
def test_weasyprint(shown_page, require, flow):
    """WeasyPrint, which knows no style sheet inside of an SVG, shows every step, in its colours."""
    require("weasyprint", find_spec("weasyprint") is not None)
    weasyprint = import_module("weasyprint")
    html = shown_page("alabaster", flow, FEW).read_text(encoding="utf-8")
    start = html.index('<div class="penstock-diagram"')
    end = html.index("</svg>", html.index("penstock-flow", start)) + 6
    drawn = html[start:end]
    found = re.findall(r"<tspan[^>]*>([^<]+)<|<text[^>]*>([^<]+)<", drawn)
    lines = ["".join(line) for line in found]

    pdf = weasyprint.HTML(string=f"<style>{page_stylesheet()}</style>{drawn}").write_pdf()

    assert missing(pdf, lines) == []
    content = PdfReader(BytesIO(pdf)).pages[0].get_contents().get_data()
    assert any(colour in content for colour in (b"0.113", b".113", b"0.114"))  # of an entrypoint


@pytest.mark.wide
def test_tall_diagram_in_weasyprint(shown_page, require):
    """WeasyPrint has as many sheets for a tall diagram as it needs, with each step on one."""
    require("weasyprint", find_spec("weasyprint") is not None)
    weasyprint = import_module("weasyprint")
    html = shown_page("alabaster", "forty", FEW).read_text(encoding="utf-8")
    start = html.index('<div class="penstock-diagram"')
    whole, _, rest = html[start:].partition('<div class="penstock-parts"')
    parts = rest.partition("</div>")[0]
    steps = [
        "".join(re.findall(r"<text[^>]*>([^<]+)<", node))
        for node in re.findall(r'<g class="penstock-node.*?</g>', whole)
    ]
    page = f'{whole}<div class="penstock-parts"{parts}</div></div></div>'

    pdf = weasyprint.HTML(string=f"<style>{page_stylesheet()}</style>{page}").write_pdf()

    pages = PdfReader(BytesIO(pdf)).pages
    texts = [letters(each.extract_text()) for each in pages]
    assert len(steps) == 40
    assert len(texts) > 1
    assert [step for step in steps if sum(letters(step) in text for text in texts) != 1] == []
    assert min(sizes(pages)) > 4
