"""The values that a check takes and returns. All are frozen."""

from dataclasses import dataclass
from typing import Literal

from penstock.evidence._source.files import Place

__all__ = [
    "CheckedFlow",
    "CheckedStep",
    "EdgeEvidence",
    "Evidence",
    "FlowReport",
    "Kind",
    "Missing",
    "Undeclared",
    "Verdict",
]

Kind = Literal["call", "order", "hand-off", "channel"]


Verdict = Literal["supported", "contradicted", "unverified", "mixed", "unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStep:
    """A step of a flow that is checked."""

    name: str
    module: str
    qualname: str
    line: int | None = None
    """The line of its function when it was declared."""

    sends: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    unchecked: str | None = None
    is_entrypoint: bool = False
    declared: Place | None = None
    """The place of the declaration, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFlow:
    """A flow that is checked."""

    name: str
    steps: tuple[CheckedStep, ...]
    edges: tuple[tuple[str, str, bool], ...]
    """From, to, and whether it is a loop."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A proof of an edge in the source."""

    kind: Kind
    path: tuple[Place, ...] = ()
    """The lines of the calls that lead to the second step."""

    first: tuple[Place, ...] = ()
    """Of an order, the lines of the calls that lead to the first step."""

    caller: str | None = None
    """Of an order, the function in which both are."""

    channel: str | None = None


@dataclass(frozen=True, slots=True)
class EdgeEvidence:
    """The verdict on one declared edge."""

    source: str
    target: str
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()
    """The order the other way round, in another caller."""

    reason: str | None = None
    place: Place | None = None
    """The line of the reason."""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A connection in the source that the flow does not declare."""

    source: str
    target: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Missing:
    """A step whose function is not in the source."""

    step: str
    label: str
    renamed_to: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class FlowReport:
    """The result of checking one flow."""

    flow: str
    edges: tuple[EdgeEvidence, ...]
    undeclared: tuple[Undeclared, ...] = ()
    missing: tuple[Missing, ...] = ()
