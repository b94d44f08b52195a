"""Evidence for declared edges: what the source of a project shows of its flows."""

import os
from collections.abc import Sequence
from pathlib import Path

from penstock.evidence._check import check
from penstock.evidence._declared import as_checked, project_of
from penstock.evidence._formats import FORMATS, as_github, as_json, as_text
from penstock.evidence._model import EdgeEvidence, Evidence, FlowReport, Missing, Undeclared
from penstock.evidence._report import CODES, Finding, Report, report_of
from penstock.evidence._source.files import Place
from penstock.graph import Flow

__all__ = [
    "CODES",
    "FORMATS",
    "EdgeEvidence",
    "Evidence",
    "Finding",
    "FlowReport",
    "Missing",
    "Place",
    "Report",
    "Undeclared",
    "as_github",
    "as_json",
    "as_text",
    "check_flows",
]


def check_flows(
    flows: Sequence[Flow],
    folder: str | os.PathLike[str] = ".",
    pythonpath: Sequence[str] = (),
) -> Report:
    """Return what the source of a project shows of its declared flows.

    Nothing is imported: the source is read.

    Args:
        flows: The flows, as they are declared or from a catalog.
        folder: The folder of the project, from which files are named.
        pythonpath: The folders in it from which its modules are imported. That of
            the project, and its ``src``, if empty.

    .. versionadded:: 0.2
    """
    root = Path(folder)
    checked = [as_checked(flow, root) for flow in flows]
    return report_of(checked, check(project_of(root, tuple(pythonpath)), checked))
