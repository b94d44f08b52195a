"""The values that names may have, as far as the source shows them. All are frozen."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.evidence._source.files import Definition, SourceFile

if TYPE_CHECKING:
    from penstock.evidence._analysis.scopes import Activation, Scope

__all__ = [
    "NOTHING",
    "UNKNOWN",
    "Alias",
    "Class",
    "Constant",
    "Container",
    "Deferred",
    "External",
    "Function",
    "Instance",
    "Method",
    "Module",
    "Partial",
    "Pending",
    "Super",
    "Unknown",
    "Value",
    "Values",
    "Wrapped",
    "is_vague",
    "join",
]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the source does not show."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, a number, True, False or None."""

    value: Any
    kind: type = NoneType
    """The type, since ``1 == True``."""


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library, by its dotted name, with ``()`` after what is called."""

    name: str
    site: Hashable = None
    """The call that made it, if one did."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    source: SourceFile


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project."""

    definition: Definition
    scope: "Scope" = field(repr=False)
    """The scope that it was defined in."""


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    definition: Definition
    is_any: bool = False
    """Whether it may be one of its subclasses."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project."""

    cls: Definition
    site: Hashable = None
    """The call that made it. None is any object of the class or of one of its subclasses."""


@dataclass(frozen=True, slots=True)
class Method:
    """A function with the object or class that it is bound to."""

    function: Function
    receiver: "Value"


@dataclass(frozen=True, slots=True)
class Super:
    """The result of ``super()``."""

    cls: Definition
    receiver: "Value"


@dataclass(frozen=True, slots=True)
class Container:
    """A list, tuple, dict or set. The heap has its items."""

    kind: str
    site: Hashable


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with some of its arguments."""

    callee: "Value"
    positional: tuple["Values", ...] = ()
    named: tuple[tuple[str, "Values"], ...] = ()
    kind: str = "partial"
    """``"signature"`` is that of a task."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A function in a descriptor or a decorator of a library that changes how it is called."""

    kind: str
    function: "Value"


@dataclass(frozen=True, slots=True)
class Alias:
    """A type that is written as an expression, like ``Annotated[Session, Depends(get_db)]``."""

    node: Any
    scope: "Scope" = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A coroutine that nobody awaits yet, or a generator that nobody iterates over yet."""

    kind: str
    activations: tuple["Activation", ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """The result of a hand-off, for which somebody may wait."""

    token: Hashable


Value: TypeAlias = (
    Unknown | Constant | External | Module | Function | Class | Instance | Method | Super
    | Container | Alias | Partial | Wrapped | Deferred | Pending
)  # fmt: skip


Values: TypeAlias = tuple[Value, ...]
"""Several values, of which each may be the one, without doubles and in order."""


NOTHING: Values = ()


UNKNOWN: Values = (Unknown(),)


_MOST = 40
"""How many values a name may have before all further ones are unknown."""


def join(*several: Iterable[Value]) -> Values:
    """Return all values of *several*, each once."""
    filled = [values for values in several if values != ()]
    if not filled:
        return NOTHING
    first = filled[0]
    if isinstance(first, tuple) and all(values is first for values in filled):
        return first
    found = dict.fromkeys(value for values in filled for value in values)
    if len(found) > _MOST:
        known = [value for value in found if value != UNKNOWN[0]]
        return (*known[:_MOST], *UNKNOWN)
    return tuple(found)


def is_vague(values: Values) -> bool:
    """Return whether the source shows nothing of *values* that could be called or looked at."""
    return all(isinstance(value, (Unknown, External, Constant)) for value in values)
