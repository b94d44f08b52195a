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

    entry_start: float
    """The beginning of the entrypoints, as a fraction of the width."""

    entry_end: float
    """The end of all entrypoints if they are near one another, else of the first one."""

    steps: int
    """How many steps it shows."""

    entrypoints: int
    """How many of these are entrypoints."""
