"""A function that is declared for several flows: one call is one span, which names them all."""

import asyncio
import functools
import json

import pytest

from penstock import current_run, current_step, entrypoint, find_problems, flow, get_flow, step
from penstock._decorators.tasks import declare_task
from penstock.testing import isolated_registry, record_runs
from penstock.tracing import DeclaredStep, JsonLinesExporter, read_runs


@pytest.fixture(params=[True, False], ids=["recorded", "not recorded"])
def is_recorded(request):
    """Run a test with and without recording, in its own registry."""
    with isolated_registry():
        if not request.param:
            yield False
            return
        with record_runs():
            yield True


@pytest.fixture
def recorded():
    """Return a recording of flows in their own registry."""
    with isolated_registry(), record_runs() as found:
        yield found


def starts(flow_name, call, name="begin"):
    """Return an entrypoint of a flow that calls *call*."""
    return flow(flow_name)(entrypoint(name=name)(lambda: call()))


def shared_step():
    @flow("a")
    @step(after="begin", name="one")
    @flow("b")
    @step(after="begin", name="two")
    def shared():
        return current_step().name

    return shared


def test_step_in_a_thread():
    """In a thread that a recorded step of two flows starts, it is the one of the current flow."""
    with isolated_registry(), record_runs():

        def shared():
            return asyncio.run(asyncio.to_thread(current_step)).name

        shared = flow("b")(step(after="begin", name="two")(shared))
        shared = flow("a")(step(after="begin", name="one")(shared))

        assert starts("b", shared)() == "two"
        assert starts("a", shared)() == "one"


def twice_declared():
    def shared():
        return current_step().name

    shared = flow("b")(step(after="begin", name="two")(shared))
    return flow("a")(step(after="begin", name="one")(shared))


@pytest.mark.parametrize("make", [shared_step, twice_declared])
def test_step_of_two_flows(recorded, make):
    """A step of two flows is one span in a run of each, by the name that it has there."""
    shared = make()
    for name in "ab":
        assert starts(name, shared)() == {"a": "one", "b": "two"}[name]

    of_a, of_b = recorded.runs
    assert (of_a.steps, of_b.steps) == (("begin", "one"), ("begin", "two"))
    assert of_a.spans[1].also == (DeclaredStep("b", "two", is_entrypoint=False),)
    assert of_b.spans[1].also == (DeclaredStep("a", "one", is_entrypoint=False),)
    assert [node.status for node in of_b.graph().nodes] == ["visited", "visited"]


def test_one_declaration_of_two_flows(recorded):
    """So it is where two flows claim one declaration."""
    shared = flow("a")(flow("b")(step(name="shared", after="begin")(lambda: None)))
    starts("a", shared)()

    (span,) = [span for span in recorded.spans if span.step == "shared"]
    assert (span.flow, span.also) == ("a", (("b", "shared", False),))


def of_a_function():
    @flow("a")
    @step(name="one")
    @flow("b")
    @step(name="two")
    def work(): ...

    return work


def of_a_coroutine_function():
    @flow("a")
    @step(name="one")
    @flow("b")
    @step(name="two")
    async def work(): ...

    return work


def of_a_class_method():
    class Shop:
        @flow("a")
        @step(name="one")
        @classmethod
        @flow("b")
        @step(name="two")
        def make(cls): ...

    return Shop.make


def of_a_partial():
    inner = flow("b")(step(name="two")(lambda _: 1))
    return flow("a")(step(name="one")(functools.partial(inner, 1)))


def of_a_method():
    class Shop:
        @flow("b")
        @step(name="two")
        def send(self): ...

    return flow("a")(step(name="one")(Shop().send))


@pytest.mark.parametrize(
    "make", [of_a_function, of_a_coroutine_function, of_a_class_method, of_a_partial, of_a_method]
)
def test_kinds(recorded, make):
    """It is one span whatever kind of function it is, and wherever the decorators are."""
    result = starts("a", make())()
    if result.__class__.__name__ == "coroutine":
        asyncio.run(result)

    spans = [span for span in recorded.spans if span.step != "begin"]
    assert [(span.flow, span.step, span.also) for span in spans] == [
        ("a", "one", (("b", "two", False),))
    ]


