"""The lines of blocks in a page: found before Markdown is read, and marked until it is.

Python-Markdown's block parser knows lists, quotes and code, but no lines; its
preprocessors know lines, but nothing else. So each block's first line gets a
mark, by which its line in the file is found when the parser comes to it. What
the parser takes for code, it never comes to: there the mark makes way for what
the author wrote.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from html import escape
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from penstock_mkdocs.markdown._host import Host

__all__ = ["BLOCKS", "CLOSING", "MARK", "UNCLOSED", "Block", "SourceBlocks"]

BLOCKS = ("penstock-flow", "penstock-flows", "penstock-step")
CLOSING = ":::"
"""The end of a block in some dialects."""

UNCLOSED = "```"
"""The beginning of a fence that no line closes."""

MARK = "\x02penstock:{}\x03"
"""A placeholder like Python-Markdown's own; no source has these characters left."""

_MARKED = re.compile(
    "(?:^(?P<lead> *)::: [^\x02\n]*)?\x02penstock:(?P<number>\\d+)\x03", re.MULTILINE
)
_INDENT = r"(?P<indent>[\s>]*(?:(?:[-*+]|\d+\.)\s+)?)"
_BLOCK = re.compile(rf"^{_INDENT}(?::{{2,}}\s*|\.\.\s+(?=[\w-]+::))(?P<opening>[^\s:].*?)\s*$")
_ATTRIBUTES = re.compile(r"^\{\s*\.?")
"""How the attributes of a fence begin, of which the first may be its kind."""

