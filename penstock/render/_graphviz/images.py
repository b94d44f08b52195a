"""A graph as an image, laid out by a Graphviz program."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

from penstock.exceptions import MissingExtraError, MissingProgramError, RenderError
from penstock.graph import Graph
from penstock.render import Direction, ThemeName
from penstock.render._graphviz.background import background_lines
from penstock.render._graphviz.boxes import plan
from penstock.render._graphviz.drawing import Drawing
from penstock.render._graphviz.layout import axes_of, layout_lines, split_json
from penstock.render._graphviz.letters import missing_letters
from penstock.render._graphviz.paint import paint_svg
from penstock.render._graphviz.program import NAME, find_extra, find_path, run_program

__all__ = [
    "Medium",
    "dot_source",
    "draw_dot",
    "draw_svg",
    "find_program",
    "image_sheets",
    "paper_medium",
    "pdf_size",
    "png_size",
    "render_image",
    "render_png",
    "render_svg",
    "require_program",
]

Medium = Literal["layout", "png", "dark", "print", "pdf"]
"""Positions for `paint_svg`, or an image of what that paints: pixels, two for one of CSS on a
screen (``"dark"`` for dark pages) and four a point for paper, or vectors for paper."""

_DPI: dict[Medium, int] = {"png": 144, "dark": 144, "print": 288}

_PAPER: dict[Medium, str] = {"png": "white", "dark": "transparent", "print": "white"}

_LARGEST_PDF = 199
"""Inches: vectors are shrunk to the size that programs which show PDF support (200 inches)."""

_PLACED = ("-Kneato", "-n2")
"""For a graph that is laid out: `dot` ends with a signal where such a background has words."""

_OPTIONS: dict[Medium, tuple[str, ...]] = {
    "layout": ("-Kdot", "-Tjson0"),
    "pdf": (*_PLACED, "-Tpdf", f"-Gsize={_LARGEST_PDF}"),
    **{
        medium: (*_PLACED, "-Tpng", f"-Gdpi={dpi}", f"-Gbgcolor={_PAPER[medium]}")
        for medium, dpi in _DPI.items()
    },
}

_NOUNS: dict[Medium, str] = {"layout": "a layout", "pdf": "a whole PDF"}

_GRAPH = re.compile(r"^digraph ", re.MULTILINE)
"""How a graph begins in a source: a line in it is indented."""

_BOX = re.compile(rb"/MediaBox *\[ *0 +0 +([0-9.]+) +([0-9.]+)")
_CLOCK = re.compile(rb"(?<=/CreationDate \(D:)\d{14}Z")

_SECONDS = 60.0
"""How long a program may take: forty times what a graph of a thousand steps takes."""

_BY_SETTING = ". The environment variable PENSTOCK_DOT names that program"

_PNG_BEGIN = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def render_svg(
    graph: Graph,
    *,
    direction: Direction = "TD",
    prefix: str | None = None,
    standalone: bool = True,
    legend: bool = False,
    theme: ThemeName | None = None,
) -> str:
    """Return *graph* as an ``<svg>`` element for a file or a page.

    Args:
        graph: What to draw.
        direction: Where the flow leads. ``"auto"`` is down or to the right, whichever fits a
            page better.
        prefix: What ids in the image begin with, so that several fit in one
            page. Made from the flow's name if None.
        standalone: Whether the image brings its own style and follows the
            reader's system to dark colours. In a page, the page's style does.
        legend: Whether to explain its signs below it.
        theme: The page whose colours it has, whatever the reader's system.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    drawing = draw_svg(
        graph,
        direction=direction,
        prefix=prefix,
        standalone=standalone,
        legend=legend,
        theme=theme,
    )
    return drawing.svg


