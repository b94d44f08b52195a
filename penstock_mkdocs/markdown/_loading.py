"""Importing a project's modules: once, and again when somebody has edited them.

Every page asks for it, since Zensical has no events and MkDocs has none without
the plugin. What is asked is cheap: has one of the files changed?
"""

import importlib
import logging
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from threading import RLock
from types import ModuleType

import penstock
from penstock._declared.registry import default_registry
from penstock._project.importing import import_modules, is_own
from penstock.docs import DECLARED, Flows, Settings, explain_optimization, load_flows
from penstock.exceptions import ModuleImportError
from penstock_mkdocs.markdown._state import forget_state

__all__ = [
    "failures_of",
    "files_of",
    "flows_of",
    "forget",
    "is_loaded",
    "load",
    "newest",
    "watched_paths",
]

_logger = logging.getLogger("mkdocs.plugins.penstock")
_OURS = {"penstock", "penstock_mkdocs", "penstock_sphinx", "__main__"}
_PENSTOCK = Path(penstock.__file__).parent

Stamp = tuple[int, int] | None
"""When a file was changed, and its size; None if it is gone, or was written while it was read."""


@dataclass(slots=True)
class _Load:
    """What came of importing the modules of some settings."""

    flows: Flows = DECLARED
    failures: tuple[ModuleImportError, ...] = ()
    modules: set[str] = field(default_factory=set)
    """The names of the project's own modules."""

    stamps: dict[Path, Stamp] = field(default_factory=dict)
    """The files of these modules, and the folders of packages."""

    def is_stale(self) -> bool:
        """Return whether a file has changed since."""
        return any(_stamp(path) != stamp for path, stamp in self.stamps.items())


_loads: dict[Settings, _Load] = {}
_lock = RLock()  # Zensical renders in threads


def load(settings: Settings) -> tuple[ModuleImportError, ...]:
    """Import the modules of *settings*, or read their catalog, again if a file was edited.

    Return:
        What failed, the first time that it failed.

    Raises:
        ConfigurationError: If the catalog of *settings* cannot be read.
    """
    with _lock:
        # Of all settings: those of one project may be written in two ways, such as by a path
        # that is relative at first, as when MkDocs reads its configuration again.
        stale = {key: past for key, past in _loads.items() if past.is_stale()}
        for key, past in stale.items():
            del _loads[key]
            _purge(past)
        if settings in _loads:
            return ()
        with _without_bytecode() if stale else nullcontext():
            found = _loads[settings] = (_import if settings.catalog is None else _read)(settings)
        for past in stale.values():
            # What an edit broke comes back with the file that it was in.
            found.stamps = {path: _stamp(path) for path in past.stamps} | found.stamps
            found.modules |= past.modules
        return found.failures


def is_loaded(settings: Settings) -> bool:
    """Return whether the flows of *settings* have been loaded."""
    return settings in _loads


def flows_of(settings: Settings) -> Flows:
    """Return the flows that were last loaded for *settings*."""
    found = _loads.get(settings)
    return found.flows if found else DECLARED


def failures_of(settings: Settings) -> tuple[ModuleImportError, ...]:
    """Return what failed when the modules of *settings* were last imported."""
    found = _loads.get(settings)
    return found.failures if found else ()


def newest(settings: Settings) -> float:
    """Return when the last edit of the modules of *settings* was, in seconds since the epoch."""
    stamps = [_loads[settings].stamps[path] for path in files_of(settings)]
    return max((stamp[0] / 1e9 for stamp in stamps if stamp), default=0.0)


def files_of(settings: Settings) -> list[Path]:
    """Return the files that were imported for *settings*, as far as they are the project's own."""
    found = _loads.get(settings) or _Load()
    return [path for path in found.stamps if path.is_file()]


def watched_paths(settings: Settings) -> list[str]:
    """Return the files and folders to watch for edits of the modules of *settings*.

    A package is watched whole, so that a new module in it is seen.
    """
    if settings.catalog is not None:  # also one that cannot be read until it is fixed
        return [settings.catalog] if Path(settings.catalog).exists() else []
    found = _loads.get(settings) or _Load()
    top = {name.partition(".")[0] for name in found.modules} | _tops(settings)
    paths = dict.fromkeys(path for name in sorted(top) for path in _paths_of_module(name))
    files = [path for path in found.stamps if not any(map(path.is_relative_to, paths))]
    return [str(path) for path in (*paths, *files)]


