"""Read the ground truth of ``penstock check``, and apply its drifts to a checkout.

Each file of ``applications/`` has a public application: flows, the edges that its source has, and
drifts of both. The source is not in this repository: the commands read checkouts that they are
given, one folder per application, at the commit that the file names.

    python benchmarks/evidence/cases.py --checkouts DIR --validate
    python benchmarks/evidence/cases.py --checkouts DIR --list
    python benchmarks/evidence/cases.py --checkouts DIR --write OUT

``README.md`` describes the format.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

APPLICATIONS = Path(__file__).parent / "applications"
SETS = ("development", "held_out", "sampled")
KINDS = ("call", "order", "hand-off", "channel")
ERRORS = ("contradicted", "undeclared", "renamed", "missing")
CODES = (*ERRORS, "unverified")
DRIFTS = {
    "bypass": "an edge is declared that the code does not have, or a helper now skips a step",
    "direction": "two steps are declared the wrong way round",
    "undeclared": "the code has an edge that the declaration lacks",
    "removed": "the code no longer calls a step",
    "reordered": "the code calls two steps the other way round",
    "branch": "a call is now where it cannot run after its predecessor",
    "handed-over": "a call became a hand-off, so that what follows no longer comes after it",
    "renamed": "a function has another name",
    "moved": "a function is in another module",
    "channel": "the two ends of a channel no longer name the same one",
    "refactoring": "nothing that a flow says has changed",
}


class CaseError(Exception):
    """An application's file or its checkout is not as the format requires."""


@dataclass(frozen=True)
class Step:
    """A declared function."""

    name: str
    at: str
    entrypoint: bool = False
    kind: str = ""
    sends: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The dotted name of its module."""
        return self.at.partition(":")[0]

    @property
    def qualname(self) -> str:
        """The qualified name in the module."""
        return self.at.partition(":")[2]


@dataclass(frozen=True)
class Edge:
    """An edge that the source has, with the lines that show it."""

    source: str
    target: str
    kinds: tuple[str, ...]
    lines: tuple[str, ...]
    through: tuple[str, ...] = ()
    loop: bool = False
    declared: bool = True

    @property
    def pair(self) -> tuple[str, str]:
        """The names of its two steps."""
        return self.source, self.target


@dataclass(frozen=True)
class Drift:
    """A change of a declaration or of the source, and what a check has to find."""

    id: str
    type: str
    edits: tuple[Mapping[str, Any], ...]
    add: tuple[tuple[str, str], ...]
    drop: tuple[tuple[str, str], ...]
    at: Mapping[str, str]
    sends: Mapping[str, tuple[str, ...]]
    needed: bool
    expect: tuple[tuple[tuple[str, ...], str, str], ...]
    allow: tuple[tuple[tuple[str, ...], str, str], ...]
    why: str


@dataclass(frozen=True)
class Flow:
    """A flow as a team would declare it over an application."""

    name: str
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    not_edges: tuple[tuple[str, str], ...]
    drifts: tuple[Drift, ...]

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)


@dataclass(frozen=True)
class Application:
    """A public application at a commit."""

    name: str
    address: str
    commit: str
    licence: str
    style: str
    set: str
    roots: tuple[str, ...]
    flows: tuple[Flow, ...] = field(repr=False)

    def file(self, module: str, checkout: Path) -> Path | None:
        """The file of a module in a checkout, or None."""
        path = Path(*module.split("."))
        for root in self.roots:
            for name in (path.with_suffix(".py"), path / "__init__.py"):
                if (checkout / root / name).is_file():
                    return checkout / root / name
        return None


@dataclass(frozen=True)
class Case:
    """One flow, as it is or in one drift: what a tool is asked once."""

    application: Application
    flow: Flow
    drift: Drift | None = None

    @cached_property
    def id(self) -> str:
        """``application/flow`` or ``application/flow/drift``."""
        parts = (self.application.name, self.flow.name, *([self.drift.id] if self.drift else []))
        return "/".join(parts)

    @property
    def edges(self) -> list[tuple[str, str, bool]]:
        """The declared edges, and whether each is a loop."""
        edges = [(*edge.pair, edge.loop) for edge in self.flow.edges if edge.declared]
        if self.drift:
            edges = [edge for edge in edges if edge[:2] not in self.drift.drop]
            edges += [(*pair, False) for pair in self.drift.add]
        return edges

    @property
    def probes(self) -> list[tuple[str, str, bool]]:
        """Pairs to be checked beside the declared ones, true and false in one sorted list."""
        if self.drift:
            return []
        edges = {(*edge.pair, edge.loop) for edge in self.flow.edges}
        return sorted(edges | {(*pair, False) for pair in self.flow.not_edges})

    def declaration(self, *, channels: bool = True) -> dict[str, Any]:
        """The case as a tool reads it, in which nothing shows what is true."""
        at, sends = (self.drift.at, self.drift.sends) if self.drift else ({}, {})
        steps = []
        for step in self.flow.steps:
            module, _, qualname = at.get(step.name, step.at).partition(":")
            steps.append(
                {
                    "name": step.name,
                    "module": module,
                    "qualname": qualname,
                    "entrypoint": step.entrypoint,
                    "kind": step.kind or None,
                    "sends": list(sends.get(step.name, step.sends)) if channels else [],
                    "receives": list(step.receives) if channels else [],
                }
            )
        return {
            "version": 1,
            "case": self.id,
            "application": self.application.name,
            "roots": list(self.application.roots),
            "flow": self.flow.name,
            "steps": steps,
            "edges": [_json(edge) for edge in self.edges],
            "probes": [_json(edge) for edge in self.probes],
        }

    def write(self, checkout: Path, target: Path) -> None:
        """Copy the checkout's Python files to *target*, with the drift applied."""
        changed = apply(self.drift.edits, checkout) if self.drift else {}
        for path in python_files(checkout):
            name = path.relative_to(checkout).as_posix()
            if name not in changed:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                _link(path, target / name)
        for name, text in changed.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(text, encoding="utf-8")


