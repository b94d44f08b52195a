"""A page per flow and an index of flows, as Markdown files."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from penstock._pages import FlowPage, Link, StepSection, gist_of, slug_of
from penstock.exceptions import ConfigurationError, DiagramTooLargeError
from penstock.graph._flow import Flow
from penstock.graph._mermaid import render_mermaid
from penstock.graph._output import write_whole
from penstock.graph._text import render_text

__all__ = ["INDEX", "Documents", "block_documents", "escape", "file_name", "text_documents"]

INDEX = "index.md"
_MARK = "<!-- Written by penstock from the code: edit that, then write the pages again. -->"

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$!]|(?<=^)[-+]|(?<=^\d)[.)]")
_SECTION = re.compile(r"^(?:[A-Z][A-Za-z ]*:$|:[a-z]+[ :]|>>> |.+\n *-{3,}$)", re.MULTILINE)


def file_name(flow: Flow) -> str:
    """Return the name of the file with the page of *flow*."""
    slug = slug_of(flow.name)
    return f"{slug}-flow.md" if slug in {"index", "readme"} else f"{slug}.md"


def escape(text: str) -> str:
    """Return *text* on one line, as Markdown that shows it letter for letter."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))


def block_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that the extension ``penstock_flows`` fills, by their file names."""
    pages = {file_name(f): f"# {escape(f.label)}\n\n::: penstock-flow {f.name}\n" for f in flows}
    return {INDEX: "# Flows\n\n::: penstock-flows\n", **pages}


def text_documents(flows: Sequence[Flow]) -> dict[str, str]:
    """Return pages that need no extension, by their file names: Mermaid and text."""
    ordered = sorted(flows, key=lambda flow: (flow.label.lower(), flow.name))
    index = "\n".join(["# Flows", "", *map(_index_line, ordered)]) + "\n"
    pages = {file_name(flow): "\n\n".join(_page(flow)) + "\n" for flow in flows}
    return {INDEX: index, **pages}


def _index_line(flow: Flow) -> str:
    gist = gist_of(flow)
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
    # Without links: a forge shows diagrams in a frame of their own, in which they lead nowhere.
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
    words = "Comes after all of" if step.join == "all" and len(section.before) > 1 else ""
    yield from _ways(words or "Comes after", section.before)
    yield from _ways("Leads to", section.after)


def _docstring(doc: str) -> Iterator[str]:
    """Yield the text of a docstring as Markdown, and its sections, in any style, as they are."""
    found = _SECTION.search(doc)
    text, rest = (doc[: found.start()], doc[found.start() :]) if found else (doc, "")
    if text.strip():
        # A `<` is one: docstrings speak of `<change>` more often than they hold HTML.
        yield text.strip().replace("<", "&lt;")
    if rest.strip():
        yield _fence("text", rest.rstrip())


def _ways(words: str, links: Iterable[Link]) -> Iterator[str]:
    said = ", ".join(map(_link, links))
    if said:
        yield f"{words}: {said}"


def _link(link: Link) -> str:
    label = escape(link.label)
    shown = f"[{label}](#{link.anchor})" if link.anchor else f"*{label}*"
    return f"{shown} ({escape(link.condition)})" if link.condition else shown


def _fence(info: str, text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text.rstrip()}\n{fence}"


class Documents:
    """The pages of flows in a folder, and what to do there.

    Args:
        folder: The folder, which need not exist yet.
        texts: The pages by their file names.

    Raises:
        ConfigurationError: If a file that somebody else wrote stands in the way.
    """

    def __init__(self, folder: Path, texts: dict[str, str]) -> None:
        self._folder = folder
        self._texts = {name: f"{_MARK}\n\n{text}" for name, text in texts.items()}
        here = {path: _read(path) for path in sorted(folder.glob("*.md"))}
        ours = {path.name: text for path, text in here.items() if text.startswith(_MARK)}
        for path in here:
            if path.name in self._texts and path.name not in ours:
                problem = "penstock did not write it: move it, or name another folder"
                raise ConfigurationError(str(path), problem)
        self.changed = [n for n, text in self._texts.items() if ours.get(n) != text]
        """The names of the files that are missing or say something else."""

        self.gone = [name for name in ours if name not in self._texts]
        """The names of the files whose flows are gone."""

    def write(self) -> None:
        """Write each changed file, whole or not at all, and remove those that are gone.

        Raises:
            OSError: If a file cannot be written. What stood there still does.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in self.changed:
            write_whole(self._folder / name, self._texts[name])
        for name in self.gone:
            (self._folder / name).unlink()


def _read(path: Path) -> str:
    # Git may have given the lines other ends.
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
