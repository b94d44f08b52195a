"""Score what a tool found against the ground truth.

    python benchmarks/evidence/score.py FINDINGS [--set held_out] [--channels no] [--format json]

FINDINGS is a folder that ``cases.py --write`` made, in which the tool has left a
``findings.json`` beside each ``declaration.json``, or one file with all of them by case.
``README.md`` has the form of a finding, and what is counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cases import ERRORS, KINDS, SETS, Application, Case, Drift, cases, load

SUPPORTED = ("supported", "mixed")
GOALS = {
    "recall": 0.85,
    "recall with channels": 0.92,
    "precision": 0.98,
    "found": 0.85,
    "exact": 0.75,
}

Finding = tuple[str, str, str]
"""A code, and the names of one or two steps; the second is empty for a finding about a step."""


@dataclass
class Share:
    """How many of how many; nothing of nothing is 0, so that silence earns nothing."""

    right: int = 0
    all: int = 0

    def add(self, *, right: bool) -> None:
        """Count one more."""
        self.right += right
        self.all += 1

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.right / self.all if self.all else 0.0

    def __str__(self) -> str:
        """Return the share and its two numbers."""
        return f"{self.value:.2f} ({self.right} of {self.all})"


@dataclass
class Score:
    """All that is counted."""

    recall: Share = field(default_factory=Share)
    precision: Share = field(default_factory=Share)
    kinds_right: Share = field(default_factory=Share)
    lines_right: Share = field(default_factory=Share)
    found: Share = field(default_factory=Share)
    exact: Share = field(default_factory=Share)
    quiet_flows: Share = field(default_factory=Share)
    quiet_refactorings: Share = field(default_factory=Share)
    quiet_allowed: Share = field(default_factory=Share)
    by_kind: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    by_through: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    by_application: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    by_drift: dict[str, tuple[Share, Share]] = field(
        default_factory=lambda: defaultdict(lambda: (Share(), Share()))
    )
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The findings of a tool, by the name of the case."""
    if path.is_dir():
        files = sorted(path.glob("*/**/findings.json"))
        found = {
            file.parent.relative_to(path).as_posix(): file.read_text("utf-8") for file in files
        }
        return {name: json.loads(text) for name, text in found.items()}
    return dict(json.loads(path.read_text("utf-8"))["cases"])


def score(
    findings: Mapping[str, Mapping[str, Any]],
    applications: Sequence[Application],
    *,
    channels: bool = True,
    back: bool = False,
) -> Score:
    """Compare the findings of a tool with the truth.

    With *back*, a warning of a way back is as good as an undeclared edge, where that is expected.
    """
    total = Score()
    for case in cases(applications):
        result = findings.get(case.id)
        before = findings.get(f"{case.application.name}/{case.flow.name}") or {}
        if case.drift is None:
            _score_edges(total, case, result or {})
            quiet = _sees(result) and not (errors := _errors(_findings(result)))
            total.quiet_flows.add(right=quiet)
            total.wrong += (
                [f"{case.id}: {_text(error)}" for error in errors] if _sees(result) else []
            )
        elif channels or not case.drift.sends:
            drift = _with_back(case.drift) if back else case.drift
            _score_drift(total, case, drift, result, before)
    return total


def _with_back(drift: Drift) -> Drift:
    expect = [
        ((*codes, "back") if "undeclared" in codes else codes, first, second)
        for codes, first, second in drift.expect
    ]
    return replace(drift, expect=tuple(expect))


def _score_edges(total: Score, case: Case, result: Mapping[str, Any]) -> None:
    answers = {(pair["from"], pair["to"]): pair for pair in result.get("pairs", ())}
    supported = {pair for pair, answer in answers.items() if answer["verdict"] in SUPPORTED}
    for edge in case.flow.edges:
        seen = edge.pair in supported
        total.recall.add(right=seen)
        total.by_kind[edge.kinds[0]].add(right=seen)
        total.by_application[case.application.name].add(right=seen)
        for through in edge.through or ("plain code",):
            total.by_through[through].add(right=seen)
        if seen:
            answer = answers[edge.pair]
            place = f"{answer.get('file')}:{answer.get('line')}"
            total.precision.add(right=True)
            total.kinds_right.add(right=answer.get("kind") in edge.kinds)
            total.lines_right.add(right=place in {line.partition(" ")[0] for line in edge.lines})
        else:
            total.missed.append(f"{case.id}: {edge.source} -> {edge.target}")
    for pair in set(case.flow.not_edges) & supported:
        total.precision.add(right=False)
        total.wrong.append(f"{case.id}: {' -> '.join(pair)} is not an edge")


