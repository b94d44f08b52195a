"""Calls that lead back to an earlier step."""

from collections.abc import Iterator

from penstock._declared.step import Location
from penstock.evidence._model import Connection, EdgeEvidence
from penstock.evidence._verdicts.evidence import FlowEvidence, closure
from penstock.evidence._verdicts.lines import is_everywhere, is_named, without_decorators

__all__ = ["back"]


def back(evidence: FlowEvidence, edges: tuple[EdgeEvidence, ...]) -> Iterator[Connection]:
    """Yield the calls in the lines of a step that lead back to an earlier one, undeclared.

    A helper may be on the way if it is beside the earlier step, in another module.
    """
    loops = {(source, target) for source, target, is_loop in evidence.flow.edges if is_loop}
    kept = {(e.source, e.target) for e in edges if e.verdict != "contradicted"}
    forth = closure(kept - loops)
    starts = evidence.starts
    calls = closure(
        (name, each)
        for name, found in starts.items()
        for each, start in found.items()
        if not start.is_handed_off
    )
    for source, target, found in evidence.started(starts):
        is_recursion = (target, source) in calls
        if is_recursion or (source, target) in evidence.declared:
            continue
        is_back = (target, source) in forth and evidence.steps[target].unchecked is None
        if not is_back or is_everywhere(evidence, target) or not is_named(evidence, target, found):
            continue
        path = without_decorators(evidence, found.path, target)
        if len(path) == 1 or _is_beside(evidence, path[-1], target, source):
            yield Connection(source, target, found)


def _is_beside(evidence: FlowEvidence, location: Location, target: str, source: str) -> bool:
    """Return whether a line is in the module of *target*, and *source* is in another."""
    files = [evidence.located[name].source.file for name in (target, source)]
    return location.file == files[0] != files[1]
