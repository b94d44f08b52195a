"""The index of all flows: a table that links to where each is shown."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from penstock.docs import summary_of
from penstock.graph import Flow
from penstock_sphinx._domain import LinkTarget, domain_of
from penstock_sphinx._messages import words_of
from penstock_sphinx._nodes import penstock_link

__all__ = ["overview"]


def overview(
    directive: SphinxDirective, flows: Sequence[Flow], translate: Callable[[str], str]
) -> nodes.table:
    """Return a table with a row for each of *flows*; columns that say nothing are left out."""
    docname = directive.env.docname

    def link(target: LinkTarget, label: str) -> nodes.Node:
        domain_of(directive.env).note_link_targets(docname, [target])
        return penstock_link("", label, link_target=target, docname=docname)

    def entrypoints(flow: Flow) -> list[nodes.Node]:
        links = [link(LinkTarget(flow.name, step.name), step.label) for step in flow.entrypoints]
        return [part for one in links for part in (nodes.Text(", "), one)][1:]

    def gist(flow: Flow) -> list[nodes.Node]:
        inline, messages = directive.parse_inline(translate(summary_of(flow)))
        return [*inline, *messages]

    def tags(flow: Flow) -> list[nodes.Node]:
        return [nodes.Text(", ".join(map(translate, flow.tags)))]

    words = words_of(directive.env).table
    columns = [
        _Column(words.flow, 15, [[link(LinkTarget(flow.name), flow.label)] for flow in flows]),
        _Column(words.about, 30, [gist(flow) for flow in flows]),
        _Column(words.entrypoints, 25, [entrypoints(flow) for flow in flows]),
        _Column(words.owner, 10, [[nodes.Text(translate(flow.owner or ""))] for flow in flows]),
        _Column(words.tags, 10, [tags(flow) for flow in flows]),
    ]
    table = _table([column for column in columns if column.says_something])
    if caption := directive.options.get("caption"):
        inline, messages = directive.parse_inline(caption)
        title = nodes.title(caption, "", *inline, *messages)
        directive.set_source_info(title)
        table.insert(0, title)
    directive.set_source_info(table)
    return table


class _Column(NamedTuple):
    """A column of a table."""

    head: str
    width: int
    """How wide it is: beside the others, or in letters where a page is text."""

    cells: list[list[nodes.Node]]

    @property
    def says_something(self) -> bool:
        """Whether any cell has words."""
        return any(node.astext() for cell in self.cells for node in cell)


def _table(columns: Sequence[_Column]) -> nodes.table:
    head = nodes.row("", *(_entry([nodes.Text(column.head)]) for column in columns))
    rows = zip(*(column.cells for column in columns), strict=True)
    group = nodes.tgroup(
        "",
        *(nodes.colspec(colwidth=column.width) for column in columns),
        nodes.thead("", head),
        nodes.tbody("", *(nodes.row("", *map(_entry, row)) for row in rows)),
        cols=len(columns),
    )
    return nodes.table("", group, classes=["penstock-flows", "colwidths-given"])


def _entry(content: list[nodes.Node]) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))
