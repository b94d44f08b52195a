"""The files that have evidence for each flow, so that an edit in one of them is an edit of it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from penstock._common.files import write_whole
from penstock._declared.step import Location
from penstock.evidence._model import FlowReport

__all__ = ["files_of_evidence", "note_evidence"]

_FILE = "penstock-evidence-files.json"


def files_of_evidence(folder: Path) -> dict[str, set[str]]:
    """Return the files with evidence for each flow, by what earlier checks noted in *folder*."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        found = json.loads((folder / _FILE).read_bytes())
        return {flow: {str(file) for file in files} for flow, files in found.items()}
    return {}


def note_evidence(reports: Iterable[FlowReport], folder: Path) -> None:
    """Write the files with evidence for the flows of *reports* to *folder*, if that is there.

    Where an edge has lost its evidence, the files that had it stay, so that each further check
    of one of them finds that too.
    """
    before = files_of_evidence(folder)
    now = dict(before)
    for report in reports:
        found = {each.file for each in _locations_in(report)}
        is_clean = all(edge.verdict in {"supported", "unchecked"} for edge in report.edges)
        now[report.flow] = found if is_clean else found | before.get(report.flow, set())
    if now != before and folder.is_dir():
        files = {flow: sorted(found) for flow, found in sorted(now.items())}
        with suppress(OSError):  # a hook then knows the files of steps alone
            write_whole(folder / _FILE, json.dumps(files))


def _locations_in(value: Any) -> Iterator[Location]:
    if isinstance(value, Location):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _locations_in(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _locations_in(getattr(value, field.name))
