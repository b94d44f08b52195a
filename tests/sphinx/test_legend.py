"""The legend of a diagram, in each builder that shows images."""

import re

import pytest

ENTRY = "Filled shape: runs begin here"


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_list(project, builder):
    """A list below the diagram has a sample for each sign; a book has it too."""
    built = project(":legend:", ":caption: How").build(
        builder, project="x", version="1", copyright="x"
    )

    (page,) = built.folder.glob("index.*html")
    html = page.read_text(encoding="utf-8")
    (found,) = re.findall(
        r'<ul class="penstock-legend" aria-label="Legend".*?</ul>', html, re.DOTALL
    )
    texts = re.findall(r"<li><svg.*?</svg><span>(.*?)</span></li>", found, re.DOTALL)
    assert texts == [
        ENTRY,
        "Card: a step",
        "Icon: HTTP",
        "Icon: ledger",
        "Arrow: the flow goes on",
        "Words at an arrow: the condition",
        "Bar: all of them lead on together",
    ]


@pytest.mark.parametrize("caption", [(), (":caption: How",)], ids=["bare", "captioned"])
def test_on_paper(project, caption):
    """On paper it is a list of words, so that it leaves out icons: steps have words beside them."""
    built = project(":legend:", *caption).build("latex")

    (tex,) = built.folder.glob("*.tex")
    text = tex.read_text(encoding="utf-8")
    assert text.index("includegraphics") < text.index(ENTRY)
    assert "Icon" not in text


@pytest.mark.parametrize(
    ("options", "builder"),
    [
        ((), "latex"),
        ((":legend:", ":format: dot"), "latex"),
        ((":legend:",), "text"),
        ((":legend: false",), "html"),
    ],
    ids=["not-asked", "code", "text", "off"],
)
def test_none(project, options, builder):
    """There is none unless it is asked for, and none where words say it already."""
    settings = {"penstock_legend": True} if ":legend: false" in options else {}

    built = project(*options).build(builder, **settings)

    files = [path for path in built.folder.glob("*") if path.suffix in {".tex", ".txt", ".html"}]
    assert ENTRY not in "".join(path.read_text(encoding="utf-8") for path in files)


def test_setting(project):
    """A setting gives all diagrams one, and the language of the project is that of its words."""
    html = project().build(penstock_legend="1", language="de").read("index.html")

    assert "Gefüllte Form: hier beginnen Läufe" in html


def test_value(project):
    """A value that is neither true nor false is reported."""
    built = project(":legend: maybe").build()

    assert "'maybe' is neither true nor false" in built.warnings


def test_png(project):
    """A PNG has the signs that an SVG has."""
    html = project(":legend:", ":format: png").build().read("index.html")

    assert ENTRY in html
    assert "Icon:" in html
