"""The flows that the user of a command means, and the options that say so."""

import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click

from penstock._project.importing import is_importable
from penstock.catalog import Catalog
from penstock.cli._console import SettingsError, printing_to_stderr, relative
from penstock.docs import (
    Flows,
    LoadedFlows,
    Settings,
    SettingWords,
    explain_nothing,
    explain_optimization,
    load_flows,
    read_settings,
)
from penstock.docs.loading import add_evidence, show_evidence
from penstock.docs.markdown import modules_of
from penstock.evidence import read_flows
from penstock.exceptions import ModuleImportError, PenstockError
from penstock.graph import Flow

__all__ = [
    "LOADED",
    "Host",
    "Project",
    "find_host",
    "find_settings",
    "load",
    "load_or_read",
    "with_flows",
    "without_evidence",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A program that has set up a project, and passes itself to `main` as ``obj``.

    .. versionadded:: 0.2
    """

    load: Callable[[Settings], LoadedFlows] = load_flows
    """Loads the flows that the settings mean. There may be some where these name no module."""

    folder: Path | None = None
    """The folder in which, or above which, the settings are. The current one if None."""

    is_quiet: bool = False
    """Whether a check without findings prints nothing as text."""


LOADED = Host()
"""The ``obj`` that a program passes to `main` if it has loaded its flows already."""

C = TypeVar("C", bound=Callable[..., None])

_WORDS = SettingWords(
    also=", or give --module",
    in_django=', or run manage.py penstock, with "penstock.contrib.django" in INSTALLED_APPS',
)


def with_flows(command: C) -> C:
    """Add the options that say where the flows come from."""
    modules = click.option(
        "-m",
        "--module",
        "modules",
        multiple=True,
        metavar="MODULE",
        help="Import this module instead of the configured ones. May be given again.",
    )
    catalog = click.option(
        "--catalog",
        type=click.Path(dir_okay=False),
        help="Read the flows from this file, which `penstock export` wrote, and import nothing.",
    )
    return modules(catalog(command))


def find_host() -> Host | None:
    """Return the program that runs the current command, or None if that is ``penstock``."""
    host = click.get_current_context().obj
    return host if isinstance(host, Host) else None


@dataclass(frozen=True, slots=True)
class Project:
    """The flows that the user means, and what could not be imported."""

    settings: Settings
    flows: Flows
    failures: tuple[ModuleImportError, ...]

    incomplete: frozenset[str] = frozenset()
    """The names of the flows that may have more steps, since their source was read."""

    is_read: bool = False
    """Whether declarations were read from the source."""

    def can_find(self, code: str, flow: str | None) -> bool:
        """Return whether a check of these flows would find what has this code."""
        if code == "declaration-unread":
            return self.is_read
        if flow in self.incomplete:
            return code.startswith("edge-") and code not in {"edge-undeclared", "edge-back"}
        return code != "bypassed-entrypoint" or not self.is_read

    def nothing_to_check(self) -> click.UsageError:
        """Return how the program ends because there are no flows: that is a failure."""
        # A program has loaded what it has.
        if not self.settings.modules and not self.settings.catalog:
            cure = self.settings.words.assign("modules", "shop.flows")
            return click.UsageError(
                f"no flow is declared in what this project imports: write {cure}"
            )
        return click.UsageError(explain_nothing(self.settings, self.failures))

    def check_complete(self, output: str) -> None:
        """End the program if flows may be missing in *output*; warn if docstrings are."""
        if not self.flows.flows:
            raise self.nothing_to_check()
        if self.failures:
            message = f"nothing is written to {output}: flows may be missing"
            raise click.ClickException(message)
        warning = None if self.settings.catalog else explain_optimization()
        if warning:
            click.echo(f"warning: {warning}", err=True)

    def with_revision(self) -> "Project":
        """Return it with the revision in which its edges were checked, if they were just now."""
        if self.settings.catalog:
            return self
        shown = show_evidence(LoadedFlows(self.flows), self.settings)
        return replace(self, flows=shown.flows)

    def catalog(self) -> Catalog:
        """Return the catalog of the flows."""
        return LoadedFlows(self.flows).catalog(self.settings.folder)

    def is_gone(self, modules: Sequence[str]) -> bool:
        """Return whether nobody could declare a flow in *modules* any more."""
        if self.settings.catalog:
            known = {name for flow in self.flows.flows for name in modules_of(flow)}
            return known.issuperset(modules)
        return all(name in sys.modules or not is_importable(name) for name in modules)


def load(settings: Settings) -> Project:
    """Load the flows that *settings* mean, and report what cannot be imported."""
    _need_modules(settings)
    host = find_host()
    load_from = load_flows if host is None else host.load
    try:
        with printing_to_stderr(), chdir("."):  # files are written where the user called
            loaded = add_evidence(load_from(settings), settings)
    except PenstockError as error:
        raise SettingsError(error) from error
    _say_failures(loaded.failures)
    if loaded.evidence_failure:
        click.echo(f"warning: no evidence: {relative(loaded.evidence_failure)}", err=True)
    if settings.evidence is False:
        loaded = show_evidence(loaded, settings)
    return Project(settings, loaded.flows, loaded.failures)


def load_or_read(settings: Settings, *, no_import: bool | None) -> Project:
    """Load the flows that *settings* mean, or read their declarations from the source.

    Args:
        settings: The settings.
        no_import: Whether nothing is imported. If None, the settings say so; and what cannot be
            imported is read.
    """
    is_hosted = find_host() is not None  # a program has imported the project
    if no_import is None:
        no_import = not is_hosted and settings.check.get("no_import", False)
    if no_import and not settings.catalog:
        _need_modules(settings, or_manager=True)
        read = read_flows(settings)
        _say_failures(read.failures)
        return Project(settings, read.catalog, read.failures, read.incomplete, is_read=True)
    project = load(settings)
    return _read_instead(project) if project.failures and not is_hosted else project


def _need_modules(settings: Settings, *, or_manager: bool = False) -> None:
    """End the program if nothing says where flows are, such as the settings of Django."""
    has_manager = or_manager and Path(settings.project_folder, "manage.py").is_file()
    if not (settings.modules or settings.catalog or find_host() or has_manager):
        raise click.UsageError(explain_nothing(settings))


def _read_instead(project: Project) -> Project:
    """Return *project*, of which not all modules can be imported, with the flows of its source.

    A flow that the import has with all its steps, or that only the import has, is that one.
    """
    read = read_flows(project.settings)
    known = {flow.name: flow for flow in project.flows.flows}
    instead = {
        flow.name: flow
        for flow in read.catalog.flows
        if flow.name not in known or not _steps_of(flow) <= _steps_of(known[flow.name])
    }
    if instead:
        names = ", ".join(instead)
        click.echo(f"note: read from the source, without an import: {names}", err=True)
    flows = sorted((known | instead).items())
    found = Catalog(flows=tuple(flow for _, flow in flows), unclaimed=read.catalog.unclaimed)
    return replace(project, flows=found, incomplete=read.incomplete & instead.keys(), is_read=True)


def _steps_of(flow: Flow) -> set[str]:
    return {step.name for step in flow.steps}


def _say_failures(failures: Sequence[ModuleImportError]) -> None:
    for failure in failures:
        click.echo(f"error: {relative(str(failure))}", err=True)


def find_settings(modules: tuple[str, ...], catalog: str | None) -> Settings:
    """Return the settings of the project, with what the options of `with_flows` change in them.

    Args:
        modules: The modules to import instead of the configured ones.
        catalog: The file of a catalog to read instead.
    """
    if modules and catalog:
        message = "--catalog and --module exclude each other: a catalog imports nothing"
        raise click.UsageError(message)
    try:
        folder = Path.cwd()
    except OSError as error:
        message = "the current folder does not exist any more: change to one that does"
        raise click.UsageError(message) from error
    host = find_host()
    start = host.folder if host and host.folder else folder
    try:
        settings = read_settings(start)
        settings = settings.override("--module", {"modules": list(modules)}, folder)
        settings = settings.override("--catalog", {"catalog": catalog}, folder)
    except PenstockError as error:
        raise SettingsError(error) from error
    # The current folder as with `python -m`, but after what the project itself names.
    return replace(settings.rooted(start, folder), words=_WORDS)


def without_evidence(settings: Settings) -> Settings:
    """Return *settings* for a command that does not show what the source says of edges."""
    return replace(settings, evidence=None)