def _score_drift(
    total: Score,
    case: Case,
    drift: Drift,
    result: Mapping[str, Any] | None,
    before: Mapping[str, Any],
) -> None:
    new = _findings(result) - _findings(before)
    extra = {finding for finding in _errors(new) if not _is_right(finding, case, drift)}
    total.wrong += [f"{case.id}: {_text(finding)}" for finding in sorted(extra)]
    if not drift.needed:
        quiet = result is not None and _sees(before) and not extra
        shares = (total.quiet_refactorings, total.quiet_allowed)
        shares[drift.type != "refactoring"].add(right=quiet)
        return
    found = any(_is_about(finding, *expected) for finding in new for expected in drift.expect)
    exact = not extra and all(
        any(_matches(finding, *expected) for finding in new) for expected in drift.expect
    )
    total.found.add(right=found)
    total.exact.add(right=found and exact)
    for share, right in zip(total.by_drift[drift.type], (found, found and exact), strict=True):
        share.add(right=right)
    if not found:
        total.missed.append(f"{case.id}: {drift.why}")


def _sees(result: Mapping[str, Any] | None) -> bool:
    """Whether a tool supports anything at all: one that is blind is not quiet."""
    return any(pair["verdict"] in SUPPORTED for pair in (result or {}).get("pairs", ()))


def _findings(result: Mapping[str, Any] | None) -> set[Finding]:
    return {
        (item["code"], item.get("from") or item.get("step") or "", item.get("to") or "")
        for item in (result or {}).get("findings", ())
    }


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(finding for finding in findings if finding[0] in ERRORS)


def _matches(finding: Finding, codes: tuple[str, ...], first: str, second: str) -> bool:
    return finding[0] in codes and _same_steps(finding, first, second)


def _is_about(finding: Finding, codes: tuple[str, ...], first: str, second: str) -> bool:
    return finding[0] in (*ERRORS, *codes) and _same_steps(finding, first, second)


def _same_steps(finding: Finding, first: str, second: str) -> bool:
    _, source, target = finding
    return (first == "*" or source in first.split("|")) and (not second or target == second)


def _is_right(finding: Finding, case: Case, drift: Drift) -> bool:
    """Whether a finding is expected, allowed, or follows from what is expected."""
    code, source, target = finding
    if any(_matches(finding, *right) for right in (*drift.expect, *drift.allow)):
        return True
    renamed = {first for codes, first, _ in drift.expect if "renamed" in codes}
    if {source, target} & renamed:
        return True
    near = {second for _, _, second in drift.expect}
    return code == "undeclared" and (target in near or target in _after(source, case, drift))


def _after(step: str, case: Case, drift: Drift) -> set[str]:
    """The steps that follow one in the declaration, were it as the expected findings say."""
    edges = {(first, second) for first, second, _ in case.edges}
    for codes, firsts, second in drift.expect:
        for first in firsts.split("|"):
            edges -= {(first, second)}
            edges |= {(first, second)} if "undeclared" in codes else set()
    found: set[str] = set()
    new = {step}
    while new:
        new = {second for first, second in edges if first in new} - found
        found |= new
    return found


def _text(finding: Finding) -> str:
    code, source, target = finding
    return f"{code} {source} -> {target}" if target else f"{code} {source}"


# -- Reports


