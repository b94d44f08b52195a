"""Flows: their order, their problems, and what they are drawn from."""

import dataclasses
import pickle
from pathlib import Path

import pytest

from penstock import (
    Flow,
    all_of,
    entrypoint,
    find_problems,
    flow,
    get_flow,
    list_flows,
    loop,
    step,
)
from penstock.exceptions import PenstockError, UnknownFlowError
from penstock.graph._structure import components, find_cycle, order


def declare(name: str, **steps: object) -> Flow:
    """Declare a flow: each step by its name and what it comes after, ``None`` for an entrypoint."""
    made = flow(name)
    for step_name, after in steps.items():
        if after is None:
            made(entrypoint(name=step_name)(lambda: None))
        else:
            made(step(name=step_name, after=after or None)(lambda: None))
    return get_flow(name)


def codes(found: Flow) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.step) for problem in found.problems()]


def test_order_of_a_loop():
    """A loop does not count in the order, and is the last of the edges that are drawn."""
    found = declare("f", ask=["a", loop("check")], check="ask", send="check", a=None)

    graph = found.graph()

    assert [s.name for s in found.steps] == ["a", "ask", "check", "send"]
    assert [node.name for node in graph.nodes] == ["a", "ask", "check", "send"]
    assert [(edge.source, edge.target, edge.is_loop) for edge in graph.edges] == [
        ("a", "ask", False),
        ("ask", "check", False),
        ("check", "send", False),
        ("check", "ask", True),
    ]


