"""The ways to each step as they were found at first: slow, and plainly what is meant."""

from collections.abc import Mapping, Sequence
from itertools import product

from penstock._declared.step import Step
from penstock.graph._structure import Successors, order, reach

__all__ = ["slow_ways"]

_MOST_WAYS = 256
Arms = frozenset[tuple[str, str]]
Way = tuple[str, Arms]


def slow_ways(
    steps: Mapping[str, Step], following: Successors, *, has_cycle: bool
) -> dict[str, set[Way]]:
    """Return the ways to each step, found by following edges until nothing is new."""
    in_cycle = {n for n in steps if has_cycle and n in reach(following, following[n])}
    ways: dict[str, set[Way]] = {name: set() for name in steps}
    waiting = dict.fromkeys(order(following))
    while waiting:
        name = next(iter(waiting))
        del waiting[name]
        found = _shortest(_ways_to(steps[name], ways, in_cycle))
        if found != ways[name]:
            ways[name] = found
            waiting |= dict.fromkeys(following[name])
    return ways


def _ways_to(step: Step, ways: Mapping[str, set[Way]], in_cycle: set[str]) -> set[Way]:
    """Return the ways to *step*, given the ways to what comes before it."""
    own: set[Way] = {(step.name, frozenset())} if step.is_entrypoint else set()
    arriving: list[set[Way]] = []
    for p in step.after:
        # A loop may take another arm on each turn, so an arm in one decides nothing.
        arm = {(p.source, p.label)} if p.label and p.source not in in_cycle else set()
        known = ways.get(p.source, {("", frozenset())})
        arriving.append({(entry, arms | arm) for entry, arms in known if not _clash(arms | arm)})
    if step.join == "any":
        return own.union(*arriving)
    combinations = 1
    for some in arriving:
        combinations *= len(some)
    if combinations > _MOST_WAYS:
        return own | arriving[0]
    return own.union(*map(_together, product(*arriving)))


def _together(joined: Sequence[Way]) -> set[Way]:
    """Return the one way that all of *joined* can be, or nothing."""
    entries = {entry for entry, _ in joined if entry}
    arms = frozenset[tuple[str, str]]().union(*(arms for _, arms in joined))
    if len(entries) > 1 or _clash(arms):
        return set()
    return {(entries.pop() if entries else "", arms)}


def _clash(arms: Arms) -> bool:
    """Return whether *arms* takes two arms of one branch."""
    return len({step for step, _ in arms}) < len(arms)


def _shortest(found: set[Way]) -> set[Way]:
    """Return *found* without the ways that ask for more than another one does."""
    if len(found) > _MOST_WAYS:
        return {(entry, frozenset()) for entry, _ in found}
    return {
        (entry, arms) for entry, arms in found if not any(entry == e and a < arms for e, a in found)
    }
