"""The legend of a diagram as a part of an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

from penstock.graph import Graph
from penstock.render import LegendEntry, clean_text, legend_of
from penstock.render._graphviz.measure import NOTE, width_of

__all__ = ["paint_legend"]

_WIDE = 44
"""Pixels of a sign."""

_BESIDE, _BETWEEN, _ROW = 10, 20, 32
"""Pixels between a sign and its words, between columns, and from row to row."""

_REGULAR = 0.9
"""How wide letters are that are not bold: others are measured as bold ones."""

_RULE, _FIRST = 12, 46
"""The positions of the line above a legend in an image, and of its first row."""


@dataclass(frozen=True, slots=True)
class LegendBlock:
    """A legend as a part of an image, which begins at 0 0."""

    svg: str
    width: float
    height: float


def paint_legend(graph: Graph, room: float) -> LegendBlock:
    """Return the legend of *graph* for below its image, in as many columns as *room* has pixels.

    One column may be wider than that. Without any sign there is no legend.
    """
    signs = legend_of(graph, "svg")
    if not signs:
        return LegendBlock("", 0, 0)
    columns = _columns(signs, room)
    widths = [max(map(_width, column)) for column in columns]
    width = sum(widths) + _BETWEEN * (len(widths) - 1)
    drawn = []
    for number, column in enumerate(columns):
        x = sum(widths[:number]) + _BETWEEN * number
        drawn += [_entry(sign, x, _FIRST + _ROW * row) for row, sign in enumerate(column)]
    name = escape(clean_text(graph.words.legend.title))
    svg = (
        f'<g class="penstock-legend" role="group" aria-label="{name}">'
        f'<path class="penstock-rule" d="M0 {_RULE}H{max(room, width):g}"/>'
        f'<text class="penstock-heading" x="0" y="{_RULE + 24}">{name}</text>{"".join(drawn)}</g>'
    )
    return LegendBlock(svg, width, _FIRST + _ROW * len(columns[0]))


def _columns(signs: Sequence[LegendEntry], room: float) -> list[Sequence[LegendEntry]]:
    """Return *signs* in as many columns as there is room for, else in one."""
    for count in range(len(signs), 1, -1):
        rows = ceil(len(signs) / count)
        columns = [signs[first : first + rows] for first in range(0, len(signs), rows)]
        widths = [max(map(_width, column)) for column in columns]
        if sum(widths) + _BETWEEN * (len(widths) - 1) <= room:
            return columns
    return [signs]


def _width(sign: LegendEntry) -> int:
    return _WIDE + _BESIDE + ceil(width_of(clean_text(sign.text), NOTE) * _REGULAR)


def _entry(sign: LegendEntry, x: int, y: int) -> str:
    words = escape(clean_text(sign.text), quote=False)
    text = f'<text x="{_WIDE + _BESIDE}" y="17">{words}</text>'
    return f'<g transform="translate({x} {y})">{sign.drawn}{text}</g>'
