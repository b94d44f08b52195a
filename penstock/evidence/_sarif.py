"""Reports as SARIF 2.1.0, which code hosts and editors show at the lines of the source."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from penstock._declared.step import Location
from penstock.evidence._declaration import Fix
from penstock.evidence._help import MEANINGS, help_of
from penstock.evidence._report import CODES, Finding, Report

__all__ = ["as_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report) -> str:
    """Return the findings as a log of SARIF, with fingerprints that no line number changes."""
    rules = [*CODES, *sorted({f.code for f in report.findings} - set(CODES))]
    driver = {
        "name": "penstock",
        "version": version("penstock"),
        "rules": [_rule(code) for code in rules],
    }
    errors = [*report.not_imported, *report.failures]
    levels = [*(("error", text) for text in errors), *(("note", text) for text in report.notes)]
    notes = [{"level": level, "message": {"text": text}} for level, text in levels]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": list(_results(report.findings, rules)),
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    page = help_of(code)
    return {
        "id": code,
        "shortDescription": {"text": MEANINGS.get(code, code)},
        **({} if page is None else {"helpUri": page}),
        "defaultConfiguration": {"level": CODES.get(code, "error")},
    }


def _results(findings: Iterable[Finding], rules: list[str]) -> Iterable[Mapping[str, Any]]:
    seen: dict[str, int] = {}
    for finding in findings:
        key = "\n".join(map(str, finding.key))
        seen[key] = seen.get(key, 0) + 1
        fingerprint = sha256(key.encode()).hexdigest()
        text = "\n".join([finding.title, *finding.details])
        result: dict[str, Any] = {
            "ruleId": finding.code,
            "ruleIndex": rules.index(finding.code),
            "level": finding.severity,
            "message": {"text": text},
            "partialFingerprints": {"penstock/v1": f"{fingerprint}:{seen[key]}"},
        }
        if finding.location is not None:
            result["locations"] = [{"physicalLocation": _location(finding.location)}]
        if finding.related:
            locations = list(dict.fromkeys(finding.related))
            result["relatedLocations"] = [
                {"id": number, "physicalLocation": _location(location)}
                for number, location in enumerate(locations, 1)
            ]
        if finding.fix is not None:
            result["fixes"] = [_fix(finding, finding.fix)]
        yield result


def _fix(finding: Finding, fix: Fix) -> Mapping[str, Any]:
    region = {"startLine": fix.location.line, "startColumn": fix.start, "endColumn": fix.end}
    replacement = {"deletedRegion": region, "insertedContent": {"text": fix.text}}
    artifact = _location(fix.location)["artifactLocation"]
    return {
        "description": {"text": finding.details[-1]},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
    }


def _location(location: Location) -> dict[str, Any]:
    path = Path(location.file)
    if path.is_absolute():  # outside of the project
        artifact = {"uri": path.as_uri()}
    else:
        artifact = {"uri": quote(location.file), "uriBaseId": "%SRCROOT%"}
    return {
        "artifactLocation": artifact,
        "region": {"startLine": location.line},
    }
