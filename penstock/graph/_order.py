"""The order of steps: as the flow reaches them, in whatever order they were declared."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from penstock._declared.step import Step
from penstock.graph._structure import Successors, components, order, successors

__all__ = ["in_order", "natural", "order_steps"]

_DIGITS = re.compile("([0-9]+)")


def order_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return *steps* in the order in which their flow reaches them from its entrypoints."""
    by_name = {step.name: step for step in steps}
    edges = [edge for step in by_name.values() for edge in step.after if not edge.is_loop]
    written: dict[str, list[str]] = {}
    for edge in edges:
        written.setdefault(edge.target, []).append(edge.source)
    ordered = in_order(
        by_name,
        [step.name for step in by_name.values() if step.is_entrypoint],
        [(edge.source, edge.target) for edge in edges],
        written.values(),
    )
    return tuple(by_name[name] for name in ordered)


def in_order(
    names: Iterable[str],
    starts: Collection[str],
    pairs: Iterable[tuple[str, str]],
    written: Iterable[Sequence[str]] = (),
) -> list[str]:
    """Return *names* so that each comes after what leads to it, and a branch is not interrupted.

    The result depends on the sets of *names*, *starts* and *pairs* alone, not on their order.

    Args:
        names: The names of all steps.
        starts: Those at which the flow begins.
        pairs: The edges, without loops.
        written: Names in an order that an author wrote. Of names that could come next, such
            are beside each other, in that order; all others are in that of the names.
    """
    siblings = _Siblings(written)
    targets: dict[str, set[str]] = {name: set() for name in sorted(names, key=natural)}
    for source, target in pairs:
        if source in targets and target in targets and source != target:
            targets[source].add(target)
    following = {name: siblings.arrange(found) for name, found in targets.items()}
    led_to = set[str]().union(*targets.values())
    turns = defaultdict[tuple[bool, bool], list[str]](list)
    for name in targets:
        turns[name not in starts, name in led_to].append(name)
    roots = [name for _, turn in sorted(turns.items()) for name in siblings.arrange(turn)]
    back = _back(following, roots)
    waits = dict.fromkeys(targets, 0)
    for source, found in following.items():
        for target in found:
            waits[target] += (source, target) not in back
    # The last one is next, so that a branch goes on until it ends or waits for another.
    free = [name for name in reversed(roots) if not waits[name]]
    ordered: list[str] = []
    while free:
        name = free.pop()
        ordered.append(name)
        for target in reversed(following[name]):
            if (name, target) not in back:
                waits[target] -= 1
                if not waits[target]:
                    free.append(target)
    return ordered


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key to sort names by, in which ``step_2`` is before ``step_10``."""
    parts = _DIGITS.split(name)
    digits = (part.lstrip("0") if number % 2 else part for number, part in enumerate(parts))
    sizes = [(len(part) if number % 2 else 0, part) for number, part in enumerate(digits)]
    return sizes, name


class _Siblings:
    """The order of steps that could come next.

    Args:
        written: Names that an author wrote together, in that order.
    """

    def __init__(self, written: Iterable[Sequence[str]]) -> None:
        self._written = [several for several in written if len(several) > 1]
        self._of = defaultdict[str, list[int]](list)
        for number, several in enumerate(self._written):
            for name in several:
                self._of[name].append(number)

    def arrange(self, names: Collection[str]) -> list[str]:
        """Return *names* in their order, but those written together beside each other."""
        ordered = sorted(names, key=natural)
        if len(ordered) == 1:
            return ordered
        known = {*ordered}
        numbers = dict.fromkeys(number for name in ordered for number in self._of.get(name, ()))
        lists = ([n for n in self._written[number] if n in known] for number in numbers)
        pairs = [pair for several in lists for pair in pairwise(several)]
        if not pairs:
            return ordered
        both = components(successors(ordered, [*pairs, *((b, a) for a, b in pairs)]))
        together = defaultdict[int, list[str]](list)
        for name in ordered:
            together[both[name]].append(name)
        following = successors(ordered, pairs)
        return [
            name
            for several in together.values()
            for name in order({name: following[name] for name in several})
        ]


def _back(following: Successors, roots: Iterable[str]) -> set[tuple[str, str]]:
    """Return the edges that lead back, on the way from *roots*, to what leads to them."""
    found = set[tuple[str, str]]()
    opened, done = set[str](), set[str]()
    for root in roots:
        # An explicit stack: a flow may be longer than Python's recursion allows.
        stack = [] if root in done else [(root, iter(following[root]))]
        opened.update(name for name, _ in stack)
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                opened.remove(name)
                done.add(name)
            elif target in opened:
                found.add((name, target))
            elif target not in done:
                opened.add(target)
                stack.append((target, iter(following[target])))
    return found
