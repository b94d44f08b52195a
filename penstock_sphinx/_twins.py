"""Pages for machines: builders of Markdown, and copies of the sources that Sphinx read."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from penstock.docs import Code, FlowPage, Link, Remark, SourceLink, StepSection, Words, write_whole
from penstock.docs.diagrams import render_text
from penstock.docs.markdown import escape, fence, remark_line
from penstock.graph import Flow, Graph
from penstock_sphinx._domain import domain_of

__all__ = ["Source", "setup_twins"]

_NAME = "llms_txt_full_filename"
"""The setting of sphinx-llms-txt, which copies sources with directives as they were written."""

_BLOCK = re.compile(
    r"(?P<indent>[ \t]*)\.\. penstock-(?:flow|flows|step)::[^\n]*"
    r"(?:(?:\n[ \t]*)*\n(?P=indent)[ \t]+\S[^\n]*)*"
    r"|(?P<margin>[ \t]*)(?P<fence>`{3,}|~{3,}|:{3,})\{penstock-(?:flow|flows|step)\}[^\n]*\n"
    r"(?:[^\n]*\n)*?(?P=margin)(?P=fence)[`~:]*(?=[ \t]*(?:\n|\Z))"
)
"""A directive with its options, in reStructuredText or in MyST."""

_AT_LINE = re.compile(rf"^(?:{_BLOCK.pattern})", re.MULTILINE)
_LINK = re.compile(r"#(penstock--[\w-]+)")


def setup_twins(app: Sphinx) -> None:
    """Let pages for machines say what other readers see."""
    app.connect("doctree-resolved", _simplify, priority=600)
    app.connect("build-finished", _complete, priority=900)


def _simplify(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Leave only nodes that builders of Markdown know, and targets where links lead."""
    if app.builder.format != "markdown":
        return
    for described in doctree.findall(addnodes.desc):
        if "penstock-step" in described["classes"]:
            for sign in list(described.findall(nodes.abbreviation)):  # `*` and `/`
                sign.replace_self(sign.children)
    for node in list(doctree.findall(nodes.Element)):
        for anchor in [name for name in node["ids"] if name.startswith("penstock--")]:
            _insert_target(node, nodes.target("", "", refid=anchor))
    if getattr(app.config, "markdown_http_base", ""):  # which links are to begin with
        for link in doctree.findall(nodes.reference):
            anchor = link.get("refid", "")
            if anchor.startswith("penstock--"):
                page = posixpath.basename(app.builder.get_target_uri(docname))
                link["refuri"] = f"{page}#{anchor}"
                del link["refid"]


def _insert_target(node: nodes.Element, target: nodes.target) -> None:
    if isinstance(node, nodes.list_item):
        node.insert(0, target)
        return
    outer = node.parent if isinstance(node, addnodes.desc_signature) else node
    outer.parent.insert(outer.parent.index(outer), target)