def load(only: str | None = None) -> list[Application]:
    """All applications, or those of one set."""
    paths = sorted(APPLICATIONS.glob("*.toml"))
    applications = [parse(tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths]
    return [application for application in applications if only in (None, application.set)]


def cases(applications: Sequence[Application]) -> Iterator[Case]:
    """Every flow as it is, followed by its drifts."""
    for application in applications:
        for flow in application.flows:
            yield Case(application, flow)
            for drift in flow.drifts:
                yield Case(application, flow, drift)


def _json(edge: tuple[str, str, bool]) -> dict[str, Any]:
    return dict(zip(("from", "to", "loop"), edge, strict=True))


# -- Reading


def parse(data: Mapping[str, Any]) -> Application:
    """Make an application from a parsed file.

    Raises:
        CaseError: If a key is missing or unknown, or a name has no step.
    """
    _keys(data, {"application", "flow"}, set())
    about = data["application"]
    _keys(about, {"name", "address", "commit", "licence", "style", "set", "roots"}, set())
    _require(about["set"] in SETS, f"{about['name']}: the set {about['set']!r} is unknown")
    flows = tuple(_flow(flow) for flow in data["flow"])
    return Application(**{**about, "roots": tuple(about["roots"]), "flows": flows})


def _flow(data: Mapping[str, Any]) -> Flow:
    _keys(data, {"name", "steps", "edges"}, {"not_edges", "drift"})
    steps = tuple(_step(step) for step in data["steps"])
    names = [step.name for step in steps]
    _require(len(set(names)) == len(names), f"{data['name']}: a step's name occurs twice")
    _require(any(step.entrypoint for step in steps), f"{data['name']}: there is no entrypoint")
    flow = Flow(
        data["name"],
        steps,
        tuple(_edge(edge) for edge in data["edges"]),
        tuple(_pair(pair) for pair in data.get("not_edges", ())),
        tuple(_drift(drift) for drift in data.get("drift", ())),
    )
    for pair in [*(edge.pair for edge in flow.edges), *flow.not_edges]:
        _require(set(pair) <= set(names), f"{flow.name}: {pair} names no step")
    doubtful = {edge.pair for edge in flow.edges} & set(flow.not_edges)
    _require(not doubtful, f"{flow.name}: {doubtful} are edges and are not")
    for drift in flow.drifts:
        _check_drift(drift, flow, set(names))
    return flow


def _check_drift(drift: Drift, flow: Flow, names: set[str]) -> None:
    about = f"{flow.name}/{drift.id}"
    _require(drift.type in DRIFTS, f"{about}: the type {drift.type!r} is unknown")
    _require(bool(drift.expect) or not drift.needed, f"{about}: nothing is expected")
    _require(drift.type != "refactoring" or not drift.needed, f"{about}: nothing is needed")
    declared = {edge.pair for edge in flow.edges if edge.declared}
    _require(set(drift.drop) <= declared, f"{about}: {drift.drop} is not declared")
    _require(not set(drift.add) & declared, f"{about}: {drift.add} is declared already")
    for _, first, second in (*drift.expect, *drift.allow):
        _require(
            {*first.split("|"), second} - {"", "*"} <= names,
            f"{about}: {first!r} or {second!r} is not a step",
        )
    for name in {*drift.at, *drift.sends, *(name for pair in drift.add for name in pair)}:
        _require(name in names, f"{about}: {name!r} is not a step")


def _step(data: Mapping[str, Any]) -> Step:
    _keys(data, {"name", "at"}, {"entrypoint", "kind", "sends", "receives"})
    lists = {key: tuple(data.get(key, ())) for key in ("sends", "receives")}
    return Step(**{**data, **lists})


def _edge(data: Mapping[str, Any]) -> Edge:
    _keys(data, {"edge", "kind", "lines"}, {"through", "loop", "declared"})
    source, target = _pair(data["edge"])
    kinds = tuple(data["kind"].split("|"))
    _require(set(kinds) <= set(KINDS), f"{data['edge']}: the kind {data['kind']!r} is unknown")
    _require(bool(data["lines"]), f"{data['edge']}: no line shows it")
    options = {key: data[key] for key in ("loop", "declared") if key in data}
    return Edge(
        source, target, kinds, tuple(data["lines"]), tuple(data.get("through", ())), **options
    )


def _drift(data: Mapping[str, Any]) -> Drift:
    optional = {"edits", "add", "drop", "at", "sends", "needed", "expect", "allow"}
    _keys(data, {"id", "type", "why"}, optional)
    return Drift(
        id=data["id"],
        type=data["type"],
        edits=tuple(data.get("edits", ())),
        add=tuple(_pair(pair) for pair in data.get("add", ())),
        drop=tuple(_pair(pair) for pair in data.get("drop", ())),
        at=data.get("at", {}),
        sends={name: tuple(channels) for name, channels in data.get("sends", {}).items()},
        needed=data.get("needed", data["type"] != "refactoring"),
        expect=tuple(_finding(text) for text in data.get("expect", ())),
        allow=tuple(_finding(text) for text in data.get("allow", ())),
        why=data["why"],
    )


def _pair(text: str) -> tuple[str, str]:
    source, arrow, target = text.partition(" -> ")
    _require(bool(arrow), f"{text!r} is not of the form 'a -> b'")
    return source, target


def _finding(text: str) -> tuple[tuple[str, ...], str, str]:
    codes, _, rest = text.partition(" ")
    source, _, target = rest.partition(" -> ")
    alternatives = tuple(codes.split("|"))
    _require(set(alternatives) <= set(CODES), f"{text!r}: the code is unknown")
    return alternatives, source, target


def _keys(data: Mapping[str, Any], required: set[str], optional: set[str]) -> None:
    missing, unknown = required - set(data), set(data) - required - optional
    _require(not missing, f"{dict(data)}: {missing} are missing")
    _require(not unknown, f"{dict(data)}: {unknown} are unknown")


def _require(fact: bool, message: str) -> None:
    if not fact:
        raise CaseError(message)


# -- Changing the source


def apply(edits: Sequence[Mapping[str, Any]], checkout: Path) -> dict[str, str]:
    """The files that *edits* change, by name, with their new content.

    Lines are numbered as in the checkout, also after earlier edits.

    Raises:
        CaseError: If a line does not have the text that the edit names.
    """
    files: dict[str, list[tuple[int, str]]] = {}
    for edit in edits:
        if "write" in edit:
            files[edit["file"]] = [(0, line) for line in edit["write"].splitlines()]
            continue
        lines = files.get(edit["file"])
        if lines is None:
            text = (checkout / edit["file"]).read_text(encoding="utf-8")
            lines = files[edit["file"]] = list(enumerate(text.splitlines(), start=1))
        at = _index(lines, edit["line"], edit)
        needle = edit.get("old", edit.get("has"))
        _require(bool(needle), f"{dict(edit)}: neither 'old' nor 'has' names the text")
        count = lines[at][1].count(needle)
        _require(count == 1, f"{dict(edit)}: {needle!r} occurs {count} times in the line")
        _edit(edit, lines, at, files)
    return {name: "\n".join(line for _, line in lines) + "\n" for name, lines in files.items()}


def _edit(
    edit: Mapping[str, Any], lines: list[tuple[int, str]], at: int, files: dict[str, Any]
) -> None:
    number, text = lines[at]
    indent = text[: len(text) - len(text.lstrip())]
    if "old" in edit:
        lines[at] = number, text.replace(edit["old"], edit["new"])
    elif "insert" in edit:
        lines[at:at] = [(0, indent + line) for line in edit["insert"].splitlines()]
    elif "under" in edit:
        end = _index(lines, edit["line"] + edit["count"] - 1, edit) + 1
        body = [(line, "    " + text if text else text) for line, text in lines[at:end]]
        tail = [(0, indent + line) for line in edit.get("then", "").splitlines()]
        lines[at:end] = [*((0, indent + line) for line in edit["under"].splitlines()), *body, *tail]
    elif "delete" in edit:
        end = _index(lines, edit["line"] + edit["delete"] - 1, edit) + 1
        left = [(0, indent + line) for line in edit.get("leave", "").splitlines()]
        lines[at:end] = left
    elif "move" in edit:
        end = _index(lines, edit["line"] + edit["move"] - 1, edit) + 1
        moved = [(line, _shift(text, edit.get("shift", 0))) for line, text in lines[at:end]]
        del lines[at:end]
        if "to" in edit:
            head = [(0, line) for line in edit.get("head", "").splitlines()]
            files.setdefault(edit["to"], []).extend([*head, *moved])
        else:
            before = _index(lines, edit["before"], edit)
            lines[before:before] = moved
    else:
        msg = f"{dict(edit)}: nothing says what to do"
        raise CaseError(msg)


def _index(lines: list[tuple[int, str]], number: int, edit: Mapping[str, Any]) -> int:
    numbers = [original for original, _ in lines]
    _require(number in numbers, f"{dict(edit)}: there is no line {number}")
    return numbers.index(number)


def _shift(text: str, by: int) -> str:
    return " " * by + text if by > 0 and text else text[-by:] if by < 0 else text


def python_files(checkout: Path) -> Iterator[Path]:
    """The Python files of a checkout."""
    for folder, folders, names in os.walk(checkout):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name != "node_modules"
        )
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


