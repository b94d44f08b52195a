"""Loading the flows of a site, once until what they were made from has changed.

A child process imports the modules, so that an edit is a new process: nothing has to
be imported a second time, and sites that are built in one process do not meet.
"""

import builtins
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import all_suffixes
from pathlib import Path

from penstock.catalog import Catalog
from penstock.docs import (
    Flows,
    Link,
    LoadedFlows,
    Settings,
    anchor_of,
    explain_optimization,
    load_flows,
    target_of,
)
from penstock.docs.loading import FlowsLoader, Inputs, add_evidence, show_evidence
from penstock.exceptions import CatalogError, ModuleImportError

__all__ = ["Loaded", "load"]

_logger = logging.getLogger("mkdocs.plugins.penstock")
_MODULES = tuple(all_suffixes())


@dataclass(frozen=True, eq=False, kw_only=True)
class Loaded:
    """The result of loading the flows of some settings."""

    settings: Settings
    source: LoadedFlows | CatalogError
    """The flows, or why there are none."""

    output: str = ""
    """The output of the modules before that."""

    inputs: Inputs | None = None
    """The inputs of the flows, or None if they are those of this process."""

    @property
    def error(self) -> CatalogError | None:
        """Why there are no flows at all."""
        return self.source if isinstance(self.source, CatalogError) else None

    @property
    def flows(self) -> Flows:
        """The flows."""
        return Catalog() if isinstance(self.source, CatalogError) else self.source.flows

    @property
    def links(self) -> Mapping[str, Sequence[Link]]:
        """The links to the flows of each function, by the dotted name of the function."""
        if self.inputs is None:  # more may be declared in this process
            return _links_of(self.flows)
        return self._links

    @cached_property
    def _links(self) -> Mapping[str, Sequence[Link]]:
        return _links_of(self.flows)

    @property
    def failures(self) -> tuple[ModuleImportError, ...]:
        """The modules that could not be imported."""
        return () if isinstance(self.source, CatalogError) else self.source.failures

    @property
    def messages(self) -> tuple[str, ...]:
        """The failures, for the log."""
        if self.error is not None:
            return (f"{self.error}\n{self.output}".rstrip(),)
        found = [*map(str, self.failures)]
        if not isinstance(self.source, CatalogError) and self.source.evidence_failure:
            where, why = self.settings.location, self.source.evidence_failure
            found.append(f"{where}: flows are shown without evidence: {why}")
        return tuple(found)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files of the project that the flows were made from."""
        found = map(Path, self.inputs.own_files if self.inputs else ())
        return tuple(path for path in found if path.is_file() and self._is_of_project(path))

    @property
    def edited(self) -> float:
        """When the last edit of these files was, in seconds since the epoch."""
        return max((path.stat().st_mtime for path in self.files), default=0.0)

    @property
    def watched(self) -> tuple[str, ...]:
        """The files and folders to watch for edits.

        A package is watched whole, so that a new module in it is seen.
        """
        packages = _outermost(file.parent for file in self.files if file.name == "__init__.py")
        single = [file for file in self.files if not any(map(file.is_relative_to, packages))]
        return tuple(sorted(map(str, (*packages, *single))))

    def _is_of_project(self, path: Path) -> bool:
        settings = self.settings
        folders = filter(None, (settings.root, settings.folder, *settings.pythonpath))
        return path.name.endswith(_MODULES) or any(map(path.is_relative_to, folders))


def _links_of(flows: Flows) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for flow in flows.flows:
        for step in flow.steps:
            link = Link(step.name, flow.label, anchor_of(flow.name, step.name))
            found.setdefault(target_of(step), []).append(link)
    return found


def _outermost(folders: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in sorted(set(folders)):
        if not any(map(folder.is_relative_to, found)):
            found.append(folder)
    return found


def load(loader: FlowsLoader, settings: Settings, before: Loaded | None = None) -> Loaded:
    """Return the flows of *settings*: *before* itself while nothing has changed.

    Args:
        loader: What loads them, unless they are those of this process.
        settings: The settings of the project.
        before: What was loaded for them last.

    Raises:
        ConfigurationError: If the catalog of *settings* cannot be read.
    """
    if _is_here(settings):
        return _load_here(settings, before)
    printed: list[str] = []
    try:
        source = loader.load(settings, printed.append)
    except CatalogError as error:
        output = "\n".join(printed)
        if not output and before and before.error and before.error.args == error.args:
            return before
        return _made(loader, settings, error, output)
    for text in printed:
        _logger.info("The modules that penstock imports print:\n%s", text)
    return before if before and before.source is source else _made(loader, settings, source)


def _made(
    loader: FlowsLoader, settings: Settings, source: LoadedFlows | CatalogError, output: str = ""
) -> Loaded:
    if settings.catalog is None and (warning := explain_optimization()):
        _logger.warning("%s", warning)
    inputs = loader.inputs_of(settings)
    return Loaded(settings=settings, source=source, output=output, inputs=inputs)


def _is_here(settings: Settings) -> bool:
    """Return whether the flows are those of this process.

    They are where no module is named, or the program itself; in a notebook; and
    where there are no other processes, as in a browser.
    """
    if settings.catalog is not None:
        return False
    if not settings.modules or "__main__" in settings.modules:
        return True
    return sys.platform in {"emscripten", "wasi"} or hasattr(builtins, "__IPYTHON__")


def _load_here(settings: Settings, before: Loaded | None) -> Loaded:
    """Import the modules in this process: again if something failed, since nobody sees edits."""
    if before and not before.failures:
        return before
    if warning := explain_optimization():
        _logger.warning("%s", warning)
    source = show_evidence(add_evidence(load_flows(settings), settings), settings)
    return Loaded(settings=settings, source=source)
