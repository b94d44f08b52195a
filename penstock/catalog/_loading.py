"""Loading the flows of a project from this process or from a file."""

import os
from dataclasses import dataclass, replace

from penstock._project.importing import import_modules
from penstock._project.settings import Settings
from penstock.catalog._catalog import Catalog
from penstock.catalog._checked import CheckedFlows
from penstock.catalog._collect import flows_in_order, unclaimed_in_order
from penstock.catalog._flows import Flows
from penstock.catalog._inputs import Inputs, inputs_of_file
from penstock.catalog._objects import Objects
from penstock.catalog._reading import read_catalog
from penstock.catalog._recording import record
from penstock.exceptions import CatalogError, ConfigurationError, ModuleImportError
from penstock.graph import Flow, Problem, get_flow

__all__ = ["DECLARED", "Flows", "LoadedFlows", "import_recorded", "load_flows"]


class _DeclaredFlows:
    """The flows that this process has declared, as they are when they are asked for."""

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows, in order of their names, as a catalog has them."""
        return flows_in_order()

    def flow(self, name: str) -> Flow:
        """Return the flow called *name*, as `get_flow` does."""
        return get_flow(name)

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems that `find_problems` finds, in the order of a catalog."""
        found = [problem for flow in self.flows for problem in flow.problems()]
        return (*found, *unclaimed_in_order())

    def __repr__(self) -> str:
        return "DECLARED"  # the name of the only one, which signatures show


DECLARED: Flows = _DeclaredFlows()
"""The flows of this process."""


@dataclass(frozen=True, slots=True)
class LoadedFlows:
    """The flows that the settings of a project name.

    .. versionadded:: 0.2
    """

    flows: Flows
    """The flows."""

    failures: tuple[ModuleImportError, ...] = ()
    """The modules that could not be imported."""

    inputs: Inputs | None = None
    """The inputs that the flows were made from, or None if they are not known."""

    evidence_failure: str | None = None
    """Why the flows have no evidence, although the settings ask for it."""

    objects: Objects | None = None
    """The objects of the modules, if another process has imported them for evidence."""

    def catalog(self, root: str | os.PathLike[str] | None = None) -> Catalog:
        """Return the flows as one value, which is the same on any machine.

        Args:
            root: The folder of the project, to which the names of files are relative.
                The current folder if None.
        """
        if isinstance(self.flows, CheckedFlows):
            found = replace(self, flows=self.flows.source).catalog(root)
            return replace(found, flows=tuple(map(self.flows.add_to, found.flows)))
        return self.flows if isinstance(self.flows, Catalog) else Catalog.from_registry(root)


def load_flows(settings: Settings) -> LoadedFlows:
    """Return the flows of the catalog of *settings*, or else those of its modules.

    Raises:
        ConfigurationError: If the catalog cannot be read.

    .. versionadded:: 0.2
    """
    if settings.catalog is None:
        failures = import_modules(settings)
        return LoadedFlows(DECLARED, failures)
    inputs = inputs_of_file(settings, settings.catalog)
    return LoadedFlows(_read(settings, settings.catalog), inputs=inputs)


def import_recorded(settings: Settings) -> LoadedFlows:
    """Import the modules of *settings* in this process, and return its flows with their inputs.

    What was imported before is not imported again: the files of these modules are inputs,
    what else they have read is not. Of environment variables all
    count but those that differ from run to run, for to note which are read would be to
    change an object of the host. In this process they may differ right after, since
    modules set some: the inputs are for the next build.

    .. versionadded:: 0.2
    """
    with record(settings) as recording:
        failures = import_modules(settings)
    return LoadedFlows(DECLARED, failures, recording.inputs())


def _read(settings: Settings, file: str) -> Catalog:
    try:
        return read_catalog(file)
    except CatalogError as error:
        location = settings.catalog_location or settings.location
        raise ConfigurationError(location, f"the catalog {error}") from error
