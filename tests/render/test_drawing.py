"""Diagrams that penstock measures and paints itself: sizes, positions, lines and colours."""

import itertools
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from browser import chromium, running_chromium  # noqa: F401 - fixtures
from contrast import contrast

from penstock import Edge, Graph, Node
from penstock.graph import DrawnWords
from penstock.render import DARK, LIGHT, _graphviz, draw, label_lines
from penstock.render._graphviz.images import dot_source, draw_dot, draw_svg
from penstock.render._graphviz.layout import cost
from penstock.render._graphviz.measure import width_of
from penstock.render._graphviz.paint import _ends, paint_svg
from penstock.render._graphviz.program import find_extra
from penstock.render._graphviz.stylesheet import svg_stylesheet
from penstock.render._icons import FAMILIES
from penstock.render._stylesheets import page_stylesheet

SVG = "{http://www.w3.org/2000/svg}"


def flow_of(nodes: list[Node], edges: list[Edge], **more: object) -> Graph:
    return Graph(name="x", nodes=tuple(nodes), edges=tuple(edges), **more)


def fan(count: int) -> Graph:
    """Return an entrypoint with many steps after it."""
    nodes = [Node(name="begin", role="entrypoint", kind="http")]
    nodes += [Node(name=f"do_the_thing_{i}", kind="queue") for i in range(count)]
    return flow_of(nodes, [Edge("begin", node.name) for node in nodes[1:]])


def chain(count: int) -> Graph:
    nodes = [Node(name=f"step_{i}") for i in range(count)]
    return flow_of(nodes, [Edge(a.name, b.name) for a, b in itertools.pairwise(nodes)])


RICH = flow_of(
    [
        Node(name="receive", title="Receive an order 注文を受ける", role="entrypoint", kind="http"),
        Node(name="import_orders", role="entrypoint"),
        Node(name="reserve_inventory_in_the_warehouse_of_the_supplier", kind="sql", group="Stock"),
        Node(name="countStock", kind="odd", group="Stock", receives=("kafka:counted",)),
        Node(name="pay", title="MMMM WWWW @@@@ Ещё Жук", kind="payment", group="Money and refunds"),
        Node(name="refund", role="missing"),
        Node(name="ship", kind="email", join="all", sends=("amqp:parcels",), note="2 times"),
        Node(name="close", title="إغلاق الطلب", status="failed", group="Money and refunds"),
    ],
    [
        Edge("receive", "reserve_inventory_in_the_warehouse_of_the_supplier", "valid"),
        Edge("import_orders", "reserve_inventory_in_the_warehouse_of_the_supplier"),
        Edge("reserve_inventory_in_the_warehouse_of_the_supplier", "countStock", "a few are left"),
        Edge("receive", "pay", "by card, if it is one that we know"),
        Edge("refund", "pay"),
        Edge("countStock", "ship"),
        Edge("pay", "ship"),
        Edge("ship", "close"),
        Edge("receive", "close"),
        Edge("close", "pay", "declined", is_loop=True),
        Edge("ship", "ship", "until sent", is_loop=True),
    ],
    title="Everything",
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("reserve_inventory_in_warehouse", ("reserve_inventory_", "in_warehouse")),
        ("validateTheOrderOfTheCustomer", ("validateTheOrder", "OfTheCustomer")),
        ("HTTPServerForRequestsInGeneral", ("HTTPServerFor", "RequestsInGeneral")),
        ("orders.payments.confirmed.v2", ("orders.payments.", "confirmed.v2")),
        ("x" * 40, ("x" * 40,)),
        ("注文を検証して在庫を確保する", ("注文を検証して", "在庫を確保する")),
        ("one\n\ntwo", ("one", "two")),
        ("ask the HTTPServer v1.5 for it", ("ask the HTTPServer", "v1.5 for it")),
        (" ", (" ",)),
        (f"{'a' * 15} {'b' * 20} {'c' * 13} d", ("a" * 15, "b" * 20, f"{'c' * 13} d")),
    ],
)
def test_wrap(text, lines):
    """Names break where people read a new word, into even lines, and never inside one."""
    assert label_lines(text, 20) == lines


@pytest.mark.parametrize(
    ("text", "mono", "em"),
    [("il", False, 0.82), ("mW", False, 2.1), ("aA", False, 1.49), ("注", False, 1.0),
     ("🚀", False, 1.4), ("e\u20dd", False, 0.7), ("abc", True, 1.815), ("注", True, 1.2)],
)  # fmt: skip
def test_width(text, mono, em):
    """Each character is as wide as in the widest of the usual fonts."""
    assert width_of(text, 10, mono=mono) == pytest.approx(10 * em)


