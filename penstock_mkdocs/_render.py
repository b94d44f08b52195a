"""The page of a flow as HTML. It knows nothing of MkDocs or of Python-Markdown."""

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from markupsafe import Markup

from penstock._model import Direction, Graph
from penstock._pages import FlowPage, StepSection
from penstock.exceptions import DiagramTooLargeError, PenstockError
from penstock.graph._mermaid import render_mermaid
from penstock.graph._picture import render_png, render_svg
from penstock.graph._text import render_text
from penstock_mkdocs._config import BlockOptions
from penstock_mkdocs._docstrings import read_docstring

__all__ = ["PageRenderer"]

Warn = Callable[[str], None]


@lru_cache
def _environment(templates: str | None) -> Environment:
    """Return the templates: a site's own before ours."""
    ours = PackageLoader("penstock_mkdocs")
    loader = ChoiceLoader([FileSystemLoader(templates), ours]) if templates else ours
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


class PageRenderer:
    """Turns parts of a flow's page into HTML.

    Args:
        to_html: Turns the Markdown of a docstring into HTML.
        warn: Told of what could not be drawn as it was asked for.
        templates: A folder with templates that replace ours, or None.
    """

    def __init__(self, to_html: Callable[[str], str], warn: Warn, templates: str | None) -> None:
        self._environment = _environment(templates)
        self._to_html = to_html
        self._warn = warn

    def head(self, page: FlowPage, options: BlockOptions, prefix: str) -> str:
        """Return the description, the diagram, and who answers for the flow."""
        graph = page.flow.graph() if options.steps == "none" else page.graph
        drawing = Markup(self._draw(graph, options, prefix))  # noqa: S704 - our renderers escape
        return self._fill("flow.html", page=page, options=options, drawing=drawing)

    def step(self, section: StepSection) -> str:
        """Return what the page says of a step below its heading."""
        parts = read_docstring(section.step)
        name = section.target.rpartition(".")[2]
        return self._fill("step.html", section=section, name=name, parts=parts)

    def summary(self, page: FlowPage) -> str:
        """Return the steps as a list, with a sentence each."""
        return self._fill("summary.html", page=page)

    def problem(self, message: str) -> str:
        """Return what stands where a flow cannot be shown."""
        return self._fill("problem.html", message=message)

    def _fill(self, template: str, **values: object) -> str:
        found = self._environment.get_template(template)
        return found.render(values, to_html=self._block, to_inline=self._inline)

    def _block(self, text: str) -> Markup:
        return Markup(self._to_html(text))  # noqa: S704 - the author's own docstring

    def _inline(self, text: str) -> Markup:
        """Return *text* without the paragraph around it, if it is but one."""
        html = self._to_html(text)
        if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
            html = html.removeprefix("<p>").removesuffix("</p>")
        return Markup(html)  # noqa: S704 - the author's own docstring

    def _draw(self, graph: Graph, options: BlockOptions, prefix: str) -> str:
        direction = cast("Direction", options.direction)
        try:
            match options.format:
                case "mermaid":
                    text = render_mermaid(graph, direction=direction, styled=True)
                    return Markup('<pre class="mermaid">{}</pre>').format(text)
                case "png":
                    data = b64encode(render_png(graph, direction=direction)).decode()
                    image = Markup('<img src="data:image/png;base64,{}" alt="{}" />')
                    return image.format(data, options.alt or f"Diagram of the flow {graph.label}")
                case _:
                    return render_svg(graph, direction=direction, prefix=prefix, standalone=False)
        except DiagramTooLargeError as error:
            self._warn(f"{error}. Drawn as SVG instead")
            return render_svg(graph, direction=direction, prefix=prefix, standalone=False)
        except PenstockError as error:
            self._warn(f"{error}. Shown as text instead")
            return Markup("<pre>{}</pre>").format(render_text(graph))
