"""The source files of a project, by the names that they are imported by."""

import ast
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from penstock._declared.step import Location
from penstock.catalog._objects import NOT_IMPORTED, Objects
from penstock.evidence._source.files import Definition, SourceFile, words_in

__all__ = ["Project"]

_SKIPPED = {
    "__pycache__", "build", "dist", "node_modules", "site-packages", "dist-packages", "venv", "env",
}  # fmt: skip


_TEST = re.compile(r"(^|/)(tests?/|tests?\.py$|test_[^/]*$|conftest\.py$)|_tests?\.py$")
"""The name of a file of tests."""


_PLAIN = r"(?:None|True|False|[\d.]+|\"[^\"\n]*\"|'[^'\n]*')"
"""A constant, which nobody calls."""


_CALLED = re.compile(r"[^\W\d]\w*")


class Project:
    """The source files of a project, by the names that modules are imported by.

    Args:
        files: The files. The first of a name wins, and the first name of a file.
        objects: The objects of its modules, as far as they are imported.
    """

    def __init__(self, files: Iterable[SourceFile], objects: Objects = NOT_IMPORTED) -> None:
        self.objects = objects
        self.files: dict[str, SourceFile] = {}
        """The files by the names of their modules, of which one may have several."""
        self._by_file: dict[str, SourceFile] = {}
        for file in files:
            first = self._by_file.setdefault(file.file, file)
            self.files.setdefault(file.module, first)
        self.sources = tuple(dict.fromkeys(self.files.values()))
        """The files, each once."""
        self._called: dict[str, dict[Definition, frozenset[str]]] = {}
        self._callers: dict[str, frozenset[str]] = {}
        self._values: dict[str, bool] = {}
        self._mentions: dict[str, tuple[SourceFile, ...]] = {}
        self._found: set[SourceFile] = set()
        self._with_tests = False

    @classmethod
    def at(
        cls, folder: Path, roots: Sequence[Path] = (), objects: Objects = NOT_IMPORTED
    ) -> "Project":
        """Return the project in *folder*.

        Args:
            folder: The folder from which files are named.
            roots: The folders from which modules are imported: *folder* itself,
                and those of a ``src`` layout, if empty.
            objects: The objects of its modules, as far as they are imported.
        """
        if not roots:
            source = folder / "src"
            roots = [source, folder] if source.is_dir() else [folder]
        found = (file for root in roots for file in _files_in(root, folder))
        return cls(found, objects)

    @property
    def searched(self) -> Iterable[str]:
        """The words that somebody has looked for in all files."""
        return self._mentions

    def has_read(self, source: SourceFile) -> bool:
        """Return whether somebody has looked into a file, or found one of these words in it."""
        return source.is_parsed or source in self._found

    def line_at(self, location: Location) -> str:
        """Return a line of the source."""
        return self._by_file[location.file].text.splitlines()[location.line - 1]

    def function_at(self, location: Location) -> Definition | None:
        """Return the innermost function around a line of the source."""
        found = [
            each
            for each in self._by_file[location.file].definitions.values()
            if each.kind == "function"
            and each.line <= location.line <= getattr(each.node, "end_lineno", 0)
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
        with_tests = any(_TEST.search(each.source.file) for each in definitions)
        if with_tests != self._with_tests:
            self._with_tests = with_tests
            for known in (self._called, self._callers, self._values, self._mentions):
                known.clear()

    def mentioning(self, word: str) -> tuple[SourceFile, ...]:
        """Return the files in which *word* is, without those of tests."""
        known = self._mentions.get(word)
        if known is None:
            numbers = self._numbers_by_word.get(word, ())
            found = (self.sources[n] for n in numbers)
            known = self._mentions[word] = tuple(
                each for each in found if self._with_tests or not _TEST.search(each.file)
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

    def is_attribute(self, name: str) -> bool:
        """Return whether something is assigned to an attribute, or a field, called *name*."""
        value = rf"=(?!=)(?!\s*{_PLAIN}\s*$)"
        pattern = re.compile(rf"\.{re.escape(name)}\s*(?::[^=\n]*)?{value}", re.MULTILINE)
        return any(
            pattern.search(file.text) or _has_field(file, name) for file in self.mentioning(name)
        )

    def called_by(self, name: str) -> dict[Definition, frozenset[str]]:
        """Return the functions called *name*, with the words in each."""
        known = self._called.get(name)
        if known is None:
            known = self._called[name] = {}
            for file in self.mentioning(name):
                if f"def {name}" not in file.text:
                    continue
                lines = file.text.splitlines()
                for each in file.definitions.values():
                    if each.kind == "function" and each.name == name:
                        text = "\n".join(_lines_of(each, lines)).partition(f"def {name}")[2]
                        known[each] = frozenset(_CALLED.findall(text))
        return known

    def callers_of(self, name: str) -> frozenset[str]:
        """Return the names of the functions in which something called *name* is called."""
        known = self._callers.get(name)
        if known is None:
            found: set[str] = set()
            pattern = re.compile(rf"(?<!\w){re.escape(name)}\s*\(")
            for file in self.mentioning(name):
                lines = file.text.splitlines()
                numbers = [
                    n for n, line in enumerate(lines, 1) if name in line and pattern.search(line)
                ]
                for each in file.definitions.values() if numbers else ():
                    if each.kind == "function":
                        end = getattr(each.node, "end_lineno", 0)
                        if any(each.location.line < n <= end for n in numbers):
                            found.add(each.name)
            known = self._callers[name] = frozenset(found)
        return known

    def is_value(self, name: str) -> bool:
        """Return whether something called *name* is passed on or kept somewhere, not called."""
        known = self._values.get(name)
        if known is None:
            escaped = re.escape(name)
            pattern = re.compile(
                rf"(?<![\w\"']){escaped}(?![\w\"'])(?!\s*[(=:])|[.:]{escaped}(?=[\"'])"
            )
            known = self._values[name] = any(
                pattern.search(file.text) and name in file.kept_names
                for file in self.mentioning(name)
            )
        return known

    def uses_of(self, definition: Definition) -> list[Location]:
        """Return the lines that mention the name of *definition* and do not only import it."""
        name = definition.name
        pattern = re.compile(rf"(?<![\w\"'])(?:{re.escape(name)})(?![\w\"'])")
        found: list[Location] = []
        for file in self.mentioning(name):
            in_code = file.lines_of_names.get(name, set()) if file.is_parsed else None
            for number, line in enumerate(file.text.splitlines(), 1):
                is_use = name in line and pattern.search(line.partition("#")[0])
                if in_code is not None and number not in in_code:
                    continue
                if is_use and not _is_import(line, name) and f"def {name}" not in line:
                    found.append(Location(file.file, number))
        return found

    def subclasses_named(self, name: str) -> Iterator[tuple[SourceFile, str]]:
        """Yield the files and names of the classes that have a base called *name*."""
        for file in self.mentioning(name):
            for subclass, bases in file.bases:
                if name in bases:
                    yield file, subclass


def _has_field(file: SourceFile, name: str) -> bool:
    """Return whether a class in *file* annotates *name*."""
    if not re.search(rf"^[ \t\f]+{re.escape(name)}[ \t]*:", file.text, re.MULTILINE):
        return False
    return any(
        isinstance(node, ast.AnnAssign) and getattr(node.target, "id", None) == name
        for each in file.definitions.values()
        if each.kind == "class"
        for node in each.node.body  # type: ignore[attr-defined]
    )


def _lines_of(definition: Definition, lines: list[str]) -> list[str]:
    return lines[definition.location.line - 1 : getattr(definition.node, "end_lineno", 0)]


def _is_import(line: str, name: str) -> bool:
    stripped = line.strip()
    return stripped.startswith(("from ", "import ")) or stripped.strip(",()") == name


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
