"""The pages of flows as files, in a folder that may have other files, too."""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

from penstock._common.files import write_whole
from penstock.docs._markdown_pages import INDEX
from penstock.exceptions import ConfigurationError

__all__ = ["Document", "PageFiles"]

_MARK = (
    "<!-- Written by penstock from {origin}: edit that, then write the pages again. "
    "Hash: {digest} -->\n\n"
)
_WRITTEN = re.compile(
    r"<!-- Written by penstock from (?P<origin>[^:\n]*):"
    r"[^\n]*?(?: Hash: (?P<digest>[0-9a-f]+))? -->\n"
)
_SOMEWHERE = "the code"
_ENTRY = re.compile(r"- \[(?P<label>.*)\]\((?P<name>[^()\s]+?)(?:\.md)?\)")


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file.

    .. versionadded:: 0.2
    """

    text: str

    modules: tuple[str, ...] = ()
    """The modules that declare what it shows."""

    @property
    def marked(self) -> str:
        """The text below a mark that says where it comes from, and what it was."""
        origin = ", ".join(self.modules) or _SOMEWHERE
        # As it will be read again: a docstring may hold what UTF-8 cannot, and any line ends.
        text = self.text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
        return _MARK.format(origin=origin, digest=_digest(text)) + text


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that penstock wrote."""

    text: str
    modules: tuple[str, ...]
    is_untouched: bool
    """Whether it still says what penstock wrote."""


class PageFiles:
    """The pages of flows in a folder, and what to do there.

    Args:
        folder: The folder, which need not exist yet.
        documents: The pages by their file names.
        is_gone: Returns whether the flows of these modules would be among the pages if they
            still existed. Other pages belong to somebody who writes to the same folder.

    Raises:
        ConfigurationError: If something that a person wrote, or no file, is in the way.

    .. versionadded:: 0.2
    """

    def __init__(
        self,
        folder: Path,
        documents: Mapping[str, Document],
        is_gone: Callable[[Sequence[str]], bool] = lambda _: True,
    ) -> None:
        self._folder = folder
        paths = _pages_in(folder)
        found = {path.name: read for path in paths if (read := _read(path)) is not None}
        _check_free(paths, found, documents)
        extra = {name: read for name, read in found.items() if name not in documents}
        untouched = {name: read for name, read in extra.items() if read.is_untouched}
        self.gone = [name for name, read in untouched.items() if is_gone(read.modules)]
        """The names of the files whose flows are gone."""

        self.kept = {name: _why(read) for name, read in extra.items() if name not in self.gone}
        """Why other files that penstock wrote are left alone, by their names."""

        self._texts = {name: document.marked for name, document in documents.items()}
        if INDEX in found and INDEX in documents:
            others = _entries(found[INDEX].text, {n for n in untouched if n not in self.gone})
            self._texts[INDEX] = Document(_with_entries(documents[INDEX].text, others)).marked
        self.changed = [n for n, text in self._texts.items() if _text_of(found.get(n)) != text]
        """The names of the files that are missing or say something else."""

    def write(self) -> None:
        """Write each changed file, whole or not at all, and remove those that are gone.

        Raises:
            OSError: If a file cannot be written. What was in it still is.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        # First, since a name that differs in case only may be the same file.
        for name in self.gone:
            (self._folder / name).unlink()
        # The index last, so that it never leads to a missing page.
        for name in sorted(self.changed, key=INDEX.__eq__):
            write_whole(self._folder / name, self._texts[name])


def _why(read: _Found) -> str:
    if read.is_untouched:
        return f"kept, for {', '.join(read.modules)} is not imported here"
    return "kept, for it was changed after penstock wrote it"


def _pages_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _key(path.name).endswith(".md"))
    except FileNotFoundError:
        return []


def _key(name: str) -> str:
    """Return what two names have in common that are one file on some file system."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _check_free(
    paths: Iterable[Path], found: Mapping[str, _Found], documents: Mapping[str, object]
) -> None:
    """Raise if a file with the name of a page is not penstock's to replace."""
    names = {_key(name): name for name in documents}
    for path in paths:
        name, read = names.get(_key(path.name)), found.get(path.name)
        if name is None or (read and read.is_untouched):
            continue
        problem = "penstock did not write it: move it, or name another folder"
        if read:
            problem = (
                "it was changed after penstock wrote it, and would be overwritten: move your "
                "words to a docstring or to another file, and delete this one"
            )
        elif not path.is_file():
            problem = "it is not a file: move it, or name another folder"
        elif name != path.name:
            problem = f"on some systems it is the same file as {name}: {problem}"
        raise ConfigurationError(str(path), problem)


def _read(path: Path) -> _Found | None:
    """Return what penstock wrote to *path*, or None if it is not from penstock."""
    if not path.is_file():  # a FIFO would never end
        return None
    try:
        written = path.read_bytes()
    except PermissionError:
        return None
    # Editors add a byte order mark, and Git may have given the lines other ends.
    text = written.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    mark = _WRITTEN.match(text)
    if mark is None:
        return None
    origin = mark["origin"]
    modules = () if origin == _SOMEWHERE else tuple(origin.split(", "))
    body = text[mark.end() :].removeprefix("\n")
    return _Found(text, modules, is_untouched=mark["digest"] == _digest(body))


def _digest(text: str) -> str:
    # Editors and commit hooks take blanks from the ends of lines, and add the last line's end.
    lines = "\n".join(line.rstrip() for line in text.rstrip().splitlines())
    return sha256(lines.encode("utf-8", "replace")).hexdigest()[:16]


def _text_of(found: _Found | None) -> str | None:
    return found.text if found else None


def _entries(index: str, names: Iterable[str]) -> list[str]:
    """Return the lines of *index* that lead to the pages *names*."""
    found = ((_ENTRY.match(line), line) for line in index.splitlines())
    lines = {f"{match['name']}.md": line for match, line in found if match}
    return [lines[name] for name in names if name in lines]


def _with_entries(index: str, entries: Sequence[str]) -> str:
    """Return *index* with *entries* among its own."""
    if not entries:
        return index
    lines = index.splitlines()
    own = [line for line in lines if _ENTRY.match(line)]
    if not own:  # a block, which lists all flows itself
        return index
    rest = [line for line in lines if line not in own]
    return "\n".join([*rest, *sorted([*own, *entries], key=_order)]) + "\n"


def _order(line: str) -> tuple[str, str]:
    match = _ENTRY.match(line)
    assert match is not None
    return html.unescape(match["label"]).lower(), match["name"]