def reached(total: Score, *, channels: bool = True) -> dict[str, bool]:
    """Whether each goal is reached."""
    recall = "recall with channels" if channels else "recall"
    return {
        f"recall >= {GOALS[recall]}": total.recall.value >= GOALS[recall],
        f"precision >= {GOALS['precision']}": total.precision.value >= GOALS["precision"],
        f"drifts found >= {GOALS['found']}": total.found.value >= GOALS["found"],
        f"drifts exactly right >= {GOALS['exact']}": total.exact.value >= GOALS["exact"],
        "no error on a flow that has not drifted": total.quiet_flows.value == 1,
        "no error on a refactoring": total.quiet_refactorings.value == 1,
    }


def markdown(total: Score, *, channels: bool = True) -> str:
    """The score as Markdown."""
    lines = ["| edges | |", "| --- | --- |"]
    rows = {
        "recall": total.recall,
        "precision": total.precision,
        "of those, with the right kind": total.kinds_right,
        "of those, with a line of the truth": total.lines_right,
        **{f"recall: {kind}": total.by_kind[kind] for kind in KINDS},
        **{f"recall: {name}": share for name, share in sorted(total.by_application.items())},
    }
    lines += [f"| {name} | {share} |" for name, share in rows.items()]
    lines += ["", "| drifts | found | exactly right |", "| --- | --- | --- |"]
    lines += [f"| all that need a finding | {total.found} | {total.exact} |"]
    lines += [f"| {name} | {a} | {b} |" for name, (a, b) in sorted(total.by_drift.items())]
    lines += ["", "| without an error | |", "| --- | --- |"]
    lines += [
        f"| flows that have not drifted | {total.quiet_flows} |",
        f"| refactorings | {total.quiet_refactorings} |",
        f"| drifts that need no finding | {total.quiet_allowed} |",
    ]
    lines += ["", "| goal | reached |", "| --- | --- |"]
    goals = reached(total, channels=channels)
    lines += [f"| {goal} | {'yes' if yes else 'no'} |" for goal, yes in goals.items()]
    return "\n".join(lines)


def as_json(total: Score, *, channels: bool = True) -> dict[str, Any]:
    """The score as data."""
    shares = {name: value for name, value in vars(total).items() if isinstance(value, Share)}
    groups = ("by_kind", "by_through", "by_application")
    return {
        **{name: _share(share) for name, share in shares.items()},
        **{
            group: {name: _share(share) for name, share in sorted(getattr(total, group).items())}
            for group in groups
        },
        "by_drift": {
            name: {"found": _share(a), "exact": _share(b)}
            for name, (a, b) in sorted(total.by_drift.items())
        },
        "goals": reached(total, channels=channels),
        "missed": total.missed,
        "wrong": total.wrong,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"right": share.right, "all": share.all, "share": round(share.value, 4)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the score of a tool; 1 if a goal is not reached."""
    parser = argparse.ArgumentParser(description="Score what a tool found.")
    parser.add_argument("findings", type=Path, help="a folder of cases, or one file")
    parser.add_argument("--set", choices=SETS, help="only the applications of this set")
    parser.add_argument("--channels", choices=("yes", "no"), default="yes")
    parser.add_argument(
        "--back", choices=("yes", "no"), default="no", help="count warnings of ways back as errors"
    )
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown")
    parser.add_argument("--list", action="store_true", help="list what was missed and was wrong")
    options = parser.parse_args(arguments)
    channels = options.channels == "yes"
    found, back = read(options.findings), options.back == "yes"
    total = score(found, load(options.set), channels=channels, back=back)
    if options.format == "json":
        print(json.dumps(as_json(total, channels=channels), indent=2))
    else:
        print(markdown(total, channels=channels))
        if options.list:
            print("", *(f"missed: {line}" for line in total.missed), sep="\n")
            print(*(f"wrong: {line}" for line in total.wrong), sep="\n")
            print("", *_hard(total.by_through), sep="\n")
    return 0 if all(reached(total, channels=channels).values()) else 1


def _hard(shares: Mapping[str, Share]) -> list[str]:
    missed = Counter({name: share.all - share.right for name, share in shares.items()})
    return [f"through {name}: {shares[name]}" for name, count in missed.most_common() if count]


if __name__ == "__main__":
    sys.exit(main())
