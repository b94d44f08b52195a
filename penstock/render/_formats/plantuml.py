"""A graph in PlantUML, as a deployment diagram."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from penstock.graph import Edge, Graph, Node
from penstock.render import (
    Renderer,
    RenderOptions,
    bar_id,
    drawn_id,
    joins,
    label_lines,
    lines,
    paint_of,
    repetitions,
    safe_href,
    shape_of,
)

__all__ = ["RENDERER"]

_ARROWS = {"TD": "-->", "TB": "-->", "LR": "-->", "BT": "-up->", "RL": "-up->"}
"""How an edge is written. Where the flow leads to the right, up is to the left."""

_SHAPES = {
    "box3d": "queue",
    "circle": "circle",
    "component": "component",
    "cylinder": "database",
    "ellipse": "usecase",
    "folder": "folder",
    "hexagon": "hexagon",
    "note": "file",
    "tab": "card",
}
"""What PlantUML calls the shapes of Graphviz; any other is a rectangle."""

_READABLE = re.compile(
    "(?!(?i:caption|footer|header|legend|mainframe|title)$)[A-Za-z_][A-Za-z0-9_]*"
)

_PLAIN = re.compile(r"[^\W_ ]| |(?<=[A-Za-z0-9])[_.,/-](?=[A-Za-z0-9])|,(?= )|(?<=\w)\)|\((?=\w)")
"""Characters that mean nothing in PlantUML and its markup, where they are."""

_ENTRYPOINT = (
    "hide stereotype",
    "skinparam rectangle<<entrypoint>> {",
    "  RoundCorner 30",
    "}",
)
"""What makes entrypoints round."""

_WIDTH = 40
"""Characters on a line of a label."""


def _render(graph: Graph, options: RenderOptions) -> str:
    return "\n".join(["@startuml", *_statements(graph, options), "@enduml"])


def _statements(graph: Graph, options: RenderOptions) -> Iterator[str]:
    bars, repeated, arrow = joins(graph), repetitions(graph), _ARROWS[options.direction]
    if options.direction in {"LR", "RL"}:
        yield "left to right direction"
    if any(node.role == "entrypoint" for node in graph.nodes):
        yield from _ENTRYPOINT
    if graph.title:
        yield f"title {_text(graph.title)}"
    for node in graph.nodes:
        name = _id(node.name)
        if node.name in bars:
            yield f'rectangle " " as {bar_id(name)} #64748B'
        yield _node(node, _label(node, graph, repeated.get(node.name)), options)
        if node.name in bars:
            yield f"{bar_id(name)} {arrow} {name}"
    for edge in lines(graph):
        yield _edge(edge, arrow, graph.words.label_of(edge), into_bar=edge.target in bars)


def _node(node: Node, label: str, options: RenderOptions) -> str:
    shape = _SHAPES.get(shape_of(node.kind).dot) if node.role == "step" else None
    statement = f'{shape or "rectangle"} "{label}" as {_id(node.name)}'
    if node.role == "entrypoint":
        statement += " <<entrypoint>>"
    if href := safe_href(node.href):
        # What a link ends with or begins a label with would end it.
        statement += f" [[{quote(href, safe='%/:?#@&=+,;~$')}]]"
    return statement + _style(node, options)


def _style(node: Node, options: RenderOptions) -> str:
    """Return the colours of *node*, and what its line looks like."""
    found = []
    if options.styled:
        paint = paint_of(node)
        looks = (paint.fill, f"line:{paint.stroke}", f"text:{paint.text}")
        found += [look.replace("#", "") for look in looks]
    if node.role == "missing" or node.status == "unreached":
        found.append("line.dashed")
    elif node.role == "entrypoint" or node.status == "failed":
        found.append("line.bold")
    return f" #{';'.join(found)}" if found else ""


def _edge(edge: Edge, arrow: str, label: str | None, *, into_bar: bool) -> str:
    source, target, line = _id(edge.source), _id(edge.target), arrow
    if edge.is_loop:  # laid out as if it led forwards, so that all steps keep their ranks
        source, target, line = target, source, f"<{arrow.removesuffix('>')}"
    elif into_bar:
        target, line = bar_id(target), arrow.removesuffix(">")
    return f"{source} {line} {target}" + (f" : {_text(label)}" if label else "")


def _label(node: Node, graph: Graph, repetition: str | None) -> str:
    words, kind = graph.words, graph.words.kind_of(node)
    notes = (f"({kind})" if kind else "", *words.channels_of(node), repetition, node.note)
    return _text("\n".join(filter(None, (node.label, *notes))))


def _id(name: str) -> str:
    return drawn_id(name, _READABLE.fullmatch)


def _text(text: str) -> str:
    """Return *text* with each character that could be markup as its number in Unicode."""
    return r"\n".join(map(_escape, label_lines(text, _WIDTH)))


def _escape(line: str) -> str:
    plain = {found.start() for found in _PLAIN.finditer(line)}
    return "".join(c if at in plain else f"<U+{ord(c):04X}>" for at, c in enumerate(line))


RENDERER = Renderer("plantuml", (".puml", ".plantuml"), _render)