def test_method_of_another_object(recorded):
    """The declaration of a method of one object does not apply to that of another object."""

    class Shop:
        @flow("b")
        @step
        def send(self):
            return current_step().name

    mine = flow("a")(step(name="mine")(Shop().send))

    assert starts("a", lambda: (mine(), Shop().send()))() == ("mine", "send")
    assert [(span.step, span.also) for span in recorded.spans[:-1]] == [
        ("mine", (("b", "send", False),)),
        ("send", ()),
    ]


def test_partial_keeps_its_attributes(recorded):
    """A partial of a recorded step keeps arguments and attributes."""
    inner = flow("b")(step(name="two")(lambda *args, **kwargs: (args, kwargs)))
    given = functools.partial(inner, 1, a=2)
    given.note = "kept"

    made = flow("a")(step(name="one")(given))

    assert (made.args, made.keywords, made.note) == ((1,), {"a": 2}, "kept")
    assert made(3) == ((1, 3), {"a": 2})


def entrypoint_over_step():
    @flow("a")
    @entrypoint
    @flow("b")
    @step(after="begin")
    def shared():
        return current_run().flow, current_step().name

    return shared


def step_over_entrypoint():
    @flow("b")
    @step(after="begin")
    @flow("a")
    @entrypoint
    def shared():
        return current_run().flow, current_step().name

    return shared


def task_over_step():
    @flow("a")
    @(lambda function: declare_task(function, lambda call: call))
    @flow("b")
    @step(after="begin")
    def shared():
        return current_run().flow, current_step().name

    return shared


ORDERS = [entrypoint_over_step, step_over_entrypoint, task_over_step]


@pytest.mark.parametrize("make", ORDERS)
def test_entrypoint_that_is_a_step_of_another_flow(recorded, make):
    """It is one span of the run that it begins, and a step of the run that called it."""
    shared = make()

    assert starts("b", shared)() == ("a", "shared")

    outer, inner = recorded.runs
    (span,) = inner.spans
    assert (span.flow, span.step, span.is_entrypoint) == ("a", "shared", True)
    assert span.also == (("b", "shared", False),)
    assert (outer.flow, outer.steps, outer.spans[1]) == ("b", ("begin", "shared"), span)
    assert [node.status for node in outer.graph().nodes] == ["visited", "visited"]
    assert [node.status for node in inner.graph().nodes] == ["visited"]
    assert len(recorded.spans) == 2


@pytest.mark.parametrize("make", ORDERS)
def test_entrypoint_that_nobody_else_calls(recorded, make):
    """Called from nowhere, it is one run with one span."""
    make()()

    (run,) = recorded.runs
    assert (run.flow, run.flows, run.steps) == ("a", ("a",), ("shared",))


@pytest.mark.parametrize("make", ORDERS)
def test_flows_of_a_step_and_an_entrypoint(is_recorded, make):
    """The declarations are the same, recorded or not."""
    make()
    starts("b", lambda: None)

    assert get_flow("a").step("shared").is_entrypoint
    assert not get_flow("b").step("shared").is_entrypoint
    assert get_flow("a").step("shared").function is get_flow("b").step("shared").function
    assert find_problems() == ()


@pytest.mark.parametrize("inherits", [(True, True), (False, True), (True, False)])
def test_two_entrypoints(is_recorded, inherits):
    """A function that begins runs of two flows begins one run, which is of both."""
    first, second = inherits

    @flow("a")
    @entrypoint(inherit=second, name="one")
    @flow("b")
    @entrypoint(inherit=first, name="two")
    def shared():
        run = current_run()
        return run.flows, run.entrypoint, run.flow_id, run.parent.flow

    def call():
        return shared(), current_run().flow_id

    found, outer_id = starts("c", call)()

    assert (found[:2], found[3]) == ((("b", "a"), "two"), "c")
    assert (found[2] == outer_id) is (first and second)


