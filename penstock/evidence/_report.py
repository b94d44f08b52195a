"""The result of a check as a whole: its findings, and what it counts."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from penstock._common.plural import count
from penstock._declared.step import Location
from penstock._project.check_settings import FAIL_ON
from penstock.evidence._declaration import Fix, LineAt, declaring_line, find_fix
from penstock.evidence._declared import relative_to
from penstock.evidence._help import help_of
from penstock.evidence._model import (
    CheckedFlow,
    Connection,
    EdgeEvidence,
    Evidence,
    FlowReport,
    Kind,
    MissingStep,
    Verdict,
)
from penstock.evidence._quoting import quoted
from penstock.graph import Problem

__all__ = ["CODES", "Finding", "Key", "Report", "Severity", "as_finding", "report_of"]

Severity = Literal["error", "warning"]

Key: TypeAlias = tuple[str, str | None, str | None, str | None]
"""A code, a flow, and the steps that an edge leads from and to."""


CODES: Mapping[str, Severity] = {
    "baseline-stale": "error",
    "declaration-unread": "warning",
    "edge-back": "warning",
    "edge-contradicted": "error",
    "edge-mixed": "warning",
    "edge-undeclared": "error",
    "edge-unverified": "warning",
    "step-missing": "error",
    "step-renamed": "error",
}
"""The codes of findings about the source, with how bad each is. Those of problems are errors."""


_FAILING = {
    "contradicted": ("edge-contradicted", "step-missing", "step-renamed", "baseline-stale"),
    "undeclared": ("edge-undeclared",),
    "unverified": ("edge-unverified", "edge-mixed", "edge-back", "declaration-unread"),
}
"""The codes that fail at each level; those of problems fail at all but the last, ``"none"``."""


_ALONE = "no module was imported: what the source does not show is unknown"

_MOST_QUOTED = 6
"""How many lines of the source are quoted for one finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a declared flow and its source disagree on.

    .. versionadded:: 0.2
    """

    code: str
    """The kind of finding, like ``"edge-contradicted"``."""

    flow: str | None
    """The name of the flow, or None if the finding is not about a flow."""

    source: str | None
    """The name of the step that the edge leads from, or of the step that is meant, if one is."""

    target: str | None
    """The name of the step that the edge leads to."""

    message: str
    """The problem on one line."""

    details: tuple[str, ...] = ()
    """The facts of the source, a line each, and what to write instead on the last line."""

    location: Location | None = None
    """The line at which to look first."""

    related: tuple[Location, ...] = ()
    """Further lines of the source."""

    quoted: tuple[str, ...] = ()
    """The lines of the source that show it, each after its location."""

    fix: Fix | None = None
    """The change that makes the declaration agree with the source, if that is of one line."""

    @property
    def key(self) -> Key:
        """The code, the flow and the names of the steps, which stay where lines move."""
        return self.code, self.flow, self.source, self.target

    def text(self) -> str:
        """Return it as text, with the line first and the details below."""
        location = f"{self.location}: " if self.location is not None else ""
        level = "warning: " if self.severity == "warning" else ""
        facts, cure = self.details[:-1], self.details[-1:]
        below = [*facts, *(f"    {line}" for line in self.quoted), *cure]
        head = f"{location}{level}{self.title} [{self.code}]"
        return "\n".join([head, *(f"    {line}" for line in below)])

    @property
    def help(self) -> str | None:
        """The address of the page about its code in the documentation, if that is known."""
        return help_of(self.code)

    @property
    def title(self) -> str:
        """The message after the name of the flow."""
        return self.message if self.flow is None else f"{self.flow}: {self.message}"

    @property
    def severity(self) -> Severity:
        """``"error"``, or ``"warning"`` for what the source does not decide."""
        return CODES.get(self.code, "error")


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    .. versionadded:: 0.2
    """

    flows: tuple[FlowReport, ...]
    """The verdict on each edge, by flow."""

    findings: tuple[Finding, ...]
    """The disagreements to look at, in order of flows and edges."""

    known: int = 0
    """How many findings a baseline has left out."""

    is_imported: bool = True
    """Whether the modules were imported, so that their objects count, or the source alone."""

    not_imported: tuple[str, ...] = ()
    """The errors of the modules that could not be imported, as lines to report."""

    fail_on: str = "undeclared"
    """The kind of findings that fail, with those that are worse, as for `failing`."""

    @property
    def failures(self) -> tuple[str, ...]:
        """The errors of the check itself, which leave edges unverified, as lines to report."""
        return tuple(dict.fromkeys(failure for flow in self.flows for failure in flow.failures))

    @property
    def notes(self) -> tuple[str, ...]:
        """The limits of the check as a whole, as lines to report."""
        return () if self.is_imported else (_ALONE,)

    @property
    def looked_at(self) -> int:
        """How many functions of steps are in the source that was read."""
        return sum(flow.functions for flow in self.flows)

    @property
    def edges(self) -> Iterator[EdgeEvidence]:
        """All edges of all flows."""
        return (edge for flow in self.flows for edge in flow.edges)

    def failing(self, level: str | None = None) -> tuple[Finding, ...]:
        """Return the findings that are as bad as *level*, or worse.

        Args:
            level: ``"contradicted"``, ``"undeclared"``, ``"unverified"`` or ``"none"``, as the
                setting ``fail_on`` of ``penstock check``. If None, that of the report.
        """
        level = level or self.fail_on
        if level == "none":
            return ()
        levels = FAIL_ON[: FAIL_ON.index(level) + 1]
        codes = {code for each in levels for code in _FAILING[each]}
        return tuple(f for f in self.findings if f.code in codes or f.code not in CODES)

    def summary(self) -> str:
        """Return one line that counts the edges, by what was found of them, and the rest."""
        kinds = Counter(e.evidence[0].kind for e in self.edges if e.evidence)
        verdicts = Counter(e.verdict for e in self.edges)
        in_source = sum(number for kind, number in kinds.items() if kind != "channel")
        words: dict[Kind, str] = {"order": "in order", "hand-off": "handed off"}
        parts = [count(kinds["call"], "call")] if kinds["call"] else []
        parts += [f"{kinds[kind]} {word}" for kind, word in words.items() if kinds[kind]]
        found = [f"{in_source} in the source" + (f" ({', '.join(parts)})" if parts else "")]
        if kinds["channel"]:
            found.append(f"{kinds['channel']} by channel")
        rest: tuple[Verdict, ...] = ("mixed", "unverified", "contradicted", "unchecked")
        found += [f"{verdicts[verdict]} {verdict}" for verdict in rest if verdicts[verdict]]
        total = verdicts.total()
        counted = f"{count(len(self.flows), 'flow')}, {count(total, 'edge')}: {', '.join(found)}"
        undeclared = sum(len(flow.undeclared) for flow in self.flows)
        missing = sum(len(flow.missing) for flow in self.flows)
        more = [f"{undeclared} undeclared"] if undeclared else []
        back = sum(len(flow.back) for flow in self.flows)
        more += [f"{back} back to an earlier step"] if back else []
        more += [f"{count(missing, 'step')} without a function"] if missing else []
        unread = sum(finding.code == "declaration-unread" for finding in self.findings)
        more += [f"{count(unread, 'declaration')} not read"] if unread else []
        stale = sum(finding.code == "baseline-stale" for finding in self.findings)
        more += [f"{self.known} in the baseline"] if self.known else []
        more += [f"{stale} no longer found"] if stale else []
        problems = sum(finding.code not in CODES for finding in self.findings)
        more += [count(problems, "problem")] if problems else []
        failures, lost = len(self.failures), len(self.not_imported)
        more += [f"{count(lost, 'module')} cannot be imported"] if lost else []
        more += [f"{count(failures, 'error')} of penstock itself"] if failures else []
        return "; ".join([counted, *more])


