"""Change the source of flows in ways that need a finding, and count how many get the right one.

    python benchmarks/evidence/mutants.py --checkouts CHECKOUTS [--list] [APPLICATION]...

The changes are made from the declarations and from the lines that show their edges, without a look
at what the check says of them. ``README.md`` has what they are, and the figures.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from cases import SETS, cases, load
from find import flows_of
from score import Share

from penstock import Location
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, EdgeEvidence, Evidence, FlowReport
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project

Found = tuple[str, str, str]
"""A code of an error, and the names of one or two steps; the second is empty for one."""

KINDS = ("drop", "add", "undeclare", "rename", "reorder", "bypass", "branch")
_UNKNOWN = "id(object()) % 2"
"""A condition of which nobody knows whether it is true."""


@dataclass(frozen=True)
class Mutant:
    """A change of a flow or of its source."""

    kind: str
    flow: CheckedFlow
    files: Mapping[str, str]
    """The files that are changed, with their new text."""

    expected: tuple[Found, ...]
    """The errors that are right. A step may be ``*``."""

    about: frozenset[str]
    """The steps that are changed. Further errors may be about them, or lead over them."""

    def is_allowed(self, error: Found) -> bool:
        """Return whether *error* follows from the change."""
        _, source, target = error
        edges = {edge[:2] for edge in self.flow.edges}
        before = any((source, each) in edges for each in self.about)
        after = any((each, target) in edges for each in self.about)
        return source in self.about or target in self.about or (before and after)

    def __str__(self) -> str:
        """Return the kind and the first error."""
        return f"{self.flow.name}: {self.kind}: {' '.join(self.expected[0]).rstrip()}"


@dataclass
class Score:
    """How many mutants were found, and with the right errors alone, by kind."""

    found: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    exact: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    differences: list[str] = field(default_factory=list)

    def add(self, mutant: Mutant, errors: set[Found]) -> None:
        """Count a mutant with the *errors* that its flow did not have before."""
        found = any(_is_about(each, right) for each in errors for right in mutant.expected)
        exact = all(any(_is(each, right) for each in errors) for right in mutant.expected)
        exact &= all(map(mutant.is_allowed, errors))
        for kind in (mutant.kind, "all"):
            self.found[kind].add(right=found)
            self.exact[kind].add(right=found and exact)
        if not (found and exact):
            self.differences.append(f"{mutant}: {sorted(errors) or 'nothing'}")

    def table(self) -> str:
        """Return the counts in Markdown."""
        lines = ["| change | found | exactly right |", "| --- | --- | --- |"]
        kinds = (kind for kind in (*KINDS, "all") if kind in self.found)
        return "\n".join([*lines, *(f"| {k} | {self.found[k]} | {self.exact[k]} |" for k in kinds)])


def _is(error: Found, right: Found) -> bool:
    return error[0] == right[0] and _is_about(error, right)


def _is_about(error: Found, right: Found) -> bool:
    return all(one in {other, "*"} for other, one in zip(error[1:], right[1:], strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each mutant, and print the shares."""
    parser = argparse.ArgumentParser(description="Check mutants of the ground truth.")
    parser.add_argument("applications", nargs="*", help="all of the set if none is named")
    parser.add_argument("--checkouts", type=Path, required=True, help="a folder of checkouts")
    parser.add_argument("--set", choices=SETS, default="development")
    parser.add_argument("--most", type=int, default=3, help="mutants of a kind in a flow")
    parser.add_argument("--list", action="store_true", help="print each that is not exactly right")
    options = parser.parse_args(arguments)
    total = Score()
    for case in cases(load(options.set)):
        name = case.application.name
        if case.drift is None and name in (options.applications or [name]):
            declaration = case.declaration()
            folder = options.checkouts / name
            project = Project.at(folder, [folder / root for root in declaration["roots"]])
            flow = replace(flows_of(declaration)[0], name=case.id)
            score(total, project, flow, options.most)
    if options.list:
        print("\n".join(total.differences))
    print(total.table())
    return 0 if total.found else 2


def score(total: Score, project: Project, flow: CheckedFlow, most: int = 3) -> None:
    """Count the mutants of *flow*, at most some of a kind, with what the check finds of each."""
    (report,) = check(project, [flow])
    before = errors_of(report)
    made: dict[str, int] = defaultdict(int)
    for mutant in mutants(project, flow, report):
        if made[mutant.kind] < most:
            made[mutant.kind] += 1
            (found,) = check(changed(project, mutant.files), [mutant.flow])
            total.add(mutant, errors_of(found) - before)


def errors_of(report: FlowReport) -> set[Found]:
    """Return the errors of a report."""
    found = {("contradicted", e.source, e.target) for e in report.edges
             if e.verdict == "contradicted"}  # fmt: skip
    found |= {("undeclared", one.source, one.target) for one in report.undeclared}
    names = {True: "missing", False: "renamed"}
    return found | {(names[one.renamed_to is None], one.step, "") for one in report.missing}


def changed(project: Project, files: Mapping[str, str]) -> Project:
    """Return *project* with *files* that have other content."""
    return Project(
        [SourceFile(s.module, s.path, s.file, files.get(s.file)) for s in project.sources]
    )


