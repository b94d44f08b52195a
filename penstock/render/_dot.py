"""A graph in DOT, the language of Graphviz."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from penstock.graph._model import Direction, DrawnWords, Edge, Graph, Node
from penstock.graph._structure import by_group, joins, lines, repetitions
from penstock.render._labels import bar_id, drawn_id, group_id, label_lines
from penstock.render._shapes import shape_of
from penstock.render._theme import EDGE, EDGE_TEXT, LIGHT, node_class

__all__ = ["dot_id", "dot_lines", "render_dot"]

_READABLE = re.compile(r"(?!(?i:node|edge|graph|digraph|subgraph|strict)$)[A-Za-z_][A-Za-z0-9_]*")
_FONT = "Arial"
_WIDTH = 28
"""Characters on a line of a label."""


class _Markup(str):
    """A value in Graphviz' HTML-like notation, which is in angle brackets."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement of DOT: the defaults of nodes or edges, a node, an edge, or a cluster."""

    subject: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    """Where an edge leads; None for anything else."""

    inside: tuple["_Statement", ...] = ()
    """The statements of a cluster."""


def render_dot(graph: Graph, *, direction: Direction = "TD") -> str:
    """Return *graph* as DOT, ready for any Graphviz program."""
    return "\n".join([f"digraph {dot_id(graph.name)} {{", *dot_lines(graph, direction), "}"])


def dot_lines(graph: Graph, direction: Direction) -> Iterator[str]:
    """Yield the statements of *graph* in DOT, a line each."""
    return (line for statement in _statements(graph, direction) for line in _write(statement))


def _statements(graph: Graph, direction: Direction) -> Iterator[_Statement]:
    """Yield what DOT says of *graph*."""
    rankdir = "TB" if direction == "TD" else direction
    yield _default(
        "graph",
        rankdir=rankdir,
        bgcolor="transparent",
        nodesep="0.35",
        ranksep="0.45",
        pad="0.1",
        fontname=_FONT,
    )
    yield _default(
        "node", fontname=_FONT, fontsize="12", style="filled", margin="0.2,0.1", penwidth="1.2"
    )
    yield _default(
        "edge",
        fontname=_FONT,
        fontsize="10",
        fontcolor=EDGE_TEXT["light"],
        color=EDGE["light"],
        arrowsize="0.7",
    )
    bars, repeated = joins(graph), repetitions(graph)
    flat = rankdir in {"TB", "BT"}
    for group, members in by_group(graph):
        inside = []
        for node in members:
            attributes = _node_attributes(node, graph.words, repeated.get(node.name))
            made = _Statement(dot_id(node.name), attributes)
            inside += _with_bar(node, made, flat=flat) if node.name in bars else [made]
        yield from inside if group is None else (_cluster(group, inside),)
    for edge in lines(graph):
        yield _edge(edge, graph.words, into_bar=edge.target in bars and not edge.is_loop)


def _with_bar(node: Node, made: _Statement, *, flat: bool) -> list[_Statement]:
    return [_bar(node, flat=flat), made, _Statement(bar_id(made.subject), {}, made.subject)]


def _cluster(group: str, inside: Iterable[_Statement]) -> _Statement:
    looks = {
        "label": _Markup(f"<<b>{_markup(group)}</b>>"),
        "labeljust": "l",
        "fontsize": "10",
        "fontcolor": EDGE_TEXT["light"],
        "color": EDGE["light"],
        "style": "rounded",
        "margin": "12",
        "class": "penstock-group",
    }
    subject = f"subgraph cluster_{group_id(dot_id(group))}"
    return _Statement(subject, inside=(_default("graph", **looks), *inside))


def dot_id(name: str) -> str:
    """Return what DOT calls the step *name*."""
    return drawn_id(name, _READABLE.fullmatch)


def _default(node_kind: str, **attributes: str) -> _Statement:
    return _Statement(node_kind, attributes)


def _node_attributes(node: Node, words: DrawnWords, repetition: str | None) -> dict[str, str]:
    node_kind = node_class(node)
    paint = LIGHT[node_kind]
    attributes = {
        "label": _label(node, words, repetition),
        "shape": shape_of(node.kind).dot if node.role == "step" else "box",
        "fillcolor": paint.fill,
        "color": paint.stroke,
        "fontcolor": paint.text,
        "class": f"penstock-node penstock-{node_kind}",
    }
    if node.role == "entrypoint":
        attributes |= {"style": "filled,rounded", "penwidth": "2.2"}
    if node.role == "missing" or node.status == "unreached":
        attributes["style"] = attributes.get("style", "filled") + ",dashed"
    if node.status == "failed":
        attributes["penwidth"] = "3"
    return attributes


def _label(node: Node, words: DrawnWords, repetition: str | None) -> _Markup:
    title = _markup(node.label)
    if node.role == "entrypoint":
        title = f"<b>{title}</b>"
    notes = filter(None, (words.kind_of(node), *words.channels_of(node), repetition, node.note))
    small = [f'<br/><font point-size="9">{_markup(note)}</font>' for note in notes]
    return _Markup(f"<{title}{''.join(small)}>")


def _bar(node: Node, *, flat: bool) -> _Statement:
    long, thick = "0.9", "0.06"
    return _Statement(
        bar_id(dot_id(node.name)),
        {
            "label": "",
            "shape": "box",
            "fixedsize": "true",
            "width": long if flat else thick,
            "height": thick if flat else long,
            "margin": "0",
            "fillcolor": EDGE["light"],
            "color": EDGE["light"],
            "class": "penstock-join",
        },
    )


def _edge(edge: Edge, words: DrawnWords, *, into_bar: bool) -> _Statement:
    attributes: dict[str, str] = {}
    if label := words.label_of(edge):
        # Added spaces keep the text off the line.
        shown = (f"&#160;{_escape(line)}&#160;" for line in label_lines(label, _WIDTH))
        attributes["label"] = _Markup(f"<{'<br/>'.join(shown)}>")
    source, target = dot_id(edge.source), dot_id(edge.target)
    if edge.is_loop:  # laid out as if it led forwards, so that all steps keep their ranks
        return _Statement(target, attributes | {"dir": "back", "class": "penstock-loop"}, source)
    if into_bar:
        attributes["arrowhead"] = "none"
    return _Statement(source, attributes, bar_id(target) if into_bar else target)


def _markup(text: str) -> str:
    return "<br/>".join(_escape(line) for line in label_lines(text, _WIDTH))


def _escape(line: str) -> str:
    r"""Return *line* as Graphviz' HTML-like notation takes it.

    Even there, ``\N``, ``\G`` and other escapes are replaced, with names of the graph, unless
    the backslash is doubled; and a string of ``]`` alone is a syntax error.
    """
    return escape(line, quote=True).replace("\\", r"\\").replace("]", "&#93;")


def _write(statement: _Statement, indent: str = "    ") -> Iterator[str]:
    if statement.inside:
        yield f"{indent}{statement.subject} {{"
        for one in statement.inside:
            yield from _write(one, f"{indent}    ")
        yield f"{indent}}}"
        return
    edge = f" -> {statement.target}" if statement.target is not None else ""
    attributes = " ".join(f"{key}={_quote(value)}" for key, value in statement.attributes.items())
    yield f"{indent}{statement.subject}{edge}" + (f" [{attributes}]" if attributes else "")


def _quote(value: str) -> str:
    """Return *value* as DOT takes it. All text from outside is `_Markup` already."""
    return value if isinstance(value, _Markup) else f'"{value}"'
