"""The flow as it was declared: a frozen snapshot of the registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from penstock._common.markup import plain_text
from penstock._declared.declaration import Declaration, FlowDeclaration
from penstock._declared.registry import Registry, default_registry
from penstock._declared.step import Step
from penstock.graph._bypassed import find_bypassed
from penstock.graph._check import check
from penstock.graph._functions import names_of
from penstock.graph._model import Edge, Graph, Node, Problem, Revision
from penstock.graph._order import order_steps

__all__ = ["Flow", "find_problems", "get_flow", "list_flows"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Flow:
    """A named graph of steps, as it was declared when it was asked for.

    A notebook displays it as its diagram.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the flow in code, logs and docs."""

    steps: tuple[Step, ...]
    """The steps in the order in which the flow reaches them from its entrypoints.

    Each is after all that lead to it, except by loops, and a branch is not interrupted.
    Of several that could come next, those that one ``after=`` names are beside each
    other, in that order, and all others in the order of their names; the order of
    declaration does not count. In a cycle without a loop, the edge by which the flow
    comes back counts as one.
    """

    title: str | None = None
    """The title for readers, instead of the name."""

    description: str | None = None
    """The purpose of the flow."""

    owner: str | None = None
    """The team or person that is responsible for it."""

    tags: tuple[str, ...] = ()
    """Words by which the flow can be found."""

    revision: Revision | None = None
    """The state of the source in which the edges were checked, if that is known."""

    undeclared: tuple[Edge, ...] = ()
    """The edges that the source has and the flow does not declare, if somebody has checked."""

    _found: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", order_steps(self.steps))

    @property
    def label(self) -> str:
        """The title if there is one, else the name."""
        return self.title or self.name

    @cached_property
    def entrypoints(self) -> tuple[Step, ...]:
        """The steps at which runs begin, in the order of `steps`."""
        return tuple(step for step in self.steps if step.is_entrypoint)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The declared edges, in the order of the steps that they lead to."""
        return tuple(edge for step in self.steps for edge in step.after)

    def step(self, name: str) -> Step:
        """Return the step called *name*.

        Raises:
            LookupError: If the flow has no such step.
        """
        return self._by_name[name]

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of the declared flow, worst first.

        An import never raises these, because a later import may fix them.
        """
        return (*self._found, *self._bypassed)

    @cached_property
    def _bypassed(self) -> tuple[Problem, ...]:
        return tuple(find_bypassed(self.name, self.entrypoints))

    def graph(self) -> Graph:
        """Return the flow as it is drawn."""
        return self._graph

    @cached_property
    def _graph(self) -> Graph:
        nodes = [
            Node(
                name=step.name,
                title=step.title,
                role="entrypoint" if step.is_entrypoint else "step",
                join=step.join if len(step.after) > 1 else "any",
                kind=step.kind,
                group=step.group,
                module=names_of(step)[0] or None,
                receives=step.receives,
                sends=step.sends,
                summary=plain_text(step.summary or "") or None,
            )
            for step in self.steps
        ]
        place = {node.name: index for index, node in enumerate(nodes)}
        # Loops last: a program that lays out a graph takes those for the ways back.
        edges = sorted(self.edges, key=lambda edge: (edge.is_loop, place[edge.target]))
        edges += self.undeclared
        named = dict.fromkeys(edge.source for edge in edges)
        missing = [name for name in named if name not in self._by_name]
        nodes += [Node(name=name, role="missing") for name in missing]
        return Graph(
            name=self.name,
            nodes=tuple(nodes),
            edges=tuple(edges),
            title=self.title,
            description=self.description,
        )

    def __repr__(self) -> str:
        count = len(self.steps)
        return f"<Flow {self.name}: {count} step{'' if count == 1 else 's'}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the flow in a notebook."""
        # Only who draws a flow needs what draws it.
        from penstock.render._notebook import mime_bundle  # noqa: PLC0415

        return mime_bundle(self.graph())

    @cached_property
    def _by_name(self) -> Mapping[str, Step]:
        return {step.name: step for step in self.steps}


def get_flow(name: str) -> Flow:
    """Return the flow called *name*, as it is declared now.

    Raises:
        UnknownFlowError: If no flow of that name has been declared.

    .. versionadded:: 0.2
    """
    registry = default_registry()
    return registry.view(name, partial(_snapshot, registry))


class _Flows(tuple[Flow, ...]):
    """Flows that show themselves one on each line."""

    __slots__ = ()

    def __repr__(self) -> str:
        lines = ",\n ".join(map(repr, self))
        return f"({lines},)" if len(self) == 1 else f"({lines})"


def list_flows() -> tuple[Flow, ...]:
    """Return all flows that are declared now, in order of declaration.

    .. versionadded:: 0.2
    """
    return _Flows(map(get_flow, default_registry().names()))


def find_problems() -> tuple[Problem, ...]:
    """Return the problems of all flows, and the steps that no flow claimed.

    .. versionadded:: 0.2
    """
    found = [problem for flow in list_flows() for problem in flow.problems()]
    return (*found, *map(_unclaimed, default_registry().unclaimed()))


def _unclaimed(declaration: Declaration) -> Problem:
    decorator = "@entrypoint" if declaration.is_entrypoint else "@step"
    message = (
        f"{declaration.name!r} is declared with {decorator} but belongs to no flow: "
        f'write @flow("...") on the line above {decorator}, not below it'
    )
    return Problem(
        code="unclaimed-step",
        flow=None,
        step=declaration.name,
        message=message,
        location=declaration.location,
    )


def _snapshot(registry: Registry, declared: FlowDeclaration) -> Flow:
    ordered = order_steps(d.as_step(declared) for d in declared.steps.values())
    steps = {step.name: step for step in ordered}
    merged, conflicts = _merge(declared)

    elsewhere = partial(registry.flows_with, asking=declared.name)
    found = [*check(declared.name, steps, elsewhere), *conflicts]
    return Flow(name=declared.name, steps=ordered, _found=tuple(found), **merged)


def _merge(declared: FlowDeclaration) -> tuple[dict[str, Any], list[Problem]]:
    """Return the metadata of a flow from all files, and where they disagree."""
    merged: dict[str, Any] = {}
    locations: dict[str, str] = {}
    conflicts = []
    for location, metadata in declared.metadata.items():
        for key, value in metadata.items():
            if merged.setdefault(key, value) == value:
                locations.setdefault(key, location)
                continue
            message = (
                f"its {key} is {merged[key]!r} in {locations[key]} but {value!r} in {location}. "
                "Give it in one of them"
            )
            conflicts.append(
                Problem(code="conflicting-metadata", flow=declared.name, step=None, message=message)
            )
    return merged, conflicts