# -- Checking


def validate(application: Application, checkout: Path) -> list[str]:
    """The problems of an application's file, compared with its checkout."""
    problems = []
    for flow in application.flows:
        for step in flow.steps:
            problems += _step_problems(
                application, step.at, checkout, f"{flow.name}: step {step.name}"
            )
        for edge in flow.edges:
            about = f"{flow.name}: {edge.source} -> {edge.target}"
            problems += [
                f"{about}: {problem}"
                for line in edge.lines
                for problem in _line_problems(line, checkout)
            ]
        for drift in flow.drifts:
            problems += _drift_problems(drift, flow, application, checkout)
    return [f"{application.name}: {problem}" for problem in problems]


def _step_problems(application: Application, at: str, checkout: Path, about: str) -> list[str]:
    module, _, qualname = at.partition(":")
    path = application.file(module, checkout)
    if path is None:
        return [f"{about}: there is no module {module}"]
    known = qualnames(path.read_text(encoding="utf-8"))
    return [] if qualname in known else [f"{about}: {module} has no {qualname}"]


@cache
def qualnames(source: str) -> frozenset[str]:
    """The qualified names of all functions in a source."""
    found = set()

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(prefix + child.name)
                walk(child, f"{prefix}{child.name}.<locals>.")
            elif isinstance(child, ast.ClassDef):
                walk(child, f"{prefix}{child.name}.")
            else:
                walk(child, prefix)

    walk(ast.parse(source), "")
    return frozenset(found)


