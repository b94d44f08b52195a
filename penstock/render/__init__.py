"""Drawing flows: a graph in any format, of penstock or of another package."""

from penstock._common.markup import plain_text
from penstock.graph._model import Direction
from penstock.graph._structure import (
    by_group,
    enters_bar,
    joins,
    lines,
    repetitions,
    ways_back,
)
from penstock.render._draw import Drawable, Format, TextFormat, draw, generate_dag
from penstock.render._labels import bar_id, clean_text, drawn_id, group_id, label_lines, safe_href
from penstock.render._legend import LegendEntry, legend_lines, legend_of
from penstock.render._registry import (
    Renderer,
    RenderOptions,
    get_renderer,
    list_formats,
    list_renderers,
    register,
)
from penstock.render._shapes import Paint, Shape, shape_of
from penstock.render._themes import DARK, LIGHT, THEMES, Theme, ThemeName, node_class, paint_of

__all__ = [
    "DARK",
    "LIGHT",
    "THEMES",
    "Direction",
    "Drawable",
    "Format",
    "LegendEntry",
    "Paint",
    "RenderOptions",
    "Renderer",
    "Shape",
    "TextFormat",
    "Theme",
    "ThemeName",
    "bar_id",
    "by_group",
    "clean_text",
    "draw",
    "drawn_id",
    "enters_bar",
    "generate_dag",
    "get_renderer",
    "group_id",
    "joins",
    "label_lines",
    "legend_lines",
    "legend_of",
    "lines",
    "list_formats",
    "list_renderers",
    "node_class",
    "paint_of",
    "plain_text",
    "register",
    "repetitions",
    "safe_href",
    "shape_of",
    "ways_back",
]
