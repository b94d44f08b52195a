"""Score the check against small programs of which each shows one idiom, and that we wrote.

    python benchmarks/evidence/step_idioms.py [--list]

Each file in ``idioms/`` has programs: a title after ``===``, the source, and after ``---`` which
steps each step leads to, through helpers and up to the next one. ``# ---`` begins another module.
``README.md`` has the figures.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.project import Project

PROGRAMS = Path(__file__).with_name("idioms")
VERBS = {"call": "calls", "hand-off": "hands off"}

Leads = dict[tuple[str, str], str]
"""The verb for each pair of steps of which the first leads to the second."""


class Program(NamedTuple):
    """A program, and what is true of it."""

    title: str
    modules: dict[str, str]
    true: Leads


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each program, and print what came of it."""
    parser = argparse.ArgumentParser(description="Score the check against idioms of steps.")
    parser.add_argument("--programs", type=Path, default=PROGRAMS, help="a folder with idioms")
    parser.add_argument("--list", action="store_true", help="print each difference")
    options = parser.parse_args(arguments)
    print("| idioms | programs | precision | recall | right kind |")
    print("| --- | --: | --- | --- | --- |")
    differences: list[str] = []
    total: Counter[str] = Counter()
    for file in sorted(options.programs.glob("*.txt")):
        counts: Counter[str] = Counter()
        for program in programs_in(file.read_text(encoding="utf-8")):
            found = leads(program.modules)
            counts += _counts(found, program.true)
            differences += _differences(program, found)
        total += counts
        print(_row(file.stem, counts))
    print(_row("all", total))
    if options.list:
        print("\n".join(differences))
    return 0 if total["programs"] else 2


def programs_in(text: str) -> Iterator[Program]:
    """Yield the programs of a file."""
    titled = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)[1:]
    for title, rest in zip(titled[::2], titled[1::2], strict=True):
        source, _, true = rest.partition("\n---\n")
        parts = re.split(r"^# --- (.*)\n", f"# --- app.py\n{source}\n", flags=re.MULTILINE)[1:]
        modules = {name: text for name, text in zip(parts[::2], parts[1::2], strict=True) if text}
        found = (re.split(r" (calls|hands off) ", line) for line in true.split("\n") if line)
        yield Program(title, modules, {(a, b): verb for a, verb, b in found})


def leads(modules: dict[str, str]) -> Leads:
    """Return where the steps of *modules* lead to, by the check."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in modules.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"from penstock import step\n{text}", encoding="utf-8")
        steps = tuple(
            CheckedStep(name=d.qualname, module=source.module, qualname=d.qualname)
            for source in Project.at(folder, is_declared=True).sources
            for d in source.definitions.values()
            if any(getattr(e, "id", "") == "step" for e in getattr(d.node, "decorator_list", ()))
        )
        names = [step.name for step in steps]
        edges = tuple((first, second, False) for first, second in permutations(names, 2))
        report = check(Project.at(folder), [CheckedFlow(name="idiom", steps=steps, edges=edges)])[0]
    return {
        (edge.source, edge.target): VERBS[proof.kind]
        for edge in report.edges
        for proof in reversed(edge.evidence)
        if proof.kind in VERBS
    }


def _counts(found: Leads, true: Leads) -> Counter[str]:
    both = found.keys() & true.keys()
    kinds = sum(found[pair] == true[pair] for pair in both)
    return Counter(programs=1, found=len(found), true=len(true), both=len(both), kinds=kinds)


def _differences(program: Program, found: Leads) -> Iterator[str]:
    for first, second in sorted(program.true.keys() - found.keys()):
        yield f"{program.title}: missed: {first} -> {second}"
    for first, second in sorted(found.keys() - program.true.keys()):
        yield f"{program.title}: wrong: {first} -> {second}"


def _row(name: str, counts: Counter[str]) -> str:
    shares = (
        _share(counts["both"], counts["found"]),
        _share(counts["both"], counts["true"]),
        _share(counts["kinds"], counts["both"]),
    )
    return f"| {name} | {counts['programs']} | {' | '.join(shares)} |"


def _share(right: int, every: int) -> str:
    return f"{right / every if every else 0:.3f} ({right} of {every})"


if __name__ == "__main__":
    sys.exit(main())
