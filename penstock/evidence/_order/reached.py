"""The calls that a flow makes of its steps, and of which objects."""

from collections.abc import Callable, Iterable
from collections.abc import Sequence as List

from penstock.evidence._analysis.scopes import Activation
from penstock.evidence._analysis.terms import Call, Iterate, Outside, Term, parts_of
from penstock.evidence._source.files import Definition

__all__ = ["consumed_in", "of_objects"]


def consumed_in(activations: Iterable[Activation]) -> frozenset[Activation]:
    """Return the generators that the bodies of *activations* iterate over."""
    return frozenset(
        target
        for term in parts_of(*(each.body for each in activations))
        if not (isinstance(term, Call) and term.is_lazy)
        for target in _targets_of(term)
    )


def of_objects(
    contexts: Callable[[Definition], list[Activation]],
    steps: List[Definition],
    may_lead: Callable[[Outside, Definition], bool],
) -> dict[Definition, list[Activation]]:
    """Return the calls of methods of which a flow shows whose methods they are.

    These are the calls that the flow makes, and calls of the same objects with any arguments.

    Args:
        contexts: Returns the calls of a function that are known.
        steps: The functions of the steps, first those with which the flow begins.
        may_lead: Returns whether a call that is not resolved may lead to a function.
    """
    reached: dict[Activation, None] = {}
    found: dict[Definition, list[Activation]] = {}
    for first in steps:
        if not any(each in reached for each in contexts(first)):
            _reach(contexts(first), reached)
        count = 0
        while count < len(reached):
            count = len(reached)
            for step in steps:
                calls = [each for each in contexts(step) if each in reached]
                if calls:
                    found[step] = _of_classes(calls, contexts(step))
                    _reach(found[step], reached)
    terms = parts_of(*(each.body for each in reached))
    # What a class may inherit from one of a library is still a method of its object.
    outside = {each: None for each in terms if isinstance(each, Outside) and each.library is None}
    return {
        step: calls
        for step, calls in found.items()
        if len(calls) < len(contexts(step)) and not any(may_lead(each, step) for each in outside)
    }


def _of_classes(calls: list[Activation], known: list[Activation]) -> list[Activation]:
    """Return *calls*, and those of *known* that have any arguments and an object of a class there.

    All that is *known* counts if there is no such call for a class, and the method has arguments.
    """
    classes = {each.cls for each in calls}
    anyhow = [each for each in known if each.is_root and each.cls in classes]
    if classes - {each.cls for each in anyhow} and calls[0].has_arguments:
        return known
    return [each for each in known if each.cls in classes]


def _reach(activations: Iterable[Activation], reached: dict[Activation, None]) -> None:
    """Add *activations* to those that are reached, and all that they call."""
    waiting = [*activations]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached[one] = None
            terms = parts_of(one.before, one.body)
            waiting += [target for term in terms for target in _targets_of(term)]


def _targets_of(term: Term) -> tuple[Activation, ...]:
    return term.targets if isinstance(term, (Call, Iterate)) else ()
