"""Every builder shows something true."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from itertools import pairwise

import pytest
from pypdf import PdfReader

from penstock.docs.diagrams import paper_medium
from penstock.render import _graphviz

ABOUT = {"project": "Shop", "version": "1", "copyright": "x"}


# The JSON builder of Sphinx' own package uses what Sphinx has deprecated.
@pytest.mark.filterwarnings("ignore:'sphinxcontrib.serializinghtml")
@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "epub", "json"])
def test_html_builders(project, builder):
    """Every HTML builder shows the image, and its nodes lead to steps on the same page."""
    built = project(":caption: Why & how").build(builder, **ABOUT)

    (page,) = [*built.folder.glob("index.*html"), *built.folder.glob("index.fjson")]
    html = page.read_text(encoding="utf-8").replace('\\"', '"')
    links = re.findall(r'href="#(penstock--orders--\w+)"', html)
    assert built.warnings == ""
    assert "penstock-entrypoint" in html
    assert {f'id="{link}"' in html for link in links} == {True}
    assert len(set(links)) == 4
    files = re.findall(r'class="penstock-file" href="([^"]+)"', html)
    assert [(page.parent / file).is_file() for file in files] == [True] * (builder != "epub")


def test_image_of_a_page_in_a_folder(project):
    """A page in a folder finds its image."""
    made = project(after="\n.. toctree::\n\n   sub/page\n")
    made.write("sub/page.rst", "Page\n====\n\n.. penstock-flow:: orders\n   :format: png\n")

    built = made.build()

    (source,) = re.findall(r'<img src="(\.\./_images/[^"]+)"', built.read("sub/page.html"))
    image = built.folder / "sub" / source
    assert image.resolve().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
def test_file_of_a_diagram(project, builder):
    """Two pages link to one file, which has its own style and no links."""
    made = project(after="\n.. toctree::\n\n   sub/page\n")
    made.write("sub/page.rst", "Page\n====\n\n.. penstock-flow:: orders\n")

    built = made.build(builder)

    page = "sub/page.html" if builder == "html" else "sub/page/index.html"
    (link,) = re.findall(r'class="penstock-file" href="([^"]+)"', built.read(page))
    file = (built.folder / page).parent / link
    (only,) = built.folder.glob("_images/*.svg")
    assert only == file.resolve()
    svg = file.read_text(encoding="utf-8")
    assert "<style>" in svg
    assert ("href" in svg, "penstock-entrypoint" in svg) == (False, True)


def test_single_page(project):
    """On a single page each id is there once, and all links lead to one of them."""
    after = "\n:penstock:flow:`orders`\n\n.. toctree::\n\n   other\n"
    made = project(after=after)
    made.write("other.rst", "Other\n=====\n\n:penstock:step:`send`\n\n.. penstock-flows::\n")

    head, _, html = made.build("singlehtml").read("index.html").partition('role="main"')

    ids = re.findall(r' id="([^"]+)"', html)
    assert "_static/penstock.css" in head
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= {*ids}


@pytest.mark.parametrize("format_", ["svg", "png", "mermaid"])
def test_epub(project, format_):
    """A page of a book is well-formed XML with an image: no script runs there."""
    built = project(":caption: Why & how", f":format: {format_}", ":alt: A & <b>").build(
        "epub", **ABOUT
    )

    page = built.read("index.xhtml")
    assert ("xlink:href=" in page) is (format_ != "png")
    assert ("<img src" if format_ == "png" else "<svg") in page
    for file in built.folder.rglob("*.xhtml"):
        text = file.read_text(encoding="utf-8")
        ET.fromstring(text.strip().replace("&copy;", ""))
        assert "<script" not in text
    assert built.warnings == ""


@pytest.mark.parametrize(("builder", "page"), [("html", "index.html"), ("epub", "index.xhtml")])
def test_tall_flow(project, builder, page):
    """A tall flow is in parts for paper too, one step in each, but not in a book."""
    made = project()
    names = ["receive", *(f"s{number}" for number in range(20))]
    steps = "\n".join(
        f'orders(step(name="{name}", after="{before}")(print))' for before, name in pairwise(names)
    )
    made.write("shop.py", f"{(made.folder / 'shop.py').read_text(encoding='utf-8')}\n{steps}\n")

    html = made.build(builder, **ABOUT).read(page)

    parts = html.partition('<div class="penstock-parts" hidden=""')[2].partition("</div>")[0]
    counts = {name: parts.count(f">{name}</text>") for name in names[1:]}
    assert counts == dict.fromkeys(names[1:], 1 if builder == "html" else 0)
    assert (parts.count("<svg") > 1) is (builder == "html")


def test_list_of_book(project):
    """The list of a book's files says which pages have SVG in them, as EPUB wants it."""
    made = project(after="\n.. toctree::\n\n   png\n   a b/ü\n")
    made.write("png.rst", "PNG\n===\n\n.. penstock-flow:: orders\n   :format: png\n")
    made.write("a b/ü.rst", "Deep\n====\n\n.. penstock-flow:: orders\n")

    built = made.build("epub", **ABOUT)

    items = ET.fromstring(built.read("content.opf")).iter("{http://www.idpf.org/2007/opf}item")
    properties = {item.get("href"): item.get("properties") for item in items}
    assert {name: properties[name] for name in ("index.xhtml", "png.xhtml", "nav.xhtml")} == {
        "index.xhtml": "svg",
        "png.xhtml": None,
        "nav.xhtml": "nav",
    }
    assert properties["a%20b/%C3%BC.xhtml"] == "svg"


