"""Finding the function that a step is now, where that of its name is gone."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in
from penstock.evidence._source.imports import imported_by
from penstock.evidence._source.project import Project

__all__ = ["find_renamed"]

_ALIKE = 0.6
"""How alike the name of a renamed function is to what it was."""

_ALIKE_WITH_EDGE = 0.5
"""The same of a function that has an edge of the step."""

_ALIKE_CLASSES = 0.8
"""How alike the name of a renamed class is to what it was."""

_DESCRIBED = 0.3
"""How much more alike a function is if its docstring has the words of the name."""

_SAME = 2.0
"""More than any other name has."""

_SHORT = 3
"""How many letters a word has that says little."""

_ENOUGH = 2
"""How many edges of the step a function of quite another name has to have."""


def find_renamed(
    project: Project,
    flow: CheckedFlow,
    step: CheckedStep,
    located: Mapping[str, Definition],
    taken: set[Definition],
) -> Definition | None:
    """Return what *step* probably is now: moved, or called otherwise in the same module or class.

    Args:
        project: The source.
        flow: The flow of the step.
        step: The step, whose function is gone.
        located: The functions of other steps of the flow.
        taken: The functions of all steps, which are not that of this step.
    """
    links = _Links(project, flow, step, located)
    name = step.qualname.rpartition(".")[2]
    moved = [(links.count(each), each) for each in _moved(project, step) if each not in taken]
    most = max((edges for edges, _ in moved), default=-1)
    found = _nearest(step, [each for edges, each in moved if edges == most])
    rated: list[tuple[bool, int, float, int, Definition]] = []
    if found is not None:
        rated.append((_is_declared(found), most, _SAME, 0, found))
    for n, each in enumerate(_beside(project, step)):
        if each not in taken:
            edges, likeness = links.count(each), _rate(step, name, each)
            if _is_described(name, each) and links.count(each, everywhere=True):
                likeness += _DESCRIBED
            if links.are_most(edges) or likeness >= (_ALIKE_WITH_EDGE if edges else _ALIKE):
                rated.append((_is_declared(each), edges, likeness, -n, each))
    best = max(rated, default=None, key=lambda one: one[:4])
    return best and best[4]


def _is_declared(function: Definition) -> bool:
    """Return whether a function has a decorator of penstock, as a step has and a helper has not."""
    lines = (function.location.line, *(each.lineno for each in function.decorators))
    return any(line in function.source.decorated for line in lines)


def _moved(project: Project, step: CheckedStep) -> list[Definition]:
    """Return the functions and classes of the same name elsewhere.

    If there are some that the old module imports by that name, in a class of the same name, or
    else at the same depth, only these.
    """
    name, depth = step.qualname.rpartition(".")[2], step.qualname.count(".")
    named = [
        each
        for file in project.mentioning(name)
        for each in file.definitions.values()
        if each.name == name and each.kind in {"function", "class"}
    ]
    same = [each for each in named if each.qualname == step.qualname]
    modules = _imported_from(project, step)
    imported = [each for each in same if each.source.module in modules]
    level = [each for each in named if each.qualname.count(".") == depth]
    beside = [each for each in named if each.source.module == step.module]
    return imported or same or level or beside


def _imported_from(project: Project, step: CheckedStep) -> set[str]:
    """Return the modules from which the old one imports the function of a step, or its class."""
    source, first = project.files.get(step.module), step.qualname.partition(".")[0]
    if source is None:
        return set()
    return {
        each.module
        for node in nodes_in(source.tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for each in imported_by(node, source)
        if each.bound == first
    }


def _nearest(step: CheckedStep, several: list[Definition]) -> Definition | None:
    """Return the only one of *several*, or the one in the module whose class has a similar name."""
    if len(several) > 1:
        cls = step.qualname.rpartition(".")[0]
        several = [
            each
            for each in several
            if each.source.module == step.module
            and _likeness(each.qualname.rpartition(".")[0], cls) >= _ALIKE_CLASSES
        ]
    return several[0] if len(several) == 1 else None


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _beside(project: Project, step: CheckedStep) -> list[Definition]:
    """Return the functions of the same module or class, without special methods."""
    source = project.files.get(step.module)
    prefix = step.qualname.rpartition(".")[0]
    return [
        each
        for each in (source.definitions.values() if source is not None else ())
        if each.kind == "function"
        and each.qualname.rpartition(".")[0] == prefix
        and not (each.name.startswith("__") and each.name.endswith("__"))
    ]


def _rate(step: CheckedStep, name: str, candidate: Definition) -> float:
    """Return how alike a function is to what *step* was: by its name and its line."""
    pairs = [(name, candidate.name), (_sorted(name), _sorted(candidate.name))]
    likeness = max(_likeness(*pair) for pair in pairs)
    is_near = step.line is not None and abs(candidate.line - step.line) <= 1
    return likeness + (0.5 if is_near else 0.0)


def _is_described(name: str, candidate: Definition) -> bool:
    """Return whether the docstring of a function has the words of *name*, in whatever form."""
    words = [each for each in name.split("_") if len(each) > _SHORT]
    text = (ast.get_docstring(candidate.node) or "").lower()
    return bool(words) and all(word.removesuffix("e") in text for word in words)


def _sorted(name: str) -> str:
    """Return the words of a name in alphabetical order, since that of the name may change."""
    return "_".join(sorted(name.split("_")))


@dataclass
class _Links:
    """The edges of a step, and which of them another function would have."""

    project: Project
    flow: CheckedFlow
    step: CheckedStep
    located: Mapping[str, Definition]
    _lines: dict[Definition, dict[str, list[int]]] = field(default_factory=dict)

    @cached_property
    def neighbours(self) -> list[tuple[Definition, bool]]:
        """The functions of the steps next to it, and whether they are before it."""
        found: list[tuple[Definition, bool]] = []
        for source, target, _ in self.flow.edges:
            if target == self.step.name and source in self.located:
                found.append((self.located[source], True))
            elif source == self.step.name and target in self.located:
                found.append((self.located[target], False))
        return found

    def count(self, candidate: Definition, *, everywhere: bool = False) -> int:
        """Return how many edges *candidate* has, as far as the names in the source show.

        Args:
            candidate: A function.
            everywhere: Whether an order in any function counts, and not in a step alone.
        """
        pairs = (
            (each, candidate) if is_before else (candidate, each)
            for each, is_before in self.neighbours
        )
        return sum(self._leads(*pair, everywhere=everywhere) for pair in pairs)

    def are_most(self, edges: int) -> bool:
        """Return whether these are enough to know the step by, whatever its name is now."""
        return edges >= _ENOUGH and edges > len(self.neighbours) / 2

    def _leads(self, first: Definition, second: Definition, *, everywhere: bool) -> bool:
        """Return whether *first* names *second*, or a function names both in that order."""
        if second.name in self._lines_in(first):
            return True
        callers = self.project.callers_of(second) if everywhere else ()
        named = map(self._lines_in, (*self.located.values(), *callers))
        return any(
            first.name in lines
            and second.name in lines
            and min(lines[first.name]) <= max(lines[second.name])
            for lines in named
        )

    def _lines_in(self, definition: Definition) -> dict[str, list[int]]:
        """Return the lines of a function in which it names something."""
        known = self._lines.get(definition)
        if known is None:
            known = self._lines[definition] = {}
            for node in nodes_in(definition.node):
                name: Any = getattr(node, "id", None) or getattr(node, "attr", None)
                if name is not None:
                    known.setdefault(name, []).append(node.end_lineno)
        return known
