"""The source files of a project, by the names that they are imported by."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from penstock._declared.step import Location
from penstock.catalog._objects import NOT_IMPORTED, Objects
from penstock.evidence._source.declaring import Declarations
from penstock.evidence._source.files import Definition, SourceFile, words_in
from penstock.evidence._source.searches import SEARCHES, Kept

__all__ = ["Project"]

_SKIPPED = {
    "__pycache__", "build", "dist", "node_modules", "site-packages", "dist-packages", "venv", "env",
}  # fmt: skip


_TEST = re.compile(r"(^|/)(tests?/|tests?\.py$|test_[^/]*$|conftest\.py$)|_tests?\.py$")
"""The name of a file of tests."""


_READING_ANNOTATIONS = (
    "get_type_hints", "__annotations__", "get_annotations", "signature", "getfullargspec",
)  # fmt: skip
"""The names of functions and attributes that give annotations."""


class Project:
    """The source files of a project, by the names that modules are imported by.

    Args:
        files: The files. The first of a name wins, and the first name of a file.
        objects: The objects of its modules, as far as they are imported.
        is_declared: Whether the decorators of penstock count. They change nothing that code does.
    """

    def __init__(
        self,
        files: Iterable[SourceFile],
        objects: Objects = NOT_IMPORTED,
        *,
        is_declared: bool = False,
    ) -> None:
        self.objects = objects
        self.files: dict[str, SourceFile] = {}
        """The files by the names of their modules, of which one may have several."""
        self._by_file: dict[str, SourceFile] = {}
        for file in files:
            first = self._by_file.setdefault(file.file, file)
            self.files.setdefault(file.module, first)
        self.sources = tuple(dict.fromkeys(self.files.values()))
        """The files, each once."""
        if not is_declared:
            declarations = Declarations(self.files)
            for file in self.sources:
                file.leave_out = declarations.leave_out
        self._known: dict[tuple[str, str, SourceFile], Any] = {}
        self._callers: dict[Definition, tuple[Definition, ...]] = {}
        self._values: dict[Definition, bool] = {}
        self._attributes: dict[str, bool] = {}
        self._classes_with: dict[str, tuple[Definition, ...]] = {}
        self._mentions: dict[str, tuple[SourceFile, ...]] = {}
        self._partials: dict[str, frozenset[tuple[str, int]]] = {}
        self._found: set[SourceFile] = set()
        self._with_tests = False
        self.searches: set[tuple[str, str]] = set()
        """The searches that somebody has made in all files, by their names, and for what."""
        self.looked_at: set[tuple[str, int, str]] = set()
        """The files, the lines and the names that were looked for in a single line."""
        self.has_searched_tests = False
        """Whether that was in the files of tests, too."""

    @classmethod
    def at(
        cls,
        folder: Path,
        roots: Sequence[Path] = (),
        objects: Objects = NOT_IMPORTED,
        *,
        is_declared: bool = False,
    ) -> "Project":
        """Return the project in *folder*.

        Args:
            folder: The folder from which files are named.
            roots: The folders from which modules are imported: *folder* itself,
                and those of a ``src`` layout, if empty.
            objects: The objects of its modules, as far as they are imported.
            is_declared: Whether the decorators of penstock count.
        """
        if not roots:
            source = folder / "src"
            roots = [source, folder] if source.is_dir() else [folder]
        found = (file for root in roots for file in _files_in(root, folder))
        return cls(found, objects, is_declared=is_declared)

    def has_found(self, source: SourceFile) -> bool:
        """Return whether a search has found something in a file."""
        return source in self._found

    @staticmethod
    def is_test(source: SourceFile) -> bool:
        """Return whether a file is one of tests."""
        return _TEST.search(source.file) is not None

    def line_at(self, location: Location) -> str:
        """Return a line of the source, as it is in the file."""
        return self._by_file[location.file].raw.split("\n")[location.line - 1]

    def is_named_at(self, location: Location, name: str) -> bool:
        """Return whether *name* is in a line of the source."""
        self.looked_at.add((location.file, location.line, name))
        return name in self._by_file[location.file].lines[location.line - 1]

    def function_at(self, location: Location) -> Definition | None:
        """Return the innermost function around a line of the source."""
        found = [
            each
            for each in self._by_file[location.file].definitions.values()
            if each.kind == "function" and each.line <= location.line <= each.end_line
        ]
        return max(found, key=lambda each: each.line, default=None)

    def source_of(self, module: str, file: str | None) -> SourceFile | None:
        """Return the source of a module, of which *file* is the name if anybody knows."""
        found = self.files.get(module)
        if file is None or (found is not None and found.file == file):
            return found
        return self._by_file.get(file, found)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The names of all packages, those without an ``__init__.py`` too."""
        names = (name.split(".") for name in self.files)
        return frozenset(".".join(parts[:n]) for parts in names for n in range(1, len(parts)))

    def count_tests(self, definitions: Iterable[Definition]) -> None:
        """Let the files of tests count in searches if one of *definitions* is in such a file.

        What only tests do is not what the application does.
        """
        with_tests = any(self.is_test(each.source) for each in definitions)
        if with_tests != self._with_tests:
            self._with_tests = with_tests
            self.has_searched_tests = self.has_searched_tests or with_tests
            for known in (
                self._callers, self._values, self._attributes, self._classes_with, self._mentions,
                self._partials,
            ):  # fmt: skip
                known.clear()

    def mentioning(self, word: str) -> tuple[SourceFile, ...]:
        """Return the files in which *word* is, without those of tests."""
        known = self._mentions.get(word)
        if known is None:
            self.searches.add(("word", word))
            numbers = self._numbers_by_word.get(word, ())
            found = (self.sources[n] for n in numbers)
            known = self._mentions[word] = tuple(
                each for each in found if self._with_tests or not self.is_test(each)
            )
            self._found.update(known)
        return known

    @cached_property
    def _numbers_by_word(self) -> dict[str, list[int]]:
        """The numbers of the files in which each word is."""
        found: dict[str, list[int]] = {}
        for number, source in enumerate(self.sources):
            for word in words_in(source.text):
                found.setdefault(word, []).append(number)
        return found

    def search(self, kind: str, wanted: str, word: str = "") -> Iterator[tuple[SourceFile, Any]]:
        """Yield what a search finds in each file in which *word*, or *wanted*, is.

        Args:
            kind: The name of the search in `SEARCHES`.
            wanted: What is looked for.
            word: The word that files have to have, if it is another.
        """
        self.searches.add((kind, wanted))
        find = SEARCHES[kind]
        return ((file, find(file, wanted)) for file in self.mentioning(word or wanted))

    def is_attribute(self, name: str) -> bool:
        """Return whether something is assigned to an attribute, or a field, called *name*."""
        known = self._attributes.get(name)
        if known is None:
            found = any(found for _, found in self.search("attribute", name))
            known = self._attributes[name] = found
        return known

    def classes_with(self, method: str) -> tuple[Definition, ...]:
        """Return the classes that have a method, or none if another function has that name."""
        known = self._classes_with.get(method)
        if known is None:
            known = self._classes_with[method] = tuple(self._parents_of(method))
        return known

    def _parents_of(self, method: str) -> list[Definition]:
        found: list[Definition] = []
        for file, has_def in self.search("def", method):
            for each in file.named(method) if has_def else ():
                if each.kind == "function" and each.parent is not None:
                    if not each.is_method:
                        return []
                    found.append(each.parent)
        return found

    def called_by(self, name: str, word: str) -> Iterator[Definition]:
        """Yield the functions called *name* in which *word* is."""
        in_files = set(self.mentioning(word))
        for file in self.mentioning(name):
            if file in in_files:
                found = self._found_in(file, "function", name)
                definitions = [*file.definitions.values()] if found else []
                yield from (definitions[number] for number, words in found if word in words)

    def words_in(self, function: Definition) -> frozenset[str] | None:
        """Return the words in a function, or None if it is a module or a lambda."""
        source = function.source
        found: dict[int, frozenset[str]] = dict(self._found_in(source, "function", function.name))
        numbers = (n for n, each in enumerate(source.definitions.values()) if each is function)
        return found.get(next(numbers, -1))

    def _found_in(self, file: SourceFile, kind: str, wanted: str) -> Any:
        """Return what a search finds in one file, which is found once."""
        self.searches.add((kind, wanted))
        key = kind, wanted, file
        if key not in self._known:
            self._known[key] = SEARCHES[kind](file, wanted)
        return self._known[key]

    def callers_of(self, wanted: Definition) -> tuple[Definition, ...]:
        """Return what calls something that may be *wanted*, by its name: functions and modules."""
        known = self._callers.get(wanted)
        if known is None:
            found: list[Definition] = []
            for file in self.mentioning(wanted.name):
                may_have = self._ways_to_have(wanted, file)
                if may_have is None:
                    continue
                callers = self._found_in(file, "caller", wanted.name)
                definitions = [*file.definitions.values(), file.root] if callers else []
                for number, owners in callers:
                    if any(may_have(owner) for owner in owners):
                        found.append(definitions[number])
            known = self._callers[wanted] = tuple(found)
        return known

    def readers_of(self, name: str) -> tuple[Definition, ...]:
        """Return the functions that read an attribute called *name*."""
        return tuple(
            [*file.definitions.values()][number]
            for file, numbers in self.search("reader", name)
            for number in numbers
        )

    def _ways_to_have(self, wanted: Definition, file: SourceFile) -> Callable[[str], bool] | None:
        """Return what returns whether *file* calls *wanted* of an owner, or None if of none.

        Most files have a function, and call it, that only has the same name. They are not parsed.
        """
        owners, is_alone, is_kept = self._found_in(file, "call", wanted.name)
        if wanted.is_method:
            is_alone = is_kept and wanted.name in file.kept.attributes
        else:
            is_alone = is_alone or file is wanted.source

        def may_have(owner: str) -> bool:
            return is_alone if owner == "" else self.has_module(owner)

        return may_have if is_alone or any(map(self.has_module, owners)) else None

    def may_be_called_in(self, file: str, wanted: Definition) -> bool:
        """Return whether *file* calls *wanted* by its name, which it has or imports."""
        name = wanted.name
        return any(
            each.source.file == file and self.has_module(each.source.imported.get(name, "."))
            for each in self.callers_of(wanted)
        )

    def has_module(self, name: str) -> bool:
        """Return whether *name* is a module of the project, or may be one."""
        return name == "." or name in self.packages or name in self.files

    def is_value(self, wanted: Definition) -> bool:
        """Return whether something that may be *wanted* is passed on or kept, not called."""
        known = self._values.get(wanted)
        if known is None:
            known = self._values[wanted] = any(
                self._is_kept(wanted, file, kept)
                for file, kept in self.search("value", wanted.name)
            )
        return known

    def _is_kept(self, wanted: Definition, file: SourceFile, kept: Kept) -> bool:
        """Return whether *file* keeps *wanted*, for what it does with something of that name."""
        is_of_module = "." not in wanted.qualname
        is_attribute = kept.as_member if is_of_module else kept.as_attribute
        if is_attribute and "<locals>" not in wanted.qualname:
            return True
        if wanted.is_method:
            return (kept.by_name or kept.by_string) and file is wanted.source
        is_named = kept.by_name or (kept.in_annotation and self._reads_annotations)
        return is_named and (file is wanted.source or kept.is_imported)

    @property
    def _reads_annotations(self) -> bool:
        """Whether something may make an object for its class is the annotation of something."""
        return any(map(self.mentioning, _READING_ANNOTATIONS))

    def added_by_partials(self, wanted: Definition) -> int:
        """Return how many arguments something that may be a partial of *wanted* adds at most."""
        for word in ("partial", "partialmethod"):
            if word not in self._partials:
                files = self.search("partial", "", word=word)
                self._partials[word] = frozenset(each for _, found in files for each in found)
        cls = wanted.parent if wanted.name in {"__init__", "__new__"} else None
        name = cls.name if cls is not None else wanted.name
        made = (each for found in self._partials.values() for each in found)
        added = [count for each, count in made if each in {"", name}]
        return sys.maxsize if -1 in added else max(added, default=0)

    def count_uses(self, definition: Definition) -> int:
        """Return how many lines mention the name of *definition* and do not only import it.

        The name of a function of a module counts where it may be that function.
        """
        uses = self.search("use", definition.name)
        if definition.kind == "function" and definition.name == definition.qualname:
            uses = self.search("use of", definition.label, word=definition.name)
        return sum(in_code if file.is_parsed else in_text for file, (in_text, in_code) in uses)

    def subclasses_named(self, name: str) -> Iterator[tuple[SourceFile, str]]:
        """Yield the files and names of the classes that have a base called *name*."""
        for file, found in self.search("subclass", name):
            for subclass in found:
                yield file, subclass


def _files_in(root: Path, folder: Path) -> Iterator[SourceFile]:
    for where, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and not name.startswith(".") and name.isidentifier()
            and not os.path.exists(os.path.join(where, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118
        )  # fmt: skip
        here = Path(where)
        relative = here.relative_to(root).parts
        shown = (here.relative_to(folder) if here.is_relative_to(folder) else here).as_posix()
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 - hot
            if suffix != ".py" or (stem in folders and Path(where, stem, "__init__.py").is_file()):
                continue  # Python imports the package of that name
            parts = relative if stem == "__init__" else (*relative, stem)
            if not parts:
                continue
            file = name if shown == "." else f"{shown}/{name}"
            yield SourceFile(".".join(parts), here / name, file)