def draw_svg(
    graph: Graph,
    *,
    direction: Direction = "auto",
    prefix: str | None = None,
    standalone: bool = True,
    legend: bool = False,
    theme: ThemeName | None = None,
) -> Drawing:
    """Return *graph* as `render_svg` does, with its size and where it begins.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    laid = _draw(graph, "layout", direction)
    options = {"prefix": prefix, "standalone": standalone, "legend": legend, "theme": theme}
    return _painted(laid, graph, direction, **options)


def _painted(laid: bytes, graph: Graph, direction: Direction, **options: Any) -> Drawing:
    """Return *graph* as it was laid out."""
    try:
        return paint_svg(laid, graph, direction=direction, **options)
    except ValueError as error:
        reason = f"what it printed is not {_NOUNS['layout']} of the flow"
        raise RenderError(graph.name, require_program(), reason) from error


def render_png(
    graph: Graph,
    *,
    direction: Direction = "TD",
    medium: Literal["png", "dark", "print"] = "png",
    legend: bool = False,
) -> bytes:
    """Return *graph* as PNG: what `render_svg` draws, below its title and description.

    It is on white, and for ``"dark"`` on whatever page shows it.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    return _draw(graph, medium, direction, legend=legend)


def render_image(
    graph: Graph, *, direction: Direction = "TD", medium: Medium, sheets: bool = False
) -> bytes:
    """Return *graph* as what `draw_dot` returns for *medium*, likewise in *sheets*.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, prints something else, or cannot write PDF.

    .. versionadded:: 0.2
    """
    return _draw(graph, medium, direction, sheets=sheets)


def dot_source(
    graph: Graph,
    direction: Direction,
    medium: Medium,
    *,
    legend: bool = False,
    laid: bytes | None = None,
    sheets: bool = False,
) -> str:
    """Return *graph* as the DOT that the graphviz package writes, for `draw_dot`.

    Args:
        graph: The flow.
        direction: The direction in which it leads. A layout for ``"auto"`` is of two graphs, one
            for each way in which the flow may be laid out.
        medium: What it is drawn for. For ``"layout"`` it has boxes without text. For an image
            it has one node of the size of the drawing, which is its background.
        legend: Whether to explain its signs below it, unless it is a layout.
        laid: For an image: what `draw_dot` made of the layout. If None, it is laid out.
        sheets: Whether an image that is far too tall for a sheet of paper is in parts, one graph
            for each.

    Raises:
        MissingExtraError: If there is no graphviz package, or no Graphviz program.
        RenderError: If the flow cannot be laid out, or the program has no letters for its words.

    .. versionadded:: 0.2
    """
    try:
        import graphviz  # noqa: PLC0415 - an extra, asked for only when an image is drawn
    except ImportError as error:
        raise MissingExtraError.from_import(
            "drawing an image", "the package graphviz", "png", error
        ) from error
    if medium == "layout":
        documents = [[*layout_lines(plan(graph, axis))] for axis in axes_of(direction)]
    else:
        laid = laid or _draw(graph, "layout", direction)
        theme: ThemeName = "dark" if medium == "dark" else "light"
        drawing = _painted(laid, graph, direction, standalone=False, legend=legend, theme=theme)
        documents = [
            background_lines(part, graph, theme, part=number)
            for number, part in enumerate(drawing.sheets if sheets else ())
        ] or [background_lines(drawing.svg, graph, theme)]
        _require_letters(graph, [line for lines in documents for line in lines])
    # Its own statements would be quoted once more, which takes four times as long.
    bodies = [[f"{line}\n" for line in lines] for lines in documents]
    return "".join(str(graphviz.Digraph(body=body).source) for body in bodies)


def _require_letters(graph: Graph, lines: Sequence[str]) -> None:
    """Raise if the program would draw empty boxes for some of the words in *lines*."""
    program = require_program()
    missing = missing_letters("".join(lines)) if Path(program).stem == NAME else ""
    if missing:
        reason = (
            f"its fonts have no {missing!r}, and it uses no others: install Graphviz, whose dot "
            "uses the fonts of the system, or draw it with format='svg'"
        )
        raise RenderError(graph.name, program, reason)


