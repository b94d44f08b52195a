"""The settings of a project, and how each tool words them."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import Any

from penstock._project.check_settings import read_check_settings
from penstock.exceptions import ConfigurationError, did_you_mean

__all__ = ["SETTING_NAMES", "SettingWords", "Settings", "check_seconds", "read_settings"]

SETTING_NAMES = (
    "modules", "pythonpath", "setup", "catalog", "depends", "timeout", "catalog_reuse",
    "source_url", "evidence",
)  # fmt: skip
"""The settings that a project may have, in any tool."""

_SINGLE = {"setup", "catalog", "source_url"}
"""The settings that take one string."""

_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
"""The files and folders that the folder of a project has."""

_FOREVER = 1_000_000
"""Seconds that nobody waits for a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingWords:
    """How the settings are written in the tool that the reader of a message is in.

    .. versionadded:: 0.2
    """

    name: str = "{}"
    """The name of a setting, with ``{}`` for the name of the field."""

    assignment: str = "{name} = {value} under [tool.penstock] in pyproject.toml"
    """How a value is set. Strings and lists of strings look alike in TOML, Python and YAML."""

    also: str = ""
    """The end of the message for a user who has no modules, with another way to name some."""

    in_django: str = ""
    """The end of the message for a user whose Django is not set up, with another way to do it."""

    def call(self, setting: str) -> str:
        """Return what *setting* is called."""
        return self.name.format(setting)

    def assign(self, setting: str, *values: str) -> str:
        """Return how to set *setting*, which takes one string or a list."""
        quoted = ", ".join(f'"{value}"' for value in values)
        value = quoted if setting in _SINGLE else f"[{quoted}]"
        return self.assignment.format(name=setting, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a project: which modules declare its flows, and how they are imported.

    .. versionadded:: 0.2
    """

    modules: tuple[str, ...] = ()
    """The modules to import, as dotted names; ``pkg.*`` for all modules directly in
    a package, ``pkg.**`` for all below it."""

    pythonpath: tuple[str, ...] = ()
    """Folders to import from, before all others."""

    setup: str | None = None
    """A function to call first, as ``"package.module:function"``."""

    catalog: str | None = None
    """The file of a catalog, from which flows are read instead of importing modules."""

    depends: tuple[str, ...] = ()
    """Files, folders and patterns of these that flows depend on and that no import can show."""

    timeout: float = field(default=60.0, compare=False)
    """Seconds that a process may take to import the modules."""

    catalog_reuse: bool = field(default=True, compare=False)
    """Whether flows are kept from one build to the next while nothing has changed."""

    source_url: str | None = field(default=None, compare=False)
    """The URL of a line of the source, with ``{file}`` for the path of a file from the folder of
    the settings, and ``{line}``."""

    evidence: bool | None = None
    """Whether the flows are checked against the source, and drawn with what that shows. If None,
    they are drawn with what a catalog has."""

    check: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The settings of ``penstock check``, by their names."""

    mocks: tuple[str, ...] = ()
    """The modules that the tool replaces by mocks while it imports those of the project."""

    location: str = "penstock"
    """The source of the settings, for messages."""

    root: str | None = field(default=None, compare=False)
    """The folder of the file with ``[tool.penstock]``, to import from after *pythonpath*."""

    setup_location: str | None = field(default=None, compare=False)
    """The source of *setup*, unless that is *location*."""

    catalog_location: str | None = field(default=None, compare=False)
    """The source of *catalog*, unless that is *location*."""

    folder: str | None = field(default=None, compare=False)
    """The folder from which the tool counts the paths of its settings."""

    words: SettingWords = field(default=SettingWords(), compare=False)
    """How the settings are written in the tool."""

    @property
    def project_folder(self) -> str:
        """The folder from which the files of the project are named.

        That of the table, else the nearest with a ``pyproject.toml``, a ``setup.py`` or a
        repository, else one up to two above that modules are imported from, as of ``docs``.
        """
        if self.root or not self.folder:
            return self.root or "."
        folder = Path(self.folder)
        marked = (one for one in (folder, *folder.parents) if _is_project(one))
        known = {*self.pythonpath, *sys.path}
        above = (one for one in reversed(folder.parents[:2]) if str(one) in known)
        return str(next(marked, next(above, folder)))

    def rooted(self, start: Path, *more: Path) -> "Settings":
        """Return these settings as a program has them, which imports from the project itself.

        Args:
            start: The folder of the project if no file has its settings.
            more: Further folders to import from, after those of the project.
        """
        root = self.root or str(start)
        folders = dict.fromkeys((*self.pythonpath, root, *map(str, more)))
        return replace(self, pythonpath=tuple(folders), folder=root)

    def override(
        self,
        location: str,
        options: Mapping[str, object],
        folder: Path,
        words: SettingWords | None = None,
    ) -> "Settings":
        """Return these settings with *options* in place of their values.

        Args:
            location: Where the options are from, for messages.
            options: Values by name. None and empty lists leave a setting as it is.
            folder: The folder from which paths are counted.
            words: How the settings are written there, if not as in ``pyproject.toml``.

        Raises:
            ConfigurationError: If a setting is unknown or of the wrong type.
        """
        words = words or self.words
        changes: dict[str, Any] = {}
        for key, value in options.items():
            if key not in SETTING_NAMES:
                raise _unknown(location, key, SETTING_NAMES)
            if value is None or value == []:
                continue
            changes[key] = _READERS.get(key, _strings)(location, words.call(key), value)
        if "pythonpath" in changes:
            changes["pythonpath"] = tuple(_below(folder, p) for p in changes["pythonpath"])
        if "depends" in changes:
            changes["depends"] = tuple(_pattern_below(folder, p) for p in changes["depends"])
        if "setup" in changes:
            changes["setup_location"] = location
        if "catalog" in changes:
            changes["catalog"] = _below(folder, changes["catalog"])
            changes["catalog_location"] = location
        elif "modules" in changes:  # which are nearer than a catalog that is set elsewhere
            changes["catalog"] = None
        changed = replace(self, **changes, location=location) if changes else self
        return replace(changed, words=words, folder=str(folder))


def _is_project(folder: Path) -> bool:
    return any((folder / name).exists() for name in _MARKS)


def _below(folder: Path, path: str) -> str:
    """Return *path* as seen from *folder*, without the ``..`` that would show in each location."""
    joined = folder / path
    # What comes before may be a link, so that its parent is not the folder before it.
    return str(joined.resolve() if ".." in joined.parts else joined)


def _pattern_below(folder: Path, pattern: str) -> str:
    """Return *pattern* as seen from *folder*, whose name is taken literally."""
    return os.path.normpath(os.path.join(escape(str(folder)), pattern))  # noqa: PTH118 - no path


def read_settings(start: Path) -> Settings:
    """Return ``[tool.penstock]`` of the nearest ``pyproject.toml`` that has it.

    Looks in *start* and then in the folders above it. Without one, the
    settings are empty.

    Raises:
        ConfigurationError: If a file cannot be read as TOML, or a setting is wrong.

    .. versionadded:: 0.2
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        table = _read_table(file) if file.is_file() else None
        if table is not None:
            location = f"[tool.penstock] in {file}"
            check = read_check_settings(location, table.pop("check", {}), folder)
            for key in table.keys() - SETTING_NAMES:
                raise _unknown(location, key, (*SETTING_NAMES, "check"))
            settings = Settings(check=check).override(location, table, folder)
            return replace(settings, root=str(folder))
    return Settings()


def _unknown(location: str, key: str, known: Sequence[str]) -> ConfigurationError:
    """Return what is raised for a setting that there is not."""
    problem = f"unknown setting {key!r}{did_you_mean(key, known)} (known: {', '.join(known)})"
    return ConfigurationError(location, problem)


def _read_table(file: Path) -> dict[str, Any] | None:
    """Return ``[tool.penstock]`` of *file*, or None if it has none."""
    import tomllib  # noqa: PLC0415 - a child process is given its settings

    try:
        # Some editors begin a file with a byte order mark.
        found: Any = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(str(file), f"not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigurationError(str(file), f"cannot be read: {error.strerror}") from error
    for depth, key in enumerate(("tool", "penstock"), 1):
        found = found.get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            name = ".".join(("tool", "penstock")[:depth])
            problem = f"{name} must be a table, not {found!r}: write [tool.penstock] on a line"
            raise ConfigurationError(str(file), problem)
    table: dict[str, Any] = found
    return table


def _string(location: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(location, f"{name} takes a string, not {value!r}")
    return value


def _strings(location: str, name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        problem = f'{name} takes a list of strings: write ["{value}"], not {value!r}'
        raise ConfigurationError(location, problem)
    if not isinstance(value, (list, tuple)):
        raise ConfigurationError(location, f"{name} takes a list of strings, not {value!r}")
    return tuple(_string(location, name, item) for item in value)


def check_seconds(value: object) -> float:
    """Return *value* as a time limit.

    Raises:
        ValueError: If it is none. The message goes on after the name of the setting.

    .. versionadded:: 0.2
    """
    # Not True, which Python takes for a number, and not infinity, for which nothing can wait.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < _FOREVER:
        return float(value)
    message = f"takes a number of seconds above 0 and below {_FOREVER}, not {value!r}"
    raise ValueError(message)


def _seconds(location: str, name: str, value: object) -> float:
    try:
        return check_seconds(value)
    except ValueError as error:
        raise ConfigurationError(location, f"{name} {error}") from None


def _boolean(location: str, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(location, f"{name} takes true or false, not {value!r}")
    return value


def _source_url(location: str, name: str, value: object) -> str:
    url = _string(location, name, value)
    if "{file}" not in url:
        example = "https://github.com/acme/shop/blob/main/{file}#L{line}"
        problem = f'{name} needs {{file}} in it, as in "{example}", not {url!r}'
        raise ConfigurationError(location, problem)
    for field_name in re.findall(r"\{(\w+)\}", url):
        if field_name not in {"file", "line"}:
            problem = f"{name} has {{{field_name}}} in it: only {{file}} and {{line}} are filled in"
            raise ConfigurationError(location, problem)
    return url


_READERS: dict[str, Callable[[str, str, object], object]] = {
    "setup": _string,
    "catalog": _string,
    "timeout": _seconds,
    "catalog_reuse": _boolean,
    "source_url": _source_url,
    "evidence": _boolean,
}
"""The check of each setting that is not a list of strings."""
