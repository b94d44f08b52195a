"""Diagrams on pages, for tools that need more than `penstock.render.draw`.

An ``<svg>`` inside a page takes its colours from the style sheet of the page, and its ids have
a prefix. A build that shows many flows draws all images with one program, and keeps them.
"""

from penstock.render._formats.mermaid import Palette, render_mermaid
from penstock.render._formats.text import render_text
from penstock.render._graphviz.cache import ImageCache, image_key
from penstock.render._graphviz.drawing import Drawing
from penstock.render._graphviz.images import (
    Medium,
    dot_source,
    draw_dot,
    draw_svg,
    image_sheets,
    paper_medium,
    pdf_size,
    png_size,
    render_image,
    render_png,
    render_svg,
)
from penstock.render._graphviz.paint import paint_svg
from penstock.render._legend import LegendEntry, legend_of
from penstock.render._mermaid_size import estimate_height
from penstock.render._shapes import KNOWN_KINDS
from penstock.render._stylesheets import mermaid_stylesheet, page_script, page_stylesheet

__all__ = [
    "KNOWN_KINDS",
    "Drawing",
    "ImageCache",
    "LegendEntry",
    "Medium",
    "Palette",
    "dot_source",
    "draw_dot",
    "draw_svg",
    "estimate_height",
    "image_key",
    "image_sheets",
    "legend_of",
    "mermaid_stylesheet",
    "page_script",
    "page_stylesheet",
    "paint_svg",
    "paper_medium",
    "pdf_size",
    "png_size",
    "render_image",
    "render_mermaid",
    "render_png",
    "render_svg",
    "render_text",
]
