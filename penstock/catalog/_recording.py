"""Recording what modules read while they are imported."""

# ruff: noqa: PTH109, PTH110, PTH112, PTH118 - paths are strings here, and this is hot

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import source_from_cache
from threading import get_ident
from types import ModuleType
from typing import Any

from penstock._project.settings import Settings
from penstock.catalog._inputs import Environment, Inputs, describe_process, differs_from_run_to_run
from penstock.catalog._states import FileState, FolderState, PatternState, Stamp, names_in

__all__ = ["Recording", "record"]

_PSEUDO = ("/dev/", "/proc/", "/sys/")
"""The folders of which the system makes the files when they are read."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CACHE = f"{os.sep}__pycache__{os.sep}"
_OWN_LISTING = ("importlib._bootstrap", "_frozen_importlib", "penstock.")
"""Callers that list a folder to find one module: only that one counts, or none for penstock."""

_METADATA = {"importlib.metadata", "importlib_metadata", "pkg_resources"}
_ENTRY_POINTS = (".dist-info", ".egg-info")
_NO_DESCRIPTOR = -1


class _Folder:
    """A folder, with the names that were in it when it was first asked for."""

    def __init__(self, path: str) -> None:
        self.names, self.stamp = names_in(path)
        self.lookups: set[str] = set()
        self.is_listed = self.has_modules = self.has_metadata = False

    def state(self, path: str) -> FolderState:
        return FolderState(
            path,
            is_listed=self.is_listed,
            has_modules=self.has_modules,
            has_metadata=self.has_metadata,
            lookups=tuple(sorted(self.lookups)),
        )


class Recording:
    """The files that modules read, and the folders that they list.

    A file is read at the event that names it, at once: later there may be another edit.
    """

    def __init__(self, settings: Settings, *, ignored: str | None = None) -> None:
        """Begin.

        Args:
            settings: The settings whose modules will be imported.
            ignored: A folder of which nothing counts.
        """
        self._is_broken = False
        self._ignored = (*_PSEUDO, ignored + os.sep) if ignored else _PSEUDO
        self._process = describe_process(settings)
        self._variables = dict(os.environ)
        self._names: set[str] = set()
        self._is_whole = True
        self._busy: set[int] = set()
        self._files: dict[str, FileState] = {}
        self._folders: dict[str, _Folder] = {}
        self._written: set[str] = set()
        self._written_below: dict[str, set[str]] = {}
        self._paths: dict[tuple[str, ...], set[str]] = {}
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "os.mkdir": lambda path, _mode, folder: self._change((path, folder)),
            "os.remove": lambda path, folder: self._change((path, folder)),
            "os.rmdir": lambda path, folder: self._change((path, folder)),
            "os.rename": self._rename,
            "os.link": self._rename,
            "sqlite3.connect": self._connect,
            "os.symlink": lambda _, path, folder: self._change((path, folder)),
        }
        self._patterns = tuple(map(PatternState.read, settings.depends))
        for pattern in self._patterns:
            self._read(*pattern.files)
        self._read_metadata(dict.fromkeys([*self._process["top"], *map(str, sys.path)]))

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event of `sys.addaudithook`. What fails here fails no module."""
        handler = self._handlers.get(event)
        if handler is not None:
            self._apart(handler, *arguments)

    def find_spec(self, name: str, path: Sequence[str] | None = None, _: object = None) -> None:
        """Note that a module is looked for, as a finder of `sys.meta_path` that finds none."""
        self._apart(self._look, name, path)

    def note_absence(self, path: Any) -> None:
        """Note that a module has asked whether there is a file or folder."""
        self._apart(self._miss, path)

    def note_variable(self, name: str) -> None:
        """Note that a module reads an environment variable."""
        # A copy of all variables reads each of them, which is not a request for this one.
        if not (self._is_whole and differs_from_run_to_run(name)):
            self._names.add(name)

    def note_all_variables(self) -> None:
        """Note that a module reads the whole environment."""
        self._is_whole = True

    def expect_variables(self) -> None:
        """Let only those variables count that `note_variable` is called for from now on."""
        self._is_whole = False

    def inputs(self) -> Inputs | None:
        """Return what was recorded; None if some of it could not be."""
        for module in list(sys.modules.values()):
            if file := _file_of(module):
                self._read(file)
        if self._is_broken:
            return None
        self._resolve_lookups()
        folders = self._folders
        self._read(*(path for path, found in folders.items() if found.names is None))  # a ZIP file
        return Inputs(
            process=self._process,
            environment=Environment.of(self._names, self._variables, is_whole=self._is_whole),
            files=tuple(filter(None, map(self._file_state, sorted(self._files)))),
            folders=tuple(filter(None, map(self._folder_state, sorted(folders)))),
            patterns=self._patterns,
        )

    def _apart(self, note: Callable[..., None], *arguments: Any) -> None:
        """Call *note*, whose own reading is not noted."""
        thread = get_ident()
        if thread in self._busy:
            return
        self._busy.add(thread)
        try:
            note(*arguments)
        except Exception:  # what modules pass to the system is theirs
            self._is_broken = True
        finally:
            self._busy.discard(thread)

    def _open(self, path: Any, _mode: str | None, flags: int) -> None:
        name = self._name(path)
        if name is None:
            return
        if _CACHE in name:
            self._read_source(name)
        elif flags & _WRITING:
            self._note_written(name)
        elif os.path.isdir(name):
            self._folder(name).is_listed = True
        else:
            self._read(name)

    def _miss(self, path: Any) -> None:
        name = self._name(path)
        if name is not None and _CACHE not in name:  # compiled code follows from its source
            self._read(name)

    def _list(self, path: Any) -> None:
        name = self._name(os.getcwd() if path is None else path)
        caller = sys._getframe(4).f_globals.get("__name__") or ""
        if name is None or caller.startswith(_OWN_LISTING):
            return
        folder = self._folder(name)
        if caller == "pkgutil":
            folder.has_modules = True
        elif caller in _METADATA:
            folder.has_metadata = True
        else:
            folder.is_listed = True

    def _look(self, name: str, path: Sequence[str] | None) -> None:
        searched = tuple(sys.path if path is None else path)
        names = self._paths.get(searched)
        if names is None:
            names = self._paths[searched] = set()
            for folder in searched:
                self._folder(folder or os.getcwd())
        names.add(name.rpartition(".")[2])

    def _rename(self, source: Any, target: Any, source_folder: int, target_folder: int) -> None:
        self._change((source, source_folder))
        self._change((target, target_folder))

    def _connect(self, database: Any) -> None:
        """Note a database, which C code writes, as one that the modules write."""
        from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - few need it, and it takes a while

        name = os.fsdecode(database)
        address = urlsplit(name)
        self._change((unquote(address.path) if address.scheme == "file" else name, _NO_DESCRIPTOR))

    def _change(self, place: tuple[Any, int]) -> None:
        """Note that the modules themselves make, rename or remove what is there."""
        path, folder = place
        name = self._name(path) if folder == _NO_DESCRIPTOR else None
        if name is not None:
            self._note_written(name)

    def _note_written(self, name: str) -> None:
        self._written.add(name)
        folder, last = os.path.split(name)
        self._written_below.setdefault(folder, set()).add(last)

    def _name(self, path: Any) -> str | None:
        """Return the whole path of a file or folder that counts."""
        if isinstance(path, int):
            return None
        name = os.path.join(os.getcwd(), os.fsdecode(path))  # links stay
        return None if name.startswith(self._ignored) else name

    def _read(self, *names: str) -> None:
        for name in names:
            if name not in self._files:
                self._files[name] = FileState.read(name)

    def _read_source(self, name: str) -> None:
        """Read the source of compiled code, which is the same as that of the file it is from."""
        with suppress(ValueError, NotImplementedError):
            self._read(source_from_cache(name))

    def _read_metadata(self, path: dict[str, None]) -> None:
        """Read what is installed in the folders of *path*: ``.pth`` files and entry points."""
        for entry in path:
            folder = self._folder(entry or self._process["current folder"])
            folder.has_metadata = True
            for name in folder.names or ():
                if name.endswith((".pth", ".egg-link")):
                    self._read(os.path.join(entry, name))
                elif name.endswith(_ENTRY_POINTS):
                    self._read(os.path.join(entry, name, "entry_points.txt"))

    def _folder(self, path: str) -> _Folder:
        found = self._folders.get(path)
        if found is None:
            found = self._folders[path] = _Folder(path)
        return found

    def _file_state(self, path: str) -> FileState | None:
        """Return the state of a file; None if it was there for a while only."""
        state = self._files[path]
        if path in self._written:  # the next import will read what this one wrote
            state = FileState.read(path)
            return None if state.digest is None else state
        is_new = state.digest is not None and state.stamp is None
        return None if is_new and not os.path.exists(path) else state

    def _resolve_lookups(self) -> None:
        """Say for each folder which modules were looked for in it."""
        for searched, names in self._paths.items():
            for path in searched:
                folder = self._folder(path or self._process["current folder"])
                folder.lookups |= names
                for name in names.intersection(folder.names or ()):
                    inner = os.path.join(path, name)
                    if os.path.isdir(inner):
                        self._folder(inner).lookups.add("__init__")

    def _folder_state(self, path: str) -> FolderState | None:
        """Return the state of a folder; None if none of its names counts, or it was temporary."""
        found = self._folders[path]
        names, stamp = self._expected(path, found)
        was_temporary = found.names is not None and names is None
        if was_temporary or not (
            found.lookups or found.is_listed or found.has_modules or found.has_metadata
        ):
            return None
        return found.state(path).with_names(names, stamp)

    def _expected(self, path: str, found: _Folder) -> tuple[frozenset[str] | None, Stamp | None]:
        """Return the names that the next import will find, if nobody else changes the folder."""
        if path in self._written or (found.stamp is None and not os.path.isdir(path)):
            return names_in(path)
        own = self._written_below.get(path, set())
        if found.names is None or not own:
            return found.names, found.stamp
        made = {name for name in own if os.path.lexists(os.path.join(path, name))}
        return (found.names - own) | made, None