def test_contents_of_book(project):
    """The contents of a book lead to steps that are there."""
    made = project(index="Shop\n====\n\n.. toctree::\n\n   flows\n")
    made.write("flows.rst", "Flows\n=====\n\n.. penstock-flow:: orders\n")

    built = made.build("epub", **ABOUT)

    page = built.read("flows.xhtml")
    for contents in ("toc.ncx", "nav.xhtml"):
        anchors = re.findall(r'"flows.xhtml#([^"]+)"', built.read(contents))
        assert "penstock--orders--send" in anchors
        assert all(f'id="{anchor}"' in page for anchor in anchors)


TREE = [
    "Orders",
    "Receive the order (entrypoint, HTTP)",
    "├─ paid ─> charge (ledger)",
    "│   └── send (after all of them)",
    "└── pack",
    "└── send ↑",
]


@pytest.mark.parametrize(
    ("builder", "name"),
    [("text", "index.txt"), ("xml", "index.xml"), ("pseudoxml", "index.pseudoxml")],
)
def test_builders_without_images(project, builder, name):
    """If there are no images, the flow is a tree of text."""
    built = project(":caption: How").build(builder)

    text = re.sub(r"</?literal_block[^>]*>", ">", built.read(name))
    lines = [unescape(line).strip() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.endswith(TREE[1])) - 1
    assert built.warnings == ""
    assert [line.strip(">") for line in lines[start : start + 6]] == TREE


def test_text_page(project):
    """A page of text reads like the page of HTML."""
    text = project().build("text").read("index.txt")

    assert text.partition("From *order* to parcel.\n\n")[2].startswith(
        'Owner Depot · a, b · "orders"'
    )
    assert text.rpartition("send ↑\n\n")[2].split("\n\n") == [
        "**Receive the order**\nreceive(order: int, *, dry: bool = False) -> str",
        '   Entrypoint · HTTP · "shop" · leads to charge (paid), pack',
        "   Takes an order <in>.",
        "   Args:\n      order: The *number* of the order.",
        "async charge(order)",
        '   ledger · "shop" · after Receive the order (paid) · leads to send',
        "   Charges it.",
        "pack(order)",
        '   "shop" · after Receive the order · leads to send',
        "send(order)",
        '   "shop" · after all of charge, pack',
        "   Sends it.\n",
    ]


def test_table_of_text(project):
    """A table of text breaks no word of ordinary length."""
    text = project(index=".. penstock-flows::\n").build("text").read("index.txt")

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[1::2]]
    assert rows == [
        ["Flow", "About", "Entrypoints", "Owner", "Tags"],
        ["Orders", "From *order* to parcel.", "Receive the order", "Depot", "a, b"],
    ]


@pytest.mark.parametrize(("builder", "suffix"), [("man", "1"), ("texinfo", "texi")])
def test_manuals(project, builder, suffix):
    """Manual pages and Texinfo show the tree of text too."""
    built = project(":caption: How", ":name: my-flow", after="\nSee :ref:`my-flow`.\n").build(
        builder,
        project="Shop",
        man_pages=[("index", "shop", "Shop", [], 1)],
        texinfo_documents=[("index", "shop", "Shop", "a", "Shop", "d", "m")],
    )

    text = built.read(f"shop.{suffix}")
    assert built.warnings == ""
    assert "Receive the order (entrypoint, HTTP)" in text
    assert "Takes an order" in text


