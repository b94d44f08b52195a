"""The check of joins: the same results as the plain algorithm, but fast for large flows."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slow_ways import slow_ways

from penstock import Edge, Flow, Step, all_of, entrypoint, flow, get_flow, step
from penstock.graph import _check, _ways
from penstock.graph._structure import find_cycle, find_cyclic, reach, successors
from penstock.graph._ways import find_ways
from penstock.testing import isolated_registry


@st.composite
def declared(draw, *, cycles: bool):
    """Return the steps of a flow by name: branches, joins, several entrypoints, unknown names."""
    size = draw(st.integers(1, 12))
    names = [f"s{number}" for number in range(size)]
    steps = {}
    for number, name in enumerate(names):
        before = names if cycles else names[:number]
        sources = st.sampled_from([*before, *before, *before, "unknown"])
        chosen = draw(st.lists(sources, max_size=3, unique=True))
        labels = [draw(st.sampled_from([None, "yes", "no"])) for _ in chosen]
        steps[name] = Step(
            name=name,
            function=len,
            is_entrypoint=not chosen or draw(st.integers(0, 9)) == 0,
            after=tuple(Edge(s, name, label) for s, label in zip(chosen, labels, strict=True)),
            join=draw(st.sampled_from(["any", "all"])) if chosen else "any",
        )
    return steps


def following(steps):
    """Return which steps follow each of *steps*."""
    return successors(steps, [(e.source, e.target) for s in steps.values() for e in s.after])


def assert_same(steps):
    """Assert that both algorithms find the same ways to each of *steps*."""
    after = following(steps)
    has_cycle = find_cycle(after) is not None
    slow = slow_ways(steps, after, has_cycle=has_cycle)
    fast = find_ways(steps, after, has_cycle=has_cycle)
    finder = _ways._Finder(steps, find_cyclic(after) if has_cycle else set())
    arms = {bits[0]: arm for arm, bits in finder._arms.items()}

    read = {
        name: {
            (entry, frozenset(arm for bit, arm in arms.items() if bit & taken))
            for entry, taken, _ in ways
        }
        for name, ways in fast.items()
    }
    assert read == slow


@settings(max_examples=150)
@given(steps=declared(cycles=False))
def test_same_ways(steps):
    """In any flow without a cycle, the ways are those that the plain algorithm finds."""
    assert_same(steps)


@settings(max_examples=150)
@given(steps=declared(cycles=True))
def test_same_ways_in_cycles(steps):
    """So they are in any flow with cycles."""
    assert_same(steps)


@pytest.fixture
def few(monkeypatch):
    """Let three ways be too many, so that small flows reach the limit."""
    monkeypatch.setattr("slow_ways._MOST_WAYS", 3)
    monkeypatch.setattr(_ways, "_MOST_WAYS", 3)


@pytest.mark.usefixtures("few")
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=declared(cycles=False))
def test_same_ways_beyond_the_limit(steps):
    """So they are where there are more ways than are looked at."""
    assert_same(steps)


@settings(max_examples=200)
@example(pairs=[(0, 0), (0, 1)])
@given(pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_cyclic(pairs):
    """A step is on a cycle exactly if it can be reached from what follows it."""
    graph = successors(range(10), pairs)

    assert find_cyclic(graph) == {name for name in graph if name in reach(graph, graph[name])}


def branches(count: int, arms: int, tail: int) -> Flow:
    """Return a flow of *count* branches in a row, then *tail* steps, then a join."""
    made = flow("f")

    def add(name, after=None):
        decorator = step(name=name, after=after) if after else entrypoint(name=name)
        made(decorator(lambda: None))

    add("m0")
    for number in range(count):
        for arm in range(arms):
            add(f"a{number}_{arm}", {f"m{number}": f"arm {arm}"})
        add(f"m{number + 1}", [f"a{number}_{arm}" for arm in range(arms)])
    before = f"m{count}"
    for number in range(tail):
        label = {before: f"label {number}"} if number % 2 else before
        add(f"t{number}", label)
        before = f"t{number}"
    add("x", before)
    add("y", before)
    add("z", all_of("x", "y"))
    return get_flow("f")


def counted(monkeypatch, size):
    """Return how many ways are compared while a flow with a tail of *size* steps is checked."""
    compared = []
    compare = _ways._minimal

    def count(asked):
        compared.append(len(asked))
        return compare(asked)

    monkeypatch.setattr(_ways, "_minimal", count)
    with isolated_registry():
        assert branches(4, 4, size).problems() == ()
    monkeypatch.setattr(_ways, "_minimal", compare)
    return sum(compared)


def test_tail(monkeypatch):
    """A long tail behind branches compares no ways again, also where its edges have labels."""
    assert counted(monkeypatch, 100) == counted(monkeypatch, 10)


def test_many_unknown_names(monkeypatch):
    """If very many names are unknown, only the first are compared with all steps."""
    asked = []
    monkeypatch.setattr(_check, "did_you_mean", lambda name, known: asked.append(len(known)) or "")
    made = flow("f")
    made(entrypoint(name="begin")(lambda: None))
    for number in range(150):
        made(step(name=f"s{number}", after=f"lost{number}")(lambda: None))

    problems = get_flow("f").problems()

    assert len(problems) == 150
    assert asked == [151] * 100 + [0] * 50
