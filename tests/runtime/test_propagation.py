"""Carrying a run: carriers of headers, blocks, and functions that are called elsewhere."""

import asyncio
import contextvars
import logging
import pickle
import threading
from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import (
    Carried,
    annotate,
    bind,
    bound,
    configure,
    current_flow_id,
    current_run,
    entrypoint,
    extract,
    flow,
    inject,
)
from penstock._runtime.ids import is_flow_id
from penstock.boundary import Inbound
from penstock.exceptions import InvalidArgumentError, InvalidFlowIdError
from penstock.testing import record_runs

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"

flow_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", fullmatch=True)


def where_am_i(*_: object) -> tuple[str | None, str | None]:
    """Return the flow ID and the flow that are current; for other processes too."""
    run = current_run()
    return (run.flow_id, run.flow) if run else (None, None)


def test_decided_again_within():
    """The trace context of a message that is handled within the operation applies there."""
    flow_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    with (
        bind(flow_id),
        bind(extract({"traceparent": f"00-{flow_id}-{'1' * 16}-00"}, traceparent=True)),
    ):
        assert inject(traceparent=True)["traceparent"] == f"00-{flow_id}-{'1' * 16}-00"


def what_is_annotated() -> dict[str, object]:
    return dict(current_run().values)


def current_traceparent() -> str:
    return inject(traceparent=True)["traceparent"]


class Text(str):
    """A string that prints as another one, as members of enumerations do."""

    __slots__ = ()

    def __str__(self):
        return "another"


def within(function):
    """Return what *function* returns in a block."""
    with bind():
        return function()


def take(made):
    """Return the flow ID that a factory makes of *made*."""
    configure(id_factory=lambda: made)
    try:
        with bind() as run:
            return run.flow_id
    finally:
        configure()


@pytest.mark.parametrize(
    "current",
    [
        lambda: bind(Text("order-7"), flow=Text("order-7")).__enter__().flow,
        lambda: bind(Text("order-7")).__enter__().flow_id,
        lambda: bind(Carried(Text("order-7"))).__enter__().flow_id,
        lambda: extract({"X-Request-ID": Text("order-7")}).flow_id,
        lambda: Inbound(trust=True).receive([("x-request-id", Text("order-7"))]).flow_id,
        lambda: Inbound().receive({}, flow=Text("order-7")).flow,
        lambda: Inbound(trust=True, transformer=Text).receive({"X-Request-ID": "order-7"}).flow_id,
        lambda: take(Text("order-7")),
        lambda: Inbound(header=Text("order-7")).header,
        lambda: next(iter(within(lambda: inject(header=Text("order-7"))))),
    ],
    ids=[
        *("flow", "bind", "Carried", "extract", "boundary", "receive", "transformer", "factory"),
        *("header", "inject"),
    ],
)
def test_strings_of_a_subclass(current):
    """Flow IDs and the names of flows and headers are plain strings, the same wherever written."""
    found = contextvars.Context().run(current)

    assert (type(found), found) == (str, "order-7")


