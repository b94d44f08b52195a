"""Finding the function that a step is now, where that of its name is gone."""

from difflib import SequenceMatcher

from penstock.evidence._model import CheckedStep
from penstock.evidence._source.files import Definition
from penstock.evidence._source.project import Project

__all__ = ["find_renamed"]

_ALIKE = 0.6


def find_renamed(project: Project, step: CheckedStep, taken: set[Definition]) -> Definition | None:
    """Return what *step* probably is now: moved, or called otherwise in the same module."""
    name = step.qualname.rpartition(".")[2]
    moved = [
        definition
        for file in project.mentioning(name)
        for definition in file.definitions.values()
        if definition.kind == "function" and definition.name == name and definition not in taken
    ]
    if len(moved) == 1:
        return moved[0]
    source = project.files.get(step.module)
    if source is None:
        return None
    prefix = step.qualname.rpartition(".")[0]
    candidates = [
        definition
        for definition in source.definitions.values()
        if definition.kind == "function"
        and definition not in taken
        and definition.qualname.rpartition(".")[0] == prefix
    ]
    rated = [(_rate(step, name, each), -n, each) for n, each in enumerate(candidates)]
    best = max(rated, default=None, key=lambda one: one[:2])
    return best[2] if best is not None and best[0] >= _ALIKE else None


def _rate(step: CheckedStep, name: str, candidate: Definition) -> float:
    """Return how alike a function is to what *step* was: by its name and its line."""
    likeness = SequenceMatcher(None, name, candidate.name).ratio()
    is_near = step.line is not None and abs(candidate.line - step.line) <= 1
    return likeness + (0.5 if is_near else 0.0)
