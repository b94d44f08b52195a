"""The values that a check takes and returns. All are frozen."""

from dataclasses import dataclass
from typing import Literal

from penstock._declared.step import Location

__all__ = [
    "CheckedFlow",
    "CheckedStep",
    "Connection",
    "EdgeEvidence",
    "Evidence",
    "FlowReport",
    "Kind",
    "MissingStep",
    "UnresolvedCall",
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
    declared: Location | None = None
    """The location of the declaration, for messages."""

    is_loaded: bool = False
    """Whether the process has its function, which then is somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFlow:
    """A flow that is checked."""

    name: str
    steps: tuple[CheckedStep, ...]
    edges: tuple[tuple[str, str, bool], ...]
    """From, to, and whether it is a loop."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A call, an order, a hand-off or a channel that shows an edge.

    .. versionadded:: 0.2
    """

    kind: Kind
    """A call, an order in a common caller, a function that is handed off, or a channel."""

    path: tuple[Location, ...] = ()
    """The lines of the calls that lead to the second step."""

    first: tuple[Location, ...] = ()
    """Of an order, the lines of the calls that lead to the first step."""

    caller: str | None = None
    """Of an order, the function in which both are."""

    channel: str | None = None
    """The channel that both ends name."""


@dataclass(frozen=True, slots=True)
class EdgeEvidence:
    """The verdict on one declared edge.

    .. versionadded:: 0.2
    """

    source: str
    """The name of the step that the edge leads from."""

    target: str
    """The name of the step that it leads to."""

    verdict: Verdict
    """Whether it is supported, contradicted or unverified; mixed, if callers disagree; or
    unchecked, if the declaration says so."""

    evidence: tuple[Evidence, ...] = ()
    """The proofs, best first."""

    against: tuple[Evidence, ...] = ()
    """The order the other way round, in another caller."""

    reason: str | None = None
    """Why it is unverified or unchecked."""

    location: Location | None = None
    """The line of the reason."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Two steps, of which one leads to the other in the source.

    .. versionadded:: 0.2
    """

    source: str
    """The name of the step that comes before."""

    target: str
    """The name of the step that comes after."""

    evidence: Evidence
    """The proof."""

    is_back: bool = False
    """Whether it leads back to an earlier step, so that a loop would declare it."""


@dataclass(frozen=True, slots=True)
class UnresolvedCall:
    """A call in a step of which the source does not show where it leads.

    .. versionadded:: 0.2
    """

    step: str
    """The name of the step."""

    text: str
    """The callee as it is written, or why nobody knows what happens there."""

    location: Location
    """The line of the call."""


@dataclass(frozen=True, slots=True)
class MissingStep:
    """A step whose function is not in the source.

    .. versionadded:: 0.2
    """

    step: str
    """The name of the step."""

    label: str
    """Its module and qualified name, as they were declared."""

    renamed_to: str | None = None
    """The name of what the function probably is now, if anything is like it."""

    location: Location | None = None
    """The line of that function."""


@dataclass(frozen=True, slots=True)
class FlowReport:
    """The result of checking one flow.

    .. versionadded:: 0.2
    """

    flow: str
    """The name of the flow."""

    edges: tuple[EdgeEvidence, ...]
    """The verdict on each declared edge."""

    undeclared: tuple[Connection, ...] = ()
    """The connections that the flow does not declare."""

    missing: tuple[MissingStep, ...] = ()
    """The steps whose functions are gone."""

    back: tuple[Connection, ...] = ()
    """The calls by which a step leads back to an earlier one, and that the flow does not
    declare."""

    connections: tuple[Connection, ...] = ()
    """All that directly leads from one step to another in the source, declared or not."""

    unresolved: tuple[UnresolvedCall, ...] = ()
    """The calls of which the source does not show where they lead."""

    failures: tuple[str, ...] = ()
    """The errors of the check itself, with their lines. What they hide is unverified."""

    functions: int = 0
    """How many functions of its steps are in the source."""
