"""A value that cannot be written loses no line and no report, in any adapter."""

import io
import json
import logging
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import loguru
import pytest
import sentry_sdk
import structlog
from pythonjsonlogger.json import JsonFormatter
from sentry_sdk.transport import Transport

from penstock import annotate, bind, entrypoint, flow
from penstock.contrib.logging import FlowFilter, FlowFormatter
from penstock.contrib.loguru import patcher
from penstock.contrib.sentry import FlowIntegration
from penstock.contrib.structlog import flow_processor


def fail(*_):
    raise RuntimeError


def made(name, *bases, **methods):
    """Return an object of a class with these methods."""
    return type(name, bases, methods)(*[7] * len(bases))


def nested(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


circular = {}
circular["itself"] = circular
text, every = {"__str__": fail}, {"__str__": fail, "__repr__": fail, "__format__": fail}
HOSTILE = {
    "str": made("Value", **text),
    "repr": made("Value", __repr__=fail),
    "format": made("Value", __format__=fail),
    "no text": made("Value", __str__=lambda _: 7, __repr__=lambda _: 7),
    "recursive": made("Value", __str__=str, __repr__=repr),
    "class": made("Value", __class__=property(fail), __repr__=fail),
    "integer": made("Value", int, **every),
    "number": made("Value", float, **every),
    "string": made("Value", str, **every),
    "dictionary": type("Value", (dict,), {"items": fail, "__iter__": fail, "__repr__": fail})(a=1),
    "in a list": [made("Value", __repr__=fail)],
    "in a dictionary": {"a": (made("Value", **every), None)},
    "in a set": {made("Value", **every)},
    "as a key": {made("Value", **every): 1},
    "tuple as a key": {(1, 2): 3},
    "circular": circular,
    "deep": nested(100_000),
    "digits": 10**5000,
    "digits in a list": [-(10**5000)],
    "surrogate": "a\ud800b",
    "surrogate in a list": ["a\ud800b"],
    "NUL": "a\x00b",
    "long": "x" * 100_000,
}


DEEP = pytest.mark.needs("deep stack")


def case(writer, name):
    marks = [DEEP] if name in {"deep", "recursive"} else []
    return pytest.param(writer, name, id=f"{writer}-{name}", marks=marks)


def write(handler, error, **options):
    logger = logging.getLogger("hostile")
    logger.addHandler(handler)
    logger.warning("seen", exc_info=error, **options)
    logger.removeHandler(handler)


def logs(formatter):
    """Return what writes a line with a formatter of `logging`."""

    def through(error, **options):
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        handler = logging.StreamHandler(written)
        handler.setFormatter(formatter)
        handler.addFilter(FlowFilter())
        write(handler, error, **options)
        written.seek(0)
        return written.read()

    return through


def structlogs(renderer):
    """Return what writes a line with a renderer of structlog."""

    def through(error):
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        logger = structlog.wrap_logger(
            structlog.PrintLogger(written), processors=[flow_processor, renderer]
        )
        logger.warning("seen", **{"exc_info": error} if error else {})
        written.seek(0)
        return written.read()

    return through


def logurus(**options):
    """Return what writes a line with loguru."""

    def through(error):
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        own = loguru.logger.patch(patcher)
        number = loguru.logger.add(written, catch=False, **options)
        try:
            own.opt(exception=error).warning("seen")
        finally:
            loguru.logger.remove(number)
        written.seek(0)
        return written.read()

    return through


class Posted(Transport):
    """Return the events that would be sent to Sentry, as JSON."""

    last = ""

    def capture_envelope(self, envelope):
        Posted.last = json.dumps(envelope.get_event(), allow_nan=False)


def sentry(error):
    """Return the event that Sentry would be sent."""
    client = sentry_sdk.Client(
        "http://key@localhost/1",
        transport=Posted,
        integrations=[FlowIntegration()],
        default_integrations=False,
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        if error is None:
            sentry_sdk.capture_message("seen")
        else:
            sentry_sdk.capture_exception(error)
    return Posted.last


CONSOLE = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
WRITERS = {
    "FlowFormatter, %": logs(FlowFormatter("%(flow_id)s %(order)s %(message)s")),
    "FlowFormatter, % repr": logs(FlowFormatter("%(flow_id)s %(order)r %(message)s")),
    "FlowFormatter, {": logs(FlowFormatter("{flow_id} {order} {order!r} {message}", style="{")),
    "FlowFormatter, { width": logs(FlowFormatter("{flow_id} {order:>9} {message}", style="{")),
    "FlowFormatter, $": logs(FlowFormatter("$flow_id $order $message", style="$")),
    "Formatter": logs(logging.Formatter("%(flow_id)s %(order)s %(message)s")),
    "Formatter, repr": logs(logging.Formatter("%(flow_id)s %(order)r %(message)s")),
    "JsonFormatter": logs(JsonFormatter("%(message)s")),
    "JSONRenderer": structlogs(structlog.processors.JSONRenderer()),
    "KeyValueRenderer": structlogs(structlog.processors.KeyValueRenderer()),
    "LogfmtRenderer": structlogs(structlog.processors.LogfmtRenderer()),
    "ConsoleRenderer": structlogs(CONSOLE),
    "loguru": logurus(format="{extra[flow_id]} {extra[order]} {message}"),
    "loguru, all": logurus(format="{extra} {message}"),
    "loguru, JSON": logurus(serialize=True),
    "Sentry": sentry,
}


OTHERS = [name for name in WRITERS if name.startswith(("Formatter", "Json", "loguru"))]
"""Adapters that pass objects on as they are, and treat those that fail like other fields."""

NO_OBJECTS = ["tuple as a key", "circular", "deep", "digits", "digits in a list"]
NO_OBJECTS += ["surrogate", "surrogate in a list", "NUL", "long"]


@pytest.fixture(autouse=True)
def _restored():
    """Leave the handlers of loguru and the client of Sentry as they were."""
    before = sentry_sdk.get_client()
    loguru.logger.remove()
    yield
    sentry_sdk.get_global_scope().set_client(before)


@pytest.mark.parametrize(
    ("writer", "name"),
    [case(w, n) for w in WRITERS for n in (NO_OBJECTS if w in OTHERS else HOSTILE)],
)
def test_within_a_run(writer, name):
    """A line that is logged in a run is written, with its ID."""
    with bind("order-7"):
        annotate(order=HOSTILE[name])
        line = WRITERS[writer](None)

    assert "order-7" in line
    assert "seen" in line


@pytest.mark.parametrize(("writer", "name"), [case(w, n) for w in WRITERS for n in HOSTILE])
def test_after_a_run(writer, name):
    """So is what reports an exception of a run outside of it."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(order=HOSTILE[name])
        raise LookupError("seen")

    with pytest.raises(LookupError) as caught, bind("order-7"):
        receive()

    line = WRITERS[writer](caught.value)
    assert "order-7" in line
    assert "seen" in line


@pytest.mark.parametrize(
    ("writer", "name"), [case(w, n) for w in WRITERS if w.startswith("Flow") for n in HOSTILE]
)
def test_extra(writer, name):
    """`FlowFormatter` writes a line with a field that is the application's own, too."""
    with bind("order-7"):
        line = WRITERS[writer](None, extra={"order": HOSTILE[name]})

    assert line.startswith("order-7")
    assert line.endswith("seen\n")


@pytest.mark.parametrize(
    "value",
    ["a", "ä\n", 7, 1.5, None, True, b"a", {"a": [1, (None, "ä")], 3: {4}}, 10**500, logging, int],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("log", [logging, loguru])
def test_others_are_untouched(value, log):
    """A value that can be written reaches filters and sinks as what it is."""
    kept = []
    with bind():
        annotate(order=value)
        if log is logging:
            record = logging.makeLogRecord({})
            FlowFilter().filter(record)
            kept.append(record.order)
        else:
            loguru.logger.add(lambda line: kept.append(line.record["extra"]["order"]))
            loguru.logger.patch(patcher).info("seen")
            loguru.logger.remove()

    assert kept[0] is value


@pytest.mark.parametrize("log", [logging, loguru])
def test_nobody_asks_for_what_nobody_writes(log):
    """An object, like one that would ask a database, is not asked for its text."""
    asked, kept = [], []
    order = made("Order", __str__=asked.append, __repr__=asked.append, __format__=asked.append)
    with bind():
        annotate(order=order, orders=[order])
        if log is logging:
            record = logging.makeLogRecord({})
            FlowFilter().filter(record)
            kept += [record.order, record.orders]
        else:
            loguru.logger.add(lambda line: kept.extend(line.record["extra"].values()), format="")
            loguru.logger.patch(patcher).info("seen")
            loguru.logger.remove()

    assert asked == []
    assert order in kept
    assert [order] in kept


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("{order.amount:.2f}", SimpleNamespace(amount=7), "7.00"),
        ("{order[amount]:>3}", {"amount": "a\n"}, " a\\n"),
        ("{order:%Y}", date(2026, 1, 2), "2026"),
        ("{order:.1f}", Decimal("1.25"), "1.2"),
        ("{order!r}", "a\nb", "'a\\nb'"),
    ],
)
def test_formats(form, value, expected):
    """A format for the value's own kind is what it is to `logging.Formatter`, but in one line."""
    through = logs(FlowFormatter(form, style="{", validate=False))
    with bind():
        annotate(order=value)

        assert through(None) == f"{expected}\n"


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [("%(order)5.1f", Decimal("1.5"), "  1.5"), ("%(order)03d", Decimal(7), "007")],
)
def test_formats_of_numbers(form, value, expected):
    """An instance of a subclass of a number is written as a number."""
    with bind():
        annotate(order=value)

        assert logs(FlowFormatter(form))(None) == f"{expected}\n"
