"""The verdict on each declared edge, and what the source has that no edge declares."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from penstock._declared.step import Location
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import (
    RECEIVING,
    SENDING,
    STORING,
    last_of,
)
from penstock.evidence._analysis.passed import PLAIN, decorators_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._analysis.values import External, Function
from penstock.evidence._model import (
    CheckedFlow,
    CheckedStep,
    Connection,
    EdgeEvidence,
    Evidence,
    FlowReport,
    Kind,
    Verdict,
)
from penstock.evidence._order.states import Order, Start
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in, written
from penstock.evidence._source.project import Project
from penstock.evidence._unresolved import WaysOut

__all__ = ["FlowEvidence", "judge", "judge_declared"]

_MANY_USES = 8
"""From how many lines a step may be called for a further call to be news."""


_WORD = re.compile(r"\w+")

_MAIL = re.compile(r"mail|smtp|sendgrid|postmark", re.IGNORECASE)
"""The names of libraries that send mail."""

_OF_HTTP = {"post", "request"}
"""Methods that send to another program, which `get` of the same object receives from."""

_ADDRESS = re.compile(r"web_?hook|(?:call_?back|notify|notification|return)_?ur[il]", re.IGNORECASE)
"""How a variable is called with an address at which another program calls this one."""

_CHANGING = {"clear", "remove", "flush"}
"""Further methods of a database, of whose names other objects have methods, too."""

_OF_STORING = re.compile(r"\b(?:pre|post|before|after)_|m2m_changed|committed|^sqlalchemy\.event$")
"""How a decorator, or a library, names a signal that what is stored announces."""


@dataclass(frozen=True, kw_only=True)
class FlowEvidence:
    """The evidence for the steps of one flow."""

    project: Project
    located: Mapping[str, Definition]
    starts: Mapping[str, Mapping[str, Start]]
    outside: Mapping[str, Mapping[Outside, frozenset[str]]]
    """The unresolved calls of each step, with the steps that may have run before each."""

    orders: Mapping[tuple[str, str], Mapping[Definition, Order]]
    definitions: frozenset[Definition]
    engine: Engine
    ways: WaysOut
    absent: Mapping[str, str]
    """Why the source of a step cannot be read, for those that are not known to be gone."""


def judge(flow: CheckedFlow, evidence: FlowEvidence) -> FlowReport:
    """Return the verdicts on the edges of *flow*, what it does not declare, and all there is."""
    judged = _Judge(flow, evidence)
    edges = tuple(judged.edge(source, target, loop) for source, target, loop in flow.edges)
    edges = judged.behind_unknown(edges)
    undeclared = judged.undeclared(edges)
    back = tuple(one for one in judged.back(edges) if one not in undeclared)
    connections = tuple(judged.connections())
    return FlowReport(flow.name, edges, undeclared, back=back, connections=connections)


def judge_declared(
    source: str, target: str, steps: Mapping[str, CheckedStep]
) -> EdgeEvidence | None:
    """Return the verdict on an edge that the declaration alone decides, or None."""
    first, second = steps.get(source), steps.get(target)
    if second is not None and second.unchecked is not None:
        return EdgeEvidence(source, target, "unchecked", reason=second.unchecked)
    if first is None or second is None:
        return None
    shared = [channel for channel in first.sends if channel in second.receives]
    if not shared:
        return None
    found = tuple(Evidence("channel", channel=channel) for channel in shared)
    return EdgeEvidence(source, target, "supported", found)


class _Sending:
    """A step that sends to another by a channel, perhaps after *source*."""

    def __init__(self, step: str, source: str, evidence: FlowEvidence, names: set[str]) -> None:
        self.step, self._source, self._evidence = step, source, evidence
        calls = [*self._calls()]
        # A line with the name of the channel sends by this one, and by no other.
        named = [
            (call, is_after)
            for call, is_after in calls
            if any(evidence.project.is_named_at(call.location, name) for name in names)
        ]
        self._is_named = bool(named)
        self._after = [call for call, is_after in named or calls if is_after]
        self._is_always = bool(self._after) and all(is_after for _, is_after in calls)

    def _calls(self) -> Iterator[tuple[Outside, bool]]:
        """Yield the calls that may send, and whether each may be after the source."""
        source, evidence = self._source, self._evidence
        inner = {source, *evidence.starts.get(source, {})}
        others = (each for each in evidence.starts.get(self.step, {}) if each not in inner)
        for each in (self.step, *others):
            is_behind = any(_of_one_round(evidence.orders.get((source, each), {})))
            for call, before in evidence.outside.get(each, {}).items():
                if last_of(call.library or call.text) in SENDING:
                    yield call, is_behind or (each == self.step and source in before)

    @property
    def evidence(self) -> Iterator[Evidence]:
        """The order of the source and what sends."""
        orders = self._evidence.orders.get((self._source, self.step), {})
        for caller, order in _of_one_round(orders):
            yield Evidence("order", order.second, order.first, caller.label)
        start = self._evidence.starts.get(self.step, {}).get(self._source)
        if start is not None and self._after and (self._is_named or self._is_always):
            step = self._evidence.located[self.step]
            yield Evidence("order", (self._after[0].location,), start.path, step.label)

    @property
    def is_known(self) -> bool:
        """Whether the source shows that it sends before the source, and not after."""
        return self._is_named and not self._after


def _of_one_round(orders: Mapping[Definition, Order]) -> Iterator[tuple[Definition, Order]]:
    """Return the orders for which no loop has to go round again."""
    return ((caller, order) for caller, order in orders.items() if not order.is_carried)


class _Judge:
    def __init__(self, flow: CheckedFlow, evidence: FlowEvidence) -> None:
        self._flow, self._evidence = flow, evidence
        self._steps: dict[str, CheckedStep] = {step.name: step for step in flow.steps}
        self._ways = evidence.ways
        self._declared = _closure((source, target) for source, target, _ in flow.edges)

    # Declared edges

    def edge(self, source: str, target: str, is_loop: bool) -> EdgeEvidence:
        """Return the verdict on one edge."""
        known = judge_declared(source, target, self._steps)
        if known is not None and known.verdict == "unchecked":
            return known
        found = [*self._calls(source, target), *self._in_order(source, target, is_loop)]
        found += known.evidence if known is not None else ()
        sending = [] if found else [*self._sending(source, target)]
        found += [each for one in sending for each in one.evidence]
        if found:
            against = self._other_way(source, target)
            verdict: Verdict = "mixed" if against and found[0].kind == "order" else "supported"
            return EdgeEvidence(source, target, verdict, tuple(found), against)
        for name in (source, target):
            if name not in self._evidence.located:
                reason = self._evidence.absent.get(name, f"{name} is not in the source")
                return EdgeEvidence(source, target, "unverified", reason=reason)
        against = tuple(self._in_order(target, source, is_loop=False))
        unknown = [each.step for each in sending if not each.is_known]
        if unknown and not against:
            reason = f"{unknown[0]} sends to {target}, perhaps after {source}"
            location = self._evidence.located[unknown[0]].location
            return EdgeEvidence(source, target, "unverified", (), (), reason, location)
        return self._unsupported(source, target, against, is_loop=is_loop)

    def _calls(self, source: str, target: str) -> Iterator[Evidence]:
        start = self._evidence.starts.get(source, {}).get(target)
        if start is not None:
            yield Evidence("hand-off" if start.is_handed_off else "call", start.path)

    def _in_order(self, source: str, target: str, is_loop: bool) -> Iterator[Evidence]:
        for caller, order in self._evidence.orders.get((source, target), {}).items():
            if not order.is_carried or is_loop:
                yield Evidence("order", order.second, order.first, caller.label)

    def _sending(self, source: str, target: str) -> Iterator[_Sending]:
        """Yield the steps that send to *target* by a channel, and lead to or follow *source*."""
        evidence = self._evidence
        receives = self._steps[target].receives if target in evidence.located else ()
        for sender, step in self._steps.items():
            channels = [each for each in step.sends if each in receives]
            # Where the source shows how the message gets there, it shows the order as well.
            is_shown = target in evidence.starts.get(sender, {})
            if not channels or is_shown or sender == source or sender not in evidence.located:
                continue
            is_before = any(self._in_order(source, sender, is_loop=False))
            if is_before or sender in self._callers(source):
                words = [_WORD.findall(each) for each in channels]
                yield _Sending(sender, source, evidence, {each[-1] for each in words if each})

    def _other_way(self, source: str, target: str) -> tuple[Evidence, ...]:
        """Return where both steps are the other way round, and only that."""
        if (target, source) in self._declared:
            return ()
        orders = self._evidence.orders
        right = {c for c, o in orders.get((source, target), {}).items() if not o.is_carried}
        return tuple(
            Evidence("order", order.second, order.first, caller.label)
            for caller, order in orders.get((target, source), {}).items()
            if caller not in right and not order.is_carried
        )

    def _unsupported(
        self, source: str, target: str, against: tuple[Evidence, ...], *, is_loop: bool
    ) -> EdgeEvidence:
        if against:
            return EdgeEvidence(source, target, "contradicted", (), against)
        if self._is_in_unknown_order(source, target):
            reason = f"one call in a loop leads to both {source} and {target}, in an unknown order"
            return EdgeEvidence(source, target, "unverified", reason=reason)
        is_reached = self._is_reached(target)
        only = source if is_reached else None
        after = None if is_loop else source
        unresolved = self._unresolved(self._callers(source), target, only, after)
        if unresolved is None and not self._is_entered(source) and self._is_used(target):
            # What leads to *source* may lead to *target* after it.
            others = [each for each in self._evidence.outside if each != source]
            unresolved = self._unresolved(others, source, source, None)
        if unresolved is None and not is_loop:
            unresolved = self._unresolved_pair(source, target)
        if unresolved is not None:
            location = unresolved.location
            return EdgeEvidence(source, target, "unverified", (), (), unresolved.reason, location)
        for reason, location in self._ways_elsewhere(source, target, is_reached=is_reached):
            return EdgeEvidence(source, target, "unverified", (), (), reason, location)
        return EdgeEvidence(source, target, "contradicted", (), against)

    def _ways_elsewhere(
        self, source: str, target: str, *, is_reached: bool
    ) -> Iterator[tuple[str, Location]]:
        """Yield why *source* may lead to *target* by what the source does not show, and where."""
        location, is_used = self._evidence.located[source].location, self._is_used(target)
        if is_used and (queue := self._queue(source, target)):
            yield f"{source} sends by {queue.text}, and {target} gets what is there", queue.location
        gateway = self._gateway(source, target)
        if is_used and gateway is not None and not is_reached:
            reason = f"{source} sends by {gateway.text}, and {target} is called from elsewhere"
            yield reason, gateway.location
        address = self._address(source, target)
        if address is not None and not is_reached:
            yield f"{source} has {address}, by which others may call {target}", location
        if self._has_no_body(source):
            yield f"{source} has no body yet", location

    def _has_no_body(self, step: str) -> bool:
        """Return whether somebody has yet to write the function of *step*, or an override."""
        function, engine = self._evidence.located[step], self._evidence.engine
        cls = function.parent
        if not function.is_stub or cls is None or cls.kind != "class":
            return function.is_stub
        return not any(engine.own(each, function.name) for each in engine.subclasses(cls))

    def behind_unknown(self, edges: tuple[EdgeEvidence, ...]) -> tuple[EdgeEvidence, ...]:
        """Return *edges* with none contradicted whose first step only an unresolved call reaches.

        That call may run both steps, in the declared order.
        """
        starts, orders = self._evidence.starts.items(), self._evidence.orders.items()
        pairs = {(source, each) for source, found in starts for each in found}
        pairs |= {pair for pair, found in orders if any(not o.is_carried for o in found.values())}
        known = _closure(pairs)
        entered = self._entered(known)
        forth = _closure(
            (source, target) for source, target, is_loop in self._flow.edges if not is_loop
        )
        causes = [e for e in edges if e.verdict == "unverified" and e.location is not None]
        found = list(edges)
        for cause in causes:
            for number, edge in enumerate(found):
                if edge.verdict != "contradicted" or edge.against or not self._is_used(edge.target):
                    continue
                source, target = edge.source, edge.target
                if source not in entered:
                    is_behind = cause.target == source or (cause.target, source) in known
                elif cause.target == source and self._is_followed(cause, target):
                    # A way to the first step that leads over what follows the edge is another.
                    late = {target, *(after for first, after in forth if first == target)}
                    around = _closure(pair for pair in pairs if late.isdisjoint(pair))
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

    def _entered(self, known: AbstractSet[tuple[str, str]]) -> set[str]:
        """Return the steps to which the source shows a way from where the flow begins."""
        targets = {target for _, target, _ in self._flow.edges}
        first = {s.name for s in self._flow.steps if s.is_entrypoint or s.name not in targets}
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

    def _is_entered(self, step: str) -> bool:
        """Return whether something leads to *step*, as far as the source shows it."""
        return self._steps[step].is_entrypoint or self._is_reached(step)

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

    def _is_reached(self, target: str) -> bool:
        """Return whether something else of the flow leads to *target*."""
        if any(target in starts for starts in self._evidence.starts.values()):
            return True
        return any(second == target for _, second in self._evidence.orders)

    def _callers(self, name: str) -> list[str]:
        """Return *name*, and the steps that it is called from."""
        found = [name]
        for each in found:
            found += [
                caller
                for caller, starts in self._evidence.starts.items()
                if each in starts and caller not in found
            ]
        return found

    def _unresolved(
        self, steps: list[str], target: str, only: str | None, after: str | None
    ) -> Outside | None:
        """Return a call that may lead to *target*, of which nobody knows where it leads.

        Args:
            steps: The steps that may call it.
            target: The step that they may lead to.
            only: The step in which values that are called count, if not in all.
            after: The step that calls, or has run before the call, if not any.
        """
        wanted = self._evidence.located[target]
        for step in steps:
            for outside, before in self._evidence.outside.get(step, {}).items():
                if after is not None and step != after and after not in before:
                    continue
                is_own = only is None or step == only
                if self._ways.may_lead(outside, wanted, is_own=is_own):
                    return outside
        return None

    def _unresolved_pair(self, source: str, target: str) -> Outside | None:
        """Return a call that may lead to *source*, before one in its function to *target*.

        Only names count. A call of *target* that is resolved is as good as one that is not.
        """
        evidence = self._evidence
        first, second = evidence.located[source], evidence.located[target]

        def may_lead(call: Outside, wanted: Definition) -> bool:
            return self._ways.may_lead(call, wanted, is_own=False)

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

    def _gateway(self, source: str, target: str) -> Outside | None:
        is_receiver = self._receives_what_is_stored(target)
        for outside in self._evidence.outside.get(source, ()):
            is_stored = last_of(outside.library or outside.text) in STORING | _CHANGING
            if self._may_send(outside) or (is_stored and is_receiver):
                return outside
        return None

    def _receives_what_is_stored(self, target: str) -> bool:
        """Return whether *target* is a receiver of a signal of a database, by any way to say so."""
        function = self._evidence.located[target]
        if any(_OF_STORING.search(written(each)) for each in function.decorators):
            return True
        registered = self._evidence.engine.registered.items()
        return any(
            isinstance(value, Function) and value.definition is function
            for owner, values in registered
            if isinstance(owner, External) and _OF_STORING.search(owner.name)
            for value in values
        )

    def _may_send(self, outside: Outside) -> bool:
        """Return whether a call may send what a step gets, and not something to a person."""
        library = outside.library or ""
        last = last_of(library or outside.text)
        if last not in SENDING or _MAIL.search(library):
            return False
        if last == "submit":
            return not outside.hands_off  # to an executor
        # What gets messages from a queue ends with None.
        named_at = self._evidence.project.is_named_at
        return not (last.startswith("put") and named_at(outside.location, f"{last}(None)"))

    def _queue(self, source: str, target: str) -> Outside | None:
        """Return a call of *source* that sends by what *target* receives from, by its name."""
        outside = self._evidence.outside
        received = (call.text.rpartition(".") for call in outside.get(target, ()))
        owners = {last_of(owner) for owner, _, name in received if name in RECEIVING}
        for call in outside.get(source, ()):
            owner, _, name = call.text.rpartition(".")
            if name in SENDING - _OF_HTTP and last_of(owner) in owners:
                return call
        return None

    def _address(self, source: str, target: str) -> str | None:
        """Return the name of an address in *source* at which others call something."""
        if not self._steps[target].is_entrypoint:
            return None
        node = self._evidence.located[source].node
        names = (each.id for each in nodes_in(node) if isinstance(each, ast.Name))
        return next((name for name in names if _ADDRESS.search(name)), None)

    def _is_used(self, target: str) -> bool:
        """Return whether *target* may run: the flow leads there, or the rest of the project may.

        What the flow runs and does not lead there is known, though it may name *target*.
        """
        if self._is_reached(target):
            return True
        wanted, project = self._evidence.located[target], self._evidence.project
        callers = (d for d in project.callers_of(wanted) if d not in self._evidence.definitions)
        return self._is_known_to_others(target) or project.is_value(wanted) or any(callers)

    def _is_known_to_others(self, target: str) -> bool:
        """Return whether a framework may know *target*, by a decorator or by its class."""
        definition = self._evidence.located[target]
        is_known = self._steps[target].is_entrypoint or decorators_of(definition) - PLAIN
        return bool(is_known) or self._ways.is_of_library(definition)

    # Undeclared edges

    def undeclared(self, edges: tuple[EdgeEvidence, ...]) -> tuple[Connection, ...]:
        """Return what the source has and no edge declares."""
        kept = [(e.source, e.target) for e in edges if e.verdict != "contradicted"]
        live = self._alive(edges)
        entered = {target for source, target in kept if source in live}
        gone = {(e.source, e.target) for e in edges if e.verdict == "contradicted"}
        declared = {(e.source, e.target) for e in edges}
        closure = _closure(kept)
        news: dict[Connection, bool] = {}
        left = ((first, after) for first, after in gone if after not in live)
        instead = (each for pair in left for each in self._instead(*pair))
        for source, target, found, is_order in (*instead, *self._candidates(), *self._later()):
            if (source, target) in closure or source == target:
                continue
            is_bypass = False
            is_reversed = (target, source) in gone
            is_way = (source, target) in self._declared
            is_back = not is_way and (
                (target, source) in closure or self._leads_back(source, target)
            )
            is_ours = is_back or self._is_announced(target, found)
            if self._steps[target].unchecked is not None or (is_ours and not is_reversed):
                continue
            is_turned = (target, source) in self._declared and (
                is_order or is_reversed or self._is_near(target, found)
            )
            if target in entered and not is_turned:
                # What a declared way led to is news only where that way breaks off.
                # After a step that nothing reaches any more, the first that is reached is news.
                starts = {*self._evidence.starts.get(source, ())} - {target}
                is_first = not any((each, target) in closure for each in starts)
                is_bypass = not is_order and any(
                    (after, target) in declared or (is_first and after not in live)
                    for first, after in gone
                    if first == source and (after, target) in self._declared
                )
                is_news = is_bypass if is_way else self._is_near(target, found)
                is_left = (is_order or self._is_near(target, found)) and any(
                    self._is_left(source, target, edge, live) for edge in gone
                )
                if not is_left and (is_order or not is_news):
                    continue
            kept.append((source, target))
            closure = _closure(kept)
            news[Connection(source, target, found)] = is_reversed or is_bypass
        return _without_longer_ways(kept, news)

    def _is_left(
        self, source: str, target: str, edge: tuple[str, str], live: AbstractSet[str]
    ) -> bool:
        """Return whether *source* may lead to *target* for *edge* is contradicted.

        The edge was the last one of the declared way, or led to a step that nothing reaches now.
        """
        first, after = edge
        if after == target:
            return (source, first) in self._declared
        is_next = any((after, target) == pair[:2] for pair in self._flow.edges)
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
        roots = {s.name for s in self._flow.steps if s.is_entrypoint or s.name not in entered}
        return roots | {second for first, second in _closure(pairs) if first in roots}

    def _leads_back(self, source: str, target: str) -> bool:
        """Return whether *target* leads to *source* as declared, be it by an edge that is gone."""
        if (target, source) not in self._declared:
            return False
        forth = self._evidence.orders.get((target, source), {}).values()
        starts = self._evidence.starts.get(target, {})
        return source in starts or any(not order.is_carried for order in forth)

    def back(self, edges: tuple[EdgeEvidence, ...]) -> Iterator[Connection]:
        """Yield the calls in the lines of a step that lead back to an earlier one, undeclared.

        A helper may be on the way if it is beside the earlier step, in another module.
        """
        loops = {(source, target) for source, target, is_loop in self._flow.edges if is_loop}
        kept = {(e.source, e.target) for e in edges if e.verdict != "contradicted"}
        forth = _closure(kept - loops)
        starts = self._evidence.starts
        calls = _closure(
            (name, each)
            for name, found in starts.items()
            for each, start in found.items()
            if not start.is_handed_off
        )
        for source, target, found in self._started(starts):
            is_recursion = (target, source) in calls
            if is_recursion or (source, target) in self._declared:
                continue
            is_back = (target, source) in forth and self._steps[target].unchecked is None
            if not is_back or self._is_everywhere(target) or not self._is_named(target, found):
                continue
            path = self._without_decorators(found.path, target)
            if len(path) == 1 or self._is_beside(path[-1], target, source):
                yield Connection(source, target, found)

    def _is_beside(self, location: Location, target: str, source: str) -> bool:
        """Return whether a line is in the module of *target*, and *source* is in another."""
        files = [self._evidence.located[name].source.file for name in (target, source)]
        return location.file == files[0] != files[1]

    def _is_near(self, target: str, found: Evidence) -> bool:
        """Return whether a second way to a step is one that its flow should show.

        What helpers do on the way, and what is called everywhere, are details.
        """
        is_direct = len(self._without_decorators(found.path, target)) == 1
        return is_direct and not self._is_everywhere(target)

    def _without_decorators(self, path: tuple[Location, ...], target: str) -> tuple[Location, ...]:
        """Return a way to *target* without the lines of its decorators, which call it last."""
        makers = tuple(
            f"{name}.<locals>." for name in decorators_of(self._evidence.located[target])
        )
        while len(path) > 1:
            function = self._evidence.project.function_at(path[-1])
            if function is None or not function.qualname.startswith(makers):
                break
            path = path[:-1]
        return path

    def _is_everywhere(self, target: str) -> bool:
        uses = self._evidence.project.count_uses(self._evidence.located[target])
        return uses > _MANY_USES

    def _is_announced(self, target: str, found: Evidence) -> bool:
        """Return whether a signal leads to a step that receives messages, from any sender.

        The line of such a call does not name the function.
        """
        return bool(self._steps[target].receives) and not self._is_named(target, found)

    def _is_named(self, target: str, found: Evidence) -> bool:
        """Return whether the line of a call has the name of the function that it leads to.

        That of a special method has the name of its class.
        """
        named = self._evidence.located[target]
        if named.name.startswith("__") and named.parent is not None:
            named = named.parent
        path = self._without_decorators(found.path, target)
        return not path or self._evidence.project.is_named_at(path[-1], named.name)

    def connections(self) -> Iterator[Connection]:
        """Yield all that directly leads from one step to another."""
        for source, target, found, _ in self._candidates():
            yield Connection(source, target, found)

    def _candidates(self) -> Iterator[tuple[str, str, Evidence, bool]]:
        for (source, target), orders in self._evidence.orders.items():
            for caller, order in orders.items():
                if order.is_direct and not order.is_carried:
                    found = Evidence("order", order.second, order.first, caller.label)
                    yield source, target, found, True
                    break
        starts = {
            source: {target: start for target, start in found.items() if start.is_direct}
            for source, found in self._evidence.starts.items()
        }
        for source, target, evidence in self._started(starts):
            yield source, target, evidence, False

    def _instead(self, first: str, gone: str) -> Iterator[tuple[str, str, Evidence, bool]]:
        """Yield what comes after *first* now that nothing reaches the step after it."""
        for source, target, _ in self._flow.edges:
            if source == gone and (found := [*self._in_order(first, target, is_loop=False)]):
                yield first, target, found[0], True

    def _later(self) -> Iterator[tuple[str, str, Evidence, bool]]:
        """Yield what a step calls in its own lines after something else of the flow."""
        for source, target, found in self._started(self._evidence.starts):
            is_later = not self._evidence.starts[source][target].is_direct
            if is_later and self._is_near(target, found) and self._is_named(target, found):
                yield source, target, found, False

    @staticmethod
    def _started(
        starts: Mapping[str, Mapping[str, Start]],
    ) -> Iterator[tuple[str, str, Evidence]]:
        """Yield the steps that others lead to by a call or a hand-off."""
        for source, found in starts.items():
            for target, start in found.items():
                kind: Kind = "hand-off" if start.is_handed_off else "call"
                yield source, target, Evidence(kind, start.path)


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
        if not has_to_stay and pair in _closure(others):
            rest = others
            found.remove(one)
    return tuple(found)


def _closure(edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
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
