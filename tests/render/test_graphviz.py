"""Images, drawn by real Graphviz programs."""

import importlib.util
import itertools
import os
import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import HOSTILE, graphs, shown
from hypothesis import given, settings

from penstock import Edge, Graph, Node
from penstock.exceptions import MissingExtraError, MissingProgramError, RenderError
from penstock.render import _graphviz
from penstock.render._graphviz.images import (
    dot_source,
    draw_dot,
    draw_svg,
    find_program,
    image_sheets,
    paper_medium,
    pdf_size,
    png_size,
    render_image,
    render_png,
    render_svg,
    require_program,
)
from penstock.render._graphviz.program import find_extra, find_path
from penstock.render._stylesheets import page_stylesheet

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(params=["graphviz-pure", "dot"])
def program(request, require, monkeypatch):
    """Let images be drawn by each Graphviz program; the system's own is optional."""
    if request.param == "dot":
        require("dot", shutil.which("dot") is not None)
    # Beside the interpreter, as the code itself looks: the environment need not be on the PATH.
    found = None if request.param == "dot" else find_extra()
    monkeypatch.setenv("PENSTOCK_DOT", found or request.param)
    return request.param


def graph_of(*nodes: Node, edges: tuple[Edge, ...] = ()) -> Graph:
    return Graph(name="orders", title="Orders", nodes=nodes, edges=edges)


def drawn_nodes(svg: str) -> list[ET.Element]:
    groups = ET.fromstring(svg).iter(f"{SVG}g")
    return [g for g in groups if "penstock-node" in g.get("class", "")]


def text_of(group: ET.Element) -> str:
    return shown("".join(text.text or "" for text in group.iter(f"{SVG}text")))


@pytest.mark.dot
@pytest.mark.usefixtures("program")
def test_hostile_labels_show():
    """Each hostile text shows in its node as it was written, and is never markup."""
    names = [f"step{i}" for i in range(len(HOSTILE))]
    nodes = [Node(name=n, title=t, kind=t) for n, t in zip(names, HOSTILE, strict=True)]

    svg = render_svg(graph_of(*nodes))

    assert sorted(map(text_of, drawn_nodes(svg))) == sorted(shown(t + t) for t in HOSTILE)
    assert {e.tag.removeprefix(SVG) for e in ET.fromstring(svg).iter()} <= {
        *("svg", "title", "desc", "style", "g", "path", "rect", "text"),
    }


@pytest.mark.dot
@pytest.mark.usefixtures("program")
def test_hostile_edge_labels_show():
    """Each hostile text shows on its edge as it was written."""
    names = [f"step{i}" for i in range(len(HOSTILE) + 1)]
    nodes = [Node(name=name, title=name) for name in names]
    edges = [Edge(a, b, text) for a, b, text in zip(names, names[1:], HOSTILE, strict=False)]

    root = ET.fromstring(render_svg(graph_of(*nodes, edges=tuple(edges))))

    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "penstock-label"]
    assert sorted(map(text_of, groups)) == sorted(map(shown, HOSTILE))


@settings(max_examples=25)
@given(graph=graphs())
def test_random_graphs(graph):
    """Any graph is a well-formed image with a node for each step."""
    svg = render_svg(graph)

    assert len(drawn_nodes(svg)) == len(graph.nodes)


@pytest.mark.dot
@pytest.mark.usefixtures("program")
def test_link():
    """A node that has an address is a link around all that it shows."""
    svg = render_svg(graph_of(Node(name="a", title="a", href="#penstock--a?x=1&y=<2>")))

    (link,) = ET.fromstring(svg).iter(f"{SVG}a")

    assert (link.get(HREF), text_of(link)) == ("#penstock--a?x=1&y=<2>", "a")


@pytest.mark.parametrize("standalone", [True, False], ids=["file", "page"])
@pytest.mark.parametrize("href", [None, "#a"], ids=["without links", "with links"])
def test_namespaces(standalone, href):
    """Each SVG says itself whose names its elements and its links are."""
    svg = render_svg(graph_of(Node(name="a", title="a", href=href)), standalone=standalone)

    head = svg[svg.index("<svg") : svg.index(">", svg.index("<svg"))]
    assert ' xmlns="http://www.w3.org/2000/svg"' in head
    assert ' xmlns:xlink="http://www.w3.org/1999/xlink"' in head
    assert ET.fromstring(svg).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        " javascript:x",
        "java\nscript:x",
    ],
)
def test_address_that_runs(href):
    """An address that could run a script does not become a link."""
    svg = render_svg(graph_of(Node(name="a", title="a", href=href)))

    assert f"{SVG}a" not in {element.tag for element in ET.fromstring(svg).iter()}


