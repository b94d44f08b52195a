"""Reports that are kept from one check to the next, while the source they depend on is the same."""

import json
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from penstock._common.files import write_whole
from penstock._declared.step import Location
from penstock.catalog._objects import names_to_json
from penstock.catalog._states import FileState, digest_of
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, FlowReport
from penstock.evidence._source.edits import is_found_alike, lines_after
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project

__all__ = ["check_again"]

_FILE = "penstock-evidence.json"
_FORMAT = 2

_MOST = 8
"""How many sets of flows have their reports in the file, such as each flow that is named alone."""

_DAMAGED = (
    OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError, zlib.error,
)  # fmt: skip
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
    kept = _kept_in(folder)
    with suppress(*_DAMAGED):
        entry = kept.entries[key]
        now = _Now(project, flows, entry, kept.sources)
        reports = now.reports()
        if reports is not None:
            if now.states != _states_in(project, entry):  # the next comparison will be cheaper
                _write(folder, kept, key, {**entry, **_files_of(now.states)})
            return reports
    before = [FileState.read(str(source.path)) for source in project.sources]
    reports = check(project, flows)
    after = [state.verified() for state in before]
    if not any(report.failures for report in reports) and None not in after:
        states = [*filter(None, after)]
        read = [
            (number, states[number].digest or "", source)
            for number, source in enumerate(project.sources)
            if source.is_parsed or project.has_found(source)
        ]
        entry = {
            "reports": [asdict(report) for report in reports],
            "lines": _lines_of(flows),
            "read": {number: (digest, source.is_parsed) for number, digest, source in read},
            "searches": sorted(project.searches),
            "has_searched_tests": project.has_searched_tests,
            "objects": {file: _digest_of_objects(project, file) for file in project.objects.used},
            **_files_of(states),
        }
        kept.sources.update((digest, _packed(source.text)) for _, digest, source in read)
        _write(folder, kept, key, entry)
    return reports


def _key_of(project: Project, flows: Sequence[CheckedFlow]) -> str:
    """Return a digest of all that counts besides the content of files."""
    named = [(name, source.file) for name, source in project.files.items()]
    known = [sys.version, sys.implementation.name, sys.getrecursionlimit(), _program()]
    known.append(project.objects.files)
    unlined = [replace(each, steps=tuple(map(_without_line, each.steps))) for each in flows]
    return digest_of(json.dumps([*known, repr(unlined), named]).encode())


def _without_line(step: CheckedStep) -> CheckedStep:
    declared = step.declared and replace(step.declared, line=0)
    return replace(step, line=None, declared=declared)


def _lines_of(flows: Iterable[CheckedFlow]) -> list[int | None]:
    return [step.line for flow in flows for step in flow.steps]


@lru_cache(maxsize=1)
def _program() -> str:
    """Return a digest of the source of the check itself, which changes more than its version."""
    folder = Path(__file__).parent
    digests = [digest_of(each.read_bytes()) for each in sorted(folder.rglob("*.py"))]
    return digest_of("".join(digests).encode())


def _digest_of_objects(
    project: Project, file: str, moved: Mapping[str, Mapping[int, int]] = MappingProxyType({})
) -> str:
    """Return a digest of what the imported module of *file* has.

    Args:
        project: The source.
        file: The file.
        moved: Where the lines of edited files were before.
    """
    found = names_to_json(project.objects.of(file))
    return digest_of(json.dumps(_with_lines(found, moved) if moved else found).encode())


def _with_lines(found: Any, moved: Mapping[str, Mapping[int, int]]) -> Any:
    """Return described objects with the lines of their functions as they were before."""
    if isinstance(found, list):
        return [_with_lines(each, moved) for each in found]
    if not isinstance(found, dict):
        return found
    made = {name: _with_lines(each, moved) for name, each in found.items()}
    if "line" in made and made.get("file") in moved:
        # No function was before the first line.
        made["line"] = moved[made["file"]].get(made["line"], -1)
    return made


