"""The flows of the project: those of an earlier build, or those of modules that are imported.

Pages with docstrings are made of real functions, which listeners of autodoc's events may look at.
A build that reads no such page imports nothing, while what the flows were made from is the same.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from io import BytesIO, TextIOWrapper
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from penstock.catalog import Catalog
from penstock.docs import (
    DECLARED,
    LoadedFlows,
    Settings,
    SourceUrl,
    explain_optimization,
    load_flows,
)
from penstock.docs.loading import (
    add_evidence,
    extend_path,
    find_kept,
    forget_kept,
    import_recorded,
    is_imported,
    keep,
    show_evidence,
)
from penstock.exceptions import ConfigurationError, ModuleImportError
from penstock_sphinx._compat import autodoc_mocks
from penstock_sphinx._config import project_settings
from penstock_sphinx._domain import domain_of
from penstock_sphinx._log import warn

__all__ = ["setup_loading"]

_logger = logging.getLogger(__name__)


def setup_loading(app: Sphinx) -> None:
    """Import at most once, and before parallel readers are forked: they share what was imported."""
    app.connect("builder-inited", _begin)
    app.connect("env-before-read-docs", _import_for_pages)


def _begin(app: Sphinx) -> None:
    """Have the flows of an earlier build, or import the modules."""
    try:
        settings = project_settings(Path(app.confdir), app.config)
    except ConfigurationError as error:
        warn(str(error), "config")
        return
    domain = domain_of(app.env)
    if not {"sphinx.ext.viewcode", "sphinx.ext.linkcode"} & {*app.extensions}:
        domain.source_of = SourceUrl.of(settings)
    if settings.catalog is None and (warning := explain_optimization()):
        warn(warning, "docstring")
    kept = _find_kept(app, settings)
    if kept is None:
        _import_modules(app, settings)
        return
    extend_path(settings)  # which autodoc may rely on
    domain.flows, domain.failures = show_evidence(kept, settings).flows, ()
    domain.import_modules = partial(_import_modules, app, settings)


def _find_kept(app: Sphinx, settings: Settings) -> LoadedFlows | None:
    """Return the flows of an earlier build, unless this one reads all pages or knows more."""
    if not app.env.all_docs or not _can_be_kept(settings):
        return None
    return find_kept(_folder(app), settings)


def _can_be_kept(settings: Settings) -> bool:
    """Return whether an import of the modules would show all that they are made from.

    Not of what ``conf.py`` or another extension has imported: what else those modules have read,
    nobody knows.
    """
    if settings.catalog is not None or not settings.catalog_reuse:
        return False
    return bool(settings.modules) and not DECLARED.flows and not is_imported(settings)


def _folder(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "penstock"


def _import_for_pages(_app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Import the modules if a page that will be read needs functions.

    Of what cannot be seen here, such as a page that includes another, its directives take care.
    """
    domain = domain_of(env)
    if domain.import_modules is not None and any(map(partial(_has_functions, env), docnames)):
        domain.need_functions()


def _has_functions(env: BuildEnvironment, docname: str) -> bool:
    """Return whether the page *docname* shows functions, or did when it was read last."""
    if any(what[0] in {"flow", "step"} for what in domain_of(env).data["shown"].get(docname, ())):
        return True
    text = b""
    with suppress(OSError):  # Sphinx will say so
        text = Path(env.doc2path(docname)).read_bytes()
    return _FUNCTIONS.search(text) is not None


_FUNCTIONS = re.compile(rb"\bpenstock-(?:flow|step)\b|\bauto\w+ ?(?:::|\})")
"""A directive of penstock or of autodoc, which would import in each parallel reader."""


def _import_modules(app: Sphinx, settings: Settings) -> None:
    """Import the modules of the project; warn of each that cannot be imported."""
    with _imports(app):
        loaded = _load(settings, _folder(app))
    loaded = show_evidence(loaded, settings)
    domain = domain_of(app.env)
    domain.flows, domain.failures = loaded.flows, loaded.failures
    if loaded.evidence_failure:
        where, why = settings.location, loaded.evidence_failure
        warn(f"{where}: flows are shown without evidence: {why}", "evidence")
    for failure in loaded.failures:
        warn(str(failure), "import", location=_location(Path(app.confdir), failure))


@contextmanager
def _imports(app: Sphinx) -> Iterator[None]:
    """Let modules be imported in the block as autodoc does it, and print nothing."""
    printed = _Printed()
    # A real stream, for a module may set it up, wrap it or take it apart.
    stream = TextIOWrapper(printed, "utf-8", "backslashreplace", write_through=True)
    with autodoc_mocks(app.config), redirect_stdout(stream):
        yield
    if output := printed.getvalue().decode("utf-8", "replace").strip():
        # What a build prints belongs to Sphinx: `-Q` promises silence.
        _logger.verbose("modules of penstock_modules printed:\n%s", output)


def _load(settings: Settings, folder: Path) -> LoadedFlows:
    """Return the flows of the project, and keep them in *folder* for the next build.

    None, with a warning, if their catalog cannot be read.
    """
    try:
        loaded = import_recorded(settings) if _can_be_kept(settings) else load_flows(settings)
    except ConfigurationError as error:
        warn(str(error), "config")
        return LoadedFlows(Catalog())
    loaded = add_evidence(loaded, settings, folder)
    if loaded.failures:
        forget_kept(folder)  # so that the next build tries again, and warns again
    elif settings.catalog is None:
        keep(folder, settings, loaded)
    return loaded


class _Printed(BytesIO):
    """The output of modules, kept when a stream that one of them made of it is gone."""

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
