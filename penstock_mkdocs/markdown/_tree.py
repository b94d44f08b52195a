"""The tree of a page, to which blocks add headings, finished HTML and documented functions."""

from collections.abc import Iterable
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.util import AtomicString

from penstock_mkdocs.markdown._build import documenting
from penstock_mkdocs.markdown._flows import PageFlows
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._html import Documented, Heading, Html, Part
from penstock_mkdocs.markdown._mkdocstrings import directive, offer_anchor, with_line

__all__ = ["PageTree"]

_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class PageTree:
    """The tree of a page.

    Args:
        md: The processor of the page.
        host: The tool that renders the page.
        flows: The flows of the project, whose build knows where each function is documented.
    """

    def __init__(self, md: Markdown, host: Host, flows: PageFlows) -> None:
        self._md = md
        self._host = host
        self._flows = flows
        self.reset()

    def reset(self) -> None:
        """Begin a new page, on which nothing is shown yet."""
        self.anchors: set[str] = set()
        """The anchors that blocks have on the page."""
        self.documented: set[str] = set()
        """The functions that mkdocstrings documents for blocks on the page."""

    def put_all(self, parent: Element, parts: Iterable[Part], *, indexed: bool) -> None:
        """Put *parts* into the page, one after the other."""
        level = self._level()
        for part in parts:
            match part:
                case Html():
                    self.put(parent, part)
                case Heading():
                    has_contents = "toc" in self._md.treeprocessors
                    _add_heading(parent, part, level, has_contents=has_contents)
                case _:
                    self._document(parent, part, level, indexed=indexed)

    def put(self, parent: Element, part: Html) -> None:
        """Put finished HTML into the page, untouched by other Markdown."""
        if part.anchor:
            # By which its reference links back.
            build, page = self._flows.build, self._host.page
            if self._host.has_mkdocstrings and build.is_first(part.anchor, page):
                offer_anchor(self._md, part.anchor)
            # In a separate element: autorefs would take it for a name of the next heading.
            parent = SubElement(parent, "div", {"class": "penstock-part"})
            SubElement(parent, "a", {"href": "", "id": part.anchor})  # MkDocs fails without one
            if part.graph is not None:
                build.graphs.setdefault(self._host.source, {})[part.anchor] = part.graph
        if part.text:
            SubElement(parent, "p").text = self._md.htmlStash.store(part.text)

    def heading(self) -> Element | None:
        """Return the last heading that the author wrote."""
        headings = [e for e in self._md.parser.root.iter() if e.tag in _HEADINGS]
        return next((e for e in reversed(headings) if e.get("id") not in self.anchors), None)

    def _document(self, parent: Element, part: Documented, level: int, *, indexed: bool) -> None:
        """Let mkdocstrings put the function of a step into the page."""
        section = part.section
        self.put(parent, Html("", section.anchor))
        target, before = section.target, self._md.htmlStash.html_counter
        is_new = indexed and target not in self.documented
        first = is_new and self._flows.build.is_first(target, self._host.page)
        self.documented.add(target)
        with documenting(target):
            self._md.parser.parseBlocks(parent, [directive(section, level=level)])
        if not self._insert(before, part):
            self.put(parent, Html(part.line))
        if first:
            offer_anchor(self._md, section.target)

    def _insert(self, start: int, part: Documented) -> bool:
        """Put the line of *part* into what was finished after *start*, if that has room for it."""
        blocks = self._md.htmlStash.rawHtmlBlocks
        for number, html in enumerate(blocks[start:], start):
            if isinstance(html, str) and (
                changed := with_line(html, part.section, part.line, folded=part.folded)
            ):
                blocks[number] = changed
                return True
        return False

    def _level(self) -> int:
        """Return the level of a heading below the last one that the author wrote."""
        heading = self.heading()
        return 2 if heading is None else min(_HEADINGS[heading.tag] + 1, 6)


def _add_heading(parent: Element, part: Heading, level: int, *, has_contents: bool) -> None:
    """Add a heading to the page's own tree, so that the table of contents has it."""
    heading = SubElement(parent, f"h{level}", {"id": part.anchor})
    if part.rest is None:
        heading.text = AtomicString(escape(part.text, quote=False))
        return
    before, _, name = part.text.rpartition(" ")
    if has_contents:  # which have the name alone
        heading.set("data-toc-label", name)
    code = SubElement(heading, "code", {"class": "penstock-call"})
    if before:
        _add_around(code, f"{before} ").tail = AtomicString(escape(name, quote=False))
    else:
        code.text = AtomicString(escape(name, quote=False))
    # In two, for the style sheet to let a line end between them, and not in a word.
    for rest in filter(None, (part.rest[:1], part.rest[1:])):
        _add_around(code, rest)


def _add_around(code: Element, text: str) -> Element:
    """Add a part of a signature that is not the name, by which readers search."""
    added = SubElement(code, "span", {"data-search-exclude": ""})
    added.text = AtomicString(escape(text, quote=False))
    return added