class Source:
    """The directive in the source of a page, for copies of that.

    Args:
        directive: The directive that is run.
    """

    def __init__(self, directive: SphinxDirective) -> None:
        self._directive = directive
        self._written = self._find() if _NAME in directive.config else None
        self._is_markdown = self._written is not None and "{penstock-" in self._written

    def shows(self, page: FlowPage, sections: Sequence[StepSection], *, whole: bool) -> None:
        """Note that it shows *sections* of *page*, and the diagram if *whole*."""
        if self._written is not None:
            caption: str = self._directive.options.get("caption", "")
            head = self._flow(page, caption) if whole else iter(())
            self._note([*head, *(part for one in sections for part in self._step(one))])

    def lists(self, flows: Sequence[Flow], summary_of: Callable[[Flow], str | None]) -> None:
        """Note that it lists *flows*."""
        if self._written is not None:
            rows = ((self._text(flow.label), self._text(summary_of(flow) or "")) for flow in flows)
            lines = (f"- {label}: {gist}" if gist else f"- {label}" for label, gist in rows)
            self._note(["\n".join(lines)])

    def _find(self) -> str | None:
        """Return what the author wrote, if it is in a file."""
        name, line = self._directive.get_source_info()
        try:
            text = Path(name or "").read_text(encoding="utf-8")
        except (OSError, ValueError):  # a docstring, or a page that another extension made
            return None
        lines = text.split("\n")
        found = _BLOCK.match("\n".join(lines[(line or 1) - 1 :]))
        return found and found[0]

    def _note(self, parts: Sequence[str]) -> None:
        assert self._written is not None
        env = self._directive.env
        shown = domain_of(env).data["written"].setdefault(env.docname, {})
        shown[self._written] = "\n\n".join(filter(None, parts))

    def _flow(self, page: FlowPage, caption: str) -> Iterator[str]:
        flow = page.flow
        yield f"**{self._text(flow.label)}**"
        yield flow.description or ""
        yield self._line(page.remarks, page.words)
        yield self._tree(page.unlinked)
        yield self._text(caption)
        if page.edges is not None:
            yield self._text(page.edges.sentence)
            yield "\n".join(f"- {self._text(row.text)}" for row in page.edges.rows)
        for group in page.groups:
            yield self._tree(group.unlinked)

    def _tree(self, graph: Graph) -> str:
        tree = render_text(graph)
        if self._is_markdown:
            return fence("text", tree)
        return ".. code-block:: text\n\n" + "\n".join(f"   {line}" for line in tree.split("\n"))

    def _step(self, section: StepSection) -> Iterator[str]:
        yield f"**{self._text(section.step.label)}**" if section.is_titled else ""
        yield self._code(section.call)
        yield self._line(section.remarks, section.words)
        yield section.step.doc or ""

    def _line(self, remarks: Sequence[Remark], words: Words) -> str:
        if self._is_markdown:
            return remark_line(remarks, words, text=escape, code=self._code)
        return words.dot.join("".join(map(self._piece, r.pieces)) for r in remarks)

    def _piece(self, piece: str | Code | Link | SourceLink) -> str:
        match piece:
            case Code(text):
                return self._code(text)
            case SourceLink(label, address):
                return f"`{label} <{address}>`__"
            case Link(anchor=str()):
                return f"`{piece.label} <#{piece.anchor}>`__"
            case Link():
                return piece.label
            case text:
                return text

    def _text(self, text: str) -> str:
        return escape(text) if self._is_markdown else " ".join(text.split())

    def _code(self, text: str) -> str:
        return f"`{text}`" if self._is_markdown else f"``{text}``"


def _complete(app: Sphinx, exception: Exception | None) -> None:
    """Replace directives in the copy of all sources by what they show."""
    written = domain_of(app.env).data["written"]
    if exception is not None or not written or app.builder.format != "html":
        return
    file = Path(app.outdir) / app.config[_NAME]
    if not file.is_file():  # a project may want none
        return
    pages = {obj.anchor: page for page, obj in domain_of(app.env).best()}
    shown = {
        block: _absolute(app, pages, docname, text)
        for docname, blocks in written.items()
        for block, text in blocks.items()
    }
    text = file.read_text(encoding="utf-8")
    write_whole(file, _AT_LINE.sub(lambda found: _indented(found, shown), text))


def _indented(found: re.Match[str], shown: dict[str, str]) -> str:
    text = shown.get(found[0])
    if text is None:  # a sample
        return found[0]
    indent = found["indent"] or found["margin"] or ""
    return "\n".join(f"{indent}{line}".rstrip() for line in text.split("\n"))


def _absolute(app: Sphinx, pages: Mapping[str, str], docname: str, text: str) -> str:
    """Return *text* of a page with links that lead on from anywhere."""
    base = app.config.html_baseurl
    base = f"{base.rstrip('/')}/" if base else ""

    def lead(found: re.Match[str]) -> str:
        page = app.builder.get_target_uri(pages.get(found[1], docname))
        return urljoin(base, page) + found[0]

    return _LINK.sub(lead, text)
