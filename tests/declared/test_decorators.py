"""Declaring flows: what decorators take, keep, and refuse."""

import copy
import enum
import importlib
import importlib.metadata
import inspect
import pickle
import re
import subprocess
import sys
from functools import lru_cache, partial, wraps
from typing import Any

import pytest

import penstock
from penstock import (
    Edge,
    all_of,
    any_of,
    bind,
    current_flow_id,
    current_run,
    current_step,
    entrypoint,
    find_problems,
    flow,
    generate_dag,
    get_flow,
    loop,
    step,
)
from penstock._decorators.tasks import declare_task
from penstock.exceptions import (
    DuplicateStepError,
    InvalidArgumentError,
    PenstockError,
    UndeclaredFunctionError,
)


def importable(x: int) -> int:
    """Doubles."""
    return 2 * x


class Task:
    """The object that a queue makes from a function."""

    def __init__(self, call):
        self.call = call


def named(name: str):
    """Return a function that was given a name."""
    function = lambda: None
    function.__name__ = name
    return function


def edges(name: str = "f") -> list[tuple[str, str, str | None]]:
    return [(e.source, e.target, e.label) for e in get_flow(name).edges]


def codes(name: str = "f") -> list[str]:
    return [problem.code for problem in get_flow(name).problems()]


class TestStep:
    """A step is the very function that was declared."""

    @pytest.mark.parametrize(
        "declare",
        [
            pytest.param(step, id="bare"),
            pytest.param(step(), id="called"),
            pytest.param(step(after="x", name="y", title="Y", kind="http"), id="with all"),
        ],
    )
    def test_same_object(self, declare):
        """`@step` and `@flow` return the same object."""

        def function(): ...

        assert flow("f")(declare(function)) is function

    def test_as_if_nothing_were_there(self):
        """Pickling, copying, signature and attributes are untouched."""
        before = dict(vars(importable)), inspect.signature(importable)

        declared = flow("f")(step(importable))

        assert (dict(vars(declared)), inspect.signature(declared)) == before
        assert pickle.loads(pickle.dumps(declared)) is declared
        assert copy.deepcopy(declared) is declared
        assert not hasattr(declared, "__wrapped__")

    def test_any_callable(self):
        """Classes, partials, C functions and instances can be steps."""

        class Send:
            def __call__(self): ...

        for name, target in {"a": Send, "b": partial(print), "c": len, "d": Send()}.items():
            assert flow("f")(step(name=name)(target)) is target

        assert [s.name for s in get_flow("f").steps] == ["a", "b", "c", "d"]

    def test_methods(self):
        """Methods of every kind, in either order of decorators, are steps by their name."""
        orders = flow("f")

        class Shop:
            @orders
            @entrypoint
            def receive(self): ...

            @orders
            @step(after=receive)
            @staticmethod
            def pack(): ...

            @staticmethod
            @orders
            @step(after=pack)
            def weigh(): ...

            @orders
            @step(after=[weigh, pack])
            @classmethod
            def send(cls):
                return cls

        assert edges() == [
            ("receive", "pack", None),
            ("pack", "weigh", None),
            ("weigh", "send", None),
            ("pack", "send", None),
        ]
        assert Shop.send() is Shop
        assert codes() == []

    def test_below_other_decorators(self):
        """A flow finds the declared function inside what other decorators made of it."""

        def other(function):
            @wraps(function)
            def inner():
                return function()

            return inner

        cached = flow("f")(lru_cache(other(step(importable))))

        assert [s.function for s in get_flow("f").steps] == [importable]
        assert cached.cache_info().hits == 0

    def test_metadata(self):
        """A step knows its name, title, kind, location and docstring."""
        flow("f")(step(name="n", title="T", kind="http")(importable))

        (declared,) = get_flow("f").steps
        line = inspect.getsourcelines(importable)[1]
        assert (declared.name, declared.title, declared.kind) == ("n", "T", "http")
        assert (declared.label, declared.doc, declared.summary) == ("T", "Doubles.", "Doubles.")
        assert str(declared.location) == f"{__file__}:{line}"
        assert declared.function is importable

    def test_without_docstring(self):
        """A step without a docstring has neither doc nor summary."""
        flow("f")(step(lambda: None))

        (declared,) = get_flow("f").steps
        assert (declared.doc, declared.summary, declared.label) == (None, None, "<lambda>")

    def test_docstring_in_a_partial(self):
        """The docstring of a partial is that of the function in it."""
        flow("f")(step(name="n")(partial(partial(importable, 1))))

        assert get_flow("f").step("n").doc == "Doubles."


