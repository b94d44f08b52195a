"""The legend of a diagram: the signs that it uses, and no others."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from penstock._declared.channels import scheme_of
from penstock.graph._model import Graph, Node
from penstock.graph._structure import joins, ways_back
from penstock.render._icons import (
    DASHES,
    GROUP,
    LOOP,
    MARKS,
    MISSING,
    SIGNS,
    VERDICTS,
    Icon,
    icon_of,
    icon_of_channel,
)

__all__ = ["LegendEntry", "has_legend", "legend_lines", "legend_of"]

_CARD = '<rect class="penstock-card" x="2" y="3" width="40" height="20" rx="{}"/>'
_EDGE = '<g class="penstock-edge"><path d="{}"/>{}</g>'
_HEAD = '<path class="penstock-head" d="M41 {}l-8 -4l0 8z"/>'
_FOLDED = (
    '<g class="penstock-node penstock-folded">'
    '<rect class="penstock-card" x="6" y="6" width="36" height="18" rx="6"/>'
    '<rect class="penstock-card" x="2" y="2" width="36" height="18" rx="6"/></g>'
)


_DRAWN = {"step", "group", "beside", "edge", "label", "all_of", "any_of", *VERDICTS}
_SKETCHED = {*_DRAWN, "rounded", "folded"}
_PAINTED = {*_DRAWN, "entrypoint", "folded", "kind", "missing", *SIGNS, "unreached", "loop"}
_SIGNS_OF = {
    "svg": _PAINTED,
    "png": _PAINTED,
    "paper": _PAINTED - {"kind"},
    "dot": {*_DRAWN, "entrypoint", "doubled"},
    "text": {"label", "above", *VERDICTS},
}
"""The signs of each format, by the names of their words. All else it says in words."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sign of a diagram, and what it means.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the sign and of its words in `LegendWords <penstock.graph.LegendWords>`."""

    drawn: str
    """The sign as the inside of an ``<svg>`` element, 44 pixels wide and 26 high."""

    text: str
    """The sign in words, and its meaning."""

    @property
    def svg(self) -> str:
        """The sign as an ``<svg>`` element, painted by the style sheet of the page."""
        return (
            '<svg class="penstock-flow" width="44" height="26" '
            f'viewBox="0 0 44 26" aria-hidden="true">{self.drawn}</svg>'
        )


def legend_of(graph: Graph, format: str = "svg") -> tuple[LegendEntry, ...]:
    """Return what explains the signs of *graph*, in the order in which readers meet them.

    Args:
        graph: The diagram.
        format: The format in which it is drawn. SVG and PNG have most signs: others have words
            instead, which need no legend. A format that is not penstock's has the signs that most
            languages have: nodes, rounded ones, frames, and edges. For ``"paper"``, the legend is a
            list of words, without the signs themselves.

    .. versionadded:: 0.2
    """
    known = _SIGNS_OF.get(format, _SKETCHED)
    return tuple(entry for entry in _signs(graph) if entry.name in known)


def legend_lines(graph: Graph, format: str) -> list[str]:
    """Return the legend of *graph* as lines of text: its title, then a sign each, or nothing.

    Args:
        graph: The diagram.
        format: The format, as for `legend_of`.

    .. versionadded:: 0.2
    """
    found = [entry.text for entry in legend_of(graph, format)]
    return [graph.words.legend.title, *found] if found else []


def has_legend(format: str) -> bool:
    """Return whether *format* can have a legend: data has no signs."""
    return format != "json"


def _signs(graph: Graph) -> Iterator[LegendEntry]:
    """Yield each sign that some format has for *graph*."""
    words, nodes = graph.words.legend, graph.nodes
    roles = {node.role for node in nodes}
    if "entrypoint" in roles:
        pill = _node("entrypoint", 10)
        yield LegendEntry("entrypoint", pill, words.entrypoint)
        yield LegendEntry("rounded", pill, words.rounded)
    if any(node.role == "step" and not node.is_beside for node in nodes):
        yield LegendEntry("step", _node("step", 6), words.step)
    for icon, text in _kinds(graph):
        yield LegendEntry("kind", _tile(icon), words.kind.format(text))
    if "group" in roles:
        yield LegendEntry("folded", _FOLDED, words.folded)
        yield LegendEntry("doubled", _FOLDED, words.doubled)
    if any(node.group is not None for node in nodes):
        frame = '<rect x="2" y="3" width="40" height="20" rx="6"/>'
        yield LegendEntry("group", f'<g class="penstock-group">{frame}</g>', words.group)
    if "missing" in roles:
        yield LegendEntry("missing", _node("missing", 6, _icon(MISSING, 14)), words.missing)
    if any(node.is_beside for node in nodes):
        yield LegendEntry("beside", _node("step penstock-beside", 6), words.beside)
    for status in dict.fromkeys(node.status for node in nodes if node.status):
        mark = _mark(SIGNS[status]) if status in SIGNS else ""
        yield LegendEntry(status, _node(f"step penstock-{status}", 6, mark), getattr(words, status))
    yield from _lines(graph)


