"""Joining the parts to Sphinx, one call each."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.autodoc.mock import mock  # type: ignore[attr-defined]  # it is there in 8 and 9
from sphinx.util import logging

from penstock._settings import import_modules
from penstock.exceptions import ConfigurationError
from penstock_sphinx._assets import setup_assets
from penstock_sphinx._config import project_settings, setup_config
from penstock_sphinx._directive import FlowDirective
from penstock_sphinx._nodes import setup_nodes

__all__ = ["setup_extension"]

_logger = logging.getLogger(__name__)


def setup_extension(app: Sphinx) -> None:
    """Join every part of penstock to *app*."""
    # Docstrings go through autodoc's events, which it declares.
    app.setup_extension("sphinx.ext.autodoc")
    setup_config(app)
    setup_nodes(app)
    setup_assets(app)
    app.add_directive("penstock-flow", FlowDirective)
    # Once and before parallel readers are forked, so that they share what was imported.
    app.connect("builder-inited", _import_modules)


def _import_modules(app: Sphinx) -> None:
    """Import the modules that declare flows; warn of each that cannot be imported."""
    try:
        settings = project_settings(Path(app.confdir), app.config)
    except ConfigurationError as error:
        _logger.warning("%s", error, type="penstock", subtype="config")
        return
    with mock(app.config.autodoc_mock_imports):
        failures = import_modules(settings)
    for failure in failures:
        _logger.warning("%s", failure, type="penstock", subtype="import")
