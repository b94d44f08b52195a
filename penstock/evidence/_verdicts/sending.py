"""Steps that send to others by a channel."""

from collections.abc import Iterator

from penstock.evidence._analysis.library import SENDING, last_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._model import Evidence
from penstock.evidence._verdicts.evidence import FlowEvidence, of_one_round, of_order

__all__ = ["Sending"]


class Sending:
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
            is_behind = any(of_one_round(evidence.orders.get((source, each), {})))
            for call, before in evidence.outside.get(each, {}).items():
                if last_of(call.library or call.text) in SENDING:
                    yield call, is_behind or (each == self.step and source in before)

    @property
    def evidence(self) -> Iterator[Evidence]:
        """The order of the source and what sends."""
        orders = self._evidence.orders.get((self._source, self.step), {})
        for _, order in of_one_round(orders):
            yield of_order(order)
        start = self._evidence.starts.get(self.step, {}).get(self._source)
        if start is not None and self._after and (self._is_named or self._is_always):
            step = self._evidence.located[self.step]
            yield Evidence("order", (self._after[0].location,), start.path, step.label)

    @property
    def is_known(self) -> bool:
        """Whether the source shows that it sends before the source, and not after."""
        return self._is_named and not self._after