def _no_line(_: Location) -> str:
    """Return no line of the source, which nobody has."""
    raise LookupError


def report_of(
    flows: Iterable[CheckedFlow],
    reports: Iterable[FlowReport],
    problems: Iterable[Finding] = (),
    line_at: LineAt = _no_line,
    *,
    is_imported: bool = True,
) -> Report:
    """Return the report on *flows*, and on *problems* of their declarations.

    Args:
        flows: The flows.
        reports: What was found of each.
        problems: The problems of their declarations.
        line_at: Returns a line of the source, to be quoted.
        is_imported: Whether the modules were imported.
    """
    found = tuple(problems)
    lost = {(each.flow, each.source) for each in found if each.code == "unknown-predecessor"}
    hints: dict[tuple[str | None, str | None], Connection] = {}
    kept: list[FlowReport] = []
    for report in reports:
        # One fault is one finding: where the steps before are not known, no edge is missing.
        more = {one: (report.flow, one.target) for one in report.undeclared}
        hints |= {key: one for one, key in more.items() if key in lost}
        undeclared = tuple(one for one, key in more.items() if key not in lost)
        kept.append(replace(report, undeclared=undeclared))
    findings = (
        finding
        for flow, report in zip(flows, kept, strict=True)
        for finding in _Writer(flow, report, line_at).findings()
    )
    shown = [_with_hint(each, hints.get((each.flow, each.source))) for each in found]
    return Report(tuple(kept), (*shown, *findings), is_imported=is_imported)