class TestAfter:
    """The values of ``after=``."""

    @pytest.fixture(autouse=True)
    def _begin(self):
        """Declare the flow's first steps."""
        self.flow = flow("f")
        self.a = self.flow(entrypoint(name="a")(lambda: None))
        self.b = self.flow(step(after="a", name="b")(lambda: None))

    def last(self, after):
        """Return the edges into a step that comes after *after*, and its join."""
        self.flow(step(after=after, name="z")(lambda: None))
        return [(e[0], e[2]) for e in edges() if e[1] == "z"], get_flow("f").step("z").join

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            pytest.param("a", [("a", None)], id="name"),
            pytest.param(["a", "b"], [("a", None), ("b", None)], id="list"),
            pytest.param(("a",), [("a", None)], id="tuple"),
            pytest.param({"a": "yes", "b": None}, [("a", "yes"), ("b", None)], id="mapping"),
            pytest.param({"a": ""}, [("a", None)], id="empty label"),
            pytest.param([{"a": "yes"}, "b"], [("a", "yes"), ("b", None)], id="mixed"),
            pytest.param(any_of("a", {"b": "no"}), [("a", None), ("b", "no")], id="any_of"),
        ],
    )
    def test_any(self, after, expected):
        """Several predecessors mean any of them."""
        assert self.last(after) == (expected, "any")

    def test_all_of(self):
        """`all_of` means all of them."""
        assert self.last(all_of("a", "b")) == ([("a", None), ("b", None)], "all")

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            pytest.param(loop("b"), [("b", None, True)], id="alone"),
            pytest.param(["a", loop("b")], [("a", None, False), ("b", None, True)], id="list"),
            pytest.param(any_of("a", loop("b")), [("a", None, False), ("b", None, True)], id="any"),
            pytest.param(
                {"a": None, loop("b"): "declined"},
                [("a", None, False), ("b", "declined", True)],
                id="mapping",
            ),
            pytest.param(
                any_of("a", {loop("z"): "partly"}),
                [("a", None, False), ("z", "partly", True)],
                id="itself",
            ),
        ],
    )
    def test_loop(self, after, expected):
        """A loop is an edge by which the flow comes back, wherever a step may be."""
        self.last(after)

        assert [(p.source, p.label, p.is_loop) for p in get_flow("f").step("z").after] == expected
        assert [edge.is_loop for edge in get_flow("f").edges[1:]] == [e[2] for e in expected]

    def test_loop_of_a_function(self):
        """A loop may name a decorated function, whatever the flow calls it."""
        again = self.flow(entrypoint(name="c", after=loop(self.b))(lambda: None))
        self.last(["a", loop(again)])

        assert get_flow("f").step("c").after == (Edge("b", "c", is_loop=True),)
        assert get_flow("f").step("z").after[1] == Edge("c", "z", is_loop=True)

    @pytest.mark.parametrize(
        ("make", "expected"),
        [
            (lambda: loop(["a", "b"]), "by its name or its decorated function, not ['a', 'b']"),
            (lambda: loop(loop("a")), "not loop('a') (Loop): write loop(\"b\")"),
            (lambda: loop(any_of("a")), "not any_of('a') (Join): write loop(\"b\")"),
            (lambda: loop(" "), "loop() got an empty step"),
            (lambda: loop("a", "b"), 'write loop("b")'),
            (lambda: step(after=loop(print)), "after=print at <unknown> is not declared"),
            (lambda: step(after=["a", loop("a")]), "names 'a' twice"),
            (
                lambda: step(after=all_of("a", loop("b"))),
                "after=all_of('a', loop('b')) waits for what comes later: a loop cannot be in "
                "all_of. Write any_of(...), or declare loop('b') on the first step that is done "
                "again",
            ),
            (lambda: step(after=all_of({loop("b"): "no"})), "a loop cannot be in all_of"),
        ],
    )
    def test_refused_loop(self, make, expected):
        """An invalid loop is refused, and so is a join that waits for one."""
        with pytest.raises(InvalidArgumentError, match=re.escape(expected)):
            make()

    def test_functions(self):
        """A decorated function means its name, an entrypoint's wrapper too."""
        assert self.last([self.a, self.b])[0] == [("a", None), ("b", None)]

    def test_later(self):
        """A name may be declared later."""
        self.flow(step(after="y", name="z")(lambda: None))
        self.flow(step(after="a", name="y")(lambda: None))

        assert edges()[1:] == [("a", "y", None), ("y", "z", None)]
        assert codes() == []

    def test_function_under_another_name(self):
        """A function means the name that it has in the flow in question."""

        def shared(): ...

        flow("g")(step(name="in_g")(shared))
        self.flow(step(name="in_f", after="a")(shared))
        flow("g")(step(after=shared, name="after_g")(lambda: None))
        self.flow(step(after=shared, name="after_f")(lambda: None))

        assert ("in_g", "after_g", None) in edges("g")
        assert ("in_f", "after_f", None) in edges("f")

    @pytest.mark.parametrize(
        ("after", "expected"),
        [
            pytest.param([], "names no step", id="empty list"),
            pytest.param({}, "names no step", id="empty mapping"),
            pytest.param("", "names a step with an empty string", id="empty name"),
            pytest.param(["a", "a"], "names 'a' twice", id="twice"),
            pytest.param({"a", "b"}, 'write after=["a", "b"]', id="set"),
            pytest.param(7, 'write after=["a", "b"]', id="number"),
            pytest.param({"a": 1}, 'write after={"a": "approved"}', id="label"),
            pytest.param(all_of("a", any_of("b")), "do not nest", id="nested"),
        ],
    )
    def test_refused(self, after, expected):
        """Inconsistent arguments are refused at once, and the message says what to write."""
        with pytest.raises(InvalidArgumentError, match=re.escape(expected)):
            step(after=after)

    def test_undeclared_function(self):
        """A function that is not a step is refused; the message has its location and the fix."""
        with pytest.raises(InvalidArgumentError) as caught:
            step(after=importable)

        line = inspect.getsourcelines(importable)[1]
        assert str(caught.value) == (
            f"after=importable at {__file__}:{line} is not declared: "
            "put @step or @entrypoint on it, or name it as a string, after='importable'"
        )

    def test_repr(self):
        """The helpers show what they were given."""
        assert repr(all_of("a", "b")) == "all_of('a', 'b')"
        assert repr(any_of(loop("a"), loop(importable))) == "any_of(loop('a'), loop(importable))"


