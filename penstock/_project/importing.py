"""Importing the modules that a project's settings name, and saying what went wrong."""

import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from penstock._common.callables import discard
from penstock._common.declared_strings import escape_controls
from penstock._common.plain_values import unprintable
from penstock._project.loggers import kept_loggers
from penstock._project.settings import Settings
from penstock.exceptions import (
    ModuleImportError,
    PenstockError,
    SetupError,
    UnknownFlowError,
    UnknownStepError,
    did_you_mean,
)

__all__ = [
    "Interruption",
    "explain",
    "explain_nothing",
    "explain_optimization",
    "import_modules",
    "is_importable",
    "is_own",
]


class Interruption(BaseException):
    """Something ends the program while modules are imported, as Ctrl-C does."""


_INTERRUPTIONS = (KeyboardInterrupt, Interruption)

_IMPORTLIB = Path(importlib.__file__)
_PENSTOCK = Path(__file__).parents[1]
_LIBRARY = Path(os.__file__).parent.resolve()
_INSTALLED = {"site-packages", "dist-packages"}


def import_modules(settings: Settings) -> tuple[ModuleImportError, ...]:
    """Import the modules of *settings* and return what could not be imported.

    One that fails does not keep the others from being imported; a *setup* that fails does,
    since they would fail for want of it.
    """
    extend_path(settings)
    with _imports_at_once(), kept_loggers():
        return _import_all(settings)


def extend_path(settings: Settings) -> None:
    """Let the modules of *settings* be found, by others too.

    .. versionadded:: 0.2
    """
    root = (settings.root,) if settings.root else ()
    for folder in reversed((*settings.pythonpath, *root)):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def is_imported(settings: Settings) -> bool:
    """Return whether somebody has imported a module of *settings*, or a package that holds one.

    .. versionadded:: 0.2
    """
    names = (*settings.modules, *filter(None, [settings.setup]))
    return any(name.partition(":")[0].partition(".")[0] in sys.modules for name in names)


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


def _import_all(settings: Settings) -> tuple[ModuleImportError, ...]:
    failures: list[ModuleImportError] = []
    if settings.setup is not None:
        _set_up(settings, settings.setup, failures)
    if not failures:
        for pattern in settings.modules:
            _import_pattern(settings, pattern, failures)
    return tuple(failures)


def _set_up(settings: Settings, target: str, failures: list[ModuleImportError]) -> None:
    """Call the function *target*, or note why it cannot be called."""
    location = settings.setup_location or settings.location
    module, _, name = target.partition(":")
    if whole := _whole_target(target):
        cause = f'write "{whole}": a module, a colon and a function'
        failures.append(SetupError(target, cause, location, "cannot be called"))
        return
    doing = "cannot be imported"
    try:
        found = importlib.import_module(module)
        function = getattr(found, name, None)
        if function is None:
            cause = f"{module} has no function {name!r}{did_you_mean(name, vars(found))}"
            failures.append(SetupError(target, cause, location, doing))
            return
        doing = "failed"
        if discard(function()):
            message = "it returned something to await: write a plain function (def)"
            raise TypeError(message)  # noqa: TRY301 - as if it had raised
    except _INTERRUPTIONS:
        raise
    except BaseException as error:  # a user's function may raise anything
        failures.append(SetupError(target, _cause(settings, module, error), location, doing))
        failures[-1].__cause__ = error


def _whole_target(target: str) -> str | None:
    """Return what to write instead of *target*, or None if it is a module and a function."""
    module, colon, name = target.partition(":")
    if not colon and "." in module and not is_importable(module):
        module, _, name = module.rpartition(".")
    plain = ".".join(part for part in module.removesuffix(".py").split(".") if part.strip())
    if colon and plain and plain == module and name.isidentifier():
        return None
    function = name.strip().rpartition(".")[2]
    return f"{plain or 'shop.docs'}:{function if function.isidentifier() else 'setup'}"


def _import_pattern(settings: Settings, pattern: str, failures: list[ModuleImportError]) -> None:
    name, star, rest = pattern.partition(".*")
    if problem := _problem_of(name, star + rest):
        failures.append(ModuleImportError(pattern, problem, settings.location))
        return
    module = _import(settings, name, failures)
    if module is None or not star:
        return
    if not hasattr(module, "__path__"):
        problem = f"{name} is a module, not a package: write {name}"
        failures.append(ModuleImportError(pattern, problem, settings.location))
        return
    for found in _modules_in(module, deep=rest == "*"):
        _import(settings, found, failures)


