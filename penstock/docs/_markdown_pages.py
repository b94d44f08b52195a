"""A page per flow and an index of flows, as Markdown files."""

import re
from collections.abc import Iterator, Sequence

from penstock.docs._names import digest_of, slug_of
from penstock.docs._page import FlowPage, Link, StepSection
from penstock.docs._sentences import summary_of
from penstock.exceptions import DiagramTooLargeError
from penstock.graph._flow import Flow
from penstock.graph._functions import python_name
from penstock.render._formats.mermaid import render_mermaid
from penstock.render._formats.text import render_text

__all__ = ["INDEX", "block_documents", "escape", "file_name", "modules_of", "text_documents"]

INDEX = "index.md"

_SPECIAL = re.compile(
    r"""
    [\\`*{}\[\]<>\#|~&$!^]     # markup in some dialect, wherever it is
    | (?<![^\W_])_ | _(?![^\W_]) # inside a word it is a letter to all of them
    | (?<=[=+])[=+] | [=+](?=[=+]) | :(?=\w+:)
    | ^[-+:=]                     # at the beginning of a line
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"^(\d+)([.)])(?= |$)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SECTION = re.compile(r"^(?:[A-Z][A-Za-z ]*:$|:[a-z]+[ :]|>>> |.+\n *-{3,}$)", re.MULTILINE)


_TAKEN = {"index", "readme", "con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}
"""Names of files that have a special meaning: to a site that shows the folder, or to Windows."""

_LONGEST = 100
"""Letters of a file's name. File systems take 255 bytes, but some count the whole path."""


def file_name(flow: Flow) -> str:
    """Return the name of the file with the page of *flow*, which any file system takes."""
    slug = slug_of(flow.name)
    if slug in _TAKEN:
        return f"{slug}-flow.md"
    if len(slug) > _LONGEST or slug.removesuffix("-flow") in _TAKEN:
        slug = f"{slug[:_LONGEST].rstrip('-')}-{digest_of(flow.name)}"
    return f"{slug}.md"


def modules_of(flow: Flow) -> tuple[str, ...]:
    """Return the names of the modules that declare the steps of *flow*, sorted."""
    found = {python_name(step)[0] for step in flow.steps}
    return tuple(sorted(name for name in found if all(map(str.isidentifier, name.split(".")))))


def escape(text: str) -> str:
    """Return *text* on one line, as Markdown that shows it letter for letter.

    As entities: no two dialects agree on what a backslash escapes.
    """
    line = re.sub(r"[ \t\n\r\f\v]+", " ", text).strip(" ")
    line = _SPECIAL.sub(lambda found: _NAMED.get(found[0], f"&#{ord(found[0])};"), line)
    return _NUMBER.sub(lambda found: f"{found[1]}&#{ord(found[2])};", line)


def block_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that the extension ``penstock_flows`` fills, by their file names."""
    pages = {file_name(f): f"# {escape(f.label)}\n\n::: penstock-flow {f.name}\n" for f in flows}
    return {INDEX: "# Flows\n\n::: penstock-flows\n", **pages}


def text_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that need no extension, by their file names: Mermaid and text."""
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
        return _fence("mermaid", render_mermaid(flow.graph(), direction="TD", styled=True))
    except DiagramTooLargeError:
        return _fence("text", render_text(flow.graph()))


def _step(section: StepSection) -> Iterator[str]:
    step = section.step
    # A heading's own anchor differs from forge to forge.
    yield f'<a id="{section.anchor}"></a>\n\n## {escape(step.label)}'
    name = section.target.rpartition(".")[2]
    yield _fence("python", f"{name}{section.signature}")
    notes = ["Entrypoint"] if step.is_entrypoint else []
    notes += [escape(step.kind)] if step.kind else []
    if notes:
        yield f"*{' · '.join(notes)}*"
    if step.doc:
        yield from _docstring(step.doc)
    for fact in section.facts:
        yield f"{fact.words}: {', '.join(map(_code if fact.is_code else escape, fact.values))}"
    for words, links in section.ways:
        yield f"{words}: {', '.join(map(_link, links))}"


def _docstring(doc: str) -> Iterator[str]:
    """Yield the text of a docstring as Markdown, and its sections, in any style, as they are."""
    found = _SECTION.search(doc)
    text, rest = (doc[: found.start()], doc[found.start() :]) if found else (doc, "")
    if text.strip():
        yield _without_html(text.strip())
    if rest.strip():
        yield _fence("text", rest.rstrip())


_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def _without_html(text: str) -> str:
    """Return *text* with a `<` for each: docstrings speak of `<change>` more often than HTML."""
    shown, end = "", 0
    for code in _CODE_SPAN.finditer(text):
        shown += text[end : code.start()].replace("<", "&lt;") + code[0]
        end = code.end()
    return shown + text[end:].replace("<", "&lt;")


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _link(link: Link) -> str:
    label = escape(link.label)
    shown = f"[{label}](#{link.anchor})" if link.anchor else f"*{label}*"
    return f"{shown} ({escape(link.condition)})" if link.condition else shown


def _fence(info: str, text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text.rstrip()}\n{fence}"
