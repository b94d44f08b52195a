"""A graph as an image, laid out by a Graphviz program."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Literal
from zlib import crc32

from penstock.exceptions import MissingExtraError, MissingProgramError, RenderError
from penstock.graph._model import Direction, Graph
from penstock.render._dot import dot_lines
from penstock.render._drawing import Drawing
from penstock.render._program import NAME, find_extra, find_path, run_program
from penstock.render._svg import is_svg, paint_svg

__all__ = [
    "Medium",
    "dot_source",
    "draw_dot",
    "draw_svg",
    "find_program",
    "png_size",
    "render_png",
    "render_svg",
    "require_program",
]

Medium = Literal["svg", "png", "print"]
"""Vectors for a page, or pixels: two a point for a screen, four for paper."""

_DPI: dict[Medium, int] = {"png": 144, "print": 288}

_OPTIONS: dict[Medium, tuple[str, ...]] = {
    "svg": ("-Tsvg",),
    **{medium: ("-Tpng", f"-Gdpi={dpi}", "-Gbgcolor=white") for medium, dpi in _DPI.items()},
}

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
) -> str:
    """Return *graph* as an ``<svg>`` element for a file or a page.

    Args:
        graph: What to draw.
        direction: Where the flow leads.
        prefix: What ids in the image begin with, so that several fit in one
            page. Made from the flow's name if None.
        standalone: Whether the image brings its own style and follows the
            reader's system to dark colours. In a page, the page's style does.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    return draw_svg(graph, direction=direction, prefix=prefix, standalone=standalone).svg


def draw_svg(
    graph: Graph,
    *,
    direction: Direction = "TD",
    prefix: str | None = None,
    standalone: bool = True,
) -> Drawing:
    """Return *graph* as `render_svg` does, with its size and where it begins.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    laid = _draw(graph, "svg", direction)
    return paint_svg(laid, graph, prefix=prefix, standalone=standalone)


def render_png(
    graph: Graph, *, direction: Direction = "TD", medium: Literal["png", "print"] = "png"
) -> bytes:
    """Return *graph* as PNG, on white.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails, or prints something else.

    .. versionadded:: 0.2
    """
    return _draw(graph, medium, direction)


def dot_source(graph: Graph, direction: Direction) -> str:
    """Return *graph* as the DOT that the graphviz package writes.

    Raises:
        MissingExtraError: If there is no graphviz package.

    .. versionadded:: 0.2
    """
    try:
        import graphviz  # noqa: PLC0415 - an extra, asked for only when an image is drawn
    except ImportError as error:
        raise MissingExtraError.from_import(
            "drawing an image", "the package graphviz", "png", error
        ) from error
    # Its own statements would be quoted once more, which takes four times as long.
    return str(graphviz.Digraph(body=[f"{line}\n" for line in dot_lines(graph, direction)]).source)


def draw_dot(sources: Sequence[str], medium: Medium) -> list[bytes] | None:
    """Return the images of several graphs, drawn by one program.

    Starting a program takes longer than drawing a flow.

    Args:
        sources: The graphs in DOT, as `dot_source` returns them.
        medium: What they are drawn for.

    Returns:
        An image for each source, or None if it is not certain which is
        whose: then each is to be drawn alone, to see which one fails.

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
    images = list(_split_svg(done.stdout) if medium == "svg" else _split_png(done.stdout))
    if len(images) != len(sources) or not all(_is_whole(p, medium) for p in images):
        return None
    return [_sized(image, medium) for image in images]


def _split_svg(drawn: bytes) -> Iterator[bytes]:
    """Yield each document of *drawn*: no text in it can hold the start of another."""
    start = b"<?xml "
    for document in drawn.split(start)[1:]:
        yield start + document


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
    if medium == "svg" or b"pHYs" in image.partition(b"IDAT")[0]:
        return image
    density = round(_DPI[medium] / 0.0254).to_bytes(4, "big")
    chunk = b"pHYs" + density + density + b"\x01"  # pixels a metre
    end = 33  # of the signature and the first chunk, IHDR
    return image[:end] + b"\0\0\0\x09" + chunk + crc32(chunk).to_bytes(4, "big") + image[end:]


def png_size(image: bytes) -> tuple[int, int]:
    """Return the width and the height of a PNG in pixels (PNG specification, 11.2.1).

    Of *medium* ``"png"`` there are three for two of CSS, of ``"print"`` four a point.

    .. versionadded:: 0.2
    """
    return int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")


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


def _draw(graph: Graph, medium: Medium, direction: Direction) -> bytes:
    program = require_program()
    try:
        done = _run(program, medium, dot_source(graph, direction))
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"{error}{_BY_SETTING if os.environ.get('PENSTOCK_DOT') else ''}"
        raise RenderError(graph.name, program, reason) from error
    if medium == "print" and _is_shrunk(done):
        return _draw(graph, "png", direction)
    fault = _find_fault(done, medium)
    if fault is not None:
        raise RenderError(graph.name, program, fault)
    return _sized(done.stdout, medium)


def _find_fault(done: subprocess.CompletedProcess[bytes], medium: Medium) -> str | None:
    """Return why a run of the program made no image that can be shown, or None."""
    if done.returncode or not done.stdout:
        errors = done.stderr.decode(errors="replace").strip().splitlines()
        return errors[0] if errors else f"it ended with {done.returncode} and no image"
    if not _is_whole(done.stdout, medium):
        return f"what it printed is not {'an SVG' if medium == 'svg' else 'a whole PNG'}"
    if _is_shrunk(done):
        return (
            "the image is larger than a PNG of this program can be, which would have shrunk it; "
            "draw it with format='svg'"
        )
    return None


def _is_whole(image: bytes, medium: Medium) -> bool:
    if medium == "svg":
        return is_svg(image)
    return image.startswith(_PNG_BEGIN) and image.endswith(_PNG_END)


def _is_shrunk(done: subprocess.CompletedProcess[bytes]) -> bool:
    """Return whether Graphviz made pixels of a graph that has more than it can (32,767)."""
    return b"is too large for" in done.stderr


def _run(program: str, medium: Medium, source: str) -> subprocess.CompletedProcess[bytes]:
    return run_program([program, "-Kdot", *_OPTIONS[medium]], source.encode(), _SECONDS)
