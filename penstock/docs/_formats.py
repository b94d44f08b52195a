"""The formats of pages: images, or the source of a diagram as code."""

from penstock.render import list_renderers

__all__ = ["IMAGES", "is_code", "page_formats"]

IMAGES = ("svg", "mermaid", "png")
"""The formats that a reader sees as a diagram."""


def page_formats() -> tuple[str, ...]:
    """Return the formats of pages: images, and then all text, of penstock and of others.

    .. versionadded:: 0.2
    """
    texts = (found.name for found in list_renderers() if not found.is_binary)
    return tuple(dict.fromkeys([*IMAGES, *texts]))


def is_code(name: str) -> bool:
    """Return whether a page shows the format called *name* as code.

    .. versionadded:: 0.2
    """
    return name not in IMAGES
