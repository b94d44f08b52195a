"""What a page with diagrams loads: one style sheet, and Mermaid's script where it is needed."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from penstock.graph._output import write_whole
from penstock.graph._theme import page_stylesheet
from penstock_sphinx._nodes import penstock_diagram

__all__ = ["setup_assets"]

_CSS = "penstock.css"


def setup_assets(app: Sphinx) -> None:
    """Give HTML pages what diagrams need."""
    app.connect("builder-inited", _add_stylesheet)
    app.connect("html-page-context", _add_mermaid)


def _add_stylesheet(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "penstock"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / _CSS, page_stylesheet())
    app.config.html_static_path.append(str(folder))
    app.add_css_file(_CSS)


def _add_mermaid(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Load Mermaid on pages that draw with it, unless the project brings it already."""
    script = app.config.penstock_mermaid_js
    if script is None or doctree is None or "sphinxcontrib.mermaid" in app.extensions:
        return
    if any(node["format"] == "mermaid" for node in doctree.findall(penstock_diagram)):
        app.add_js_file(script)
