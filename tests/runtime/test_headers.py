"""Carrying a flow ID, a trace and values in headers of requests and messages."""

import logging
import pickle
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
    entrypoint,
    extract,
    flow,
    inject,
)
from penstock._runtime.ids import is_flow_id
from penstock.exceptions import InvalidArgumentError
from penstock.testing import record_runs

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"

flow_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", fullmatch=True)


def test_decided_again_within():
    """The trace context of a message that is handled within the operation applies there."""
    flow_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    with (
        bind(flow_id),
        bind(extract({"traceparent": f"00-{flow_id}-{'1' * 16}-00"}, traceparent=True)),
    ):
        assert inject(traceparent=True)["traceparent"] == f"00-{flow_id}-{'1' * 16}-00"


def current_traceparent() -> str:
    return inject(traceparent=True)["traceparent"]


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
        """If the header brought another ID, the parent is not in its trace; the flag counts."""
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
        """If there is no ID, or no one ID, nothing is extracted."""
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