@pytest.mark.parametrize(
    "href", ["#x", "page.html#x", "../a/b.html", "https://example.org/a:b", "./a:b", "?a:b"]
)
def test_address_that_leads(href):
    """An address that leads to a page is kept."""
    svg = render_svg(graph_of(Node(name="a", title="a", href=href)))

    assert [e.get(HREF) for e in ET.fromstring(svg).iter(f"{SVG}a")] == [href]


def test_titles():
    """A screen reader hears names first, then what the flow is for and a sentence a step."""
    node = Node(name="a", title="a", kind="http", summary="Reads <all> orders.")
    graph = Graph(
        name="orders",
        title="Orders & more",
        description="*Why* it is ``so``.",
        nodes=(node,),
        edges=(),
    )

    root = ET.fromstring(render_svg(graph))

    assert [e.text for e in root.iter(f"{SVG}title")] == [
        *("Orders & more", "a, HTTP: Reads <all> orders.")
    ]
    assert [e.text for e in root.iter(f"{SVG}desc")] == ["Why it is so. It has 1 step."]
    assert root.get("aria-labelledby") == "penstock-orders-title"
    assert root.get("aria-describedby") == "penstock-orders-desc"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["step"], "It has 1 step."),
        (["entrypoint", "entrypoint", "step"], "It begins at 0 or 1. It has 3 steps."),
    ],
)
def test_description_is_made_from_the_flow(roles, expected):
    """A flow without a description is described by where it begins and its size."""
    nodes = [Node(name=f"n{i}", title=str(i), role=role) for i, role in enumerate(roles)]

    root = ET.fromstring(render_svg(graph_of(*nodes)))

    assert [e.text for e in root.iter(f"{SVG}desc")] == [expected]


def test_group():
    """The frame of a group has its title and a class for its colours."""
    drawn = render_svg(graph_of(Node(name="a", title="a", group='Pay "it" & <b>')))

    frame, title = [g for g in ET.fromstring(drawn).iter() if g.get("class") == "penstock-group"]
    assert [e.tag for e in frame] == [f"{SVG}rect"]
    assert text_of(title) == 'Pay"it"&<b>'


def test_ids_are_prefixed():
    """Two images in one page have no id in common if their prefixes differ."""
    graph = graph_of(Node(name="a", title="a"))

    ids = [
        {e.get("id") for e in ET.fromstring(render_svg(graph, prefix=p)).iter()} - {None}
        for p in ("one", "two")
    ]

    assert ids == [{"one-title", "one-desc"}, {"two-title", "two-desc"}]


def test_same_bytes_twice():
    """Drawing a flow twice gives the same bytes."""
    graph = graph_of(Node(name="a", title="a"), Node(name="b", title="b"))

    assert render_svg(graph) == render_svg(graph)
    assert render_png(graph) == render_png(graph)


def test_in_a_page_the_page_decides_about_colours():
    """Only an image that is alone follows the reader's system."""
    graph = graph_of(Node(name="a", title="a"))

    assert "prefers-color-scheme" in render_svg(graph)
    assert "<style" not in render_svg(graph, standalone=False)


def test_frames_let_shadows_through():
    """On a page, the frame of a group does not hide the shadows that show that there is more."""
    rules = [line for line in page_stylesheet().splitlines() if ".penstock-view" in line]
    (frame,) = [rule for rule in rules if ".penstock-group rect {" in rule]

    assert re.search(r"fill: color-mix\(.* [1-5]%, transparent\)", frame)


def test_page_is_dark_only_if_it_says_so():
    """A page without a dark mode keeps light diagrams on a dark system."""
    media = page_stylesheet().partition("@media (prefers-color-scheme: dark)")[2]

    assert media.split("{")[1].split() == ['[data-theme="auto"],', '[data-color-mode="auto"]']


def test_png_that_knows_its_size():
    """A PNG whose program wrote how large it is stays as it is."""
    png = render_png(graph_of(Node(name="a")))

    assert _graphviz.images._sized(png, "print") == png