@pytest.mark.parametrize("steps", ["full", "summary"])
@pytest.mark.parametrize("caption", [(), (":caption: How",)])
def test_links_of_texinfo(project, steps, caption):
    """Each link in Texinfo has its anchor where the step or the flow is, not at the end."""
    after = "\n:penstock:flow:`orders`, :penstock:step:`send`\n"
    made = project(*caption, f":steps: {steps}", after=after)

    text = made.build("texinfo").read("projectnamenotset.texi")

    assert "@ref{" in text
    assert not re.search(r"@anchor\{\w+\}@w\{", text)


def test_caption_in_manual_page(project):
    """The content below a caption in a manual page begins on its own line."""
    text = project(":caption: How").build("man").read("projectnamenotset.1")

    assert "\nHow\n.UNINDENT\n" in text


LINKCODE = """
def linkcode_resolve(domain, info):
    return f"http://localhost:1/{info['fullname']}"
"""


def test_linkcheck(project, monkeypatch):
    """Addresses outside to which nodes lead are checked, each at the author's line."""
    monkeypatch.setenv("NO_PROXY", "*")
    made = project(":steps: none")
    made.write("conf.py", LINKCODE)

    text = made.build("linkcheck", "sphinx.ext.linkcode").read("output.txt")

    assert sorted(re.findall(r"index.rst:(\d+): \[broken\] http://localhost:1/(\w+): ", text)) == [
        *(("5", "charge"), ("5", "pack"), ("5", "receive"), ("5", "send")),
    ]


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "dummy"])
def test_builders_without_pages(project, builder):
    """Builders that make no pages pass by."""
    assert project(":caption: How").build(builder).warnings == ""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((), r"{\centering\sphinxincludegraphics", id="default"),
        pytest.param((":align: left",), r"{\raggedright\sphinxincludegraphics", id="left"),
        pytest.param((":align: right",), r"{\raggedleft\sphinxincludegraphics", id="right"),
        pytest.param((":caption: Why",), r"\caption{Why}", id="caption"),
        pytest.param((":format: mermaid",), r"\sphinxincludegraphics", id="mermaid"),
        pytest.param((":width: 50%",), r"[width=0.500\linewidth,", id="width"),
        pytest.param((":width: 5cm",), r"[width=5cm,", id="length"),
        pytest.param((":height: 5cm",), r"[width=\linewidth,height=5cm,keep", id="height"),
        pytest.param((":width: 9cm", ":height: 5cm"), "[width=9cm,height=5cm,keep", id="both"),
    ],
)
def test_latex(project, lines, expected):
    """LaTeX includes the image as a file that is there."""
    built = project(*lines).build("latex")

    text = next(built.folder.glob("*.tex")).read_text(encoding="utf-8")
    ((name, suffix),) = re.findall(
        r"\\sphinxincludegraphics\[.*?\]\{\{(penstock-\w+)\}\.(\w+)\}", text
    )
    assert built.warnings == ""
    assert expected in text
    begin = {"pdf": b"%PDF-", "png": b"\x89PNG"}[suffix]
    assert (suffix == "pdf") == (paper_medium() == "pdf")
    assert (built.folder / f"{name}.{suffix}").read_bytes().startswith(begin)


@pytest.fixture
def typeset(require):
    """Return a function that makes a PDF of a build, and returns it with LaTeX's log."""
    program = shutil.which("pdflatex")
    require("latex", program is not None)

    def run(built):
        (source,) = built.folder.glob("*.tex")
        for _ in range(2):  # the first run finds out where links lead
            done = subprocess.run(
                [program, "-interaction=nonstopmode", "-halt-on-error", source.name],
                cwd=built.folder,
                check=False,
                capture_output=True,
                env=os.environ | {"max_print_line": "1000"},
            )
        log = done.stdout.decode(errors="replace")
        assert done.returncode == 0, log[-2000:]
        return PdfReader(source.with_suffix(".pdf")), log

    return run


