"""Joining the parts to Sphinx, one call each."""

from sphinx.application import Sphinx

from penstock_sphinx._assets import setup_assets
from penstock_sphinx._backlinks import setup_backlinks
from penstock_sphinx._conditions import setup_conditions
from penstock_sphinx._config import setup_config
from penstock_sphinx._directives import setup_directives
from penstock_sphinx._docstrings import setup_docstrings
from penstock_sphinx._domain import setup_domain
from penstock_sphinx._folded import setup_folded
from penstock_sphinx._images import setup_images
from penstock_sphinx._links import setup_links
from penstock_sphinx._loading import setup_loading
from penstock_sphinx._messages import setup_messages
from penstock_sphinx._outdated import setup_outdated
from penstock_sphinx._twins import setup_twins
from penstock_sphinx._visitors import setup_visitors

__all__ = ["setup_extension"]


def setup_extension(app: Sphinx) -> None:
    """Join every part of penstock to *app*."""
    setup_config(app)
    setup_messages(app)
    setup_loading(app)
    setup_domain(app)
    setup_conditions(app)
    setup_docstrings(app)
    setup_directives(app)
    setup_links(app)
    setup_backlinks(app)
    setup_outdated(app)
    setup_folded(app)
    setup_images(app)
    setup_visitors(app)
    setup_twins(app)
    setup_assets(app)