class TestChannels:
    """The values of ``sends=`` and ``receives=``."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (None, ()),
            ([], ()),
            ("kafka:orders", ("kafka:orders",)),
            ("http:POST /orders", ("http:POST /orders",)),
            ("http:GET https://api.example/prices", ("http:GET https://api.example/prices",)),
            ("grpc:shop.Orders/Create", ("grpc:shop.Orders/Create",)),
            (["celery:emails", "redis+tls:a b"], ("celery:emails", "redis+tls:a b")),
            (("amqp:a", "amqp:b"), ("amqp:a", "amqp:b")),
        ],
    )
    def test_given(self, given, expected):
        """A channel or several, in order, of steps and entrypoints; none of them is an edge."""
        orders = flow("f")
        orders(entrypoint(name="a", receives=given, sends=given)(lambda: None))
        orders(step(name="b", receives=given)(lambda: None))
        orders(step(name="c", sends=given)(lambda: None))

        found = [(s.receives, s.sends) for s in get_flow("f").steps]
        assert found == [(expected, expected), (expected, ()), ((), expected)]
        assert get_flow("f").edges == ()

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"sends": "kafka:orders"}, "kafka"),
            ({"sends": "celery:a", "receives": "http:GET /a"}, "http"),
            ({"sends": ["kafka:a", "celery:b"]}, "kafka"),
            ({"sends": "kafka:orders", "kind": "email"}, "email"),
            ({}, None),
        ],
    )
    def test_kind(self, options, expected):
        """The kind is the scheme of the first channel, unless it is given."""
        flow("f")(step(name="a", **options)(lambda: None))

        assert get_flow("f").step("a").kind == expected

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("orders", 'colon and an address that is not a URL: write sends="kafka:orders"'),
            ("Kafka: orders", 'write sends="kafka:orders"'),
            ("kafka:", 'write sends="kafka:orders"'),
            (":", 'write sends="kafka:orders"'),
            ("a b:c", 'write sends="kafka:orders"'),
            ("get-prices", 'write sends="kafka:get-prices"'),
            ("kafka://orders", 'write sends="kafka:orders"'),
            ("https://api.example/orders", 'write sends="http:POST /orders"'),
            ("https://api.example", 'write sends="http:POST /orders"'),
            ("/orders", 'write sends="http:POST /orders"'),
            ("PUT /orders/1", 'write sends="http:PUT /orders/1"'),
            (
                "http:get /orders",
                "a channel of http is a method in upper case, a space and a path: "
                'write sends="http:GET /orders"',
            ),
            ("http:/orders", 'write sends="http:POST /orders"'),
            ("", "step() got an empty sends"),
            (["kafka:a", ""], "step() got an empty sends"),
            ("kafka:a\nb", "with '\\n'"),
            (7, "takes sends as a channel or a list of channels, not 7 (int): write sends="),
            (b"kafka:a", "not b'kafka:a' (bytes)"),
            ({"kafka:a"}, "not {'kafka:a'} (set)"),
            (["kafka:a", "kafka:a"], "names 'kafka:a' twice"),
        ],
    )
    def test_refused(self, given, expected):
        """An invalid channel is refused at once, and the message has an example of a valid one."""
        with pytest.raises(InvalidArgumentError, match=re.escape(expected)):
            step(sends=given)

    def test_refused_by_name(self):
        """A message names the decorator and the option."""
        with pytest.raises(InvalidArgumentError, match=r"^entrypoint\(\) got receives='orders', "):
            entrypoint(receives="orders")


class TestOptions:
    """Options other than the name, the edges, the kind and the channels."""

    def test_group(self):
        """A step and an entrypoint may be in a group, which the graph has too."""
        orders = flow("f")
        orders(entrypoint(name="a", group="Intake")(lambda: None))
        orders(step(name="b", after="a", group="Pay & more")(lambda: None))
        orders(step(name="c", after="b")(lambda: None))

        found = get_flow("f")
        assert [s.group for s in found.steps] == ["Intake", "Pay & more", None]
        assert [n.group for n in found.graph().nodes] == ["Intake", "Pay & more", None]

    def test_reasons(self):
        """A step may say why its edges are not checked, and why they do not count."""
        found = flow("f")
        found(step(name="a", unchecked="a hook calls it", uncovered="for emergencies")(print))
        found(step(name="b")(max))

        assert [(s.unchecked, s.uncovered) for s in get_flow("f").steps] == [
            ("a hook calls it", "for emergencies"),
            (None, None),
        ]

    @pytest.mark.parametrize("option", ["group", "unchecked", "uncovered"])
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("", "step() got an empty {}: write one, or leave it out"),
            (" ", "step() got an empty {}"),
            (True, 'step() takes {} as a string, not True (bool): write {}="..."'),
            ("a\x07", "step() got {}='a\\x07' with '\\x07'"),
        ],
    )
    def test_refused(self, option, given, expected):
        """A group is a string that can be shown, and so is a reason."""
        message = expected.replace("{}", option)
        with pytest.raises(InvalidArgumentError, match=f"^{re.escape(message)}"):
            step(**{option: given})

    def test_reasons_of_an_entrypoint(self):
        """An entrypoint has no reasons, and the message says what has."""
        with pytest.raises(InvalidArgumentError, match=r"write step\(unchecked=\.\.\.\) instead"):
            entrypoint(unchecked="x")

    def test_pickled(self):
        """The declaration of a step is pickled with it."""
        options = {"group": "a", "sends": "kafka:b", "unchecked": "c", "uncovered": "d"}
        flow("f")(step(name="a", after=["b", loop("c")], **options)(importable))

        found = get_flow("f").step("a")
        assert pickle.loads(pickle.dumps(found)) == found


class Names(str, enum.Enum):  # noqa: UP042 - its members print as something else
    """Strings as many projects keep them."""

    FLOW = "orders"
    BEGIN = "begin"
    END = "finish"
    WORDS = "Some words"
    KIND = "database"


def test_members_of_enumerations():
    """A member of an enumeration of strings is the string, wherever it is printed."""
    orders = flow(Names.FLOW, title=Names.WORDS, owner=Names.WORDS, tags=[Names.KIND])

    @orders
    @entrypoint(name=Names.BEGIN, title=Names.WORDS, kind=Names.KIND)
    def start():
        return f"{current_run().flow} {current_run().entrypoint} {current_step().name}"

    orders(step(name=Names.END, after={Names.BEGIN: Names.WORDS})(lambda: None))

    assert start() == "orders begin begin"
    assert generate_dag(Names.FLOW).splitlines() == [
        "graph TD",
        '    begin(["Some words<br/>(database)"])',
        '    begin -->|"Some words"| finish',
    ]
    assert (f"{get_flow('orders').title}", f"{get_flow('orders').tags}") == (
        "Some words",
        "('database',)",
    )


class TestFlow:
    """The arguments of `flow`, and several flows on one function."""

    def test_kept(self):
        """A flow's decorator can be kept and used again."""
        orders = flow("f", title="T", description="D", owner="O", tags=["x", "y"])
        orders(entrypoint(importable))

        found = get_flow("f")
        assert (repr(orders), orders.name) == ("flow('f')", "f")
        assert (found.title, found.description, found.owner, found.tags) == (
            *("T", "D", "O", ("x", "y")),
        )
        assert (found.label, get_flow("f").entrypoints[0].function) == ("T", importable)

    def test_several(self):
        """A function may be part of several flows."""
        flow("g")(flow("f")(step(name="s", after="x")(importable)))

        assert (edges("f"), edges("g")) == ([("x", "s", None)], [("x", "s", None)])

    def test_several_with_different_predecessors(self):
        """A step declared again between two flows comes after something else in each."""

        @flow("g")
        @step(after="in_g")
        @flow("f")
        @step(after="in_f")
        def shared(): ...

        assert (edges("f"), edges("g")) == (
            [("in_f", "shared", None)],
            [("in_g", "shared", None)],
        )

    def test_metadata_of_one_file(self):
        """A plain `flow(name)` keeps the metadata that was declared before."""
        flow("f", title="T")
        flow("f")(entrypoint(importable))

        assert (get_flow("f").title, codes()) == ("T", [])

    def test_metadata_of_two_files(self, tmp_path, monkeypatch):
        """Two files that declare different metadata of a flow are a problem that names both."""
        flow("f", title="One", owner="O")(entrypoint(importable))
        names = {"__file__": "other.py", "flow": flow}
        exec("flow('f', title='Two', owner='O')", names)

        (problem,) = get_flow("f").problems()

        assert (problem.code, get_flow("f").title) == ("conflicting-metadata", "One")
        assert problem.message == (
            f"its title is 'One' in {__file__} but 'Two' in other.py. Give it in one of them"
        )

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (lambda: flow(""), "flow() got an empty name"),
            (lambda: flow("  "), "flow() got an empty name"),
            (lambda: flow(importable), '@flow("bom_sync")'),
            (lambda: flow("f", title=1), 'write title="..."'),
            (lambda: flow("f", tags="x"), "write tags=['x']"),
            (
                lambda: flow("f", tags=["x", 7]),
                'list of strings, not 7 (int): write tags=["nightly"]',
            ),
            (lambda: flow("f", tags=7), 'list of strings, not 7 (int): write tags=["nightly"]'),
            (lambda: step("x"), "write @step(after='x')"),
            (lambda: entrypoint("x"), "write @entrypoint(name='x')"),
            (lambda: step(7), "write @step above a def"),
            (lambda: step(name=""), "step() got an empty name"),
            (lambda: entrypoint(kind=7), 'write kind="..."'),
            (lambda: step(title="\ud800"), "which no file can hold"),
            (lambda: flow("a\x1b[31m"), r"name='a\x1b[31m' with '\x1b', which would act on"),
            (lambda: flow("a\nb"), r"with '\n'"),
            (lambda: flow("a\u2028b"), r"with '\u2028'"),
            (lambda: step(after="a\tb"), r"with '\t'"),
            (lambda: step(after={"a": "x\x07"}), r"label='x\x07' with '\x07'"),
            (lambda: step(title="\u202egnp.exe"), r"with '\u202e'"),
            (lambda: step(title="a\ufffeb"), r"with '\ufffe'"),
            (lambda: step(title="\x9b31m"), r"with '\x9b'"),
            (lambda: step(kind="a\nb"), r"with '\n'"),
            (lambda: flow("f", owner="a\rb"), r"with '\r'"),
            (lambda: flow("f", description="a\x00"), r"with '\x00'"),
            (lambda: flow("f", tags=["a\u2066"]), r"with '\u2066'"),
            (lambda: step(named("a\x1bb")), r"name='a\x1bb'"),
            (lambda: step(partial(print)), 'give it one with name="..."'),
            (lambda: step(property(print)), "put it below @property"),
        ],
    )
    def test_refused(self, call, expected):
        """Wrong arguments are refused at once, and the message says what to write."""
        with pytest.raises(InvalidArgumentError, match=re.escape(expected)) as caught:
            call()

        assert isinstance(caught.value, TypeError)

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (
                lambda: step(before="b"),
                "step() has no option 'before': write after=\"...\" on the later step, "
                "with the name of this one",
            ),
            (
                lambda: entrypoint(flow="f"),
                "entrypoint() has no option 'flow': put @flow(\"...\") above it",
            ),
            (
                lambda: step(inherit=False),
                "step() has no option 'inherit': write entrypoint(inherit=...) instead",
            ),
            (
                lambda: flow("f", after="a"),
                "flow() has no option 'after': write step(after=...) instead",
            ),
            (
                lambda: entrypoint(inherits=False),
                "entrypoint() has no option 'inherits'; did you mean 'inherit'?",
            ),
            (
                lambda: step(colour="red"),
                "step() has no option 'colour'; it takes after, name, title, kind",
            ),
            (
                lambda: all_of("a", label="x"),
                'all_of() has no option \'label\': write all_of("a", "b")',
            ),
            (lambda: any_of(label="x"), "any_of() has no option 'label'"),
            (
                lambda: step(print, "a"),
                "step() cannot be called with these arguments: "
                'write @step or @step(after="...") above a def',
            ),
            (lambda: entrypoint(print, print), "entrypoint() cannot be called with these"),
            (lambda: flow(), 'these arguments: write @flow("bom_sync")'),
            (
                lambda: step(name="x")(print, after="a"),
                "step(...) has no option 'after': write step(after=...) instead",
            ),
            (
                lambda: step(name="x")(),
                "step(...) cannot be called with these arguments: write @step(...) above a def",
            ),
            (lambda: entrypoint(name="x")(print, print), "write @entrypoint(...) above a def"),
            (lambda: flow("f")(print, name="x"), "flow(\"...\") has no option 'name'"),
            (lambda: flow("f")(), 'write @flow("...") above @entrypoint or @step'),
            (lambda: bind()(), "bind(...) cannot be called with these arguments: write @bind()"),
        ],
    )
    def test_arguments_that_do_not_fit(self, call, expected):
        """Options and arguments that there are not are refused in the user's words."""
        with pytest.raises(InvalidArgumentError) as caught:
            call()

        assert expected in str(caught.value)
        assert "<locals>" not in str(caught.value)

    def test_error_inside(self):
        """An exception of the user's code in a decorator is passed on unchanged."""

        class Odd:
            def __call__(self): ...

            @property
            def __name__(self):
                raise TypeError("mine")

        with pytest.raises(TypeError, match=r"^mine$"):
            step(Odd())

    def test_on_an_undeclared_function(self):
        """A flow on a function that is neither says what to write, and where."""
        with pytest.raises(UndeclaredFunctionError) as caught:
            flow("f")(importable)

        line = inspect.getsourcelines(importable)[1]
        assert str(caught.value) == (
            f"{__file__}:{line}: @flow('f') is on 'importable', which is neither an "
            "entrypoint nor a step. @flow goes above @entrypoint or @step; write\n"
            "    @flow('f')\n"
            '    @step(after="...")    # or @entrypoint\n'
            "    def importable(...): ..."
        )

    def test_prose_of_several_lines(self):
        """Titles and descriptions may have several lines, and text that runs from the right."""
        flow("f", title="One\nTwo", description="A\tB")(entrypoint(importable))
        flow("f")(step(after={"importable": "\u05d0\n\u200f"}, name="b")(lambda: None))

        assert (get_flow("f").title, get_flow("f").description) == ("One\nTwo", "A\tB")

    def test_reversed(self):
        """Reversed decorators are refused at once: `flow` is on an undeclared function."""
        with pytest.raises(UndeclaredFunctionError):

            @step(after="x")
            @flow("f")
            def reversed_(): ...

    def test_on_something_without_a_location(self):
        """An object that is not written in Python has no location to name."""
        with pytest.raises(UndeclaredFunctionError, match="<unknown>: @flow"):
            flow("f")(len)


