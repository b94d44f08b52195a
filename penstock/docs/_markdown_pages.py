"""A page per flow and an index of flows, as Markdown files."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from penstock._declared.step import Step
from penstock.docs._edges import EdgeTable
from penstock.docs._markdown_text import docstring_blocks, escape, fence
from penstock.docs._names import digest_of, slug_of
from penstock.docs._page import FlowPage, Remark, StepSection
from penstock.docs._sentences import summary_of
from penstock.docs._source_url import no_source
from penstock.docs._words import ENGLISH, Code, Link, Piece, SourceLink, Words
from penstock.exceptions import DiagramTooLargeError
from penstock.graph._flow import Flow
from penstock.graph._fold import MOST_STEPS
from penstock.graph._functions import python_name
from penstock.graph._model import Graph
from penstock.render import draw
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._formats.text import render_text
from penstock.render._legend import legend_of

__all__ = ["INDEX", "block_documents", "file_name", "modules_of", "remark_line", "text_documents"]

INDEX = "index.md"
"""The name of the file with the index of all flows."""

_TAKEN = {"index", "readme", "con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}
"""Names of files that have a special meaning: to a site that shows the folder, or to Windows."""

_LONGEST = 100
"""Letters of a file's name. File systems take 255 bytes, but some count the whole path."""


def file_name(flow: Flow) -> str:
    """Return the name of the file with the page of *flow*, which any file system takes.

    .. versionadded:: 0.2
    """
    slug = slug_of(flow.name)
    if slug in _TAKEN:
        return f"{slug}-flow.md"
    if len(slug) > _LONGEST or slug.removesuffix("-flow") in _TAKEN:
        slug = f"{slug[:_LONGEST].rstrip('-')}-{digest_of(flow.name)}"
    return f"{slug}.md"


def modules_of(flow: Flow) -> tuple[str, ...]:
    """Return the names of the modules that declare the steps of *flow*, sorted.

    .. versionadded:: 0.2
    """
    found = {python_name(step)[0] for step in flow.steps}
    return tuple(sorted(name for name in found if all(map(str.isidentifier, name.split(".")))))


def block_documents(
    flows: Sequence[Flow], *, words: Words = ENGLISH, legend: bool = False
) -> dict[str, str]:
    """Return pages that the extension ``penstock_flows`` fills, by their file names.

    Args:
        flows: The flows.
        words: The words of penstock in the language of the pages.
        legend: Whether the signs of each diagram are explained below it, whatever the
            configuration of the extension.

    .. versionadded:: 0.2
    """
    option = "    legend: true\n" if legend else ""
    pages = {
        file_name(f): f"# {escape(f.label)}\n\n::: penstock-flow {f.name}\n{option}" for f in flows
    }
    return {INDEX: f"# {escape(words.index.title)}\n\n::: penstock-flows\n", **pages}


def text_documents(
    flows: Sequence[Flow],
    *,
    source_of: Callable[[Step], str | None] = no_source,
    words: Words = ENGLISH,
    suffix: str = ".md",
    legend: bool = False,
    tree: bool = False,
    base: str = "",
) -> dict[str, str]:
    """Return pages that need no extension, by their file names: Mermaid and text.

    Args:
        flows: The flows.
        source_of: Returns the URL of the source of a step, if it is known.
        words: The words of penstock in the language of the pages.
        suffix: The end of addresses in links from one page to another: empty in wikis.
        legend: Whether the signs of each diagram are explained below it.
        tree: Whether diagrams are trees of text, for assistants, instead of Mermaid.
        base: The address of the folder of the pages, for links that lead on from anywhere.

    .. versionadded:: 0.2
    """
    base = f"{base.rstrip('/')}/" if base else ""
    ordered = sorted(flows, key=lambda flow: (flow.label.lower(), flow.name))
    entries = [_index_line(flow, base, suffix) for flow in ordered]
    index = "\n".join([f"# {escape(words.index.title)}", "", *entries]) + "\n"
    shown = [
        FlowPage(flow=flow, source_of=source_of, words=words, most=MOST_STEPS) for flow in flows
    ]
    diagram = partial(_tree if tree else _diagram, legend=legend)
    pages = {}
    for page in shown:
        address = _address(page.flow, base, suffix) if base else ""
        pages[file_name(page.flow)] = "\n\n".join(_page(page, diagram, address)) + "\n"
    return {name: _literal(text) for name, text in {INDEX: index, **pages}.items()}


_TEMPLATE = re.compile(r"\{[{%#]")
_END = re.compile(r"\{(?=%-?\s*endraw\b)")


def _literal(text: str) -> str:
    """Return the page *text* so that Liquid (Jekyll) and Jinja (mkdocs-macros) leave it alone.

    To all other readers what does that is a comment.
    """
    if not _TEMPLATE.search(text):
        return text
    return f"<!-- {{% raw %}} -->\n\n{_END.sub('&#123;', text)}\n<!-- {{% endraw %}} -->\n"


