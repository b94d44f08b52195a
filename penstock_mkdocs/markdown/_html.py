"""The page of a flow, as parts of HTML. It knows nothing of any tool or of Python-Markdown."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from markupsafe import Markup, escape

from penstock.docs import (
    DECLARED,
    ENGLISH,
    Code,
    DocstringWords,
    EdgeTable,
    FlowPage,
    Flows,
    Frame,
    GroupDiagram,
    Link,
    Piece,
    Remark,
    SourceLink,
    StepSection,
    Words,
    drawing_sheet,
    file_of_drawing,
    image_sheet,
    mermaid_sheet,
    mermaid_to_copy,
    sentence_parts,
    summary_of,
)
from penstock.docs.diagrams import (
    legend_of,
    page_stylesheet,
    png_size,
    render_mermaid,
    render_text,
)
from penstock.exceptions import DiagramTooLargeError, PenstockError, RenderError
from penstock.graph import MOST_STEPS, Flow, Graph
from penstock.render import Direction, draw
from penstock_mkdocs.markdown._images import file_content, png_of, svg_of
from penstock_mkdocs.markdown._links import file_address, link_later
from penstock_mkdocs.markdown._options import FlowOptions, FlowsOptions

if TYPE_CHECKING:  # it needs griffelib
    from penstock_mkdocs.markdown._docstrings import Part as DocstringPart

__all__ = ["Documented", "Heading", "Html", "PageRenderer", "Part"]

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of finished HTML."""

    text: str

    anchor: str | None = None
    """By what name links find it."""

    graph: Graph | None = None
    """The diagram in it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, one level below the heading above the block."""

    text: str
    anchor: str

    rest: str | None = None
    """The end of a term that is a signature, which is shown as code."""


@dataclass(frozen=True, slots=True)
class Documented:
    """A step whose heading, signature and docstring another tool writes."""

    section: StepSection
    line: str
    """HTML to put between its signature and its docstring."""

    folded: bool = False
    """Whether what follows the first paragraph is folded."""


Part = Html | Heading | Documented


@lru_cache
def _environment(templates: str | None) -> Environment:
    """Return the templates: a site's own before ours."""
    ours = PackageLoader("penstock_mkdocs.markdown")
    loader = ChoiceLoader([FileSystemLoader(templates), ours]) if templates else ours
    made = Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=bool(templates),  # only a site's own are edited while somebody looks
    )
    made.filters["sentence"] = _sentence
    return made


def _sentence(message: str) -> Markup:
    """Return *message* as a sentence, with what is in backticks as code."""
    parts = sentence_parts(message)
    return Markup().join(_CODE.format(text) if is_code else text for text, is_code in parts)


_CODE = Markup("<code>{}</code>")


