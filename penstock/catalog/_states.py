"""The state of files, folders and patterns when a catalog was made, to compare it with now."""

# ruff: noqa: PTH112, PTH116, PTH118, PTH123, PTH207, PTH208 - paths are strings here, and this is hot

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from glob import iglob
from hashlib import blake2b, file_digest
from importlib.machinery import all_suffixes
from io import FileIO
from itertools import chain
from pathlib import Path
from time import time_ns

__all__ = ["FileState", "FolderState", "PatternState", "Stamp", "digest_of", "names_in", "stamp_of"]

Stamp = tuple[int, int, int, int]
"""When a file was changed (its content, its status), its size and its inode."""

_COARSE_NS = 2_000_000_000
"""How coarse the times of a file system may be: FAT counts in two seconds."""

_SUFFIXES = tuple(all_suffixes())
_METADATA = (".dist-info", ".egg-info", ".egg-link", ".egg", ".pth")
_CACHE = "__pycache__"


_LARGE = 1_000_000
"""Bytes of a file that is not read into memory as a whole."""

_NO_FILE = "not a file"
"""Instead of the digest of a folder or device."""

_new_digest = partial(blake2b, digest_size=16)


def stamp_of(found: os.stat_result) -> Stamp:
    """Return the stamp of what has this status."""
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def digest_of(data: bytes) -> str:
    """Return a digest of *data* that only this catalog is compared by."""
    return _new_digest(data).hexdigest()


def _digest_of_file(file: FileIO, size: int) -> str:
    if size < _LARGE:
        return digest_of(file.read())
    return file_digest(file, _new_digest).hexdigest()  # which has one buffer, and takes longer


def _trusted(found: os.stat_result, now: int) -> Stamp | None:
    """Return the stamp of what is read *now*, or None if a later change could have the same."""
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    return stamp_of(found) if changed < now - _COARSE_NS else None


def _has_stamp(path: str, stamp: Stamp | None) -> bool:
    try:
        return stamp is not None and stamp_of(os.stat(path)) == stamp
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class FileState:
    """The content of a file."""

    path: str

    digest: str | None
    """A digest of the content, or None if there is no such file, or it cannot be read."""

    stamp: Stamp | None = None
    """The stamp that only this content can have, or None if there is none."""

    @classmethod
    def read(cls, path: str) -> "FileState":
        """Return what the file *path* is now."""
        now = time_ns()
        try:
            found = os.stat(path)
            before = _known.get(path)
            if before is not None and before.stamp == stamp_of(found):
                return before
            if not stat.S_ISREG(found.st_mode):  # to open a FIFO may wait for ever
                return cls(path, _NO_FILE)
            with open(path, "rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                state = cls(path, _digest_of_file(file, status.st_size), _trusted(status, now))
        except (OSError, ValueError):  # ValueError: no file can have such a name
            return cls(path, None)
        if state.stamp is not None:
            _known[path] = state
        return state

    def verified(self) -> "FileState | None":
        """Return the state with a fresh stamp, or None if the content has changed."""
        if _has_stamp(self.path, self.stamp):
            return self
        now = FileState.read(self.path)
        return now if now.digest == self.digest else None


_known: dict[str, FileState] = {}
"""Files whose stamps are trusted: modules that several builds of one process import."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """Those names in a folder that the modules depend on."""

    path: str

    digest: str | None = None
    """A digest of the names, or None if there is no such folder."""

    stamp: Stamp | None = None
    """The stamp that only these names can have, or None if there is none."""

    is_listed: bool = False
    """Whether the modules have listed the folder: each name in it counts."""

    has_modules: bool = False
    """Whether its modules have been listed."""

    has_metadata: bool = False
    """Whether what is installed in it counts."""

    lookups: tuple[str, ...] = ()
    """The modules that were looked for in it, sorted."""

    def with_names(self, names: Collection[str] | None, stamp: Stamp | None) -> "FolderState":
        """Return this state of a folder in which *names* are, or that is not there."""
        digest = None if names is None else self._digest(names)
        return replace(self, digest=digest, stamp=None if names is None else stamp)

    def verified(self) -> "FolderState | None":
        """Return the state with a fresh stamp, or None if the names have changed."""
        if _has_stamp(self.path, self.stamp):
            return self
        now = self.with_names(*names_in(self.path))
        return now if now.digest == self.digest else None

    def _digest(self, names: Collection[str]) -> str:
        relevant = sorted(set(self._relevant(names)))
        return digest_of("\0".join(relevant).encode("utf-8", "surrogatepass"))

    def _relevant(self, names: Collection[str]) -> Iterator[str]:
        if self.is_listed:
            yield from (name for name in names if name != _CACHE)
        if self.has_metadata:
            yield from (name for name in names if name.endswith(_METADATA))
        if self.has_modules:
            yield from filter(self._is_module, names)
        for name in self.lookups:
            if name in names and os.path.isdir(f"{self.path}/{name}"):
                yield name
            yield from (name + suffix for suffix in _SUFFIXES if name + suffix in names)

    def _is_module(self, name: str) -> bool:
        if name.endswith(_SUFFIXES):
            return True
        return any(Path(self.path, name, f"__init__{suffix}").is_file() for suffix in _SUFFIXES)


def names_in(path: str) -> tuple[frozenset[str] | None, Stamp | None]:
    """Return the names in the folder *path*, and its stamp; None if there is no such folder."""
    now = time_ns()
    try:
        found = os.stat(path)
        return frozenset(os.listdir(path)), _trusted(found, now)
    except (OSError, ValueError):
        return None, None


@dataclass(frozen=True, slots=True)
class PatternState:
    """The files that a pattern of the project's settings means."""

    path: str
    """The pattern: a file, a folder for all files below it, or a pattern of these."""

    files: tuple[str, ...]

    @classmethod
    def read(cls, pattern: str) -> "PatternState":
        """Return which files *pattern* means now."""
        found = iglob(pattern, recursive=True, include_hidden=True)
        return cls(pattern, tuple(sorted(set(chain.from_iterable(map(_files_below, found))))))

    def verified(self) -> "PatternState | None":
        """Return the same, or None if there are others."""
        now = PatternState.read(self.path)
        return self if now.files == self.files else None


def _files_below(path: str) -> Iterator[str]:
    """Yield the file *path*, or the files in it and below."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, files in os.walk(path):
        if _CACHE in folders:
            folders.remove(_CACHE)
        yield from (os.path.join(folder, file) for file in files)
