"""The terms that say in which order the body of a function may call, hand off and leave.

There is one object for equal terms, whose hash and comparison are those of its identity.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from penstock._declared.step import Location
from penstock.evidence._analysis.kept import Kept
from penstock.evidence._analysis.library import UNREAD

if TYPE_CHECKING:
    from penstock.evidence._analysis.passed import Passed
    from penstock.evidence._analysis.scopes import Activation
    from penstock.evidence._source.files import Definition

__all__ = [
    "EMPTY",
    "Background",
    "Call",
    "Choice",
    "Exit",
    "Iterate",
    "Join",
    "Loop",
    "Outside",
    "Parallel",
    "Rounds",
    "Sequence",
    "Term",
    "Try",
    "Yield",
    "choice",
    "parts_of",
    "sequence",
]


@dataclass(frozen=True, slots=True, eq=False)
class Call(metaclass=Kept):
    """A call of one of several functions."""

    targets: tuple["Activation", ...]
    location: Location
    is_lazy: bool = False
    """Whether it makes a generator, whose body runs later."""


@dataclass(frozen=True, slots=True, eq=False)
class Outside(metaclass=Kept):
    """A call of which the source does not show where it leads."""

    text: str
    """The callee as it is written."""

    location: Location
    library: str | None = None
    """The dotted name in a library, if that is what is called."""

    is_lost: bool = False
    """Whether nobody knows what happens here at all; *text* then says why."""

    passed: "Passed | None" = None
    """The arguments that it passes, if they are known."""

    hands_off: bool = False
    """Whether it gets functions that the source shows."""

    given: "tuple[Definition, ...]" = ()
    """The classes of the project that the library has objects of, and which extend one of it."""

    is_cut: bool = False
    """Whether the source may show what is called, but not all of that was followed."""

    methods: tuple[str, ...] = ()
    """The methods of which one runs if the class of *text* has it, where nothing is called."""

    @property
    def reason(self) -> str:
        """Why nobody knows where it leads."""
        if self.methods and self.text.startswith("getattr("):
            return f"{self.text} may read {self.methods[0]}, or another property"
        if self.methods:
            return f"the class of {self.text}, which may have {self.methods[0]}, is not known"
        if self.library is not None and self.library.startswith(UNREAD):
            return f"{self.text} is of a module that cannot be read or parsed"
        return self.text if self.is_lost else f"{self.text} cannot be resolved"


@dataclass(frozen=True, slots=True, eq=False)
class Background(metaclass=Kept):
    """Something that is handed off: it begins later than this, and need not have ended after."""

    body: "Term"
    token: Hashable
    location: Location
    is_kept: bool = False
    """Whether a library keeps it for an event, which nothing in the source may ever send."""

    library: str = ""
    """The library that calls it, if nobody knows in which order that calls what it gets."""

    may_run_now: bool = False
    """Whether that may call it before it returns."""


@dataclass(frozen=True, slots=True, eq=False)
class Join(metaclass=Kept):
    """Waiting until what was handed off has ended."""

    token: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Iterate(metaclass=Kept):
    """A block that runs at each ``yield`` of a generator."""

    targets: tuple["Activation", ...]
    body: "Term"
    location: Location
    is_loop: bool = True
    """Whether it is a loop, and not the block of a context manager."""


@dataclass(frozen=True, slots=True, eq=False)
class Yield(metaclass=Kept):
    """A ``yield``."""


@dataclass(frozen=True, slots=True, eq=False)
class Exit(metaclass=Kept):
    """Leaving the block, the loop or the function."""

    kind: Literal["return", "raise", "break", "continue"]


@dataclass(frozen=True, slots=True, eq=False)
class Sequence(metaclass=Kept):
    """One after the other."""

    items: tuple["Term", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Choice(metaclass=Kept):
    """One of several."""

    options: tuple["Term", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Parallel(metaclass=Kept):
    """All of them, in any order."""

    items: tuple["Term", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Loop(metaclass=Kept):
    """Any number of times."""

    body: "Term"
    otherwise: "Term" = Sequence()
    ends: bool = True
    """Whether it ends without ``break``."""


@dataclass(frozen=True, slots=True, eq=False)
class Rounds(metaclass=Kept):
    """A loop over a list that the source has: one round for each item."""

    items: tuple["Term", ...]
    otherwise: "Term" = Sequence()


@dataclass(frozen=True, slots=True, eq=False)
class Try(metaclass=Kept):
    """A ``try`` statement."""

    body: "Term"
    handlers: tuple["Term", ...]
    otherwise: "Term"
    final: "Term"
    catches_all: bool = False


Term: TypeAlias = (
    Call | Outside | Background | Join | Iterate | Yield | Exit | Sequence | Choice | Parallel
    | Loop | Rounds | Try
)  # fmt: skip


EMPTY = Sequence()


def sequence(items: Iterable[Term]) -> Term:
    """Return *items* one after the other."""
    found: list[Term] = []
    for item in items:
        if isinstance(item, Sequence):
            found.extend(item.items)
        else:
            found.append(item)
    if not found:
        return EMPTY
    return found[0] if len(found) == 1 else Sequence(tuple(found))


def choice(options: Iterable[Term]) -> Term:
    """Return one of *options*."""
    found = tuple(dict.fromkeys(options))
    return found[0] if len(found) == 1 else Choice(found)


def parts_of(*wholes: Term) -> Iterator[Term]:
    """Yield *wholes*, and the terms in them, each once."""
    seen: set[Term] = set()
    waiting = [*reversed(wholes)]
    while waiting:
        term = waiting.pop()
        if term in seen:
            continue
        seen.add(term)
        yield term
        match term:
            case Sequence() | Parallel():
                waiting += term.items
            case Choice():
                waiting += term.options
            case Rounds():
                waiting += [*term.items, term.otherwise]
            case Loop():
                waiting += [term.body, term.otherwise]
            case Background() | Iterate():
                waiting.append(term.body)
            case Try():
                waiting += [term.body, *term.handlers, term.otherwise, term.final]
