"""Functions and classes that strings name, like ``"shop.tasks.export"``."""

from collections.abc import Iterator

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import IMPORTING, last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    Constant,
    Container,
    Values,
    join,
)
from penstock.evidence._source.functions import written

__all__ = ["imported_by", "in_modules", "named_by", "setting", "strings"]


def named_by(engine: Engine, text: str) -> Values:
    """Return what *text* names: something in a module, or a task that is registered so."""
    module, _, name = text.replace(":", ".").rpartition(".")
    source = engine.project.files.get(module)
    if source is not None and (members := engine.member(source, name)):
        return members
    if not name.isidentifier():
        return NOTHING
    if not module and (listed := _listed(engine, name)):
        return listed
    for file, is_registered in engine.project.search("task", text, name):
        for definition in file.definitions.values() if is_registered else ():
            if any(f"'{text}'" in written(each) for each in definition.decorators):
                return engine.member(file, definition.name)
    return NOTHING


def _listed(engine: Engine, name: str) -> Values:
    """Return the one function called *name* that is listed somewhere, as for a worker of arq."""
    files = [file for file, has_def in engine.project.search("def", name) if has_def]
    found = [each for file in files if (each := file.find(name)) is not None]
    if len(found) != 1 or found[0].kind != "function" or not engine.project.is_value(found[0]):
        return NOTHING
    return engine.member(found[0].source, name)


def imported_by(engine: Engine, function: str, arguments: Arguments) -> Values:
    """Return what a function that imports by strings returns, if it is the project's."""
    if last_of(function) not in IMPORTING:
        return NOTHING
    first, *others = [strings(values) for values in arguments.positional[:2]] or [[]]
    found = join(*(named_by(engine, text) for text in first))
    names = [name for each in others for name in each]
    return found or join(*(in_modules(engine, text, name) for text in first for name in names))


def strings(values: Values) -> list[str]:
    """Return those of *values* that are strings."""
    return [v.value for v in values if isinstance(v, Constant) and isinstance(v.value, str)]


def in_modules(engine: Engine, text: str, name: str) -> Values:
    """Return what *name* is in the modules whose names end with *text*."""
    files = engine.project.files.items()
    found = [file for module, file in files if f".{module}".endswith(f".{text}")]
    return join(*(engine.member(file, name) for file in dict.fromkeys(found)))


def setting(engine: Engine, name: str) -> Values:
    """Return what the modules of settings assign to *name*, if one may be in use."""
    return join(*_settings(engine, name)) if name.isupper() else NOTHING


def _settings(engine: Engine, name: str) -> Iterator[Values]:
    for file in engine.project.mentioning(name):
        if "settings" in file.module.split("."):
            yield tuple(
                v for v in engine.member(file, name) if isinstance(v, (Constant, Container))
            )
