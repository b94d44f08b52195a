"""Flows that are kept from one build to the next, while what they were made from is the same."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from penstock._common.files import write_whole
from penstock._project.settings import Settings
from penstock.catalog._inputs import Inputs
from penstock.catalog._loading import LoadedFlows, load_flows
from penstock.catalog._reading import parse_catalog
from penstock.catalog._sources import inputs_of_sources
from penstock.catalog._subprocess import load_in_child
from penstock.exceptions import CatalogError

__all__ = ["FlowsLoader", "find_kept", "forget_kept", "keep"]

_FILE = "penstock-flows.json"
_FORMAT = 1
"""The format of the file. It is changed with what a member of `Inputs` means."""

_DAMAGED = (CatalogError, OSError, LookupError, TypeError, ValueError, RecursionError)
"""The errors of reading a file that is gone, damaged, or of another penstock."""

_logger = logging.getLogger(__name__)


def find_kept(folder: Path, settings: Settings) -> LoadedFlows | None:
    """Return the flows that `keep` wrote to *folder*; None if they cannot be used any more.

    Args:
        folder: A folder of the tool's own, such as that of its cache.
        settings: The settings of the project.

    .. versionadded:: 0.2
    """
    if not settings.catalog_reuse:
        return None
    with suppress(*_DAMAGED):
        found = json.loads((folder / _FILE).read_bytes())
        if found["format"] == _FORMAT:
            return _verified(folder, settings, found)
    return None


def _verified(folder: Path, settings: Settings, found: dict[str, Any]) -> LoadedFlows | None:
    """Return the flows of the file with the members *found*, if nothing has changed."""
    before = Inputs.from_json(found["inputs"])
    inputs = before.refreshed(settings)
    if inputs is None:
        if _logger.isEnabledFor(logging.DEBUG):  # to find it compares all of them again
            _logger.debug("flows are loaded again: changed is %s", before.find_change(settings))
        return None
    catalog = parse_catalog(found["catalog"].encode(), str(folder / _FILE))
    if inputs != before:  # the next comparison will be cheaper
        _write(folder, found | {"inputs": inputs.to_json()})
    return LoadedFlows(catalog, inputs=inputs)


def keep(folder: Path, settings: Settings, loaded: LoadedFlows) -> None:
    """Write *loaded* to *folder* for the next build, unless something failed or is not known.

    Args:
        folder: A folder of the tool's own. It is made if need be.
        settings: The settings of the project.
        loaded: The flows. Those of this process are written as they are now.

    .. versionadded:: 0.2
    """
    if not settings.catalog_reuse or loaded.failures or loaded.inputs is None:
        return
    catalog = loaded.catalog(settings.project_folder)
    members = {"catalog": catalog.to_json(), "inputs": loaded.inputs.to_json()}
    _write(folder, {"format": _FORMAT, **members})


def forget_kept(folder: Path) -> None:
    """Remove what `keep` wrote to *folder*: an import has failed that is to be tried again.

    .. versionadded:: 0.2
    """
    with suppress(OSError):
        (folder / _FILE).unlink(missing_ok=True)


def _write(folder: Path, members: dict[str, Any]) -> None:
    with suppress(OSError):  # the next build imports again
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _FILE, json.dumps(members))


Change = Callable[[LoadedFlows, Settings], LoadedFlows]


def _nothing(loaded: LoadedFlows, _: Settings) -> LoadedFlows:
    return loaded


@dataclass(slots=True)
class _Loaded:
    """The result of loading flows, and its inputs."""

    flows: LoadedFlows | CatalogError
    inputs: Inputs

    def is_final(self, settings: Settings) -> bool:
        """Return whether the next build may have the same."""
        if isinstance(self.flows, CatalogError) or self.flows.failures:
            return False
        return settings.catalog_reuse and self.flows.inputs is not None


class FlowsLoader:
    """Loads the flows of a project as often as somebody asks, and rarely imports anything.

    One loader belongs to one site. What it has loaded is what it returns while
    nothing has changed, and a second loader finds it in the folder.

    .. versionadded:: 0.2
    """

    def __init__(
        self, folder: Path | None = None, *, add: Change = _nothing, show: Change = _nothing
    ) -> None:
        """Make a loader.

        Args:
            folder: Where flows are kept between builds. Nowhere if None.
            add: Returns flows that were made with all that is kept with them.
            show: Returns flows, also those that were kept, as they are shown.
        """
        self._folder, self._add, self._show = folder, add, show
        self._loaded: dict[Settings, _Loaded] = {}
        self._lock = RLock()  # Zensical renders in threads

    def begin_build(self) -> None:
        """Forget what failed, and all flows of settings that switch their reuse off."""
        with self._lock:
            kept = self._loaded.items()
            self._loaded = {key: found for key, found in kept if found.is_final(key)}

    def load(self, settings: Settings, log: Callable[[str], None]) -> LoadedFlows:
        """Return the flows of *settings*: the same object again while nothing has changed.

        Args:
            settings: The settings of the project.
            log: Called with what the modules print, if they are imported.

        Raises:
            CatalogError: If the process that imports the modules fails.
            ConfigurationError: If the catalog of *settings* cannot be read.
        """
        with self._lock:
            found = self._loaded.get(settings)
            inputs = found.inputs.refreshed(settings) if found else None
            if found is None or inputs is None:
                found = self._loaded[settings] = self._load(settings, log)
            else:
                found.inputs = inputs
            if isinstance(found.flows, CatalogError):
                raise CatalogError(*found.flows.args)
            return found.flows

    def inputs_of(self, settings: Settings) -> Inputs | None:
        """Return what the flows that were last loaded for *settings* depend on.

        Also where they could not be loaded: an edit of these files may help.
        """
        found = self._loaded.get(settings)
        return found.inputs if found else None

    def _load(self, settings: Settings, log: Callable[[str], None]) -> _Loaded:
        try:
            flows = self._find_kept(settings) or self._make(settings, log)
            flows = self._show(flows, settings)
        except CatalogError as error:
            return _Loaded(error, inputs_of_sources(settings))
        return _Loaded(flows, flows.inputs or inputs_of_sources(settings))

    def _find_kept(self, settings: Settings) -> LoadedFlows | None:
        if self._folder is None or settings.catalog is not None:
            return None
        return find_kept(self._folder, settings)

    def _make(self, settings: Settings, log: Callable[[str], None]) -> LoadedFlows:
        if settings.catalog is not None:
            return load_flows(settings)
        loaded = self._add(load_in_child(settings, log), settings)
        if self._folder is not None:
            keep(self._folder, settings, loaded)
        return loaded