def _problem_of(name: str, star: str) -> str | None:
    """Return why *name* and *star* are not those of a module, or None if they may be."""
    if "/" in name or "\\" in name or name.endswith(".py"):
        path = name.replace("\\", "/").removesuffix(".py")
        parts = [part for part in path.split("/") if part.strip(".")]
        return f"write {'.'.join(parts)}: the name of a module, not its file"
    if star not in {"", ".*", ".**"} or "*" in name:
        package = (name + star).partition("*")[0].rpartition(".")[0] or name.partition("*")[0]
        return (
            f"the only patterns are {package or 'pkg'}.*, for the modules directly in a package, "
            f"and {package or 'pkg'}.**, for all below it"
        )
    if name.startswith("."):
        return f"write the whole name, from the top-level package: {name.strip('.') or 'pkg'}"
    if ":" in name:
        return f"write {name.partition(':')[0]}: the module alone"
    if not all(part.strip() == part and part for part in name.split(".")):
        return 'write the dotted name of a module, like "shop.flows"'
    return None


def _import(settings: Settings, name: str, failures: list[ModuleImportError]) -> ModuleType | None:
    """Return the module *name*, or note why it cannot be imported."""
    try:
        return importlib.import_module(name)
    except _INTERRUPTIONS:
        raise
    except BaseException as error:  # a user's module may raise anything
        failure = ModuleImportError(name, _cause(settings, name, error), settings.location)
        failure.__cause__ = error  # its traceback names the files that an edit would fix
        failures.append(failure)
        return None


def _cause(settings: Settings, name: str, error: BaseException) -> str:
    """Say in a line what went wrong, and where in the user's code."""
    text = _text_of(error)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if isinstance(error, SystemExit):
        message = f"it ended the program with SystemExit({error.code!r})"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_import(f.filename)]
    if isinstance(error, ModuleNotFoundError) and _is_part(error.name, name) and not frames:
        return f"{message}. {_where_it_may_be(settings, name)}"
    own = [frame for frame in frames if is_own(Path(frame.filename))] or frames
    where = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    return message + where + _how_to_set_up(settings, error)


def _text_of(error: BaseException) -> str:
    """Return what *error* says, without what would act on a terminal or a log."""
    try:
        return escape_controls(str(error))
    except Exception:  # the user's own class
        return unprintable(error)


def _is_part(found: str | None, name: str) -> bool:
    """Return whether *found* is the module *name* or one of its packages."""
    return found is not None and f"{name}.".startswith(f"{found}.")


def _is_import(file: str) -> bool:
    """Return whether *file* is part of the way from here to the user's module, or is penstock's."""
    if file.startswith("<frozen ") or Path(file) == _IMPORTLIB:
        return True
    return Path(file).is_relative_to(_PENSTOCK)


def is_own(path: Path) -> bool:
    """Return whether the file or folder *path* is the project's, not a library's."""
    if _INSTALLED.intersection(path.parts) or path.resolve().is_relative_to(_LIBRARY):
        return False
    return all(one.name not in _installed_in(one.parent) for one in (path, *path.parents))


@cache
def _installed_in(folder: Path) -> frozenset[str]:
    """Return the names in *folder* that an installer put there (``pip install --target``)."""
    try:
        # Not by glob: a recording ignores this call, and recognizes it by its direct caller.
        names = [name for name in os.listdir(folder) if name.endswith(".dist-info")]  # noqa: PTH208
    except OSError:
        names = []
    lists = [file for name in names if (file := folder / name / "RECORD").is_file()]
    lines = (line for file in lists for line in file.read_text("utf-8", "replace").splitlines())
    return frozenset(line.partition(",")[0].partition("/")[0] for line in lines)


_UNREADY = {"AppRegistryNotReady", "ImproperlyConfigured"}


