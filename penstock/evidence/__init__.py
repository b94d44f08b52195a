"""Evidence for declared edges: what the source of a project shows of its flows."""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from penstock._project.settings import Settings
from penstock.catalog._object_reader import ImportedObjects
from penstock.catalog._objects import NOT_IMPORTED
from penstock.evidence._baseline import apply_baseline, baseline_text, read_baseline
from penstock.evidence._declaration import Fix
from penstock.evidence._declared import as_checked, project_of
from penstock.evidence._explain import explain_edge
from penstock.evidence._formats import FORMATS, SCHEMA_VERSION, report_schema
from penstock.evidence._model import (
    Connection,
    EdgeEvidence,
    Evidence,
    FlowReport,
    MissingStep,
    UnresolvedCall,
)
from penstock.evidence._reading.flows import SourceFlows, read_flows
from penstock.evidence._report import CODES, Finding, Report, as_finding, report_of
from penstock.evidence._reuse import check_again
from penstock.graph import Flow, Problem

__all__ = [
    "CODES",
    "FORMATS",
    "SCHEMA_VERSION",
    "Connection",
    "EdgeEvidence",
    "Evidence",
    "Finding",
    "Fix",
    "FlowReport",
    "MissingStep",
    "Report",
    "SourceFlows",
    "UnresolvedCall",
    "apply_baseline",
    "baseline_text",
    "check_flows",
    "check_project",
    "explain_edge",
    "explain_unchecked",
    "read_baseline",
    "read_flows",
    "report_schema",
]


def check_flows(
    flows: Sequence[Flow],
    folder: str | os.PathLike[str] = ".",
    pythonpath: Sequence[str] = (),
    problems: Iterable[Problem] = (),
    *,
    incomplete: Collection[str] = (),
    cache: str | os.PathLike[str] | None = None,
) -> Report:
    """Return what the source of a project shows of its declared flows.

    Nothing is imported: the source is read. An error of the check itself leaves
    edges unverified and is in `Report.failures`; it is never raised.

    Args:
        flows: The flows, as they are declared or from a catalog.
        folder: The folder of the project, from which files are named.
        pythonpath: The folders in it from which its modules are imported. That of
            the project, and its ``src``, if empty. A step whose file is known
            says from where its module is imported, too.
        problems: The inconsistencies of the flows, to be among the findings.
        incomplete: The names of flows that may have more steps and edges than these, in which
            nothing is reported as undeclared.
        cache: The folder in which reports are kept, to have them again while no file has
            changed that they depend on. It is made if need be. None keeps nothing.

    .. versionadded:: 0.2
    """
    root = Path(folder).absolute()
    checked = [as_checked(flow, root) for flow in flows]
    is_loaded = any(step.is_loaded for flow in checked for step in flow.steps)
    objects = ImportedObjects(root) if is_loaded else NOT_IMPORTED
    project = project_of(root, pythonpath, checked, objects)
    found = check_again(project, checked, None if cache is None else Path(cache))
    reports = [
        replace(each, undeclared=(), back=()) if each.flow in incomplete else each for each in found
    ]
    others = [as_finding(problem, root) for problem in problems]
    return report_of(checked, reports, others, project.line_at, is_imported=is_loaded)


def explain_unchecked(report: Report, settings: Settings) -> str | None:
    """Return why nothing was compared, or None if something was.

    Args:
        report: The report of a check.
        settings: The settings of the project.

    .. versionadded:: 0.2
    """
    is_gone = any(flow.missing for flow in report.flows)  # which is a finding
    if not (report.looked_at or report.failures or is_gone):
        cure = settings.words.assign("pythonpath", "src")
        reason = next((f" ({edge.reason})" for edge in report.edges if edge.reason), "")
        return (
            f"no function of these flows is in the source in {settings.project_folder}{reason}: "
            f"run it in the folder of the project, or write {cure}"
        )
    if not any(report.edges) and not report.findings:
        return "these flows have no edges, so there is nothing to check: write after= on a step"
    return None


def check_project(
    settings: Settings,
    flows: Sequence[Flow],
    problems: Iterable[Problem] = (),
    *,
    cache: str | os.PathLike[str] | None = None,
    is_partial: bool = False,
) -> Report:
    """Return what `check_flows` returns, without the findings that the project knows already.

    Args:
        settings: The settings of the project, with the baseline of ``[tool.penstock.check]``.
        flows: The flows.
        problems: The inconsistencies of the flows.
        cache: The folder in which reports are kept, as with `check_flows`.
        is_partial: Whether the project has more flows than these. The baseline may then
            have findings in others.

    Raises:
        ConfigurationError: If the baseline cannot be read.

    .. versionadded:: 0.2
    """
    folder, pythonpath = settings.project_folder, settings.pythonpath
    report = check_flows(flows, folder, pythonpath, problems, cache=cache)
    baseline = settings.check.get("baseline")
    if baseline is None:
        return report
    shown = os.path.relpath(baseline, settings.project_folder)
    known, file = read_baseline(Path(baseline)), Path(shown).as_posix()
    return apply_baseline(report, known, file, is_partial=is_partial)
