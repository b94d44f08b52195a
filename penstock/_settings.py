"""The settings of a project, and importing the modules that they name."""

import importlib
import pkgutil
import sys
import tomllib
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from penstock.exceptions import ConfigurationError, ModuleImportError, did_you_mean

__all__ = ["Settings", "import_modules", "read_settings"]

_IMPORTLIB = Path(importlib.__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the flows of a project are declared."""

    modules: tuple[str, ...] = ()
    """The modules to import: dotted names, ``pkg.*`` for all modules directly in
    a package, ``pkg.**`` for all below it."""

    pythonpath: tuple[str, ...] = ()
    """Folders to import from, before all others."""

    setup: str | None = None
    """A function to call first, as ``"package.module:function"``."""

    place: str = "penstock"
    """Where the settings stand, for messages."""

    def override(self, place: str, said: Mapping[str, object], folder: Path) -> "Settings":
        """Return these settings with what *place* says instead.

        Args:
            place: Where *said* stands, for messages.
            said: Setting by name. None and empty lists leave a setting as it is.
            folder: The folder from which paths are counted.

        Raises:
            ConfigurationError: If a setting is unknown or of the wrong type.
        """
        known = [field.name for field in fields(self) if field.name != "place"]
        changes: dict[str, Any] = {}
        for key, value in said.items():
            if key not in known:
                hint = did_you_mean(key, known)
                problem = f"unknown setting {key!r}{hint} (known: {', '.join(known)})"
                raise ConfigurationError(place, problem)
            if value is None or value == []:
                continue
            changes[key] = _text(place, key, value) if key == "setup" else _texts(place, key, value)
        if "pythonpath" in changes:
            changes["pythonpath"] = tuple(str(folder / p) for p in changes["pythonpath"])
        return replace(self, **changes, place=place) if changes else self


def read_settings(start: Path) -> Settings:
    """Return ``[tool.penstock]`` of the nearest ``pyproject.toml`` that has it.

    Looks in *start* and then in the folders above it. Without one, the
    settings are empty.

    Raises:
        ConfigurationError: If a file cannot be read as TOML, or a setting is wrong.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(str(file), f"not valid TOML: {error}") from error
        if "penstock" in tool:
            return Settings().override(f"[tool.penstock] in {file}", tool["penstock"], folder)
    return Settings()


def import_modules(settings: Settings) -> tuple[ModuleImportError, ...]:
    """Import the modules of *settings* and return what could not be imported.

    One that fails does not keep the others from being imported.
    """
    for folder in reversed(settings.pythonpath):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    with _imports_at_once():
        return _import_all(settings)


def _import_all(settings: Settings) -> tuple[ModuleImportError, ...]:
    failures: list[ModuleImportError] = []
    if settings.setup is not None:
        _attempt(settings.setup, settings.place, failures, _call)
    for pattern in settings.modules:
        name = pattern.rstrip(".*")
        module = _attempt(name, settings.place, failures, importlib.import_module)
        if module is not None and name != pattern:
            for found in _modules_in(module, deep=pattern.endswith("**")):
                _attempt(found, settings.place, failures, importlib.import_module)
    return tuple(failures)


@contextmanager
def _imports_at_once() -> Iterator[None]:
    """Do lazy imports at once in the block: a module that nobody uses yet declares flows too.

    Python 3.15 has them (PEP 810), as a statement and as an option.
    """
    get = getattr(sys, "get_lazy_imports_filter", None)
    if get is None:
        yield
        return
    change, before = sys.set_lazy_imports_filter, get()  # type: ignore[attr-defined]  # as above
    change(lambda *_: False)
    try:
        yield
    finally:
        change(before)


def _call(target: str) -> None:
    module, _, function = target.partition(":")
    getattr(importlib.import_module(module), function or "setup")()


def _attempt(
    name: str, place: str, failures: list[ModuleImportError], action: Any
) -> ModuleType | None:
    """Return what *action* makes of *name*, or note why it made nothing."""
    try:
        found: ModuleType | None = action(name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything
        failure = ModuleImportError(name, _cause(name, error), place)
        failure.__cause__ = error  # its traceback names the files that an edit would mend
        failures.append(failure)
        return None
    return found


def _cause(name: str, error: BaseException) -> str:
    """Say in a line what went wrong, and where in the user's code."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SystemExit):
        said = f"it ended the program with SystemExit({error.code!r})"
    if isinstance(error, ModuleNotFoundError) and name.partition(":")[0].startswith(
        error.name or "\0"
    ):
        return f"{said}. Is its folder in `pythonpath`, or the project installed?"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_import(f.filename)]
    return f"{said} ({frames[-1].filename}:{frames[-1].lineno})" if frames else said


def _is_import(file: str) -> bool:
    """Tell whether *file* is part of the way from here to the user's module."""
    return file == __file__ or file.startswith("<frozen ") or Path(file) == _IMPORTLIB


def _modules_in(package: ModuleType, *, deep: bool) -> Iterator[str]:
    """Yield the names of the modules in *package*, sorted."""
    path = getattr(package, "__path__", ())
    for found in sorted(pkgutil.iter_modules(path, package.__name__ + "."), key=lambda m: m.name):
        yield found.name
        if deep and found.ispkg and found.name in sys.modules:
            yield from _modules_in(sys.modules[found.name], deep=True)


def _text(place: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(place, f"{key!r} takes a text, not {value!r}")
    return value


def _texts(place: str, key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise ConfigurationError(place, f"{key!r} takes a list of texts, not {value!r}")
    return tuple(_text(place, key, item) for item in value)