class _Now:
    """The source as it is now, beside what it was when reports were made.

    Args:
        project: The source.
        flows: The flows, as they are declared now.
        entry: The reports, and what they depend on.
        sources: The source of the files that were read then, by their digests.
    """

    def __init__(
        self,
        project: Project,
        flows: Sequence[CheckedFlow],
        entry: _Entry,
        sources: Mapping[str, str],
    ) -> None:
        self._project, self._entry, self._sources = project, entry, sources
        self._steps = [step for flow in flows for step in flow.steps]
        self._has_receivers = any(step.receives for step in self._steps)
        self.states: list[FileState] = []
        """The states that files may have for the reports to be the same."""
        self._moved: dict[str, dict[int, int]] = {}
        """The lines of edited files as they are now, by what they were."""

    def reports(self) -> tuple[FlowReport, ...] | None:
        """Return the reports with the lines as they are now, or None if they may be others."""
        if not (self._has_same_files() and self._has_same_steps()):
            return None
        before = {
            file: {now: line for line, now in lines.items()} for file, lines in self._moved.items()
        }
        objects: Mapping[str, str] = self._entry["objects"]
        for file, digest in objects.items():
            if _digest_of_objects(self._project, file, before) != digest:
                return None
        files = {source.file for source in self._project.sources}
        found = (_made(FlowReport, each, files) for each in self._entry["reports"])
        return tuple(self._with_lines_now(each) for each in found)

    def _has_same_files(self) -> bool:
        """Return whether no edit of a file counts."""
        read: Mapping[str, Sequence[Any]] = self._entry["read"]
        for number, before in enumerate(_states_in(self._project, self._entry)):
            now = before.verified()
            if now is None:
                source, known = self._project.sources[number], read.get(str(number))
                if known is None:
                    if not self._is_unsearched(source):
                        return False
                    now = FileState.read(before.path)
                elif not self._is_same(source, known[0], is_parsed=known[1]):
                    return False
            self.states.append(now or before)
        return True

    def _is_unsearched(self, source: SourceFile) -> bool:
        """Return whether no search finds anything in a file in which none has found anything."""
        searches = self._entry["searches"]
        is_searched = self._entry["has_searched_tests"] or not self._project.is_test(source)
        return not is_searched or source.words.isdisjoint(word for _, word in searches)

    def _is_same(self, source: SourceFile, digest: str, *, is_parsed: bool) -> bool:
        """Return whether an edit of a file that was read is one of what nobody has read."""
        text = zlib.decompress(b64decode(self._sources[digest])).decode()
        old = SourceFile(source.module, source.path, source.file, text)
        new = SourceFile(source.module, source.path, source.file, source.text)
        if is_parsed:
            lines = lines_after(old, new)
            if lines is None:
                return False
            if self._has_receivers:
                lines = _with_same_text(lines, old, new)
            self._moved[source.file] = lines
        return is_found_alike(old, new, map(tuple, self._entry["searches"]))

    def _has_same_steps(self) -> bool:
        """Return whether the functions of steps are where they were declared, as before."""
        for step, before in zip(self._steps, self._entry["lines"], strict=True):
            file = step.declared.file if step.declared is not None else None
            source = self._project.source_of(step.module, file)
            moved = self._moved.get(source.file) if source is not None else None
            expected = before if moved is None or before is None else moved.get(before)
            if step.line != expected:
                return False
        return True

    def _with_lines_now(self, value: Any) -> Any:
        """Return a part of a report with the lines as they are now.

        Raises:
            LookupError: If there is no such line any more.
        """
        if isinstance(value, Location):
            moved = self._moved.get(value.file)
            return value if moved is None else replace(value, line=moved[value.line])
        if isinstance(value, tuple):
            return tuple(map(self._with_lines_now, value))
        if not is_dataclass(value) or isinstance(value, type):
            return value
        parts = (getattr(value, each.name) for each in fields(value))
        return type(value)(*map(self._with_lines_now, parts))


def _with_same_text(lines: dict[int, int], old: SourceFile, new: SourceFile) -> dict[int, int]:
    """Return the lines whose text is the same, in which a check may look for the name of a step."""
    before, now = old.text.splitlines(), new.text.splitlines()
    return {one: two for one, two in lines.items() if before[one - 1] == now[two - 1]}


def _states_in(project: Project, entry: _Entry) -> list[FileState]:
    return [
        FileState(str(source.path), digest, None if stamp is None else tuple(stamp))
        for source, (digest, stamp) in zip(project.sources, entry["files"], strict=True)
    ]


def _files_of(states: Iterable[FileState]) -> dict[str, Any]:
    return {"files": [(state.digest, state.stamp) for state in states]}


@dataclass(frozen=True, slots=True)
class _Kept:
    """The reports in a folder, with the source of the files that they depend on."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    """The reports with what they depend on, by keys, the last one last."""

    sources: dict[str, str] = field(default_factory=dict)
    """The source of the files that were read, by their digests, in base64."""


def _packed(text: str) -> str:
    return b64encode(zlib.compress(text.encode(), 1)).decode()


def _kept_in(folder: Path) -> _Kept:
    """Return what is kept in *folder*, if it is whole."""
    with suppress(*_DAMAGED):
        digest, _, text = (folder / _FILE).read_bytes().partition(b"\n")
        if digest.decode() == digest_of(text):
            found = json.loads(text)
            if found["format"] == _FORMAT:
                return _Kept(dict(found["entries"]), found["sources"])
    return _Kept()


def _write(folder: Path, kept: _Kept, key: str, entry: _Entry) -> None:
    others = {each: known for each, known in kept.entries.items() if each != key}
    entries = [*others.items(), (key, entry)][-_MOST:]
    used = {digest for _, each in entries for digest, _ in each["read"].values()}
    sources = {digest: text for digest, text in kept.sources.items() if digest in used}
    found = json.dumps({"format": _FORMAT, "entries": entries, "sources": sources}).encode()
    with suppress(OSError):  # the next check looks at all files again
        if not folder.exists():
            folder.mkdir(parents=True)
            write_whole(folder / ".gitignore", "*\n")
        write_whole(folder / _FILE, f"{digest_of(found)}\n".encode() + found)


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