def mutants(project: Project, flow: CheckedFlow, report: FlowReport) -> Iterator[Mutant]:
    """Yield the mutants of a flow, as far as *report* has the lines that show its edges."""
    maker = _Maker(project, flow)
    # An edge that is not supported, or in more than one way, may stay as it is.
    edges = [e for e in report.edges if e.verdict == "supported" and len(e.evidence) == 1]
    for edge in edges:
        if edge.evidence[0].kind != "channel":
            yield from maker.of_edge(edge, edge.evidence[0])
    yield from maker.added()
    yield from maker.renamed()
    yield from maker.bypassed(edges)


@dataclass(frozen=True, eq=False)
class _Site:
    """A statement of a function, which is alone on its lines."""

    file: str
    function: ast.AST
    block: Sequence[ast.stmt]
    statement: ast.stmt


class _Maker:
    """Makes the mutants of a flow."""

    def __init__(self, project: Project, flow: CheckedFlow) -> None:
        self._project, self._flow = project, flow
        self._steps = {step.name: step for step in flow.steps}
        self._files = {source.file: source for source in project.sources}

    def of_edge(self, edge: EdgeEvidence, evidence: Evidence) -> Iterator[Mutant]:
        """Yield what makes *edge* wrong at the lines of its evidence."""
        a, b = edge.source, edge.target
        last = self._site(edge, evidence.path, b)
        if last is None:
            return
        contradicted = ("contradicted", a, b)
        yield self._mutant("drop", {last: self._without(last)}, [contradicted], b)
        into = [e for e in self._flow.edges if e[1] == b]
        if len(into) == 1:
            left = tuple(each for each in self._flow.edges if each not in into)
            flow, undeclared = replace(self._flow, edges=left), ("undeclared", "*", b)
            yield Mutant("undeclare", flow, {}, (undeclared,), frozenset({b}))
        first = self._site(edge, evidence.first, a)
        if first is None or first.block is not last.block or isinstance(last.statement, ast.Return):
            return
        one, other = self._text(first), self._text(last)
        yield self._mutant("reorder", {first: other, last: one}, [contradicted], a, b)
        indent = _indent_of(one)
        inside = [re.sub("^", "    ", text, flags=re.MULTILINE) for text in (one, other)]
        text = f"{indent}if {_UNKNOWN}:\n{inside[0]}\n{indent}else:\n{inside[1]}"
        yield self._mutant("branch", {first: text, last: f"{indent}pass"}, [contradicted], a, b)

    def added(self) -> Iterator[Mutant]:
        """Yield a call of one step in another one, to which no path leads either way."""
        reached = _closure(self._flow.edges)
        for step in self._flow.steps:
            for other in self._flow.steps:
                pair, back = (step.name, other.name), (other.name, step.name)
                if step is other or {pair, back} & reached or other.is_entrypoint:
                    continue
                site = self._begin_of(step)
                if site is None or "." in other.qualname or self._definition(other) is None:
                    continue
                text = self._text(site)
                call = f"import {other.module}; {other.module}.{other.qualname}()"
                put = {site: f"{_indent_of(text)}{call}\n{text}"}
                yield self._mutant("add", put, [("undeclared", *pair)], other.name)

    def renamed(self) -> Iterator[Mutant]:
        """Yield another name for the function of a step, wherever the project has it."""
        modules = {part for source in self._project.sources for part in source.module.split(".")}
        for step in self._flow.steps:
            name = _function_of(step)
            if name in modules:  # which imports would lose
                continue
            having = [source for source in self._project.sources if name in source.words]
            defined = [d for s in having for d in s.definitions.values() if d.name == name]
            if [d.qualname for d in defined] == [step.qualname]:
                files = {s.file: re.sub(rf"\b{name}\b", f"{name}_anew", s.text) for s in having}
                expected = (("renamed", step.name, ""),)
                yield Mutant("rename", self._flow, files, expected, frozenset({step.name}))

    def bypassed(self, edges: Sequence[EdgeEvidence]) -> Iterator[Mutant]:
        """Yield the call of a third step, moved from the second one to the first one."""
        for edge in edges:
            for beyond in edges:
                kinds = {edge.evidence[0].kind, beyond.evidence[0].kind}
                if beyond.source != edge.target or kinds != {"call"}:
                    continue
                to = self._site(edge, edge.evidence[0].path, edge.target)
                it = self._site(beyond, beyond.evidence[0].path, beyond.target)
                if to is None or it is None or to.file != it.file or to.function is it.function:
                    continue
                text = self._text(to)
                # Before the second step: after it, the edge would be an order.
                moved = f"{_indent_of(text)}{self._segment(it)}\n{text}"
                missing = ("contradicted", beyond.source, beyond.target)
                expected = [missing, ("undeclared", edge.source, beyond.target)]
                edits = {it: self._without(it), to: moved}
                yield self._mutant("bypass", edits, expected, beyond.target)

    def _mutant(
        self, kind: str, edits: Mapping[_Site, str], expected: Sequence[Found], *about: str
    ) -> Mutant:
        lines: dict[str, list[str]] = {}
        ordered = sorted(edits.items(), key=lambda edit: edit[0].statement.lineno, reverse=True)
        for site, text in ordered:
            whole = lines.setdefault(site.file, self._files[site.file].text.split("\n"))
            whole[_slice(site)] = text.split("\n")
        files = {file: "\n".join(whole) for file, whole in lines.items()}
        return Mutant(kind, self._flow, files, tuple(expected), frozenset(about))

    def _text(self, site: _Site) -> str:
        return "\n".join(self._files[site.file].text.split("\n")[_slice(site)])

    def _definition(self, step: CheckedStep) -> ast.AST | None:
        source = self._project.files.get(step.module)
        found = None if source is None else source.find(step.qualname, step.line)
        return None if found is None else found.node

    def _begin_of(self, step: CheckedStep) -> _Site | None:
        """Return the first statement of a step after its docstring."""
        node = self._definition(step)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        file = self._project.files[step.module].file
        site = _Site(file, node, node.body, body[0]) if body else None
        return site if site is not None and self._is_alone(site) else None

    def _site(self, edge: EdgeEvidence, path: Sequence[Location], name: str) -> _Site | None:
        """Return the statement at the end of *path* that calls the step *name*, and no other one.

        Nothing else may show *edge*: either no line of the project mentions the function of the
        step but this one, or the step before calls it itself, and else only other steps do.
        """
        function = _function_of(self._steps[name])
        source = self._files.get(path[-1].file) if path else None
        if source is None:
            return None
        for outer, block, statement in _statements(source.tree):
            if not statement.lineno <= path[-1].line <= (statement.end_lineno or 0):
                continue
            site, names = _Site(source.file, outer, block, statement), [*_names_in(statement)]
            if isinstance(statement, _SIMPLE) and self._is_alone(site):
                ours = [each for each in names if each in set(map(_function_of, self._flow.steps))]
                return site if ours == [function] and self._is_only(site, edge, function) else None
        return None

    def _is_only(self, site: _Site, edge: EdgeEvidence, function: str) -> bool:
        mentioning = self._mentions[function]
        if len(mentioning) == 1:
            return True
        own = self._definition(self._steps[edge.source])
        others = {self._definition(step) for step in self._flow.steps} - {own, None}
        return site.function is own and mentioning.count(own) == 1 and others >= {
            each for each in mentioning if each is not own
        }  # fmt: skip

    def _without(self, site: _Site) -> str:
        """Return the statement without its call."""
        text = self._text(site)
        if isinstance(site.statement, ast.Expr):
            return f"{_indent_of(text)}pass"
        return text.replace(self._segment(site), "object()", 1)

    def _segment(self, site: _Site) -> str:
        """Return the call of a statement as it is written."""
        value = getattr(site.statement, "value", None)
        return ast.get_source_segment(self._files[site.file].text, value) or "" if value else ""

    def _is_alone(self, site: _Site) -> bool:
        text, node = self._text(site), site.statement
        try:
            tree = ast.parse(text.lstrip(" ")).body
        except SyntaxError:
            return False
        return len(tree) == 1 and text[: node.col_offset].isspace()

    @cached_property
    def _mentions(self) -> Mapping[str, list[ast.AST]]:
        """The functions in which the project mentions that of each step, but for imports."""
        names = set(map(_function_of, self._flow.steps))
        found: dict[str, list[ast.AST]] = defaultdict(list)
        for source in self._project.sources:
            if names & source.words:
                for function, name in _names_by_function(source.tree):
                    found[name].append(function)
        return found


