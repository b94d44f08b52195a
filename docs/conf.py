"""penstock's own documentation."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_examples"))

project = "penstock"
author = "the penstock contributors"
release = version_of("penstock")
version = ".".join(release.split(".")[:2])

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "penstock_sphinx",
]
penstock_modules = ["bom_sync", "first_diagram", "orders"]

html_theme = "furo"
html_title = "penstock"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
default_role = "py:obj"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
# No network in a build, so what other projects document is not looked up.
nitpick_ignore_regex = [
    ("py:.*", r"(?!penstock).*"),
    ("py:.*", r"penstock\._.*|penstock\.graph\..*"),
    ("py:.*", r"penstock\..*\.[A-Z](_co)?"),  # type variables
]
exclude_patterns = ["_build", "_examples"]


def setup(app: Sphinx) -> None:
    """Show Mermaid as plain text: Pygments cannot read it, and the README has some."""
    app.add_lexer("mermaid", TextLexer)