MODULE = """
from penstock import entrypoint, flow, step

@flow("f")
@entrypoint
def begin(): ...

@flow("f")
@step(after="begin")
def end(): {body}
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return what imports a module with the given source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(source: str):
        (tmp_path / "declared_here.py").write_text(source, encoding="utf-8")
        if "declared_here" in sys.modules:
            return importlib.reload(sys.modules["declared_here"])
        return importlib.import_module("declared_here")

    yield load
    sys.modules.pop("declared_here", None)


class TestSameName:
    """Two functions under one name, and one function declared again."""

    def test_two_functions(self):
        """Two different functions under one name are an error that names both locations."""

        def send(): ...

        def deliver(): ...

        flow("f")(step(name="s")(send))
        with pytest.raises(DuplicateStepError) as caught:
            flow("f")(step(name="s")(deliver))

        lines = [inspect.getsourcelines(function)[1] for function in (send, deliver)]
        assert str(caught.value) == (
            f"flow 'f' has two steps named 's': one at {__file__}:{lines[0]}, "
            f'another at {__file__}:{lines[1]}. Rename one, or distinguish them with name="..."'
        )
        assert get_flow("f").steps[0].function is send

    def test_twice_in_a_module(self, module):
        """The same name twice in one module is that error, not a reload."""
        twice = MODULE.format(body="...") + MODULE.format(body="...").partition("\n\n")[2]

        with pytest.raises(DuplicateStepError, match="two steps named 'begin'"):
            module(twice)

    def test_reload(self, module):
        """A reloaded module's functions take the places of the old ones."""
        module(MODULE.format(body="return 'old'"))
        loaded = module("\n" + MODULE.format(body="return 'reloaded'"))

        flow_ = get_flow("f")
        assert [s.name for s in flow_.steps] == ["begin", "end"]
        assert flow_.step("end").function is loaded.end
        assert find_problems() == ()

    def test_notebook(self):
        """A notebook's cell may be run again, edited or not."""
        names = {"__name__": "__main__", "flow": flow, "step": step}
        for body in ("1", "1", "2"):
            exec(f"@flow('f')\n@step\ndef cell(): return {body}", names)

        assert get_flow("f").step("cell").function() == 2

    def test_factory(self):
        """A function that a factory makes again is the same step."""

        def make():
            @flow("f")
            @step
            def made(): ...

            return made

        make()
        last = make()

        assert [s.function for s in get_flow("f").steps] == [last]

    def test_main_and_by_name(self, tmp_path):
        """A module that runs as ``__main__`` may be imported by name too."""
        (tmp_path / "both.py").write_text(
            MODULE.format(body="...") + "\nif __name__ == '__main__':\n"
            "    import both\n    from penstock import get_flow\n"
            "    print(len(get_flow('f').steps), get_flow('f').problems())\n",
            encoding="utf-8",
        )

        done = subprocess.run(
            [sys.executable, "-m", "both"], cwd=tmp_path, capture_output=True, text=True, check=True
        )

        assert done.stdout == "2 ()\n"

    def test_declared_again_before_it_is_claimed(self):
        """A step that is declared twice before a flow claims it is claimed once."""
        step(importable)
        flow("f")(step(importable))

        assert [p.code for p in find_problems()] == ["no-entrypoint"]

    def test_claimed_again(self):
        """A flow that claims a function twice has one step."""
        flow("f")(flow("f")(step(importable)))

        assert [s.name for s in get_flow("f").steps] == ["importable"]


