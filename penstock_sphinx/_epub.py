"""Properties of the pages with images in the manifest of an EPUB."""

import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx

from penstock.docs import write_whole
from penstock_sphinx._domain import domain_of

__all__ = ["setup_epub"]


def setup_epub(app: Sphinx) -> None:
    """Complete the list between Sphinx' writing it and its packing the book."""
    app.connect("builder-inited", _join)


def _join(app: Sphinx) -> None:
    # Sphinx has no event there, and lists no properties of files at all.
    builder: Any = app.builder
    if builder.name != "epub":
        return
    write_list = builder.build_content

    def write_whole_list() -> None:
        write_list()
        pages = [
            f"{docname}{builder.out_suffix}" for docname in domain_of(app.env).data["drawings"]
        ]
        _declare(Path(builder.outdir), pages)

    builder.build_content = write_whole_list


def _declare(folder: Path, pages: list[str]) -> None:
    """Say of each of *pages* that has SVG in it that it has: readers may rely on that."""
    file = folder / "content.opf"
    content = file.read_text(encoding="utf-8")
    for page in pages:
        if "<svg" in (folder / page).read_text(encoding="utf-8"):
            item = re.compile(rf'(<item [^>]*href="{re.escape(escape(quote(page)))}"[^>]*?) ?/>')
            content = item.sub(r'\1 properties="svg"/>', content)
    write_whole(file, content)
