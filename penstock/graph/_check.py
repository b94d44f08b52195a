"""The problems of a declared flow."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain

from penstock._declared.step import Step
from penstock.exceptions import did_you_mean
from penstock.graph._model import Problem
from penstock.graph._structure import Successors, components, find_cycle, reach, successors
from penstock.graph._ways import Ways, find_ways

__all__ = ["check"]

_MOST_HINTS = 100
"""How many unknown names of a flow are compared with all its steps."""

Finding = tuple[str, str | None, str]
"""A problem's code, the step that it concerns, and what is wrong."""


def check(
    flow: str, steps: Mapping[str, Step], elsewhere: Callable[[str], Sequence[str]]
) -> Iterator[Problem]:
    """Yield the problems of a flow, in the order in which to fix them.

    Args:
        flow: The name of the flow.
        steps: Its steps by name, in the order of the flow.
        elsewhere: Returns the other flows that have a step of a given name.
    """
    edges = [(e.source, e.target, e.is_loop) for step in steps.values() for e in step.after]
    following = successors(steps, (edge[:2] for edge in edges))
    loops = [(source, target) for source, target, is_loop in edges if is_loop and source in steps]
    forward = successors(steps, (e[:2] for e in edges if not e[2])) if loops else following
    cycle = find_cycle(forward)
    found = chain(
        _unknown_predecessors(steps, elsewhere),
        _cycle(cycle),
        _needless_loops(loops, following),
        _no_way_in(steps, following),
        _impossible_joins(steps, following, has_cycle=bool(cycle or loops)),
    )
    for code, name, message in found:
        # What concerns the whole flow is fixed where its first step is.
        first = next(iter(steps.values()), None)
        concerned = steps[name] if name is not None else first
        location = concerned.location if concerned else None
        yield Problem(code=code, flow=flow, step=name, message=message, location=location)


def _unknown_predecessors(
    steps: Mapping[str, Step], elsewhere: Callable[[str], Sequence[str]]
) -> Iterator[Finding]:
    unknown = ((s, p) for s in steps.values() for p in s.after if p.source not in steps)
    for number, (step, edge) in enumerate(unknown):
        # The nearest name is sought among all steps: not without end for a module that is missing.
        known = steps if number < _MOST_HINTS else ()
        hint = _where_it_may_be(edge.source, known, elsewhere)
        message = f"{step.name!r} comes after {edge.source!r}, which is not a step of this flow"
        yield "unknown-predecessor", step.name, message + hint


def _cycle(cycle: list[str] | None) -> Iterator[Finding]:
    if cycle:
        path = " -> ".join(cycle)
        message = (
            f"cycle: {path}. Remove one of these `after`, or write "
            f"after=loop({cycle[-2]!r}) at {cycle[-1]!r} if the flow comes back there"
        )
        yield "cycle", cycle[0], message


def _needless_loops(loops: Sequence[tuple[str, str]], following: Successors) -> Iterator[Finding]:
    component = components(following) if loops else {}
    for source, target in loops:
        if component[source] != component[target]:
            message = (
                f"loop({source!r}) at {target!r} closes no cycle, since {target!r} does not lead "
                f"to {source!r}: write after={source!r}"
            )
            yield "needless-loop", target, message


def _no_way_in(steps: Mapping[str, Step], following: Successors) -> Iterator[Finding]:
    starts = [name for name, step in steps.items() if step.is_entrypoint]
    if not starts:
        message = "it has no entrypoint: put @entrypoint on the function where its runs begin"
        yield "no-entrypoint", None, message
        return
    # Steps after an undeclared name are covered by the problem of that name.
    excused = [s.name for s in steps.values() if any(p.source not in steps for p in s.after)]
    reached = reach(following, [*starts, *excused])
    for step in steps.values():
        if step.name not in reached:
            yield "unreachable", step.name, _unreachable(step, starts)


def _where_it_may_be(
    name: str, steps: Collection[str], elsewhere: Callable[[str], Sequence[str]]
) -> str:
    if hint := _several_or_dotted(name, steps) or did_you_mean(name, steps):
        return hint
    if others := elsewhere(name):
        flows = ", ".join(map(repr, others))
        return f"; it is a step of {flows}: put @flow(...) of this flow above it too"
    return ". Is the module that declares it imported?"


def _several_or_dotted(name: str, steps: Collection[str]) -> str:
    """Return what to write for *name* if it is several steps' or a function's dotted name."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and all(part in steps for part in parts):
        return f"; several steps are a list: write after={parts!r}"
    last = name.rpartition(".")[2]
    return f"; did you mean {last!r}?" if last != name and last in steps else ""


def _unreachable(step: Step, starts: Sequence[str]) -> str:
    if not step.after:
        return (
            f"{step.name!r} is never reached: it comes after nothing and is not an entrypoint. "
            f"Write @step(after=...), or @entrypoint if runs begin here"
        )
    return f"{step.name!r} is never reached from {' or '.join(map(repr, starts))}"


def _impossible_joins(
    steps: Mapping[str, Step], following: Successors, *, has_cycle: bool
) -> Iterator[Finding]:
    """Yield the all-of joins that can never be satisfied."""
    joins = [step for step in steps.values() if step.join == "all"]
    ways = find_ways(steps, following, has_cycle=has_cycle) if joins else {}
    for step in joins:
        possible_alone = all(ways.get(p.source) for p in step.after)
        if possible_alone and not ways[step.name]:
            yield "impossible-join", step.name, _why_impossible(step, ways)


def _why_impossible(step: Step, ways: Mapping[str, Ways]) -> str:
    both = " and ".join(repr(p.source) for p in step.after)
    begins = [{entry for entry, _, _ in ways[p.source]} for p in step.after]
    if not set.intersection(*begins):
        reason = "no entrypoint leads to all of them, and a run begins at only one"
    else:
        reason = "they lie on different arms of one branch, and a run takes only one"
    return f"{step.name!r} waits for all of {both}, which never happens: {reason}. Use any_of(...)"