@pytest.mark.dot
@pytest.mark.usefixtures("program")
@pytest.mark.parametrize("medium", ["png", "print"])
def test_several_png(medium):
    """One program draws several images, of which each has the direction that fits a page."""
    graphs = [chain(3), fan(9), chain(2)]

    drawn = draw_dot([dot_source(graph, "auto", medium) for graph in graphs], medium)

    assert drawn == [render_png(graph, direction="auto", medium=medium) for graph in graphs]
    assert [width > height for width, height in map(png_size, drawn)] == [False, False, False]
    assert png_size(render_png(fan(9), medium=medium))[0] > 3 * png_size(drawn[1])[0]


@pytest.mark.dot
def test_pdf(require, monkeypatch):
    """`dot` draws for paper as PDF, several with one program, without the hour in it."""
    require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot")

    drawn = draw_dot([dot_source(chain(n), "auto", "pdf") for n in (2, 3)], "pdf")

    assert paper_medium() == "pdf"
    assert [pdf.startswith(b"%PDF-") and pdf.endswith(b"%%EOF\n") for pdf in drawn] == [True] * 2
    assert [b"CreationDate (D:19700101000000Z" in pdf for pdf in drawn] == [True, True]
    assert pdf_size(drawn[1])[1] > pdf_size(drawn[0])[1]


@pytest.mark.dot
def test_pdf_of_a_large_flow(require, monkeypatch):
    """A flow that is larger than a PDF can be is shrunk: its vectors lose nothing."""
    require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot")

    assert 14_000 < pdf_size(render_image(chain(250), medium="pdf"))[1] <= 14_400


@pytest.mark.dot
@pytest.mark.usefixtures("program")
def test_sheets():
    """A tall flow is as wide in each of its parts, and as tall in all together as alone."""
    tall = replace(chain(30), title="A title that is wider than the flow below it")

    sheets = image_sheets(render_image(tall, medium="print", sheets=True), "print")

    sizes = [png_size(sheet) for sheet in sheets]
    ((width, height),) = map(png_size, image_sheets(render_image(tall, medium="print"), "print"))
    assert {each for each, _ in sizes} == {sizes[0][0]}
    assert sizes[0][0] == pytest.approx(width, abs=1)
    assert sum(each for _, each in sizes) == pytest.approx(height, abs=len(sheets))
    assert max(each for _, each in sizes) < height / 5


@pytest.mark.dot
def test_sheets_of_pdf(require, monkeypatch):
    """Parts of a PDF are whole documents, as tall in all together as alone."""
    require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot")

    sheets = image_sheets(render_image(chain(30), medium="pdf", sheets=True), "pdf")

    (whole,) = image_sheets(render_image(chain(30), medium="pdf"), "pdf")
    assert sum(pdf_size(each)[1] for each in sheets) == pytest.approx(pdf_size(whole)[1], abs=9)
    assert [b"CreationDate (D:19700101000000Z" in pdf for pdf in sheets] == [True] * len(sheets)
    assert len(sheets) > 5


def test_short_flow_has_no_sheets():
    """A flow that a sheet of paper has room for is not in parts."""
    assert draw_svg(chain(9), standalone=False).sheets == ()


@pytest.mark.parametrize("script", ["exit 1", "echo no", None], ids=["fails", "other", "gone"])
def test_paper_without_pdf(tmp_path, monkeypatch, script):
    """If the program cannot write PDF, images for paper are pixels."""
    program = tmp_path / "dot" if script is None else written(tmp_path / "dot", script)
    monkeypatch.setenv("PENSTOCK_DOT", str(program))

    assert paper_medium() == "print"


