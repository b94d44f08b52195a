"""The program of a child process: it checks the flows of a catalog against the source."""

from dataclasses import replace
from pathlib import Path

from penstock._declared.step import EdgeCheck, Location
from penstock.catalog._checked import CheckedFlows
from penstock.catalog._checking import read_request, write_result
from penstock.catalog._inputs import Inputs
from penstock.catalog._states import FileState, FolderState, names_in
from penstock.evidence._declared import as_checked, project_of
from penstock.evidence._model import CheckedFlow, Connection, EdgeEvidence
from penstock.evidence._reuse import check_again
from penstock.evidence._source.project import Project

__all__ = ["check_files", "run"]


def run(folder: str, _end: float) -> None:
    """Be the child process."""
    check_files(Path(folder))


def check_files(folder: Path) -> None:
    """Check what the request in *folder* asks for, and write there what came of it."""
    catalog, project_folder, pythonpath, cache, objects = read_request(folder)
    root = Path(project_folder).absolute()
    # They were loaded a moment ago: a function that the source does not show is made otherwise.
    flows = [_as_loaded(as_checked(flow, root)) for flow in catalog.flows]
    project = project_of(root, pythonpath, flows, objects)
    inputs = _inputs_of(project)  # before they are read: a later edit counts as a change
    reports = check_again(project, flows, None if cache is None else Path(cache))
    checks = {
        (report.flow, edge.source, edge.target): _check_of(edge, root)
        for report in reports
        for edge in report.edges
    }
    checks |= {
        (report.flow, found.source, found.target): _undeclared(found)
        for report in reports
        for found in report.undeclared
    }
    shown = CheckedFlows(catalog, checks)
    failures = dict.fromkeys(failure for report in reports for failure in report.failures)
    write_result(folder, replace(catalog, flows=shown.flows), [*failures], inputs)


def _as_loaded(flow: CheckedFlow) -> CheckedFlow:
    return replace(flow, steps=tuple(replace(step, is_loaded=True) for step in flow.steps))


def _inputs_of(project: Project) -> Inputs:
    files = sorted({str(source.path) for source in project.sources})
    folders = sorted({str(source.path.parent) for source in project.sources})
    states = [FolderState(folder, has_modules=True) for folder in folders]
    return Inputs(
        files=tuple(map(FileState.read, files)),
        folders=tuple(state.with_names(*names_in(state.path)) for state in states),
    )


def _check_of(edge: EdgeEvidence, root: Path) -> EdgeCheck:
    best = edge.evidence[0] if edge.evidence else None
    shown = best or (edge.against[0] if edge.against else None)
    found = shown.path[0] if shown and shown.path else edge.location
    return EdgeCheck(
        verdict=edge.verdict,
        kind=None if best is None else best.kind,
        channel=None if best is None else best.channel,
        reason=edge.reason and edge.reason.replace(f"{root}/", ""),
        location=_location(found),
    )


def _undeclared(found: Connection) -> EdgeCheck:
    path = found.evidence.path
    location = _location(path[0] if path else None)
    return EdgeCheck(verdict="undeclared", kind=found.evidence.kind, location=location)


def _location(found: Location | None) -> Location | None:
    """Return the line *found*, unless it is outside of the project."""
    return None if found is None or Path(found.file).is_absolute() else found
