"""The values that reading the source of a module gives its names."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from penstock._declared.predecessors import all_of, any_of, loop
from penstock._decorators.flows import FlowDecorator, flow
from penstock._decorators.steps import entrypoint, step
from penstock.evidence._reading.stubs import make_class, make_function
from penstock.evidence._source.files import Definition, SourceFile

__all__ = [
    "ADAPTERS",
    "CALLABLE",
    "CONTAINERS",
    "Declaring",
    "External",
    "Function",
    "Lost",
    "Member",
    "Namespace",
    "Reference",
    "Unknown",
    "is_plain",
    "text_of",
]

CALLABLE: dict[str, Callable[..., Any]] = {
    f"penstock.{made.__name__}": made for made in (flow, step, entrypoint, any_of, all_of, loop)
}
"""The functions of penstock that declare, by the names that they are imported by."""

ADAPTERS = ("flow_task", "declare_task")
"""The last names of what adapters declare tasks with."""

CONTAINERS = (list, dict, set)
"""The types of constants that code may change after it has made them."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The value of an expression that the source does not show."""

    text: str
    """The expression."""

    declares: bool = False
    """Whether penstock's decorators may be in it."""


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library."""

    name: str
    """Its dotted name."""

    @property
    def is_adapter(self) -> bool:
        """Whether it declares tasks, of penstock or of a package that adds a queue to it."""
        package, _, last = self.name.rpartition(".")
        return last in ADAPTERS and package.startswith("penstock")


@dataclass(slots=True, eq=False)
class Namespace:
    """A module or class of the project, with the values of its names."""

    source: SourceFile
    definition: Definition
    names: dict[str, Any] = field(default_factory=dict)
    outer: "Namespace | None" = None
    """The module of a class."""

    bases: tuple[str, ...] = ()
    """The names of the bases of a class, without those of their modules."""

    globals: dict[str, Any] = field(default_factory=dict)
    """The globals of the functions that are declared for a module."""

    @property
    def module(self) -> "Namespace":
        """The module."""
        return self if self.outer is None else self.outer


@dataclass(slots=True, eq=False)
class Function:
    """A function or class of the project, and what decorators have made of it so far."""

    definition: Definition
    module: Namespace
    known_stub: Any = None

    lost: str | None = None
    """Why its declaration cannot be read, if it has one that cannot."""

    wrapped: str | None = None
    """A decorator that may declare it."""

    renamed: str | None = None
    """A decorator that may give it another name."""

    @property
    def stub(self) -> Any:
        """The function without a body, or empty class, that is declared instead."""
        if self.known_stub is None:
            make = make_class if self.definition.kind == "class" else make_function
            self.known_stub = make(self.definition, self.module.globals)
        return self.known_stub


@dataclass(frozen=True, slots=True)
class Reference:
    """A name of another module of the project, which is read when its value is needed."""

    module: str
    name: str | None
    """The name in it, or None for the module itself."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enumeration."""

    value: Any
    is_string: bool


@dataclass(frozen=True, slots=True)
class Declaring:
    """The result of ``step(...)``, ``entrypoint(...)`` or ``flow_task(...)``: a decorator."""

    declare: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """A decorator of penstock with an argument that the source does not show."""

    reason: str
    is_flow: bool = False


def is_plain(value: Any) -> bool:
    """Return whether *value* is not one that declares something."""
    if isinstance(value, Unknown):
        return not value.declares
    if isinstance(value, External):
        return not value.is_adapter
    if isinstance(value, partial):
        value = value.func
    if isinstance(value, (FlowDecorator, Declaring, Lost)):
        return False
    return all(value is not each for each in CALLABLE.values())


def text_of(node: ast.expr) -> str:
    """Return an expression as one short line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST = 60
