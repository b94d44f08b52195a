"""Ways in the source that no edge declares."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from penstock.evidence._model import Connection, EdgeEvidence, Evidence
from penstock.evidence._order.states import Order
from penstock.evidence._source.files import Definition
from penstock.evidence._verdicts.evidence import FlowEvidence, closure, of_order
from penstock.evidence._verdicts.lines import is_named, is_near

__all__ = ["Undeclared"]


class Undeclared:
    """The ways from one step of a flow to another that are not declared."""

    def __init__(self, evidence: FlowEvidence) -> None:
        self._evidence = evidence

    def undeclared(self, edges: tuple[EdgeEvidence, ...]) -> tuple[Connection, ...]:
        """Return what the source has and no edge declares."""
        kept = [(e.source, e.target) for e in edges if e.verdict != "contradicted"]
        live = self._alive(edges)
        entered = {target for source, target in kept if source in live}
        gone = {(e.source, e.target) for e in edges if e.verdict == "contradicted"}
        declared = {(e.source, e.target) for e in edges}
        targets = {target for _, target in declared}
        joined = closure(kept)
        news: dict[Connection, bool] = {}
        left = ((first, after) for first, after in gone if after not in live)
        instead = (each for pair in left for each in self._instead(*pair))
        for source, target, found, is_order in (*instead, *self._candidates(), *self._later()):
            pair = source, target
            is_past = any(self._is_past(pair, edge, is_order=is_order) for edge in gone)
            is_covered = pair in joined and (is_order or not is_past or self._calls(pair, kept))
            # The flow does not run a step any more that nothing reaches.
            if is_covered or source == target or not (is_order or source in live):
                continue
            is_bypass = False
            is_reversed = (target, source) in gone
            is_way = pair in self._evidence.declared
            is_back = (
                not is_way
                and (target in targets or self._begins(target))
                and (
                    (target, source) in joined
                    or self._leads_back(pair, is_known=not is_order and target in entered)
                )
            )
            is_ours = is_back or self._is_announced(target, found)
            if self._evidence.steps[target].unchecked is not None or (is_ours and not is_reversed):
                continue
            is_turned = (target, source) in self._evidence.declared and (
                is_order or is_reversed or is_near(self._evidence, target, found)
            )
            if target in entered and not is_turned:
                # What a declared way led to is news only where that way breaks off.
                # After a step that nothing reaches any more, the first that is reached is news.
                starts = {*self._evidence.starts.get(source, ())} - {target}
                is_first = not any((each, target) in joined for each in starts)
                is_bypass = not is_order and any(
                    (after, target) in declared or (is_first and after not in live)
                    for first, after in gone
                    if first == source and (after, target) in self._evidence.declared
                )
                is_news = is_bypass if is_way else is_near(self._evidence, target, found)
                is_left = is_past or (
                    (is_order or is_near(self._evidence, target, found))
                    and any(self._is_left(source, target, edge, live) for edge in gone)
                )
                if not is_left and (is_order or not is_news):
                    continue
            kept.append((source, target))
            joined = closure(kept)
            news[Connection(source, target, found)] = is_reversed or is_bypass or is_past
        return _without_longer_ways(kept, news)

    def _is_past(self, pair: tuple[str, str], edge: tuple[str, str], *, is_order: bool) -> bool:
        """Return whether *pair* leads past the second step of an *edge* that is contradicted.

        That step calls what comes now without it, after the first step or what calls that.
        """
        (source, target), (first, after) = pair, edge
        is_before = source == first or (is_order and (source, first) in self._evidence.calling)
        is_declared = {edge, pair, (after, target)} <= self._evidence.declared
        return is_before and is_declared and target in self._evidence.starts.get(after, ())

    def _calls(self, pair: tuple[str, str], kept: Iterable[tuple[str, str]]) -> bool:
        """Return whether a step calls another one by a declared way.

        A way that begins with what comes after the step does not show what the step calls.
        """
        (source, target), joined = pair, closure(kept)
        starts = self._evidence.starts.get(source, ())
        return any(
            first == source and after in starts and (after == target or (after, target) in joined)
            for first, after in kept
        )

    def _is_left(
        self, source: str, target: str, edge: tuple[str, str], live: AbstractSet[str]
    ) -> bool:
        """Return whether *source* may lead to *target* for *edge* is contradicted.

        The edge was the last one of the declared way, or led to a step that nothing reaches now.
        """
        first, after = edge
        if after == target:
            return (source, first) in self._evidence.declared
        is_next = any((after, target) == pair[:2] for pair in self._evidence.flow.edges)
        return first == source and after not in live and is_next

    def _alive(self, edges: tuple[EdgeEvidence, ...]) -> set[str]:
        """Return the steps that the flow may reach, as far as the source is known."""
        pairs = {(edge.source, edge.target) for edge in edges if edge.verdict != "contradicted"}
        pairs |= {(name, each) for name, starts in self._evidence.starts.items() for each in starts}
        steps = {*self._evidence.located.values()}
        for (first, second), orders in self._evidence.orders.items():
            if not orders.keys() <= steps:  # one caller has both, and is not a step itself
                pairs |= {(first, second), (second, first)}
        entered = {edge.target for edge in edges}
        roots = {
            s.name for s in self._evidence.flow.steps if s.is_entrypoint or s.name not in entered
        }
        if not roots:  # all steps are in a cycle
            return {*self._evidence.steps}
        return roots | {second for first, second in closure(pairs) if first in roots}

    def _begins(self, step: str) -> bool:
        """Return whether a flow begins with a step to which no edge leads."""
        steps = self._evidence.steps
        return steps[step].is_entrypoint or not any(s.is_entrypoint for s in steps.values())

    def _leads_back(self, pair: tuple[str, str], *, is_known: bool) -> bool:
        """Return whether a declared way leads from the second step of *pair* to the first.

        The source has to show that, be it by an edge that is gone, unless it *is_known* that the
        flow still comes to the second step as declared.
        """
        known = self._evidence.declared if is_known else self._shown_as_declared
        return (pair[1], pair[0]) in known

    @cached_property
    def _shown_as_declared(self) -> set[tuple[str, str]]:
        """The pairs that the source joins by what it has, each in a declared order."""
        return closure(self._evidence.declared & self._evidence.shown)

    def _is_announced(self, target: str, found: Evidence) -> bool:
        """Return whether a signal leads to a step that receives messages, from any sender.

        The line of such a call does not name the function.
        """
        return bool(self._evidence.steps[target].receives) and not is_named(
            self._evidence, target, found
        )

    def connections(self) -> Iterator[Connection]:
        """Yield all that directly leads from one step to another."""
        for source, target, found, _ in self._candidates():
            yield Connection(source, target, found)

    def _candidates(self) -> Iterator[tuple[str, str, Evidence, bool]]:
        for (source, target), orders in self._evidence.orders.items():
            for caller, order in orders.items():
                is_shown = order.is_direct and not order.is_carried
                if is_shown and not self._is_provided(source, target, caller, order):
                    yield source, target, of_order(order), True
                    break
        starts = {
            source: {target: start for target, start in found.items() if start.is_direct}
            for source, found in self._evidence.starts.items()
        }
        for source, target, evidence in self._evidence.started(starts):
            yield source, target, evidence, False

    def _is_provided(self, source: str, target: str, caller: Definition, order: Order) -> bool:
        """Return whether a framework calls both steps for the parameters of a function.

        Nobody declares in which order it does, unless as the other one.
        """
        line = caller.location
        is_there = order.first[0] == order.second[0] == line and caller.kind == "function"
        is_reversed = (target, source) in self._evidence.declared
        return is_there and not is_reversed and caller.node.body[0].lineno > line.line

    def _instead(self, first: str, gone: str) -> Iterator[tuple[str, str, Evidence, bool]]:
        """Yield what comes after *first* now that nothing reaches the step after it."""
        for source, target, _ in self._evidence.flow.edges:
            if source == gone and (
                found := [*self._evidence.in_order(first, target, is_loop=False)]
            ):
                yield first, target, found[0], True

    def _later(self) -> Iterator[tuple[str, str, Evidence, bool]]:
        """Yield what a step calls in its own lines after something else of the flow."""
        for source, target, found in self._evidence.started(self._evidence.starts):
            is_later = not self._evidence.starts[source][target].is_direct
            if (
                is_later
                and is_near(self._evidence, target, found)
                and is_named(self._evidence, target, found)
            ):
                yield source, target, found, False


def _without_longer_ways(
    edges: list[tuple[str, str]], news: Mapping[Connection, bool]
) -> tuple[Connection, ...]:
    """Return *news* without those that the rest would declare, and that may be left out.

    Args:
        edges: The edges that are declared or new.
        news: The new ones, and whether each has to stay.
    """
    rest, found = list(edges), list(news)
    for one, has_to_stay in news.items():
        pair = one.source, one.target
        others = [each for each in rest if each != pair]
        if not has_to_stay and pair in closure(others):
            rest = others
            found.remove(one)
    return tuple(found)
