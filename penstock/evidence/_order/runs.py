"""Which step of a flow leads to which: by a call, by a hand-off, and by order in a caller."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from penstock._declared.step import Location
from penstock.evidence._analysis.engine import TOO_DEEP
from penstock.evidence._analysis.scopes import Activation
from penstock.evidence._analysis.terms import (
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
from penstock.evidence._order.states import (
    BEGIN,
    Consumer,
    Leads,
    Mark,
    Order,
    Outcome,
    Start,
    State,
    Summary,
    add_exits,
    add_function,
    add_start,
    both,
    compose,
    either,
    in_this_round,
    leave_by,
    merged,
    no_longer_last,
    unmarked,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._stack import at_depth

__all__ = ["FlowRuns"]

_DEEPEST = 30


_MOST_NESTED = 2
"""How often a generator may iterate over itself, since each level multiplies the work."""

_MANY_RUNS = 1_000
"""After how many runs of generators in a flow those after the same steps are the same."""


class FlowRuns:
    """The steps of one flow, and what each leads to.

    Args:
        step_of: Returns the name of the step that a function is, or None.
        contexts: Returns the calls of a function that are known.
        consumed: The generators that somebody iterates over.
        spend: Counts a step of work.
    """

    def __init__(
        self,
        step_of: Callable[[Definition], str | None],
        contexts: Callable[[Definition], Iterable[Activation]],
        consumed: frozenset[Activation],
        spend: Callable[[], None],
    ) -> None:
        self._step_of, self._contexts, self._consumed = step_of, contexts, consumed
        self._spend = spend
        self._summaries: dict[Activation, Summary] = {}
        self._running: set[Activation] = set()
        self._generators: list[Definition] = []
        self._generator_runs = 0
        self._recursed: set[Activation] = set()
        self._bodies: dict[Definition, Summary] = {}
        self._open: set[str] = set()
        self._is_later = False
        self.orders: dict[tuple[str, str], dict[Definition, Order]] = {}
        self.definitions: dict[Definition, None] = {}
        """The functions that the flow runs."""
        self._loops = 0
        self._prefix: tuple[Location, ...] = ()
        self._background = 0
        self._caller: Definition | None = None
        self._current = Summary()
        self._consumers: list[Consumer] = []
        self._request: set[Activation] | None = None
        """The functions that a framework has called for a request, while it provides for one."""
        self._tokens: dict[Hashable, State] = {}
        self.given: dict[tuple[Definition | None, str], dict[str, Location]] = {}
        """The steps that each function gives to each library that may call them in any order."""
        self.given_before: dict[tuple[str, str], tuple[str, Location]] = {}
        """Those that a library may have called before another step, and which library it is."""
        self._may_be_over: dict[str, tuple[str, Location]] = {}
        self._depth = 0
        self._rules: dict[type[Term], Callable[[Any, State], Outcome]] = {
            Sequence: self._sequence,
            Call: self._call,
            Outside: self._outside,
            Choice: self._either,
            Parallel: self._parallel,
            Loop: self._loop,
            Rounds: self._rounds,
            Try: self._try,
            Exit: leave_by,
            Background: self._handed_off,
            Join: self._joined,
            Iterate: self._iterate,
            Yield: self._yield,
        }

    def body(self, name: str, definition: Definition) -> Summary:
        """Return what a function does that is the step *name*, or an override of it."""
        known = self._bodies.get(definition)
        if known is not None:
            return known
        if name in self._open:
            return Summary(normal={BEGIN: Mark((), is_last=True)})
        self._open.add(name)
        with self._apart():
            whole = merged(map(self._summary, self._contexts(definition)))
        self._open.discard(name)
        self._bodies[definition] = whole
        return whole

    def step(self, name: str) -> Summary:
        """Return what the step *name* does, in all functions that were evaluated."""
        bodies = list(self._bodies.items())
        return merged(body for each, body in bodies if self._step_of(each) == name)

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Evaluate in the block what does not depend on where this is."""
        kept = self._prefix, self._background, self._caller, self._current, self._consumers
        request, self._request = self._request, None
        over, self._may_be_over = self._may_be_over, {}
        self._prefix, self._background, self._consumers = (), 0, []
        try:
            yield
        finally:
            self._prefix, self._background, self._caller, self._current, self._consumers = kept
            self._request, self._may_be_over = request, over

    @contextmanager
    def _later(self) -> Iterator[None]:
        """Evaluate in the block what runs later: a call of what has begun there is another one.

        What is handed off in there again is not, so that this ends.
        """
        kept = self._open, self._running, self._recursed, self._is_later
        if not self._is_later:
            self._open, self._running, self._recursed = set(), set(), set()
        self._is_later = True
        try:
            yield
        finally:
            self._open, self._running, self._recursed, self._is_later = kept

    def _summary(self, activation: Activation) -> Summary:
        known = self._summaries.get(activation)
        if known is not None and activation not in self._running:
            return known
        if self._depth > _DEEPEST * 3:
            outside = _too_deep(activation)
            leads: Leads = {(outside, frozenset()): outside}
            return Summary(normal={BEGIN: Mark((), is_last=True)}, leads=leads)
        if activation in self._running:
            self._recursed.add(activation)
            return known or Summary(normal={BEGIN: Mark((), is_last=True)})
        self._running.add(activation)
        self._depth += 1
        self.definitions[activation.definition] = None
        summary = Summary()
        for _ in range(2):
            self._recursed.discard(activation)
            with self._apart():
                summary = self._current = Summary()
                self._caller = activation.definition
                outcome = at_depth(self._depth, lambda: self._of_body(activation.body))
            summary.normal = either(outcome.normal, outcome.returned)
            summary.raised = outcome.raised
            self._summaries[activation] = summary
            if activation not in self._recursed:
                break
        self._running.discard(activation)
        self._depth -= 1
        return summary

    def _of_body(self, body: Term) -> Outcome:
        """Return what a body does by itself."""
        return self._evaluate(body, {BEGIN: Mark((), is_last=True)})

    def _provided(self, term: Term, state: State) -> Outcome:
        """Evaluate what a framework provides: it calls each function once for a request."""
        is_first = self._request is None
        known = self._request = set() if self._request is None else self._request
        whole = Outcome(normal=state)
        for item in term.items if isinstance(term, Sequence) else (term,):
            called = set(item.targets) if isinstance(item, Call) else set()
            if whole.normal is not None and not (called and called <= known):
                known |= called
                one = self._evaluate(item, whole.normal)
                add_exits(whole, one)
                whole.normal = one.normal
        if is_first:
            self._request = None
        return whole

    def around(
        self, wrappers: Iterable[Activation]
    ) -> dict[tuple[str, str], dict[Definition, Order]]:
        """Return the orders in *wrappers*, which run whenever the function of a step is called."""
        orders, definitions = self.orders, self.definitions
        self.orders, self.definitions = {}, dict(definitions)
        for each in wrappers:
            self._summary(each)
        found, self.orders, self.definitions = self.orders, orders, definitions
        return found

    # Terms

    def provide(self, definition: Definition) -> None:
        """Evaluate what a framework calls before it calls the function of a step."""
        for activation in self._contexts(definition):
            if activation.before is not EMPTY:
                with self._apart():
                    self._current, self._caller = Summary(), definition
                    call = Call((activation,), definition.location)
                    self._evaluate(call, {BEGIN: Mark((), is_last=True)})

    def _evaluate(self, term: Term, state: State) -> Outcome:
        self._spend()
        return self._rules[type(term)](term, state)

    def _outside(self, term: Outside, state: State) -> Outcome:
        self._lead_outside(term, state)
        return Outcome(normal=state, raised=state)

    def _lead_outside(self, call: Outside, state: State) -> None:
        """Note a call that leads out of the source, with what has run before in the same round."""
        self._current.leads.setdefault((call, in_this_round(state)), call)

    def _either(self, term: Choice, state: State) -> Outcome:
        return self._choice(term.options, state)

    def _parallel(self, term: Parallel, state: State) -> Outcome:
        return self._choice(term.items, state)

    def _sequence(self, term: Sequence, state: State) -> Outcome:
        whole = Outcome(normal=state)
        for item in term.items:
            if whole.normal is None:
                break
            one = self._evaluate(item, whole.normal)
            add_exits(whole, one)
            whole.normal = one.normal
        return whole

    def _choice(self, options: Iterable[Term], state: State) -> Outcome:
        whole = Outcome()
        for option in options:
            one = self._evaluate(option, state)
            add_exits(whole, one)
            whole.normal = either(whole.normal, one.normal)
        return whole

    def _call(self, term: Call, state: State) -> Outcome:
        whole = Outcome(raised=state)
        for target in term.targets:
            name = self._step_of(target.definition)
            if target.before is not EMPTY:
                self._prefix = (*self._prefix, term.location)
                provided = self._provided(target.before, state).normal
                self._prefix = self._prefix[:-1]
                state = provided if provided is not None else state
            if name is not None:
                one = self._step(name, target.definition, term.location, state)
            elif term.is_lazy and target in self._consumed:
                one = Outcome(normal=state)
            else:
                one = self._helper(self._summary(target), term.location, state)
            add_exits(whole, one)
            whole.normal = either(whole.normal, one.normal)
        return whole

    def _step(self, name: str, definition: Definition, location: Location, state: State) -> Outcome:
        path = (*self._prefix, location)
        self._note(name, Start(path, is_direct=True, is_handed_off=False), state)
        inner = self.body(name, definition)
        after = no_longer_last(state)
        if inner.normal is not None:
            for nested in inner.normal:
                if nested not in {BEGIN, name}:
                    after[nested] = Mark(path, is_last=False)
        after[name] = Mark(path, is_last=True)
        return Outcome(normal=after, raised=after)

    def _helper(self, summary: Summary, location: Location, state: State) -> Outcome:
        prefix = (*self._prefix, location)
        for name, start in summary.starts.items():
            self._note(name, replace(start, path=(*prefix, *start.path)), state)
        add_function(self._current.leads, summary, in_this_round(state))
        return Outcome(
            normal=compose(state, summary.normal, prefix),
            raised=compose(state, summary.raised, prefix),
        )

    def _note(self, name: str, start: Start, state: State) -> None:
        """Note that a step begins when *state* has run."""
        if start.is_kept:
            add_start(self._current.starts, name, start)
            return
        is_handed_off = start.is_handed_off or self._background > 0
        for given, library in self._may_be_over.items():
            self.given_before.setdefault((given, name), library)
        for earlier, mark in state.items():
            is_direct = start.is_direct and mark.is_last
            if earlier == BEGIN:
                whole = Start(start.path, is_direct, is_handed_off)
                add_start(self._current.starts, name, whole)
                continue
            assert self._caller is not None
            known = self.orders.setdefault((earlier, name), {})
            before = known.get(self._caller)
            is_carried = bool(mark.loops)
            if before is None or before.shows_less(
                is_direct=is_direct, is_carried=is_carried, is_handed_off=is_handed_off
            ):
                known[self._caller] = Order(
                    self._caller, mark.path, start.path, is_direct, is_carried, is_handed_off
                )

    def _loop(self, term: Loop, state: State) -> Outcome:
        self._loops += 1
        number = self._loops
        first = self._evaluate(term.body, state)
        again = either(first.normal, first.continued)
        whole = Outcome()
        ends = state if term.ends else None
        broke = first.broke
        # A round that runs no step leaves the next as it was: loops in loops would double the work.
        if again is not None and any(state.get(key) != mark for key, mark in again.items()):
            carried = {
                key: mark if state.get(key) == mark else mark.after_round(number)
                for key, mark in again.items()
            }
            second = self._evaluate(term.body, both(state, carried))
            again = either(again, either(second.normal, second.continued))
            broke = either(broke, second.broke)
            add_exits(whole, second)
        add_exits(whole, first)
        whole.broke = whole.continued = None
        if term.ends:
            ends = either(ends, again)
        if ends is not None:
            otherwise = self._evaluate(term.otherwise, unmarked(ends, number))
            add_exits(whole, otherwise)
            ends = otherwise.normal
        whole.normal = either(ends, broke)
        for each in ("normal", "returned", "raised"):
            found = getattr(whole, each)
            setattr(whole, each, None if found is None else unmarked(found, number))
        return whole

    def _rounds(self, term: Rounds, state: State) -> Outcome:
        whole = Outcome()
        now: State | None = state
        broke: State | None = None
        for item in term.items:
            if now is None:
                break
            one = self._evaluate(item, now)
            now = either(one.normal, one.continued)
            broke = either(broke, one.broke)
            add_exits(whole, one)
        whole.broke = whole.continued = None
        if now is not None:
            one = self._evaluate(term.otherwise, now)
            add_exits(whole, one)
            now = one.normal
        whole.normal = either(now, broke)
        return whole

    def _try(self, term: Try, state: State) -> Outcome:
        body = self._evaluate(term.body, state)
        whole = Outcome(returned=body.returned, broke=body.broke, continued=body.continued)
        if body.normal is not None:
            otherwise = self._evaluate(term.otherwise, body.normal)
            add_exits(whole, otherwise)
            whole.normal = otherwise.normal
        if not (term.handlers and term.catches_all):
            whole.raised = either(whole.raised, body.raised)
        entry = body.raised if body.raised is not None else state
        for handler in term.handlers:
            one = self._evaluate(handler, entry)
            add_exits(whole, one)
            whole.normal = either(whole.normal, one.normal)
        if isinstance(term.final, Sequence) and not term.final.items:
            return whole
        final = Outcome()
        for kind in ("normal", "returned", "raised", "broke", "continued"):
            before = getattr(whole, kind)
            if before is not None:
                one = self._evaluate(term.final, before)
                add_exits(final, one)
                setattr(final, kind, either(getattr(final, kind), one.normal))
        return final

    def _handed_off(self, term: Background, state: State) -> Outcome:
        if term.is_kept:
            self._keep(term.body)
            return Outcome(normal=state, raised=state)
        self._background += 1
        with self._later():
            one = self._evaluate(term.body, state)
        self._background -= 1
        if one.normal is not None:
            done = {k: m for k, m in one.normal.items() if k != BEGIN and state.get(k) != m}
            if term.library:
                given = self.given.setdefault((self._caller, term.library), {})
                new = [name for name in done if name not in state]
                given.update(dict.fromkeys(new, term.location))
                if term.may_run_now:
                    over = dict.fromkeys(new, (term.library, term.location))
                    self._may_be_over = {**self._may_be_over, **over}
            done = {k: m for k, m in done.items() if k not in state or m.is_last}
            self._tokens[term.token] = done
        return Outcome(normal=state, raised=state)

    def _keep(self, body: Term) -> None:
        """Note what a library has got for an event, which says nothing of when that is."""
        outer, self._current = self._current, Summary()
        self._of_body(body)
        kept, self._current = self._current, outer
        for name, start in kept.starts.items():
            add_start(outer.starts, name, replace(start, is_handed_off=True, is_kept=True))

    def _joined(self, term: Join, state: State) -> Outcome:
        done = self._tokens.get(term.token)
        if not done:
            return Outcome(normal=state)
        after = no_longer_last(state)
        after.update(done)
        return Outcome(normal=after, raised=after)

    def _iterate(self, term: Iterate, state: State) -> Outcome:
        whole = Outcome()
        for target in term.targets:
            is_deep = self._depth > _DEEPEST
            if is_deep:
                self._lead_outside(_too_deep(target), state)
            is_step = self._step_of(target.definition) is not None
            is_nested = self._generators.count(target.definition) >= _MOST_NESTED
            if is_step or is_deep or is_nested or target in self._running:
                one = self._evaluate(Loop(term.body), state)
            elif self._generator_runs < _MANY_RUNS:
                one = self._run_generator(term, target, state)
            else:
                one = self._known_run(term, target, state)
            add_exits(whole, one)
            whole.normal = either(whole.normal, one.normal)
        return whole

    def _known_run(self, term: Iterate, target: Activation, state: State) -> Outcome:
        """Run a generator, or return how it ended after the same steps for the same consumer.

        Generators that call each other, as those that walk a tree do, have so many ways that not
        each can be followed. What has run is the same then, be it by another path.
        """
        owner = self._consumers[-1] if self._consumers else self._current
        done = frozenset((key, mark.is_last, mark.loops) for key, mark in state.items())
        key = target, id(term.body), self._background > 0, done
        found = owner.runs.get(key)
        if found is None:
            found = owner.runs[key] = self._run_generator(term, target, state)
        return found

    def _run_generator(self, term: Iterate, target: Activation, state: State) -> Outcome:
        self._generator_runs += 1
        self.definitions[target.definition] = None
        if isinstance(term.body, Yield):
            # What it yields goes on to the consumer of the other.
            inner = self._run_body(target, term.location, state)
            return Outcome(normal=either(inner.normal, inner.returned), raised=inner.raised)
        assert self._caller is not None
        self._loops += 1
        consumer = Consumer(term.body, self._caller, self._prefix, term.is_loop, self._loops)
        self._consumers.append(consumer)
        inner = self._run_body(target, term.location, state)
        self._consumers.pop()
        body = consumer.outcome
        ended = either(inner.normal, inner.returned)
        whole = Outcome(
            normal=either(ended, body.broke if term.is_loop else None),
            returned=body.returned,
            raised=either(inner.raised, body.raised),
        )
        if not term.is_loop:
            whole.broke, whole.continued = body.broke, body.continued
        return whole

    def _run_body(self, target: Activation, location: Location, state: State) -> Outcome:
        """Evaluate the body of a generator, which runs where its consumer is."""
        kept = self._prefix
        self._running.add(target)
        self._generators.append(target.definition)
        self._depth += 1
        self._prefix = (*self._prefix, location)
        outcome = self._evaluate(target.body, state)
        self._prefix = kept
        self._depth -= 1
        self._running.discard(target)
        self._generators.pop()
        return outcome

    def _yield(self, _: Yield, state: State) -> Outcome:
        if not self._consumers:
            return Outcome(normal=state)
        consumer = self._consumers.pop()
        prefix, caller = self._prefix, self._caller
        self._prefix, self._caller = consumer.prefix, consumer.caller
        one = self._round(consumer, state)
        self._prefix, self._caller = prefix, caller
        self._consumers.append(consumer)
        normal = either(one.normal, one.continued) if consumer.is_loop else one.normal
        add_exits(consumer.outcome, one)
        return Outcome(normal=normal, raised=one.raised)

    def _round(self, consumer: Consumer, state: State) -> Outcome:
        """Evaluate the block once: what an earlier round has run is from before in a loop."""
        number, made = consumer.number, consumer.made
        before = {
            key: mark.after_round(number) if (key, mark.path) in made else mark
            for key, mark in state.items()
        }
        for known, known_outcome in consumer.rounds:
            if known == before:
                return known_outcome
        one = self._evaluate(consumer.body, before)
        for kind in ("normal", "returned", "raised", "broke", "continued"):
            after = getattr(one, kind)
            if after is not None:
                made.update((k, m.path) for k, m in after.items() if before.get(k) != m)
                setattr(one, kind, unmarked(after, number))
        consumer.rounds.append((before, one))
        return one


def _too_deep(activation: Activation) -> Outside:
    return Outside(TOO_DEEP, activation.definition.location, is_lost=True)