def draw_dot(sources: Sequence[str], medium: Medium) -> list[bytes] | None:
    """Return the images of several graphs, drawn by one program.

    Starting a program takes longer than drawing a flow.

    Args:
        sources: The graphs in DOT, as `dot_source` returns them.
        medium: What they are drawn for.

    Returns:
        An image for each source, or None if it is not certain which is
        whose: then each is to be drawn alone, to see which one fails. The parts of a tall one
        are one behind the other: `image_sheets` divides them.

    Raises:
        MissingExtraError: If no Graphviz program is found.

    .. versionadded:: 0.2
    """
    try:
        done = _run(require_program(), medium, "\n".join(sources))
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode or _is_shrunk(done):
        return None
    return _divide(done.stdout, sources, medium)


def _divide(drawn: bytes, sources: Sequence[str], medium: Medium) -> list[bytes] | None:
    """Return what was *drawn* for each of *sources*, or None if it is not that."""
    counts = [len(_GRAPH.findall(source)) for source in sources]
    images = list(_SPLIT[medium](drawn))
    if len(images) != sum(counts) or not all(_is_whole(image, medium) for image in images):
        return None
    if medium == "layout":
        rest, between = iter(images), b"\n"
    else:
        rest, between = iter([_finished(image, medium) for image in images]), b""
    return [between.join(islice(rest, count)) for count in counts]


def image_sheets(image: bytes, medium: Medium) -> list[bytes]:
    """Return the parts of an *image* that `draw_dot` made for *medium*.

    .. versionadded:: 0.2
    """
    return [*_SPLIT[medium](image)]


def _finished(image: bytes, medium: Medium) -> bytes:
    """Return *image* with its size in pixels, or without the hour."""
    # The hour is of the same length in all files, which have a table of all lengths.
    return _CLOCK.sub(b"19700101000000Z", image) if medium == "pdf" else _sized(image, medium)


def _split_layouts(drawn: bytes) -> Iterator[bytes]:
    return (layout.encode() for layout in split_json(drawn.decode(errors="replace")))


def _split_pdf(drawn: bytes) -> Iterator[bytes]:
    """Yield each document of *drawn*: `dot` writes one after the other."""
    for document in drawn.split(b"%%EOF\n%PDF-"):
        head = b"" if document.startswith(b"%PDF-") else b"%PDF-"
        yield head + document + (b"" if document.endswith(b"%%EOF\n") else b"%%EOF\n")


def _split_png(drawn: bytes) -> Iterator[bytes]:
    """Yield each image of *drawn*, chunk by chunk (PNG specification, 5.3)."""
    begin = offset = 0
    while offset < len(drawn):
        offset += 8  # the signature
        kind = b""
        while kind != b"IEND" and offset < len(drawn):
            length = int.from_bytes(drawn[offset : offset + 4], "big")
            kind = drawn[offset + 4 : offset + 8]
            offset += length + 12
        yield drawn[begin:offset]
        begin = offset


def _sized(image: bytes, medium: Medium) -> bytes:
    """Return a PNG that says how large it is (PNG specification, 11.3.4.3).

    Graphviz leaves that out. TeX takes pixels for points then, and refuses an
    image that is 16384 of them tall.
    """
    if b"pHYs" in image.partition(b"IDAT")[0]:
        return image
    density = round(_DPI[medium] / 0.0254).to_bytes(4, "big")
    chunk = b"pHYs" + density + density + b"\x01"  # pixels a metre
    end = 33  # of the signature and the first chunk, IHDR
    return image[:end] + b"\0\0\0\x09" + chunk + crc32(chunk).to_bytes(4, "big") + image[end:]


def png_size(image: bytes) -> tuple[int, int]:
    """Return the width and the height of a PNG in pixels (PNG specification, 11.2.1).

    Of *medium* ``"png"`` or ``"dark"`` there are two for one of CSS, of ``"print"`` four a point.

    .. versionadded:: 0.2
    """
    return int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")


