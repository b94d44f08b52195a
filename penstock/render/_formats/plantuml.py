"""A graph in PlantUML, as a deployment diagram."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from penstock.graph import Edge, Graph, Node
from penstock.render import (
    Renderer,
    RenderOptions,
    bar_id,
    by_group,
    drawn_id,
    enters_bar,
    group_id,
    joins,
    label_lines,
    legend_lines,
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
"""The names in PlantUML of the shapes of Graphviz; any other is a rectangle."""

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
"""The style by which entrypoints are round."""

_LINES = {
    "channel": "dashed",
    "unchecked": "dotted",
    "unverified": "dotted",
    "mixed": "dashed",
    "contradicted": "bold",
    "undeclared": "dashed,thickness=3",
}
"""The lines of edges by the verdicts on them."""

_WIDTH = 40
"""Characters on a line of a label."""


def _render(graph: Graph, options: RenderOptions) -> str:
    return "\n".join(["@startuml", *_statements(graph, options), "@enduml"])


def _statements(graph: Graph, options: RenderOptions) -> Iterator[str]:
    bars, arrow = joins(graph), _ARROWS[options.direction]
    repeated = repetitions(graph)
    # Without this, queues and databases alone would be the participants of a sequence.
    is_across = options.direction in {"LR", "RL"}
    yield "left to right direction" if is_across else "top to bottom direction"
    if any(node.role == "entrypoint" for node in graph.nodes):
        yield from _ENTRYPOINT
    if graph.title:
        yield f"title {_text(graph.title)}"
    for group, members in by_group(graph):
        inside = []
        for node in members:
            name = _id(node.name)
            if node.name in bars:
                inside.append(f'rectangle " " as {bar_id(name)} #64748B')
            inside.append(_node(node, graph, repeated.get(node.name), options))
            if node.name in bars:
                inside.append(f"{bar_id(name)} {arrow} {name}")
        yield from inside if group is None else _frame(group, inside)
    for edge in lines(graph):
        yield _edge(edge, graph.words.label_of(edge), arrow, into_bar=enters_bar(edge, bars))
    if options.legend and (rows := legend_lines(graph, "plantuml")):
        yield from ("legend", *map(_escape, rows), "endlegend")


def _frame(group: str, inside: Iterable[str]) -> Iterator[str]:
    yield f'frame "{_text(group)}" as {group_id(_id(group))} {{'
    yield from (f"  {statement}" for statement in inside)
    yield "}"


def _node(node: Node, graph: Graph, repetition: str | None, options: RenderOptions) -> str:
    shape = _SHAPES.get(shape_of(node).dot) if node.role == "step" else None
    shape = "collections" if node.role == "group" else shape
    label = _label(node, graph, repetition)
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
    if node.role == "missing" or node.is_beside or node.status == "unreached":
        found.append("line.dashed")
    elif node.role == "entrypoint" or node.status == "failed":
        found.append("line.bold")
    return f" #{';'.join(found)}" if found else ""


def _edge(edge: Edge, label: str | None, arrow: str, *, into_bar: bool) -> str:
    shown = f" : {_text(label)}" if label else ""
    source, target = _id(edge.source), _id(edge.target)
    if edge.sign:
        arrow = arrow.replace("-", f"-[{_LINES[edge.sign]}]", 1)
    if edge.is_loop:  # laid out as if it led forwards, so that all steps keep their positions
        return f"{target} <{arrow.removesuffix('>')} {source}{shown}"
    if into_bar:
        return f"{source} {arrow.removesuffix('>')} {bar_id(target)}{shown}"
    return f"{source} {arrow} {target}{shown}"


def _label(node: Node, graph: Graph, repetition: str | None) -> str:
    return _text(f"{node.label}\n{graph.words.notes_of(node, repetition)}")


def _id(name: str) -> str:
    return drawn_id(name, _READABLE.fullmatch)


def _text(text: str) -> str:
    """Return *text* with each character that could be markup as its number in Unicode."""
    return r"\n".join(map(_escape, label_lines(text, _WIDTH)))


def _escape(line: str) -> str:
    plain = {found.start() for found in _PLAIN.finditer(line)}
    return "".join(c if at in plain else f"<U+{ord(c):04X}>" for at, c in enumerate(line))


RENDERER = Renderer("plantuml", (".puml", ".plantuml"), _render)