@pytest.mark.dot
@pytest.mark.parametrize("direction", ["auto", "TD", "LR"])
def test_programs_agree(require, monkeypatch, direction):
    """`dot` and graphviz-pure give the same layout of a flow without groups."""
    require("dot", shutil.which("dot") is not None)
    drawn = []
    for program in ("dot", find_extra()):
        monkeypatch.setenv("PENSTOCK_DOT", program)
        drawn.append(draw_svg(fan(5), direction=direction))

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(("direction", "last"), [("TD", (0, 1)), ("BT", (0, -1)), ("LR", (1, 0)),
                                                 ("RL", (-1, 0))])  # fmt: skip
def test_directions(direction, last):
    """Each direction is drawn as such, with arrows that point there."""
    svg = ET.fromstring(draw_svg(chain(2), direction=direction).svg)
    first, second = [
        (float(e.get("x")) + float(e.get("width")) / 2, float(e.get("y")))
        for e in svg.iter(f"{SVG}rect")
    ]
    (head,) = [e.get("d") for e in svg.iter() if e.get("class") == "penstock-head"]
    tip, *others = [tuple(map(float, p.split())) for p in head.strip("Mz").split("L")]

    led = [(b > a) - (b < a) for a, b in zip(first, second, strict=True)]
    pointed = [(b > a) - (b < a) for a, b in zip(others[0], tip, strict=True)]

    assert tuple(led) == last
    along = 0 if last[0] else 1
    assert pointed[along] == last[along]


LAID_OUT_BY_OTHERS = ["mermaid", "dot", "d2", "plantuml"]


@pytest.mark.parametrize(("graph", "is_wide"), [(fan(10), False), (chain(4), False)])
def test_auto_direction(graph, is_wide):
    """A flow leads where its diagram fits a page: many steps beside one another lead right."""
    auto, down = draw_svg(graph), draw_svg(graph, direction="TD")

    assert (auto.width > 720) == is_wide
    assert cost(auto.width, auto.height) <= cost(down.width, down.height)
    assert (auto == down) == (graph == chain(4))
    assert [draw(graph, name, direction="auto") for name in LAID_OUT_BY_OTHERS] == [
        draw(graph, name, direction="TD") for name in LAID_OUT_BY_OTHERS
    ]


def test_entrypoint_of_a_tall_flow():
    """A flow that leads right begins at its top if its middle is not seen when a page opens."""
    svg = ET.fromstring(draw_svg(fan(20), direction="LR").svg)
    low = ET.fromstring(draw_svg(fan(5), direction="LR").svg)

    tops = [
        [float(e.get("y")) for e in drawn.iter(f"{SVG}rect") if e.get("class") == "penstock-card"]
        for drawn in (svg, low)
    ]
    assert tops[0][0] == min(tops[0])
    assert tops[1][0] > min(tops[1])


def test_where_it_begins():
    """A drawing says where its first entrypoint is, and where all of them are."""
    few = draw_svg(chain(3))
    far = draw_svg(
        flow_of([Node(name=f"receive_from_partner_{i}", role="entrypoint") for i in range(4)], []),
        direction="TD",
    )
    one = draw_svg(fan(1))

    assert (few.first_entrypoint, few.entrypoints) == ((0, 1), (0, 1))
    assert 0 < far.first_entrypoint[0] < far.first_entrypoint[1] < 0.3
    assert far.entrypoints[0] == far.first_entrypoint[0]
    assert 0.9 < far.entrypoints[1] < 1
    assert 0 < one.first_entrypoint[0] < one.first_entrypoint[1] < 1
    assert one.entrypoints == one.first_entrypoint


def test_sheets(monkeypatch):
    """A cut from side to side is through lines and the frames of groups alone."""
    monkeypatch.setattr(_graphviz.paint, "_PAPER", (10_000, 100))
    monkeypatch.setattr(_graphviz.paint, "_PART", 0)
    drawn = draw_svg(RICH, direction="TD", standalone=False)
    root = ET.fromstring(drawn.svg)
    sheets = [ET.fromstring(sheet) for sheet in drawn.sheets]
    views = [[*map(float, sheet.get("viewBox").split())] for sheet in sheets]
    spans = [(float(text.get("y")) - 10, 13) for text in root.iter(f"{SVG}text")]
    for node in root.iter(f"{SVG}g"):
        if "penstock-node" in node.get("class", "").split():
            boxes = node.findall(f".//{SVG}rect")
            spans += [(float(box.get("y")), float(box.get("height"))) for box in boxes]

    assert len(sheets) > 5
    assert sum(height for *_, height in views) == pytest.approx(drawn.height, abs=1)
    assert not [
        (cut, begin)
        for _, cut, _, _ in views[1:]
        for begin, height in spans
        if begin - 1 < cut < begin + height + 1
    ]
    words = sorted(text.text for sheet in sheets for text in sheet.iter(f"{SVG}text"))
    assert words == sorted(text.text for text in root.iter(f"{SVG}text"))
    paths = {path.get("d") for sheet in sheets for path in sheet.iter(f"{SVG}path")}
    assert paths == {path.get("d") for path in root.iter(f"{SVG}path")}


