"""The legend of a diagram: the signs that it uses, and no others."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from penstock._declared.channels import scheme_of
from penstock.graph._model import Graph, Node
from penstock.graph._structure import joins, ways_back
from penstock.render._icons import GROUP, LOOP, MISSING, SIGNS, Icon, icon_of

__all__ = ["LegendEntry", "legend_of"]

_WIDE, _TALL = 44, 26
_CARD = '<rect class="penstock-card" x="2" y="3" width="40" height="20" rx="{}"/>'
_EDGE = '<g class="penstock-edge"><path d="{}"/>{}</g>'
_HEAD = '<path class="penstock-head" d="M41 13L33 9L33 17z"/>'
_TO_THE_RIGHT = "M3 13L33 13"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sign of a diagram, and what it means.

    .. versionadded:: 0.2
    """

    svg: str
    """The sign as an ``<svg>`` element, painted by the style sheet of the page."""

    text: str
    """The sign in words, and its meaning."""


def legend_of(graph: Graph, *, has_icons: bool = True) -> tuple[LegendEntry, ...]:
    """Return what explains the signs of *graph*, in the order in which readers meet them.

    Args:
        graph: The diagram.
        has_icons: Whether it is drawn with icons, as SVG is. Mermaid and images of Graphviz have
            words instead, which need no legend.

    .. versionadded:: 0.2
    """
    return tuple(LegendEntry(_svg(sign), text) for sign, text in _signs(graph, has_icons=has_icons))


def _signs(graph: Graph, *, has_icons: bool) -> Iterator[tuple[str, str]]:
    words, nodes = graph.words.legend, graph.nodes
    roles = {node.role for node in nodes}
    if "entrypoint" in roles:
        yield _node("entrypoint", 10), words.entrypoint
    if any(node.role == "step" and not node.is_beside for node in nodes):
        yield _node("step", 6), words.step
    if has_icons:
        yield from _icons(graph)
    if "group" in roles:
        second = '<rect class="penstock-card" x="6" y="6" width="36" height="18" rx="6"/>'
        first = '<rect class="penstock-card" x="2" y="2" width="36" height="18" rx="6"/>'
        yield f'<g class="penstock-node penstock-folded">{second}{first}</g>', words.folded
    if any(node.group is not None for node in nodes):
        frame = '<rect x="2" y="3" width="40" height="20" rx="6"/>'
        yield f'<g class="penstock-group">{frame}</g>', words.group
    yield from _lines(graph)
    if has_icons and any(e.is_loop and e.source != e.target for e in graph.edges):
        path = f'<path transform="translate(14 5)" d="{LOOP}"/>'
        yield f'<g class="penstock-label penstock-loop">{path}</g>', words.loop


def _icons(graph: Graph) -> Iterator[tuple[str, str]]:
    words, nodes = graph.words.legend, graph.nodes
    yield from ((_tile(icon), words.kind.format(text)) for icon, text in _kinds(graph))
    if any(node.role == "missing" for node in nodes):
        yield _node("missing", 6, _icon(MISSING, 14)), words.missing
    if any(node.is_beside for node in nodes):
        yield _node("step penstock-beside", 6), words.beside
    for status in dict.fromkeys(node.status for node in nodes if node.status):
        mark = _mark(SIGNS[status]) if status in SIGNS else ""
        yield _node(f"step penstock-{status}", 6, mark), getattr(words, status)


def _lines(graph: Graph) -> Iterator[tuple[str, str]]:
    words, edges = graph.words.legend, graph.edges
    bars, back = joins(graph), ways_back(graph)
    forward = [edge for number, edge in enumerate(edges) if number not in back]
    if any(edge.source != edge.target for edge in forward):
        yield _EDGE.format(_TO_THE_RIGHT, _HEAD), words.edge
    if any(edge.label for edge in forward):
        label = '<g class="penstock-label"><text x="20" y="10" text-anchor="middle">…</text></g>'
        yield (
            _EDGE.format(
                "M3 18L33 18", _HEAD.replace("13", "18").replace("9L", "14L").replace("17z", "22z")
            )
            + label,
            words.label,
        )
    if bars:
        two = _EDGE.format("M3 6L18 6M3 20L18 20M23 13L33 13", _HEAD)
        bar = '<g class="penstock-join"><rect x="18" y="2" width="4" height="22" rx="2"/></g>'
        yield two + bar, words.all_of
    arriving = Counter(edge.target for edge in forward)
    if any(count > 1 and name not in bars for name, count in arriving.items()):
        yield _EDGE.format("M3 5C16 5 18 13 33 13M3 21C16 21 18 13 33 13", _HEAD), words.any_of


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


def _mark(path: str) -> str:
    sign = f'<path transform="translate(16 7) scale(.75)" d="{path}"/>'
    return f'<g class="penstock-mark"><circle cx="22" cy="13" r="8.5"/>{sign}</g>'


def _svg(sign: str) -> str:
    return (
        f'<svg class="penstock-flow" width="{_WIDE}" height="{_TALL}" '
        f'viewBox="0 0 {_WIDE} {_TALL}" aria-hidden="true">{sign}</svg>'
    )
