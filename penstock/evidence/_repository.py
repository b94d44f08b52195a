"""Reports whose files are named from the folder of the repository, as code hosts name them."""

import posixpath
from dataclasses import replace
from pathlib import Path

from penstock._declared.step import Location
from penstock.evidence._report import Finding, Report

__all__ = ["name_from_repository"]

_SETTINGS = Location("pyproject.toml", 1)


def name_from_repository(report: Report, folder: Path) -> Report:
    """Return *report* with files that are named from the repository that has *folder*.

    A finding without a line gets the first one of ``pyproject.toml``: GitHub refuses a file of
    SARIF in which a result has none.

    Args:
        report: A report, whose files are named from *folder*.
        folder: The folder of the project, which may be a part of a repository.
    """
    folder = folder.resolve()
    root = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)
    prefix = folder.relative_to(root).as_posix()
    return replace(report, findings=tuple(_renamed(each, prefix) for each in report.findings))


def _renamed(finding: Finding, prefix: str) -> Finding:
    def renamed(found: Location) -> Location:
        if Path(found.file).is_absolute():  # outside of the project
            return found
        return replace(found, file=posixpath.normpath(f"{prefix}/{found.file}"))

    location = renamed(finding.location or _SETTINGS)
    related = tuple(map(renamed, finding.related))
    fix = finding.fix and replace(finding.fix, location=renamed(finding.fix.location))
    return replace(finding, location=location, related=related, fix=fix)
