"""A graph as the text of a Mermaid flowchart."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from graphlib import TopologicalSorter
from typing import Literal
from urllib.parse import quote

from penstock.exceptions import DiagramTooLargeError
from penstock.graph import DrawnWords, Graph, Node
from penstock.render import (
    LIGHT,
    Direction,
    Renderer,
    RenderOptions,
    bar_id,
    by_group,
    drawn_id,
    enters_bar,
    group_id,
    joins,
    label_lines,
    legend_of,
    lines,
    node_class,
    plain_text,
    repetitions,
    safe_href,
    shape_of,
    ways_back,
)
from penstock.render._formats.mermaid.style import WARNINGS, style_rules

__all__ = ["LONGEST_LINE", "RENDERER", "Palette", "render_mermaid"]

Palette = Literal["inline", "stylesheet", "theme_css"]
"""The source of the colours of a diagram of Mermaid."""

_MOST_EDGES = 500
_MOST_CHARACTERS = 50_000

_BASE = """\
---
config:
  layout: dagre
  htmlLabels: true
  flowchart:
    wrappingWidth: 300
"""
"""The differences between versions and pages: Mermaid 12 lays out with ELK and wraps earlier, some
pages draw labels without HTML."""

_LINE = LIGHT.colours["edge"]
"""A grey of lines that is legible on white and on black."""

_HEAD = f"""\
{_BASE}  themeVariables:
    lineColor: "{_LINE}"
