"""The syntax of docstrings that is not Markdown, or would be of a page."""

import re
from html import escape
from textwrap import dedent
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from penstock.docs import DocstringWords

__all__ = ["DocstringSyntax"]

_NOTES = ("attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning")
_TITLES = {name: name for name in _NOTES} | {
    "seealso": "see_also",
    "versionadded": "version_added",
    "versionchanged": "version_changed",
    "versionremoved": "version_removed",
    "deprecated": "deprecated",
}
"""The directives of notes, and what their titles are called among the words of penstock."""
_ROLE = r":(?:[a-z]+:)?(?P<role>[a-z]+):`(?P<target>[^`]+)`"
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


class _Directive(BlockProcessor):
    """A note or a sample of code, as reStructuredText writes it."""

    _START = re.compile(r"(?:^|\n) {0,3}\.\. +(?P<name>[a-z-]+)::? *(?P<argument>[^\n]*)(?:\n|$)")
    _CODE = ("code", "code-block", "sourcecode")

    def __init__(self, parser: BlockParser, words: DocstringWords) -> None:
        super().__init__(parser)
        self._words = words

    def test(self, parent: Element, block: str) -> bool:
        return self._find(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        found = self._find(block)
        assert found is not None
        if before := block[: found.start()]:
            self.parser.parseBlocks(parent, [before])
        body = self._take(block[found.end() :], blocks)
        if found["name"] in self._CODE:
            _add_code(parent, body, found["argument"])
        else:
            self._add_note(parent, found["name"], found["argument"], body)

    def _find(self, block: str) -> re.Match[str] | None:
        found = self._START.search(block)
        return found if found and found["name"] in {*_TITLES, *self._CODE} else None

    def _take(self, first: str, blocks: list[str]) -> str:
        """Return what is indented below the first line, and leave the rest in *blocks*."""
        lines = first.split("\n")
        count = next((at for at, line in enumerate(lines) if line[:1].strip()), len(lines))
        taken = ["\n".join(lines[:count])]
        if count < len(lines):
            blocks.insert(0, "\n".join(lines[count:]))
        else:
            while blocks and blocks[0].startswith("  "):
                taken.append(blocks.pop(0))
        return dedent("\n\n".join(taken)).strip("\n")

    def _add_note(self, parent: Element, name: str, argument: str, body: str) -> None:
        note = SubElement(parent, "div", {"class": f"admonition {name}"})
        words: str = getattr(self._words, _TITLES[name])
        title, rest = (words.format(argument), "") if "{}" in words else (words, argument)
        SubElement(note, "p", {"class": "admonition-title"}).text = title.strip()
        text = "\n".join(filter(None, [rest, body]))
        if text:
            self.parser.parseBlocks(note, re.split(r"\n{2,}", text))


class _Prompt(BlockProcessor):
    """A session at Python's prompt, up to the next empty line."""

    _START = re.compile(r"(?:^|\n) {0,3}>>> ")

    def test(self, parent: Element, block: str) -> bool:
        return self._START.search(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        found = self._START.search(block)
        assert found is not None
        if before := block[: found.start()]:
            self.parser.parseBlocks(parent, [before])
        _add_code(parent, dedent(block[found.start() :].strip("\n")), "pycon")


def _add_code(parent: Element, text: str, language: str) -> None:
    attributes = {"class": f"language-{language}"} if language else {}
    code = SubElement(SubElement(parent, "pre"), "code", attributes)
    code.text = AtomicString(escape(text, quote=False) + "\n")


class _Role(InlineProcessor):
    """A name of Python, as Sphinx' roles write it."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        target, _, _ = m["target"].partition(" <")
        name = target.removeprefix("!")
        name = name.rpartition(".")[2] if name.startswith("~") else name
        found = Element("code")
        is_called = (
            m["role"] in {"func", "meth"} and target == m["target"] and not name.endswith(")")
        )
        found.text = AtomicString(escape(name.strip("~"), quote=False) + "()" * is_called)
        return found, m.start(0), m.end(0)


class _Lines(Preprocessor):
    """Keeps footnotes from being taken for addresses, and the colons before code from being two."""

    _CHANGES = re.compile(r"^(?P<footnote> {0,3}\[\^[^\]\s]+\]):(?=\s)|(?<=[^\s:]):(?=:$)")

    def run(self, lines: list[str]) -> list[str]:
        return [self._CHANGES.sub(lambda found: found["footnote"] or "", line) for line in lines]


class _FootnoteMark(InlineProcessor):
    """The number of a footnote. It is not a link: a page has many docstrings, each with its own."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        found = Element("sup")
        found.text = m[1]
        return found, m.start(0), m.end(0)


class _Titles(Treeprocessor):
    """Titles in a docstring are none of the page; and tasks have boxes."""

    def run(self, root: Element) -> None:
        for found in root.iter():
            if re.fullmatch("h[1-6]", found.tag):
                self._lower(found)
            elif found.tag == "li":
                held = found if (found.text or "").strip() or not len(found) else found[0]
                box = _TASKS.get((held.text or "")[:4])
                if box:
                    held.text = box + (held.text or "")[4:]

    def _lower(self, title: Element) -> None:
        strong = Element("strong")
        strong.text, title.text = title.text, None
        strong.extend(title[:])
        title[:] = [strong]
        title.tag = "p"
        title.set("class", "penstock-field")


class DocstringSyntax(Extension):
    """Reads notes, roles and prompts as reStructuredText does, and lowers titles.

    Args:
        words: The titles of notes.
    """

    def __init__(self, words: DocstringWords) -> None:
        super().__init__()
        self._words = words

    def extendMarkdown(self, md: Markdown) -> None:
        """Join the extension to *md*."""
        # After fenced code is put aside, at 25.
        md.preprocessors.register(_Lines(md), "lines", 22)
        # After indented code at 80 and lists at 40 and 30, before quotes at 20.
        md.parser.blockprocessors.register(_Directive(md.parser, self._words), "directive", 28)
        md.parser.blockprocessors.register(_Prompt(md.parser), "prompt", 25)
        # Before code at 190.
        md.inlinePatterns.register(_Role(_ROLE, md), "role", 195)
        md.inlinePatterns.register(_FootnoteMark(r"\[\^([^\]\s]+)\]", md), "footnote", 172)
        md.treeprocessors.register(_Titles(md), "titles", 5)