def test_runs_of_two_entrypoints(recorded):
    """Its run is held against the declared image of each."""

    @flow("a")
    @entrypoint(name="one")
    @flow("b")
    @entrypoint(name="two")
    def shared():
        last()

    last = flow("a")(step(after="one", name="last")(lambda: None))
    shared()

    (run,) = recorded.runs
    assert (run.flow, run.flows) == ("b", ("b", "a"))
    assert [(n.name, n.status) for n in run.graph().nodes] == [("two", "visited")]
    assert [(n.name, n.status) for n in run.graph("a").nodes] == [
        ("one", "visited"),
        ("last", "visited"),
    ]
    assert "last" in run.draw("dot", flow="a")


def test_nested_calls_of_one_function(recorded):
    """A call within a call is its own span, and a run where runs begin."""

    @flow("b")
    @step(after="begin")
    @flow("a")
    @entrypoint
    def shared(again=True):
        if again:
            shared(again=False)

    starts("b", shared)()

    spans = recorded.spans
    assert [span.is_entrypoint for span in spans] == [True, True, True]
    assert len({span.run_id for span in spans}) == 3


def test_step_that_is_called_as_such(recorded):
    """A step that begins runs elsewhere begins none where it is called as a step."""
    work = flow("b")(step(name="work")(lambda: None))
    begins = flow("a")(entrypoint(name="begins")(work))

    starts("b", work)()
    begins()

    as_step, _, as_entrypoint = recorded.spans
    assert (as_step.flow, as_step.step, as_step.is_entrypoint) == ("b", "work", False)
    assert (as_entrypoint.flow, as_entrypoint.step) == ("a", "begins")
    assert as_entrypoint.is_entrypoint


def test_bare_function(is_recorded):
    """The function as it was written is the step, recorded or not."""

    def work():
        return current_step()

    step(work)
    flow("f")(work)
    flow("f")(step(name="next", after=work)(lambda: None))

    assert [s.name for s in get_flow("f").steps] == ["work", "next"]


def test_wrappers_of_one_function(recorded):
    """Several separate declarations of one function are distinguished."""

    def work(): ...

    first, second = (flow("f")(step(name=name)(work)) for name in ("one", "two"))
    starts("f", lambda: (first(), second()))()

    assert [(span.step, span.also) for span in recorded.spans[:-1]] == [("one", ()), ("two", ())]


@pytest.mark.parametrize("kind", [lambda function: function, staticmethod])
def test_builtin(recorded, kind):
    """A built-in function is recorded once, too."""
    found = flow("a")(step(name="one")(flow("b")(step(name="two")(kind(len)))))

    assert starts("a", lambda: found("xyz"))() == 3
    assert [span.step for span in recorded.spans] == ["one", "begin"]


def test_declared_again(recorded):
    """A declaration that takes the place of another is not named beside it."""
    found = flow("f")(step(name="work")(lambda: None))
    for title in ("Work", "Do the work"):
        found = flow("f")(step(name="work", title=title)(found))
    starts("f", found)()

    assert recorded.spans[0].also == ()
    assert get_flow("f").step("work").title == "Do the work"


def test_file(tmp_path):
    """A file has it all, and so have the runs that are read from it."""
    from penstock import tracing

    with isolated_registry(), record_runs() as found:
        exporter = JsonLinesExporter(tmp_path / "spans.jsonl")
        starts("b", entrypoint_over_step())()
        for span in found.spans:
            exporter.export(span)
        exporter.close()
        runs = read_runs(tmp_path / "spans.jsonl")

        assert runs == found.runs
        assert tracing.group_runs(found.spans) == runs
    lines = (tmp_path / "spans.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["also"] == [{"flow": "b", "step": "shared", "is_entrypoint": False}]


def test_steps_of_one_name_in_two_flows(recorded):
    """A step of another flow is not taken for the one that has its name."""
    flow("a")(step(after="begin", name="store")(lambda: None))
    other = flow("b")(step(after="begin", name="store")(lambda: None))
    starts("a", other)()

    (run,) = recorded.runs
    assert [node.status for node in run.graph().nodes] == ["visited", "unreached"]
