"""The evidence for one flow, and what it says of each step alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from penstock._declared.step import Location
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._model import CheckedFlow, CheckedStep, Evidence
from penstock.evidence._order.states import Order, Start
from penstock.evidence._source.files import Definition
from penstock.evidence._source.project import Project
from penstock.evidence._unresolved import WaysOut

__all__ = ["FlowEvidence", "closure", "of_one_round", "of_order", "of_start"]


@dataclass(frozen=True, kw_only=True)
class FlowEvidence:
    """The evidence for the steps of one flow."""

    flow: CheckedFlow
    project: Project
    located: Mapping[str, Definition]
    starts: Mapping[str, Mapping[str, Start]]
    kept: Mapping[str, Mapping[str, Start]]
    """The steps that each gives to a library for an event, which the flow may never send."""

    outside: Mapping[str, Mapping[Outside, frozenset[str]]]
    """The unresolved calls of each step, with the steps that may have run before each."""

    orders: Mapping[tuple[str, str], Mapping[Definition, Order]]
    given: Mapping[tuple[Definition | None, str], Mapping[str, Location]]
    """The steps that each function gives to each library that may call them in any order."""

    given_before: Mapping[tuple[str, str], tuple[str, Location]]
    """Those that a library may have called before another step, and which library it is."""

    around: Mapping[tuple[str, str], Mapping[Definition, Order]]
    """The orders in what decorators have made of the functions of steps."""

    definitions: frozenset[Definition]
    engine: Engine
    ways: WaysOut
    absent: Mapping[str, str]
    """Why the source of a step cannot be read, for those that are not known to be gone."""

    @cached_property
    def steps(self) -> Mapping[str, CheckedStep]:
        """The steps of the flow by their names."""
        return {step.name: step for step in self.flow.steps}

    @cached_property
    def declared(self) -> set[tuple[str, str]]:
        """All pairs that a path of declared edges joins."""
        return closure((source, target) for source, target, _ in self.flow.edges)

    @cached_property
    def shown(self) -> set[tuple[str, str]]:
        """The pairs of which the source shows a call, a hand-off or an order, in one round."""
        pairs = {(source, each) for source, found in self.starts.items() for each in found}
        return pairs | {pair for pair, orders in self.orders.items() if any(of_one_round(orders))}

    @cached_property
    def calling(self) -> set[tuple[str, str]]:
        """The steps that call others, by any way that is over before what follows."""
        starts = self.starts.items()
        pairs = ((name, each, start) for name, found in starts for each, start in found.items())
        return closure((name, each) for name, each, start in pairs if not start.is_handed_off)

    def in_order(self, source: str, target: str, *, is_loop: bool) -> Iterator[Evidence]:
        """Yield where a common caller runs both steps, in this order.

        A loop that has to go round again counts if the edge is declared as one.
        """
        for order in self.orders.get((source, target), {}).values():
            if not order.is_carried or is_loop:
                yield of_order(order)

    def in_wrappers(self, source: str, target: str) -> Iterator[Evidence]:
        """Yield where a decorator calls one step before another, which is what it decorates."""
        for order in self.around.get((source, target), {}).values():
            if not order.is_carried:
                yield of_order(order)

    @staticmethod
    def started(
        starts: Mapping[str, Mapping[str, Start]],
    ) -> Iterator[tuple[str, str, Evidence]]:
        """Yield the steps that others lead to by a call or a hand-off."""
        for source, found in starts.items():
            for target, start in found.items():
                yield source, target, of_start(start)

    def callers(self, name: str) -> list[str]:
        """Return *name*, and the steps that it is called from."""
        found = [name]
        for each in found:
            found += [
                caller
                for caller, starts in self.starts.items()
                if each in starts and caller not in found
            ]
        return found

    def is_entered(self, step: str) -> bool:
        """Return whether something leads to *step*, as far as the source shows it."""
        return self.steps[step].is_entrypoint or self.is_reached(step)

    def is_reached(self, target: str) -> bool:
        """Return whether something else of the flow leads to *target*."""
        if any(target in starts for starts in self.starts.values()):
            return True
        return any(second == target for _, second in self.orders)

    def is_used(self, target: str) -> bool:
        """Return whether *target* may run: the flow leads there, or the rest of the project may.

        What the flow runs and does not lead there is known, though it may name *target*.
        """
        if self.is_reached(target) or any(target in starts for starts in self.kept.values()):
            return True
        return self.steps[target].is_entrypoint or self._may_run(self.located[target])

    def _may_run(self, wanted: Definition) -> bool:
        """Return whether something outside of what the flow runs may lead to *wanted*.

        A function may be a program, while a method that nothing calls does not run.
        """
        project = self.project
        if self._is_known_to_others(wanted):
            return True
        waiting = [d for d in project.callers_of(wanted) if d not in self.definitions]
        known = {wanted, *waiting}
        while waiting:
            one = waiting.pop()
            callers = {*project.callers_of(one)} - {one}
            is_program = not one.is_method and not callers
            # What the flow runs may call it by a call that is not resolved.
            is_of_flow = not callers.isdisjoint(self.definitions)
            if is_program or is_of_flow or self._is_known_to_others(one):
                return True
            waiting += callers - known
            known |= callers
        return False

    def is_known(self, target: str) -> bool:
        """Return whether others may know *target* without its name, or call it from outside."""
        return self.steps[target].is_entrypoint or self._is_known_to_others(self.located[target])

    def _is_known_to_others(self, definition: Definition) -> bool:
        """Return whether others may know *definition*: by a decorator, its class or as a value."""
        ways = self.ways
        is_known = ways.is_registered(definition) or ways.is_of_library(definition)
        return is_known or self.project.is_value(definition)


def of_order(order: Order) -> Evidence:
    """Return *order* as evidence for an edge from its first step to its second."""
    return Evidence("order", order.second, order.first, order.caller.label)


def of_start(start: Start) -> Evidence:
    """Return *start* as evidence for an edge to the step that it leads to."""
    return Evidence("hand-off" if start.is_handed_off else "call", start.path)


def of_one_round(orders: Mapping[Definition, Order]) -> Iterator[tuple[Definition, Order]]:
    """Return the orders for which no loop has to go round again."""
    return ((caller, order) for caller, order in orders.items() if not order.is_carried)


def closure(edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return all pairs that a path of *edges* joins."""
    following: dict[str, list[str]] = {}
    for source, target in edges:
        following.setdefault(source, []).append(target)
    found: set[tuple[str, str]] = set()
    for start, first in following.items():
        waiting = list(first)
        while waiting:
            one = waiting.pop()
            if (start, one) not in found:
                found.add((start, one))
                waiting.extend(following.get(one, ()))
    return found