---"""

_PAGE_HEAD = f"""\
{_BASE}    useMaxWidth: false
---"""
"""The options of a page with the colours: a wide flow scrolls, and does not become too small."""

_PREFIX = "penstock-"
"""The prefix of classes that have their colours from a style sheet."""

_LEGEND = "legend__group"
"""The id of the legend, which no step has."""

_SAMPLES = {"rounded": "entrypoint", "step": "step", "folded": "step"}
"""The signs that nodes of the legend have, with their class. All others are words in one node."""

_PILL = '(["{label}"]){style}'

_CLASSES = {
    name: f"fill:{paint.fill},stroke:{paint.stroke},color:{paint.text}"
    for name, paint in LIGHT.paints.items()
} | {"join": f"fill:{_LINE},stroke:{_LINE}"}
_FRAME = f"fill:none,stroke:{_LINE},color:{_LINE}"
_LINES = {
    "missing": "stroke-dasharray:5 4",
    "unreached": "stroke-dasharray:2 4",
    "failed": "stroke-width:3px",
}
"""The styles that distinguish nodes without colour."""

_ARROWS: dict[str | None, str] = {
    "unchecked": "-.->",
    "unverified": "-.->",
    "contradicted": "==>",
    "undeclared": "==>",
}
"""The arrows of edges that the source does not show."""

_STYLES = {
    "channel": "stroke-dasharray:6 4",
    "mixed": "stroke-dasharray:9 4 1 4",
    "contradicted": "stroke-width:3px",
    "undeclared": "stroke-width:3px,stroke-dasharray:9 4 1 4 1 4",
}
"""The styles of edges, by the verdicts on them."""

_WARNINGS = {
    "unverified": "doubt",
    "mixed": "doubt",
    "contradicted": "bad",
    "undeclared": "bad",
}
"""The colours of edges whose verdict is a warning."""

_BREAK = "<br/>"
_BLANK = "#160;"
"""A label of nothing would be an error."""

LONGEST_LINE = 26
"""Mermaid itself wraps a little beyond this many letters, wherever it happens to be."""

_LETTERS = (
    "A-Za-z_"
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"  # Latin
    "\u0391-\u03a1\u03a3-\u03c9"  # Greek
    "\u0400-\u0481"  # Cyrillic
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5"  # Japanese, Chinese
)
_READABLE = re.compile(rf"(?![0-9])[{_LETTERS}0-9]+")
"""The ids that Mermaid reads: not all that Python does (no accents on their own)."""

_RESERVED = re.compile(
    r"end|class|classDef|style|linkStyle|click|call|href|graph|flowchart|subgraph|interpolate"
    r"|_self|_blank|_parent|_top"
    # Mermaid 11 keeps nodes in objects that have these already.
    r"|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString"
    r"|valueOf|__.*__"
    # `direction` at the end of one line and `LR` at the start of the next are a statement.
    r"|.*(?i:direction)",
    re.DOTALL,
)

_SPECIAL = re.compile(
    r"""
    (?<= (?i:directio) ) n \b  # `direction LR` is a statement, even in quotes
    | (?!  # punctuation can stay where it cannot be Markdown, an entity, an icon or an address
        (?<=[A-Za-z0-9]) [_-] (?=[A-Za-z0-9])
        | (?<=[A-Za-z0-9]) _ $
        | (?<=[A-Za-z0-9]) (?<!www) \. (?=[A-Za-z0-9])
        | (?<=[A-Za-z]) \. (?=\ |$)
        | (?<=[A-Za-z]) : (?=\ |$)
        | (?<![^ ]) & (?=\ |$)
        | (?<!\d) \)
    )
    [!-~] (?<! [A-Za-z0-9,/'?!(] )
    """,
    re.VERBOSE,
)
"""Each character that must be written as an entity."""

_PLACEHOLDER = re.compile("(?<=\ufb02)(?=\u00b0)|(?<=\u00b6)(?=\u00df)")
"""Inside what Mermaid writes for `&` and `;` until it draws: a joiner that nobody sees fits."""


def render_mermaid(
    graph: Graph,
    *,
    direction: Direction = "TD",
    styled: bool = False,
    described: bool = False,
    palette: Palette = "inline",
    check_limits: bool = True,
    legend: bool = False,
) -> str:
    """Return *graph* as a Mermaid flowchart.

    Args:
        graph: What to draw.
        direction: Where the flow leads.
        styled: Whether to write colours, shapes of entrypoints, and a title
            and description for screen readers.
        described: Whether to write that title and description without colours.
        palette: Where a styled diagram has its colours from: from itself, from the
            page for classes like ``penstock-step``, or from an
            embedded style sheet that follows the variables of the page.
        check_limits: Whether to raise rather than return what Mermaid will
            not draw.
        legend: Whether to explain the signs of the flow in a group behind its last step.

    Raises:
        DiagramTooLargeError: If there are more edges or characters than
            Mermaid draws.

    .. versionadded:: 0.2
    """
    if direction == "auto":  # Mermaid lays it out, and has directions only
        direction = "TD"
    bars = joins(graph)
    edges = list(_edges(graph, bars))
    prefix = _PREFIX if styled and palette != "inline" else ""
    statements = [
        *(_accessibility(graph) if styled or described else ()),
        *_nodes(graph, direction, bars, styled=styled, prefix=prefix),
        *(statement for statement, _ in edges),
        *_line_styles([sign for _, sign in edges], palette if styled else None),
        *(_legend(graph, direction, bars, styled=styled) if legend else ()),
        *_links(graph, styled=styled),
        *_classes(graph, bars, styled=styled, prefix=prefix),
    ]
    lines = [f"graph {direction}", *(f"    {statement}" for statement in statements)]
    head = [_head(graph, bars, [sign for _, sign in edges], palette)] if styled else []
    text = "\n".join([*head, *lines])
    if check_limits:
        # A browser counts UTF-16 units.
        _check_limit(graph, "edges", len(edges), _MOST_EDGES)
        _check_limit(graph, "characters", len(text.encode("utf-16-le")) // 2, _MOST_CHARACTERS)
    return text


def _head(
    graph: Graph, bars: AbstractSet[str], signs: Sequence[str | None], palette: Palette
) -> str:
    """Return the configuration of a styled text."""
    if palette == "inline":
        return _HEAD
    if palette == "stylesheet":
        return _PAGE_HEAD
    found = {_WARNINGS.get(sign or "") for sign in signs}
    warnings = [name for name in WARNINGS if name in found]
    css = "".join(style_rules(_used(graph, bars), warnings=warnings))
    return f'{_PAGE_HEAD.removesuffix("---")}  themeCSS: "{css}"\n---'


def _check_limit(graph: Graph, what: str, count: int, limit: int) -> None:
    if count > limit:
        raise DiagramTooLargeError(graph.name, what, count, limit)


def _accessibility(graph: Graph) -> Iterator[str]:
    """Yield what a screen reader says of the whole diagram."""
    yield f"accTitle: {_text(graph.label) or _BLANK}"
    if description := _text(plain_text(graph.description or "")):
        yield f"accDescr: {description}"


def _nodes(
    graph: Graph, direction: Direction, bars: AbstractSet[str], *, styled: bool, prefix: str
) -> Iterator[str]:
    """Yield the nodes of which there is more to say than their edges say, and the groups."""
    drawn = {name for edge in lines(graph) for name in (edge.source, edge.target)}
    repeated = repetitions(graph)
    for group, members in by_group(graph):
        inside = []
        for node in members:
            repetition = repeated.get(node.name)
            if node.name in bars:
                bar = _bar(node.name) + (f":::{prefix}join" if styled else "")
                inside.append(bar + "@{ shape: fork }")
            if styled or repetition or _says_more(node):
                box = _box(node, graph.words, repetition, styled=styled, prefix=prefix)
                inside.append(_id(node.name) + box)
            elif group is not None or node.name not in drawn:
                inside.append(node.name)
        if group is None:
            yield from inside
        else:
            yield f'subgraph {group_id(_id(group))}["{_label(group) or _BLANK}"]'
            # Without it, a group that no edge leaves leads across the flow.
            yield f"    {_inner(direction)}"
            yield from (f"    {statement}" for statement in inside)
            yield "end"


def _inner(direction: Direction) -> str:
    """Return the statement for a group in a diagram of that *direction*."""
    return f"direction {'TB' if direction == 'TD' else direction}"


def _says_more(node: Node) -> bool:
    """Return whether a node looks other than its name alone would."""
    shown = _text(node.label)
    says = (
        node.steps,
        node.kind,
        node.note,
        node.status,
        node.receives,
        node.sends,
        node.role == "missing",
    )
    is_cut = node.hidden_before or node.hidden_after
    return not (shown == node.name == _id(node.name)) or any(says) or bool(is_cut)


def _box(
    node: Node, words: DrawnWords, repetition: str | None, *, styled: bool, prefix: str
) -> str:
    """Return the label of *node* in its shape, with its class."""
    label = _label(node.label, words.notes_of(node, repetition), small=styled) or _BLANK
    shape = shape_of(node)
    plain = (styled and shape.mermaid_styled) or shape.mermaid
    box = _PILL if node.role == "entrypoint" else plain
    name = node_class(node)
    style = f":::{prefix}{name}" if styled or name in _LINES else ""
    return box.format(label=label, style=style)


def _edges(graph: Graph, bars: AbstractSet[str]) -> Iterator[tuple[str, str | None]]:
    """Yield the edges with their signs, in order; those of a join lead to its bar."""
    drawn = lines(graph)
    last = {edge.target: index for index, edge in enumerate(drawn) if enters_bar(edge, bars)}
    for index, edge in enumerate(drawn):
        into_bar = enters_bar(edge, bars)
        target = _bar(edge.target) if into_bar else _id(edge.target)
        label = _label(graph.words.label_of(edge) or "")
        arrow = _ARROWS.get(edge.sign, "-->")
        text = f'|"{label}"| ' if label else " "
        yield f"{_id(edge.source)} {arrow}{text}{target}", edge.sign
        if into_bar and last[edge.target] == index:
            yield f"{target} --> {_id(edge.target)}", None


def _line_styles(signs: Sequence[str | None], palette: Palette | None) -> Iterator[str]:
    """Yield what arrows alone do not say of lines, by the numbers of the edges.

    Args:
        signs: The sign of each edge.
        palette: The source of colours, or None if there are none.
    """
    for sign in dict.fromkeys([*_STYLES, *_WARNINGS]):
        numbers = [str(number) for number, found in enumerate(signs) if found == sign]
        styles = [_STYLES[sign]] if sign in _STYLES else []
        if palette is None and sign == "contradicted":  # whose arrow is thick
            styles.clear()
        if palette is not None and sign in _WARNINGS:
            colour = WARNINGS[_WARNINGS[sign]]
            styles.append(f"stroke:{colour}")
            # Only a page knows what is behind the words.
            styles += [f"color:{colour}"] * (palette != "inline")
        if numbers and styles:
            yield f"linkStyle {','.join(numbers)} {','.join(styles)}"


def _legend(
    graph: Graph, direction: Direction, bars: AbstractSet[str], *, styled: bool
) -> Iterator[str]:
    """Yield a group with a node for each shape, and one with the words for all other signs."""
    signs = legend_of(graph, "mermaid")
    if not signs:
        return
    yield f'subgraph {_LEGEND}["{_label(graph.words.legend.title) or _BLANK}"]'
    yield f"    {_inner(direction)}"
    plain, folded = shape_of(Node(name="step")), shape_of(Node(name="group", role="group"))
    card = (styled and plain.mermaid_styled) or plain.mermaid
    shapes = {"rounded": _PILL, "folded": folded.mermaid, "step": card}
    samples = [sign for sign in signs if sign.name in _SAMPLES]
    for number, sign in enumerate(samples):
        style = f":::{_SAMPLES[sign.name]}" if styled else ""
        label = _label(sign.text) or _BLANK
        yield f"    {_LEGEND}_l{number}" + shapes[sign.name].format(label=label, style=style)
    if words := [_label(sign.text) or _BLANK for sign in signs if sign not in samples]:
        yield f"    {_LEGEND}_words" + plain.mermaid.format(
            label="<br/>".join(words), style=":::words"
        )
    yield "end"
    # Where no line leads past it, which would cross its frame.
    yield f"{_id(_last(graph, bars))} ~~~ {_LEGEND}"
    yield "classDef words fill:none,stroke:none" + (f",color:{_LINE}" if styled else "")
    if styled:
        yield f"style {_LEGEND} {_FRAME}"


def _last(graph: Graph, bars: AbstractSet[str]) -> str:
    """Return the step that is farthest from where the flow begins."""
    back = ways_back(graph)
    before: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for number, edge in enumerate(graph.edges):
        if number not in back:
            before[edge.target].append(edge.source)
    ranks: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        ranks[name] = max((ranks[each] + 1 for each in before[name]), default=0) + (name in bars)
    return max(ranks, key=ranks.__getitem__)


def _links(graph: Graph, *, styled: bool) -> Iterator[str]:
    """Yield where clicks lead."""
    for node in graph.nodes:
        if url := _url(node.href):
            tip = _text(node.summary or "") if styled else ""
            yield f'click {_id(node.name)} href "{url}"' + (f' "{tip}"' if tip else "")


def _classes(graph: Graph, bars: AbstractSet[str], *, styled: bool, prefix: str) -> Iterator[str]:
    """Yield the styles that are in use."""
    if styled and graph.edges:
        yield "linkStyle default stroke-width:1.5px"
    for name in _used(graph, bars):
        looks = [_CLASSES.get(name, _FRAME) if styled and not prefix else "", _LINES.get(name, "")]
        if css := ",".join(filter(None, looks)):
            yield f"classDef {prefix}{name} {css}"
    if beside := [_id(node.name) for node in graph.nodes if node.is_beside]:
        yield f"classDef {prefix}beside stroke-dasharray:3 3"
        yield f"class {','.join(beside)} {prefix}beside"
    groups = [group_id(_id(group)) for group, _ in by_group(graph) if group is not None]
    if styled and groups:
        yield f"class {','.join(groups)} {prefix}group"


def _used(graph: Graph, bars: AbstractSet[str]) -> list[str]:
    """Return the classes that are in use."""
    used = {node_class(node) for node in graph.nodes} | ({"join"} if bars else set())
    groups = ["group"] if any(node.group is not None for node in graph.nodes) else []
    return [*(name for name in _CLASSES if name in used), *groups]


def _id(name: str) -> str:
    """Return the id of the step *name*: the name itself where Mermaid can read it."""
    return drawn_id(name, _is_readable)


def _is_readable(name: str) -> bool:
    return _READABLE.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None


def _bar(name: str) -> str:
    """Return the id of the bar before the step *name*."""
    return bar_id(_id(name))


def _label(text: str, note: str = "", *, small: bool = False) -> str:
    """Return *text*, and *note* below it, as Mermaid shows them on several lines.

    Where there is any tag, even a break, Mermaid decodes entities once more
    and too early: a string that needs entities is broken by plain line breaks.
    """
    lines, notes = _wrapped(text), _wrapped(note)
    if any("#" in line for line in lines + notes):
        return "\n".join(lines + notes)
    if small and notes:
        notes = [f"<small>{_BREAK.join(notes)}</small>"]
    return _BREAK.join(lines + notes)


def _wrapped(text: str) -> list[str]:
    """Return *text* as encoded lines, long ones wrapped evenly."""
    if not text:
        return []
    lines = label_lines(text, LONGEST_LINE)
    return [shown for shown in map(_text, lines) if shown]


def _text(text: str) -> str:
    """Return *text* on one line so that Mermaid shows it as it is written."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    encoded = _SPECIAL.sub(lambda match: f"#{ord(match[0])};", " ".join(text.split()))
    return _PLACEHOLDER.sub("\u200c", encoded)


def _url(href: str | None) -> str:
    """Return *href* escaped for quotes, or nothing if it could run a script."""
    return quote((safe_href(href) or "").strip(), safe="%/:?#[]@!$&'()*+,=~")


def _render(graph: Graph, options: RenderOptions) -> str:
    return render_mermaid(
        graph,
        direction=options.direction,
        styled=options.styled,
        check_limits=options.check_limits,
        legend=options.legend,
    )


RENDERER = Renderer("mermaid", (".mmd", ".mermaid"), _render)
