"""The result of declaring: frozen values, and all that a server needs of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from inspect import cleandoc, getdoc, unwrap
from types import FunctionType
from typing import Any, Literal

from penstock._common.plain_values import portable

__all__ = [
    "Edge",
    "EdgeCheck",
    "EdgeSign",
    "FunctionDetails",
    "JoinKind",
    "Location",
    "Step",
    "Verdict",
]

JoinKind = Literal["any", "all"]


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a source file.

    .. versionadded:: 0.2
    """

    file: str
    """The path of the file, as Python knows it or from the folder of the project."""

    line: int
    """The line, counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


Verdict = Literal["supported", "contradicted", "unverified", "mixed", "unchecked", "undeclared"]
EdgeSign = Literal["channel", "contradicted", "mixed", "unchecked", "undeclared", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCheck:
    """The verdict of the source on an edge.

    .. versionadded:: 0.2
    """

    verdict: Verdict
    """Whether the source supports or contradicts it, or does not decide; ``"mixed"`` if callers
    disagree, ``"unchecked"`` if the declaration leaves it out, ``"undeclared"`` if the source has
    it and the flow does not."""

    kind: str | None = None
    """``"call"``, ``"order"``, ``"hand-off"`` or ``"channel"``, or None without evidence."""

    channel: str | None = None
    """The channel that both ends name, if that is the evidence."""

    reason: str | None = None
    """Why it is unverified or unchecked."""

    location: Location | None = None
    """The line of the evidence, or else of the reason."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection from one step to the next.

    .. versionadded:: 0.2
    """

    source: str
    """The name of the step that comes before."""

    target: str
    """The name of the step that comes after."""

    label: str | None = None
    """The text at the edge, such as the condition under which the flow takes it."""

    is_loop: bool = False
    """Whether the flow leads back by this edge."""

    via: tuple[str, ...] = ()
    """The labels of the steps between the two that a diagram leaves out."""

    check: EdgeCheck | None = None
    """The verdict of the source on it, or None if nobody has asked."""

    @property
    def sign(self) -> EdgeSign | None:
        """The sign that it is drawn with, or None for one that the source shows."""
        if self.check is None:
            return None
        if self.check.verdict == "supported":
            return "channel" if self.check.channel else None
        return self.check.verdict

    @property
    def is_undeclared(self) -> bool:
        """Whether the source has it, and the flow does not declare it."""
        return self.sign == "undeclared"

    @property
    def channel(self) -> str | None:
        """The channel that is its evidence and is drawn with it, or None."""
        return self.check.channel if self.check is not None and self.sign == "channel" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDetails:
    """The details of a function in a catalog: strings, which are read without importing it.

    .. versionadded:: 0.2
    """

    module: str
    """The name of its module, or ``""`` if it has none."""

    qualname: str
    """Its qualified name, like ``"Shop.receive"``."""

    is_async: bool = False
    """Whether a call of it is awaited, or iterated over with ``async for``."""

    signature: str | None = None
    """Its signature on one line, or None if it is not known."""

    doc: str | None = None
    """Its docstring without indentation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One declared function in a flow.

    .. versionadded:: 0.2
    """

    name: str
    """The name that edges use, which is the function's unless ``name=`` was given."""

    function: Callable[..., Any] | None = field(default=None, repr=False)
    """The declared function, as it was written, or None if the step is from a catalog."""

    is_entrypoint: bool = False
    """Whether runs of the flow begin here."""

    after: tuple[Edge, ...] = ()
    """The edges that lead here from the steps that this one comes after."""

    join: JoinKind = "any"
    """Whether any one of *after* leads here, or only all of them together."""

    title: str | None = None
    """The title for readers, instead of the name."""

    kind: str | None = None
    """The type of system that the step uses, like ``"database"``."""

    location: Location | None = None
    """The location of the function."""

    details: FunctionDetails | None = field(default=None, repr=False)
    """The details of the function, or None if the step is not from a catalog."""

    group: str | None = None
    """The group of steps in which it is drawn."""

    receives: tuple[str, ...] = ()
    """The channels that it receives messages from, like ``"kafka:orders"``."""

    sends: tuple[str, ...] = ()
    """The channels that it sends messages to."""

    unchecked: str | None = None
    """Why its edges are not checked against the source, if they are not."""

    uncovered: str | None = None
    """Why its edges do not count in the coverage, if they do not."""

    @property
    def label(self) -> str:
        """The title if there is one, else the name."""
        return self.title or self.name

    @property
    def doc(self) -> str | None:
        """The docstring without its indentation, of the function inside a partial too.

        None if there is none, or if it is not a string. Addresses of objects are
        written ``0x…``, and halves of characters as escapes.
        """
        if self.details is not None:
            return self.details.doc
        try:
            return _doc_of(self.function)
        except (Exception, SystemExit):  # a user's property, or a cycle of wrappers
            return None

    @property
    def summary(self) -> str | None:
        """The first paragraph of the docstring, on one line."""
        return _first_paragraph(self.doc or "") or None


def _doc_of(function: Any) -> str | None:
    while isinstance(function, partial):
        function = function.func
    function = unwrap(function)
    if isinstance(function, FunctionType) and isinstance(function.__doc__, str):
        return _cleaned(function.__doc__)
    found = getdoc(function)
    return found and portable(found)


# Documentation asks for the same docstring again and again.
@lru_cache(10_000)
def _cleaned(doc: str) -> str:
    return portable(cleandoc(doc))


@lru_cache(10_000)
def _first_paragraph(doc: str) -> str:
    return " ".join(doc.strip().partition("\n\n")[0].split())