_CLOSING = re.compile(rf"^{_INDENT}:{{3,}}\s*$")
_OPEN = re.compile(rf"^{_INDENT}(?P<fence>`{{3,}}(?=[^`]*$)|~{{3,}})(?P<info>.*)$")
_UNREAD = re.compile(
    r"<!--.*?-->|<(pre|code|script|style|template|textarea)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
"""HTML in which a block is a sample, or is shown to nobody."""

_AROUND = "{}.:|=()\"'/,;"
"""The characters around the name of a block in other dialects, or by mistake."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page."""

    opening: str
    """Its first line: ``penstock-flow orders``."""

    line: int
    """The line, counted from 1."""

    end: int
    """The line after its last one; of a block that is not fenced, the next."""

    indent: str
    """The prefix of its lines."""

    options: str | None
    """The content of a fence. Below ``:::``, the parser finds the options."""


class SourceBlocks:
    """The blocks of the page that is being rendered.

    Args:
        md: What renders it.
        host: The tool that calls it.
        begin: Called when a page begins. Some convert page after page without `Markdown.reset`.
    """

    def __init__(self, md: Markdown, host: Host, begin: Callable[[], None]) -> None:
        self._host = host
        self.warn_of_html: Callable[[int], None]  # set by who shows the blocks
        self.reset()
        # Before all that changes lines.
        md.preprocessors.register(_Look(self, begin), "penstock-look", 1000)
        # After snippets have come in, before fences of any sort are read at 25.
        md.preprocessors.register(_Mark(self), "penstock-mark", 28)
        # Before code is highlighted at 30; and after code that was kept apart is back, at 30.
        md.treeprocessors.register(_RestoreCode(self), "penstock-restore", 31)
        md.postprocessors.register(_Restore(self), "penstock-restore", 29)

    def reset(self) -> None:
        """Begin a new page."""
        self._page: Sequence[str] = ()
        self._marked: list[Block] = []
        self._originals: list[list[str]] = []
        self._lines: dict[int, int] | None = None

    def look(self, lines: Sequence[str]) -> None:
        """Note the *lines* of the page before anything changes them."""
        self._page = lines

    def mark(self, lines: list[str]) -> list[str]:
        """Return *lines* with a mark on the first line of each block, fences turned into such."""
        if any("penstock" in line.lower() for line in lines):
            self._marked = list(_find(lines))
        if not self._marked:
            return lines
        marked, done = [], 0
        for number, block in enumerate(self._marked):
            marked += lines[done : block.line - 1]
            marked.append(f"{block.indent}::: {block.opening} {MARK.format(number)}")
            done = block.end - 1
            body = lines[block.line - 1 : done]
            self._originals.append([line[len(block.indent) :] for line in body])
        return marked + lines[done:]

    def find(self, line: str) -> tuple[str, int | None, str | None]:
        """Return *line* without its mark, its number, and a fence's options."""
        match = _MARKED.search(line)
        if match is None:  # it came in when marks were made: from another extension
            return line.strip(), None, None
        number = int(match["number"])
        return line[: line.index("\x02")].strip(), number, self._marked[number].options

    def location(self, number: int | None) -> str:
        """Return where the block with that *number* is, as far as that is known."""
        if self._lines is None:  # nobody asks on most pages
            self._lines = self._match()
        page, line = self._host.page, None if number is None else self._lines.get(number)
        return page if line is None else f"{page}:{line}"

    def restore(self, text: str) -> str:
        """Return *text*, which shows code, as the author wrote it."""
        return _MARKED.sub(self._original, text)

    def _original(self, found: re.Match[str]) -> str:
        lead, number = found["lead"] or "", int(found["number"])
        return "\n".join(f"{lead}{line}" for line in self._originals[number])

    def report_html(self, text: str) -> None:
        """Report the blocks in the page *text* that are in HTML, which Markdown leaves alone."""
        for found in _MARKED.finditer(_UNREAD.sub("", text)):
            self.warn_of_html(int(found["number"]))

    @property
    def is_marked(self) -> bool:
        """Whether the page has marks at all."""
        return bool(self._originals)

    def _match(self) -> dict[int, int]:
        """Return the lines of the marked blocks, of which some may come from elsewhere."""
        written = self._written()
        before, after = ([block.opening for block in blocks] for blocks in (written, self._marked))
        same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        return {
            marked + offset: written[first + offset].line
            for first, marked, size in same
            for offset in range(size)
        }

    def _written(self) -> list[Block]:
        """Return the blocks of the page as its author wrote it."""
        file = self._host.file
        if file is None:
            return list(_find(self._page))
        # MkDocs takes the YAML at the head of a page away, and hooks may change the rest.
        # Its lines end as editors see it: `str.splitlines` has more ends, like a form feed.
        return list(_find(file.read_text(encoding="utf-8-sig", errors="replace").split("\n")))


def _find(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks that are not inside another fence."""
    opened: re.Match[str] | None = None
    start, is_closed = 0, True
    for number, line in enumerate(lines, 1):
        if opened is None:
            if (block := _BLOCK.match(line)) and _is_meant(block["opening"]):
                is_closed = False
                yield Block(block["opening"], number, number + 1, block["indent"], None)
            elif not is_closed and (end := _CLOSING.match(line)):
                is_closed = True
                yield Block(CLOSING, number, number + 1, end["indent"], "")
            else:
                opened, start = _OPEN.match(line), number
        elif _closes(line, opened["fence"]):
            if _is_meant(info := _ATTRIBUTES.sub("{", opened["info"].strip())):
                indent = opened["indent"]
                held = (_without(each, indent) for each in lines[start : number - 1])
                yield Block(info, start, number + 1, indent, "\n".join(held))
            opened = None
    if opened is not None and _is_meant(opened["info"].strip()):
        yield Block(UNCLOSED, start, start + 1, opened["indent"], "")


def _is_meant(info: str) -> bool:
    """Return whether *info* begins with the name of a block, or with a misspelt one."""
    word = info.partition(" ")[0].lower()
    if word.lstrip("{").startswith("penstock-"):  # no module has such a name
        return True
    bare = word.strip(_AROUND).replace("_", "-")
    return "." not in bare and bool(get_close_matches(bare, BLOCKS, 1, 0.85))


def _closes(line: str, fence: str) -> bool:
    bare = line.lstrip(" \t>").rstrip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}


def _without(line: str, indent: str) -> str:
    """Return *line* of a fence without what the fence's own lines begin with."""
    width = len(indent)
    return line[width:] if not line[:width].strip(" \t>") else line.lstrip()


class _Look(Preprocessor):
    def __init__(self, blocks: SourceBlocks, begin: Callable[[], None]) -> None:
        super().__init__()
        self._blocks = blocks
        self._begin = begin

    def run(self, lines: list[str]) -> list[str]:
        self._begin()
        self._blocks.look(lines)
        return lines


class _Mark(Preprocessor):
    def __init__(self, blocks: SourceBlocks) -> None:
        super().__init__()
        self._blocks = blocks

    def run(self, lines: list[str]) -> list[str]:
        return self._blocks.mark(lines)


class _RestoreCode(Treeprocessor):
    def __init__(self, blocks: SourceBlocks) -> None:
        super().__init__()
        self._blocks = blocks

    def run(self, root: Element) -> None:
        if self._blocks.is_marked:
            for code in root.iter("code"):
                if code.text and "\x02penstock:" in code.text:
                    code.text = AtomicString(self._blocks.restore(code.text))


class _Restore(Postprocessor):
    def __init__(self, blocks: SourceBlocks) -> None:
        super().__init__()
        self._blocks = blocks

    def run(self, text: str) -> str:
        if "\x02penstock:" not in text:
            return text
        self._blocks.report_html(text)
        return _MARKED.sub(self._write, text)

    def _write(self, found: re.Match[str]) -> str:
        return escape(self._blocks.restore(found[0]), quote=False)
