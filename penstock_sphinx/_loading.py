"""Importing the modules that declare flows."""

import ast
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from penstock.catalog import Catalog
from penstock.docs import LoadedFlows, Settings, explain_optimization, load_flows
from penstock.exceptions import ConfigurationError, ModuleImportError
from penstock_sphinx._compat import autodoc_mocks
from penstock_sphinx._config import project_settings
from penstock_sphinx._domain import domain_of
from penstock_sphinx._log import warn

__all__ = ["setup_loading"]

_logger = logging.getLogger(__name__)


def setup_loading(app: Sphinx) -> None:
    """Import once and before parallel readers are forked, so that they share what was imported."""
    app.connect("builder-inited", _import_modules)


def _import_modules(app: Sphinx) -> None:
    """Load the flows of the project; warn of each module that cannot be imported."""
    try:
        settings = project_settings(Path(app.confdir), app.config)
    except ConfigurationError as error:
        warn(str(error), "config")
        return
    printed = _Printed()
    # A real stream, for a module may set it up, wrap it or take it apart.
    stream = TextIOWrapper(printed, "utf-8", "backslashreplace", write_through=True)
    with autodoc_mocks(app.config), redirect_stdout(stream):
        loaded = _load(settings)
    domain = domain_of(app.env)
    domain.flows, domain.failures = loaded.flows, loaded.failures
    if output := printed.getvalue().decode("utf-8", "replace").strip():
        # What a build prints belongs to Sphinx: `-Q` promises silence.
        _logger.verbose("modules of penstock_modules printed:\n%s", output)
    if settings.catalog is None and (warning := explain_optimization()):
        warn(warning, "docstring")
    for failure in loaded.failures:
        warn(str(failure), "import", location=_location(Path(app.confdir), failure))


def _load(settings: Settings) -> LoadedFlows:
    """Return the flows of the project; none, with a warning, if their catalog cannot be read."""
    try:
        return load_flows(settings)
    except ConfigurationError as error:
        warn(str(error), "config")
        return LoadedFlows(Catalog())


class _Printed(BytesIO):
    """What modules print, which is kept when a stream that one of them made of it is gone."""

    def close(self) -> None:
        """Do nothing."""


def _location(confdir: Path, failure: ModuleImportError) -> str | None:
    """Return the line of ``conf.py`` that names the module, if one does."""
    file = confdir / "conf.py"
    if failure.location != str(file):
        return None
    # Anything that fails here has failed in Sphinx before.
    for statement in ast.parse(file.read_bytes()).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {t.id for t in targets if isinstance(t, ast.Name)}
            if names & {"penstock_modules", "penstock_setup"}:
                words = (n for n in ast.walk(statement) if isinstance(n, ast.Constant))
                lines = [n.lineno for n in words if _names(n.value, failure.module)]
                if lines:
                    return f"{file}:{lines[0]}"
    return None


def _names(setting: object, module: str) -> bool:
    """Return whether *setting* is why *module* was imported."""
    if not isinstance(setting, str):
        return False
    stem = setting.rstrip(".*")
    return module in {setting, stem} or (stem != setting and module.startswith(f"{stem}."))
