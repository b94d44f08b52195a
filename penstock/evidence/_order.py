"""Which step of a flow leads to which: by a call, by a hand-off, and by order in a caller."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from penstock.evidence._activations import Activation
from penstock.evidence._source import Definition, Place
from penstock.evidence._terms import (
    EMPTY,
    Background,
    Call,
    Choice,
    Exit,
    Iterate,
    Join,
    Loop,
    Outside,
    Parallel,
    Rounds,
    Sequence,
    Term,
    Try,
    Yield,
)

__all__ = ["FlowRuns", "Order", "Start"]

_BEGIN = ""
"""The name in a state of where the function begins."""

_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Start:
    """A way from one step to the next."""

    path: tuple[Place, ...]
    """The line of each call on the way."""

    is_direct: bool
    """Whether nothing else of the flow need come between."""

    is_handed_off: bool


@dataclass(frozen=True, slots=True)
class Order:
    """Two steps one after the other in one function."""

    caller: Definition
    first: tuple[Place, ...]
    second: tuple[Place, ...]
    is_direct: bool
    is_carried: bool
    """Whether the second comes only when a loop goes round again."""

    is_handed_off: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is known of a step that has run, or of the beginning."""

    path: tuple[Place, ...]
    is_last: bool
    """Whether it may be the last that has run."""

    loops: frozenset[int] = frozenset()
    """The loops that must go round again between it and this."""


_State = dict[str, _Mark]


@dataclass(slots=True)
class _Outcome:
    """How a term may end, and what has run then. None is not at all."""

    normal: _State | None = None
    returned: _State | None = None
    raised: _State | None = None
    broke: _State | None = None
    continued: _State | None = None


@dataclass(slots=True)
class Summary:
    """What a function does as a whole, whatever has run before."""

    starts: dict[str, Start] = field(default_factory=dict)
    normal: _State | None = None
    raised: _State | None = None
    outside: dict[Outside, None] = field(default_factory=dict)
    """The calls that lead out of the source."""


@dataclass(slots=True)
class _Consumer:
    """The block that runs at each ``yield`` of a generator."""

    body: Term
    caller: Definition
    prefix: tuple[Place, ...]
    is_loop: bool
    outcome: _Outcome = field(default_factory=_Outcome)


