"""Importing the modules that declare flows."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.autodoc.mock import mock  # type: ignore[attr-defined]  # it is there in 8 and 9

from penstock._settings import import_modules
from penstock.exceptions import ConfigurationError
from penstock_sphinx._config import project_settings
from penstock_sphinx._log import warn

__all__ = ["setup_loading"]


def setup_loading(app: Sphinx) -> None:
    """Import once and before parallel readers are forked, so that they share what was imported."""
    app.connect("builder-inited", _import_modules)


def _import_modules(app: Sphinx) -> None:
    """Import the modules that declare flows; warn of each that cannot be imported."""
    try:
        settings = project_settings(Path(app.confdir), app.config)
    except ConfigurationError as error:
        warn(str(error), "config")
        return
    with mock(app.config.autodoc_mock_imports):
        failures = import_modules(settings)
    for failure in failures:
        warn(str(failure), "import")