def _address(flow: Flow, base: str, suffix: str) -> str:
    return base + file_name(flow).removesuffix(".md") + suffix


def _index_line(flow: Flow, base: str, suffix: str) -> str:
    gist, address = summary_of(flow), _address(flow, base, suffix)
    return f"- [{escape(flow.label)}]({address})" + (f": {escape(gist)}" if gist else "")


def _page(page: FlowPage, diagram: Callable[[Graph], Iterator[str]], address: str) -> Iterator[str]:
    flow = page.flow
    yield f"# {escape(flow.label)}"
    if flow.description:
        yield escape(flow.description)
    if page.remarks:
        yield remark_line(page.remarks, page.words)
    yield from diagram(page.unlinked)
    if page.edges is not None:
        yield from _evidence(page.edges)
    for group in page.groups:
        yield f"**{escape(group.title)}**"
        yield from diagram(group.unlinked)
    for section in page.sections:
        yield from _step(section, address)


def _tree(graph: Graph, *, legend: bool) -> Iterator[str]:
    yield fence("text", str(draw(graph, "text", legend=legend)))


def _diagram(graph: Graph, *, legend: bool) -> Iterator[str]:
    # Without links: a forge shows diagrams in a separate frame, in which they lead nowhere.
    # Without colours: it has its own, light and dark, and other readers have no use for them.
    try:
        mermaid = render_mermaid(graph, direction="TD", described=True)
    except DiagramTooLargeError:
        yield fence("text", render_text(graph))
        return
    yield fence("mermaid", mermaid)
    if legend:  # as text: forges draw what is in the fence alone, and cut off what is wide
        yield "\n".join(f"- {escape(entry.text)}" for entry in legend_of(graph, "mermaid"))


def _evidence(table: EdgeTable) -> Iterator[str]:
    """Yield the sentence on what was checked, and the table, which a forge folds."""
    words = table.words
    yield escape(table.sentence)
    yield f"<details>\n<summary>{escape(words.title)}</summary>"
    heads = [escape(head) for head in (words.edge, words.evidence, words.source)]
    lines = [_cells(heads), _cells(["---"] * len(heads))]
    for row in table.rows:
        place = _code(row.location) if row.location else ""
        sign = f"{escape(row.sign)} " if row.sign else ""
        shown = f"[{place}]({row.address})" if row.address else place
        ends = f"{escape(row.source)} \u2192 {escape(row.target)}"
        lines.append(_cells([ends, f"{sign}{escape(row.evidence)}", shown]))
    yield "\n".join(lines)
    yield "</details>"


def _cells(cells: Sequence[str]) -> str:
    """Return a row of a table, in whose cells nothing ends them."""
    shown = (" ".join(cell.replace("|", "&#124;").split()) for cell in cells)
    return f"| {' | '.join(shown)} |"


def _step(section: StepSection, address: str) -> Iterator[str]:
    head = escape(section.step.label) if section.is_titled else _code(section.call)
    # A heading's own anchor differs from forge to forge.
    yield f'<a id="{section.anchor}"></a>\n\n## {head}'
    if section.is_titled:
        yield _code(section.call)
    if section.remarks:
        yield remark_line(section.remarks, section.words, page=address)
    if section.step.doc:
        yield from docstring_blocks(section.step.doc)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def remark_line(
    remarks: Iterable[Remark],
    words: Words = ENGLISH,
    *,
    text: Callable[[str], str] = escape,
    code: Callable[[str], str] = _code,
    page: str = "",
) -> str:
    """Return the line with *remarks* about a step or a flow, as Markdown.

    Args:
        remarks: The remarks.
        words: The words of penstock on the page.
        text: Returns a string so that the dialect shows it literally.
        code: The same for a name in code.
        page: The address of the page, for links to it from anywhere.

    .. versionadded:: 0.2
    """
    dot = _inside(words.dot, text)
    return dot.join("".join(_piece(p, text, code, page) for p in r.pieces) for r in remarks)


def _piece(piece: Piece, text: Callable[[str], str], code: Callable[[str], str], page: str) -> str:
    match piece:
        case Code():
            return code(piece.text)
        case SourceLink():
            return f"[{text(piece.label)}]({piece.address})"
        case Link(anchor=None):
            return f"*{text(piece.label)}*"
        case Link():
            return f"[{text(piece.label)}]({page}#{piece.anchor})"
        case part:
            return _inside(part, text)


def _inside(part: str, text: Callable[[str], str]) -> str:
    """Return a *part* of a line, with the spaces around it."""
    inner, start = part.strip(" "), len(part) - len(part.lstrip(" "))
    return f"{part[:start]}{text(inner)}{part[start + len(inner) :]}"