def forget() -> None:
    """Begin a build, which reports again what fails."""
    forget_state()
    for settings, earlier in list(_loads.items()):
        if earlier.failures:
            del _loads[settings]
            _purge(earlier)


def _read(settings: Settings) -> _Load:
    file = Path(settings.catalog or "")
    stamps = {file: _stamp(file)}
    return _Load(flows=load_flows(settings).flows, stamps=stamps)


def _import(settings: Settings) -> _Load:
    started = time.time_ns()
    before = set(sys.modules)
    failures = import_modules(settings)
    if warning := explain_optimization():
        _logger.warning("%s", warning)
    tops = _tops(settings)
    modules = {
        name
        for name in list(sys.modules)
        if name not in before or name.partition(".")[0] in tops
        if name.partition(".")[0] not in _OURS
    }
    files = {name: file for name in modules for file in _files(sys.modules.get(name))}
    paths = set(files.values()) | {path for name in files for path in _folders(name)}
    if failures:
        paths |= _files_of_failures(failures, tops)
    stamps = {path: _stamp(path, before=started) for path in sorted(paths)}
    return _Load(failures=failures, modules=set(files), stamps=stamps)


def _purge(load: _Load) -> None:
    """Forget the project's modules and what they declared: all, for they hold each other."""
    files = set()
    for name in load.modules:
        module = sys.modules.pop(name, None)
        files.add(getattr(module, "__file__", None))
        parent, _, last = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(last, None)
    # Compiled code is known by the second and the size: that of an edit may be that of before.
    for path, stamp in load.stamps.items():
        if path.suffix == ".py" and _stamp(path) != stamp:
            Path(cache_from_source(path)).unlink(missing_ok=True)
    importlib.invalidate_caches()
    default_registry().forget({str(file) for file in files if file})


@contextmanager
def _without_bytecode() -> Iterator[None]:
    """Write no compiled code inside the block, which a server that watches would take for edits."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _tops(settings: Settings) -> set[str]:
    """Return the top-level names of the modules of *settings*."""
    dotted = [*settings.modules, *filter(None, [settings.setup])]
    return {name.partition(":")[0].partition(".")[0] for name in dotted} - _OURS


def _files(module: ModuleType | None) -> Iterator[Path]:
    """Yield the file of *module*, if it is the project's own."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str) and file.endswith(".py") and is_own(Path(file)):
        yield Path(file)


def _folders(name: str) -> list[Path]:
    """Return the folders of the package *name*, in which new modules may appear."""
    return [Path(folder) for folder in getattr(sys.modules.get(name), "__path__", ())]


def _paths_of_module(top: str) -> list[Path]:
    """Return the folders of the package *top*, or the file of the module."""
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):  # gone, or made by hand
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        found = [Path(folder) for folder in spec.submodule_search_locations]
    else:
        found = [Path(spec.origin)] if spec.origin else []
    return [path for path in found if path.exists() and is_own(path)]


def _files_of_failures(failures: Iterable[ModuleImportError], tops: Iterable[str]) -> set[Path]:
    """Return the files whose edit may fix what failed."""
    found = {path for top in tops for path in _paths_of_module(top)}
    found |= {file for path in list(found) for file in path.rglob("*.py")}
    for failure in failures:
        error = failure.__cause__
        frames = traceback.extract_tb(error.__traceback__ if error else None)
        names = [frame.filename for frame in frames]
        names += [error.filename or ""] if isinstance(error, SyntaxError) else []
        paths = [Path(name) for name in names if name.endswith(".py")]
        found |= {path for path in paths if is_own(path) and not path.is_relative_to(_PENSTOCK)}
    return found


def _stamp(path: Path, *, before: int | None = None) -> Stamp:
    """Return the stamp of *path*, or None if a change after *before* could be missed."""
    try:
        found = path.stat()
    except OSError:
        return None
    # A folder changes when compiled code is put there for the first time.
    if before is not None and found.st_mtime_ns >= before and path.suffix == ".py":
        return None
    return found.st_mtime_ns, found.st_size