@pytest.mark.parametrize(
    ("size", "cuts", "heights"),
    [
        pytest.param((200, 1000), [300], [], id="short"),
        pytest.param((1280, 2000), [300], [], id="wide"),
        pytest.param((200, 1100), [100, 250, 400, 900, 1050], [250, 150, 500, 200], id="tall"),
        pytest.param((1280, 2100), [500, 700, 1300], [500, 200, 600, 800], id="tall and wide"),
        pytest.param((200, 1100), [], [], id="without a gap"),
    ],
)
def test_ends_of_sheets(size, cuts, heights):
    """A drawing far taller than a sheet of paper is in parts, which end between its rows."""
    found = _ends((7, -10, *size), [cut - 10 for cut in cuts])

    assert [end - begin for begin, end in itertools.pairwise(found)] == heights
    assert found[:1] == [-10] * bool(heights)


def test_root():
    """The root has its size in pixels, which is that of the box that is shown."""
    drawn = draw_svg(RICH)
    root = ET.fromstring(drawn.svg)

    size = f"{drawn.width:g} {drawn.height:g}"
    assert f"{root.get('width')} {root.get('height')}" == size
    assert root.get("viewBox").endswith(f" {size}")
    assert (root.get("class"), root.get("role")) == ("penstock-flow", "group")


def test_order_and_names():
    """Nodes are in the order of the flow; each is called by its label, its kind, its sentence."""
    nodes = [
        Node(name="a", title="Take it", kind="grpc", summary="Takes it.", href="#a"),
        Node(name="b", summary="b does it.", href="#b"),
    ]
    svg = ET.fromstring(draw_svg(flow_of(nodes, [Edge("b", "a")])).svg)

    titles = [link.find(f"{SVG}title").text for link in svg.iter(f"{SVG}a")]
    assert titles == ["Take it, gRPC: Takes it.", "b does it."]


def test_tiles():
    """An entrypoint has an icon, and of the other steps only those that touch something."""
    kinds = {"count": None, "store": "database", "print": "label printer"}
    nodes = [Node(name="begin", role="entrypoint")]
    nodes += [Node(name=name, kind=kind) for name, kind in kinds.items()]
    nodes.append(Node(name="send", sends=("kafka:sent",)))
    svg = draw(flow_of(nodes, []), "svg")
    drawn = re.findall(r'<g class="penstock-node.*?(?=<g class="penstock-node|</svg>)', svg)

    titles = [re.search(r"<title>(\w+)", node)[1] for node in drawn if "penstock-tile" in node]
    assert titles == ["begin", "store", "print", "send"]


def test_loops():
    """A loop has its own sign and words, one to itself only words; all can be translated."""
    words = DrawnWords(again="noch einmal", repeats="wiederholt", all_of="alle")
    nodes = [Node(name="a"), Node(name="b", join="all"), Node(name="c")]
    edges = [
        *(Edge("a", "b"), Edge("a", "c"), Edge("c", "b")),
        *(Edge("b", "a", is_loop=True), Edge("c", "c", is_loop=True)),
    ]
    svg = ET.fromstring(draw_svg(flow_of(nodes, edges, words=words)).svg)

    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts == ["a", "alle", "b", "c", "wiederholt", "noch einmal"]


def test_cycle_that_nobody_declared():
    """An edge that closes a cycle is drawn backwards, so that the steps stay in their order."""
    nodes = [Node(name=name) for name in "abc"]
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "a"), Edge("b", "b")]
    svg = ET.fromstring(draw_svg(flow_of(nodes, edges), direction="TD").svg)

    tops = [float(e.get("y")) for e in svg.iter(f"{SVG}rect")]
    assert tops == sorted(tops)
    assert "repeats" in [text.text for text in svg.iter(f"{SVG}text")]


def test_layout_of_another_flow():
    """A layout of another flow cannot be painted."""
    (laid,) = draw_dot([dot_source(chain(2), "TD", "layout")], "layout")

    with pytest.raises(ValueError, match="it is not the layout of 'x'"):
        paint_svg(laid, chain(3), direction="TD")


