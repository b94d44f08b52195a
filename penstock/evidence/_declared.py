"""The declared flows of a project, as they are checked."""

from pathlib import Path

from penstock._declared.step import Step
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.files import Place
from penstock.evidence._source.project import Project
from penstock.graph import Flow
from penstock.graph._functions import names_of

__all__ = ["as_checked", "project_of"]


def as_checked(flow: Flow, folder: Path) -> CheckedFlow:
    """Return *flow* with what a check needs of it."""
    return CheckedFlow(
        name=flow.name,
        steps=tuple(_step(step, folder) for step in flow.steps),
        edges=tuple((edge.source, edge.target, edge.is_loop) for edge in flow.edges),
    )


def _step(step: Step, folder: Path) -> CheckedStep:
    module, qualname = names_of(step)
    location = step.location
    place = None
    if location is not None:
        path = Path(location.file)
        absolute = path if path.is_absolute() else folder / path
        shown = absolute.relative_to(folder) if absolute.is_relative_to(folder) else path
        place = Place(shown.as_posix(), location.line)
    return CheckedStep(
        name=step.name,
        module=module,
        qualname=qualname,
        line=None if location is None else location.line,
        sends=step.sends,
        receives=step.receives,
        unchecked=step.unchecked,
        is_entrypoint=step.is_entrypoint,
        declared=place,
    )


def project_of(folder: Path, pythonpath: tuple[str, ...]) -> Project:
    """Return the source in *folder*, whose modules are imported from *pythonpath*."""
    roots = [Path(each) for each in pythonpath]
    inside = [
        root for root in roots if root.is_dir() and root.resolve().is_relative_to(folder.resolve())
    ]
    return Project.at(folder, inside)