def _line_problems(line: str, checkout: Path) -> list[str]:
    place, _, needle = line.partition(" ")
    name, _, number = place.rpartition(":")
    if not (checkout / name).is_file():
        return [f"there is no file {name}"]
    lines = (checkout / name).read_text(encoding="utf-8").splitlines()
    if int(number) > len(lines) or not needle or needle not in lines[int(number) - 1]:
        return [f"{place} does not mention {needle!r}"]
    return []


def _drift_problems(
    drift: Drift, flow: Flow, application: Application, checkout: Path
) -> list[str]:
    about = f"{flow.name}/{drift.id}"
    try:
        changed = apply(drift.edits, checkout)
    except CaseError as error:
        return [f"{about}: {error}"]
    problems = []
    if not (changed or drift.add or drift.drop or drift.at or drift.sends):
        problems.append(f"{about}: nothing changes")
    for name, text in changed.items():
        old = (checkout / name).read_text(encoding="utf-8") if (checkout / name).is_file() else ""
        if text == old:
            problems.append(f"{about}: {name} is as before")
        try:
            ast.parse(text)
        except SyntaxError as error:
            problems.append(f"{about}: {name}:{error.lineno}: {error.msg}")
    if drift.type not in ("renamed", "moved") and not problems:
        problems += _lost_steps(drift, flow, application, changed, about)
    return problems


