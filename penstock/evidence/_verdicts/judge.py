"""The verdict on each declared edge, and what the source has that no edge declares."""

import re
from collections.abc import Iterator, Mapping

from penstock.evidence._model import CheckedStep, EdgeEvidence, Evidence, FlowReport, Verdict
from penstock.evidence._verdicts.back import back, is_always_called, repeated
from penstock.evidence._verdicts.doubts import Doubts
from penstock.evidence._verdicts.evidence import FlowEvidence, of_order, of_start
from penstock.evidence._verdicts.frameworks import in_framework_order
from penstock.evidence._verdicts.sending import Sending
from penstock.evidence._verdicts.undeclared import Undeclared

__all__ = ["judge", "judge_declared"]

_WORD = re.compile(r"\w+")


def judge(evidence: FlowEvidence) -> FlowReport:
    """Return the verdicts on the edges of a flow, what it does not declare, and all there is."""
    flow, doubts, others = evidence.flow, Doubts(evidence), Undeclared(evidence)
    judged = _Judge(evidence, doubts)
    edges = tuple(judged.edge(source, target, loop) for source, target, loop in flow.edges)
    edges = doubts.behind_unknown(edges)
    undeclared = others.undeclared(edges)
    known = {(one.source, one.target) for one in undeclared}
    found = [one for one in back(evidence, edges) if (one.source, one.target) not in known]
    always = tuple(one for one in found if is_always_called(evidence, one))
    more = [*undeclared, *always]
    known |= {(one.source, one.target) for one in always}
    more += [one for one in repeated(evidence) if (one.source, one.target) not in known]
    return FlowReport(
        flow.name,
        edges,
        tuple(more),
        back=tuple(one for one in found if one not in always),
        connections=tuple(others.connections()),
    )


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


class _Judge:
    def __init__(self, evidence: FlowEvidence, doubts: Doubts) -> None:
        self._evidence, self._doubts = evidence, doubts

    def edge(self, source: str, target: str, is_loop: bool) -> EdgeEvidence:
        """Return the verdict on one edge."""
        known = judge_declared(source, target, self._evidence.steps)
        if known is not None and known.verdict == "unchecked":
            return known
        orders = self._evidence.in_order(source, target, is_loop=is_loop)
        found = [*self._calls(source, target), *orders]
        found += known.evidence if known is not None else ()
        sending = [] if found else [*self._sending(source, target)]
        found += [each for one in sending for each in one.evidence]
        if not found and target in self._evidence.kept.get(source, {}):
            found.append(of_start(self._evidence.kept[source][target]))
        if not found and source in self._evidence.located and target in self._evidence.located:
            found += filter(None, [in_framework_order(self._evidence, source, target)])
            found += self._evidence.in_wrappers(source, target)
        if found:
            against = self._other_way(source, target)
            verdict: Verdict = "mixed" if against and found[0].kind == "order" else "supported"
            return EdgeEvidence(source, target, verdict, tuple(found), against)
        for name in (source, target):
            if name not in self._evidence.located:
                reason = self._evidence.absent.get(name, f"{name} is not in the source")
                return EdgeEvidence(source, target, "unverified", reason=reason)
        against = tuple(self._evidence.in_order(target, source, is_loop=False))
        unknown = [each.step for each in sending if not each.is_known]
        if unknown and not against:
            reason = f"{unknown[0]} sends to {target}, perhaps after {source}"
            location = self._evidence.located[unknown[0]].location
            return EdgeEvidence(source, target, "unverified", (), (), reason, location)
        return self._doubts.unsupported(source, target, against, is_loop=is_loop)

    def _calls(self, source: str, target: str) -> Iterator[Evidence]:
        start = self._evidence.starts.get(source, {}).get(target)
        if start is not None:
            yield of_start(start)

    def _sending(self, source: str, target: str) -> Iterator[Sending]:
        """Yield the steps that send to *target* by a channel, and lead to or follow *source*."""
        evidence = self._evidence
        receives = evidence.steps[target].receives if target in evidence.located else ()
        for sender, step in evidence.steps.items():
            channels = [each for each in step.sends if each in receives]
            # Where the source shows how the message gets there, it shows the order as well.
            is_shown = target in evidence.starts.get(sender, {})
            if not channels or is_shown or sender == source or sender not in evidence.located:
                continue
            is_before = any(evidence.in_order(source, sender, is_loop=False))
            if is_before or sender in evidence.callers(source):
                words = [_WORD.findall(each) for each in channels]
                yield Sending(sender, source, evidence, {each[-1] for each in words if each})

    def _other_way(self, source: str, target: str) -> tuple[Evidence, ...]:
        """Return where both steps are the other way round, and only that."""
        if (target, source) in self._evidence.declared:
            return ()
        orders = self._evidence.orders
        right = {c for c, o in orders.get((source, target), {}).items() if not o.is_carried}
        return tuple(
            of_order(order)
            for caller, order in orders.get((target, source), {}).items()
            if caller not in right and not order.is_carried
        )
