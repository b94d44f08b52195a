"""A page per flow and an index of flows, as Markdown files."""

import re
from collections.abc import Iterator, Sequence

from penstock.docs._markdown_text import docstring_blocks, escape, fence
from penstock.docs._names import digest_of, slug_of
from penstock.docs._page import FlowPage, Link, StepSection
from penstock.docs._sentences import summary_of
from penstock.exceptions import DiagramTooLargeError
from penstock.graph._flow import Flow
from penstock.graph._functions import python_name
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._formats.text import render_text

__all__ = ["INDEX", "block_documents", "file_name", "modules_of", "text_documents"]

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


def block_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that the extension ``penstock_flows`` fills, by their file names.

    .. versionadded:: 0.2
    """
    pages = {file_name(f): f"# {escape(f.label)}\n\n::: penstock-flow {f.name}\n" for f in flows}
    return {INDEX: "# Flows\n\n::: penstock-flows\n", **pages}


def text_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that need no extension, by their file names: Mermaid and text.

    .. versionadded:: 0.2
    """
    ordered = sorted(flows, key=lambda flow: (flow.label.lower(), flow.name))
    index = "\n".join(["# Flows", "", *map(_index_line, ordered)]) + "\n"
    pages = {file_name(flow): "\n\n".join(_page(flow)) + "\n" for flow in flows}
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


def _index_line(flow: Flow) -> str:
    gist = summary_of(flow)
    return f"- [{escape(flow.label)}]({file_name(flow)})" + (f": {escape(gist)}" if gist else "")


def _page(flow: Flow) -> Iterator[str]:
    page = FlowPage(flow=flow)
    yield f"# {escape(flow.label)}"
    if flow.description:
        yield escape(flow.description)
    yield _diagram(flow)
    about = [f"Owner: {escape(flow.owner)}"] if flow.owner else []
    about += [f"Tags: {escape(', '.join(flow.tags))}"] if flow.tags else []
    if about:
        yield ". ".join(about)
    for section in page.sections:
        yield from _step(section)


def _diagram(flow: Flow) -> str:
    # Without links: a forge shows diagrams in a separate frame, in which they lead nowhere.
    try:
        return fence("mermaid", render_mermaid(flow.graph(), direction="TD", styled=True))
    except DiagramTooLargeError:
        return fence("text", render_text(flow.graph()))


def _step(section: StepSection) -> Iterator[str]:
    step = section.step
    # A heading's own anchor differs from forge to forge.
    yield f'<a id="{section.anchor}"></a>\n\n## {escape(step.label)}'
    name = section.target.rpartition(".")[2]
    yield fence("python", f"{name}{section.signature}")
    notes = ["Entrypoint"] if step.is_entrypoint else []
    notes += [escape(step.kind)] if step.kind else []
    if notes:
        yield f"*{' · '.join(notes)}*"
    if step.doc:
        yield from docstring_blocks(step.doc)
    for fact in section.facts:
        yield f"{fact.words}: {', '.join(map(_code if fact.is_code else escape, fact.values))}"
    for words, links in section.ways:
        yield f"{words}: {', '.join(map(_link, links))}"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _link(link: Link) -> str:
    label = escape(link.label)
    shown = f"[{label}](#{link.anchor})" if link.anchor else f"*{label}*"
    return f"{shown} ({escape(link.condition)})" if link.condition else shown
