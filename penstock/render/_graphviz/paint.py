"""A flow that is laid out as SVG: every text, icon and line is painted by us."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from html import escape
from itertools import pairwise
from math import inf

from penstock.graph import Edge, Graph, Node
from penstock.render import Direction, ThemeName, clean_text, plain_text, safe_href
from penstock.render._graphviz.boxes import (
    BAR,
    GAP,
    LINE,
    NOTE_LINE,
    PAD,
    STACK,
    TILE,
    Box,
    has_tile,
)
from penstock.render._graphviz.dot import dot_id
from penstock.render._graphviz.drawing import Drawing
from penstock.render._graphviz.layout import Frame, Layout, Point, read_layout
from penstock.render._graphviz.legend import paint_legend
from penstock.render._graphviz.measure import NOTE, width_of, width_of_label
from penstock.render._graphviz.plain_colours import with_plain_colours
from penstock.render._graphviz.routes import Line, route, sample
from penstock.render._graphviz.stylesheet import svg_stylesheet
from penstock.render._icons import (
    DASHES,
    ENTRY,
    LOOP,
    MARKS,
    MISSING,
    SIGNS,
    icon_of,
    icon_of_channel,
)

__all__ = ["paint_svg"]

_Span = tuple[float, float]

_View = tuple[float, float, float, float]
"""The left and the upper end, the width and the height of an image."""

_Piece = tuple[str, float, float]
"""An element of the image, and its upper and its lower end."""

_EDGE = 6
"""Pixels around the image: for outlines of focus, which are outside of their boxes."""

_SIGN = 17
"""Width of the sign of a loop or a channel, with space behind it."""

_MARK = 22
"""Width of the sign of a verdict, with space behind it."""

_ONE_CURVE = 3
"""The points of a curve, after its first one."""

_STRAIGHT = 0.8
"""Pixels by which the ends of a straight line may be out of line."""

_TITLE = 13
"""Height of the plate below the title of a group."""

_PAPER = (640, 820)
"""The width and the height of a sheet of paper, in pixels, that an image has inside of margins."""

_PART = 300
"""How tall the parts of an image are on paper, in pixels, if its rows allow that."""


def paint_svg(
    laid: bytes,
    graph: Graph,
    *,
    direction: Direction = "auto",
    prefix: str | None = None,
    standalone: bool = True,
    legend: bool = False,
    theme: ThemeName | None = None,
) -> Drawing:
    """Return *graph* as SVG, as a Graphviz program has laid it out.

    Args:
        laid: The output of the program, as `draw_dot` returns it for ``"layout"``.
        graph: The flow. Its titles and addresses may differ from those that were laid out, as
            long as they are of the same length.
        direction: The direction for which it was laid out.
        prefix: What ids in the image begin with, so that several fit in one
            page. Made from the flow's name if None.
        standalone: Whether the image has its own style and follows the
            reader's system to dark colours. In a page, the page's style does.
        legend: Whether to explain its signs below it.
        theme: The page whose colours it has, whatever the reader's system: in a file, or, in a
            page, without the style sheet of the page.

    Raises:
        ValueError: If *laid* is not the layout of such a flow.

    .. versionadded:: 0.2
    """
    layout = read_layout(laid, graph, direction)
    lines = route(layout, backwards=direction in {"BT", "RL"})
    return _Painter(layout, lines).drawing(
        prefix or f"penstock-{dot_id(graph.name)}",
        standalone=standalone,
        legend=legend,
        theme=theme,
    )


class _Painter:
    def __init__(self, layout: Layout, lines: list[Line]) -> None:
        self._layout, self._lines = layout, lines
        self._graph = layout.plan.graph
        self._labels = {node.name: node.label for node in self._graph.nodes}
        self._sampled = [[*sample(line.curve)] for line in lines]
        self._drawn = [point for points in self._sampled for point in points]

    def drawing(
        self, prefix: str, *, standalone: bool, legend: bool, theme: ThemeName | None
    ) -> Drawing:
        """Return the whole image."""
        left, top, right, bottom = self._layout.bounds()
        across, down = zip(*self._drawn, strict=True) if self._drawn else ((left,), (top,))
        left, top = min(left, *across) - _EDGE, min(top, *down) - _EDGE
        width = max(right, *across) + _EDGE - left
        height = max(bottom, *down) + _EDGE - top
        pieces = [*self._pieces()]
        if legend:
            block = paint_legend(self._graph, width - 2 * _EDGE)
            wider = max(block.width + 2 * _EDGE - width, 0)
            left, width = left - wider / 2, width + wider
            at = f"{_n(left + _EDGE)} {_n(top + height)}"
            signs = block.svg and f'<g transform="translate({at})">{block.svg}</g>'
            pieces.append((signs, top + height, top + height + block.height))
            height += block.height
        named = f' role="group" aria-labelledby="{prefix}-title" aria-describedby="{prefix}-desc"'
        heading = "".join(self._heading(prefix, svg_stylesheet(theme) if standalone else ""))
        painted = "".join(markup for markup, _, _ in pieces)
        view = left, top, width, height
        images = [_svg(heading + painted, view, named)]
        if not standalone:  # a file has its style sheet in it, and is not in parts
            images += self._sheets(pieces, view)
            images = [with_plain_colours(each, theme or "light") for each in images]
        first, every = self._entrypoints(left, width)
        return Drawing(
            svg=images[0],
            width=round(width, 1),
            height=round(height, 1),
            first_entrypoint=first,
            entrypoints=every,
            sheets=tuple(images[1:]),
        )

    def _heading(self, prefix: str, css: str) -> Iterator[str]:
        yield f'<title id="{prefix}-title">{_text(self._graph.label)}</title>'
        yield f'<desc id="{prefix}-desc">{_text(" ".join(_describe(self._graph)))}</desc>'
        if css:
            yield f"<style>{escape(css, quote=False)}</style>"

    def _pieces(self) -> Iterator[_Piece]:
        """Yield all that is drawn, in the order in which it is painted."""
        for frame in self._layout.frames:
            wide, tall = frame.right - frame.left, frame.bottom - frame.top
            outline = _rect(frame.left, frame.top, wide, tall, 10)
            yield f'<g class="penstock-group">{outline}</g>', frame.top, frame.bottom
        for line, points in zip(self._lines, self._sampled, strict=True):
            down = [y for _, y in points]
            yield _line(line), min(down) - _EDGE, max(down) + _EDGE
        for frame in self._layout.frames:
            yield self._title(frame), frame.top, frame.top + 5 + _TITLE
        for name, box in self._layout.plan.boxes.items():
            centre = self._layout.centres[name]
            yield self._box(box, centre), *self._extent(box, centre)

    def _extent(self, box: Box, centre: Point) -> _Span:
        half = max(box.height, _TITLE) / 2
        return centre[1] - half, centre[1] + half

    def _entrypoints(self, left: float, width: float) -> tuple[_Span, _Span]:
        """Return where the first entrypoint is, and where all are, as fractions of the width."""
        spans = []
        for name, box in self._layout.plan.boxes.items():
            if box.node is not None and box.node.role == "entrypoint":
                middle, half = self._layout.centres[name][0] - left, box.width / 2
                start, end = middle - half, middle + half
                spans.append((round(start / width, 4), round(end / width, 4)))
        if not spans:
            return (0.0, 1.0), (0.0, 1.0)
        begins, ends = zip(*spans, strict=True)
        return spans[0], (min(begins), max(ends))

    def _sheets(self, pieces: list[_Piece], view: _View) -> Iterator[str]:
        """Yield an image for each part of the *view*, of those *pieces* that are seen in it."""
        left, _, width, _ = view
        for begin, end in pairwise(_ends(view, [*self._cuts()])):
            seen = (each for each, upper, lower in pieces if upper < end and lower > begin)
            yield _svg("".join(seen), (left, begin, width, end - begin))

    def _cuts(self) -> Iterator[float]:
        """Yield the middle of each gap between rows of boxes."""
        rows = [(frame.top, frame.top + 5 + _TITLE) for frame in self._layout.frames]
        boxes, centres = self._layout.plan.boxes, self._layout.centres
        rows += [self._extent(box, centres[name]) for name, box in boxes.items()]
        end = inf
        for first, last in sorted(rows):
            if first - end > _EDGE:
                yield round((first + end) / 2, 1)
            end = last if end == inf else max(end, last)

    def _title(self, frame: Frame) -> str:
        """Return the title of a group: at its left, or at the first x where no line is."""
        text = clean_text(" ".join(frame.group.split()))
        wide = width_of(text, NOTE)
        last = max(int((frame.right - frame.left - wide - 24) / 8), 0)
        places = [frame.left + 12 + 8 * number for number in range(last + 1)]
        lines = [v for v, u in self._drawn if frame.top < u < frame.top + 5 + _TITLE]
        free = (x for x in places if not any(x - 12 < v < x + wide + 12 for v in lines))
        x = next(free, places[0])
        under = _rect(x - 6, frame.top + 5, wide + 12, _TITLE, 6)
        under = under.replace("<rect", '<rect class="penstock-under"')
        words = f'<text x="{_n(x)}" y="{_n(frame.top + 17)}">{_text(text)}</text>'
        return f'<g class="penstock-group">{under}{words}</g>'

    def _box(self, box: Box, centre: Point) -> str:
        paint = {"node": self._node, "label": self._label, "bar": self._bar}[box.role]
        return paint(box, centre)

    def _bar(self, box: Box, centre: Point) -> str:
        x, y = centre
        if self._layout.plan.axis == "TB":
            bar = _rect(x - box.length / 2, y - BAR / 2, box.length, BAR, 2.5)
            at = f'x="{_n(x + box.length / 2 + 5)}" y="{_n(y + 4)}"'
        else:
            bar = _rect(x - BAR / 2, y - box.length / 2, BAR, box.length, 2.5)
            at = f'x="{_n(x)}" y="{_n(y - box.length / 2 - 5)}" text-anchor="middle"'
        words = f"<text {at}>{_text(box.lines[0])}</text>"
        return f'<g class="penstock-join">{bar}{words}</g>'

    def _label(self, box: Box, centre: Point) -> str:
        edge, (x, y) = box.edge, centre
        assert edge is not None
        above, below = NOTE_LINE * len(box.lines), NOTE_LINE * len(box.notes)
        text = width_of_label(box.lines, box.notes)
        mark = MARKS.get(edge.sign or "")
        room = _SIGN if edge.is_loop or edge.channel else 0
        room += _MARK if mark and text else 0
        left = x - (text + room) / 2
        signs = []
        if mark:
            signs.append(_mark(mark, left + 8.5 if text else x, y, self._spoken(edge)))
            left += _MARK
        if edge.is_loop:  # the box has room for a word instead of the sign
            signs.append(_small(LOOP, left, y - below / 2))
        if edge.channel:
            signs.append(_small(icon_of_channel(edge.channel).path, left, y + above / 2))
        if edge.is_loop or edge.channel:
            left += _SIGN
        at = f'x="{_n(left)}"' if room else f'x="{_n(x)}" text-anchor="middle"'
        rows = [("", line) for line in box.lines]
        rows += [(' class="penstock-code"', note) for note in box.notes]
        first = y + 4.2 - NOTE_LINE * (len(rows) - 1) / 2
        words = "".join(
            f'<text{code} {at} y="{_n(first + NOTE_LINE * row)}">{_text(line)}</text>'
            for row, (code, line) in enumerate(rows)
        )
        return f'<g class="penstock-label{_kind_of(edge)}">{"".join(signs)}{words}</g>'

    def _node(self, box: Box, centre: Point) -> str:
        node, (middle, y) = box.node, centre
        assert node is not None
        x, top = middle - box.width / 2, y - box.height / 2
        is_round = node.role == "entrypoint"
        stack = STACK if node.role == "group" else 0
        wide, tall = box.width - stack, box.height - stack
        cards = [(x + stack, top + stack)] * bool(stack) + [(x, top)]
        y -= stack / 2
        parts = [
            _rect(*at, wide, tall, min(tall / 2, 22) if is_round else 8).replace(
                "<rect", '<rect class="penstock-card"', 1
            )
            for at in cards
        ]
        left = x + PAD + 2 * is_round
        if has_tile(node):
            at = x + 8 + is_round
            parts.append(_tile(node, at, y))
            left = at + TILE + GAP
        parts += _texts(box, left, y)
        if node.status in SIGNS:
            parts.append(_mark(SIGNS[node.status], x + box.width - 17, y))
        title = f"<title>{_text(self._name(node))}</title>"
        href = safe_href(node.href)
        inside = f"{title}{''.join(parts)}"
        if href is not None:
            # Scripts of themes write to each `[href]` of a page, which is read-only in SVG.
            inside = f'<a xlink:href="{escape(href)}">{inside}</a>'
        return f'<g class="{_classes(node)}">{inside}</g>'

    def _name(self, node: Node) -> str:
        """Return what a screen reader says: first what others read, so that it can be asked for."""
        words = self._graph.words
        status = getattr(words.spoken, node.status) if node.status else None
        name = ", ".join(filter(None, (node.label, words.kind_of(node), status)))
        if node.summary is None:
            return name
        is_enough = status is None and node.summary.startswith(node.label)
        return node.summary if is_enough else f"{name}: {node.summary}"

    def _spoken(self, edge: Edge) -> str:
        """Return what a screen reader says for the sign of *edge*."""
        words = self._graph.words.spoken
        ends = self._labels[edge.source], self._labels[edge.target]
        return words.edge.format(*ends, getattr(words, edge.sign or ""))


def _ends(view: _View, cuts: Sequence[float]) -> list[float]:
    """Return where the parts of a *view* begin and end, if it would be too small on one sheet."""
    _, top, width, height = view
    wide, tall = _PAPER
    scale = min(1, wide / width)
    if not cuts or height * scale < tall * 1.25:
        return []
    ends = [top]
    for cut, after in pairwise((*cuts, top + height)):
        if (after - ends[-1]) * scale > _PART:
            ends.append(cut)
    return [*ends, top + height]


def _svg(inside: str, view: _View, named: str = "") -> str:
    """Return what is *inside* an image that shows what is in a *view*."""
    _, _, width, height = view
    return (
        f'<svg width="{_n(width)}" height="{_n(height)}" viewBox="{" ".join(map(_n, view))}" '
        'class="penstock-flow" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"{named}>{inside}</svg>'
    )


def _classes(node: Node) -> str:
    icon = icon_of(node)
    role = "folded" if node.role == "group" else node.role
    found = ["penstock-node", f"penstock-{role}"]
    if node.is_beside:
        found.append("penstock-beside")
    if icon is not None and icon.family != "other":
        found.append(f"penstock-{icon.family}")
    if node.status is not None:
        found.append(f"penstock-{node.status}")
    return " ".join(found)


def _tile(node: Node, x: float, y: float) -> str:
    radius = TILE / 2 if node.role == "entrypoint" else 6
    icon = icon_of(node)
    path = MISSING if node.role == "missing" else icon.path if icon is not None else ENTRY
    tile = _rect(x, y - TILE / 2, TILE, TILE, radius).replace(
        "<rect", '<rect class="penstock-tile"'
    )
    at = f"{_n(x + TILE / 2 - 8)} {_n(y - 8)}"
    return f'{tile}<path class="penstock-icon" transform="translate({at})" d="{path}"/>'


def _texts(box: Box, left: float, middle: float) -> Iterator[str]:
    """Yield the lines of a step: its title, or its name as code, and what is below."""
    node = box.node
    assert node is not None
    name = "penstock-name" if node.title else "penstock-name penstock-code"
    block = LINE * len(box.lines) + NOTE_LINE * len(box.notes)
    x, y = _n(left), middle - block / 2 + 13.5
    for row, line in enumerate(box.lines):
        yield f'<text class="{name}" x="{x}" y="{_n(y + LINE * row)}">{_text(line)}</text>'
    y += LINE * len(box.lines) - 2
    for row, line in enumerate(box.notes):
        at = f'x="{x}" y="{_n(y + NOTE_LINE * row)}"'
        yield f'<text class="penstock-note" {at}>{_text(line)}</text>'


def _mark(path: str, x: float, y: float, name: str = "") -> str:
    """Return a sign on a disc, with a *name* if nothing around it has one."""
    role, title = (' role="img"', f"<title>{_text(name)}</title>") if name else ("", "")
    circle = f'<circle cx="{_n(x)}" cy="{_n(y)}" r="8.5"/>'
    return f'<g class="penstock-mark"{role}>{title}{circle}{_small(path, x - 6, y)}</g>'


def _small(path: str, x: float, y: float) -> str:
    """Return an icon of 12 by 12 that begins at *x*, with its middle at *y*."""
    return f'<path transform="translate({_n(x)} {_n(y - 6)}) scale(.75)" d="{path}"/>'


def _kind_of(edge: Edge) -> str:
    """Return the further classes of an edge or of its label."""
    sign = f" penstock-{edge.sign}" if edge.sign else ""
    return f"{' penstock-loop' if edge.is_loop else ''}{sign}"


def _line(line: Line) -> str:
    kind = _kind_of(line.piece.edge)
    # As an attribute: it is there without a style sheet, too.
    pattern = DASHES.get(line.piece.edge.sign or "")
    dashes = f' stroke-dasharray="{pattern}"' if pattern else ""
    head = ""
    if line.tip is not None:
        (x, y), (a, b) = line.tip, line.curve[-1]
        v, u = (b - y) / 2, (x - a) / 2  # at a right angle to it, half as long
        corners = ((x, y), (a + v, b + u), (a - v, b - u))
        head = f'<path class="penstock-head" d="M{"L".join(map(_p, corners))}z"/>'
    return f'<g class="penstock-edge{kind}"><path d="{_path(line)}"{dashes}/>{head}</g>'


def _path(line: Line) -> str:
    first, *rest = line.curve
    if len(rest) == _ONE_CURVE and any(map(_is_even, first, rest[-1])):
        drawn = f"M{_p(first)}L{_p(rest[-1])}"
    else:
        drawn = f"M{_p(first)}C{' '.join(map(_p, rest))}"
    return drawn + (f"L{_p(line.lead)}" if line.lead is not None else "")


def _is_even(one: float, other: float) -> bool:
    return abs(one - other) < _STRAIGHT


def _rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    size = f'width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"'
    return f'<rect x="{_n(x)}" y="{_n(y)}" {size}/>'


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@lru_cache(20_000)
def _text(text: str) -> str:
    return escape(clean_text(text), quote=False)


def _describe(graph: Graph) -> Iterator[str]:
    if graph.description:
        yield plain_text(graph.description)
    starts = [node.label for node in graph.nodes if node.role == "entrypoint"]
    if starts:
        yield graph.words.begins.format(reduce(graph.words.either.format, starts))
    count, _ = graph.size
    yield graph.words.size.format(count)
