"""Pages of flows as Markdown: their text in any dialect, and the pages of `penstock pages`."""

from penstock.docs._markdown_pages import (
    INDEX,
    block_documents,
    file_name,
    modules_of,
    remark_line,
    text_documents,
)
from penstock.docs._markdown_text import docstring_blocks, escape, fence
from penstock.docs._page_files import Document, PageFiles

__all__ = [
    "INDEX",
    "Document",
    "PageFiles",
    "block_documents",
    "docstring_blocks",
    "escape",
    "fence",
    "file_name",
    "modules_of",
    "remark_line",
    "text_documents",
]