class PageRenderer:
    """Turns flows into parts of a page.

    Args:
        to_html: Turns the Markdown of a docstring into HTML.
        warn: Called with messages about what could not be drawn as requested.
        templates: A folder with templates that replace the built-in ones, or None.
    """

    def __init__(
        self, to_html: Callable[[str, DocstringWords], str], warn: Warn, templates: str | None
    ) -> None:
        self._environment = _environment(templates)
        self._to_html = to_html
        self._warn = warn
        self.flows_to_draw: Flows = DECLARED
        """The flows that are drawn together, since one page after the other shows them."""

        self.words = ENGLISH
        """The words of penstock in the language of the site."""

        self.files: dict[str, str] | None = None
        """The drawings by the names of their files, if the site will have these files."""

    def flow(
        self,
        page: FlowPage,
        options: FlowOptions,
        *,
        documented: Callable[[StepSection], bool],
        heading: str | None = None,
    ) -> Iterator[Part]:
        """Yield what a page says of a flow, in order.

        Args:
            page: The flow, and the anchors on the page.
            options: How it is to be shown.
            documented: Returns whether another tool documents a step.
            heading: The heading above, which may say what the flow is called.
        """
        drawing = Markup(self._draw(page, options))  # noqa: S704 - our renderers escape
        values = {"page": page, "options": options, "drawing": drawing}
        is_headed = heading == page.flow.label
        head = self._fill("flow.html", **values, is_headed=is_headed)
        yield Html(head, page.anchor, page.unlinked)
        for group in page.groups:
            drawing = Markup(self._draw(page, options, group))  # noqa: S704 - as above
            html = self._fill("group.html", group=group, drawing=drawing)
            yield Html(html, group.anchor, group.unlinked)
        if options.steps == "summary":
            yield Html(self._fill("summary.html", page=page))
        elif options.steps != "none":
            folded = page.is_long if options.steps is None else options.steps == "folded"
            for section in page.sections:
                yield from self.step(section, documented=documented(section), folded=folded)

    def step(
        self, section: StepSection, *, documented: bool, folded: bool = False
    ) -> Iterator[Part]:
        """Yield what a page says of one step, with its docstring *folded* or not."""
        if documented:
            yield Documented(section, self._fill("line.html", section=section), folded)
        else:
            # It needs griffelib, whose import takes as long as ten flows.
            from penstock_mkdocs.markdown._docstrings import read_docstring  # noqa: PLC0415

            parts = read_docstring(section.step, self.words.docstring)
            rest = None if section.is_titled else section.signature
            name = section.call.removesuffix(section.signature)
            text = section.step.label if section.is_titled else name
            yield Heading(text, section.anchor, rest)
            gist, parts = _divide(parts) if folded else ("", parts)
            yield Html(self._fill("step.html", section=section, gist=gist, parts=parts))

    def flows(self, flows: Sequence[Flow], options: FlowsOptions) -> Html:
        """Return a table of *flows*; columns that say nothing are left out."""
        pages = [FlowPage(flow=flow, words=self.words) for flow in flows]
        gists = [summary_of(flow) for flow in flows]
        return Html(self._fill("flows.html", pages=pages, gists=gists, options=options))

    def problem(self, what: str, message: str) -> Html:
        """Return the note for a flow, a step or an index that cannot be shown."""
        missing = getattr(self.words.missing, what)
        return Html(self._fill("problem.html", what=what, missing=missing, message=message))

    def stylesheet(self) -> Html:
        """Return the style sheet of diagrams, for pages whose site does not bring it."""
        return Html(_style_link())

    def _fill(self, template: str, **values: object) -> str:
        found = self._environment.get_template(template)
        given = {"to_html": self._block, "to_inline": self._inline, "to_line": _line}
        return found.render(values, words=self.words, **given).strip()

    def _block(self, text: str) -> Markup:
        return Markup(self._to_html(text, self.words.docstring))  # noqa: S704 - the author's own docstring

    def _inline(self, text: str) -> Markup:
        """Return *text* without the paragraph around it, if it is but one."""
        html = self._to_html(text, self.words.docstring)
        if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
            html = html.removeprefix("<p>").removesuffix("</p>")
        return Markup(html)  # noqa: S704 - the author's own docstring

    def _draw(self, page: FlowPage, options: FlowOptions, group: GroupDiagram | None = None) -> str:
        shown = group or page
        if group is not None:  # sizes and words are those of the whole
            options = replace(options, width=None, alt=None)
        try:
            try:
                return self._draw_as(options.format, page, shown, options)
            except (DiagramTooLargeError, RenderError) as error:
                if options.format not in {"mermaid", "png"}:
                    raise
                # Drawn first: if that fails as well, this is the only thing to hear about.
                svg = self._draw_as("svg", page, shown, options)
                self._warn(f"{error}. Drawn as SVG instead")
                return svg
        except PenstockError as error:
            self._warn(f"{error}. Shown as text instead")
            return Markup("<pre>{}</pre>").format(render_text(shown.graph))

    def _draw_as(
        self, name: str, page: FlowPage, shown: FlowPage | GroupDiagram, options: FlowOptions
    ) -> str:
        """Return the diagram in the format called *name*."""
        direction = cast("Direction", options.direction)
        edges = page.edges if shown is page else None
        # In the others, a link that leads nowhere could not be resolved when the page is done.
        graph = shown.graph if options.steps != "none" else shown.unlinked
        match name:
            case "mermaid":
                return self._mermaid(graph, direction, options, edges)
            case "png":
                return self._image(graph, direction, options, edges)
            case "svg":
                return self._svg(page, shown, options)
            case other:
                code = _code(str(draw(shown.unlinked, other, direction=direction)))
                return code if edges is None else f"{code}{edges.html()}"

    def _mermaid(
        self, graph: Graph, direction: Direction, options: FlowOptions, edges: EdgeTable | None
    ) -> str:
        text = render_mermaid(graph, direction=direction, styled=True, palette="theme_css")
        source = Markup('<pre class="mermaid">{}</pre>').format(text)
        frame = self._frame(graph, "mermaid", options, edges=edges, size=_size_of(options))
        return frame.around(mermaid_sheet(source, None))

    def _svg(self, page: FlowPage, shown: FlowPage | GroupDiagram, options: FlowOptions) -> str:
        direction = cast("Direction", options.direction)
        small = (flow for flow in self.flows_to_draw.flows if len(flow.steps) <= MOST_STEPS)
        others = (FlowPage(flow=flow, words=self.words).unlinked for flow in small)
        together = [*(group.unlinked for group in page.groups), *others]
        drawn = svg_of(shown, direction, f"{shown.anchor}--drawn", together)
        label = f' aria-label="{escape(options.alt)}"' if options.alt else ""
        svg = drawn.svg.replace("<svg", f"<svg{label}", 1)
        sheet = drawing_sheet(replace(drawn, svg=svg), _size_of(options))
        # A blank line would end the HTML for a tool that reads it as Markdown.
        sheet = sheet.replace("\n\n", "\n")
        file = None
        if self.files is not None:
            content = file_content(shown, direction, together)
            name = file_of_drawing(shown.unlinked, content)
            self.files[name] = content
            file = file_address(name)
        edges = page.edges if shown is page else None
        frame = self._frame(shown.graph, "svg", options, edges=edges, file=file)
        return link_later(frame.around(sheet))

    def _image(
        self, graph: Graph, direction: Direction, options: FlowOptions, edges: EdgeTable | None
    ) -> str:
        png, dark = (png_of(graph, direction, medium) for medium in ("png", "dark"))
        alt = options.alt or self.words.picture.format(graph.label)
        width, height = (pixels // 2 for pixels in png_size(png))
        source, dark_source = map(_png_address, (png, dark))
        sheet = image_sheet(source, alt, (width, height), _size_of(options), dark_source)
        return self._frame(graph, "png", options, edges=edges, is_fitting=True).around(sheet)

    def _frame(self, graph: Graph, drawn: str, options: FlowOptions, **more: Any) -> Frame:
        mermaid = mermaid_to_copy(graph, cast("Direction", options.direction))
        return Frame(
            graph=graph,
            words=self.words.frame,
            mermaid=mermaid,
            legend=legend_of(graph, drawn) if options.legend else (),
            **more,
        )


def _png_address(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _divide(parts: "list[DocstringPart]") -> "tuple[str, list[DocstringPart]]":
    """Return the first paragraph of a docstring and the rest, if it has both."""
    first = parts[0] if parts else None
    if first is None or first.title or first.items:
        return "", parts
    gist, _, text = first.text.strip().partition("\n\n")
    rest = [*([replace(first, text=text)] if text.strip() else []), *parts[1:]]
    return (gist, rest) if rest else ("", parts)


def _line(remarks: Sequence[Remark], words: Words) -> Markup:
    """Return *remarks* as one line of HTML."""
    return escape(words.dot).join(Markup().join(map(_piece, r.pieces)) for r in remarks)


def _piece(piece: Piece) -> Markup:
    match piece:
        case Code(text):
            return _CODE.format(text)
        case SourceLink(label, address):
            return Markup('<a class="penstock-source-link" href="{}">{}</a>').format(address, label)
        case Link(anchor=None):
            return Markup("<em>{}</em>").format(piece.label)
        case Link():
            return Markup('<a href="#{}">{}</a>').format(piece.anchor, piece.label)
        case text:
            return escape(text)


def _code(source: str) -> str:
    """Return the *source* of a diagram as code."""
    html = Markup('<pre class="penstock-source"><code>{}</code></pre>').format(source)
    # A blank line would end the HTML for a tool that reads it as Markdown.
    return html.replace("\n\n", "\n&#10;")


def _size_of(options: FlowOptions) -> dict[str, str]:
    """Return the size that the author wants."""
    return {"width": options.width} if options.width else {}


@lru_cache
def _style_link() -> str:
    """Return the style sheet as an address: the text of a ``<style>`` would be searched."""
    css = " ".join(page_stylesheet().split())
    return (
        f'<link rel="stylesheet" href="data:text/css;base64,{b64encode(css.encode()).decode()}" />'
    )
