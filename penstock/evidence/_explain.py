"""Explaining one edge: each line of the way that was found, or where it was lost."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from penstock._declared.step import Location
from penstock.evidence._model import EdgeEvidence, Evidence, FlowReport, Verdict
from penstock.evidence._quoting import line_of, quoted

__all__ = ["explain_edge"]

_MOST_CALLS = 20
"""The number of calls that are listed where the way was lost."""


def explain_edge(report: FlowReport, source: str, target: str, folder: Path) -> str:
    """Return what the source shows of one edge, declared or not, with the lines themselves.

    Args:
        report: The report on its flow.
        source: The name of the step that it leads from.
        target: The name of the step that it leads to.
        folder: The folder from which files are named.

    .. versionadded:: 0.2
    """
    return "\n".join(_Explanation(report, source, target, folder).lines())


class _Explanation:
    def __init__(self, report: FlowReport, source: str, target: str, folder: Path) -> None:
        self._report, self._folder = report, folder
        self._source, self._target = source, target

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        pair = self._source, self._target
        declared = [e for e in self._report.edges if (e.source, e.target) == pair]
        title = f"{self._report.flow}: {self._source} -> {self._target}"
        found = [c.evidence for c in self._report.connections if (c.source, c.target) == pair]
        for edge in declared:
            found = list(edge.evidence)
            yield f"{title}: {edge.verdict}"
            yield from self._declared(edge)
        if not declared:
            yield f"{title}: not declared, {'but ' if found else 'and not '}in the source"
            for evidence in found:
                yield from self._evidence(evidence)
        if not found:
            verdict = declared[0].verdict if declared else None
            known = [edge.location for edge in declared if edge.location is not None]
            yield from self._lost(verdict, known)

    def _declared(self, edge: EdgeEvidence) -> Iterator[str]:
        for evidence in edge.evidence:
            yield from self._evidence(evidence)
        for evidence in edge.against:
            yield "the other way round:"
            yield from self._evidence(evidence)
        if edge.reason is not None:
            yield f"  {edge.reason}{':' if edge.location else ''}"
            yield from self._quoted([edge.location] if edge.location else [])

    def _evidence(self, evidence: Evidence) -> Iterator[str]:
        if evidence.channel is not None:
            yield f"  by the channel {evidence.channel}, which both steps name"
            return
        if evidence.kind == "order":
            yield f"  in order in {evidence.caller}, first:"
            yield from self._quoted(evidence.first)
            yield "  and then:"
        else:
            yield "  by a call:" if evidence.kind == "call" else "  handed off:"
        yield from self._quoted(evidence.path)

    def _lost(self, verdict: Verdict | None, known: Collection[Location]) -> Iterator[str]:
        """Yield what the first step leads to, and what it calls that leads nobody knows where.

        Args:
            verdict: The verdict on the edge, if it is declared.
            known: The lines that are quoted already.
        """
        if verdict == "unchecked":
            return
        others = [c for c in self._report.connections if c.source == self._source]
        for other in others:
            yield f"  {self._source} leads to {other.target} instead:"
            yield from self._quoted([*other.evidence.first, *other.evidence.path])
        found = (u.location for u in self._report.unresolved if u.step == self._source)
        calls = [each for each in dict.fromkeys(found) if each not in known]
        if calls and verdict == "contradicted":
            target = self._target
            yield f"  {self._source} has calls that are not resolved, and none fits {target}:"
        elif calls:
            yield f"  {self._source} has calls of which the source does not show where they lead:"
        yield from self._quoted(calls[:_MOST_CALLS])
        if len(calls) > _MOST_CALLS:
            yield f"    and {len(calls) - _MOST_CALLS} more"
        if not others and not calls and verdict != "unverified":
            yield f"  {self._source} leads to no step of the flow, and all of its calls are known"

    def _quoted(self, locations: Iterable[Location]) -> Iterator[str]:
        for location in locations:
            yield f"    {location}: {self._line(location)}".rstrip(": ")

    def _line(self, location: Location) -> str:
        return quoted(line_of(self._folder / location.file, location.line) or "")
