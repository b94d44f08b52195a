"""Joining the parts to Sphinx, one call each."""

from sphinx.application import Sphinx

from penstock_sphinx._again import setup_again
from penstock_sphinx._assets import setup_assets
from penstock_sphinx._conditions import setup_conditions
from penstock_sphinx._config import setup_config
from penstock_sphinx._directives import setup_directives
from penstock_sphinx._docstrings import setup_docstrings
from penstock_sphinx._domain import setup_domain
from penstock_sphinx._epub import setup_book
from penstock_sphinx._fresh import setup_fresh
from penstock_sphinx._garbage import setup_collector
from penstock_sphinx._images import setup_pictures
from penstock_sphinx._links import setup_links
from penstock_sphinx._loading import setup_loading
from penstock_sphinx._translations import setup_translations
from penstock_sphinx._viewcode import setup_viewcode
from penstock_sphinx._visitors import setup_visitors

__all__ = ["setup_extension"]


def setup_extension(app: Sphinx) -> None:
    """Join every part of penstock to *app*."""
    setup_config(app)
    setup_translations(app)
    setup_loading(app)
    setup_collector(app)
    setup_domain(app)
    setup_conditions(app)
    setup_docstrings(app)
    setup_directives(app)
    setup_links(app)
    setup_viewcode(app)
    setup_fresh(app)
    setup_pictures(app)
    setup_visitors(app)
    setup_assets(app)
    setup_book(app)
    setup_again(app)
