"""A graph in DOT, the language of Graphviz: the boxes of our layout, painted by Graphviz."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape

from penstock.graph import Edge, Graph, Node
from penstock.render import (
    LIGHT,
    Direction,
    bar_id,
    drawn_id,
    group_id,
    label_lines,
    legend_lines,
    plain_text,
)
from penstock.render._graphviz.boxes import Axis, Box, Piece, Plan, plan
from penstock.render._graphviz.layout import (
    MARGIN,
    axes_of,
    by_cluster,
    least_ranks,
    ranking,
    spacing,
)

__all__ = ["dot_id", "render_dot"]

_COLOURS = LIGHT.colours
_SANS, _MONO = "Arial", "Courier New"
_SPACE = '<font point-size="3"> </font>'
"""A line between a title and its kind, so that they do not touch."""

_LINES = {
    "channel": {"style": "dashed", "color": _COLOURS["queue"]},
    "unchecked": {"style": "dotted"},
    "unverified": {"style": "dotted", "penwidth": "2"},
    "mixed": {"style": "dashed", "penwidth": "2"},
    "contradicted": {"color": _COLOURS["bad"], "penwidth": "2.5"},
    "undeclared": {"style": "dashed", "color": _COLOURS["bad"], "penwidth": "2.5"},
}
"""The lines of edges by the verdicts on them."""

_WORDS = {
    "channel": _COLOURS["queue"],
    "unverified": _COLOURS["doubt"],
    "mixed": _COLOURS["doubt"],
    "contradicted": _COLOURS["bad"],
    "undeclared": _COLOURS["bad"],
}
"""The colours of their labels."""

_TITLE_WIDTH = 60
"""Characters on a line above the flow."""


_DOT = re.compile(r"(?!(?i:node|edge|graph|digraph|subgraph|strict)$)[A-Za-z_][A-Za-z0-9_]*")
"""The pattern of an id of DOT without quotes."""


class _Markup(str):
    """A value in Graphviz' HTML-like notation, which is in angle brackets."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement of DOT: the defaults of nodes or edges, a node, an edge, or a cluster."""

    subject: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    """The end of an edge; None for anything else."""

    inside: tuple["_Statement", ...] = ()
    """The statements of a cluster."""


def dot_id(name: str) -> str:
    """Return the identifier in DOT of the step *name*."""
    return drawn_id(name, _DOT.fullmatch)


def render_dot(graph: Graph, *, direction: Direction = "TD", legend: bool = False) -> str:
    """Return *graph* as DOT, ready for any Graphviz program."""
    (axis,) = axes_of(direction)
    statements = _statements(plan(graph, axis), direction, legend=legend)
    lines = [line for statement in statements for line in _write(statement)]
    return "\n".join([f"digraph {dot_id(graph.name)} {{", *lines, "}"])


def _statements(
    planned: Plan, direction: Direction, *, legend: bool = False
) -> Iterator[_Statement]:
    near, far = spacing(planned)
    above = _heading(planned.graph)
    below = _legend(planned.graph) if legend else {}
    yield _Statement(
        "graph",
        {
            "rankdir": _rankdir(planned.axis, direction),
            "nodesep": f"{near / 72:.3f}",
            "ranksep": f"{far / 72:.3f}",
            **ranking(planned),
            "bgcolor": "transparent",
            "pad": "0.1",
            "fontname": _SANS,
            "fontcolor": _COLOURS["text"],
            **(below or above),
        },
    )
    yield _Statement(
        "node",
        {
            "shape": "box",
            "fixedsize": "true",
            "style": "rounded,filled",
            "fillcolor": _COLOURS["card"],
            "color": _COLOURS["line"],
            "fontname": _SANS,
            "fontsize": "12",
            "fontcolor": _COLOURS["text"],
        },
    )
    edges = {"color": _COLOURS["edge"], "penwidth": "1.3", "arrowsize": "0.7"}
    yield _Statement("edge", edges)
    flow = _flow(planned)
    if above and below:  # a graph has one label, and a cluster has another
        looks = _Statement("graph", {**above, "peripheries": "0", "margin": "0"})
        yield _Statement("subgraph cluster_flow", inside=(looks, *flow))
    else:
        yield from flow


def _flow(planned: Plan) -> Iterator[_Statement]:
    names = _names(planned)
    for group, boxes in by_cluster(planned):
        inside = [_Statement(names[box.id], _attributes(box, planned)) for box in boxes]
        yield from inside if group is None else [_cluster(planned.groups[group], inside)]
    for piece in planned.pieces:
        yield _Statement(names[piece.start], _line(piece, planned), names[piece.end])


def _rankdir(axis: Axis, direction: Direction) -> str:
    return axis if direction == "TD" else direction


def _heading(graph: Graph) -> dict[str, str]:
    """Return the title and the description, above the flow."""
    return _beside(_lines_of(graph.title), _lines_of(plain_text(graph.description or "")), "t")


def _legend(graph: Graph) -> dict[str, str]:
    """Return the words for the signs, below the flow."""
    lines = legend_lines(graph, "dot")
    return _beside(lines[:1], lines[1:], "b")


