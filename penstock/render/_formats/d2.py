"""A graph in D2, the diagram language of the program of that name."""

import re
from collections.abc import Iterator, Mapping

from penstock.graph import Edge, Graph, Node
from penstock.render import (
    Renderer,
    RenderOptions,
    bar_id,
    clean_text,
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
"""What D2 calls the shapes of Graphviz; any other is a rectangle."""

_READABLE = re.compile("[a-z_][a-z0-9_]*")
"""What can be an id. D2 takes a letter and its capital for the same."""

_RESERVED = re.compile(
    "_|animated|bold|class|classes|constraint|data|direction|dst|field|fill|filled|font|height"
    "|icon|italic|label|layers|left|legend|level|link|method|multiple|near|null|opacity|path"
    "|scenarios|shadow|shape|src|steps|stroke|style|suspend|tooltip|top|underline|unsuspend"
    "|vars|width"
)

_WIDTH = 40
"""Characters on a line of a label."""

_TITLE = '"the flow"'
"""The id of the title. It has a space, so that it is that of no step."""

_TITLE_LOOK = {"shape": "text", "near": "top-center", "style.font-size": "24"}

_Attributes = Mapping[str, str]


def _render(graph: Graph, options: RenderOptions) -> str:
    return "\n".join([f"direction: {_DIRECTIONS[options.direction]}", *_statements(graph, options)])


def _statements(graph: Graph, options: RenderOptions) -> Iterator[str]:
    bars, repeated = joins(graph), repetitions(graph)
    if graph.title:
        yield _statement(_TITLE, _text(graph.title), _TITLE_LOOK)
    for node in graph.nodes:
        name = _id(node.name)
        if node.name in bars:
            yield _statement(bar_id(name), '""', _bar(options))
        yield _statement(
            name, _label(node, graph, repeated.get(node.name)), _attributes(node, options)
        )
        if node.name in bars:
            yield f"{bar_id(name)} -> {name}"
    for edge in lines(graph):
        into_bar = edge.target in bars and not edge.is_loop
        yield _edge(edge, graph.words.label_of(edge), into_bar=into_bar)


def _statement(subject: str, label: str, attributes: _Attributes) -> str:
    inside = "; ".join(f"{key}: {value}" for key, value in attributes.items())
    return f"{subject}: {label}" + (f" {{{inside}}}" if inside else "")


def _attributes(node: Node, options: RenderOptions) -> dict[str, str]:
    found = {}
    shape = _SHAPES.get(shape_of(node.kind).dot) if node.role == "step" else None
    if shape:
        found["shape"] = shape
    if node.role == "entrypoint":
        found |= {"style.border-radius": "20", "style.bold": "true"}
    if node.role == "missing" or node.status == "unreached":
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


def _edge(edge: Edge, label: str | None, *, into_bar: bool) -> str:
    target = bar_id(_id(edge.target)) if into_bar else _id(edge.target)
    arrow = "--" if into_bar else "->"
    return f"{_id(edge.source)} {arrow} {target}" + (f": {_text(label)}" if label else "")


def _label(node: Node, graph: Graph, repetition: str | None) -> str:
    words, kind = graph.words, graph.words.kind_of(node)
    notes = (f"({kind})" if kind else "", *words.channels_of(node), repetition, node.note)
    return _text("\n".join(filter(None, (node.label, *notes))))


def _id(name: str) -> str:
    return drawn_id(name, _is_readable)


def _is_readable(name: str) -> bool:
    return _READABLE.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None


def _text(text: str) -> str:
    r"""Return *text* in quotes, where D2 reads ``\`` and ``${``, and no other markup."""
    shown = map(clean_text, label_lines(text, _WIDTH))
    return '"' + r"\n".join(re.sub(r'(["\\$])', r"\\\1", line) for line in shown) + '"'


RENDERER = Renderer("d2", (".d2",), _render)