def images(pdf: PdfReader) -> list[tuple[float, float, float]]:
    """Return how wide and tall each image is on its page, and how wide it was drawn, in points."""
    found = []

    def note(operator, operands, matrix, _):
        if operator == b"Do":
            image = page["/Resources"]["/XObject"][operands[0]]
            if image["/Subtype"] == "/Form":  # vectors, which are scaled
                _, _, width, height = map(float, image["/BBox"])
                found.append((matrix[0] * width, matrix[3] * height, width))
            else:
                found.append((matrix[0], matrix[3], image["/Width"] / 4))

    for page in pdf.pages:
        page.extract_text(visitor_operand_before=note)
    return found


LARGE = """
wide, tall = flow("wide"), flow("tall")
for i in range(14):
    wide(step(name=f"a_rather_long_name_{i}")(pack))
for i in range(200):
    tall(step(name=f"s{i}", after=f"s{i - 1}" if i else None)(pack))
"""


STEPS = [f"s{number}" for number in range(200)]


@pytest.mark.latex
def test_pdf(project, typeset):
    """A PDF shows each flow as large as it was drawn or its page allows, a tall one on several."""
    made = project(":caption: How")
    made.write("shop.py", (made.folder / "shop.py").read_text(encoding="utf-8") + LARGE)
    for flow, option in (
        ("orders", "width: 50%"),
        ("wide", "align: left\n   :direction: td"),
        ("tall", "caption: x"),
    ):
        with (made.folder / "index.rst").open("a", encoding="utf-8") as page:
            page.write(f"\n.. penstock-flow:: {flow}\n   :steps: none\n   :{option}\n")

    pdf, log = typeset(made.build("latex"))

    paper = float(pdf.pages[0].mediabox.width), float(pdf.pages[0].mediabox.height)
    drawn, half, wide, *tall = images(pdf)
    assert drawn[0] == pytest.approx(drawn[2], rel=0.01)
    assert half[0] == pytest.approx(wide[0] / 2, rel=0.01)
    assert 0.6 * paper[0] < wide[0] < 0.9 * paper[0]
    assert len(tall) > 10
    assert {round(part[0] / part[2], 2) for part in tall} == {0.75}
    texts = [page.extract_text() for page in pdf.pages]
    counts = {name: sum(name in text.split() for text in texts) for name in STEPS}
    assert counts == dict.fromkeys(STEPS, 1)
    assert not re.search("too large|undefined|Overfull", log)


TALL = """
tall = flow("tall")
for i in range(20):
    tall(step(name=f"s{i}", after=f"s{i - 1}" if i else None)(pack))
"""
CELL = """
.. list-table::

   * - .. penstock-flow:: tall
          :steps: none
"""


@pytest.mark.parametrize(
    ("page", "is_divided"),
    [
        pytest.param("\n.. penstock-flow:: tall\n   :steps: none\n", True, id="alone"),
        pytest.param("\n.. penstock-flow:: tall\n   :caption: x\n", True, id="figure"),
        pytest.param("\n.. penstock-flow:: tall\n   :height: 20cm\n", False, id="size"),
        pytest.param(CELL, False, id="cell"),
    ],
)
def test_parts_in_latex(project, page, is_divided):
    """A tall flow is in parts, unless it has a size or is where no page ends."""
    made = project()
    made.write("shop.py", (made.folder / "shop.py").read_text(encoding="utf-8") + TALL)
    made.write("index.rst", f"Shop\n====\n{page}")

    built = made.build("latex")

    text = next(built.folder.glob("*.tex")).read_text(encoding="utf-8")
    names = re.findall(r"sphinxincludegraphics\[[^]]*\]\{\{(penstock-\w+)\}", text)
    assert (len(names) > 1) is is_divided
    assert len({*names}) == len(names)
    _, _, inside = text.partition(r"\begin{figure}")
    assert inside.count("includegraphics") == bool(inside)


@pytest.mark.latex
@pytest.mark.parametrize("steps", ["full", "summary"])
def test_pdf_links(project, typeset, steps):
    """Links in a PDF, also of its index of flows, lead to the flow and to its steps."""
    after = "\n:penstock:flow:`orders` :penstock:step:`send`\n"
    pdf, log = typeset(project(f":steps: {steps}", after=after).build("latex"))

    links = [link.get_object() for page in pdf.pages for link in page.get("/Annots", [])]
    leads = {str(link["/A"]["/D"]) for link in links if link["/A"]["/S"] == "/GoTo"}
    spots = {pdf.named_destinations[lead]["/Top"] for lead in leads}
    assert "undefined" not in log
    assert len(spots) >= 5


