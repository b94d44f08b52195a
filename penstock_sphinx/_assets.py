"""The files that a page with diagrams loads: a style sheet, and Mermaid's script if needed."""

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from penstock.docs import write_whole
from penstock.docs.diagrams import page_script, page_stylesheet
from penstock.exceptions import DiagramTooLargeError
from penstock_sphinx._compat import mermaid_node_class
from penstock_sphinx._domain import domain_of
from penstock_sphinx._images import draws_mermaid
from penstock_sphinx._log import warn
from penstock_sphinx._nodes import penstock_diagram
from penstock_sphinx._render import mermaid_text

__all__ = ["setup_assets"]

_CSS = "penstock.css"
_TOOLS = "penstock.js"
_JS = "penstock-mermaid.js"
_STATIC = files("penstock_sphinx") / "static"  # no path: the package may be in a zip file


def setup_assets(app: Sphinx) -> None:
    """Give HTML pages what diagrams need."""
    app.connect("builder-inited", _add_files)
    app.connect("doctree-resolved", _hand_over)
    app.connect("html-page-context", _add_styles)
    app.connect("html-page-context", _add_mermaid)


def _add_files(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "penstock" / "static"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / _CSS, page_stylesheet())
    write_whole(folder / _TOOLS, page_script())
    write_whole(folder / _JS, (_STATIC / _JS).read_text(encoding="utf-8"))
    _add_folder(app, folder)
    _, own = _mermaid(app)
    if own is not None and own.is_file():
        _add_folder(app, folder / "mermaid")
        (folder / "mermaid").mkdir(exist_ok=True)
        shutil.copyfile(own, folder / "mermaid" / own.name)
    elif own is not None:
        warn(f"penstock_mermaid_js: there is no file {own}", "config")


def _add_folder(app: Sphinx, folder: Path) -> None:
    """Let Sphinx copy the files in *folder*."""
    # Since 9.1: before, each build says that a setting has changed.
    add: Any = getattr(app, "add_static_dir", None)
    if add is not None:
        add(folder)
    else:
        app.config.html_static_path.append(str(folder))


def _hand_over(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Let sphinxcontrib.mermaid draw: its node in ours brings its script to the page."""
    make_node = mermaid_node_class(app)
    if make_node is None:
        return
    for diagram in _drawn_by_mermaid(app, doctree):
        try:
            diagram.append(make_node(code=mermaid_text(diagram), options={}))
        except DiagramTooLargeError:
            continue  # reported where it is drawn


def _add_styles(
    app: Sphinx, page: str, _template: str, _context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Load the style sheet on pages that show a flow; others stay as they are without penstock."""
    shows = domain_of(app.env).data["shown"]
    # A page may be made of others: a single page of all, what a blog says of its posts.
    is_single = app.builder.name == "singlehtml" and bool(shows)
    is_known = page in shows or page in domain_of(app.env).links_back
    if is_known or is_single or (doctree is not None and doctree.next_node(penstock_diagram)):
        app.add_css_file(_CSS)
        app.add_js_file(_TOOLS, loading_method="defer")
    elif doctree is not None and _lists_steps(doctree):
        app.add_css_file(_CSS)


def _lists_steps(doctree: nodes.Node) -> bool:
    """Return whether a page has a table of contents with steps, whose names are to break."""
    found = (link.get("anchorname", "") for link in doctree.findall(nodes.reference))
    return any(anchor.startswith("#penstock--") for anchor in found)


def _add_mermaid(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Load Mermaid on pages that draw with it, unless they bring it already."""
    script, _ = _mermaid(app)
    if script is None or doctree is None or mermaid_node_class(app):
        return
    if _drawn_by_mermaid(app, doctree):
        # What is to be read comes first, then these, in this order.
        app.add_js_file(script, loading_method="defer")
        app.add_js_file(_JS, loading_method="defer")


def _drawn_by_mermaid(app: Sphinx, doctree: nodes.Node) -> list[penstock_diagram]:
    if app.builder.format != "html":
        return []
    found = doctree.findall(penstock_diagram)
    return [diagram for diagram in found if draws_mermaid(app.builder, diagram["format"])]


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