@pytest.mark.dot
@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(("medium", "dots"), [("png", 144), ("print", 288)])
def test_png(medium, dots):
    """A PNG is whole, and says how many dots an inch of it has."""
    png = render_png(graph_of(Node(name="a", title="a")), medium=medium)

    size = png.partition(b"pHYs")[2]
    wide, tall = (int.from_bytes(size[at : at + 4], "big") * 0.0254 for at in (0, 4))
    assert (png[:8], png[-8:]) == (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82")
    assert (round(wide), round(tall), size[8]) == (dots, dots, 1)


@pytest.mark.parametrize("role", ["entrypoint", "step", "missing"])
def test_roles_are_distinct_without_colour(role):
    """Entrypoints are round and have an icon, missing steps a question mark and words."""
    (group,) = drawn_nodes(render_svg(graph_of(Node(name="a", title="a", role=role))))
    card = next(e for e in group if e.get("class") == "penstock-card")

    actual = card.get("rx") == "20", group.find(f"{SVG}path") is not None, text_of(group)

    assert (
        actual
        == {
            "entrypoint": (True, True, "a"),
            "step": (False, False, "a"),
            "missing": (False, True, "anotdeclared"),
        }[role]
    )


@pytest.mark.parametrize(("status", "signs"), [("visited", 1), ("failed", 1), ("unreached", 0)])
def test_statuses_are_distinct_without_colour(status, signs):
    """A step that ran has the sign of how it ended; its style sheet dashes one that did not run."""
    (group,) = drawn_nodes(render_svg(graph_of(Node(name="a", title="a", status=status))))

    marks = [g for g in group.iter() if g.get("class") == "penstock-mark"]

    assert len(marks) == signs
    assert f"penstock-{status}" in group.get("class").split()
    assert ".penstock-unreached .penstock-card { fill: none;" in page_stylesheet()


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("visited", "Pay, HTTP, it ran: Pay the order."),
        ("failed", "Pay, HTTP, it failed: Pay the order."),
        ("unreached", "Pay, HTTP, it was not reached: Pay the order."),
        (None, "Pay the order."),
    ],
)
def test_spoken_statuses(status, name):
    """A screen reader says how a step of a recorded run ended."""
    step = Node(name="a", title="Pay", kind="http", summary="Pay the order.", status=status)
    (group,) = drawn_nodes(render_svg(graph_of(step)))

    assert group.findtext(f"{SVG}title") == name


def test_empty_graph():
    """A flow without steps is an empty image, not an error."""
    assert drawn_nodes(render_svg(graph_of())) == []


def test_dot_on_the_path_comes_first(monkeypatch, tmp_path):
    """The system's `dot` is used if it is there."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv("PENSTOCK_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_program() == str(program)


@pytest.mark.needs("processes")
def test_extra_alone_draws(monkeypatch):
    """Without a system Graphviz, the program of the extra is found beside the interpreter."""
    monkeypatch.delenv("PENSTOCK_DOT", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")

    assert find_program() == f"{sysconfig.get_path('scripts')}/graphviz-pure"
    assert render_svg(graph_of(Node(name="a", title="a"))).startswith("<svg")


def test_no_program(monkeypatch):
    """Without any Graphviz program the message names the extra that brings one."""
    monkeypatch.setattr(_graphviz.images, "find_program", lambda: None)

    with pytest.raises(MissingExtraError, match=r'pip install "penstock\[png\]"'):
        render_png(graph_of())


def test_no_package(monkeypatch):
    """Without the package graphviz the message names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "graphviz", None)

    with pytest.raises(MissingExtraError, match="the package graphviz: pip install"):
        render_png(graph_of())


def test_without_the_package_all_else_works():
    """The graphviz package is asked for only when an image is drawn."""
    code = (
        "import sys; sys.modules['graphviz'] = None\n"
        "from penstock import Flow, generate_dag\n"
        "print(generate_dag(Flow(name='x', steps=()), 'dot').splitlines()[0])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "digraph x {\n"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'Error: no layout' >&2; echo more >&2; exit 3", "Error: no layout"),
        ("exit 4", "it ended with 4 and no image"),
        ("exit 0", "it ended with 0 and no image"),
    ],
    ids=["says why", "silent", "empty"],
)
@pytest.mark.needs("processes")
def test_program_that_fails(tmp_path, monkeypatch, script, expected):
    """A program that fails is an error with the flow, the program and its message."""
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PENSTOCK_DOT", str(program))

    with pytest.raises(RenderError) as caught:
        render_svg(graph_of())

    assert str(caught.value) == f"flow 'orders' could not be drawn by {program}: {expected}"


def test_program_that_is_not_there(monkeypatch):
    """A configured program that does not exist is an error that names it."""
    monkeypatch.setenv("PENSTOCK_DOT", "/nowhere/dot")

    with pytest.raises(RenderError, match=r"by /nowhere/dot: .*No such file"):
        render_svg(graph_of())


