"""All flows of a project as one value."""

import os
from dataclasses import dataclass, replace
from functools import cached_property

from penstock._declared.step import FunctionDetails, Step
from penstock.catalog._collect import collect
from penstock.catalog._writing import write_catalog
from penstock.exceptions import UnknownFlowError
from penstock.graph import Flow, Problem
from penstock.graph._functions import is_async, names_of

__all__ = ["Catalog"]


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All flows of a project, as values that JSON can hold.

    It has no functions: their names, signatures and docstrings, which pages show,
    are strings. Files are relative to the project, with ``/``; files of libraries
    are left out. Two catalogs of the same project are equal, and their JSON has
    the same bytes on any machine.

    .. versionadded:: 0.2
    """

    flows: tuple[Flow, ...] = ()
    """The flows, in order of their names."""

    unclaimed: tuple[Problem, ...] = ()
    """The problems of steps without a flow."""

    @classmethod
    def from_registry(cls, root: str | os.PathLike[str] | None = None) -> "Catalog":
        """Return the catalog of all flows that this process has declared so far.

        Args:
            root: The folder of the project, to which the names of files are
                relative. The current folder if None.
        """
        flows, unclaimed = collect(root)
        return cls(flows=flows, unclaimed=unclaimed)

    def flow(self, name: str) -> Flow:
        """Return the flow called *name*, which can be drawn without the application.

        Raises:
            UnknownFlowError: If the catalog has no such flow.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownFlowError(name, tuple(self._by_name)) from None

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of all flows, and of the steps without a flow."""
        found = [problem for flow in self.flows for problem in flow.problems()]
        return (*found, *self.unclaimed)

    def public(self) -> "Catalog":
        """Return a catalog to publish: names, titles, kinds and edges.

        It has no files, lines, signatures and docstrings, and no problems, whose
        messages may quote any of these.
        """
        return Catalog(flows=tuple(map(_public_flow, self.flows)))

    def to_json(self) -> str:
        """Return the catalog as JSON, as its schema describes it.

        It is indented, and ends with a line feed. Members that have no value are
        left out.
        """
        return write_catalog(self.flows, self.problems())

    @cached_property
    def _by_name(self) -> dict[str, Flow]:
        return {flow.name: flow for flow in self.flows}


def _public_flow(flow: Flow) -> Flow:
    steps = tuple(map(_public_step, flow.steps))
    return replace(flow, steps=steps, undeclared=(), revision=None, _found=())


def _public_step(step: Step) -> Step:
    module, qualname = names_of(step)
    details = FunctionDetails(module=module, qualname=qualname, is_async=is_async(step))
    after = tuple(replace(edge, check=None) for edge in step.after)
    return replace(step, function=None, location=None, details=details, after=after)
