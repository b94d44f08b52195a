"""A graph as a picture, laid out by a Graphviz program."""

import os
import shutil
import subprocess
import sysconfig
from typing import Any

from penstock._model import Direction, Graph
from penstock.exceptions import MissingExtraError, RenderError
from penstock.graph._dot import Statement, dot_statements
from penstock.graph._svg import finish_svg

__all__ = ["find_program", "render_png", "render_svg"]

_SECONDS = 60.0
"""How long a program may take: forty times what a graph of a thousand steps takes."""


def render_svg(
    graph: Graph,
    *,
    direction: Direction = "TD",
    prefix: str | None = None,
    standalone: bool = True,
) -> str:
    """Return *graph* as an ``<svg>`` element that can stand in a file or in a page.

    Args:
        graph: What to draw.
        direction: Where the flow leads.
        prefix: What ids in the picture begin with, to tell several in one page
            apart. Made from the flow's name if None.
        standalone: Whether the picture brings its own style and follows the
            reader's system to dark colours. In a page, the page's style does.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    drawn = _draw(graph, "svg", direction).decode()
    return finish_svg(drawn, graph, prefix=prefix, standalone=standalone)


def render_png(graph: Graph, *, direction: Direction = "TD") -> bytes:
    """Return *graph* as PNG, on white, with two pixels a point.

    Raises:
        MissingExtraError: If no Graphviz program is found.
        RenderError: If the program fails.
    """
    return _draw(graph, "png", direction, "-Gdpi=144", "-Gbgcolor=white")


def find_program() -> str | None:
    """Return the Graphviz program that draws, or None if there is none.

    It is what the environment variable ``PENSTOCK_DOT`` names, else ``dot`` on
    the PATH, else the ``graphviz-pure`` that ``penstock[png]`` brings.
    """
    if chosen := os.environ.get("PENSTOCK_DOT"):
        return chosen
    # An interpreter that was called by its path does not put its scripts on the PATH.
    scripts = sysconfig.get_path("scripts")
    return (
        shutil.which("dot")
        or shutil.which("graphviz-pure", path=scripts)
        or shutil.which("graphviz-pure")
    )


def _draw(graph: Graph, format_: str, direction: Direction, *options: str) -> bytes:
    program = find_program()
    if program is None:
        raise MissingExtraError("drawing a picture", "a Graphviz program", "png")
    command = [program, "-Kdot", f"-T{format_}", *options]
    try:
        done = subprocess.run(  # noqa: S603 - the user chose the program; the graph goes to its input
            command,
            input=_source(graph, direction).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(graph.name, program, str(error)) from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[0] if said else f"it ended with {done.returncode} and no picture"
        raise RenderError(graph.name, program, reason)
    return done.stdout


def _source(graph: Graph, direction: Direction) -> str:
    """Return *graph* as the DOT that the graphviz package writes."""
    try:
        import graphviz  # noqa: PLC0415 - an extra, asked for only when a picture is drawn
    except ImportError as error:
        raise MissingExtraError("drawing a picture", "the package graphviz", "png") from error
    model = graphviz.Digraph()
    for statement in dot_statements(graph, direction):
        _add(model, statement)
    return str(model.source)


def _add(model: Any, statement: Statement) -> None:
    if statement.is_default:
        model.attr(statement.subject, **statement.attributes)
    elif statement.target is not None:
        model.edge(statement.subject, statement.target, **statement.attributes)
    else:
        model.node(statement.subject, **statement.attributes)
