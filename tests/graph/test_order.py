"""The order of a flow: as it is reached from its entrypoints, however it was declared."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import Edge, Step, entrypoint, flow, get_flow, loop, step
from penstock._declared.registry import isolated
from penstock.catalog import Catalog
from penstock.catalog._writing import write_catalog
from penstock.docs._markdown_pages import text_documents
from penstock.graph import Flow
from penstock.graph._order import natural
from penstock.render import draw


def step_of(name: str, *after: str | Edge, is_entrypoint: bool = False) -> Step:
    edges = tuple(one if isinstance(one, Edge) else Edge(one, name) for one in after)
    return Step(name=name, after=edges, is_entrypoint=is_entrypoint)


def names_of(*steps: Step) -> str:
    return " ".join(one.name for one in Flow(name="f", steps=steps).steps)


def begin(name: str, *after: str | Edge) -> Step:
    return step_of(name, *after, is_entrypoint=True)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            (step_of("a", "z"), begin("z"), step_of("b", "a")), "z a b", id="predecessors first"
        ),
        pytest.param(
            (begin("a"), step_of("b", "a"), step_of("c", "a"), step_of("d", "b")),
            "a b d c",
            id="a branch is not interrupted",
        ),
        pytest.param(
            (begin("a"), step_of("s10", "a"), step_of("s9", "a"), step_of("s9b", "a")),
            "a s9 s9b s10",
            id="names, with numbers as such",
        ),
        pytest.param(
            (begin("a"), step_of("b", "a"), step_of("c", "a"), step_of("d", "c", "b")),
            "a c b d",
            id="as one after names them",
        ),
        pytest.param(
            (begin("a"), *(step_of(name, "a") for name in "bcde"), step_of("f", "e", "b")),
            "a e b f c d",
            id="those that one after names are beside each other",
        ),
        pytest.param(
            (begin("e"), begin("b"), step_of("x", "e", "b"), step_of("a")),
            "e b x a",
            id="entrypoints, then what nothing leads to",
        ),
        pytest.param(
            (begin("c", "b"), step_of("b", "a"), begin("x"), step_of("a", "x"), step_of("d", "c")),
            "x a b c d",
            id="an entrypoint behind a queue is where it is reached",
        ),
        pytest.param(
            (begin("a"), step_of("b", "a", "c"), step_of("c", "b"), step_of("d", "c")),
            "a b c d",
            id="a cycle",
        ),
        pytest.param(
            (begin("x"), step_of("c", "b"), step_of("b", "c"), step_of("d", "c", "d")),
            "x b c d",
            id="a cycle that nothing leads to",
        ),
        pytest.param(
            (begin("a", "b"), begin("b", "d"), begin("c"), step_of("d", "c", "a")),
            "c d b a",
            id="a cycle of entrypoints begins behind one that is in none",
        ),
        pytest.param(
            (begin("a"), step_of("b", "a", Edge("c", "b", is_loop=True)), step_of("c", "b")),
            "a b c",
            id="a loop",
        ),
        pytest.param((begin("a"), step_of("b", "gone"), step_of("c", "a")), "a c b", id="unknown"),
        pytest.param(
            (begin("a"), step_of("b", "a"), step_of("c", "a"), step_of("d", "b", "c", "b")),
            "a b c d",
            id="orders that contradict each other",
        ),
    ],
)
def test_order(steps: Sequence[Step], expected: str) -> None:
    """Steps are in the order in which the flow reaches them, in whatever order they are given."""
    assert names_of(*steps) == expected
    assert names_of(*reversed(steps)) == expected


def test_natural_order() -> None:
    """Numbers in names are compared as numbers, and names that only differ in zeros by these."""
    assert sorted(["a10", "a9", "a", "b1", "a09", "A1"], key=natural) == [
        *("A1", "a", "a09", "a9", "a10", "b1")
    ]


NAMES = ["receive", "check", "price_10", "price_9", "send", "Überweisung", "retry"]


@st.composite
def flows(draw_: st.DrawFn) -> list[Step]:
    """Return the steps of a flow, with joins, labels, groups, loops, cycles and unknown names."""
    names = NAMES[: draw_(st.integers(1, len(NAMES)))]
    sources = st.sampled_from([*names, "unknown"])
    after = st.lists(st.tuples(sources, st.booleans(), st.sampled_from([None, "yes"])), max_size=3)
    return [
        Step(
            name=name,
            is_entrypoint=draw_(st.booleans()),
            after=tuple(Edge(s, name, label, is_loop) for s, is_loop, label in draw_(after)),
            join=draw_(st.sampled_from(["any", "all"])),
            group=draw_(st.sampled_from([None, "A", "B"])),
        )
        for name in names
    ]


def outputs(steps: Sequence[Step]) -> list[str]:
    """Return all that is shown of a flow of these *steps*."""
    found = Flow(name="f", steps=tuple(steps))
    formats = ("text", "mermaid", "dot", "json", "d2", "plantuml")
    shown = [str(draw(found, name)) for name in formats]
    return [*shown, write_catalog([found], []), *text_documents([found]).values()]


@settings(max_examples=40)
@given(flows(), st.randoms(use_true_random=False))
def test_declarations_in_any_order(steps: list[Step], random: Random) -> None:
    """Every output is the same for each order in which the steps were declared."""
    shuffled = random.sample(steps, len(steps))

    assert outputs(shuffled) == outputs(steps)


@settings(max_examples=100)
@given(flows())
def test_only_ways_back_lead_back(steps: list[Step]) -> None:
    """Without cycles, each step is after all its predecessors; and no step is lost."""
    found = Flow(name="f", steps=tuple(steps))
    place = {one.name: number for number, one in enumerate(found.steps)}
    forward = {(e.source, e.target) for e in found.edges if not e.is_loop and e.source in place}
    backwards = {(a, b) for a, b in forward if place[b] <= place[a]}

    reached = {(a, b) for a, b in forward - backwards}
    while more := {(a, d) for a, b in reached for c, d in reached if b == c} - reached:
        reached |= more
    assert sorted(place) == sorted(one.name for one in steps)
    assert all(a == b or (b, a) in reached for a, b in backwards)
    assert Flow(name="f", steps=found.steps).steps == found.steps


def declare(order: Sequence[str]) -> tuple[str, list[str]]:
    """Declare the steps of one flow in this *order*, and return its catalog and its problems."""
    made = {
        "receive": entrypoint(name="receive"),
        "check": step(name="check", after=["receive", "ask"]),
        "ask": step(name="ask", after="check"),
        "notify": step(name="notify", after={"check": "fine", loop("send"): "again"}),
        "send": step(name="send", after=["notify", "nowhere"]),
    }

    def function() -> None: ...

    with isolated():
        for name in order:
            flow("orders", title="Orders")(made[name](function))
        problems = [str(replace(one, location=None)) for one in get_flow("orders").problems()]
        return Catalog.from_registry().to_json(), problems


def test_catalog_and_problems() -> None:
    """A catalog has the same bytes, and its flow the same problems, in the same order."""
    catalog, problems = declare(["receive", "check", "ask", "notify", "send"])

    assert declare(["send", "ask", "notify", "check", "receive"]) == (catalog, problems)
    assert problems[1] == (
        "flow 'orders': cycle: check -> ask -> check. Remove one of these `after`, or write "
        "after=loop('ask') at 'check' if the flow comes back there [cycle]"
    )


@pytest.mark.needs("Graphviz program")
def test_svg() -> None:
    """An image is the same, also where an undeclared cycle is drawn."""
    steps = (
        begin("receive"),
        step_of("check", "receive", "ask"),
        step_of("ask", "check"),
        step_of("send", "check"),
        step_of("notify", "check"),
        begin("import"),
    )

    def drawn(*given: Step) -> object:
        return draw(Flow(name="f", steps=given), "svg")

    assert drawn(*steps) == drawn(*reversed(steps))
