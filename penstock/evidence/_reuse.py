"""Reports that are kept from one check to the next, while the source they depend on is the same."""

import json
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from penstock._common.files import write_whole
from penstock._declared.step import Location
from penstock.catalog._objects import names_to_json
from penstock.catalog._states import FileState, digest_of
from penstock.evidence._check import check, definition_in
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
            if now.states != now.before:  # the next comparison will be cheaper
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
            "read": {number: (digest, _opened_in(source)) for number, digest, source in read},
            "searches": sorted(project.searches),
            "looked_at": sorted(project.looked_at),
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


def _opened_in(source: SourceFile) -> list[int] | None:
    """Return the numbers of the definitions whose bodies were read, or None if none was parsed."""
    if not source.is_parsed:
        return None
    return [number for number, each in enumerate(source.definitions) if each in source.opened]


def _lines_of(flows: Iterable[CheckedFlow]) -> list[int | None]:
    return [step.line for flow in flows for step in flow.steps]


@lru_cache(maxsize=1)
def _program() -> str:
    """Return a digest of the source of the check itself, which changes more than its version."""
    folder = Path(__file__).parent
    digests = [digest_of(each.read_bytes()) for each in sorted(folder.rglob("*.py"))]
    return digest_of("".join(digests).encode())


@dataclass(frozen=True)
class _Edited:
    """A file with an edit that counts for nothing but lines."""

    old: SourceFile
    new: SourceFile
    lines: Mapping[int, int]
    """The lines as they are now, by what they were."""

    @cached_property
    def first_lines(self) -> dict[tuple[str, int], int]:
        """The first lines of functions as they were, by their names and what they are now."""
        pairs = zip(self.old.definitions.values(), self.new.definitions.values(), strict=True)
        return {(now.qualname, now.line): before.line for before, now in pairs}

    def has_still(self, before: CheckedStep, now: CheckedStep) -> bool:
        """Return whether a step is the same function, if it is one."""
        numbers = [
            [*source.definitions.values()].index(found)
            for source, step in ((self.old, before), (self.new, now))
            if (found := definition_in(source, step)) is not None
        ]
        return len(numbers) == 2 and numbers[0] == numbers[1]  # noqa: PLR2004 - old and new


def _digest_of_objects(
    project: Project, file: str, edited: Mapping[str, _Edited] = MappingProxyType({})
) -> str:
    """Return a digest of what the imported module of *file* has.

    Args:
        project: The source.
        file: The file.
        edited: The files of which the lines before the edit count.
    """
    found = names_to_json(project.objects.of(file))
    return digest_of(json.dumps(_with_lines_before(found, edited) if edited else found).encode())


def _with_lines_before(found: Any, edited: Mapping[str, _Edited]) -> Any:
    """Return described objects with the lines of their functions as they were before."""
    if isinstance(found, list):
        return [_with_lines_before(each, edited) for each in found]
    if not isinstance(found, dict):
        return found
    made = {name: _with_lines_before(each, edited) for name, each in found.items()}
    if "line" in made and made.get("file") in edited:
        # No function was before the first line.
        key = made["name"], made["line"]
        made["line"] = edited[made["file"]].first_lines.get(key, -1)
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
        self.before = _states_in(project, entry)
        """The states of the files when the reports were made."""
        self.states: list[FileState] = []
        """The states that files may have for the reports to be the same."""
        self._edited: dict[str, _Edited] = {}

    def reports(self) -> tuple[FlowReport, ...] | None:
        """Return the reports with the lines as they are now, or None if they may be others."""
        if not (self._has_same_files() and self._has_same_steps()):
            return None
        objects: Mapping[str, str] = self._entry["objects"]
        for file, digest in objects.items():
            if _digest_of_objects(self._project, file, self._edited) != digest:
                return None
        files = {source.file for source in self._project.sources}
        found = [_made(FlowReport, each, files) for each in self._entry["reports"]]
        if self._edited and any(each.missing for each in found):  # they are looked for by lines
            return None
        return tuple(map(self._with_lines_now, found))

    def _has_same_files(self) -> bool:
        """Return whether no edit of a file counts."""
        read: Mapping[str, Sequence[Any]] = self._entry["read"]
        for number, before in enumerate(self.before):
            now = before.verified()
            if now is None:
                source, known = self._project.sources[number], read.get(str(number))
                if known is None:
                    if not self._is_unsearched(source):
                        return False
                    now = FileState.read(before.path)
                elif not self._is_same(source, *known):
                    return False
            self.states.append(now or before)
        return True

    def _is_unsearched(self, source: SourceFile) -> bool:
        """Return whether no search finds anything in a file in which none has found anything."""
        searches = self._entry["searches"]
        is_searched = self._entry["has_searched_tests"] or not self._project.is_test(source)
        return not is_searched or source.words.isdisjoint(word for _, word in searches)

    def _is_same(self, source: SourceFile, digest: str, opened: list[int] | None) -> bool:
        """Return whether an edit of a file that was read is one of what nobody has read."""
        text = zlib.decompress(b64decode(self._sources[digest])).decode()
        old = SourceFile(source.module, source.path, source.file, text)
        new = SourceFile(source.module, source.path, source.file, source.text)
        if opened is not None:
            lines = lines_after(old, new, opened)
            if lines is None:
                return False
            if not _are_named_alike(old, new, lines, self._entry["looked_at"]):
                return False
            self._edited[source.file] = _Edited(old, new, lines)
        return is_found_alike(old, new, map(tuple, self._entry["searches"]))

    def _has_same_steps(self) -> bool:
        """Return whether the functions of steps are where they were declared, as before."""
        for step, line in zip(self._steps, self._entry["lines"], strict=True):
            file = step.declared.file if step.declared is not None else None
            source = self._project.source_of(step.module, file)
            edited = self._edited.get(source.file) if source is not None else None
            if edited is not None:
                if not edited.has_still(replace(step, line=line), step):
                    return False
            elif step.line != line:
                return False
        return True

    def _with_lines_now(self, value: Any) -> Any:
        """Return a part of a report with the lines as they are now.

        Raises:
            LookupError: If there is no such line any more.
        """
        if isinstance(value, Location):
            edited = self._edited.get(value.file)
            return value if edited is None else replace(value, line=edited.lines[value.line])
        if isinstance(value, tuple):
            return tuple(map(self._with_lines_now, value))
        if not is_dataclass(value) or isinstance(value, type):
            return value
        parts = (getattr(value, each.name) for each in fields(value))
        return type(value)(*map(self._with_lines_now, parts))


def _are_named_alike(
    old: SourceFile,
    new: SourceFile,
    lines: Mapping[int, int],
    looked_at: Iterable[tuple[str, int, str]],
) -> bool:
    """Return whether single lines have the names that were looked for in them, as before."""
    before, now = old.lines, new.lines
    return all(
        (name in before[line - 1]) == (name in now[lines[line] - 1])
        for file, line, name in looked_at
        if file == old.file
    )


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
