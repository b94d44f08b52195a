"""A graph in D2, the diagram language of the program of that name."""

import re
from collections.abc import Iterable, Iterator, Mapping

from penstock.graph import Graph, Node
from penstock.render import (
    Renderer,
    RenderOptions,
    bar_id,
    by_group,
    clean_text,
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

_DIRECTIONS = {"TD": "down", "TB": "down", "LR": "right", "BT": "up", "RL": "left"}

_SHAPES = {
    "box3d": "queue",
    "circle": "circle",
    "component": "hexagon",
    "cylinder": "cylinder",
    "diamond": "diamond",
    "ellipse": "oval",
    "folder": "package",
    "hexagon": "hexagon",
    "note": "page",
    "parallelogram": "parallelogram",
    "square": "square",
    "tab": "callout",
}
"""The names in D2 of the shapes of Graphviz; any other is a rectangle."""

_READABLE = re.compile("[a-z_][a-z0-9_]*")
"""The pattern of an id. D2 takes a letter and its capital for the same."""

_RESERVED = re.compile(
    "_|animated|bold|class|classes|constraint|data|direction|dst|field|fill|filled|font|height"
    "|icon|italic|label|layers|left|legend|level|link|method|multiple|near|null|opacity|path"
    "|scenarios|shadow|shape|src|steps|stroke|style|suspend|tooltip|top|underline|unsuspend"
    "|vars|width"
)

_LINES = {
    "channel": " {style.stroke-dash: 6}",
    "unchecked": " {style.stroke-dash: 3}",
    "unverified": " {style.stroke-dash: 2}",
    "mixed": " {style.stroke-dash: 9}",
    "contradicted": " {style.stroke-width: 4}",
    "undeclared": " {style.stroke-dash: 9; style.stroke-width: 4}",
}
"""The lines of edges by the verdicts on them. All of these have a label."""

_WIDTH = 40
"""Characters on a line of a label."""

_TITLE = '"the flow"'
"""The id of the title. It has a space, so that it is that of no step."""

_LEGEND = '"the legend"'
"""The id of the legend, likewise."""

_LEGEND_LOOK = {"shape": "text", "near": "bottom-center", "style.font-size": "14"}
_TITLE_LOOK = {"shape": "text", "near": "top-center", "style.font-size": "24"}

_Attributes = Mapping[str, str]


def _render(graph: Graph, options: RenderOptions) -> str:
    return "\n".join([f"direction: {_DIRECTIONS[options.direction]}", *_statements(graph, options)])


def _statements(graph: Graph, options: RenderOptions) -> Iterator[str]:
    bars, repeated = joins(graph), repetitions(graph)
    if graph.title:
        yield _statement(_TITLE, _text(graph.title), _TITLE_LOOK)
    for group, members in by_group(graph):
        inside = []
        for node in members:
            name = _id(node.name)
            if node.name in bars:
                inside.append(_statement(bar_id(name), '""', _bar(options)))
            shown = _label(node, graph, repeated.get(node.name))
            inside.append(_statement(name, shown, _attributes(node, options)))
            if node.name in bars:
                inside.append(f"{bar_id(name)} -> {name}")
        yield from inside if group is None else _container(group, inside)
    path = {node.name: _path(node) for node in graph.nodes}
    for edge in lines(graph):
        label, source, target = graph.words.label_of(edge), path[edge.source], path[edge.target]
        shown = f": {_text(label)}{_LINES.get(edge.sign or '', '')}" if label else ""
        if edge.is_loop:  # laid out as if it led forwards, so that all steps keep their positions
            yield f"{target} <- {source}{shown}"
        elif enters_bar(edge, bars):
            yield f"{source} -- {bar_id(target)}{shown}"
        else:
            yield f"{source} -> {target}{shown}"
    if options.legend and (rows := legend_lines(graph, "d2")):
        yield _statement(_LEGEND, _text("\n".join(rows)), _LEGEND_LOOK)


def _path(node: Node) -> str:
    """Return the id of *node* after that of the container which it is in."""
    return _id(node.name) if node.group is None else f"{_group_id(node.group)}.{_id(node.name)}"


def _container(group: str, inside: Iterable[str]) -> Iterator[str]:
    yield f"{_group_id(group)}: {_text(group)} {{"
    yield from (f"  {statement}" for statement in inside)
    yield "}"


def _group_id(group: str) -> str:
    return group_id(_id(group))


def _statement(subject: str, label: str, attributes: _Attributes) -> str:
    inside = "; ".join(f"{key}: {value}" for key, value in attributes.items())
    return f"{subject}: {label}" + (f" {{{inside}}}" if inside else "")


def _attributes(node: Node, options: RenderOptions) -> dict[str, str]:
    found = {}
    shape = _SHAPES.get(shape_of(node).dot) if node.role == "step" else None
    if shape:
        found["shape"] = shape
    if node.role == "entrypoint":
        found |= {"style.border-radius": "20", "style.bold": "true"}
    if node.role == "group":
        found["style.multiple"] = "true"
    if node.role == "missing" or node.is_beside or node.status == "unreached":
        found["style.stroke-dash"] = "4"
    if node.role == "entrypoint" or node.status == "failed":
        found["style.stroke-width"] = "4"
    if options.styled:
        paint = paint_of(node)
        found["style.fill"] = f'"{paint.fill}"'
        found["style.stroke"] = f'"{paint.stroke}"'
        found["style.font-color"] = f'"{paint.text}"'
    if href := safe_href(node.href):
        found["link"] = _text(href)
    return found


def _bar(options: RenderOptions) -> dict[str, str]:
    """Return what a bar looks like, which lies across the flow."""
    is_flat = options.direction not in {"LR", "RL"}
    width, height = (60, 6) if is_flat else (6, 60)
    return {"width": str(width), "height": str(height), "style.fill": '"#64748b"'}


def _label(node: Node, graph: Graph, repetition: str | None) -> str:
    return _text(f"{node.label}\n{graph.words.notes_of(node, repetition)}")


def _id(name: str) -> str:
    return drawn_id(name, _is_readable)


def _is_readable(name: str) -> bool:
    return _READABLE.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None


def _text(text: str) -> str:
    r"""Return *text* in quotes, where D2 reads ``\`` and ``${``, and no other markup."""
    shown = map(clean_text, label_lines(text, _WIDTH))
    return '"' + r"\n".join(re.sub(r'(["\\$])', r"\\\1", line) for line in shown) + '"'


RENDERER = Renderer("d2", (".d2",), _render)
