"""Which steps have run at a point of a function, and which may be the last."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from penstock._declared.step import Location
from penstock.evidence._analysis.terms import Exit, Outside, Term
from penstock.evidence._source.files import Definition

__all__ = [
    "BEGIN",
    "Consumer",
    "Leads",
    "Mark",
    "Order",
    "Outcome",
    "Start",
    "State",
    "Summary",
    "add_exits",
    "add_function",
    "add_start",
    "both",
    "compose",
    "either",
    "in_this_round",
    "leave_by",
    "merged",
    "no_longer_last",
    "outside_of",
    "unmarked",
]

BEGIN = ""
"""The name in a state of where the function begins."""


@dataclass(frozen=True, slots=True)
class Start:
    """A way from one step to the next."""

    path: tuple[Location, ...]
    """The line of each call on the way."""

    is_direct: bool
    """Whether nothing else of the flow need come between."""

    is_handed_off: bool
    is_kept: bool = False
    """Whether a library has got it for an event, and nothing in the source may send that."""


@dataclass(frozen=True, slots=True)
class Order:
    """Two steps one after the other in one function."""

    caller: Definition
    first: tuple[Location, ...]
    second: tuple[Location, ...]
    is_direct: bool
    is_carried: bool
    """Whether the second comes only when a loop goes round again."""

    is_handed_off: bool

    def shows_less(self, *, is_direct: bool, is_carried: bool, is_handed_off: bool) -> bool:
        """Return whether another order in the same function shows more."""
        one = not self.is_carried, self.is_direct, not self.is_handed_off
        return one < (not is_carried, is_direct, not is_handed_off)


@dataclass(frozen=True, slots=True)
class Mark:
    """A step that has run, or the beginning."""

    path: tuple[Location, ...]
    is_last: bool
    """Whether it may be the last that has run."""

    loops: frozenset[int] = frozenset()
    """The loops that must go round again between it and this."""

    def after_round(self, loop: int) -> "Mark":
        """Return this if *loop* must go round once more."""
        return Mark(self.path, self.is_last, self.loops | {loop})


State = dict[str, Mark]

Leads = dict[tuple[Hashable, frozenset[str]], "Outside | Summary"]
"""The calls that lead out of the source, and the functions with such calls.

