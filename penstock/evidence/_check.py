"""Checking declared flows against the source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from penstock._common.failures import own_failure
from penstock.catalog._objects import NOT_IMPORTED
from penstock.evidence._analysis.analysis import MOST_WORK, Analysis
from penstock.evidence._analysis.engine import WorkLimitError
from penstock.evidence._analysis.kept import kept_values
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._collector import without_collector
from penstock.evidence._model import (
    CheckedFlow,
    CheckedStep,
    EdgeEvidence,
    FlowReport,
    MissingStep,
    UnresolvedCall,
)
from penstock.evidence._order.reached import consumed_in, of_objects
from penstock.evidence._order.runs import FlowRuns
from penstock.evidence._order.states import Start, Summary, outside_of
from penstock.evidence._rename import find_renamed
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.project import Project
from penstock.evidence._stack import on_own_stack
from penstock.evidence._unresolved import WaysOut
from penstock.evidence._verdicts.evidence import FlowEvidence
from penstock.evidence._verdicts.judge import judge, judge_declared

__all__ = ["check", "definition_in"]


@dataclass(frozen=True)
class _Located:
    """The functions of the steps of a flow."""

    own: Mapping[str, Definition]
    """Those that are in the source."""

    renamed: Mapping[str, Definition | None]
    """The functions that those that are gone probably are now, or None if nothing is like them."""

    @property
    def all(self) -> dict[str, Definition]:
        """The functions to check: one that is called otherwise still does what it did."""
        return {**self.own, **{name: each for name, each in self.renamed.items() if each}}


def check(
    project: Project, flows: Sequence[CheckedFlow], work: int = MOST_WORK
) -> tuple[FlowReport, ...]:
    """Return what the source of *project* shows of *flows*.

    An error of the check itself, or a flow that takes too much work, leaves its edges unverified.

    Args:
        project: The source.
        flows: The flows.
        work: How many steps of work a flow may take on average.
    """
    return on_own_stack(lambda: _check(project, flows, work))


def _check(project: Project, flows: Sequence[CheckedFlow], work: int) -> tuple[FlowReport, ...]:
    if len(flows) > 1:
        try:
            return _check_together(project, flows, work * len(flows))
        except Exception:  # noqa: S110 - each by itself, so that the others are checked
            pass
    return tuple(_check_alone(project, flow, work) for flow in flows)


def _check_alone(project: Project, flow: CheckedFlow, work: int) -> FlowReport:
    try:
        return _check_together(project, [flow], work)[0]
    except WorkLimitError:
        reason = f"the check of this flow ended after {work:,} steps of work"
    except Exception as error:
        reason = own_failure(error)
    edges = tuple(_unread(flow, source, target, reason) for source, target, _ in flow.edges)
    return FlowReport(flow.name, edges, failures=(reason,))


def _unguessed(
    flow: CheckedFlow, edge: EdgeEvidence, renamed: Mapping[str, object]
) -> EdgeEvidence:
    gone = [name for name in (edge.source, edge.target) if name in renamed]
    if not gone:
        return edge
    return _unread(flow, edge.source, edge.target, f"{gone[0]} is not in the source")


def _unread(flow: CheckedFlow, source: str, target: str, reason: str) -> EdgeEvidence:
    known = judge_declared(source, target, {step.name: step for step in flow.steps})
    return known or EdgeEvidence(source, target, "unverified", reason=reason)


def _check_together(
    project: Project, flows: Sequence[CheckedFlow], work: int
) -> tuple[FlowReport, ...]:
    own = [_own(project, flow) for flow in flows]
    taken = {definition for each in own for definition in each.values()}
    located = [_locate(project, *each, taken) for each in zip(flows, own, strict=True)]
    with kept_values(), without_collector():
        return _analysed(project, flows, located, work)


def _analysed(
    project: Project, flows: Sequence[CheckedFlow], located: Sequence[_Located], work: int
) -> tuple[FlowReport, ...]:
    definitions = dict.fromkeys(d for found in located for d in found.all.values())
    project.count_tests(definitions)
    pairs = [*zip(flows, located, strict=True)]

    def reports_by(analysis: Analysis) -> tuple[FlowReport, ...]:
        analysis.run(list(definitions))
        consumed = consumed_in(analysis.engine.evaluated)
        return tuple(_check_flow(analysis, flow, found, consumed) for flow, found in pairs)

    analysis = Analysis(project, work)
    reports = reports_by(analysis)
    edges = (edge for report in reports for edge in report.edges)
    if not analysis.engine.has_objects or all(e.verdict != "contradicted" for e in edges):
        return reports
    alone = reports_by(Analysis(project, work, NOT_IMPORTED))
    return tuple(map(_with_verdicts_of_source, reports, alone))


def _with_verdicts_of_source(report: FlowReport, alone: FlowReport) -> FlowReport:
    """Return *report* with no edge contradicted that is not so by the source alone."""
    pairs = [*zip(report.edges, alone.edges, strict=True)]
    edges = tuple(other if edge.verdict == "contradicted" else edge for edge, other in pairs)
    turned = {
        (edge.target, edge.source)
        for edge, other in pairs
        if edge.verdict == "contradicted" != other.verdict
    }
    undeclared = (each for each in report.undeclared if (each.source, each.target) not in turned)
    return replace(report, edges=edges, undeclared=tuple(undeclared))


def _locate(
    project: Project, flow: CheckedFlow, own: Mapping[str, Definition], taken: set[Definition]
) -> _Located:
    """Return the functions of the steps that are in the source, and what the others are now."""
    renamed: dict[str, Definition | None] = {}
    for step in flow.steps:
        if step.name not in own and _why_absent(project, step) is None:
            found = {name: each for name, each in renamed.items() if each}
            renamed[step.name] = find_renamed(
                project, flow, step, {**own, **found}, {*taken, *found.values()}
            )
    return _Located(own, renamed)


def _own(project: Project, flow: CheckedFlow) -> dict[str, Definition]:
    """Return the functions of the steps that are in the source."""
    found = ((step.name, _definition_of(project, step)) for step in flow.steps)
    return {name: definition for name, definition in found if definition is not None}


def _definition_of(project: Project, step: CheckedStep) -> Definition | None:
    source = project.source_of(step.module, step.declared.file if step.declared else None)
    return None if source is None else definition_in(source, step)


def definition_in(source: SourceFile, step: CheckedStep) -> Definition | None:
    """Return the function of a step in the file of its module."""
    found = source.find(step.qualname, step.line)
    if found is None and step.is_loaded and step.line is not None:
        # Another name than in the source: of a function that was made, or wrapped.
        found = source.at(step.line)
    return found


def _starts(bodies: Mapping[str, Summary], *, is_kept: bool) -> dict[str, dict[str, Start]]:
    """Return the ways to other steps, of those that a library has for an event or of the others."""
    return {
        name: {target: start for target, start in body.starts.items() if start.is_kept is is_kept}
        for name, body in bodies.items()
    }


def _check_flow(
    analysis: Analysis, flow: CheckedFlow, located: _Located, consumed: frozenset[object]
) -> FlowReport:
    engine, functions = analysis.engine, located.all
    steps = _Steps(analysis, functions)
    ways = WaysOut(engine, frozenset(functions.values()))
    later = {target for _, target, is_loop in flow.edges if not is_loop}
    begins = {step.name for step in flow.steps if step.is_entrypoint} or functions.keys() - later
    first = sorted(functions, key=begins.__contains__, reverse=True)
    known = of_objects(
        analysis.contexts,
        [functions[name] for name in first],
        lambda call, wanted: ways.may_lead(call, wanted, is_own=False),
    )
    runs = FlowRuns(
        steps.name_of,
        lambda each: known.get(each) or analysis.contexts(each),
        consumed,  # type: ignore[arg-type]
        engine.spend,
    )
    for name, definition in functions.items():
        runs.body(name, definition)
    for definition in functions.values():
        runs.provide(definition)
    bodies = {name: runs.step(name) for name in functions}
    wrappers = (analysis.wrappers.get(each, ()) for each in functions.values())
    unread = [s for s in flow.steps if s.name not in {*located.own, *located.renamed}]
    absent = {step.name: _why_absent(engine.project, step) or "" for step in unread}
    evidence = FlowEvidence(
        flow=flow,
        project=engine.project,
        located=functions,
        starts=_starts(bodies, is_kept=False),
        kept=_starts(bodies, is_kept=True),
        outside={name: outside_of(body) for name, body in bodies.items()},
        orders=runs.orders,
        given=runs.given,
        given_before=runs.given_before,
        around=runs.around(chain.from_iterable(wrappers)),
        definitions=frozenset(runs.definitions),
        engine=engine,
        ways=ways,
        absent=absent,
    )
    report = judge(evidence)
    # By which name a function goes now is a guess: good for other edges, but not for its own.
    edges = tuple(_unguessed(flow, edge, located.renamed) for edge in report.edges)
    missing = tuple(
        _missing(s, located.renamed[s.name]) for s in flow.steps if s.name in located.renamed
    )
    return replace(
        report,
        edges=edges,
        missing=missing,
        unresolved=tuple(_unresolved(evidence.outside)),
        failures=tuple(engine.failures),
        functions=len(located.own),
    )


def _unresolved(outside: Mapping[str, Iterable[Outside]]) -> Iterator[UnresolvedCall]:
    for step, calls in outside.items():
        for call in calls:
            if call.library is None:
                yield UnresolvedCall(step, call.text, call.location)


def _why_absent(project: Project, step: CheckedStep) -> str | None:
    """Return why the source of *step* cannot be read, or None if its function is gone."""
    source = project.source_of(step.module, step.declared.file if step.declared else None)
    if source is None:
        is_ours = step.module.partition(".")[0] in {*project.files, *project.packages}
        if is_ours and not step.is_loaded:
            return None
        return f"{step.module}, with the function of {step.name}, is not a file of the project"
    if source.error is not None:
        return f"{source.file}, with the function of {step.name}, {source.error}"
    if step.is_loaded:
        return f"{source.file} does not show the function of {step.name}, which is made otherwise"
    return None


class _Steps:
    """Which functions are steps: overrides of a step are that step, too."""

    def __init__(self, analysis: Analysis, located: Mapping[str, Definition]) -> None:
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


def _missing(step: CheckedStep, renamed: Definition | None) -> MissingStep:
    label = f"{step.module}.{step.qualname}"
    if renamed is None:
        return MissingStep(step.name, label, None, None)
    return MissingStep(step.name, label, renamed.label, renamed.location)