class TestInject:
    """A copy of a carrier that carries the ID."""

    @pytest.mark.parametrize(
        ("carrier", "expected"),
        [
            (None, {"X-Request-ID": "a"}),
            ({}, {"X-Request-ID": "a"}),
            ({"Accept": "*"}, {"Accept": "*", "X-Request-ID": "a"}),
            (MappingProxyType({"Accept": "*"}), {"Accept": "*", "X-Request-ID": "a"}),
            ({"x-request-id": "old"}, {"X-Request-ID": "a"}),
            ([], [("X-Request-ID", b"a")]),
            ((), [("X-Request-ID", b"a")]),
            ([("k", None)], [("k", None), ("X-Request-ID", b"a")]),
            ([("k", b"v")], [("k", b"v"), ("X-Request-ID", b"a")]),
            ([("k", "v")], [("k", "v"), ("X-Request-ID", "a")]),
            ([(b"k", b"v")], [(b"k", b"v"), (b"X-Request-ID", b"a")]),
            ([("X-REQUEST-ID", b"old"), ("k", b"")], [("k", b""), ("X-Request-ID", b"a")]),
        ],
        ids=repr,
    )
    def test_kinds(self, carrier, expected):
        """Mappings and lists of pairs are written as they are read, and never changed."""
        before = None if carrier is None else type(carrier)(carrier)

        with bind("a"):
            actual = inject(carrier)

        assert actual == expected
        assert carrier == before
        assert actual is not carrier

    def test_outside_a_run(self):
        """Outside a run, the copy carries nothing more."""
        assert (inject(), inject({"a": "b"}), inject([("a", b"b")])) == (
            {},
            {"a": "b"},
            [("a", b"b")],
        )

    def test_header(self):
        """The header may have another name."""
        with bind("a"):
            assert inject(header="Correlation-ID") == {"Correlation-ID": "a"}

    def test_traceparent(self):
        """The ID is written as `traceparent` too if that is asked for."""
        with bind(TRACE):
            header = inject(traceparent=True)["traceparent"]

        assert header.startswith(f"00-{TRACE}-")
        assert header.endswith("-01")
        assert extract({"traceparent": header}, traceparent=True).flow_id == TRACE

    @pytest.mark.parametrize("flow_id", ["a", "0" * 32, TRACE.upper()])
    def test_invalid_trace_id(self, flow_id):
        """A flow ID that is not a valid trace-id is not written as one."""
        with bind(flow_id):
            assert "traceparent" not in inject(traceparent=True)

    @pytest.mark.parametrize("flags", ["00", "01"])
    def test_traceparent_that_came_in(self, flags):
        """Parent-id and sampled flag go on as they came in, also from runs within the block."""
        came_in = f"00-{TRACE}-00f067aa0ba902b7-{flags}"

        @flow("orders")
        @entrypoint
        def handle():
            return inject(traceparent=True)["traceparent"]

        with bind(extract({"traceparent": came_in}, traceparent=True)):
            assert handle() == came_in
            with bind():
                assert inject(traceparent=True)["traceparent"] == came_in

    def test_unknown_flags(self):
        """Of the flags only the sampled one is understood, and goes on."""
        came_in = f"00-{TRACE}-00f067aa0ba902b7-fe"

        with bind(extract({"traceparent": came_in}, traceparent=True)):
            assert inject(traceparent=True)["traceparent"].endswith("-00")

    def test_flow_id_of_another_trace(self):
        """Where the header brought another ID, the parent is not in its trace; the flag counts."""
        headers = {"X-Request-ID": "a" * 32, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"}

        with bind(extract(headers, traceparent=True)):
            _, trace_id, parent_id, flags = inject(traceparent=True)["traceparent"].split("-")

        assert (trace_id, flags) == ("a" * 32, "00")
        assert parent_id != "00f067aa0ba902b7"

    def test_another_operation(self):
        """Another operation is not in the trace that came in."""

        @flow("orders")
        @entrypoint(inherit=False)
        def handle():
            return inject(traceparent=True)["traceparent"]

        with bind(extract({"traceparent": f"{PARENT[:-2]}00"}, traceparent=True)):
            header = handle()

        assert TRACE not in header
        assert header.endswith("-01")

    def test_span_in_the_trace(self):
        """A step that is recorded is the parent, and the flag stays as it came in."""
        came_in = {"traceparent": f"{PARENT[:-2]}00"}
        with record_runs() as recording:
            handle = flow("orders")(entrypoint(name="handle")(current_traceparent))
            with bind(extract(came_in, traceparent=True)):
                header = handle()

        assert header == f"00-{TRACE}-{recording.spans[0].span_id}-00"

    def test_traceparent_to_another_process(self):
        """A function that is bound and pickled takes what was decided along."""
        with bind(extract({"traceparent": f"{PARENT[:-2]}00"}, traceparent=True)):
            there = pickle.loads(pickle.dumps(bound(current_traceparent)))

        assert there() == f"{PARENT[:-2]}00"

    def test_traceparent_that_is_there(self):
        """A `traceparent` that a tracer wrote stays."""
        with bind(TRACE):
            assert inject({"Traceparent": "theirs"}, traceparent=True)["Traceparent"] == "theirs"

    def test_values(self):
        """Only the values that are named travel, as baggage beside what is there."""
        with bind("a"):
            annotate(tenant="n\u00f6rd, =;", secret="x", order=7)
            actual = inject(
                {"baggage": "theirs=1;p=2,order=3"}, values=["tenant", "order", "missing"]
            )

        assert actual["baggage"] == "theirs=1;p=2,tenant=n%C3%B6rd%2C%20%3D%3B,order=7"
        assert extract(actual, values=["tenant", "theirs"]).values == {
            "theirs": "1",
            "tenant": "n\u00f6rd, =;",
        }

    def test_values_that_are_too_long(self):
        """Values that would make baggage longer than receivers expect are left out."""
        with bind("a"):
            annotate(long="x" * 8190, short="y")
            actual = inject(values=["long", "short"])

        assert actual["baggage"] == "short=y"

    @pytest.mark.parametrize("carrier", [7, ["x"], [("a", "b", "c")]], ids=repr)
    def test_no_carrier(self, carrier):
        """Another type than a carrier is an error that names the types of carriers."""
        with pytest.raises(InvalidArgumentError, match="a mapping or a list of pairs"):
            inject(carrier)


class TestExtract:
    """The ID and the values that are read from a carrier."""

    @pytest.mark.parametrize(
        "carrier",
        [
            {"X-Request-ID": "a"},
            {"x-request-id": b"a"},
            OrderedDict({"X-REQUEST-ID": "a"}),
            [("X-Request-ID", b"a")],
            [(b"x-request-id", b"a")],
            [("k", None), ("x-request-id", "a"), ("X-Request-ID", "a")],
        ],
        ids=repr,
    )
    def test_kinds(self, carrier):
        """Names are read in any case, as strings and bytes."""
        assert extract(carrier) == Carried("a")

    @pytest.mark.parametrize(
        "carrier",
        [
            None,
            {},
            [],
            {"X-Request-ID": None},
            {"X-Request-ID": 7},
            {7: "a"},
            [("X-Request-ID", b"a"), ("X-Request-ID", b"b")],
        ],
        ids=repr,
    )
    def test_nothing(self, carrier):
        """Where there is no ID, or no one ID, nothing is extracted."""
        assert not extract(carrier)

    @pytest.mark.parametrize(
        "received",
        [
            b"a\r\nb",
            b"a\n",
            b"a\x85b",
            b"\xff\xfe",
            b"a\x00",
            b"",
            b" a",
            b"x" * 129,
            b"-a",
            "\u0661",
            "urn:uuid:" * 900,
            "a b",
        ],
        ids=lambda value: repr(value[:12]),
    )
    def test_hostile(self, caplog, received):
        """An invalid ID is not adopted, and never repeated in the log."""
        caplog.set_level(logging.DEBUG, "penstock")

        assert extract({"X-Request-ID": received}) == Carried()
        assert caplog.messages == [f"refused a flow ID from outside (length {len(received)})"]

    @given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
    def test_any_bytes(self, received):
        """Whatever comes, what is adopted is an ID, and says what came."""
        flow_id = extract([("X-Request-ID", received)]).flow_id

        assert flow_id is None or is_flow_id(flow_id)
        text = received.decode("latin-1") if isinstance(received, bytes) else received
        assert (flow_id == text) == is_flow_id(text)

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            (PARENT, TRACE),
            (f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later", TRACE),
            (f"{PARENT}-more", None),
            (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
            (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
            (f"00-{TRACE}-{'0' * 16}-01", None),
            (PARENT.upper(), None),
            (f"{PARENT}\n", None),
            ("", None),
        ],
    )
    def test_traceparent(self, header, expected):
        """The trace-id of `traceparent` is the ID, if it is asked for and valid."""
        carrier = {"traceparent": header}

        assert extract(carrier).flow_id is None
        assert extract(carrier, traceparent=True).flow_id == expected

    def test_header_before_traceparent(self):
        """The header counts where both are there."""
        carrier = {"X-Request-ID": "a", "traceparent": PARENT}

        assert extract(carrier, traceparent=True).flow_id == "a"

    @pytest.mark.parametrize(
        "header",
        ["", "tenant", "tenant=a%0Ab", "tenant=a\x00", "x" * 9000 + ",tenant=a", ",;=,"],
        ids=lambda value: repr(value[:12]),
    )
    def test_hostile_baggage(self, header):
        """Values that no log should show, and too much of them, are left out."""
        assert extract({"baggage": header}, values=["tenant"]).values == {}

    @pytest.mark.parametrize(("length", "is_read"), [(8192, True), (8193, False)])
    def test_long_baggage(self, length, is_read):
        """Baggage is read up to the 8192 bytes that W3C Baggage asks for."""
        value = "x" * (length - len("tenant="))

        actual = extract({"baggage": f"tenant={value}"}, values=["tenant"]).values

        assert actual == ({"tenant": value} if is_read else {})

    def test_values_that_nobody_asked_for(self):
        """Values that are not named are left out."""
        assert not extract({"baggage": "tenant=a"})


@given(flow_id=flow_ids, values=st.dictionaries(st.text(min_size=1, max_size=9), st.text()))
def test_round_trip(flow_id, values):
    """An injected ID is extracted again, with every kind of carrier."""
    printable = {n: v for n, v in values.items() if v.isprintable() and n.strip() == n}

    for carrier in ({}, [], [("k", "v")], [(b"k", b"v")]):
        with bind(Carried(flow_id, printable)):
            sent = inject(carrier, values=printable)

        assert extract(sent, values=printable) == Carried(flow_id, printable)


class TestBind:
    """Blocks and functions that an ID is bound to."""

    def test_extracted(self):
        """The extracted ID is bound, with its values."""
        with bind(extract({"X-Request-ID": "a", "baggage": "tenant=n"}, values=["tenant"])) as run:
            assert (run.flow_id, dict(run.values)) == ("a", {"tenant": "n"})

    def test_nothing_extracted(self):
        """Where nothing came in, each block has its own ID."""
        with bind(extract({})) as first:
            pass
        with bind(extract({})) as second:
            pass

        assert first.flow_id != second.flow_id

    def test_extracted_from_a_liar(self):
        """A hand-made `Carried` is checked like any other ID."""
        with pytest.raises(InvalidFlowIdError):
            bind(Carried("a\nb"))

    def test_function(self):
        """Each call of a decorated function is its own block."""

        @bind(flow="nightly")
        def work():
            """Works."""
            return where_am_i()

        first, second = work(), work()

        assert work.__doc__ == "Works."
        assert (first[1], second[1]) == ("nightly", "nightly")
        assert len({first[0], second[0], None}) == 3
        assert current_run() is None

    def test_coroutine_function(self):
        """A decorated coroutine function has its ID across awaits."""

        @bind("a")
        async def work():
            await asyncio.sleep(0)
            return current_flow_id()

        assert asyncio.run(work()) == "a"

    def test_generator_function(self):
        """A decorated generator has its ID in its body alone."""

        @bind("a")
        def work():
            yield current_flow_id()

        for inside in work():
            assert (inside, current_flow_id()) == ("a", None)


class TestBound:
    """Functions that are called later and elsewhere."""

    def test_thread(self):
        """A thread runs in the run that was current when the function was bound."""
        seen = []
        with bind("a"):
            thread = threading.Thread(target=bound(lambda: seen.append(where_am_i())))
        thread.start()
        thread.join()

        assert seen == [("a", None)]

    def test_calls_at_the_same_time(self):
        """Calls at the same time get a copy of the context each."""
        barrier = threading.Barrier(2)

        def work():
            barrier.wait(timeout=60)
            with bind():
                return current_flow_id()

        with bind("a"):
            carried = bound(work)
            threads = [threading.Thread(target=carried) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert current_flow_id() is None

    def test_looks_like_the_function(self):
        """It has the name and the docstring of the function."""

        def work():
            """Works."""

        carried = bound(work)

        assert (carried.__name__, carried.__doc__) == ("work", "Works.")
        assert repr(carried).startswith("bound(<function")

    @pytest.mark.parametrize("sort", ["coroutine", "generator", "async generator"])
    def test_what_runs_later(self, sort):
        """A coroutine or generator runs in the run in which it was bound, whatever drives it."""

        async def coroutine():
            return current_flow_id()

        def generator():
            yield current_flow_id()

        async def async_generator():
            yield current_flow_id()

        async def first(items):
            (item,) = [item async for item in items]
            return item

        with bind("a"):
            carried = bound(
                {
                    "coroutine": coroutine,
                    "generator": generator,
                    "async generator": async_generator,
                }[sort]
            )
        run = {
            "coroutine": asyncio.run,
            "generator": next,
            "async generator": lambda items: asyncio.run(first(items)),
        }[sort]

        assert run(carried()) == "a"
        assert current_flow_id() is None

    def test_coroutine_function_outside_a_run(self):
        """Where nothing is current there is nothing to carry."""

        async def work(): ...

        assert bound(work) is work

    def test_pickled(self):
        """In another process, the ID, the flow and the values that were named are there."""

        @flow("orders")
        @entrypoint
        def begin():
            annotate(tenant="n", lock=threading.Lock())
            return (
                pickle.dumps(bound(where_am_i)),
                pickle.dumps(bound(what_is_annotated, values=["tenant", "missing"])),
                current_flow_id(),
            )

        place, values, flow_id = begin()

        assert pickle.loads(place)() == (flow_id, "orders")
        assert pickle.loads(values)() == {"tenant": "n"}
        assert current_run() is None

    def test_pickled_outside_a_run(self):
        """Outside a run, the function itself is pickled."""
        assert pickle.loads(pickle.dumps(bound(where_am_i))) is where_am_i


def test_name_of_a_flow_with_control_characters():
    """The name of a flow goes to logs and terminals, which nothing in it may act on."""
    with pytest.raises(InvalidArgumentError, match="would act on a terminal"):
        bind(flow="a\x1bb")


def test_bound_where_nothing_is_current():
    """A function that is bound outside any run returns the same result."""
    made = object()

    assert bound(lambda: made)() is made


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: bound(None), "bound() takes a function, not None (NoneType): write bound(work), "),
        (lambda: bound(len, values="tenant"), "bound() takes values as a list of names, "),
        (lambda: inject({}, values="tenant"), "inject() takes values as a list of names, "),
        (lambda: extract({}, values="tenant"), "not 'tenant' (str): write values=['tenant']"),
    ],
    ids=["result", "bound", "inject", "extract"],
)
def test_what_cannot_be_carried(use, message):
    """The result of a call, and one string in place of a list, are refused at once."""
    with bind(), pytest.raises(InvalidArgumentError) as caught:
        use()

    assert message in str(caught.value)
