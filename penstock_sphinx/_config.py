"""The values of ``conf.py``."""

from pathlib import Path
from typing import get_args

from sphinx.application import Sphinx
from sphinx.config import ENUM, Config

from penstock._model import Direction
from penstock._settings import Settings, read_settings

__all__ = ["DIRECTIONS", "FORMATS", "MERMAID_JS", "project_settings", "setup_config"]

FORMATS = ("svg", "mermaid", "png")
DIRECTIONS: tuple[str, ...] = get_args(Direction)
MERMAID_JS = "https://cdn.jsdelivr.net/npm/mermaid@11.12.0/dist/mermaid.min.js"
"""The Mermaid that pages load unless ``penstock_mermaid_js`` says otherwise."""


def setup_config(app: Sphinx) -> None:
    """Tell Sphinx which values ``conf.py`` may set."""
    app.add_config_value("penstock_modules", [], "env", types=[list, tuple])
    app.add_config_value("penstock_pythonpath", [], "env", types=[list, tuple])
    app.add_config_value("penstock_setup", None, "env", types=[str, type(None)])
    app.add_config_value("penstock_format", "svg", "env", types=ENUM(*FORMATS))
    app.add_config_value("penstock_direction", "TD", "env", types=ENUM(*DIRECTIONS))
    app.add_config_value("penstock_mermaid_js", MERMAID_JS, "html", types=[str, type(None)])


def project_settings(confdir: Path, config: Config) -> Settings:
    """Return the project's settings: ``[tool.penstock]``, and ``conf.py`` over it.

    Raises:
        ConfigurationError: If a setting cannot be used.
    """
    said = {
        "modules": list(config.penstock_modules),
        "pythonpath": list(config.penstock_pythonpath),
        "setup": config.penstock_setup,
    }
    return read_settings(confdir).override(str(confdir / "conf.py"), said, confdir)