def test_program_that_hangs(tmp_path, monkeypatch):
    """A program that does not end is an error, not a docs build that never ends."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PENSTOCK_DOT", str(program))
    monkeypatch.setattr(_graphviz.images, "_SECONDS", 0.2)

    with pytest.raises(RenderError, match=r"timed out after 0\.2 seconds"):
        render_svg(graph_of())


def written(path, script):
    """Write a program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


WRONG = {
    "text": b"hello\n",
    "html": b"<html><svg></svg></html>",
    "SVG": b"<svg/>",
    "half": b'{"bb": "0,0,0,0"',
    "other JSON": b'{"bb": 3}',
    "two": b'{"bb": "0,0,0,0"}\n{"bb": "0,0,0,0"}',
    "bytes": b"\xff\xfe",
    "half a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
}


@pytest.mark.parametrize("printed", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("draw", [render_svg, render_png], ids=["svg", "png"])
def test_program_that_prints_something_else(tmp_path, monkeypatch, printed, draw):
    """The output of a program is used only if it is a layout."""
    (tmp_path / "printed").write_bytes(printed)
    program = written(tmp_path / "dot", f"cat {tmp_path}/printed")
    monkeypatch.setenv("PENSTOCK_DOT", str(program))

    with pytest.raises(RenderError, match="is not a layout"):
        draw(graph_of(Node(name="a", title="a")))


@pytest.mark.parametrize("printed", WRONG.values(), ids=WRONG)
@pytest.mark.needs("processes")
def test_program_that_paints_something_else(tmp_path, monkeypatch, printed):
    """An image is used only if it is whole, even if the program lays out as it should."""
    (tmp_path / "printed").write_bytes(printed)
    layout = f'case "$*" in *json0*) exec {find_extra()} "$@";; esac'
    program = written(tmp_path / "dot", f"{layout}; cat {tmp_path}/printed")
    monkeypatch.setenv("PENSTOCK_DOT", str(program))

    with pytest.raises(RenderError, match="is not a whole PNG"):
        render_png(graph_of(Node(name="a", title="a")))
    assert draw_dot(["digraph {}"], "png") is None


@pytest.mark.needs("processes")
def test_programs_that_hang_take_no_longer_than_one(tmp_path, monkeypatch):
    """However many flows there are, a program that hangs is waited for once, not for each."""
    program = written(tmp_path / "dot", "exec sleep 60")
    monkeypatch.setenv("PENSTOCK_DOT", str(program))
    monkeypatch.setattr(_graphviz.images, "_SECONDS", 0.4)
    limits = []
    for _ in range(4):
        with pytest.raises(RenderError) as caught:
            render_svg(graph_of())
        limits.append(caught.value.__cause__.timeout)

    assert limits == [0.4, 0.2, 0.1, 0.05]

    written(program, """echo '{"bb": "0,0,0,0"}'""")
    monkeypatch.setattr(_graphviz.images, "_SECONDS", 80)
    assert render_svg(graph_of()).startswith("<svg")
    assert _graphviz.program._waited_in_vain[str(program)] == 0


@pytest.mark.needs("processes")
def test_what_a_hanging_program_started(tmp_path, monkeypatch):
    """A process that a wrapper script started ends with it."""
    program = written(tmp_path / "dot", f"sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setenv("PENSTOCK_DOT", str(program))
    file, limit = tmp_path / "child", r"timed out.*\. The environment variable PENSTOCK_DOT"
    for seconds in (0.5, 5, 50):  # on a slow machine, the script has not begun when it is ended
        monkeypatch.setattr(_graphviz.images, "_SECONDS", seconds)
        _graphviz.program._waited_in_vain.clear()
        with pytest.raises(RenderError, match=limit):
            render_svg(graph_of())
        if file.exists() and file.read_text(encoding="utf-8"):
            break

    child = int(file.read_text(encoding="utf-8"))
    stat = Path(f"/proc/{child}/stat")
    while stat.exists() and stat.read_text(encoding="utf-8").split()[2] != "Z":
        time.sleep(0.01)


def chain(length):
    """Return a chain of steps, the longest graph there is."""
    nodes = [Node(name=f"s{number}", title=f"step {number}") for number in range(length)]
    edges = [Edge(a.name, b.name) for a, b in itertools.pairwise(nodes)]
    return graph_of(*nodes, edges=tuple(edges))


def fan(width):
    """Return a step with many after it."""
    nodes = [Node(name=f"s{number}", title=f"step {number}") for number in range(width)]
    edges = [Edge("s0", node.name) for node in nodes[1:]]
    return graph_of(*nodes, edges=tuple(edges))


@pytest.mark.dot
def test_png_that_would_be_shrunk(require, monkeypatch):
    """A PNG that a program would shrink until nobody can read it is an error that names SVG."""
    require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot")

    with pytest.raises(RenderError, match="draw it with format='svg'"):
        render_png(chain(300))
    assert draw_dot([dot_source(chain(300), "TD", "png")], "png") is None


@pytest.mark.dot
def test_print_that_would_be_shrunk(require, monkeypatch):
    """On paper such an image has the dots of a screen instead, as long as that is enough."""
    require("dot", shutil.which("dot") is not None)
    monkeypatch.setenv("PENSTOCK_DOT", "dot")

    assert render_png(chain(150), medium="print") == render_png(chain(150))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Let no program be on the PATH or beside the interpreter, and return a folder of packages."""
    monkeypatch.delenv("PENSTOCK_DOT", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: "/nowhere")
    packages = tmp_path / "lib" / "python" / "site-packages"
    monkeypatch.setattr(sys, "path", [str(packages), *sys.path])
    module = packages / "penstock" / "render" / "_graphviz" / "program.py"
    monkeypatch.setattr(_graphviz.program, "__file__", str(module))
    info = packages / "graphviz_pure-0.2.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: graphviz-pure\n", "utf-8")
    (info / "RECORD").write_text("../../../bin/graphviz-pure,,\nother,,\n", "utf-8")
    return packages


@pytest.mark.parametrize(
    "place",
    ["../../../bin/graphviz-pure", "bin/graphviz-pure", "graphviz-pure"],
    ids=["where its package says", "installed into a folder", "bundled"],
)
def test_program_of_the_extra(elsewhere, place, monkeypatch):
    """The extra's program is found wherever an installer or a bundler put it, by name too."""
    program = written(elsewhere / place, "exit 0")

    assert Path(find_program()).resolve() == program.resolve()
    monkeypatch.setenv("PENSTOCK_DOT", "graphviz-pure")
    assert Path(find_program()).resolve() == program.resolve()


def test_program_of_the_extra_without_its_package(elsewhere):
    """A bundle that has the program but not the description of its package has it as well."""
    shutil.rmtree(elsewhere / "graphviz_pure-0.2.2.dist-info")
    program = written(elsewhere / "bin" / "graphviz-pure", "exit 0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_graphviz.program, "_package", lambda: None)
        assert find_program() == str(program)
        assert find_path() is None


@pytest.mark.needs("processes")
def test_chosen_program_of_the_extra_without_the_extra(elsewhere, monkeypatch):
    """Without the extra, its program is an error that names the variable that asks for it."""
    shutil.rmtree(elsewhere / "graphviz_pure-0.2.2.dist-info")
    monkeypatch.setattr(_graphviz.program, "_package", lambda: None)
    monkeypatch.setenv("PENSTOCK_DOT", "graphviz-pure")

    with pytest.raises(RenderError, match=r"by graphviz-pure: .* variable PENSTOCK_DOT names"):
        render_svg(graph_of(Node(name="a", title="a")))


def test_program_that_its_package_lacks(elsewhere):
    """An extra that is installed without its program is not reported as missing."""
    expected = (elsewhere / "../../../bin/graphviz-pure").resolve()

    with pytest.raises(MissingProgramError) as caught:
        require_program()

    assert str(caught.value) == (
        "drawing an image needs the program graphviz-pure, whose package is installed, but which "
        f"cannot be run at {expected}. Put it there, or name another Graphviz program in the "
        "environment variable PENSTOCK_DOT"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_no_package_of_the_program(monkeypatch):
    """Without the package the location of its program is unknown."""
    monkeypatch.setattr(_graphviz.program, "NAME", "no-such-package")

    assert find_path() is None


@pytest.mark.needs("processes")
def test_no_window_on_windows(monkeypatch):
    """Windows is asked for no window of the program; other systems refuse to be asked."""
    monkeypatch.delattr(os, "killpg", raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    spec = importlib.util.spec_from_file_location("program_on_windows", _graphviz.program.__file__)
    on_windows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(on_windows)

    with pytest.raises(ValueError, match="creationflags is only supported on Windows"):
        on_windows.run_program(["dot"], b"", 1.0)
