"""Marks the tables that are too wide for a phone, where `docs.css` stacks their cells."""

from docutils.nodes import Element, document, entry, inline, literal_block, row, table, tbody, thead
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

NAME = "stacked"
FITS = 42
"""The letters beside each other that a phone has room for."""
FEW = 2
"""The columns that share the room of a phone without becoming too narrow for sentences."""


def stack_tables(app: Sphinx, doctree: document, _page: str) -> None:
    """Give wide tables a class, and each of their cells the title of its column."""
    if app.builder.format != "html":
        return
    for found in doctree.findall(table):
        is_shown = any(name.startswith("penstock") for name in found["classes"])
        if not is_shown and is_wide(found):  # those of penstock are as projects have them
            found["classes"].append(NAME)
            add_titles(found)


def is_wide(found: table) -> bool:
    """Return whether a table is too wide, or its columns are too narrow for what they say."""
    columns = [*zip(*(cells_of(line) for line in found.findall(row)), strict=True)]
    narrowest = sum(max(map(longest_piece, column)) for column in columns)
    text = sum(max(len(cell.astext()) for cell in column) for column in columns)
    return narrowest > FITS or (len(columns) > FEW and text > 2 * FITS)


def longest_piece(cell: Element) -> int:
    """Return the letters of what is never broken: a word, or a line of code."""
    lines = [line for code in cell.findall(literal_block) for line in code.astext().split("\n")]
    return max(map(len, (*lines, *cell.astext().split())), default=0)


def add_titles(found: table) -> None:
    """Write the title of its column above each cell but the first, if there are several."""
    titles = [cell.astext() for cell in cells_of(next(found.findall(thead))[0])]
    if len(titles) <= FEW:
        return
    for line in next(found.findall(tbody)):
        for title, cell in list(zip(titles, cells_of(line), strict=True))[1:]:
            if cell.astext():
                cell.insert(0, inline(text=title, classes=["column-title"]))


def cells_of(line: Element) -> list[entry]:
    """Return the cells of a row."""
    return list(line.findall(entry))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the change."""
    app.connect("doctree-resolved", stack_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
