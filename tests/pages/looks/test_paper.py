"""Diagrams on paper."""

import re
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO

import pytest
from browser import chromium
from pypdf import PdfReader
from shown_measures import open_page

from penstock.docs.diagrams import page_stylesheet

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan", "forty")

ALONE = """() => {
    for (const other of document.querySelectorAll(".penstock-diagram ~ *")) other.remove();
    return [...document.querySelectorAll("svg.penstock-flow .penstock-node text")]
        .map(text => text.textContent);
}"""


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
    printed = "".join("".join(seen).split())
    return [line for line in lines if "".join(line.split()) not in printed]


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
    """A tall diagram is on the page of its name and box, also where margins are wide."""
    page = open_page(chromium, shown_page("furo", "forty", FEW), 1280)
    lines = page.evaluate(ALONE)
    page.add_style_tag(content="@page { margin: 25mm }")

    pages = PdfReader(BytesIO(page.pdf(format="A4"))).pages

    texts = ["".join(each.extract_text().split()) for each in pages]
    (text,) = (each for each in texts if "40steps·2entrypoints" in each)
    assert "Aflowof40steps" in text
    assert [line for line in lines if "".join(line.split()) not in text] == []


@pytest.mark.wide
@pytest.mark.parametrize("flow", ["twelve", "fan"])
def test_weasyprint(shown_page, require, flow):
    """WeasyPrint, which knows no style sheet inside of an SVG, shows every step, in its colours."""
    require("weasyprint", find_spec("weasyprint") is not None)
    weasyprint = import_module("weasyprint")
    html = shown_page("alabaster", flow, ("twelve", "fan")).read_text(encoding="utf-8")
    start = html.index('<div class="penstock-diagram"')
    drawn = html[start : html.index("</svg>", html.index("penstock-flow", start)) + 6]
    found = re.findall(r"<tspan[^>]*>([^<]+)<|<text[^>]*>([^<]+)<", drawn)
    lines = ["".join(line) for line in found]

    pdf = weasyprint.HTML(string=f"<style>{page_stylesheet()}</style>{drawn}").write_pdf()

    assert missing(pdf, lines) == []
    content = PdfReader(BytesIO(pdf)).pages[0].get_contents().get_data()
    assert any(colour in content for colour in (b"0.113", b".113", b"0.114"))  # of an entrypoint
