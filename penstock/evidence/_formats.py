"""Reports as text, as JSON, as commands of GitHub Actions, and in the other formats."""

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from penstock._common.plural import count
from penstock._declared.step import Location
from penstock.evidence._junit import as_junit
from penstock.evidence._markdown import as_markdown
from penstock.evidence._model import Connection, EdgeEvidence, Evidence, MissingStep
from penstock.evidence._report import Finding, Report
from penstock.evidence._sarif import as_sarif

__all__ = ["FORMATS", "SCHEMA_VERSION", "as_github", "as_json", "as_text", "report_schema"]

SCHEMA_VERSION = "1.0"
"""The version of the JSON. A new second number adds members, a new first number changes them."""

_MOST_COMMANDS = 10
"""GitHub shows this many commands of a level in a step."""


def as_text(report: Report) -> str:
    """Return the findings a block each, the page about each code, and a line that counts."""
    lines = [finding.text() for finding in report.findings]
    pages = {finding.code: finding.help for finding in report.findings}
    about = [f"{code}: {page}" for code, page in sorted(pages.items()) if page is not None]
    return "\n".join([*lines, *about, *report.failures, *report.notes, report.summary()])


def as_json(report: Report) -> str:
    """Return the whole report: the verdict on each edge, and the findings."""
    value = {
        "schema_version": SCHEMA_VERSION,
        "summary": report.summary(),
        "imported": report.is_imported,
        "flows": [
            {
                "flow": flow.flow,
                "functions": flow.functions,
                "edges": [_edge(edge) for edge in flow.edges],
                "undeclared": [*map(_connection, flow.undeclared)],
                "back": [*map(_connection, flow.back)],
                "missing": [_missing(one) for one in flow.missing],
            }
            for flow in report.flows
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "failures": list(report.failures),
        "not_imported": list(report.not_imported),
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the format ``json``.

    .. versionadded:: 0.2
    """
    text = files("penstock.evidence").joinpath("check-1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _edge(edge: EdgeEvidence) -> dict[str, Any]:
    found: dict[str, Any] = {"from": edge.source, "to": edge.target, "verdict": edge.verdict}
    found["evidence"] = [_evidence(one) for one in edge.evidence]
    if edge.against:
        found["against"] = [_evidence(one) for one in edge.against]
    if edge.reason is not None:
        found["reason"] = edge.reason
    if edge.location is not None:
        found["at"] = _location(edge.location)
    return found


def _connection(found: Connection) -> dict[str, Any]:
    return {"from": found.source, "to": found.target, "evidence": _evidence(found.evidence)}


def _missing(missing: MissingStep) -> dict[str, Any]:
    found: dict[str, Any] = {"step": missing.step, "function": missing.label}
    if missing.renamed_to is not None:
        found["renamed_to"] = missing.renamed_to
    if missing.location is not None:
        found["at"] = _location(missing.location)
    return found


def _evidence(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": evidence.kind}
    if evidence.caller is not None:
        found["caller"] = evidence.caller
    if evidence.channel is not None:
        found["channel"] = evidence.channel
    if evidence.first:
        found["first"] = [_location(location) for location in evidence.first]
    if evidence.path:
        found["path"] = [_location(location) for location in evidence.path]
    return found


def _location(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line}


def _finding(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": finding.code,
        "severity": finding.severity,
        "flow": finding.flow,
        "from": finding.source,
        "to": finding.target,
        "message": finding.message,
        "details": list(finding.details),
        "related": [_location(location) for location in finding.related],
    }
    if finding.help is not None:
        found["help"] = finding.help
    if finding.location is not None:
        found |= _location(finding.location)
    if finding.fix is not None:
        fix = finding.fix
        columns = {"column": fix.start, "end_column": fix.end}
        found["fix"] = {**_location(fix.location), **columns, "text": fix.text}
    return found


def as_github(report: Report) -> str:
    """Return a command for each error and finding, at most ten of a level, and a line that counts.

    The number of those that are left out is a notice, since GitHub shows no eleventh of a level.
    """
    lines: list[str] = []
    for level, messages in (("error", report.not_imported), ("warning", report.failures)):
        commands = [f"::{level}::{_escaped(each, in_options=False)}" for each in messages]
        found = (finding for finding in report.findings if finding.severity == level)
        commands += [_command(level, finding) for finding in found]
        lines += commands[:_MOST_COMMANDS]
        left_out = len(commands) - _MOST_COMMANDS
        if left_out > 0:
            lines.append(f"::notice::{count(left_out, f'more {level}')} of penstock check")
    return "\n".join([*lines, *report.notes, report.summary()])


def _command(level: str, finding: Finding) -> str:
    location = finding.location
    where = [] if location is None else [f"file={_escaped(location.file)}", f"line={location.line}"]
    options = ",".join([*where, f"title={_escaped(finding.code)}"])
    about = [] if finding.help is None else [finding.help]
    text = "\n".join([finding.title, *finding.details, *about])
    return f"::{level} {options}::{_escaped(text, in_options=False)}"


def _escaped(text: str, *, in_options: bool = True) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_options else text


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
    "junit": as_junit,
    "markdown": as_markdown,
}
"""The formats of a report, by name."""
