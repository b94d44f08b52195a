"""The direction of a flow in formats that others lay out."""

from penstock.graph._model import Direction

__all__ = ["given_direction"]


def given_direction(direction: Direction) -> Direction:
    """Return *direction*, which is down if penstock may choose: only what it lays out fits a page.

    Programs that lay out Mermaid and the like have directions only, and other sizes.
    """
    return "TD" if direction == "auto" else direction