def _how_to_set_up(settings: Settings, error: BaseException) -> str:
    """Return what to do about *error* if a part of the environment is not set up."""
    # By its name, for importlib.metadata takes long to import.
    if isinstance(error, ImportError) and type(error).__name__ == "PackageNotFoundError":
        return f". Install {error.name} in this environment; the project itself: pip install -e ."
    kinds = type(error).__mro__
    if not any(k.__module__ == "django.core.exceptions" and k.__name__ in _UNREADY for k in kinds):
        return ""
    if settings.setup is None:
        cure = settings.words.assign("setup", "package.module:function")
        text = f". Django is not set up: write {cure}, a function that calls django.setup()"
        return text + settings.words.in_django
    return (
        f". Has {settings.setup} to set os.environ['DJANGO_SETTINGS_MODULE'] before it calls "
        "django.setup()?"
    )


def _where_it_may_be(settings: Settings, name: str) -> str:
    """Return where a module that is nowhere on the path may be, and what to write then."""
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        path = getattr(sys.modules[parent], "__path__", ())
        hint = did_you_mean(last, [found.name for found in pkgutil.iter_modules(path)])
        return f"{parent} has no such module{hint}"
    missing = [folder for folder in settings.pythonpath if not Path(folder).is_dir()]
    if missing:
        return f"There is no folder {missing[0]}, which {settings.words.call('pythonpath')} names"
    base = Path(settings.folder or Path.cwd())
    for folder in _likely_folders(base, settings.root):
        if _holds(folder, name.partition(".")[0]):
            relative = Path(os.path.relpath(folder, base)).as_posix()
            return f"It is in {folder}: write {settings.words.assign('pythonpath', relative)}"
    called = settings.words.call("pythonpath")
    return f"Is its folder in `{called}`, or the project installed?"


def _likely_folders(base: Path, root: str | None) -> Iterator[Path]:
    """Yield the folders in which projects keep their packages, near those of the settings."""
    tops = dict.fromkeys([Path(root)] if root else [base, *list(base.parents)[:2]])
    for top in tops:
        yield top
        yield top / "src"


def _holds(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def is_importable(name: str) -> bool:
    """Return whether there is a module *name*, without importing anything."""
    path: Sequence[str] | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:end]), path)
        if spec is None:
            return False
        path = spec.submodule_search_locations or []
    return True


def _modules_in(package: ModuleType, *, deep: bool) -> Iterator[str]:
    """Yield the names of the modules in *package*, sorted, without a program in it."""
    path = getattr(package, "__path__", ())
    for found in sorted(pkgutil.iter_modules(path, package.__name__ + "."), key=lambda m: m.name):
        if found.name.endswith(".__main__"):  # to import that is to run it
            continue
        yield found.name
        if deep and found.ispkg and found.name in sys.modules:
            yield from _modules_in(sys.modules[found.name], deep=True)


def explain(error: PenstockError, settings: Settings, failures: Sequence[ModuleImportError]) -> str:
    """Return what to say of *error* to the user of a tool that read *settings*.

    An error that names nothing because nothing is declared is about the settings.

    Args:
        error: What was raised when something was looked up.
        settings: The settings of the project.
        failures: What could not be imported.

    .. versionadded:: 0.2
    """
    if not isinstance(error, (UnknownFlowError, UnknownStepError)) or error.known:
        return str(error)
    kind = "flow" if isinstance(error, UnknownFlowError) else "step"
    return f"unknown {kind} {error.name!r}: {explain_nothing(settings, failures)}"


def explain_nothing(settings: Settings, failures: Sequence[ModuleImportError] = ()) -> str:
    """Return why no flow is declared, and what to write.

    .. versionadded:: 0.2
    """
    if settings.catalog:
        return f"no flow is in the catalog {settings.catalog}"
    if not settings.modules:
        cure = settings.words.assign("modules", "shop.flows")
        return f"no modules are configured: write {cure}{settings.words.also}"
    if failures:
        names = ", ".join(failure.module for failure in failures)
        return f"no flow is declared, since these modules cannot be imported: {names}"
    return f"no flow is declared in these modules: {', '.join(settings.modules)}"


def explain_optimization() -> str | None:
    """Return why no step has a docstring, if Python drops them all.

    .. versionadded:: 0.2
    """
    return "docstrings are missing: Python runs with -OO" if sys.flags.optimize > 1 else None
