"""Hiding annotated values before logs, spans, reports and headers have them."""

import logging
import pickle
import re
from functools import partial

import pytest

from penstock import annotate, bind, bound, configure, current_run, entrypoint, flow, inject
from penstock._runtime.failure_records import find_failure
from penstock.boundary import Inbound, active
from penstock.contrib.logging import FlowFilter
from penstock.exceptions import ConfigurationError
from penstock.testing import isolated_registry, record_runs


@pytest.fixture(autouse=True)
def _nothing_hidden():
    """Hide nothing after the test."""
    yield
    configure(redact=None)


def logged():
    """Return the fields that a log record has here."""
    record = logging.makeLogRecord({})
    before = set(record.__dict__)
    FlowFilter().filter(record)
    return {name: value for name, value in record.__dict__.items() if name not in before}


def shown(**values):
    """Return what a log record shows of *values*."""
    with bind():
        annotate(**values)
        fields = logged()
    return {name: fields[name] for name in values}


def test_names():
    """Values under a name are hidden, whatever its case, and names may have wildcards."""
    configure(redact=["password", "*_token"])

    assert shown(password="a", PassWord="b", api_token=1, token="c") == {
        "password": "[redacted]",
        "PassWord": "[redacted]",
        "api_token": "[redacted]",
        "token": "c",
    }


def test_patterns():
    """A pattern is searched in the name and in the text of the value."""
    configure(redact=[re.compile("^card"), re.compile(r"\d{4} \d{4}")])

    assert shown(card_number=1, note="paid with 4111 1111", order=7, numbers=["4111 1111"]) == {
        "card_number": "[redacted]",
        "note": "[redacted]",
        "order": 7,
        "numbers": "[redacted]",
    }


def test_text_that_cannot_be_made():
    """A value in which nothing can be searched is hidden."""

    class Broken:
        def __str__(self):
            raise ZeroDivisionError

    configure(redact=[re.compile("x")])

    assert shown(value=Broken()) == {"value": "[redacted]"}


def test_value_that_hides_its_class():
    """A value that was never redacted is shown whatever it does when it is asked for its class."""

    def fail(_):
        raise RuntimeError

    hidden = type("Hidden", (), {"__class__": property(fail)})()
    configure(redact=["password"])
    configure(redact=None)

    assert shown(item=hidden)["item"] is hidden


def test_function():
    """A function says what is shown; it is called once for each value, not for each line."""
    calls = []

    def redact(name, value):
        calls.append((name, value))
        return value[:1] if name == "user" else value

    configure(redact=redact)
    with bind():
        annotate(user="ada", order=7)
        lines = [logged() for _ in range(3)]

    assert {(line["user"], line["order"]) for line in lines} == {("a", 7)}
    assert calls == [("user", "ada"), ("order", 7)]


def test_never_called_without_values():
    """A run without values costs nothing more."""
    configure(redact=lambda name, value: 1 / 0)

    with bind():
        annotate()

        assert set(logged()) == {"flow_id", "flow", "step"}


async def later():
    """Be what an asynchronous function returns."""


async def yield_later(name, value):
    yield value


def yield_soon(name, value):
    yield value


class Asynchronous:
    async def __call__(self, name, value):
        return value


class Awaitable:
    def __await__(self):
        yield


@pytest.mark.parametrize(
    "redact",
    [lambda name, value: 1 / 0, lambda name, value: later(), lambda name, value: Awaitable()],
    ids=["raises", "returns a coroutine", "returns an awaitable"],
)
def test_function_that_fails(redact, caplog):
    """If it fails, the value is hidden, which is logged once and without the value."""
    configure(redact=redact)

    assert shown(password="hunter2", order="secret-7") == {
        "password": "[redacted]",
        "order": "[redacted]",
    }
    [line] = caplog.records
    assert "this is logged once" in line.getMessage()
    assert "hunter2" not in caplog.text
    assert "secret-7" not in caplog.text


def test_everywhere():
    """Spans, headers and exceptions show no more than logs; the code has what it annotated."""
    configure(redact=["password"])
    with isolated_registry(), record_runs() as recorded:

        @flow("orders")
        @entrypoint
        def handle():
            annotate(password="hunter2")
            current_run().annotate(Password="hunter3")
            kept.append(dict(current_run().values))
            kept.append(inject(values=["password"])["baggage"])
            raise LookupError

        kept = []
        with pytest.raises(LookupError) as caught:
            handle()

        [span] = recorded.spans
    assert kept == [{"password": "hunter2", "Password": "hunter3"}, "password=%5Bredacted%5D"]
    assert set(span.values.values()) == {"[redacted]"}
    assert "hunter" not in str(span.as_dict())
    assert "hunter" not in str(caught.value.__dict__)
    assert set(find_failure(caught.value).values.values()) == {"[redacted]"}


def test_what_comes_in():
    """Values from headers are hidden too, and so is what another run began with."""
    configure(redact=["tenant"])
    inbound = Inbound(trust=True, values=["tenant"])

    run = inbound.receive({"X-Request-ID": "order-7", "baggage": "tenant=north"})
    with active(run), bind() as inner:
        assert logged()["tenant"] == "[redacted]"
        assert inner.values == {"tenant": "north"}


def test_other_processes():
    """Values that are pickled for another process are not redacted; that process hides them."""
    configure(redact=["tenant"])
    with bind():
        annotate(tenant="north")
        work = pickle.loads(pickle.dumps(bound(read_both, values=["tenant"])))

    assert work() == ("north", "[redacted]")


def read_both():
    """Return what the code has and what a log line has of a value."""
    return current_run().values["tenant"], logged()["tenant"]


@pytest.mark.parametrize(
    "redact",
    [
        *("password", b"password", {"password": 1}, 7, [7], [re.compile(b"x")]),
        *(later, partial(later), yield_soon, yield_later, Asynchronous(), partial(Asynchronous())),
    ],
    ids=[
        *("str", "bytes", "dict", "int", "list of int", "pattern of bytes"),
        *("coroutine", "partial of a coroutine", "generator", "async generator"),
        *("async object", "partial of an async object"),
    ],
)
def test_what_cannot_be_used(redact):
    """Anything else is refused, and what was set before stays."""
    configure(redact=["order"])

    with pytest.raises(ConfigurationError, match=r"penstock\.configure\(redact=\.\.\.\): write"):
        configure(redact=redact)

    assert shown(order=7) == {"order": "[redacted]"}


def test_settings_are_apart():
    """One setting leaves the other alone; none at all brings back both."""
    configure(redact=["order"], id_factory=lambda: "mine-1")
    configure(id_factory=None)
    assert shown(order=7) == {"order": "[redacted]"}

    configure()

    assert shown(order=7) == {"order": 7}
