"""Drawing all images of a project at once, before pages are written; and listing them in books."""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from penstock.docs import write_whole
from penstock.docs.diagrams import ImageCache, Medium, paper_medium
from penstock.exceptions import RenderError
from penstock_sphinx._compat import after_manifest
from penstock_sphinx._domain import Image, domain_of

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.builders import Builder

__all__ = ["draws_mermaid", "find_image", "pixels", "setup_images"]


def setup_images(app: Sphinx) -> None:
    """Draw when all pages are read: writers may be in other processes."""
    app.connect("builder-inited", _complete_manifest)
    app.connect("env-updated", _draw)
    app.connect("build-finished", _prune)


def draws_mermaid(builder: "Builder", format_: str) -> bool:
    """Return whether *format_* is drawn by Mermaid: not in a book, where no script runs."""
    return format_ == "mermaid" and builder.name != "epub"


def find_image(builder: "Builder", node: "nodes.Element", medium: Medium) -> bytes | None:
    """Return the image of a diagram, if it could be drawn with all others."""
    digest = node["drawing"]
    return None if digest is None else _drawings(builder).find(digest, medium)


def _draw(app: Sphinx, env: BuildEnvironment) -> None:
    wanted: dict[Medium, dict[str, Image]] = {}
    for images in domain_of(env).data["drawings"].values():
        for (format_, digest), image in images.items():
            for medium in _media(app.builder, format_):
                wanted.setdefault(medium, {})[digest] = image
    cache = _drawings(app.builder)
    for medium, found in wanted.items():
        missing = cache.missing(found, medium)
        cache.make({digest: found[digest].layout for digest in missing}, "layout")
        if medium != "layout":
            cache.make(dict(_sources(found, missing, cache, medium)), medium)


def _sources(
    images: dict[str, Image], digests: list[str], cache: ImageCache, medium: Medium
) -> Iterator[tuple[str, str]]:
    """Yield the sources of *images* that are laid out, each with its digest."""
    laid = {d: found for d in digests if (found := cache.find(d, "layout")) is not None}
    for digest, layout in laid.items():
        # What cannot be drawn is drawn alone when its page is written, to hear why.
        with suppress(RenderError):
            yield digest, images[digest].source(medium, layout)


def _media(builder: "Builder", format_: str) -> tuple[Medium, ...]:
    """Return the media of images for *builder* where *format_* was asked for."""
    if builder.format == "latex":
        return (paper_medium(),)
    if builder.format != "html" or draws_mermaid(builder, format_):
        return ()
    return pixels(builder) if format_ == "png" else ("layout",)


def pixels(builder: "Builder") -> tuple[Medium, ...]:
    """Return the media of a PNG: one for light pages and one for dark ones, but not in a book."""
    return ("png",) if builder.name == "epub" else ("png", "dark")


def _prune(app: Sphinx, exception: Exception | None) -> None:
    """Remove the images that no page shows any more."""
    if exception is None and domain_of(app.env).changed:
        _drawings(app.builder).prune(set(_digests(app.env)))


def _digests(env: BuildEnvironment) -> Iterator[str]:
    for drawings in domain_of(env).data["drawings"].values():
        yield from (digest for _, digest in drawings)


def _drawings(builder: Any) -> ImageCache:
    # One for each build: it asks once which program there is.
    found = getattr(builder, "penstock_drawings", None)
    if found is None:
        found = ImageCache(Path(builder.doctreedir) / "penstock" / "drawings")
        builder.penstock_drawings = found
    return found


def _complete_manifest(app: Sphinx) -> None:
    # Sphinx has no event there, and lists no properties of files at all.
    if app.builder.name == "epub":
        after_manifest(app.builder, partial(_complete_list, app))


def _complete_list(app: Sphinx) -> None:
    """Complete the list of files of a book between Sphinx writing it and packing the book."""
    builder: Any = app.builder
    pages = [f"{docname}{builder.out_suffix}" for docname in domain_of(app.env).data["drawings"]]
    _declare_svg(Path(builder.outdir), pages)


def _declare_svg(folder: Path, pages: list[str]) -> None:
    """Say of each of *pages* that has SVG in it that it has: readers may rely on that."""
    file = folder / "content.opf"
    content = file.read_text(encoding="utf-8")
    for page in pages:
        if "<svg" in (folder / page).read_text(encoding="utf-8"):
            item = re.compile(rf'(<item [^>]*href="{re.escape(escape(quote(page)))}"[^>]*?) ?/>')
            content = item.sub(r'\1 properties="svg"/>', content)
    write_whole(file, content)