def _file_of(module: Any) -> str | None:
    """Return the file of *module*, without asking a module that is loaded when it is asked."""
    # Some objects, such as the libraries of cffi, only say that they are modules.
    if not issubclass(type(module), ModuleType):
        return None
    file = ModuleType.__getattribute__(module, "__dict__").get("__file__")
    return os.path.join(os.getcwd(), file) if isinstance(file, str) else None


_recordings: list[Recording] = []
_hooks: list[Callable[[str, tuple[Any, ...]], None]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """Pass an event on, to nobody once all has been recorded."""
    for recording in _recordings:
        recording.note(event, arguments)


@contextmanager
def record(settings: Settings, *, ignored: str | None = None) -> Iterator[Recording]:
    """Record what modules read in the block, in which they are imported.

    The first block adds an audit hook to the process, which Python cannot
    remove again. Outside of a block it does nothing. An event then costs a quarter
    of a microsecond. A Sphinx build of 25 seconds has 130,000 events, which makes
    a thousandth.

    Args:
        settings: The settings that name the modules.
        ignored: A folder of which nothing counts.
    """
    if not _hooks:
        sys.addaudithook(_note)
        _hooks.append(_note)
    recording: Any = Recording(settings, ignored=ignored)
    sys.meta_path.insert(0, recording)
    _recordings.append(recording)
    try:
        yield recording
    finally:
        _recordings.remove(recording)
        with suppress(ValueError):  # a module has set its own
            sys.meta_path.remove(recording)
