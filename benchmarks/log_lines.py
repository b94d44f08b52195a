"""The cost of the flow ID in a log line, as multiples of a line without it."""

import logging
import os
from contextvars import ContextVar
from functools import partial
from typing import Any

import structlog
from _measure import Timer, measure, report, rounds_and_versions, timed_inside_a_run

from penstock import current_flow_id, flow, step
from penstock.contrib.logging import FlowFilter, FlowFormatter, install, uninstall
from penstock.contrib.structlog import flow_processor, step_processor

PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WITH_ID = "%(asctime)s %(levelname)s %(flow_id)s %(name)s: %(message)s"
WITH_STEP = "%(asctime)s %(levelname)s %(flow_id)s %(step)s %(name)s: %(message)s"

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default="0" * 32)


class ByHand(logging.Filter):
    """The filter that a team writes by hand, or takes from a package for correlation IDs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete *record*."""
        record.flow_id = correlation_id.get()
        return True


def logger(name: str, formatter: logging.Formatter, *filters: logging.Filter) -> logging.Logger:
    """Return a logger that formats its lines and throws them away."""
    handler = logging.FileHandler(os.devnull)
    handler.setFormatter(formatter)
    for each in filters:
        handler.addFilter(each)
    made = logging.getLogger(name)
    made.propagate = False
    made.setLevel(logging.INFO)
    made.addHandler(handler)
    return made


@flow("lines")
@step
def write(to: logging.Logger, a: int, b: int = 0) -> None:
    """Log a line."""
    to.info("order %s placed by %s", a, b)


def log(to: logging.Logger) -> Timer:
    """Return a timer of lines to *to*, from a step inside a run."""
    return timed_inside_a_run(partial(write, to))


def log_with_extra(to: logging.Logger) -> Timer:
    """Return a timer of lines to *to* to which the ID is given."""

    def write(a: int, b: int = 0) -> None:
        to.info("order %s placed by %s", a, b, extra={"flow_id": current_flow_id()})

    return timed_inside_a_run(write)


def log_with_factory(to: logging.Logger) -> Timer:
    """Return a timer of lines to *to* while records have the ID from their creation on."""
    timer = log(to)

    def run(number: int) -> int:
        install()
        try:
            return timer(number)
        finally:
            uninstall()

    return run


def events(*processors: Any) -> Timer:
    """Return a timer of events of structlog that go through *processors* to nowhere."""
    to = structlog.wrap_logger(
        structlog.PrintLogger(open(os.devnull, "w")),  # noqa: SIM115, PTH123 - as long as we run
        processors=[*processors, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()

    @flow("events")
    @step
    def write(a: int, b: int = 0) -> None:
        to.info("placed", order=a, by=b)

    bound = timed_inside_a_run(write)

    def run(number: int) -> int:
        # What others keep of the same in the way of structlog: one value, as ours.
        structlog.contextvars.bind_contextvars(flow_id="0" * 32)
        try:
            return bound(number)
        finally:
            structlog.contextvars.clear_contextvars()

    return run


EVENTS: dict[str, Timer] = {
    "an event without an ID": events(),
    "the same again (noise)": events(),
    "merge_contextvars": events(structlog.contextvars.merge_contextvars),
    "flow_processor": events(flow_processor),
    "both processors": events(flow_processor, step_processor),
}

CASES: dict[str, Timer] = {
    "a line without an ID": log(logger("plain", FlowFormatter(PLAIN))),
    "the same again (noise)": log(logger("again", FlowFormatter(PLAIN))),
    "a filter by hand": log(logger("hand", FlowFormatter(WITH_ID), ByHand())),
    "FlowFilter(step=False)": log(logger("id", FlowFormatter(WITH_ID), FlowFilter(step=False))),
    "FlowFilter()": log(logger("step", FlowFormatter(WITH_STEP), FlowFilter())),
    "install()": log_with_factory(logger("factory", FlowFormatter(WITH_ID))),
    "extra={'flow_id': ...}": log_with_extra(logger("extra", FlowFormatter(WITH_ID))),
}


def main() -> None:
    """Measure and print the table."""
    rounds = rounds_and_versions(__doc__, "a line without an ID", "structlog")
    report("a log line", measure(CASES, rounds))
    report("an event of structlog", measure(EVENTS, rounds))


if __name__ == "__main__":
    main()
