"""The box around a diagram on a page, as HTML. The style sheet makes it fit any column."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html import escape

from penstock.docs._edges import EdgeTable
from penstock.docs._names import slug_of
from penstock.exceptions import DiagramTooLargeError
from penstock.graph import Graph, Plural
from penstock.render import Direction
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._graphviz.drawing import Drawing
from penstock.render._legend import LegendEntry

__all__ = [
    "Frame",
    "FrameWords",
    "drawing_sheet",
    "file_of_drawing",
    "image_sheet",
    "mermaid_sheet",
    "mermaid_to_copy",
]

_SMALLEST = 0.92
"""How far an SVG may shrink: its smallest letters are of 12 pixels, and legible at 11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWords:
    """The words of the box, which a page may have in another language.

    .. versionadded:: 0.2
    """

    steps: Plural = Plural(("{} step", "{} steps"))
    """The number of steps of a flow."""

    entrypoints: Plural = Plural(("{} entrypoint", "{} entrypoints"))
    """The number of entrypoints of a flow."""

    file: str = "SVG file"
    """The link to the diagram as a file, where no script gives more."""

    zoom_out: str = "Zoom out"
    """The button that makes the diagram smaller."""

    zoom_in: str = "Zoom in"
    """The button that makes the diagram larger."""

    fit: str = "Fit"
    """The button that makes the whole diagram visible."""

    full_screen: str = "Full screen"
    """The button that shows the diagram alone."""

    copy: str = "Copy as Mermaid"
    """The button that copies the source of the diagram."""

    copied: str = "Copied"
    """The message after the source of the diagram was copied."""

    download: str = "Download as SVG"
    """The button that saves the diagram as a file."""

    close: str = "Close"
    """The button that ends the full screen."""

    def by_tool(self) -> dict[str, str]:
        """Return the words of the script, by the names that it has for them."""
        return {
            "out": self.zoom_out,
            "in": self.zoom_in,
            "fit": self.fit,
            "full": self.full_screen,
            "copy": self.copy,
            "copied": self.copied,
            "download": self.download,
            "close": self.close,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The box around a diagram.

    .. versionadded:: 0.2
    """

    graph: Graph
    """The description of the diagram."""

    words: FrameWords = FrameWords()
    """The words of penstock in the box."""

    file: str | None = None
    """The address of the diagram as an SVG file, if there is one."""

    mermaid: str | None = None
    """The source of the diagram as Mermaid, for readers to copy, if Mermaid can draw it."""

    is_fitting: bool = False
    """Whether the diagram always fits into the box, so that nothing scrolls."""

    size: Mapping[str, str] = field(default_factory=dict)
    """The width and height that the author wants of what only the browser draws, as CSS."""

    is_bare: bool = False
    """Whether to leave the box out. In a book, nothing scrolls and no script runs."""

    legend: tuple[LegendEntry, ...] = ()
    """The signs of the diagram that are explained below it."""

    edges: EdgeTable | None = None
    """The evidence for the edges of the diagram, if they were checked."""

    def around(self, sheet: str) -> str:
        """Return the HTML of the box, whose content is a *sheet*."""
        if self.is_bare:
            return sheet + self._edges() + self._legend_list()
        size = "".join(f' data-{side}="{escape(length)}"' for side, length in self.size.items())
        # To browsers and checkers of accessibility, links of an SVG do not make a box reachable.
        name = escape(self.graph.label)
        reach = "" if self.is_fitting else f' tabindex="0" role="group" aria-label="{name}"'
        return (
            f'<div class="penstock-head" data-search-exclude="">'
            f'<span class="penstock-count">{self._count()}</span>'
            f'<span class="penstock-tools"{self._data()}>{self._link()}</span></div>'
            f'<div class="penstock-view"{reach}{size}>{sheet}</div>'
            f"{self._edges()}{self._legend_list()}"
        )

    def _edges(self) -> str:
        return "" if self.edges is None else self.edges.html()

    def _legend_list(self) -> str:
        if not self.legend:
            return ""
        name = escape(self.graph.words.legend.title)
        rows = "".join(
            f"<li>{entry.svg}<span>{escape(entry.text, quote=False)}</span></li>"
            for entry in self.legend
        )
        return f'<ul class="penstock-legend" aria-label="{name}" data-search-exclude="">{rows}</ul>'

    def _data(self) -> str:
        # Not as text: searches and readers without scripts have no use for it.
        data = self.words.by_tool() | ({"mermaid": self.mermaid} if self.mermaid else {})
        return "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())

    def _count(self) -> str:
        steps, starts = self.graph.size
        parts = [self.words.steps.format(steps)]
        if starts:
            parts.append(self.words.entrypoints.format(starts))
        return escape(" · ".join(parts), quote=False)

    def _link(self) -> str:
        if self.file is None:
            return ""
        address, words = escape(self.file), escape(self.words.file)
        return f'<a class="penstock-file" href="{address}">{words}</a>'


def mermaid_to_copy(graph: Graph, direction: Direction) -> str | None:
    """Return *graph* as Mermaid for other documents, or None if that would not draw it.

    .. versionadded:: 0.2
    """
    alone = replace(graph, nodes=tuple(replace(node, href=None) for node in graph.nodes))
    try:
        return render_mermaid(alone, direction=direction)
    except DiagramTooLargeError:
        return None


def file_of_drawing(graph: Graph, svg: str) -> str:
    """Return the name of a file for *svg*, the drawing of *graph*: another for another content.

    .. versionadded:: 0.2
    """
    return f"{slug_of(graph.name)}-{sha256(svg.encode()).hexdigest()[:8]}.svg"


_SHARPNESS = 100
"""By how much the style sheet multiplies widths, to decide within a pixel or ten."""


def drawing_sheet(drawing: Drawing, size: Mapping[str, str]) -> str:
    """Return a *drawing* that shrinks with its column as far as it can be read.

    All by attributes: a policy that forbids inline styles (CSP) would drop a style.

    Args:
        drawing: The SVG.
        size: The width and height that the author wants, as CSS: it then shrinks with no limit.

    .. versionadded:: 0.2
    """
    svg = drawing.svg
    if size:
        width, height = f' width="{drawing.width:g}"', f' height="{drawing.height:g}"'
        wanted = "".join(f' {side}="{escape(length)}"' for side, length in size.items())
        svg = svg.replace(width, "", 1).replace(height, "", 1).replace("<svg", f"<svg{wanted}", 1)
        return _sheet(svg, sized=True)
    # An empty image whose width nothing shrinks, and one element to begin at, for the style sheet.
    least = drawing.width * _SMALLEST
    floor = _spacer("penstock-floor", width=f"{least:.0f}", height="0")
    sheets = "".join(drawing.sheets)
    parts = '<div class="penstock-parts" hidden="" data-search-exclude="">{}</div>'
    return _sheet(f"{svg}{floor}{_start(drawing, least)}") + (sheets and parts.format(sheets))


def _start(drawing: Drawing, width: float) -> str:
    """Return the element at which a drawing begins that scrolls since it is *width* pixels wide.

    That is the middle of all entrypoints if the box has room for all of them, else the middle of
    the first one. Only a browser knows the room, and it can compare only widths: the style sheet
    lets `penstock-shift` shrink to nothing where what is beside it does not fit.
    """
    first, every = sum(drawing.first_entrypoint) / 2, sum(drawing.entrypoints) / 2
    leftwards = every < first
    name = "penstock-start" + " penstock-leftwards" * leftwards
    before = _spacer(
        "penstock-before", width=f"{1 - first if leftwards else first:.1%}", height="1"
    )
    shift = _spacer("penstock-shift", width=f"{abs(every - first) * width:.0f}", height="1")
    left, right = drawing.entrypoints
    span = _spacer("penstock-span", width=f"{(right - left) * width * _SHARPNESS:.0f}", height="1")
    # Hidden for hosts without the style sheet, whose pages it would make as wide as it is.
    return f'<span class="{name}" hidden="">{before}<span>{shift}<i></i>{span}</span></span>'


def image_sheet(
    source: str,
    alt: str,
    shape: tuple[int, int],
    size: Mapping[str, str],
    dark: str | None = None,
) -> str:
    """Return an ``<img>`` that shrinks with its column.

    Args:
        source: The address of the image.
        alt: What readers hear who do not see it.
        shape: Its own width and height, in pixels.
        size: The width and height that the author wants, as CSS.
        dark: The address of the same image for dark pages, which the style sheet shows there.

    .. versionadded:: 0.2
    """
    given = {side: _pixels(length) for side, length in size.items()}
    if not given:
        given = {"width": str(shape[0]), "height": str(shape[1])}
    elif len(given) == 1:
        given |= _other_side(*given.popitem(), shape)
    attributes = "".join(f' {side}="{length}"' for side, length in given.items())
    image = f'<img src="{escape(source)}" alt="{escape(alt)}"{attributes} />'
    if dark is not None:  # over the other, which keeps the room for both
        name = 'class="penstock-dark" hidden="" loading="lazy"'
        image += f'<img {name} src="{escape(dark)}" alt="{escape(alt)}" />'
    return _sheet(image, sized=bool(size), tall="height" in size)


_PIXELS = {"px": 1, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "pc": 16}
_PIXELS |= {"em": 16, "rem": 16, "ex": 8, "ch": 8, "%": 0, "vw": 0, "vh": 0}
"""The pixels of each unit, at the usual size of letters. Part of what is around it has none."""


def _pixels(length: str) -> str:
    """Return a *length* of CSS as an attribute, which takes whole pixels and per cent."""
    number = length.rstrip("abcdefghijklmnopqrstuvwxyz%")
    factor = _PIXELS.get(length.removeprefix(number), 1)
    return f"{float(number) * factor:.0f}" if factor else f"{number}%"


def _other_side(side: str, length: str, shape: tuple[int, int]) -> dict[str, str]:
    """Return one side and, if it is in pixels, the other: the page keeps room for the image."""
    if length.endswith("%"):
        return {side: length}
    ratio = shape[1] / shape[0] if side == "width" else shape[0] / shape[1]
    other = "height" if side == "width" else "width"
    return {side: length, other: f"{int(length) * ratio:.0f}"}


def mermaid_sheet(html: str, height: int | None) -> str:
    """Return what Mermaid draws in, with room for what it draws.

    Args:
        html: The element with the source.
        height: How tall the diagram will be, or None if the author has decided that.

    .. versionadded:: 0.2
    """
    room = "" if height is None else _spacer("penstock-room", width="1", height=str(height))
    return _sheet(room + html)


def _sheet(content: str, *, sized: bool = False, tall: bool = False) -> str:
    name = "penstock-sheet" + " penstock-sized" * sized + " penstock-tall" * tall
    # On this one and not around it: Material's search takes the end of any inner one for the end.
    return f'<div class="{name}" data-search-exclude="">{content}</div>'


def _spacer(name: str, *, width: str, height: str) -> str:
    return f'<svg class="{name}" width="{width}" height="{height}" aria-hidden="true"></svg>'