They are by what they are and the steps that may have run before.
"""


@dataclass(slots=True)
class Outcome:
    """How a term may end, and what has run then. None is not at all."""

    normal: State | None = None
    returned: State | None = None
    raised: State | None = None
    broke: State | None = None
    continued: State | None = None


@dataclass(slots=True)
class Summary:
    """The effect of a function as a whole, whatever has run before."""

    starts: dict[str, Start] = field(default_factory=dict)
    normal: State | None = None
    raised: State | None = None
    leads: Leads = field(default_factory=dict)
    """Its calls that lead out of the source.

    Those of a function that it calls are not among them: there would be very many, and only those
    of steps are asked for.
    """

    runs: dict[Hashable, Outcome] = field(default_factory=dict)
    """How generators ended that it iterates over, if there are many."""


@dataclass(slots=True)
class Consumer:
    """The block that runs at each ``yield`` of a generator."""

    body: Term
    caller: Definition
    prefix: tuple[Location, ...]
    is_loop: bool
    number: int
    """The loop that the rounds of the block are."""

    made: set[tuple[str, tuple[Location, ...]]] = field(default_factory=set)
    """The steps that some round has run, with their paths."""

    rounds: list[tuple[State, Outcome]] = field(default_factory=list)
    """The steps that had run before each different round, and how it ended."""

    runs: dict[Hashable, Outcome] = field(default_factory=dict)
    """How generators ended that ran for this, if there are many."""

    outcome: Outcome = field(default_factory=Outcome)


def leave_by(term: Exit, state: State) -> Outcome:
    match term.kind:
        case "return":
            return Outcome(returned=state)
        case "raise":
            return Outcome(raised=state)
        case "break":
            return Outcome(broke=state)
        case _:
            return Outcome(continued=state)


def add_exits(whole: Outcome, one: Outcome) -> None:
    """Let *whole* end abnormally as *one* does."""
    # Most terms end in few of these ways, and there are very many terms.
    if one.returned is not None:
        whole.returned = either(whole.returned, one.returned)
    if one.raised is not None:
        whole.raised = either(whole.raised, one.raised)
    if one.broke is not None:
        whole.broke = either(whole.broke, one.broke)
    if one.continued is not None:
        whole.continued = either(whole.continued, one.continued)


def either(one: State | None, other: State | None) -> State | None:
    """Return what may have run, by one way or the other."""
    if one is None or other is None or one is other:
        return other if one is None else one
    return both(one, other)


def both(one: State, other: State) -> State:
    found = dict(one)
    for key, mark in other.items():
        known = found.get(key)
        if known is None:
            found[key] = mark
        elif known != mark:
            is_last = known.is_last or mark.is_last
            found[key] = Mark(known.path, is_last, _common(known.loops, mark.loops))
    return found


def _common(one: frozenset[int], other: frozenset[int]) -> frozenset[int]:
    """Return the loops that must go round again by either way: none, if one way needs none."""
    both_need = one and other
    return (one & other or one | other) if both_need else frozenset()


def unmarked(state: State, loop: int) -> State:
    return {
        key: Mark(mark.path, mark.is_last, mark.loops - {loop}) if loop in mark.loops else mark
        for key, mark in state.items()
    }


def no_longer_last(state: State) -> State:
    """Return *state* after something else."""
    return {
        key: Mark(mark.path, is_last=False, loops=mark.loops) if mark.is_last else mark
        for key, mark in state.items()
    }


def in_this_round(state: State) -> frozenset[str]:
    """Return the steps that have run, without those before a loop goes round again."""
    return frozenset(name for name, mark in state.items() if name and not mark.loops)


def compose(state: State, inner: State | None, prefix: tuple[Location, ...]) -> State | None:
    """Return *state* after a function that leaves *inner*."""
    if inner is None:
        return None
    begin = inner.get(BEGIN)
    is_last = begin is not None and begin.is_last
    found = dict(state) if is_last else no_longer_last(state)
    for key, mark in inner.items():
        if key == BEGIN:
            continue
        known = found.get(key)
        last = mark.is_last or (known is not None and known.is_last)
        found[key] = Mark((*prefix, *mark.path), last)
    return found


def outside_of(summary: Summary) -> dict[Outside, frozenset[str]]:
    """Return the calls that lead out of the source, with the steps that may have run before."""
    found: dict[Outside, frozenset[str]] = {}
    seen: set[tuple[int, frozenset[str]]] = set()
    # In the order in which they are made, and without recursion: a chain may be long.
    waiting = [(frozenset[str](), iter(summary.leads.items()))]
    while waiting:
        before, leads = waiting[-1]
        for (_, steps), lead in leads:
            ran = before | steps
            if isinstance(lead, Summary):
                if (id(lead), ran) not in seen:
                    seen.add((id(lead), ran))
                    waiting.append((ran, iter(lead.leads.items())))
                    break
            else:
                found[lead] = found.get(lead, ran) | ran
        else:
            waiting.pop()
    return found


def add_function(leads: Leads, function: Summary, before: frozenset[str]) -> None:
    """Add a function to *leads*, if it leads out of the source."""
    if function.leads:
        leads[id(function), before] = function


def merged(summaries: Iterable[Summary]) -> Summary:
    """Return the effect of one of several functions."""
    whole = Summary()
    for one in summaries:
        for target, start in one.starts.items():
            add_start(whole.starts, target, start)
        whole.normal = either(whole.normal, one.normal)
        whole.raised = either(whole.raised, one.raised)
        add_function(whole.leads, one, frozenset())
    return whole


def add_start(starts: dict[str, Start], name: str, start: Start) -> None:
    known = starts.get(name)
    if known is None or known.is_kept > start.is_kept:
        starts[name] = start
    if known is None or known.is_kept != start.is_kept:
        return
    is_handed_off = known.is_handed_off and start.is_handed_off
    path = known.path if known.is_handed_off == is_handed_off else start.path
    if known.is_direct < start.is_direct and start.is_handed_off == is_handed_off:
        path = start.path
    is_direct = known.is_direct or start.is_direct
    starts[name] = Start(path, is_direct, is_handed_off, known.is_kept)
