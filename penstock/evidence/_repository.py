"""Reports whose files are named from the folder of the repository, as code hosts name them."""

import posixpath
from dataclasses import replace
from pathlib import Path

from penstock._declared.step import Location
from penstock.evidence._report import Finding, Report

__all__ = ["name_from_repository"]


def name_from_repository(report: Report, folder: Path) -> Report:
    """Return *report* with files that are named from the repository that has *folder*.

    Args:
        report: A report, whose files are named from *folder*.
        folder: The folder of the project, which may be a part of a repository.
    """
    folder = folder.resolve()
    root = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)
    if root == folder:
        return report
    prefix = folder.relative_to(root).as_posix()
    return replace(report, findings=tuple(_renamed(each, prefix) for each in report.findings))


def _renamed(finding: Finding, prefix: str) -> Finding:
    def renamed(found: Location) -> Location:
        if Path(found.file).is_absolute():  # outside of the project
            return found
        return replace(found, file=posixpath.normpath(f"{prefix}/{found.file}"))

    location = finding.location and renamed(finding.location)
    return replace(finding, location=location, related=tuple(map(renamed, finding.related)))
