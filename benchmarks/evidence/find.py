"""Check the cases that ``cases.py --write`` made, and write ``findings.json`` beside each.

    python benchmarks/evidence/find.py OUT

Only the source is read: no application is imported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, EdgeEvidence, FlowReport
from penstock.evidence._source.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each case."""
    parser = argparse.ArgumentParser(description="Check the cases of the ground truth.")
    parser.add_argument("cases", type=Path, help="a folder of cases")
    options = parser.parse_args(arguments)
    for file in sorted(options.cases.glob("*/**/declaration.json")):
        declaration = json.loads(file.read_text(encoding="utf-8"))
        found = findings(declaration, file.parent / "source")
        text = json.dumps(found, indent=1) + "\n"
        file.with_name("findings.json").write_text(text, encoding="utf-8")
    return 0


def findings(declaration: Mapping[str, Any], source: Path) -> dict[str, Any]:
    """Return what the check finds of one case."""
    project = Project.at(source, [source / root for root in declaration["roots"]])
    declared, probes = check(project, flows_of(declaration))
    return {"pairs": [_pair(edge) for edge in probes.edges], "findings": _findings(declared)}


def flows_of(declaration: Mapping[str, Any]) -> list[CheckedFlow]:
    """Return the declared edges as a flow, and the pairs that a check is asked for as another."""
    steps = tuple(map(_step, declaration["steps"]))
    return [CheckedFlow(name=n, steps=steps, edges=_edges(declaration[n])) for n in _PARTS]


_PARTS = ("edges", "probes")


def _step(data: Mapping[str, Any]) -> CheckedStep:
    return CheckedStep(
        name=data["name"],
        module=data["module"],
        qualname=data["qualname"],
        sends=tuple(data["sends"]),
        receives=tuple(data["receives"]),
        is_entrypoint=data["entrypoint"],
    )


def _edges(data: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str, bool], ...]:
    return tuple((edge["from"], edge["to"], edge["loop"]) for edge in data)


def _pair(edge: EdgeEvidence) -> dict[str, Any]:
    found: dict[str, Any] = {"from": edge.source, "to": edge.target, "verdict": edge.verdict}
    if edge.evidence:
        first = edge.evidence[0]
        found["kind"] = first.kind
        if first.path:
            found |= {"file": first.path[-1].file, "line": first.path[-1].line}
    if edge.reason:
        found["reason"] = edge.reason
    return found


def _findings(report: FlowReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"code": edge.verdict, "from": edge.source, "to": edge.target}
        for edge in report.edges
        if edge.verdict in {"contradicted", "unverified"}
    ]
    found += [
        {"code": "undeclared", "from": one.source, "to": one.target} for one in report.undeclared
    ]
    for gone in report.missing:
        code = "missing" if gone.renamed_to is None else "renamed"
        found.append({"code": code, "step": gone.step})
    return found


if __name__ == "__main__":
    sys.exit(main())
