"""Why an edge without evidence may be true: calls that nobody can resolve."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from itertools import takewhile

from penstock._declared.step import Location
from penstock.evidence._analysis.guesses import OF_TYPES
from penstock.evidence._analysis.library import OF_LIBRARIES, UNREAD, last_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._model import EdgeEvidence, Evidence
from penstock.evidence._source.files import Definition
from penstock.evidence._verdicts.elsewhere import Elsewhere
from penstock.evidence._verdicts.evidence import FlowEvidence, closure
from penstock.evidence._verdicts.lines import is_rare

__all__ = ["Doubts"]


class Doubts:
    """The doubts about the edges of one flow."""

    def __init__(self, evidence: FlowEvidence) -> None:
        self._evidence = evidence
        self._elsewhere = Elsewhere(evidence)

    def unsupported(
        self, source: str, target: str, against: tuple[Evidence, ...], *, is_loop: bool
    ) -> EdgeEvidence:
        is_reached = self._evidence.is_reached(target)
        only = source if is_reached else None
        after = None if is_loop else source
        is_moved = self._is_moved(source, target)
        if against:
            # What runs the other way round may run this way, too, by a call of the first step.
            call = self._unresolved([source], target, only, after, is_moved=is_moved)
            call = call or self._named(self._evidence.callers(source)[1:], target, after)
            if call is not None:
                return _unverified(source, target, call)
            return self._by_other_ways(
                source, target, against, self._elsewhere.of_libraries(source, target)
            )
        if self._is_in_unknown_order(source, target):
            reason = f"one call in a loop leads to both {source} and {target}, in an unknown order"
            return EdgeEvidence(source, target, "unverified", reason=reason)
        callers = self._evidence.callers(source)
        unresolved = self._unresolved(callers, target, only, after, is_moved=is_moved)
        if (
            unresolved is None
            and not self._evidence.is_entered(source)
            and self._evidence.is_used(target)
        ):
            # What leads to *source* may lead to *target* after it.
            others = [
                each
                for each in self._evidence.outside
                if each != source and self._may_lead_on(each, target)
            ]
            unresolved = self._unresolved(others, source, source, None)
        if unresolved is None and not is_loop:
            unresolved = self._unresolved_pair(source, target)
        if unresolved is not None:
            return _unverified(source, target, unresolved)
        ways = self._elsewhere.ways(source, target, is_reached=is_reached)
        return self._by_other_ways(source, target, against, ways)

    def _is_moved(self, source: str, target: str) -> bool:
        """Return whether the source shows how the flow comes to *target*, by no declared edge.

        What only looks like a way to it is not needed to explain that it runs.
        """
        evidence = self._evidence
        declared = {first for first, second, _ in evidence.flow.edges if second == target}
        before = {first for first, second in evidence.shown if second == target}
        is_shown = any(evidence.is_entered(each) for each in before - {source, target})
        return is_shown and before.isdisjoint(declared) and is_rare(evidence, target)

    def _by_other_ways(
        self,
        source: str,
        target: str,
        against: tuple[Evidence, ...],
        ways: Iterator[tuple[str, Location]],
    ) -> EdgeEvidence:
        """Return the verdict on an edge that no call supports, or leaves open."""
        for reason, location in ways:
            return EdgeEvidence(source, target, "unverified", (), (), reason, location)
        return EdgeEvidence(source, target, "contradicted", (), against)

    def behind_unknown(self, edges: tuple[EdgeEvidence, ...]) -> tuple[EdgeEvidence, ...]:
        """Return *edges* with none contradicted whose first step only an unresolved call reaches.

        That call may run both steps, in the declared order.
        """
        pairs = self._evidence.shown
        known = closure(pairs)
        entered = self._entered(known)
        run = closure((each, one) for each, ways in self._evidence.starts.items() for one in ways)
        forth = closure(
            (source, target) for source, target, is_loop in self._evidence.flow.edges if not is_loop
        )
        causes = [e for e in edges if e.verdict == "unverified" and e.location is not None]
        found = list(edges)
        for cause in causes:
            for number, edge in enumerate(found):
                if (
                    edge.verdict != "contradicted"
                    or edge.against
                    or not self._evidence.is_used(edge.target)
                ):
                    continue
                source, target = edge.source, edge.target
                if source not in entered:
                    # What the call leads to may be known to lead to both, and not in this order.
                    # What follows its steps where others call them says nothing about that.
                    is_behind = cause.target == source or (
                        (cause.target, source) in known and (cause.target, target) not in run
                    )
                    is_behind = is_behind and self._may_follow(cause, target, forth)
                elif cause.target == source and self._is_followed(cause, target):
                    # A way to the first step that leads over what follows the edge is another.
                    late = {target, *(after for first, after in forth if first == target)}
                    around = closure(pair for pair in pairs if late.isdisjoint(pair))
                    is_behind = (cause.source, source) not in around
                else:
                    is_behind = (cause.target == source or (cause.target, source) in forth) and any(
                        second == target
                        and (first == cause.source or (first, cause.source) in forth)
                        and (first, source) not in known
                        for first, second in pairs
                    )
                if is_behind:
                    found[number] = replace(
                        edge, verdict="unverified", reason=cause.reason, location=cause.location
                    )
                    causes.append(found[number])
        return tuple(found)

    def _may_follow(
        self, cause: EdgeEvidence, target: str, forth: AbstractSet[tuple[str, str]]
    ) -> bool:
        """Return whether *target* may run after what an unresolved call leads to.

        The function with the call leads there, the same call may in a loop, or another function
        may, which the call runs.
        """
        is_entered = self._evidence.is_entered(cause.source)
        if any(
            second == target
            and (first == cause.source or (not is_entered and (first, cause.source) in forth))
            for first, second in self._evidence.shown
        ):
            return True
        first, second = self._evidence.located[cause.target], self._evidence.located[target]
        ways = self._evidence.ways
        return ways.may_run_both(first, second) or any(
            each.location == cause.location and ways.may_lead(each, second, is_own=True)
            for calls in self._evidence.outside.values()
            for each in calls
        )

    def _may_lead_on(self, step: str, target: str) -> bool:
        """Return whether *target* may follow what *step* calls.

        It does not where the source shows how it comes to both, and not in this order.
        """
        evidence = self._evidence
        is_known = evidence.is_reached(target) and evidence.is_entered(step)
        return not is_known or (step, target) in evidence.shown

    def _entered(self, known: AbstractSet[tuple[str, str]]) -> set[str]:
        """Return the steps to which the source shows a way from where the flow begins."""
        targets = {target for _, target, _ in self._evidence.flow.edges}
        first = {
            s.name for s in self._evidence.flow.steps if s.is_entrypoint or s.name not in targets
        }
        return first | {target for source, target in known if source in first}

    def _is_followed(self, cause: EdgeEvidence, target: str) -> bool:
        """Return whether *target* comes after an unresolved call in the function that has it."""
        evidence, unresolved = self._evidence, cause.location
        orders = evidence.orders.get((cause.source, target), {}).values()
        ways = [order.second for order in orders if not order.is_carried]
        if target in evidence.starts.get(cause.source, {}):
            ways.append(evidence.starts[cause.source][target].path)
        return unresolved is not None and any(
            way[0].line > unresolved.line
            and evidence.project.function_at(way[0]) is evidence.project.function_at(unresolved)
            for way in ways
        )

    def _is_in_unknown_order(self, source: str, target: str) -> bool:
        """Return whether one call in a loop leads to both steps, by what it calls each time."""
        orders = self._evidence.orders.get((source, target), {}).values()
        return any(self._is_chosen(order.first, order.second) for order in orders)

    def _is_chosen(self, first: tuple[Location, ...], second: tuple[Location, ...]) -> bool:
        """Return whether two ways part where one call has several targets."""
        pairs = zip(first, second, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same in {0, len(first), len(second)}:
            return same > 0
        project = self._evidence.project
        return project.function_at(first[same]) is not project.function_at(second[same])

    def _unresolved(
        self,
        steps: list[str],
        target: str,
        only: str | None,
        after: str | None,
        *,
        is_moved: bool = False,
    ) -> Outside | None:
        """Return a call that may lead to *target*, of which nobody knows where it leads.

        Args:
            steps: The steps that may call it.
            target: The step that they may lead to.
            only: The step in which values that are called count, if not in all.
            after: The step that calls, or has run before the call, if not any.
            is_moved: Whether the source shows another way to *target*: only names count then.
        """
        wanted = self._evidence.located[target]
        for step in steps:
            for outside, before in self._evidence.outside.get(step, {}).items():
                if is_moved and not _is_by_name(outside):
                    continue
                if after is not None and step != after and after not in before:
                    continue
                is_own = not is_moved and (only is None or step == only)
                if self._evidence.ways.may_lead(outside, wanted, is_own=is_own):
                    return outside
        return None

    def _named(self, steps: list[str], target: str, after: str | None) -> Outside | None:
        """Return a call of something with the name of *target*, of an object that is not known."""
        wanted = self._evidence.located[target]
        if wanted.name in OF_TYPES | OF_LIBRARIES:
            return None
        return next(
            (
                outside
                for step in steps
                for outside, before in self._evidence.outside.get(step, {}).items()
                if outside.text.endswith(f".{wanted.name}")
                and (after is None or after in before)
                and self._evidence.ways.may_lead(outside, wanted, is_own=False)
            ),
            None,
        )

    def _unresolved_pair(self, source: str, target: str) -> Outside | None:
        """Return a call that may lead to *source*, before one in its function to *target*.

        Only names count. A call of *target* that is resolved is as good as one that is not.
        """
        evidence = self._evidence
        first, second = evidence.located[source], evidence.located[target]

        def may_lead(call: Outside, wanted: Definition) -> bool:
            return self._evidence.ways.may_lead(call, wanted, is_own=False)

        for step, function, calls in self._calls_by_function:
            start = evidence.starts.get(step, {}).get(target)
            line = 0
            if start is not None and evidence.project.function_at(start.path[0]) is function:
                line = start.path[0].line
            is_pair = line > calls[0].location.line or len(calls) > 1
            one = next((c for c in calls if may_lead(c, first)), None) if is_pair else None
            if one is not None and (
                line > one.location.line
                or any(may_lead(c, second) for c in calls if c.location.line > one.location.line)
            ):
                return one
        return None

    @cached_property
    def _calls_by_function(self) -> list[tuple[str, Definition | None, list[Outside]]]:
        """The calls of each step, one after the other in each function."""
        found: dict[tuple[str, Definition | None], list[Outside]] = {}
        for step, calls in self._evidence.outside.items():
            for call in calls:
                function = self._evidence.project.function_at(call.location)
                found.setdefault((step, function), []).append(call)
        return [
            (*key, sorted(calls, key=lambda call: call.location.line))
            for key, calls in found.items()
        ]


def _unverified(source: str, target: str, call: Outside) -> EdgeEvidence:
    """Return the verdict on an edge to which *call* may lead."""
    return EdgeEvidence(source, target, "unverified", (), (), call.reason, call.location)


def _is_by_name(call: Outside) -> bool:
    """Return whether a call says by a name that is not common what it may lead to."""
    if call.library is not None:
        return call.is_lost or call.library.startswith(UNREAD)
    return last_of(call.text) not in OF_TYPES | OF_LIBRARIES
