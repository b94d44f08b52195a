"""Flows with the evidence for their edges, as they are when they are asked for."""

from collections.abc import Mapping
from dataclasses import replace

from penstock._declared.step import Edge, EdgeCheck, Step
from penstock.catalog._flows import Flows
from penstock.graph import Flow, Problem, Revision

__all__ = ["CheckedFlows", "Checks", "checks_of"]

Checks = Mapping[tuple[str, str, str], EdgeCheck]
"""The verdicts, by the names of the flow and of the steps."""


class CheckedFlows:
    """Other flows, with verdicts on their edges.

    .. versionadded:: 0.2
    """

    def __init__(
        self, flows: Flows, checks: Checks | None, revision: Revision | None = None
    ) -> None:
        """Make it.

        Args:
            flows: The flows, which may change.
            checks: The verdicts on their edges, or None for those that they have.
            revision: The state of the source in which they were checked.
        """
        self.source = flows
        self.checks, self.revision = checks, revision
        self._undeclared: dict[str, list[Edge]] = {}
        for (flow, source, target), check in (checks or {}).items():
            if check.verdict == "undeclared":
                edge = Edge(source, target, check=check)
                self._undeclared.setdefault(flow, []).append(edge)
        self._known: dict[str, tuple[Flow, Flow]] = {}

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows."""
        return tuple(map(self._checked, self.source.flows))

    def flow(self, name: str) -> Flow:
        """Return the flow called *name*."""
        return self._checked(self.source.flow(name))

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of all flows, and of the steps without a flow."""
        return self.source.problems()

    def _checked(self, flow: Flow) -> Flow:
        before = self._known.get(flow.name)
        if before is None or before[0] is not flow:
            before = self._known[flow.name] = flow, self.add_to(flow)
        return before[1]

    def add_to(self, flow: Flow) -> Flow:
        """Return *flow* with the verdicts on its edges."""
        if self.checks is None:
            return replace(flow, revision=self.revision)
        steps = tuple(self._step(flow.name, step, self.checks) for step in flow.steps)
        undeclared = tuple(self._undeclared.get(flow.name, ()))
        return replace(flow, steps=steps, undeclared=undeclared, revision=self.revision)

    def _step(self, flow: str, step: Step, known: Checks) -> Step:
        checks = [known.get((flow, edge.source, edge.target)) for edge in step.after]
        edges = (replace(e, check=check) for e, check in zip(step.after, checks, strict=True))
        return replace(step, after=tuple(edges))


def checks_of(flows: Flows) -> Checks:
    """Return the verdicts that the edges of *flows* have."""
    return {
        (flow.name, edge.source, edge.target): edge.check
        for flow in flows.flows
        for edge in (*flow.edges, *flow.undeclared)
        if edge.check is not None
    }