def test_latex_links(project):
    """Each link between steps has its target in LaTeX."""
    built = project().build("latex")

    text = next(built.folder.glob("*.tex")).read_text(encoding="utf-8")
    links = set(re.findall(r"\\hyperref\[\\detokenize\{(index:penstock[^}]+)\}\]", text))
    assert len(links) == 4
    assert all(rf"\label{{\detokenize{{{link}}}}}" in text for link in links)


@pytest.fixture
def no_graphviz(monkeypatch):
    """No program that draws; call it to bring the program back."""
    monkeypatch.setattr(_graphviz.images, "find_program", lambda: None)
    return monkeypatch.undo


@pytest.mark.usefixtures("no_graphviz")
@pytest.mark.parametrize("builder", ["html", "latex"])
@pytest.mark.parametrize("format_", ["svg", "png"])
def test_without_graphviz(project, builder, format_):
    """Without a Graphviz program trees of text are there, and one warning names the cure."""
    built = project(f":format: {format_}", after="\n.. penstock-flow:: orders\n").build(builder)

    (page,) = built.folder.glob("index.html" if builder == "html" else "*.tex")
    assert built.warnings.endswith(
        'pip install "penstock[png]". Shown as text instead [penstock.render]\n'
    )
    assert built.warnings.count("WARNING") == 1
    assert page.read_text(encoding="utf-8").count("Receive the order (entrypoint, HTTP)") == 2


def test_without_the_package_graphviz(project, monkeypatch):
    """Without the package that writes for the program, a tree of text is there too."""
    monkeypatch.setitem(sys.modules, "graphviz", None)

    built = project().build()

    assert built.warnings.count("WARNING") == 1
    assert 'needs the package graphviz: pip install "penstock[png]"' in built.warnings
    assert "Receive the order (entrypoint, HTTP)" in built.text()


def test_drawn_once_it_can_be(project, no_graphviz):
    """A page that could not be drawn warns until it can, in the builder that drew it."""
    made = project()
    built = [made.build(), made.build("text"), made.build()]
    no_graphviz()
    built += [made.build(), made.build()]

    assert [bool(b.warnings) for b in built] == [True, False, True, False, False]
    assert "<svg" in built[-1].read("index.html")
    assert "0 added, 0 changed" in built[-1].status


def test_failing_graphviz(project, monkeypatch):
    """A program that fails is a warning at the author's line, for each flow."""
    made = project(after="\n.. penstock-flow:: orders\n")
    made.write("plotter", "#!/bin/sh\necho out of paper >&2\nexit 1\n")
    (made.folder / "plotter").chmod(0o755)
    monkeypatch.setenv("PENSTOCK_DOT", str(made.folder / "plotter"))

    built = made.build()

    place = made.folder / "index.rst"
    assert [line.partition(" WARNING")[0] for line in built.warnings.splitlines()] == [
        f"{place}:5:",
        f"{place}:7:",
    ]
    assert "plotter: out of paper. Shown as text instead" in built.warnings


def test_beyond_mermaid(project):
    """A flow that Mermaid would refuse to draw is drawn as SVG, with a warning."""
    made = project(":format: mermaid", ":steps: none")
    steps = "\n".join(f"orders(step(name='s{i}', after='s{i - 1}')(print))" for i in range(1, 503))
    begin = "from penstock import *\norders = flow('orders')\norders(entrypoint(name='s0')(print))"
    made.write("shop.py", f"{begin}\n{steps}\n")

    built = made.build()

    assert "Drawn as SVG instead [penstock.render]" in built.warnings
    assert "<svg" in built.read("index.html")


def test_beyond_the_fonts_of_a_png(project, monkeypatch):
    """A flow that would have empty boxes for letters in PNG is drawn as SVG, with a warning."""
    monkeypatch.setenv("PENSTOCK_DOT", "graphviz-pure")
    made = project(":format: png")
    shop = (made.folder / "shop.py").read_text(encoding="utf-8")
    made.write("shop.py", shop.replace('title="Receive', 'title="注文'))

    built = made.build()

    assert built.warnings.count("its fonts have no '注文', and it uses no others") == 1
    assert "Drawn as SVG instead [penstock.render]" in built.warnings
    assert "<svg" in built.read("index.html")
