"""Methods of objects whose class the source does not show, where only one class has them."""

import io
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import (
    HANDING,
    REGISTERING,
    SENDING,
    SIGNATURES,
    STORING,
    WAITING,
    last_of,
)
from penstock.evidence._analysis.values import (
    NOTHING,
    Function,
    Instance,
    Method,
    Values,
)
from penstock.evidence._source.files import Definition

__all__ = ["COMMON", "OF_TYPES", "methods_called", "methods_of_bases"]

OF_TYPES = frozenset(
    name
    for kind in (
        str, bytes, list, dict, set, int, float, io.StringIO, io.BytesIO, PurePath, BaseException,
    )
    for name in dir(kind)
)  # fmt: skip
"""Names that objects of the standard library have."""


COMMON = OF_TYPES | HANDING | REGISTERING | SENDING | SIGNATURES | STORING | WAITING | {
    "run", "start", "stop", "close", "open", "read", "write", "filter", "all", "first", "last",
    "exclude", "order_by", "query", "execute", "commit", "rollback", "flush", "connect", "acquire",
    "release", "next", "reset", "load", "dump", "loads", "dumps", "parse", "render", "validate",
    "is_valid", "info", "debug", "warning", "error", "exception", "log", "set", "process", "call",
    "handle", "build", "setup", "init", "main", "match", "search", "scalar", "scalars", "json",
}  # fmt: skip
"""Names that objects of many classes have, those of libraries too."""


def methods_called(engine: Engine, name: str) -> Values:
    """Return the methods called *name* of the one class of the project, and its subclasses."""
    known = engine.guessed.get(name)
    if known is not None:
        return known
    engine.guessed[name] = NOTHING
    if name in COMMON or name.startswith("__"):
        return NOTHING
    found = _methods(engine, name)
    if len(_tops(engine, found)) == 1:
        engine.guessed[name] = _bound(engine, found, name)
    return engine.guessed[name]


def methods_of_bases(
    engine: Engine, name: str, bases: AbstractSet[str]
) -> tuple[Method, ...] | None:
    """Return the methods called *name* of a class that extends one of *bases*, or its subclasses.

    Returns:
        None if several classes have them, of which none extends the others.
    """
    if name in COMMON or name.startswith("__"):
        return ()
    found = [
        cls
        for cls in _methods(engine, name)
        if any(last_of(one) in bases for one in engine.library_bases(cls))
    ]
    return None if len(_tops(engine, found)) > 1 else _bound(engine, found, name)


def _tops(engine: Engine, found: Sequence[Definition]) -> list[Definition]:
    """Return the classes that extend none of the others."""
    return [cls for cls in found if not any(_is_below(engine, cls, other) for other in found)]


def _methods(engine: Engine, name: str) -> Sequence[Definition]:
    """Return the classes that have a method called *name*."""
    found = engine.project.classes_with(name)
    for cls in found:
        engine.scope_of(cls.source)
    return found


def _is_below(engine: Engine, cls: Definition, other: Definition) -> bool:
    return cls is not other and engine.is_subclass(cls, other)


def _bound(engine: Engine, found: Sequence[Definition], name: str) -> tuple[Method, ...]:
    return tuple(
        Method(value, Instance(cls))
        for cls in found
        for value in engine.own(cls, name)
        if isinstance(value, Function)
    )
