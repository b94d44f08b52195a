"""Reports that are kept from one check to the next, while the source they depend on is the same."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from penstock._common.files import write_whole
from penstock._declared.step import Location
from penstock.catalog._objects import names_to_json
from penstock.catalog._states import FileState, digest_of
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, FlowReport
from penstock.evidence._source.project import Project

__all__ = ["check_again"]

_FILE = "penstock-evidence.json"
_FORMAT = 1

_MOST = 8
"""How many sets of flows have their reports in the file, such as each flow that is named alone."""

_DAMAGED = (OSError, LookupError, TypeError, ValueError, RecursionError)
"""The errors of reading a file that is gone, damaged, or of another penstock."""

_Entry = Mapping[str, Any]


def check_again(
    project: Project, flows: Sequence[CheckedFlow], folder: Path | None
) -> tuple[FlowReport, ...]:
    """Return what `check` does: what it returned before, if nothing that counts has changed.

    Args:
        project: The source.
        flows: The flows.
        folder: Where reports are kept. Nowhere if None.
    """
    if folder is None:
        return check(project, flows)
    key = _key_of(project, flows)
    entries = _entries_in(folder)
    with suppress(*_DAMAGED):
        entry = entries[key]
        states = _unchanged(project, entry)
        if states is not None:
            reports = _reports_in(project, entry)
            if states != _states_in(project, entry):  # the next comparison will be cheaper
                _write(folder, entries, key, {**entry, **_files_of(states)})
            return reports
    before = [FileState.read(str(source.path)) for source in project.sources]
    reports = check(project, flows)
    after = [state.verified() for state in before]
    if not any(report.failures for report in reports) and None not in after:
        entry = {
            "reports": [asdict(report) for report in reports],
            "read": [n for n, source in enumerate(project.sources) if project.has_read(source)],
            "words": sorted(project.searched),
            "objects": {file: _digest_of_objects(project, file) for file in project.objects.used},
            **_files_of(filter(None, after)),
        }
        _write(folder, entries, key, entry)
    return reports


def _key_of(project: Project, flows: Sequence[CheckedFlow]) -> str:
    """Return a digest of all that counts besides the content of files."""
    named = [(name, source.file) for name, source in project.files.items()]
    known = [sys.version, sys.implementation.name, sys.getrecursionlimit(), _program()]
    known.append(project.objects.files)
    return digest_of(json.dumps([*known, repr(flows), named]).encode())


@lru_cache(maxsize=1)
def _program() -> str:
    """Return a digest of the source of the check itself, which changes more than its version."""
    folder = Path(__file__).parent
    digests = [digest_of(each.read_bytes()) for each in sorted(folder.rglob("*.py"))]
    return digest_of("".join(digests).encode())


def _digest_of_objects(project: Project, file: str) -> str:
    """Return a digest of what the imported module of *file* has."""
    return digest_of(json.dumps(names_to_json(project.objects.of(file))).encode())


def _unchanged(project: Project, entry: _Entry) -> list[FileState] | None:
    """Return the files as they are now, or None if a report may be another now.

    A file in which nobody has looked may be edited, as long as no name that was looked for in
    all files is in it.
    """
    words, read = set(entry["words"]), set(entry["read"])
    objects: Mapping[str, str] = entry["objects"]
    if any(_digest_of_objects(project, file) != digest for file, digest in objects.items()):
        return None
    found: list[FileState] = []
    for number, before in enumerate(_states_in(project, entry)):
        now = before.verified()
        if now is None:
            if number in read or not words.isdisjoint(project.sources[number].words):
                return None
            now = FileState.read(before.path)
        found.append(now)
    return found


def _states_in(project: Project, entry: _Entry) -> list[FileState]:
    return [
        FileState(str(source.path), digest, None if stamp is None else tuple(stamp))
        for source, (digest, stamp) in zip(project.sources, entry["files"], strict=True)
    ]


def _files_of(states: Iterable[FileState]) -> dict[str, Any]:
    return {"files": [(state.digest, state.stamp) for state in states]}


def _entries_in(folder: Path) -> dict[str, _Entry]:
    """Return what is kept in *folder*, by keys, the last one last."""
    with suppress(*_DAMAGED):
        digest, _, text = (folder / _FILE).read_bytes().partition(b"\n")
        if digest.decode() == digest_of(text):
            found = json.loads(text)
            return dict(found["entries"]) if found["format"] == _FORMAT else {}
    return {}


def _write(folder: Path, entries: Mapping[str, _Entry], key: str, entry: _Entry) -> None:
    kept = {each: known for each, known in entries.items() if each != key}
    last = [*kept.items(), (key, entry)][-_MOST:]
    text = json.dumps({"format": _FORMAT, "entries": last}).encode()
    with suppress(OSError):  # the next check looks at all files again
        if not folder.exists():
            folder.mkdir(parents=True)
            write_whole(folder / ".gitignore", "*\n")
        write_whole(folder / _FILE, f"{digest_of(text)}\n".encode() + text)


def _reports_in(project: Project, entry: _Entry) -> tuple[FlowReport, ...]:
    """Return the reports of an entry.

    Raises:
        TypeError: If they are not reports, or name a file that the project does not have.
    """
    files = {source.file for source in project.sources}
    return tuple(_made(FlowReport, each, files) for each in entry["reports"])


def _made(kind: Any, data: Any, files: set[str]) -> Any:
    """Return the value of a type that *data* is in JSON."""
    arguments = get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints_of(kind)
        found = kind(**{each.name: _made(hints[each.name], data[each.name], files)
                        for each in fields(kind)})  # fmt: skip
        # A line of any other file would be printed if the file of the reports was forged.
        if isinstance(found, Location) and found.file not in files:
            raise TypeError
        return found
    if get_origin(kind) is tuple:
        return tuple(_made(arguments[0], each, files) for each in data)
    if isinstance(kind, UnionType):
        return None if data is None else _made(arguments[0], data, files)
    is_right = data in arguments if get_origin(kind) is Literal else type(data) is kind
    if not is_right:
        raise TypeError
    return data


@lru_cache(maxsize=16)
def _hints_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