class TestUnclaimed:
    """Steps that no flow claims."""

    @pytest.mark.parametrize(
        ("declare", "decorator"), [(step, "@step"), (entrypoint, "@entrypoint")]
    )
    def test_reported(self, declare, decorator):
        """A step that no flow claimed is a finding that says what to write."""
        declare(importable)

        (problem,) = find_problems()

        line = inspect.getsourcelines(importable)[1]
        assert str(problem) == (
            f"{__file__}:{line}: 'importable' is declared with {decorator} but belongs to no "
            f'flow: write @flow("...") on the line above {decorator}, not below it '
            "[unclaimed-step]"
        )


class TestCurrentStep:
    """The step whose code is running."""

    def test_outside(self):
        """Outside any step there is none."""
        assert current_step() is None

    def test_nested(self):
        """The nearest step that is running is found, through helpers."""

        def helper():
            return current_step().name

        @flow("f")
        @step(after="outer")
        def inner():
            return helper()

        @flow("f")
        @entrypoint
        def outer():
            return helper(), inner(), helper()

        assert outer() == ("outer", "inner", "outer")

    def test_without_a_run(self):
        """A step outside a run is found too."""

        @flow("f")
        @step
        def alone():
            return current_step()

        assert alone() == get_flow("f").step("alone")

    def test_unclaimed(self):
        """A step that no flow claimed is found too."""

        @step(after="x")
        def alone():
            return current_step()

        assert (alone().name, alone().after[0].source) == ("alone", "x")

    def test_coroutine_and_generator(self):
        """Steps that are coroutines or generators are found while they run."""
        import asyncio

        @flow("f")
        @step
        async def wait():
            await asyncio.sleep(0)
            return current_step().name

        @flow("f")
        @step
        def count():
            yield current_step().name

        assert asyncio.run(wait()) == "wait"
        assert [*count(), current_step()] == ["count", None]

    def test_several_flows(self):
        """Of a function in several flows, the run's flow decides."""

        def shared():
            return current_step()

        flow("f")(step(name="in_f")(shared))
        flow("g")(step(name="in_g")(shared))
        begin = flow("g")(entrypoint(name="begin")(shared.__call__))

        assert begin().name == "in_g"
        assert shared().name == "in_f"