def _with_hint(problem: Finding, hint: Connection | None) -> Finding:
    """Return a problem of an unknown predecessor with the one that the source has, if it has."""
    if hint is None or problem.code != "unknown-predecessor":
        return problem
    where = f"The source leads there from {hint.source}: {_lines(hint.evidence)}."
    return replace(problem, details=(where, f'Write after="{hint.source}", if that is meant.'))


def as_finding(problem: Problem, folder: Path) -> Finding:
    """Return a problem of the declarations as a finding, with files as seen from *folder*."""
    return Finding(
        code=problem.code,
        flow=problem.flow,
        source=problem.step,
        target=None,
        message=problem.message.replace(f"{folder}{os.sep}", ""),
        location=relative_to(problem.location, folder),
    )


class _Writer:
    """The findings of one flow."""

    def __init__(self, flow: CheckedFlow, report: FlowReport, line_at: LineAt) -> None:
        self._flow, self._report, self._line_at = flow, report, line_at
        self._locations = {step.name: step.declared for step in flow.steps}
        self._names = {step.name: step.qualname for step in flow.steps}

    def findings(self) -> Iterator[Finding]:
        """Yield the findings in order."""
        gone = {missing.step for missing in self._report.missing}
        for missing in self._report.missing:
            yield self._missing(missing)
        for edge in self._report.edges:
            if edge.verdict == "unverified" and gone & {edge.source, edge.target}:
                continue  # one fault is one finding
            if edge.verdict == "contradicted":
                yield self._contradicted(edge)
            elif edge.verdict == "mixed":
                yield self._mixed(edge)
            elif edge.verdict == "unverified":
                yield self._unverified(edge)
        for found in self._report.undeclared:
            yield self._back("edge-undeclared", found) if found.is_back else self._undeclared(found)
        for found in self._report.back:
            yield self._back("edge-back", found)

    def _shown(self, name: str) -> str:
        location = self._locations.get(name)
        return f"{name} ({location})" if location is not None else name

    def _declared(self, target: str, source: str) -> Location | None:
        """Return the line that declares the edge between two steps, if it is found."""
        start = self._locations.get(target)
        if start is None:
            return None
        name = self._names[target].rpartition(".")[2]
        return declaring_line(start, name, source, self._line_at)

    def _fix(self, target: str, source: str, text: str) -> Fix | None:
        """Return how to write *text* where *source* alone is declared to lead to *target*."""
        location = self._declared(target, source)
        return None if location is None else find_fix(location, source, text, self._line_at)

    def _quoted(self, locations: Iterable[Location]) -> tuple[str, ...]:
        lines = list(dict.fromkeys(locations))[:_MOST_QUOTED]
        return tuple(filter(None, map(self._quote, lines)))

    def _quote(self, location: Location) -> str | None:
        try:
            return f"{location}: {quoted(self._line_at(location))}"
        except LookupError:  # no file of the project, or another one now
            return None

    def _on_edge(
        self, code: str, edge: EdgeEvidence, message: str, *details: str, **more: Any
    ) -> Finding:
        """Return a finding about a declared edge, at the line that declares it."""
        return Finding(
            **more,
            code=code,
            flow=self._flow.name,
            source=edge.source,
            target=edge.target,
            message=f"{edge.source} -> {edge.target} {message}",
            details=details,
            location=self._declared(edge.target, edge.source) or self._locations.get(edge.target),
            related=(*_locations(*edge.against[:1]), *filter(None, [edge.location])),
        )

    def _contradicted(self, edge: EdgeEvidence) -> Finding:
        details = [f"{self._shown(edge.source)} does not lead to {self._shown(edge.target)}."]
        against = edge.against[:1]
        details += [f"{one.caller} calls {edge.target} first: {_lines(one)}." for one in against]
        reached = self._reached(edge.target, other_than=edge.source)
        if reached is not None:
            details.append(f"{edge.target} is reached from {reached}.")
            details.append(f'Write after="{reached}" on {edge.target}, or call it after '
                           f"{edge.source}.")  # fmt: skip
        else:
            details.append(
                f"Call {edge.target} after {edge.source}, correct after= of {edge.target}, or "
                'write unchecked="why" on it if something else than the source leads there.'
            )
        fix = reached and self._fix(edge.target, edge.source, f'"{reached}"')
        quoted = self._quoted(_locations(*against))
        message = "is not in the source"
        return self._on_edge("edge-contradicted", edge, message, *details, quoted=quoted, fix=fix)

    def _reached(self, target: str, other_than: str) -> str | None:
        """Return the step from which the source leads to *target*."""
        for one in self._report.undeclared:
            if one.target == target and one.source != other_than and not one.is_back:
                return one.source
        return None

    def _mixed(self, edge: EdgeEvidence) -> Finding:
        one, other = edge.evidence[0], edge.against[0]
        return self._on_edge(
            "edge-mixed",
            edge,
            f"is reversed in {other.caller}",
            f"In this order in {one.caller}: {_lines(one)}.",
            f"Reversed in {other.caller}: {_lines(other)}.",
            f'Use one order in both, or add loop("{edge.target}") to after= of {edge.source}.',
            quoted=self._quoted(_locations(one, other)),
        )

    def _unverified(self, edge: EdgeEvidence) -> Finding:
        reason = edge.reason or "the source does not show it"
        where = f" ({edge.location})" if edge.location is not None else ""
        return self._on_edge(
            "edge-unverified",
            edge,
            "cannot be seen in the source",
            f"{reason}{where}.",
            "If a message leads there, write the channel as sends= and receives=; "
            'else unchecked="why" takes the edge out of the check.',
            quoted=self._quoted(filter(None, [edge.location])),
        )

    def _undeclared(self, found: Connection) -> Finding:
        evidence = found.evidence
        how = {"call": "calls", "hand-off": "hands off"}.get(evidence.kind)
        text = f"{found.source} {how} {found.target}" if how else (
            f"{evidence.caller} calls {found.source}, then {found.target}"
        )  # fmt: skip
        return self._in_source(
            "edge-undeclared",
            found,
            "is not declared",
            f"{text}: {_lines(evidence)}.",
            f'Add "{found.source}" to after= of {found.target}, or do not call it there.',
            fix=self._added(found),
        )

    def _back(self, code: str, found: Connection) -> Finding:
        how = "hands off" if found.evidence.kind == "hand-off" else "calls"
        return self._in_source(
            code,
            found,
            "leads back, and is not declared",
            f"{found.source} {how} {found.target}, an earlier step: {_lines(found.evidence)}.",
            f'Add loop("{found.source}") to after= of {found.target}, or do not call it there.',
        )

    def _in_source(
        self, code: str, found: Connection, message: str, *details: str, fix: Fix | None = None
    ) -> Finding:
        """Return a finding about an edge of the source, at the line that has it."""
        evidence = found.evidence
        return Finding(
            code=code,
            flow=self._flow.name,
            source=found.source,
            target=found.target,
            message=f"{found.source} -> {found.target} {message}",
            details=details,
            location=evidence.path[0] if evidence.path else None,
            related=(*evidence.first, *evidence.path[1:]),
            quoted=self._quoted(_locations(evidence)),
            fix=fix,
        )

    def _added(self, found: Connection) -> Fix | None:
        """Return how to declare what the source has, beside the only predecessor that there is."""
        before = [edge.source for edge in self._report.edges if edge.target == found.target]
        if len(before) != 1:
            return None
        return self._fix(found.target, before[0], f'["{before[0]}", "{found.source}"]')

    def _missing(self, missing: MissingStep) -> Finding:
        if missing.renamed_to is None:
            message = f"the function of {missing.step} is not in the source: {missing.label}"
        else:
            message = f"the function of {missing.step} is now {missing.renamed_to}"
        return Finding(
            code="step-missing" if missing.renamed_to is None else "step-renamed",
            flow=self._flow.name,
            source=missing.step,
            target=None,
            message=message,
            details=(
                f"It was declared as {missing.label}.",
                "Correct the declaration, or write the catalog again if the flows are from one.",
            ),
            location=missing.location or self._locations.get(missing.step),
        )


def _locations(*found: Evidence) -> list[Location]:
    """Return all lines that show something, in the order in which they run."""
    return [each for one in found for each in (*one.first, *one.path)]


def _lines(evidence: Evidence) -> str:
    return ", ".join(dict.fromkeys(map(str, _locations(evidence))))