class FlowRuns:
    """What the steps of one flow do.

    Args:
        step_of: Returns the name of the step that a function is, or None.
        contexts: Returns the calls of a function that are known.
        consumed: The generators that somebody iterates over.
    """

    def __init__(
        self,
        step_of: Callable[[Definition], str | None],
        contexts: Callable[[Definition], Iterable[Activation]],
        consumed: frozenset[Activation],
    ) -> None:
        self._step_of, self._contexts, self._consumed = step_of, contexts, consumed
        self._summaries: dict[Activation, Summary] = {}
        self._running: set[Activation] = set()
        self._recursed: set[Activation] = set()
        self._bodies: dict[str, Summary] = {}
        self._open: set[str] = set()
        self.orders: dict[tuple[str, str], dict[Definition, Order]] = {}
        self.definitions: dict[Definition, None] = {}
        """The functions that the flow runs."""
        self._loops = 0
        self._prefix: tuple[Place, ...] = ()
        self._background = 0
        self._caller: Definition | None = None
        self._current = Summary()
        self._consumers: list[_Consumer] = []
        self._tokens: dict[Hashable, _State] = {}
        self._depth = 0

    def body(self, name: str, definition: Definition) -> Summary:
        """Return what the step *name* does."""
        known = self._bodies.get(name)
        if known is not None:
            return known
        if name in self._open:
            return Summary(normal={_BEGIN: _Mark((), is_last=True)})
        self._open.add(name)
        whole = Summary()
        with self._apart():
            for activation in self._contexts(definition):
                one = self._summary(activation)
                for target, start in one.starts.items():
                    _add_start(whole.starts, target, start)
                whole.normal = _join(whole.normal, one.normal)
                whole.raised = _join(whole.raised, one.raised)
                whole.outside.update(one.outside)
        self._open.discard(name)
        self._bodies[name] = whole
        return whole

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Evaluate in the block what does not depend on where this is."""
        kept = self._prefix, self._background, self._caller, self._current, self._consumers
        self._prefix, self._background, self._consumers = (), 0, []
        try:
            yield
        finally:
            self._prefix, self._background, self._caller, self._current, self._consumers = kept

    def _summary(self, activation: Activation) -> Summary:
        known = self._summaries.get(activation)
        if known is not None and activation not in self._running:
            return known
        if activation in self._running or self._depth > _DEEPEST * 3:
            self._recursed.add(activation)
            return known or Summary(normal={_BEGIN: _Mark((), is_last=True)})
        self._running.add(activation)
        self._depth += 1
        self.definitions[activation.definition] = None
        for _ in range(2):
            self._recursed.discard(activation)
            with self._apart():
                summary = self._current = Summary()
                self._caller = activation.definition
                outcome = self._evaluate(activation.body, {_BEGIN: _Mark((), is_last=True)})
            summary.normal = _join(outcome.normal, outcome.returned)
            summary.raised = outcome.raised
            self._summaries[activation] = summary
            if activation not in self._recursed:
                break
        self._running.discard(activation)
        self._depth -= 1
        return summary

    # Terms

    def provide(self, definition: Definition) -> None:
        """Evaluate what a framework calls before it calls the function of a step."""
        for activation in self._contexts(definition):
            if activation.before is not EMPTY:
                with self._apart():
                    self._current, self._caller = Summary(), definition
                    call = Call((activation,), definition.place)
                    self._evaluate(call, {_BEGIN: _Mark((), is_last=True)})

    def _evaluate(self, term: Term, state: _State) -> _Outcome:
        match term:
            case Sequence():
                return self._sequence(term, state)
            case Call():
                return self._call(term, state)
            case Outside():
                self._current.outside[term] = None
                return _Outcome(normal=state, raised=state)
            case Choice():
                return self._choice(term.options, state)
            case Parallel():
                return self._choice(term.items, state)
            case Loop():
                return self._loop(term, state)
            case Rounds():
                return self._rounds(term, state)
            case Try():
                return self._try(term, state)
            case Exit():
                return _exit(term, state)
            case Background():
                return self._handed_off(term, state)
            case Join():
                return self._joined(term, state)
            case Iterate():
                return self._iterate(term, state)
            case Yield():
                return self._yield(state)

    def _sequence(self, term: Sequence, state: _State) -> _Outcome:
        whole = _Outcome(normal=state)
        for item in term.items:
            if whole.normal is None:
                break
            one = self._evaluate(item, whole.normal)
            _merge(whole, one)
            whole.normal = one.normal
        return whole

    def _choice(self, options: Iterable[Term], state: _State) -> _Outcome:
        whole = _Outcome()
        for option in options:
            one = self._evaluate(option, state)
            _merge(whole, one)
            whole.normal = _join(whole.normal, one.normal)
        return whole

    def _call(self, term: Call, state: _State) -> _Outcome:
        whole = _Outcome(raised=state)
        for target in term.targets:
            name = self._step_of(target.definition)
            if target.before is not EMPTY:
                self._prefix = (*self._prefix, term.place)
                provided = self._evaluate(target.before, state).normal
                self._prefix = self._prefix[:-1]
                state = provided if provided is not None else state
            if name is not None:
                one = self._step(name, target.definition, term.place, state)
            elif term.is_lazy and target in self._consumed:
                one = _Outcome(normal=state)
            else:
                one = self._helper(self._summary(target), term.place, state)
            _merge(whole, one)
            whole.normal = _join(whole.normal, one.normal)
        return whole

    def _step(self, name: str, definition: Definition, place: Place, state: _State) -> _Outcome:
        path = (*self._prefix, place)
        self._note(name, Start(path, is_direct=True, is_handed_off=False), state)
        inner = self.body(name, definition)
        after = {key: replace(mark, is_last=False) for key, mark in state.items()}
        if inner.normal is not None:
            for nested in inner.normal:
                if nested not in {_BEGIN, name}:
                    after[nested] = _Mark(path, is_last=False)
        after[name] = _Mark(path, is_last=True)
        return _Outcome(normal=after, raised=after)

    def _helper(self, summary: Summary, place: Place, state: _State) -> _Outcome:
        prefix = (*self._prefix, place)
        for name, start in summary.starts.items():
            self._note(name, replace(start, path=(*prefix, *start.path)), state)
        self._current.outside.update(summary.outside)
        return _Outcome(
            normal=_compose(state, summary.normal, prefix),
            raised=_compose(state, summary.raised, prefix),
        )

    def _note(self, name: str, start: Start, state: _State) -> None:
        """Note that a step begins when *state* has run."""
        is_handed_off = start.is_handed_off or self._background > 0
        for earlier, mark in state.items():
            is_direct = start.is_direct and mark.is_last
            if earlier == _BEGIN:
                whole = Start(start.path, is_direct, is_handed_off)
                _add_start(self._current.starts, name, whole)
                continue
            assert self._caller is not None
            order = Order(
                self._caller, mark.path, start.path, is_direct, bool(mark.loops), is_handed_off
            )
            known = self.orders.setdefault((earlier, name), {})
            before = known.get(self._caller)
            if before is None or _rank(order) > _rank(before):
                known[self._caller] = order

    def _loop(self, term: Loop, state: _State) -> _Outcome:
        self._loops += 1
        number = self._loops
        first = self._evaluate(term.body, state)
        again = _join(first.normal, first.continued)
        whole = _Outcome()
        ends = state if term.ends else None
        broke = first.broke
        if again is not None:
            carried = {
                key: mark if state.get(key) == mark else replace(mark, loops=mark.loops | {number})
                for key, mark in again.items()
            }
            second = self._evaluate(term.body, _both(state, carried))
            again = _join(again, _join(second.normal, second.continued))
            broke = _join(broke, second.broke)
            _merge(whole, second)
        _merge(whole, first)
        whole.broke = whole.continued = None
        if term.ends:
            ends = _join(ends, again)
        if ends is not None:
            otherwise = self._evaluate(term.otherwise, _unmarked(ends, number))
            _merge(whole, otherwise)
            ends = otherwise.normal
        whole.normal = _join(ends, broke)
        for each in ("normal", "returned", "raised"):
            found = getattr(whole, each)
            setattr(whole, each, None if found is None else _unmarked(found, number))
        return whole

    def _rounds(self, term: Rounds, state: _State) -> _Outcome:
        whole = _Outcome()
        now: _State | None = state
        broke: _State | None = None
        for item in term.items:
            if now is None:
                break
            one = self._evaluate(item, now)
            now = _join(one.normal, one.continued)
            broke = _join(broke, one.broke)
            _merge(whole, one)
        whole.broke = whole.continued = None
        if now is not None:
            one = self._evaluate(term.otherwise, now)
            _merge(whole, one)
            now = one.normal
        whole.normal = _join(now, broke)
        return whole

    def _try(self, term: Try, state: _State) -> _Outcome:
        body = self._evaluate(term.body, state)
        whole = _Outcome(returned=body.returned, broke=body.broke, continued=body.continued)
        if body.normal is not None:
            otherwise = self._evaluate(term.otherwise, body.normal)
            _merge(whole, otherwise)
            whole.normal = otherwise.normal
        if not (term.handlers and term.catches_all):
            whole.raised = _join(whole.raised, body.raised)
        entry = body.raised if body.raised is not None else state
        for handler in term.handlers:
            one = self._evaluate(handler, entry)
            _merge(whole, one)
            whole.normal = _join(whole.normal, one.normal)
        if isinstance(term.final, Sequence) and not term.final.items:
            return whole
        final = _Outcome()
        for kind in ("normal", "returned", "raised", "broke", "continued"):
            before = getattr(whole, kind)
            if before is not None:
                one = self._evaluate(term.final, before)
                _merge(final, one)
                setattr(final, kind, _join(getattr(final, kind), one.normal))
        return final

    def _handed_off(self, term: Background, state: _State) -> _Outcome:
        self._background += 1
        one = self._evaluate(term.body, state)
        self._background -= 1
        if one.normal is not None:
            done = {k: m for k, m in one.normal.items() if k != _BEGIN and state.get(k) != m}
            done = {k: m for k, m in done.items() if k not in state or m.is_last}
            self._tokens[term.token] = done
        return _Outcome(normal=state, raised=state)

    def _joined(self, term: Join, state: _State) -> _Outcome:
        done = self._tokens.get(term.token)
        if not done:
            return _Outcome(normal=state)
        after = {key: replace(mark, is_last=False) for key, mark in state.items()}
        after.update(done)
        return _Outcome(normal=after, raised=after)

    def _iterate(self, term: Iterate, state: _State) -> _Outcome:
        whole = _Outcome()
        for target in term.targets:
            if (
                self._step_of(target.definition) is not None
                or self._depth > _DEEPEST
                or target in self._running
            ):
                one = self._evaluate(Loop(term.body), state)
            else:
                one = self._run_generator(term, target, state)
            _merge(whole, one)
            whole.normal = _join(whole.normal, one.normal)
        return whole

    def _run_generator(self, term: Iterate, target: Activation, state: _State) -> _Outcome:
        assert self._caller is not None
        consumer = _Consumer(term.body, self._caller, self._prefix, term.is_loop)
        self.definitions[target.definition] = None
        self._consumers.append(consumer)
        self._running.add(target)
        self._depth += 1
        self._prefix = (*self._prefix, term.place)
        inner = self._evaluate(target.body, state)
        self._prefix = consumer.prefix
        self._depth -= 1
        self._running.discard(target)
        self._consumers.pop()
        body = consumer.outcome
        ended = _join(inner.normal, inner.returned)
        whole = _Outcome(
            normal=_join(ended, body.broke if term.is_loop else None),
            returned=body.returned,
            raised=_join(inner.raised, body.raised),
        )
        if not term.is_loop:
            whole.broke, whole.continued = body.broke, body.continued
        return whole

    def _yield(self, state: _State) -> _Outcome:
        if not self._consumers:
            return _Outcome(normal=state)
        consumer = self._consumers.pop()
        prefix, caller = self._prefix, self._caller
        self._prefix, self._caller = consumer.prefix, consumer.caller
        one = self._evaluate(consumer.body, state)
        self._prefix, self._caller = prefix, caller
        self._consumers.append(consumer)
        normal = _join(one.normal, one.continued) if consumer.is_loop else one.normal
        _merge(consumer.outcome, one)
        return _Outcome(normal=normal, raised=one.raised)


def _exit(term: Exit, state: _State) -> _Outcome:
    match term.kind:
        case "return":
            return _Outcome(returned=state)
        case "raise":
            return _Outcome(raised=state)
        case "break":
            return _Outcome(broke=state)
        case "continue":
            return _Outcome(continued=state)


def _merge(whole: _Outcome, one: _Outcome) -> None:
    """Let *whole* end abnormally as *one* does."""
    whole.returned = _join(whole.returned, one.returned)
    whole.raised = _join(whole.raised, one.raised)
    whole.broke = _join(whole.broke, one.broke)
    whole.continued = _join(whole.continued, one.continued)


def _join(one: _State | None, other: _State | None) -> _State | None:
    """Return what may have run, by one way or the other."""
    if one is None or other is None or one is other:
        return other if one is None else one
    return _both(one, other)


def _both(one: _State, other: _State) -> _State:
    found = dict(one)
    for key, mark in other.items():
        known = found.get(key)
        if known is None:
            found[key] = mark
        elif known != mark:
            is_last = known.is_last or mark.is_last
            found[key] = _Mark(known.path, is_last, known.loops & mark.loops)
    return found


def _unmarked(state: _State, loop: int) -> _State:
    return {
        key: replace(mark, loops=mark.loops - {loop}) if loop in mark.loops else mark
        for key, mark in state.items()
    }


def _compose(state: _State, inner: _State | None, prefix: tuple[Place, ...]) -> _State | None:
    """Return *state* after a function that leaves *inner*."""
    if inner is None:
        return None
    begin = inner.get(_BEGIN)
    is_last = begin is not None and begin.is_last
    found = {
        key: mark if is_last or not mark.is_last else replace(mark, is_last=False)
        for key, mark in state.items()
    }
    for key, mark in inner.items():
        if key == _BEGIN:
            continue
        known = found.get(key)
        last = mark.is_last or (known is not None and known.is_last)
        found[key] = _Mark((*prefix, *mark.path), last)
    return found


def _add_start(starts: dict[str, Start], name: str, start: Start) -> None:
    known = starts.get(name)
    if known is None:
        starts[name] = start
        return
    is_handed_off = known.is_handed_off and start.is_handed_off
    path = known.path if known.is_handed_off == is_handed_off else start.path
    if known.is_direct < start.is_direct and start.is_handed_off == is_handed_off:
        path = start.path
    starts[name] = Start(path, known.is_direct or start.is_direct, is_handed_off)


def _rank(order: Order) -> tuple[bool, bool, bool]:
    return not order.is_carried, order.is_direct, not order.is_handed_off


def consumed_in(activations: Iterable[Activation]) -> frozenset[Activation]:
    """Return the generators that the bodies of *activations* iterate over."""
    found: set[Activation] = set()
    waiting: list[Term] = [each.body for each in activations]
    while waiting:
        term = waiting.pop()
        match term:
            case Call(is_lazy=False) | Iterate():
                found.update(term.targets)
                if isinstance(term, Iterate):
                    waiting.append(term.body)
            case Sequence() | Parallel():
                waiting.extend(term.items)
            case Choice():
                waiting.extend(term.options)
            case Rounds():
                waiting += [*term.items, term.otherwise]
            case Loop():
                waiting += [term.body, term.otherwise]
            case Background():
                waiting.append(term.body)
            case Try():
                waiting += [term.body, *term.handlers, term.otherwise, term.final]
    return frozenset(found)


__all__ += ["Mapping", "Summary", "consumed_in"]