def test_version():
    """The version is that of the installed distribution."""
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", penstock.__version__)


def test_version_without_metadata(monkeypatch):
    """Without the metadata of an installed package the version is None, without an error."""

    def lose(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", lose)

    assert not hasattr(penstock, "__version__")
    assert getattr(penstock, "__version__", "unknown") == "unknown"


def test_unknown_attribute():
    """An attribute that is not there is an ordinary error."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = penstock.nothing


def test_one_base():
    """Every error of a declaration has penstock's base."""
    assert issubclass(DuplicateStepError, PenstockError)


def test_task_without_predecessors():
    """A task that nothing comes before is where its flow begins."""
    task = flow("orders")(declare_task(lambda: current_flow_id(), Task, step="work"))
    found = get_flow("orders").steps[0]

    assert (found.is_entrypoint, found.kind) == (True, "queue")
    assert task.call() is not None


def test_task_behind_a_step():
    """A task that a step sends comes after it, and each call is a run with the current ID."""

    def work(amount: int):
        return current_run()

    flow("orders")(entrypoint(name="receive")(lambda: None))
    task = declare_task(work, Task, after={"receive": "queued"}, title="Work")
    flow("orders")(task)
    with bind() as outer:
        run = task.call(7)

    assert edges("orders") == [("receive", "work", "queued")]
    assert not get_flow("orders").steps[1].is_entrypoint
    assert (run.flow_id, run.flow, run.entrypoint) == (outer.flow_id, "orders", "work")
    assert list(inspect.getfullargspec(task.call).args) == ["amount"]


def test_task_that_cannot_be_wrapped():
    """A class cannot be a task."""
    with pytest.raises(InvalidArgumentError, match="@flow_task cannot wrap"):
        declare_task(int, Task)


class Unevaluated:
    """A callable whose signature cannot be read, as if a type is imported for checkers only."""

    @property
    def __signature__(self):
        raise NameError("Order")

    def __call__(self):
        return current_flow_id()


@pytest.mark.parametrize(
    "function", [partial(Unevaluated()), {}.update], ids=["raises", "C code that shows none"]
)
def test_task_without_a_signature(function):
    """A task whose signature cannot be read is declared and called all the same."""
    task = flow("orders")(declare_task(function, Task, step="work"))

    task.call()

    assert get_flow("orders").step("work").function is function
    assert not hasattr(task.call, "__signature__")


TYPE_CHECKING_TYPES = """
from typing import TYPE_CHECKING
from penstock import entrypoint, flow, step
from penstock._decorators.tasks import declare_task
if TYPE_CHECKING:
    from somewhere import Order

@flow("orders")
@entrypoint
def receive(order: Order, *, dry_run: bool = False) -> Order: return order

@flow("orders")
@step(after=receive)
def charge(order: Order) -> list[Order]: return [order]

task = flow("orders")(declare_task(lambda call: call, lambda call: call, step="sent"))
@flow("orders")
@(lambda function: declare_task(function, lambda call: call, after=charge))
def ship(order: Order, n: int = 1) -> None: return order
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated at once")
def test_annotations_are_never_evaluated():
    """Types that are imported for type checkers only keep no declaration from working."""
    names: dict[str, Any] = {"__name__": "orders_for_checkers"}
    exec(TYPE_CHECKING_TYPES, names)

    assert (names["receive"](1), names["charge"](2), names["ship"](3)) == (1, [2], 3)
    assert str(inspect.signature(names["ship"])) == "(order: 'Order', n: 'int' = 1) -> 'None'"


def test_methods_of_a_class_as_predecessors():
    """Static and class methods can be named by `after` from outside their class."""
    orders = flow("orders")

    class Shop:
        @orders
        @entrypoint
        @staticmethod
        def begin(): ...

        @orders
        @step(after="begin")
        @classmethod
        def charge(cls): ...

    @orders
    @step(after=[Shop.begin, Shop.charge])
    def pack(): ...

    assert [(edge.source, edge.target) for edge in get_flow("orders").edges] == [
        ("begin", "charge"),
        ("begin", "pack"),
        ("charge", "pack"),
    ]


def test_entrypoint_behind_a_step():
    """An entrypoint may come after the step that sends that with which its runs begin."""
    orders = flow("orders")
    orders(entrypoint(name="receive")(lambda: None))
    orders(step(after="receive", name="send")(lambda: None))
    consume = orders(entrypoint(after={"send": "queued"}, name="consume")(lambda: current_run()))
    orders(step(after=all_of("consume"), name="store")(lambda: None))

    run = consume()

    assert edges("orders")[1] == ("send", "consume", "queued")
    assert [s.name for s in get_flow("orders").entrypoints] == ["receive", "consume"]
    assert get_flow("orders").problems() == ()
    assert (run.entrypoint, run.flow) == ("consume", "orders")
    assert 'send -->|"queued"| consume' in generate_dag("orders")


def test_entrypoint_behind_nobody():
    """The predecessor of an entrypoint has to exist, as for a step."""
    flow("orders")(entrypoint(after="nobody")(importable))

    assert codes("orders") == ["unknown-predecessor"]
