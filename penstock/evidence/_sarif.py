"""Reports as SARIF 2.1.0, which code hosts and editors show at the lines of the source."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from penstock.evidence._report import CODES, Finding, Report
from penstock.evidence._source.files import Place

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
    failures = [{"level": "error", "message": {"text": text}} for text in report.failures]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": failures}],
        "results": list(_results(report.findings, rules)),
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    return {"id": code, "defaultConfiguration": {"level": CODES.get(code, "error")}}


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
        if finding.place is not None:
            result["locations"] = [{"physicalLocation": _location(finding.place)}]
        if finding.related:
            places = list(dict.fromkeys(finding.related))
            result["relatedLocations"] = [
                {"id": number, "physicalLocation": _location(place)}
                for number, place in enumerate(places, 1)
            ]
        yield result


def _location(place: Place) -> dict[str, Any]:
    # A file outside of the project has a whole path, and no base.
    base = {} if place.is_outside else {"uriBaseId": "%SRCROOT%"}
    return {
        "artifactLocation": {"uri": place.uri, **base},
        "region": {"startLine": place.line},
    }
