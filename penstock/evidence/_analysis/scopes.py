"""Scopes of names, and functions with the arguments that they are called with."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from penstock.evidence._analysis.terms import EMPTY, Term
from penstock.evidence._analysis.values import (
    CUT,
    NOTHING,
    Class,
    Instance,
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition

__all__ = ["ANY", "OPEN", "Activation", "Arguments", "Attributes", "ClassInfo", "Scope", "merge"]


@dataclass(slots=True, eq=False)
class Scope:
    """The names that one execution of a module, class or function assigns."""

    definition: Definition
    parent: "Scope | None" = None
    names: dict[str, Values] = field(default_factory=dict)
    """All that each name may be."""

    final: dict[str, Values] | None = None
    """Each name as it is after the execution, if that has ended."""

    was_read: set[str] = field(default_factory=set)
    real: dict[str, Values] = field(default_factory=dict)
    """Names as they are in the imported module, where the source does not show it."""

    cls: Definition | None = None
    """The class in which a method is, for ``super()``."""

    @property
    def module(self) -> "Scope":
        """The scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def add(self, name: str, values: Values) -> bool:
        """Let *name* be one of *values* too, and return whether somebody has read it before."""
        known = self.names.get(name, NOTHING)
        if len(values) == 1 and values[0] in known:  # as mostly, and faster
            return False
        both = join(known, values)
        self.names[name] = both
        return both != known and name in self.was_read

    def read(self, name: str) -> Values | None:
        """Return what *name* may be, or None if it is not assigned here."""
        self.was_read.add(name)
        final = self.final
        found = final[name] if final is not None and name in final else self.names.get(name)
        if self.real and name in self.real:
            return join(found or NOTHING, self.real[name])
        return found


class Arguments(NamedTuple):
    """The arguments of a call."""

    positional: tuple[Values, ...] = ()
    named: Mapping[str, Values] = {}
    rest: Values = NOTHING
    """The items of what is passed with ``*`` and has an unknown number of items."""

    other: Values = NOTHING
    """The values of what is passed with ``**`` and has unknown keys."""

    is_open: bool = False
    """Whether nobody knows what is passed, as by a library."""

    @property
    def first(self) -> Values:
        """The first one that is passed by its position, if there is one."""
        return self.positional[0] if self.positional else NOTHING

    def all(self) -> Values:
        """Return all values."""
        return join(*self.positional, *self.named.values(), self.rest, self.other)

    def before(self, first: Values) -> "Arguments":
        """Return these with one more at the beginning."""
        return self._replace(positional=(first, *self.positional))


OPEN = Arguments(is_open=True)


ANY = Arguments(rest=CUT, other=CUT, is_open=True)
"""The arguments of calls that are not followed, for there are too many, or too deep ones."""


Attributes: TypeAlias = dict[tuple[Value, str], Values]
"""The attributes of objects as they are now, in place of all that they ever may be."""


@dataclass(slots=True, eq=False)
class Activation:
    """A function with the arguments that it is called with, and what it then does."""

    definition: Definition
    scope: Scope = field(repr=False)
    bound: Mapping[str, Values] = field(repr=False)
    receiver: Value | None = field(default=None, repr=False)
    body: Term = field(default=EMPTY, repr=False)
    """Its calls, in their order."""

    before: Term = field(default=EMPTY, repr=False)
    """The calls of a framework that provide its arguments."""

    returns: Values = field(default=NOTHING, repr=False)
    yields: Values = field(default=NOTHING, repr=False)
    round: int = field(default=-1, repr=False)
    is_running: bool = field(default=False, repr=False)
    recursed: bool = field(default=False, repr=False)
    frame_scope: Scope | None = field(default=None, repr=False)
    is_root: bool = False
    """Whether nobody knows who calls it."""

    leaves: Attributes | None = field(default=None, repr=False)
    """The attributes that it has surely set when it ends, or None if that is not known."""

    @property
    def has_arguments(self) -> bool:
        """Whether a method gets more than its object."""
        return len(self.bound) > 1

    @property
    def cls(self) -> Definition | None:
        """The class of the object that has the method, if it is one."""
        if isinstance(self.receiver, Instance):
            return self.receiver.cls
        return self.receiver.definition if isinstance(self.receiver, Class) else None


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A class of the project: its bases and its own names."""

    definition: Definition
    scope: Scope
    bases: Values = NOTHING
    decorators: tuple[str, ...] = ()
    assigned: Mapping[str, tuple[ast.AST, ...]] = field(default_factory=dict)
    """The methods that assign each attribute of ``self``."""


def merge(maps: Iterable[Mapping[str, Values]]) -> dict[str, Values]:
    """Return what each name may be in one of *maps*."""
    several = list(maps)
    if len(several) == 1:
        return dict(several[0])
    found: dict[str, Values] = {}
    for one in several:
        for name, values in one.items():
            known = found.get(name)
            found[name] = values if known is None or known is values else join(known, values)
    return found
