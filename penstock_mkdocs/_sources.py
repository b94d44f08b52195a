"""Where a block stands in its file, for messages that lead there."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown import Markdown
from markdown.preprocessors import Preprocessor

__all__ = ["SourceLines"]

_BLOCK = re.compile(r"^[\s>]*:::\s*penstock-flow\s+(?P<name>\S.*?)\s*$")
_FENCE = re.compile(r"^[\s>]*(?P<fence>`{3,}|~{3,})")


class SourceLines(Preprocessor):
    """Notes the lines of a page on which blocks begin. It changes nothing."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self._lines: list[tuple[str, int]] = []

    def run(self, lines: list[str]) -> list[str]:
        """Note where blocks begin, outside of code."""
        # MkDocs takes the YAML at the head of a page away, and hooks may change the rest.
        self._lines = _find_blocks(self._source() or lines)
        return lines

    def place_of(self, name: str) -> str:
        """Return file and line of the next block that shows the flow *name*."""
        page = self._file_name()
        for index, (found, line) in enumerate(self._lines):
            if found == name:
                del self._lines[: index + 1]
                return f"{page}:{line}"
        return page

    def _file_name(self) -> str:
        path = self._path()
        if path is None:
            return "<markdown>"
        try:
            return path.relative_to(Path.cwd()).as_posix()
        except ValueError:
            return str(path)

    def _path(self) -> Path | None:
        """Return the file that MkDocs is rendering, if MkDocs is."""
        if "relpath" not in self.md.treeprocessors:
            return None
        file = getattr(self.md.treeprocessors["relpath"], "file", None)
        path = getattr(file, "abs_src_path", None)
        return Path(path) if path else None

    def _source(self) -> list[str]:
        path = self._path()
        if path is None or not path.is_file():
            return []
        return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()


def _find_blocks(lines: Sequence[str]) -> list[tuple[str, int]]:
    """Return the flow and the line of each block that is not inside a code fence."""
    found: list[tuple[str, int]] = []
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark["fence"]
        elif mark and mark["fence"].startswith(fence):
            fence = ""
        elif not fence and (block := _BLOCK.match(line)):
            found.append((block["name"], number))
    return found
