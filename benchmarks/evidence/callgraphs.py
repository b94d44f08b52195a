"""Score the calls that the check finds in small programs whose call graphs are known.

    python benchmarks/evidence/callgraphs.py PROGRAMS [--truth FOLDER] [--only "new_*"] [--list]

PROGRAMS has a folder for each kind of program, with a folder for each program: its modules, and
``callgraph.json``, which has for the name of each function and module the names of what it calls.
The latter may be in another FOLDER.
``README.md`` has where such programs are, and the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from penstock.evidence._analysis.analysis import Analysis
from penstock.evidence._order.reached import consumed_in
from penstock.evidence._order.runs import FlowRuns
from penstock.evidence._source.files import Definition
from penstock.evidence._source.project import Project

Edge = tuple[str, str]


@dataclass
class Counts:
    """The calls of the programs of a kind: those that are found, those that are true, and both."""

    programs: int = 0
    found: int = 0
    true: int = 0
    both: int = 0

    def add(self, found: set[Edge], true: set[Edge]) -> None:
        """Count one more program."""
        self.programs += 1
        self.found += len(found)
        self.true += len(true)
        self.both += len(found & true)

    def __str__(self) -> str:
        """Return precision and recall, with their numbers. A share of nothing is 0."""
        return f"{_share(self.both, self.found)} | {_share(self.both, self.true)}"


def _share(right: int, every: int) -> str:
    return f"{right / every if every else 0:.3f} ({right} of {every})"


@dataclass
class Score:
    """All programs, by their kind, and each difference."""

    kinds: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    every: Counts = field(default_factory=Counts)
    differences: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the counts in Markdown."""
        rows = [*sorted(self.kinds.items()), ("all", self.every)]
        head = ["| kind | programs | precision | recall |", "| --- | --: | --- | --- |"]
        return "\n".join([*head, *(f"| {n} | {c.programs} | {c} |" for n, c in rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each program, and print what came of it."""
    parser = argparse.ArgumentParser(description="Score the check against known call graphs.")
    parser.add_argument("programs", type=Path, help="a folder with a folder for each kind")
    parser.add_argument("--truth", type=Path, help="the folder with the call graphs, if another")
    parser.add_argument("--only", default="*", help="the kinds to check, as a pattern")
    parser.add_argument("--list", action="store_true", help="print each difference")
    options = parser.parse_args(arguments)
    found = score(options.programs, options.truth or options.programs, options.only)
    if options.list:
        print("\n".join(found.differences))
    print(found.table())
    return 0 if found.every.programs else 2


def score(programs: Path, truth: Path, only: str = "*") -> Score:
    """Return how the calls that are found compare with the true ones."""
    total = Score()
    for folder in sorted(programs.glob("*/*/")):
        kind, name = folder.parts[-2].replace(" ", "_"), folder.name
        if not fnmatch(kind, only):
            continue
        project = Project.at(folder, [folder])
        functions = named(project)
        text = (truth / kind / name / "callgraph.json").read_text(encoding="utf-8")
        true = set(_calls_in(json.loads(text), functions))
        found = calls(project, functions)
        for counts in (total.kinds[kind], total.every):
            counts.add(found, true)
        for word, edges in (("missed", true - found), ("wrong", found - true)):
            total.differences += [f"{kind}/{name}: {word}: {a} -> {b}" for a, b in sorted(edges)]
    return total


def _calls_in(
    graph: Mapping[str, Sequence[str]], functions: Mapping[str, object]
) -> Iterator[Edge]:
    """Yield the calls of the program's own functions: not of libraries, nor imports of modules."""
    for caller, callees in graph.items():
        yield from ((caller, callee) for callee in callees if callee in functions)


def named(project: Project) -> dict[str, Definition]:
    """Return the functions of *project* by their names, in which lambdas are numbered."""
    found = {}
    for source in project.sources:
        names = {source.root: source.module}
        lambdas: dict[str, int] = defaultdict(int)
        # Those of a scope are numbered in the order of their lines.
        ordered = sorted(source.definitions.values(), key=lambda d: (_position(d), d.qualname))
        for definition in ordered:
            assert definition.parent is not None
            scope, name = names[definition.parent], definition.name
            if definition.kind == "lambda":
                lambdas[scope] += 1
                name = f"<lambda{lambdas[scope]}>"
            names[definition] = f"{scope}.{name}"
            if definition.kind != "class":
                found[names[definition]] = definition
    return found


def _position(definition: Definition) -> tuple[int, int]:
    node = definition.node
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def calls(project: Project, functions: Mapping[str, Definition]) -> set[Edge]:
    """Return what each function and module of *project* calls first: each function is a step.

    The modules are run. A function that nothing calls then is called with any arguments.
    """
    modules = {source.module: source.root for source in project.sources}
    callers = {**functions, **modules}
    names = {definition: name for name, definition in functions.items()}
    analysis = Analysis(project)
    analysis.run([*modules.values()])
    uncalled = [each for each in functions.values() if not analysis.contexts(each)]
    analysis.run([*modules.values(), *uncalled])
    consumed = consumed_in(analysis.engine.evaluated)
    runs = FlowRuns(names.get, analysis.contexts, consumed, analysis.engine.spend)
    return {
        (name, callee)
        for name, definition in callers.items()
        for callee in runs.body(name, definition).starts
    }


if __name__ == "__main__":
    sys.exit(main())
