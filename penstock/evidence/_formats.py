"""Reports as text, as JSON, and as commands of GitHub Actions."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from penstock.evidence._model import EdgeEvidence, Evidence
from penstock.evidence._report import Finding, Report
from penstock.evidence._source.files import Place

__all__ = ["FORMATS", "as_github", "as_json", "as_text"]

_MOST_COMMANDS = 10
"""GitHub shows this many commands of a level in a step."""


def as_text(report: Report) -> str:
    """Return the findings a block each, and a line that counts."""
    lines: list[str] = []
    for finding in report.findings:
        place = f"{finding.place}: " if finding.place is not None else ""
        lines.append(f"{place}{finding.title} [{finding.code}]")
        lines += [f"    {detail}" for detail in finding.details]
    lines += report.failures
    return "\n".join([*lines, report.summary()])


def as_json(report: Report) -> str:
    """Return the whole report: the verdict on each edge, and the findings."""
    value = {
        "version": 1,
        "summary": report.summary(),
        "flows": [
            {
                "flow": flow.flow,
                "edges": [_edge(edge) for edge in flow.edges],
                "undeclared": [
                    {"from": one.source, "to": one.target, "evidence": _evidence(one.evidence)}
                    for one in flow.undeclared
                ],
            }
            for flow in report.flows
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "failures": list(report.failures),
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def _edge(edge: EdgeEvidence) -> dict[str, Any]:
    found: dict[str, Any] = {"from": edge.source, "to": edge.target, "verdict": edge.verdict}
    found["evidence"] = [_evidence(one) for one in edge.evidence]
    if edge.against:
        found["against"] = [_evidence(one) for one in edge.against]
    if edge.reason is not None:
        found["reason"] = edge.reason
    if edge.place is not None:
        found["at"] = _place(edge.place)
    return found


def _evidence(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": evidence.kind}
    if evidence.caller is not None:
        found["caller"] = evidence.caller
    if evidence.channel is not None:
        found["channel"] = evidence.channel
    if evidence.first:
        found["first"] = [_place(place) for place in evidence.first]
    if evidence.path:
        found["path"] = [_place(place) for place in evidence.path]
    return found


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}


def _finding(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": finding.code,
        "severity": finding.severity,
        "flow": finding.flow,
        "from": finding.source,
        "to": finding.target,
        "message": finding.message,
        "details": list(finding.details),
        "related": [_place(place) for place in finding.related],
    }
    if finding.place is not None:
        found |= _place(finding.place)
    return found


def as_github(report: Report) -> str:
    """Return a command for each finding, at most ten of a level, and a line that counts."""
    lines: list[str] = []
    for level in ("error", "warning"):
        found = [finding for finding in report.findings if finding.severity == level]
        lines += [_command(level, finding) for finding in found[:_MOST_COMMANDS]]
        if len(found) > _MOST_COMMANDS:
            lines.append(f"::{level}::{len(found) - _MOST_COMMANDS} more of penstock check")
    return "\n".join([*lines, *report.failures, report.summary()])


def _command(level: str, finding: Finding) -> str:
    place = finding.place
    where = [] if place is None else [f"file={_escaped(place.file)}", f"line={place.line}"]
    options = ",".join([*where, f"title={_escaped(finding.code)}"])
    text = "\n".join([finding.title, *finding.details])
    return f"::{level} {options}::{_escaped(text, in_options=False)}"


def _escaped(text: str, *, in_options: bool = True) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_options else text


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}
"""The formats of a report, by name."""