def pdf_size(image: bytes) -> tuple[float, float]:
    """Return the width and the height of a PDF of one page, in points.

    .. versionadded:: 0.2
    """
    found = _BOX.search(image)
    assert found is not None
    return float(found[1]), float(found[2])


def paper_medium() -> Medium:
    """Return the medium for paper of the Graphviz program: ``"pdf"`` if it can, else ``"print"``.

    .. versionadded:: 0.2
    """
    program = find_program()
    return "pdf" if program is not None and _can_pdf(program) else "print"


@cache
def _can_pdf(program: str) -> bool:
    try:
        done = _run(program, "pdf", "digraph {}")
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and _is_whole(done.stdout, "pdf")


def find_program() -> str | None:
    """Return the Graphviz program that draws, or None if there is none.

    It is what the environment variable ``PENSTOCK_DOT`` names, else ``dot`` on
    the PATH, else the ``graphviz-pure`` that ``penstock[png]`` brings.
    """
    if chosen := os.environ.get("PENSTOCK_DOT"):
        # The extra's is known by its name, wherever it is.
        return (find_extra() if chosen == NAME else None) or chosen
    return shutil.which("dot") or find_extra()


def require_program() -> str:
    """Return the Graphviz program that draws.

    Raises:
        MissingExtraError: If there is none.
        MissingProgramError: If the extra is installed without its program.
    """
    program = find_program()
    if program is not None:
        return program
    path = find_path()
    if path is not None and shutil.which(path) is None:
        raise MissingProgramError("drawing an image", NAME, str(path))
    raise MissingExtraError("drawing an image", "a Graphviz program", "png")


_SPLIT: dict[Medium, Callable[[bytes], Iterator[bytes]]] = {
    "layout": _split_layouts,
    "pdf": _split_pdf,
    **dict.fromkeys(_DPI, _split_png),
}


def _draw(
    graph: Graph,
    medium: Medium,
    direction: Direction,
    *,
    legend: bool = False,
    sheets: bool = False,
) -> bytes:
    program = require_program()
    try:
        source = dot_source(graph, direction, medium, legend=legend, sheets=sheets)
        done = _run(program, medium, source)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"{error}{_BY_SETTING if os.environ.get('PENSTOCK_DOT') else ''}"
        raise RenderError(graph.name, program, reason) from error
    if medium == "print" and _is_shrunk(done):
        return _draw(graph, "png", direction, legend=legend)
    found = _divide(done.stdout, [source], medium)
    fault = _find_fault(done, medium, is_whole=found is not None)
    if found is None or fault is not None:
        raise RenderError(graph.name, program, fault or "")
    return found[0]


def _find_fault(
    done: subprocess.CompletedProcess[bytes], medium: Medium, *, is_whole: bool
) -> str | None:
    """Return why a run of the program made no image that can be shown, or None."""
    if done.returncode or not done.stdout:
        errors = done.stderr.decode(errors="replace").strip().splitlines()
        return errors[0] if errors else f"it ended with {done.returncode} and no image"
    if not is_whole:
        return f"what it printed is not {_NOUNS.get(medium, 'a whole PNG')}"
    if _is_shrunk(done):
        return (
            "the image is larger than a PNG of this program can be, which would have shrunk it; "
            "draw it with format='svg'"
        )
    return None


def _is_whole(image: bytes, medium: Medium) -> bool:
    if medium == "layout":
        return b'"bb"' in image
    if medium == "pdf":
        return image.startswith(b"%PDF-") and _BOX.search(image) is not None
    return image.startswith(_PNG_BEGIN) and image.endswith(_PNG_END)


def _is_shrunk(done: subprocess.CompletedProcess[bytes]) -> bool:
    """Return whether Graphviz made pixels of a graph that has more than it can (32,767)."""
    return b"is too large for" in done.stderr


def _run(program: str, medium: Medium, source: str) -> subprocess.CompletedProcess[bytes]:
    return run_program([program, *_OPTIONS[medium]], source.encode(), _SECONDS)
