"""A flow that was drawn as SVG."""

from dataclasses import dataclass

__all__ = ["Drawing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A flow as an ``<svg>`` element, and what a page needs to know to show it.

    .. versionadded:: 0.2
    """

    svg: str
    """The element, without prolog."""

    width: float
    """The width of the whole image, in CSS pixels."""

    height: float
    """The height of the whole image, in CSS pixels."""

    first_entrypoint: tuple[float, float]
    """The beginning and the end of the first entrypoint, as fractions of the width."""

    entrypoints: tuple[float, float]
    """The beginning of the leftmost and the end of the rightmost entrypoint, likewise."""

    sheets: tuple[str, ...] = ()
    """The image in parts, each an ``<svg>`` element of the same width, one below the other, if it
    is far too tall for a sheet of paper. No step is in two of them."""
