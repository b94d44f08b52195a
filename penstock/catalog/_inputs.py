"""The inputs of a catalog, as a value that is compared with what is there now."""

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from json import dumps
from pathlib import Path
from typing import Any

from penstock._common.compat import interpreter_flags
from penstock._project.importing import is_own
from penstock._project.settings import Settings
from penstock.catalog._states import FileState, FolderState, PatternState, digest_of

__all__ = ["Environment", "Inputs", "describe_process", "differs_from_run_to_run", "inputs_of_file"]

_PENSTOCK = Path(__file__).parents[1]

_CHANGING = {
    "_", "COLUMNS", "GPG_TTY", "LINES", "MAKEFLAGS", "MAKELEVEL", "MAKE_TERMERR", "MAKE_TERMOUT",
    "MFLAGS", "OLDPWD", "PWD", "PYTEST_CURRENT_TEST", "SHLVL", "STY", "TERM", "TMUX", "TMUX_PANE",
    "WINDOWID",
}  # fmt: skip
_CHANGING_PREFIXES = ("KONSOLE_", "SSH_", "TERM_", "VSCODE_", "XDG_SESSION_", "COVERAGE_")
"""Variables that differ from run to run: they count where a module asks for one of them."""

_READ_BY_PYTHON = ("PYTHON", "LANG", "LC_", "TZ")
"""Variables that C code reads, of which Python hears nothing: they always count."""


