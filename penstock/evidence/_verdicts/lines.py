"""The lines of a way: whether a reader of the flow should see it."""

from penstock._declared.step import Location
from penstock.evidence._analysis.passed import decorators_of
from penstock.evidence._model import Evidence
from penstock.evidence._source.files import Definition
from penstock.evidence._verdicts.evidence import FlowEvidence

__all__ = [
    "MOST_USES",
    "called_as",
    "is_everywhere",
    "is_named",
    "is_near",
    "is_rare",
    "without_decorators",
]

_MANY_USES = 8
"""From how many lines a step may be called for a call back to be news."""

MOST_USES = 24
"""From how many lines a step may be called for a second way to it to be news.

Lines with the name of a step count, so a common name looks like a helper of many.
"""

_FEW_USES = 6
"""From how many lines a step may be called that is not a helper of several."""


def is_near(evidence: FlowEvidence, target: str, found: Evidence) -> bool:
    """Return whether a second way to a step is one that its flow should show.

    What helpers do on the way, and what is called everywhere, are details.
    """
    is_direct = len(without_decorators(evidence, found.path, target)) == 1
    return is_direct and _uses(evidence, target) <= MOST_USES


def without_decorators(
    evidence: FlowEvidence, path: tuple[Location, ...], target: str
) -> tuple[Location, ...]:
    """Return a way to *target* without the lines of its decorators, which call it last."""
    makers = tuple(f"{name}.<locals>." for name in decorators_of(evidence.located[target]))
    while len(path) > 1:
        function = evidence.project.function_at(path[-1])
        if function is None or not function.qualname.startswith(makers):
            break
        path = path[:-1]
    return path


def is_rare(evidence: FlowEvidence, target: str) -> bool:
    """Return whether so few lines name *target* that it is not a helper of several."""
    return _uses(evidence, target) <= _FEW_USES


def is_everywhere(evidence: FlowEvidence, target: str) -> bool:
    """Return whether so many lines name *target* that a further call is nothing new."""
    return _uses(evidence, target) > _MANY_USES


def _uses(evidence: FlowEvidence, target: str) -> int:
    return evidence.project.count_uses(called_as(evidence, target))


def is_named(evidence: FlowEvidence, target: str, found: Evidence) -> bool:
    """Return whether the line of a call has the name of the function that it leads to."""
    path = without_decorators(evidence, found.path, target)
    return not path or evidence.project.is_named_at(path[-1], called_as(evidence, target).name)


def called_as(evidence: FlowEvidence, target: str) -> Definition:
    """Return what lines that call *target* name: the class, if it is a special method."""
    named = evidence.located[target]
    return named.parent if named.name.startswith("__") and named.parent is not None else named
