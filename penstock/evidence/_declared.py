"""The declared flows of a project, as they are checked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock._declared.step import Location, Step
from penstock.catalog._objects import NOT_IMPORTED, Objects
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.project import Project
from penstock.graph import Flow
from penstock.graph._functions import names_of

__all__ = ["as_checked", "project_of", "relative_to"]


def as_checked(flow: Flow, folder: Path) -> CheckedFlow:
    """Return *flow* with what a check needs of it."""
    names = {step.name for step in flow.steps}
    # An edge from a step that nobody declares is a problem, which is reported as such.
    edges = [edge for edge in flow.edges if edge.source in names]
    return CheckedFlow(
        name=flow.name,
        steps=tuple(_step(step, folder) for step in flow.steps),
        edges=tuple((edge.source, edge.target, edge.is_loop) for edge in edges),
    )


def _step(step: Step, folder: Path) -> CheckedStep:
    module, qualname = names_of(step)
    location = step.location
    return CheckedStep(
        name=step.name,
        module=module,
        qualname=qualname,
        line=None if location is None else location.line,
        sends=step.sends,
        receives=step.receives,
        unchecked=step.unchecked,
        is_entrypoint=step.is_entrypoint,
        declared=relative_to(location, folder),
        is_loaded=step.details is None,
    )


def relative_to(location: Location | None, folder: Path) -> Location | None:
    """Return *location* with its file as it is named from *folder*."""
    if location is None:
        return None
    path = Path(location.file)
    absolute = path if path.is_absolute() else folder / path
    shown = absolute.relative_to(folder) if absolute.is_relative_to(folder) else path
    return Location(shown.as_posix(), location.line)


def project_of(
    folder: Path,
    pythonpath: Iterable[str],
    flows: Iterable[CheckedFlow] = (),
    objects: Objects = NOT_IMPORTED,
) -> Project:
    """Return the source in *folder*, whose modules are imported from *pythonpath*.

    They are imported from elsewhere too if steps of *flows* are: an application may be installed,
    or may change ``sys.path`` itself.
    """
    steps = [step for flow in flows for step in flow.steps]
    given = [folder / each for each in pythonpath]
    found = [folder / root for step in steps for root in _root_of(step)]
    roots = [root for root in dict.fromkeys((*found, *given)) if _is_inside(root, folder)]
    project = Project.at(folder, roots, objects)
    more = [folder / root for step in steps for root in _roots_by_name(project, step)]
    if not more:
        return project
    return Project.at(folder, list(dict.fromkeys((*more, *(roots or [folder])))), objects)


def _is_inside(root: Path, folder: Path) -> bool:
    return root.is_dir() and root.resolve().is_relative_to(folder.resolve())


def _root_of(step: CheckedStep) -> Iterator[str]:
    """Yield the folder from which the module of *step* is imported, by the name of its file."""
    if step.declared is not None and not Path(step.declared.file).is_absolute():
        yield from _without(step.declared.file, step.module)


def _roots_by_name(project: Project, step: CheckedStep) -> Iterator[str]:
    """Yield the folders from which the module of *step* may be imported, if it is in none."""
    if step.module not in project.files:
        for name, source in project.files.items():
            if name.endswith(f".{step.module}"):
                yield from _without(source.file, step.module)


def _without(file: str, module: str) -> Iterator[str]:
    """Yield the folder in which *file* is called like *module*."""
    parts = list(Path(file).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    names = module.split(".")
    if parts[-len(names) :] == names:
        yield str(Path(*parts[: -len(names)]))
