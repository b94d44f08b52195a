"""The values that names may have, as far as the source shows them. All are frozen."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.evidence._analysis.kept import Kept
from penstock.evidence._source.files import Definition, SourceFile

if TYPE_CHECKING:
    from penstock.evidence._analysis.scopes import Activation, Scope

__all__ = [
    "CUT",
    "FURTHER",
    "NOTHING",
    "UNKNOWN",
    "Alias",
    "Class",
    "Constant",
    "Container",
    "Deferred",
    "External",
    "Function",
    "Further",
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
    "assignable",
    "is_vague",
    "join",
]


@dataclass(frozen=True, slots=True, eq=False)
class Unknown(metaclass=Kept):
    """A value that the source does not show."""


@dataclass(frozen=True, slots=True, eq=False)
class Further(metaclass=Kept):
    """Whatever else a value may be, beside what an imported module has.

    A call of values among which this is may lead anywhere, whereas one that is unknown counts
    for nothing beside values that the source shows.
    """

    is_cut: bool = False
    """Whether the source shows it, but there is too much to follow all."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant(metaclass=Kept):
    """A string, a number, True, False or None."""

    value: Any
    kind: type = NoneType
    """The type, since ``1 == True``."""


@dataclass(frozen=True, slots=True, eq=False)
class External(metaclass=Kept):
    """Something of a library, by its dotted name, with ``()`` after what is called."""

    name: str
    site: Hashable = None
    """The call that made it, if one did."""

    @property
    def owner(self) -> "External":
        """The value of which it is an attribute."""
        return External(self.name.rpartition(".")[0], self.site)


@dataclass(frozen=True, slots=True, eq=False)
class Module(metaclass=Kept):
    """A module of the project."""

    source: SourceFile


@dataclass(frozen=True, slots=True, eq=False)
class Function(metaclass=Kept):
    """A function of the project."""

    definition: Definition
    scope: "Scope" = field(repr=False)
    """The scope that it was defined in."""


@dataclass(frozen=True, slots=True, eq=False)
class Class(metaclass=Kept):
    """A class of the project."""

    definition: Definition
    is_any: bool = False
    """Whether it may be one of its subclasses."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance(metaclass=Kept):
    """An object of a class of the project."""

    cls: Definition
    site: Hashable = None
    """The call that made it. None is any object of the class or of one of its subclasses."""


@dataclass(frozen=True, slots=True, eq=False)
class Method(metaclass=Kept):
    """A function with the object or class that it is bound to."""

    function: Function
    receiver: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class Super(metaclass=Kept):
    """The result of ``super()``."""

    cls: Definition
    receiver: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class Container(metaclass=Kept):
    """A list, tuple, dict or set. The heap has its items."""

    kind: str
    site: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Partial(metaclass=Kept):
    """A callable with some of its arguments."""

    callee: "Value"
    positional: tuple["Values", ...] = ()
    named: tuple[tuple[str, "Values"], ...] = ()
    kind: str = "partial"
    """``"signature"`` is that of a task."""


@dataclass(frozen=True, slots=True, eq=False)
class Wrapped(metaclass=Kept):
    """A function in a descriptor or a decorator of a library that changes how it is called."""

    kind: str
    function: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class Alias(metaclass=Kept):
    """A type that is written as an expression, like ``Annotated[Session, Depends(get_db)]``."""

    node: Any
    scope: "Scope" = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Deferred(metaclass=Kept):
    """A coroutine that nobody awaits yet, or a generator that nobody iterates over yet."""

    kind: str
    activations: tuple["Activation", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pending(metaclass=Kept):
    """The result of a hand-off, for which somebody may wait."""

    token: Hashable


Value: TypeAlias = (
    Unknown | Constant | External | Module | Function | Class | Instance | Method | Super
    | Container | Alias | Partial | Wrapped | Deferred | Pending | Further
)  # fmt: skip


Values: TypeAlias = tuple[Value, ...]
"""Several values, of which each may be the one, without doubles and in order."""


NOTHING: Values = ()


UNKNOWN: Values = (Unknown(),)


FURTHER: Values = (Further(),)


CUT: Values = (Further(is_cut=True),)
"""A value beyond a limit of the check."""


def assignable(values: Values) -> Values:
    """Return *values* of a module or a class, where None is for what somebody assigns."""
    if _NONE not in values:
        return values
    return tuple(_UNSET if value is _NONE else value for value in values)


_NONE, _UNSET = Constant(None), Constant(None, object)


_MOST = 40
"""How many values a name may have: after these it is whatever else it may be, too."""


_VAGUE = (Unknown(), Further(), Further(is_cut=True))
"""The values that are left out where there are more."""


def join(*several: Iterable[Value]) -> Values:
    """Return all values of *several*, each once."""
    filled = [values for values in several if values]
    if not filled:
        return NOTHING
    first = filled[0]
    others = [values for values in filled if values is not first]
    if isinstance(first, tuple) and (not others or _is_full(first)):
        return first
    found = dict.fromkeys(first)  # no loops of Python: this is the most frequent call of all
    for values in others:
        found.update(dict.fromkeys(values))
        if len(found) > _MOST + len(_VAGUE):
            break  # what else there is would be left out
    if len(found) > _MOST:
        known = [value for value in found if not isinstance(value, (Unknown, Further))]
        return (*known[:_MOST], *CUT)
    if isinstance(first, tuple) and len(found) == len(first):
        return first
    return tuple(found)


def _is_full(values: Values) -> bool:
    """Return whether nothing can be joined to *values* any more."""
    return len(values) == _MOST + 1 and values[_MOST] is CUT[0]


def is_vague(values: Values) -> bool:
    """Return whether the source shows nothing of *values* that could be called or looked at."""
    return all(isinstance(value, (Unknown, Further, External, Constant)) for value in values)
