"""What a page with diagrams loads: one style sheet, and Mermaid's script where it is needed."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from penstock.graph._output import write_whole
from penstock.graph._theme import page_stylesheet
from penstock_sphinx._log import warn
from penstock_sphinx._nodes import penstock_diagram
from penstock_sphinx._pictures import draws_mermaid

__all__ = ["setup_assets"]

_CSS = "penstock.css"
_STEPS = Path(__file__).parent / "static" / "steps.css"


def setup_assets(app: Sphinx) -> None:
    """Give HTML pages what diagrams need."""
    app.connect("builder-inited", _add_files)
    app.connect("html-page-context", _add_mermaid)


def _add_files(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "penstock" / "static"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / _CSS, page_stylesheet() + _STEPS.read_text(encoding="utf-8"))
    app.config.html_static_path.append(str(folder))
    app.add_css_file(_CSS)
    _, own = _mermaid(app)
    if own is not None and own.is_file():
        app.config.html_static_path.append(str(own))
    elif own is not None:
        warn(f"penstock_mermaid_js: there is no file {own}", "config")


def _add_mermaid(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Load Mermaid on pages that draw with it, unless they bring it already."""
    script, _ = _mermaid(app)
    if script is None or doctree is None or _has_mermaid(app, doctree):
        return
    drawn = (
        n for n in doctree.findall(penstock_diagram) if draws_mermaid(app.builder, n["format"])
    )
    if next(drawn, None) is not None:
        app.add_js_file(script)


def _mermaid(app: Sphinx) -> tuple[str | None, Path | None]:
    """Return how pages name Mermaid's script, and the file to bring along, each if there is one."""
    script: str | None = app.config.penstock_mermaid_js
    if script is None or "://" in script or script.startswith("//"):
        return script, None
    folders = [Path(app.confdir) / entry for entry in app.config.html_static_path]
    if any((folder / script).is_file() for folder in folders):
        return script, None
    own = Path(app.confdir) / script
    return own.name, own


def _has_mermaid(app: Sphinx, doctree: nodes.Node) -> bool:
    """Tell whether sphinxcontrib.mermaid puts its script on this page: it draws ours too."""
    if "sphinxcontrib.mermaid" not in app.extensions:
        return False
    # Its node is called so; where it draws pictures, it needs no script.
    theirs = any(node.__class__.__name__ == "mermaid" for node in doctree.findall(nodes.Element))
    return theirs and app.config.mermaid_output_format == "raw"