def _lost_steps(
    drift: Drift, flow: Flow, application: Application, changed: Mapping[str, str], about: str
) -> list[str]:
    lost = set()
    for step in flow.steps:
        module, _, qualname = drift.at.get(step.name, step.at).partition(":")
        path = Path(*module.split("."))
        for root in map(Path, application.roots):
            for name in (path.with_suffix(".py"), path / "__init__.py"):
                text = changed.get((root / name).as_posix())
                if text is not None and qualname not in qualnames(text):
                    lost.add(step.name)
    return [f"{about}: {name} is gone, and the drift is not a renaming" for name in sorted(lost)]


# -- Commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, list or write the cases."""
    parser = argparse.ArgumentParser(description="The ground truth of penstock check.")
    parser.add_argument(
        "--checkouts", type=Path, required=True, help="a folder with one checkout per application"
    )
    parser.add_argument("--set", choices=SETS, help="only the applications of this set")
    parser.add_argument(
        "--channels", choices=("yes", "no"), default="yes", help="declare sends= and receives="
    )
    parser.add_argument(
        "--validate", action="store_true", help="compare the files with the checkouts"
    )
    parser.add_argument(
        "--list", action="store_true", help="print the number of edges and drifts per application"
    )
    parser.add_argument(
        "--write", type=Path, metavar="OUT", help="write each case: a declaration and its source"
    )
    options = parser.parse_args(arguments)
    try:
        applications = load(options.set)
    except CaseError as error:
        print(error)
        return 1
    problems = []
    if options.validate:
        for application in applications:
            problems += validate(application, options.checkouts / application.name)
        print("\n".join(problems) or f"{len(applications)} applications fit their checkouts")
    if options.list:
        print(table(applications))
    if options.write:
        for case in cases(applications):
            folder = options.write / case.id
            (folder / "source").mkdir(parents=True)
            case.write(options.checkouts / case.application.name, folder / "source")
            text = json.dumps(case.declaration(channels=options.channels == "yes"), indent=1) + "\n"
            (folder / "declaration.json").write_text(text, encoding="utf-8")
    return 1 if problems else 0


def table(applications: Sequence[Application]) -> str:
    """The number of flows, edges and drifts per application, in Markdown."""
    head = [
        "application",
        "set",
        "flows",
        "steps",
        *KINDS,
        "edges",
        "not edges",
        "drifts",
        "needed",
        "refactorings",
    ]
    rows = []
    for application in applications:
        flows = application.flows
        kinds = Counter(edge.kinds[0] for flow in flows for edge in flow.edges)
        drifts = [drift for flow in flows for drift in flow.drifts]
        counts = [
            len(flows),
            sum(len(flow.steps) for flow in flows),
            *(kinds[kind] for kind in KINDS),
            kinds.total(),
            sum(len(flow.not_edges) for flow in flows),
            sum(drift.type != "refactoring" for drift in drifts),
            sum(drift.needed for drift in drifts),
            sum(drift.type == "refactoring" for drift in drifts),
        ]
        rows.append([application.name, application.set, *counts])
    sums = (
        ["all", "", *(sum(column) for column in list(zip(*rows, strict=True))[2:])]
        if rows
        else head
    )
    lines = [head, ["---", "---", *["--:"] * (len(head) - 2)], *rows, sums]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
