"""What cannot be meant in a declared flow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, product

from penstock._model import Problem
from penstock._steps import Step
from penstock.exceptions import did_you_mean
from penstock.graph._structure import Successors, find_cycle, order, reach, successors

__all__ = ["check"]

_MOST_WAYS = 256
"""Beyond this many ways to a step, its joins count as possible: no false alarms."""

Arms = frozenset[tuple[str, str]]
"""The arm that a way takes at each branch: pairs of a step and an edge's label."""

Finding = tuple[str, str | None, str]
"""A problem's code, the step that it concerns, and what is wrong."""

Way = tuple[str, Arms]
"""One way to a step: the entrypoint at which it begins and the arms that it takes."""


def check(
    flow: str, steps: Mapping[str, Step], elsewhere: Callable[[str], Sequence[str]]
) -> Iterator[Problem]:
    """Yield the problems of a flow, in the order in which to mend them.

    Args:
        flow: The name of the flow.
        steps: Its steps by name, in order of declaration.
        elsewhere: Tells which other flows have a step of a given name.
    """
    pairs = [(p.name, step.name) for step in steps.values() for p in step.after]
    following = successors(steps, pairs)
    cycle = find_cycle(following)
    found = chain(
        _unknown_predecessors(steps, elsewhere),
        _cycle(cycle),
        _no_way_in(steps, following),
        _impossible_joins(steps, following, has_cycle=cycle is not None),
    )
    for code, name, message in found:
        place = steps[name].location if name is not None else None
        yield Problem(code=code, flow=flow, step=name, message=message, location=place)


def _unknown_predecessors(
    steps: Mapping[str, Step], elsewhere: Callable[[str], Sequence[str]]
) -> Iterator[Finding]:
    for step in steps.values():
        for predecessor in step.after:
            if predecessor.name not in steps:
                hint = _where_it_may_be(predecessor.name, steps, elsewhere)
                message = f"{step.name!r} comes after {predecessor.name!r}, which is no step of it"
                yield "unknown-predecessor", step.name, message + hint


def _cycle(cycle: list[str] | None) -> Iterator[Finding]:
    if cycle:
        path = " -> ".join(cycle)
        message = f"its steps go round in a circle: {path}. Take one `after` of these away"
        yield "cycle", cycle[0], message


def _no_way_in(steps: Mapping[str, Step], following: Successors) -> Iterator[Finding]:
    starts = [name for name, step in steps.items() if step.is_entrypoint]
    if not starts:
        message = "it has no entrypoint: put @entrypoint on the function where its runs begin"
        yield "no-entrypoint", None, message
        return
    # What hangs on a name that nobody declared is that problem's, not one of its own.
    excused = [s.name for s in steps.values() if any(p.name not in steps for p in s.after)]
    reached = reach(following, [*starts, *excused])
    for step in steps.values():
        if step.name not in reached:
            yield "unreachable", step.name, _unreachable(step, starts)


def _where_it_may_be(
    name: str, steps: Mapping[str, Step], elsewhere: Callable[[str], Sequence[str]]
) -> str:
    if hint := did_you_mean(name, steps):
        return hint
    if others := elsewhere(name):
        flows = ", ".join(map(repr, others))
        return f"; it is a step of {flows}: put @flow(...) of this flow above it too"
    return ". Is the module that declares it imported?"


def _unreachable(step: Step, starts: Sequence[str]) -> str:
    if not step.after:
        return (
            f"{step.name!r} is never reached: it comes after nothing and is no entrypoint. "
            f"Write @step(after=...), or @entrypoint if runs begin here"
        )
    return f"{step.name!r} is never reached from {' or '.join(map(repr, starts))}"


def _impossible_joins(
    steps: Mapping[str, Step], following: Successors, *, has_cycle: bool
) -> Iterator[Finding]:
    """Yield the all-of joins that can never be satisfied."""
    joins = [step for step in steps.values() if step.join == "all"]
    ways = _ways(steps, following, has_cycle=has_cycle) if joins else {}
    for step in joins:
        possible_alone = all(ways.get(p.name) for p in step.after)
        if possible_alone and not ways[step.name]:
            yield "impossible-join", step.name, _why_impossible(step, ways)


def _why_impossible(step: Step, ways: Mapping[str, set[Way]]) -> str:
    both = " and ".join(repr(p.name) for p in step.after)
    begins = [{entry for entry, _ in ways[p.name]} for p in step.after]
    if not set.intersection(*begins):
        reason = "no entrypoint leads to all of them, and a run begins at only one"
    else:
        reason = "they lie on different arms of one branch, and a run takes only one"
    return f"{step.name!r} waits for all of {both}, which never happens: {reason}. Use any_of(...)"


def _ways(
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
        arm = {(p.name, p.label)} if p.label and p.name not in in_cycle else set()
        known = ways.get(p.name, {("", frozenset())})
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
    """Tell whether *arms* takes two arms of one branch."""
    return len({step for step, _ in arms}) < len(arms)


def _shortest(found: set[Way]) -> set[Way]:
    """Return *found* without the ways that ask for more than another one does."""
    if len(found) > _MOST_WAYS:
        return {(entry, frozenset()) for entry, _ in found}
    return {
        (entry, arms) for entry, arms in found if not any(entry == e and a < arms for e, a in found)
    }
