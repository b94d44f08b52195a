"""The ways to each step: where a run may have begun, and which arms of branches it took."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import and_

from penstock._declared.step import Edge, Step
from penstock.graph._structure import Successors, find_cyclic, order

__all__ = ["Ways", "find_ways"]

_MOST_WAYS = 256
"""Beyond this many ways to a step, its joins count as possible: no false alarms."""

Way = tuple[str, int, int]
"""One way: its entrypoint, the arms that it takes, and the arms that these rule out, as bits."""

Ways = frozenset[Way]

_UNKNOWN: Ways = frozenset({("", 0, 0)})
"""The ways to a step that nobody declared: anything may lead there."""


def find_ways(
    steps: Mapping[str, Step], following: Successors, *, has_cycle: bool
) -> Mapping[str, Ways]:
    """Return the ways to each of *steps*, found by following edges until nothing is new."""
    finder = _Finder(steps, find_cyclic(following) if has_cycle else set())
    waiting = deque(order(following))
    queued = set(waiting)
    while waiting:
        name = waiting.popleft()
        queued.remove(name)
        if finder.update(steps[name]):
            new = [target for target in dict.fromkeys(following[name]) if target not in queued]
            waiting.extend(new)
            queued.update(new)
    return finder.ways


class _Finder:
    """The ways that are known up to now.

    Equal sets are one object here, so that a long tail of steps behind many
    ways costs no more than one of them.
    """

    def __init__(self, steps: Mapping[str, Step], cyclic: set[str]) -> None:
        self.ways: dict[str, Ways] = dict.fromkeys(steps, frozenset())
        self._arms = _number_arms(steps, cyclic)
        self._known: dict[Ways, Ways] = {}
        self._minimal: dict[frozenset[tuple[str, int]], frozenset[tuple[str, int]]] = {}

    def update(self, step: Step) -> bool:
        """Look at what leads to *step* again, and return whether that is news."""
        found = self._ways_to(step)
        found = self._known.setdefault(found, found)
        is_new = found != self.ways[step.name]
        self.ways[step.name] = found
        return is_new

    def _ways_to(self, step: Step) -> Ways:
        own: Ways = frozenset({(step.name, 0, 0)} if step.is_entrypoint else ())
        arriving = [self._arrive(edge) for edge in step.after]
        if step.join == "all":
            return self._shortest(own | _joined(arriving))
        several = {id(ways): ways for ways in (own, *arriving) if ways}.values()
        merged = next(iter(several)) if len(several) == 1 else own.union(*several)
        return merged if merged in self._known else self._shortest(merged)

    def _arrive(self, edge: Edge) -> Ways:
        """Return the ways that go on by *edge*, and by the arm that it is."""
        ways = self.ways.get(edge.source, _UNKNOWN)
        arm = self._arms.get((edge.source, edge.label))
        if arm is None:
            return ways
        taken, ruled_out = arm
        # No way there took another arm of the branch: it would be a cycle.
        return frozenset((entry, arms | taken, others | ruled_out) for entry, arms, others in ways)

    def _shortest(self, found: Ways) -> Ways:
        """Return *found* without the ways that ask for more than another one does."""
        if len(found) > _MOST_WAYS:
            return frozenset((entry, 0, 0) for entry, _, _ in found)
        # Arms that all of them take make no difference between them.
        common = reduce(and_, (arms for _, arms, _ in found), -1)
        asked = frozenset((entry, arms & ~common) for entry, arms, _ in found)
        if asked not in self._minimal:
            self._minimal[asked] = _minimal(asked)
        kept = self._minimal[asked]
        return frozenset(way for way in found if (way[0], way[1] & ~common) in kept)


def _number_arms(
    steps: Mapping[str, Step], cyclic: set[str]
) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Return the bit of each arm and those of the others of its branch.

    A loop may take another arm on each turn, so that an arm in one decides nothing.
    """
    edges = [e for step in steps.values() for e in step.after if e.label and e.source not in cyclic]
    arms = dict.fromkeys((e.source, e.label) for e in edges)
    branches: dict[str, int] = {}
    for number, (name, _) in enumerate(arms):
        branches[name] = branches.get(name, 0) | 1 << number
    return {
        arm: (1 << number, branches[arm[0]] & ~(1 << number)) for number, arm in enumerate(arms)
    }


def _joined(arriving: Sequence[Ways]) -> Ways:
    """Return the ways that are one of each of *arriving*."""
    combinations = 1
    for ways in arriving:
        combinations *= len(ways)
    if combinations > _MOST_WAYS:
        return arriving[0]
    return frozenset(way for chosen in product(*arriving) for way in _together(chosen))


def _together(chosen: Iterable[Way]) -> Iterable[Way]:
    """Return the one way that all of *chosen* can be, or nothing."""
    entry, arms, ruled_out = "", 0, 0
    for begin, taken, others in chosen:
        if taken & ruled_out or (entry and begin and begin != entry):
            return ()
        entry, arms, ruled_out = entry or begin, arms | taken, ruled_out | others
    return ((entry, arms, ruled_out),)


def _minimal(asked: frozenset[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Return those of *asked* that ask for nothing beside what another of their entrypoint does."""
    kept: dict[str, list[tuple[int, int]]] = {}
    for size, entry, arms in sorted((arms.bit_count(), entry, arms) for entry, arms in asked):
        shorter = kept.setdefault(entry, [])
        if not any(less < size and fewer & arms == fewer for less, fewer in shorter):
            shorter.append((size, arms))
    return frozenset((entry, arms) for entry, found in kept.items() for _, arms in found)