def differs_from_run_to_run(name: str) -> bool:
    """Return whether an environment variable is another in each run, such as in each terminal."""
    return name in _CHANGING or name.startswith(_CHANGING_PREFIXES)


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment variables that count. Their values are not kept: a digest of all is."""

    names: tuple[str, ...] = ()
    """The variables that were read, sorted."""

    is_whole: bool = False
    """Whether all variables were read, or may have been."""

    salt: str = ""
    digest: str = ""

    @classmethod
    def of(
        cls, names: Collection[str], variables: Mapping[str, str], *, is_whole: bool
    ) -> "Environment":
        """Return those of *variables* that count."""
        found = cls(tuple(sorted(names)), is_whole, os.urandom(8).hex())
        return replace(found, digest=found._digest(variables))

    def is_same(self, variables: Mapping[str, str]) -> bool:
        """Return whether all that count have the same values among *variables*."""
        return self._digest(variables) == self.digest

    def _digest(self, variables: Mapping[str, str]) -> str:
        names = {*self.names, *(name for name in variables if self._counts(name))}
        values = [(name, variables.get(name)) for name in sorted(names)]
        return digest_of(dumps([self.salt, values]).encode())

    def _counts(self, name: str) -> bool:
        if name.startswith(_READ_BY_PYTHON):
            return True
        return self.is_whole and not differs_from_run_to_run(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a catalog was made from, as far as it can be seen.

    Clocks, databases, the network and the output of other programs are not recorded.

    .. versionadded:: 0.2
    """

    process: Mapping[str, Any] = field(default_factory=dict)
    """The Python, its path, its folder and the settings, as JSON has them."""

    environment: Environment | None = None
    """The environment variables, or None if none counts."""

    files: tuple[FileState, ...] = ()
    folders: tuple[FolderState, ...] = ()
    patterns: tuple[PatternState, ...] = ()

    def have_changed(self, settings: Settings) -> bool:
        """Return whether anything is not what it was. This is cheap while nothing is.

        Args:
            settings: The settings for which the catalog is wanted.
        """
        return self.find_change(settings) is not None

    def find_change(self, settings: Settings) -> str | None:
        """Return the name of an input that has changed, for a log, or None."""
        return self._find_other(settings) or next(
            (state.path for state in self._states() if state.verified() is None), None
        )

    def refreshed(self, settings: Settings) -> "Inputs | None":
        """Return these inputs, of which the next comparison is cheap; None if they have changed."""
        if self._find_other(settings):
            return None
        files = [state.verified() for state in self.files]
        folders = [state.verified() for state in self.folders]
        patterns = [state.verified() for state in self.patterns]
        if None in files or None in folders or None in patterns:
            return None
        found = (tuple(filter(None, files)), tuple(filter(None, folders)))
        if found == (self.files, self.folders):
            return self
        return replace(self, files=found[0], folders=found[1])

    @property
    def own_files(self) -> tuple[str, ...]:
        """The files that are the project's own, for a server to watch."""
        path = set(self.process.get("sys.path", ()))  # where ZIP files are
        return tuple(
            state.path
            for state in self.files
            if state.digest is not None and state.path not in path and _is_own(state.path)
        )

    @property
    def own_folders(self) -> tuple[str, ...]:
        """The folders of the project's packages, and those that its modules have listed."""
        top = set(self.process.get("sys.path", ())) | set(self.process.get("top", ()))
        return tuple(
            state.path
            for state in self.folders
            if state.digest is not None
            and (state.is_listed or state.path not in top)
            and _is_own(state.path)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the inputs as values that JSON can hold."""
        return {
            "process": self.process,
            "environment": self.environment and _members(self.environment),
            "files": [*map(_members, self.files)],
            "folders": [*map(_members, self.folders)],
            "patterns": [*map(_members, self.patterns)],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Inputs":
        """Return the inputs of which `to_json` returned *found*.

        Raises:
            LookupError, TypeError, ValueError: If it did not.
        """
        environment = found["environment"]
        return cls(
            process=found["process"],
            environment=environment and Environment(**_restored(environment)),
            files=tuple(FileState(**_restored(each)) for each in found["files"]),
            folders=tuple(FolderState(**_restored(each)) for each in found["folders"]),
            patterns=tuple(PatternState(**_restored(each)) for each in found["patterns"]),
        )

    def _states(self) -> Iterator[FileState | FolderState | PatternState]:
        return chain(self.files, self.folders, self.patterns)

    def _find_other(self, settings: Settings) -> str | None:
        """Return what changed that is neither a file nor a folder."""
        now = describe_process(settings)
        for name in {**now, **self.process}:
            if now.get(name) != self.process.get(name):
                return name
        if self.environment is None or self.environment.is_same(os.environ):
            return None
        return "an environment variable"


def _is_own(path: str) -> bool:
    """Return whether *path* is the project's own, also where penstock itself is edited."""
    return not Path(path).is_relative_to(_PENSTOCK) and is_own(Path(path))


def _members(state: Environment | FileState | FolderState | PatternState) -> dict[str, Any]:
    """Return the members of *state*, for which `dataclasses.asdict` takes ten times as long."""
    return {name: getattr(state, name) for name in state.__slots__}


def _restored(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return *value* with tuples for the lists of JSON."""
    return {
        key: tuple(item) if isinstance(item, (list, tuple)) else item for key, item in value.items()
    }


def describe_process(settings: Settings) -> dict[str, Any]:
    """Return what the modules of *settings* see of this process, or of a child of it."""
    if settings.catalog is not None:
        return {"catalog": settings.catalog}
    own = [settings.root] if settings.root else []
    top = [*settings.pythonpath, *own]
    return {
        "Python": [sys.version, sys.executable, sys.prefix, sys.base_prefix, sys.platform],
        "options of Python": [*interpreter_flags(), *sys.warnoptions],
        # Those of the settings are put there by an import in this process.
        "sys.path": [str(each) for each in sys.path if each not in top],
        "top": top,
        "current folder": os.getcwd(),  # noqa: PTH109 - a string
        "settings": [
            [*settings.modules], [*settings.pythonpath], settings.setup, settings.root,
            settings.folder, [*settings.depends], [*settings.mocks], settings.evidence,
        ],
    }  # fmt: skip


def inputs_of_file(settings: Settings, file: str) -> Inputs:
    """Return the inputs of a catalog that is read from *file*."""
    return Inputs(process=describe_process(settings), files=(FileState.read(file),))