def _beside(titles: Iterable[str], texts: Iterable[str], side: str) -> dict[str, str]:
    """Return the label of a graph at its top or bottom, or nothing."""
    lines = [f"<b>{_escape(line)}</b>" for line in titles]
    small = f'<font point-size="11" color="{_COLOURS["muted"]}">{{}}</font>'
    lines += [small.format(_escape(line)) for line in texts]
    if not lines:
        return {}
    label = '<br align="left"/>'.join([*lines, ""])
    return {"label": _Markup(f"<{label}>"), "labelloc": side, "labeljust": "l"}


def _lines_of(text: str | None) -> tuple[str, ...]:
    return label_lines(text, _TITLE_WIDTH) if text else ()


def _names(planned: Plan) -> dict[str, str]:
    """Return what DOT calls each box."""
    found: dict[str, str] = {}
    labels = set[str]()
    for box in planned.boxes.values():
        if box.node is not None:
            name = dot_id(box.node.name)
            found[box.id] = bar_id(name) if box.role == "bar" else name
        else:
            assert box.edge is not None
            name = f"{dot_id(box.edge.source)}__{dot_id(box.edge.target)}__label"
            found[box.id] = f"{name}_{box.id}" if name in labels else name
            labels.add(name)
    return found


def _cluster(group: str, inside: Iterable[_Statement]) -> _Statement:
    looks = {
        "label": _Markup(f"<<b>{_escape(' '.join(group.split()))}</b>>"),
        "labeljust": "l",
        "fontsize": "10",
        "fontcolor": _COLOURS["muted"],
        "color": _COLOURS["frame-line"],
        "bgcolor": _COLOURS["frame"],
        "style": "rounded",
        "margin": str(MARGIN),
    }
    subject = f"subgraph cluster_{group_id(dot_id(group))}"
    return _Statement(subject, inside=(_Statement("graph", looks), *inside))


def _attributes(box: Box, planned: Plan) -> dict[str, str]:
    size = {"width": f"{box.room / 72:.3f}", "height": f"{box.height / 72:.3f}"}
    if box.role == "bar":
        dark = {"fillcolor": _COLOURS["text"], "color": _COLOURS["text"]}
        words = {"fontcolor": _COLOURS["card"], "fontsize": "10"}
        return {"label": _label(box.lines), **size, **dark, **words}
    if box.edge is not None:
        colour = _WORDS.get(box.edge.sign or "", _COLOURS["muted"])
        words = {"style": "solid", "penwidth": "0", "fontcolor": colour}
        label = _label(_words_of(box, box.edge, planned), box.notes)
        return {"label": label, **size, **words, "fontsize": "10"}
    assert box.node is not None
    return {"label": _node_label(box, box.node), **size, **_look(box.node)}


def _words_of(box: Box, edge: Edge, planned: Plan) -> tuple[str, ...]:
    """Return the words at *edge*, without the channel, which is below them."""
    shown = replace(edge, check=None) if edge.channel else edge
    text = planned.graph.words.label_of(shown)
    return label_lines(text, max(map(len, box.lines), default=0) + 8) if text else ()


def _label(lines: Iterable[str], code: Iterable[str] = ()) -> _Markup:
    rows = [_escape(line) for line in lines]
    rows += [f'<font face="{_MONO}">{_escape(line)}</font>' for line in code]
    return _Markup(f"<{'<br/>'.join(rows)}>")


def _node_label(box: Box, node: Node) -> _Markup:
    lines = [f"<b>{_escape(line)}</b>" for line in box.lines]
    soft = _COLOURS["entry-note" if _is_filled(node) else "muted"]
    font = f'<font face="{_SANS}" point-size="10" color="{soft}">{{}}</font>'
    small = [font.format(_escape(line)) for line in box.notes]
    lines += [_SPACE, *small] if small else []
    return _Markup(f"<{'<br/>'.join(lines)}>")


def _look(node: Node) -> dict[str, str]:
    """Return the colours and the outline of *node*, where they differ from those of a step."""
    look = {} if node.title else {"fontname": _MONO}
    if _is_filled(node):
        look["fillcolor"] = look["color"] = _COLOURS["entry"]
        look["fontcolor"] = _COLOURS["entry-text"]
    if node.role == "missing":
        look |= {"color": _COLOURS["bad"], "fontcolor": _COLOURS["bad"]}
    if node.role == "group":
        look |= {"peripheries": "2", "fontname": _SANS}
    if node.role == "missing" or node.is_beside or node.status == "unreached":
        look["style"] = "rounded,filled,dashed"
    if node.status == "failed":
        look |= {"color": _COLOURS["bad"], "penwidth": "3"}
    if node.status == "unreached":
        look["fontcolor"] = _COLOURS["muted"]
    return look


def _is_filled(node: Node) -> bool:
    return node.role == "entrypoint" and node.status != "unreached"


def _line(piece: Piece, planned: Plan) -> dict[str, str]:
    found = {**least_ranks(planned, piece), **_LINES.get(piece.edge.sign or "", {})}
    if not piece.has_head:
        return found | {"dir": "none"}
    return found | {"dir": "back"} if piece.is_back else found


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