PAGES = {
    "light": ["#ffffff", "#f8f9fb"],
    "dark": ["#131416", "#1a1c1e", "#1e2129", "#121212", "#14181e"],
}
"""The grounds of pages of Furo, PyData, Material, Alabaster and others."""


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast(mode):
    """Text contrasts by 4.5 with what is behind it, outlines and lines by 3 (WCAG 2.2)."""
    colours = (LIGHT if mode == "light" else DARK).colours
    on = {
        **{("text", other): 4.5 for other in ("card", "page")},
        **{("muted", other): 4.5 for other in ("card", "frame", "page")},
        ("entry-text", "entry"): 4.5,
        ("entry-note", "entry"): 4.5,
        ("entry-text", "entry-tile"): 3,
        ("line", "page"): 3,
        ("edge", "page"): 3,
        ("edge", "frame"): 3,
        ("entry", "page"): 3,
        **{("bad", other): 4.5 for other in ("card", "bad-tile", "page")},
        ("doubt", "doubt-tile"): 4.5,
        **{(family, f"{family}-tile"): 4.5 for family in FAMILIES},
    }

    low = [
        (mode, one, other, ground)
        for (one, other), least in on.items()
        for ground in (PAGES[mode] if other == "page" else [colours[other]])
        if contrast(colours[one], ground) < least
    ]

    assert low == []


def test_style_sheets():
    """Each variable has a colour for light; files alone follow the system, and forced colours."""
    alone = svg_stylesheet()

    assert not re.findall(r"var\(--penstock-[a-z-]+\)", alone)
    assert alone.index("prefers-color-scheme: dark") < alone.index("forced-colors: active")
    assert "@media screen and (prefers-color-scheme: dark)" in alone
    assert ".penstock-flow .penstock-card { fill: var(--penstock-card, #ffffff);" in alone
    assert "--penstock-card: light-dark(#ffffff, #20242c);" in page_stylesheet()


MEASURED = """family => {
    document.body.style.setProperty("--f", family);
    for (const text of document.querySelectorAll("text")) text.style.fontFamily = family;
    const box = e => { const b = e.getBoundingClientRect();
        return {l: b.left, r: b.right, t: b.top, b: b.bottom, s: e.textContent}; };
    const wrong = [];
    for (const node of document.querySelectorAll(".penstock-node")) {
        const card = box(node.querySelector(".penstock-card"));
        const tile = node.querySelector(".penstock-tile");
        const left = tile ? box(tile).r : card.l;
        for (const text of [...node.querySelectorAll("text")].map(box))
            if (text.l < left + 6 || text.r > card.r - 6 || text.t < card.t || text.b > card.b)
                wrong.push(["outline", text.s]);
    }
    const words = [...document.querySelectorAll("svg text")].map(box);
    words.forEach((a, i) => words.slice(i + 1).forEach(b => {
        if (a.l < b.r - 1 && b.l < a.r - 1 && a.t + 3 < b.b && b.t + 3 < a.b)
            wrong.push(["words", a.s, b.s]);
    }));
    const things = [...document.querySelectorAll(".penstock-card, .penstock-label text")].map(box);
    for (const line of document.querySelectorAll(".penstock-edge > path:first-child")) {
        const matrix = line.getScreenCTM(), length = line.getTotalLength();
        for (let at = 2; at < length - 2; at += 3) {
            const p = line.getPointAtLength(at).matrixTransform(matrix);
            for (const e of things)
                if (p.x > e.l && p.x < e.r && p.y > e.t + 2 && p.y < e.b - 2)
                    wrong.push(["line", e.s]);
        }
    }
    return wrong;
}"""


@pytest.mark.parametrize("direction", ["TD", "LR"])
def test_nothing_meets(running_chromium, tmp_path, direction):  # noqa: F811
    """In two fonts, no text meets an outline, another text or a line, and no line a step."""
    drawn = [draw_svg(graph, direction=direction, prefix=f"p{i}").svg for i, graph in
             enumerate([RICH, fan(6), chain(5)])]  # fmt: skip
    page = running_chromium.new_page()
    Path(tmp_path / "a.html").write_text(f"<meta charset=utf-8>{'<p>'.join(drawn)}", "utf-8")
    page.goto((tmp_path / "a.html").as_uri())

    wrong = [
        found
        for font in ("DejaVu Sans", "Liberation Sans", "monospace")
        for found in page.evaluate(MEASURED, font)
        if font != "monospace" or found[0] != "outline"
    ]
    page.close()

    assert wrong == []


def test_words_that_fill_more_than_half_a_line():
    """If no two words fit on a line, each has its own, however few letters there are."""
    word = f"{'a' * 14}_"

    assert label_lines(word * 4, 26) == (word,) * 4
