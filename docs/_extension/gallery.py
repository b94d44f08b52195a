"""Shows each diagram of the gallery twice: as on a light page, and as on a dark one."""

import re
from pathlib import Path

from docutils.nodes import Node, container, raw
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from penstock.docs import Frame, drawing_sheet
from penstock.docs.diagrams import draw_svg, page_stylesheet
from penstock.tracing import read_runs

MODES = ("light", "dark")
EXAMPLES = Path(__file__).parents[1] / "_examples"
STYLE_SHEET = "gallery.css"


class Both(SphinxDirective):
    """Shows its content in both modes."""

    has_content = True

    def run(self) -> list[Node]:
        """Read the content twice, in a container for each mode."""
        shown = [container(classes=["mode", mode]) for mode in MODES]
        for node in shown:
            node.extend(self.parse_content_to_nodes())
        return [container("", *shown, classes=["gallery"])]


class RecordedRun(SphinxDirective):
    """Draws a run from a file of spans."""

    required_arguments = 1

    def run(self) -> list[Node]:
        """Draw the first run of the file, in the box that diagrams of flows have."""
        path = EXAMPLES / self.arguments[0]
        self.env.note_dependency(str(path))
        graph = read_runs(path)[0].graph()
        prefix = f"run-{self.env.new_serialno('recorded-run')}"
        drawing = draw_svg(graph, prefix=prefix, standalone=False)
        box = Frame(graph=graph).around(drawing_sheet(drawing, {}))
        return [raw("", f'<div class="penstock-diagram">{box}</div>', format="html")]


def write_style_sheet(app: Sphinx) -> None:
    """Write the colours of a light page for the light copies: the page itself may be dark."""
    found = re.search(r"^:root (\{.*?^\})", page_stylesheet(), re.DOTALL | re.MULTILINE)
    assert found is not None
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STYLE_SHEET).write_text(f".gallery .light {found[1]}\n", encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and the style sheet."""
    app.add_directive("both-modes", Both)
    app.add_directive("recorded-run", RecordedRun)
    app.connect("builder-inited", write_style_sheet)
    app.add_css_file(STYLE_SHEET)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