def _lines(graph: Graph) -> Iterator[LegendEntry]:
    words, bars, back = graph.words.legend, joins(graph), ways_back(graph)
    forward = [edge for number, edge in enumerate(graph.edges) if number not in back]
    arriving = Counter(edge.target for edge in forward)
    if forward:
        yield LegendEntry("edge", _EDGE.format("M3 13L33 13", _HEAD.format(13)), words.edge)
    if any(edge.label for edge in forward):
        line = _EDGE.format("M3 18L33 18", _HEAD.format(18))
        dots = '<text x="18" y="11" text-anchor="middle">\u2026</text>'
        yield LegendEntry("label", f'{line}<g class="penstock-label">{dots}</g>', words.label)
    if bars:
        two = _EDGE.format("M3 6L18 6M3 20L18 20M23 13L33 13", _HEAD.format(13))
        bar = '<g class="penstock-join"><rect x="18" y="2" width="4" height="22" rx="2"/></g>'
        yield LegendEntry("all_of", two + bar, words.all_of)
    if any(count > 1 and name not in bars for name, count in arriving.items()):
        meeting = _EDGE.format("M3 5C16 5 18 13 33 13M3 21C16 21 18 13 33 13", _HEAD.format(13))
        yield LegendEntry("any_of", meeting, words.any_of)
    for name in VERDICTS:
        if any(edge.sign == name for edge in graph.edges):
            yield LegendEntry(name, _verdict(name, graph), getattr(words, name))
    loops = [edge for edge in graph.edges if edge.is_loop and edge.source != edge.target]
    if loops:
        path = f'<path transform="translate(14 5)" d="{LOOP}"/>'
        turning = f'<g class="penstock-label penstock-loop">{path}</g>'
        yield LegendEntry("loop", turning, words.loop)
    if loops or any(count > 1 for count in arriving.values()):
        yield LegendEntry("above", "", words.above)


def _verdict(name: str, graph: Graph) -> str:
    """Return the line of an edge of *graph* with that verdict, and its sign."""
    if name == "channel":
        return _channel(next(edge.channel for edge in graph.edges if edge.channel))
    dashes = DASHES.get(name)
    pattern = f' stroke-dasharray="{dashes}"' if dashes else ""
    line = f'<path d="M3 13L33 13"{pattern}/>{_HEAD.format(13)}'
    mark = MARKS.get(name)
    sign = f'<g class="penstock-label penstock-{name}">{_mark(mark, 17)}</g>' if mark else ""
    return f'<g class="penstock-edge penstock-{name}">{line}</g>{sign}'


def _channel(channel: str) -> str:
    """Return the line of an edge by *channel*, and the icon of what carries its messages."""
    sign = f'<path transform="translate(11 7) scale(.75)" d="{icon_of_channel(channel).path}"/>'
    line = f'<path d="M3 13L8 13M27 13L33 13"/>{_HEAD.format(13)}'
    label = f'<g class="penstock-label penstock-channel">{sign}</g>'
    return f'<g class="penstock-edge penstock-channel">{line}</g>{label}'


def _kinds(graph: Graph) -> Iterator[tuple[Icon, str]]:
    """Yield each icon of the diagram, with the kinds that have it."""
    found: dict[Icon, dict[str, None]] = {}
    for node in graph.nodes:
        icon = icon_of(node)
        if icon is not None and icon is not GROUP and node.role != "missing":
            found.setdefault(icon, {})[graph.words.kind(_kind(node)) or ""] = None
    yield from ((icon, ", ".join(kinds)) for icon, kinds in found.items())


def _kind(node: Node) -> str | None:
    """Return the kind that the icon of *node* shows."""
    kinds = (node.kind, *map(scheme_of, (*node.receives, *node.sends)))
    return next(filter(None, kinds), None)


def _node(role: str, radius: int, inside: str = "") -> str:
    return f'<g class="penstock-node penstock-{role}">{_CARD.format(radius)}{inside}</g>'


def _tile(icon: Icon) -> str:
    tile = '<rect class="penstock-tile" x="9" y="0" width="26" height="26" rx="6"/>'
    return f'<g class="penstock-node penstock-{icon.family}">{tile}{_icon(icon.path, 14)}</g>'


def _icon(path: str, x: int) -> str:
    return f'<path class="penstock-icon" transform="translate({x} 5)" d="{path}"/>'


def _mark(path: str, x: int = 22) -> str:
    sign = f'<path transform="translate({x - 6} 7) scale(.75)" d="{path}"/>'
    return f'<g class="penstock-mark"><circle cx="{x}" cy="13" r="8.5"/>{sign}</g>'
