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

    cuts: tuple[float, ...] = ()
    """The lines from side to side that meet no box, as CSS pixels from the top of the image."""
