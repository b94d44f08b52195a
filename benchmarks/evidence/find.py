"""Check the cases that ``cases.py --write`` made, and write ``findings.json`` beside each.

    python benchmarks/evidence/find.py OUT --jobs 2

Only the source is read: no application is imported. Cases that differ in their declared edges
alone are checked together, since the values of their source are the same; if the check of
several ends early, each is checked by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

from penstock.evidence._analysis.analysis import MOST_WORK
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, EdgeEvidence, FlowReport
from penstock.evidence._source.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each case."""
    parser = argparse.ArgumentParser(description="Check the cases of the ground truth.")
    parser.add_argument("cases", type=Path, help="a folder of cases")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes check them")
    options = parser.parse_args(arguments)
    groups: dict[str, list[Path]] = {}
    for file in sorted(options.cases.glob("*/**/declaration.json")):
        groups.setdefault(_digest_of(file), []).append(file)
    with ProcessPoolExecutor(options.jobs) as processes:
        list(processes.map(find, groups.values()))
    return 0


def find(files: Sequence[Path]) -> None:
    """Check cases whose steps and source are the same."""
    declarations = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for file, found in zip(files, findings(declarations, files[0].parent / "source"), strict=True):
        text = json.dumps(found, indent=1) + "\n"
        file.with_name("findings.json").write_text(text, encoding="utf-8")


def findings(declarations: Sequence[Mapping[str, Any]], source: Path) -> list[dict[str, Any]]:
    """Return what the check finds of cases whose steps and source are the same."""
    roots = [source / root for root in declarations[0]["roots"]]
    flows = [flow for declaration in declarations for flow in flows_of(declaration)]
    # Together they may take as many steps of work as each may.
    reports = check(Project.at(source, roots), flows, MOST_WORK // len(declarations))
    if len(declarations) > 1 and any(report.failures for report in reports):
        return [found for each in declarations for found in findings([each], source)]
    return [
        {"pairs": [_pair(edge) for edge in probes.edges], "findings": _findings(declared)}
        for declared, probes in zip(reports[::2], reports[1::2], strict=True)
    ]


def _digest_of(file: Path) -> str:
    """Return a digest of the source and the steps of a case."""
    declaration = json.loads(file.read_text(encoding="utf-8"))
    steps = [(step["module"], step["qualname"]) for step in declaration["steps"]]
    found = sha256(json.dumps([declaration["roots"], steps]).encode())
    source = file.parent / "source"
    for each in sorted(source.rglob("*.py")):
        for part in (each.relative_to(source).as_posix().encode(), each.read_bytes()):
            found.update(f"{len(part)} ".encode() + part)
    return found.hexdigest()


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
    found += [{"code": "back", "from": one.source, "to": one.target} for one in report.back]
    for gone in report.missing:
        code = "missing" if gone.renamed_to is None else "renamed"
        found.append({"code": code, "step": gone.step})
    return found


if __name__ == "__main__":
    sys.exit(main())
