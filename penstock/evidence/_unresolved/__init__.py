"""Which steps a call may lead to of which the source does not show where it leads."""

from penstock.evidence._unresolved.ways_out import WaysOut

__all__ = ["WaysOut"]