_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)


def _function_of(step: CheckedStep) -> str:
    return step.qualname.rpartition(".")[2]


def _indent_of(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" "))]


def _slice(site: _Site) -> slice:
    return slice(site.statement.lineno - 1, site.statement.end_lineno)


def _names_in(tree: ast.AST) -> Iterator[str]:
    """Yield each name that a tree has, of variables and of attributes."""
    return (name for _, name in _names_by_function(tree))


def _names_by_function(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield each name that a tree has, with the function that it is in."""
    for function, node in _nodes(tree):
        if isinstance(node, ast.Name):
            yield function, node.id
        elif isinstance(node, ast.Attribute):
            yield function, node.attr


def _statements(tree: ast.AST) -> Iterator[tuple[ast.AST, Sequence[ast.stmt], ast.stmt]]:
    """Yield the statements in functions, each with its function and its block."""
    for function, node in _nodes(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, ())
            if isinstance(block, list):
                inner = node if isinstance(node, _FUNCTIONS) else function
                yield from ((inner, block, each) for each in block)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node, with the function that it is in."""
    waiting = [(tree, tree)]
    while waiting:
        function, node = waiting.pop()
        yield function, node
        inner = node if isinstance(node, _FUNCTIONS) else function
        waiting += [(inner, child) for child in ast.iter_child_nodes(node)]


def _closure(edges: Iterable[tuple[str, str, bool]]) -> set[tuple[str, str]]:
    """Return all pairs of steps of which a path leads from one to the other."""
    found = {(source, target) for source, target, _ in edges}
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


if __name__ == "__main__":
    sys.exit(main())