def test_components():
    """Names have one number if and only if they lead to each other."""
    found = components({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": ["d"]})

    assert found["b"] == found["c"]
    assert len({found["a"], found["b"], found["d"]}) == 3


def test_order_of_a_cycle_without_a_way_in():
    """A cycle that nothing leads to is opened by its first step too."""
    assert order({"b": ["c"], "c": ["b", "d"], "d": []}) == ["b", "c", "d"]


def test_order_when_a_cycle_is_opened_early():
    """A step that opened a cycle is not placed again when what leads to it is."""
    assert order({"x": ["y"], "y": ["x", "z"], "z": ["x"]}) == ["x", "y", "z"]


def test_no_cycle():
    """A graph without a cycle has none."""
    assert find_cycle({"a": ["b"], "b": []}) is None


def test_frozen():
    """A flow never changes, and later declarations do not reach it."""
    found = declare("f", a=None)
    declare("f", b="a")

    assert [s.name for s in found.steps] == ["a"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.name = "g"


def test_made_once():
    """A flow is the same object until anything is declared, which may concern it."""
    orders = flow("orders")
    orders(entrypoint(name="receive")(lambda: None))
    first = get_flow("orders")
    assert get_flow("orders") is first is list_flows()[0]

    flow("orders", title="Orders")
    titled = get_flow("orders")
    orders(step(name="send", after="pack")(lambda: None))
    longer = get_flow("orders")
    flow("others")(step(name="pack", after="receive")(lambda: None))

    assert (first.title, titled.title) == (None, "Orders")
    assert [len(found.steps) for found in (titled, longer)] == [1, 2]
    assert "others" in str(get_flow("orders").problems()[0])
    assert "others" not in str(longer.problems()[0])


def test_step_by_name():
    """A step is found by its name; an unknown one is a `LookupError`."""
    found = declare("f", a=None)

    assert found.step("a").is_entrypoint
    with pytest.raises(LookupError):
        found.step("b")


def test_list():
    """All flows are listed in order of declaration."""
    declare("g", a=None)
    declare("f", a=None)

    assert [f.name for f in list_flows()] == ["g", "f"]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ([], "unknown flow 'bom_snyc': no flow is declared. Import the modules that declare your "
             "flows first"),
        (["bom_sync"], "unknown flow 'bom_snyc'; did you mean 'bom_sync'? (known: bom_sync)"),
        (["zzz"], "unknown flow 'bom_snyc' (known: zzz)"),
    ],
    ids=["none", "near", "far"],
)  # fmt: skip
def test_unknown_flow(declared, expected):
    """An unknown flow is an error with the nearest name."""
    for name in declared:
        declare(name, a=None)

    with pytest.raises(UnknownFlowError) as caught:
        get_flow("bom_snyc")

    assert str(caught.value) == expected
    assert str(pickle.loads(pickle.dumps(caught.value))) == expected


def test_graph():
    """The graph has a node for each step, and one for each step that nobody declared."""
    flow("f", title="T", description="D")
    found = declare("f", a=None, b=all_of("a"), c=all_of("a", "gone"), d=["gone", "lost"])

    graph = found.graph()

    assert (graph.name, graph.title, graph.label, graph.description) == ("f", "T", "T", "D")
    assert [(n.name, n.role, n.join) for n in graph.nodes] == [
        ("a", "entrypoint", "any"),
        ("b", "step", "any"),
        ("c", "step", "all"),
        ("d", "step", "any"),
        ("gone", "missing", "any"),
        ("lost", "missing", "any"),
    ]
    assert graph.edges == found.edges


class TestProblems:
    """Inconsistencies are reported, and nothing else."""

    def test_none(self):
        """A sound flow has no problems."""
        assert codes(declare("f", a=None, b="a", c=["a", "b"])) == []

    def test_unknown_predecessor(self):
        """A name that is not a step is reported with the nearest one."""
        found = declare("f", fetch=None, store="fetcch")

        assert str(found.problems()[0]) == (
            f"{found.step('store').location}: flow 'f': 'store' comes after 'fetcch', which is "
            "not a step of this flow; did you mean 'fetch'? [unknown-predecessor]"
        )

    def test_step_of_another_flow(self):
        """A step that only another flow has is reported with that flow."""
        declare("g", elsewhere=None)
        found = declare("f", a=None, b="elsewhere")

        assert found.problems()[0].message.endswith(
            "it is a step of 'g': put @flow(...) of this flow above it too"
        )

    def test_function_of_another_flow(self):
        """A function that only another flow has is reported by its name."""

        @flow("g")
        @entrypoint
        def elsewhere(): ...

        flow("f")(step(name="b", after=elsewhere)(lambda: None))

        problem = get_flow("f").problems()[0]
        assert (problem.code, problem.step) == ("unknown-predecessor", "b")
        assert "'b' comes after 'elsewhere'" in problem.message

    def test_name_that_is_nowhere(self):
        """A name that is nowhere may be in a module that is not imported."""
        found = declare("f", a=None, b="zzz")

        assert found.problems()[0].message.endswith("Is the module that declares it imported?")

    def test_later_import_mends(self):
        """A predecessor that a later import declares is no longer a problem."""
        assert codes(declare("f", a=None, b="zzz")) == [("unknown-predecessor", "b")]
        assert codes(declare("f", zzz="a")) == []

    def test_cycle(self):
        """A cycle is reported with its path."""
        found = declare("f", a=None, b=["a", "c"], c="b")

        (problem,) = found.problems()
        assert problem.code == "cycle"
        assert set(problem.message.partition(": ")[2].partition(".")[0].split(" -> ")) == {"b", "c"}

    def test_step_after_itself(self):
        """A step that comes after itself is a cycle."""
        assert codes(declare("f", a=None, b=["a", "b"])) == [("cycle", "b")]

    @pytest.mark.parametrize(
        "steps",
        [
            pytest.param({"a": None, "b": ["a", loop("c")], "c": "b"}, id="back"),
            pytest.param({"a": None, "b": ["a", loop("b")]}, id="itself"),
            pytest.param({"b": ["a", "c"], "c": loop("b"), "a": None}, id="only by a loop"),
            pytest.param({"a": None, "b": ["a", loop("c")], "c": ["a", loop("b")]}, id="both ways"),
            pytest.param(
                {"a": None, "b": ["a", {loop("c"): "no"}], "c": "b", "d": {"c": "yes"}},
                id="a branch",
            ),
        ],
    )
    def test_loop(self, steps):
        """A cycle with a loop is none, and what a loop leads to is reached."""
        assert codes(declare("f", **steps)) == []

    def test_cycle_beside_a_loop(self):
        """A loop excuses its own cycle only, and the message says how to write one."""
        found = declare("f", a=None, b=["a", loop("c")], c=["b", "d"], d="c")

        (problem,) = found.problems()
        assert problem.code == "cycle"
        assert "write after=loop('" in problem.message

    def test_loop_that_closes_no_cycle(self):
        """A loop from a step to which nothing leads back is a plain edge."""
        found = declare("f", a=None, b=["a"], c=["b", loop("a")])

        (problem,) = found.problems()
        assert (problem.code, problem.step) == ("needless-loop", "c")
        assert problem.message == (
            "loop('a') at 'c' closes no cycle, since 'c' does not lead to 'a': write after='a'"
        )

    def test_loop_from_nowhere(self):
        """A loop that names no step is that problem only."""
        assert codes(declare("f", a=None, b=["a", loop("zzz")])) == [("unknown-predecessor", "b")]

    def test_join_within_a_loop(self):
        """A branch that a loop leads through again may take both arms."""
        found = declare(
            "f",
            a=None,
            b=["a", loop("no")],
            yes={"b": "yes"},
            no={"b": "no"},
            c=all_of("yes", "no"),
        )
        other = declare(
            "g", a=None, b=["a", loop("e")], c={"b": "yes"}, d={"b": "no"}, e=all_of("c", "d")
        )

        assert codes(found) == []
        assert codes(other) == []

    def test_no_entrypoint(self):
        """A flow in which no run can begin is reported once."""
        assert codes(declare("f", b=(), c="b")) == [("no-entrypoint", None)]

    def test_unreachable(self):
        """Steps that no entrypoint leads to are reported, each with its own reason."""
        found = declare("f", a=None, b=(), c="b")

        assert [p.message for p in found.problems()] == [
            "'b' is never reached: it comes after nothing and is not an entrypoint. "
            "Write @step(after=...), or @entrypoint if runs begin here",
            "'c' is never reached from 'a'",
        ]

    def test_one_mistake_is_one_problem(self):
        """A step after an unknown name is not reported as unreachable, too."""
        assert codes(declare("f", a=None, b="zzz", c="b")) == [("unknown-predecessor", "b")]

    def test_two_entrypoints_never_join(self):
        """An all-of over two entrypoints is impossible: a run begins at one."""
        found = declare("f", a=None, b=None, c=all_of("a", "b"))

        (problem,) = found.problems()
        assert (problem.code, problem.message) == (
            "impossible-join",
            "'c' waits for all of 'a' and 'b', which never happens: no entrypoint leads to all "
            "of them, and a run begins at only one. Use any_of(...)",
        )

    def test_two_arms_of_one_branch_never_join(self):
        """An all-of over two arms of a branch is impossible, however long the arms are."""
        found = declare(
            "f", a=None, yes={"a": "yes"}, no={"a": "no"}, more="no", c=all_of("yes", "more")
        )

        (problem,) = found.problems()
        assert (problem.code, problem.step) == ("impossible-join", "c")
        assert "different arms of one branch" in problem.message

    @pytest.mark.parametrize(
        "steps",
        [
            pytest.param({"a": None, "b": "a", "c": "a", "d": all_of("b", "c")}, id="fan-out"),
            pytest.param(
                {"a": None, "b": {"a": "yes"}, "c": {"a": "yes"}, "d": all_of("b", "c")},
                id="one arm",
            ),
            pytest.param(
                {"a": None, "b": {"a": "yes"}, "c": "a", "d": all_of("b", "c")}, id="no label"
            ),
            pytest.param(
                {
                    "a": None,
                    "b": {"a": "yes"},
                    "c": {"a": "no"},
                    "d": ["b", "c"],
                    "e": "a",
                    "f": all_of("d", "e"),
                },
                id="arms that met again",
            ),
            pytest.param(
                {"a": None, "a2": None, "b": ["a", "a2"], "c": "a", "d": all_of("b", "c")},
                id="one common entrypoint",
            ),
            pytest.param({"a": None, "b": "a", "c": all_of("b", "zzz")}, id="unknown"),
        ],
    )
    def test_possible_joins(self, steps):
        """An all-of that can be satisfied is never reported."""
        assert "impossible-join" not in {code for code, _ in codes(declare("f", **steps))}

    def test_loop_may_take_both_arms(self):
        """A branch inside a loop may take another arm on each turn."""
        found = declare(
            "f", a=None, b=["a", "no"], yes={"b": "yes"}, no={"b": "no"}, c=all_of("yes", "no")
        )

        assert codes(found) == [("cycle", "b")]

    def test_join_behind_an_impossible_join(self):
        """Only the first of several impossible joins is reported."""
        found = declare("f", a=None, b=None, c=all_of("a", "b"), d=all_of("c", "a"))

        assert codes(found) == [("impossible-join", "c")]

    @pytest.mark.parametrize("join", ["any", "all"])
    def test_too_many_ways_to_tell(self, join):
        """With very many branches, nothing is reported rather than something wrong."""
        steps: dict[str, object] = {"s0": None}
        for i in range(12):
            steps[f"y{i}"] = {f"s{i}": "yes"}
            steps[f"n{i}"] = {f"s{i}": "no"}
            steps[f"s{i + 1}"] = [f"y{i}", f"n{i}"]
        ends = ["s12", *(f"s{i}" for i in range(4, 10))]
        steps["end"] = all_of(*ends) if join == "all" else ends
        steps["last"] = all_of("end", "s11")

        assert codes(declare("f", **steps)) == []

    def test_of_all_flows(self):
        """`find_problems` reports the problems of all flows."""
        declare("f", b=())
        declare("g", a=None, b="zzz")

        assert [(p.flow, p.code) for p in find_problems()] == [
            ("f", "no-entrypoint"),
            ("g", "unknown-predecessor"),
        ]

    def test_of_a_flow_without_steps(self):
        """A flow that only has a name can be looked at."""
        flow("empty")

        assert codes(get_flow("empty")) == [("no-entrypoint", None)]
        assert issubclass(UnknownFlowError, PenstockError)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("begin, other", "several steps are a list: write after=['begin', 'other'] ["),
        ("shop.flows.begin", "did you mean 'begin'? ["),
        ("begin, nowhere", "Is the module that declares it imported? ["),
    ],
)
def test_hints_of_unknown_predecessors(after, expected):
    """For several steps in one string, and for a dotted name, the hint has the right spelling."""
    orders = flow("orders")
    orders(entrypoint(name="begin")(lambda: None))
    orders(entrypoint(name="other")(lambda: None))
    orders(step(name="last", after=after)(lambda: None))

    (problem,) = [p for p in get_flow("orders").problems() if p.code == "unknown-predecessor"]

    assert expected in str(problem)


def test_problem_of_a_whole_flow_has_a_place():
    """A problem of a whole flow is reported at its first step."""
    late = flow("late")
    late(step(name="first", after="nowhere")(lambda: None))

    found = {problem.code: problem.location for problem in get_flow("late").problems()}

    assert found["no-entrypoint"] == get_flow("late").steps[0].location


class Handler:
    """A class that is a step."""

    def __init__(self): ...


def test_class_has_a_place():
    """A class that is a step is found in its file, one that C code made is nowhere."""
    orders = flow("orders")
    orders(step(name="handler")(Handler))
    orders(step(name="builtin")(dict))

    places = [get_flow("orders").step(name).location for name in ("handler", "builtin")]

    assert places[0].file == __file__
    assert (
        Path(__file__)
        .read_text(encoding="utf-8")
        .splitlines()[places[0].line - 1 :][:4]
        .count("    def __init__(self): ...")
        == 1
    )
    assert places[1] is None
