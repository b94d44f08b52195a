"""Flows that can be looked up."""

from typing import Protocol

from penstock.graph import Flow, Problem

__all__ = ["Flows"]


class Flows(Protocol):
    """Flows that can be looked up: those of a `penstock.catalog.Catalog`, or those of this process.

    .. versionadded:: 0.2
    """

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows."""
        ...

    def flow(self, name: str) -> Flow:
        """Return the flow called *name*.

        Raises:
            UnknownFlowError: If there is no such flow.
        """
        ...

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of all flows, and of the steps without a flow."""
        ...
