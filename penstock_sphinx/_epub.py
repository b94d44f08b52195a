"""Properties of the pages with images in the manifest of an EPUB."""

import re
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx

from penstock.docs import write_whole
from penstock_sphinx._compat import after_manifest
from penstock_sphinx._domain import domain_of

__all__ = ["setup_epub"]


def setup_epub(app: Sphinx) -> None:
    """Complete the list between Sphinx' writing it and its packing the book."""
    app.connect("builder-inited", _join)


def _join(app: Sphinx) -> None:
    # Sphinx has no event there, and lists no properties of files at all.
    if app.builder.name == "epub":
        after_manifest(app.builder, partial(_complete, app))


def _complete(app: Sphinx) -> None:
    builder: Any = app.builder
    pages = [f"{docname}{builder.out_suffix}" for docname in domain_of(app.env).data["drawings"]]
    _declare(Path(builder.outdir), pages)


def _declare(folder: Path, pages: list[str]) -> None:
    """Say of each of *pages* that has SVG in it that it has: readers may rely on that."""
    file = folder / "content.opf"
    content = file.read_text(encoding="utf-8")
    for page in pages:
        if "<svg" in (folder / page).read_text(encoding="utf-8"):
            item = re.compile(rf'(<item [^>]*href="{re.escape(escape(quote(page)))}"[^>]*?) ?/>')
            content = item.sub(r'\1 properties="svg"/>', content)
    write_whole(file, content)
