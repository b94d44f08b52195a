"""Checking declared flows against the source."""

from collections.abc import Iterable, Sequence

from penstock.evidence._analysis.analysis import Analysis
from penstock.evidence._model import CheckedFlow, CheckedStep, FlowReport, Missing
from penstock.evidence._order.runs import FlowRuns, consumed_in
from penstock.evidence._rename import find_renamed
from penstock.evidence._source.files import Definition
from penstock.evidence._source.project import Project
from penstock.evidence._verdicts import FlowEvidence, judge

__all__ = ["check"]


def check(project: Project, flows: Sequence[CheckedFlow]) -> tuple[FlowReport, ...]:
    """Return what the source of *project* shows of *flows*."""
    located = {flow.name: _locate(project, flow) for flow in flows}
    definitions = dict.fromkeys(d for found in located.values() for d in found.values())
    analysis = Analysis(project)
    analysis.run(list(definitions))
    consumed = consumed_in(analysis.engine.evaluated)
    return tuple(_check_flow(analysis, flow, located[flow.name], consumed) for flow in flows)


def _locate(project: Project, flow: CheckedFlow) -> dict[str, Definition]:
    """Return the functions of the steps that are in the source."""
    found: dict[str, Definition] = {}
    for step in flow.steps:
        definition = _definition_of(project, step)
        if definition is not None:
            found[step.name] = definition
    return found


def _definition_of(project: Project, step: CheckedStep) -> Definition | None:
    source = project.files.get(step.module)
    return None if source is None else source.find(step.qualname, step.line)


def _check_flow(
    analysis: Analysis,
    flow: CheckedFlow,
    located: dict[str, Definition],
    consumed: frozenset[object],
) -> FlowReport:
    steps = _Steps(analysis, located)
    runs = FlowRuns(steps.name_of, analysis.contexts, consumed)  # type: ignore[arg-type]
    bodies = {name: runs.body(name, definition) for name, definition in located.items()}
    for definition in located.values():
        runs.provide(definition)
    evidence = FlowEvidence(
        project=analysis.engine.project,
        located=located,
        starts={name: body.starts for name, body in bodies.items()},
        outside={name: tuple(body.outside) for name, body in bodies.items()},
        orders=runs.orders,
        definitions=frozenset(runs.definitions),
        engine=analysis.engine,
    )
    edges, undeclared = judge(flow, evidence)
    missing = tuple(_missing(analysis.engine.project, flow, located))
    return FlowReport(flow.name, edges, undeclared, missing)


class _Steps:
    """Which functions are steps: overrides of a step are that step, too."""

    def __init__(self, analysis: Analysis, located: dict[str, Definition]) -> None:
        self._engine = analysis.engine
        self._names = {definition: name for name, definition in located.items()}
        self._methods = {d.name for d in self._names if d.parent and d.parent.kind == "class"}
        self._known: dict[Definition, str | None] = {}

    def name_of(self, definition: Definition) -> str | None:
        """Return the name of the step that a function is, or None."""
        found = self._names.get(definition)
        if found is not None or definition.name not in self._methods:
            return found
        if definition not in self._known:
            self._known[definition] = self._overridden(definition)
        return self._known[definition]

    def _overridden(self, definition: Definition) -> str | None:
        parent = definition.parent
        if parent is None or parent.kind != "class":
            return None
        for cls in self._engine.mro(parent)[1:]:
            if isinstance(cls, str):
                continue
            for step, name in self._names.items():
                if step.parent is cls and step.name == definition.name:
                    return name
        return None


def _missing(
    project: Project, flow: CheckedFlow, located: dict[str, Definition]
) -> Iterable[Missing]:
    taken = set(located.values())
    for step in flow.steps:
        if step.name not in located:
            renamed = find_renamed(project, step, taken)
            label = f"{step.module}.{step.qualname}"
            yield Missing(
                step.name,
                label,
                None if renamed is None else renamed.label,
                None if renamed is None else renamed.place,
            )
