"""The building blocks of adapters for logging libraries and error reporters."""

import sys

import pytest

from penstock import annotate, bind, configure, current_run, entrypoint, flow, step
from penstock.reporting import Report, add_known_fields, describe, find_step


@pytest.fixture
def charge():
    """A flow that fails in its second step."""

    @flow("orders")
    @step(after="receive")
    def charge(amount):
        raise ValueError(amount)

    @flow("orders")
    @entrypoint
    def receive(amount):
        annotate(amount=amount)
        charge(amount)

    return receive


def failure(function, *args):
    """Return what *function* raises."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the test knows which
        function(*args)
    return caught.value


def test_nothing_to_report():
    """Outside any run there is nothing to report."""
    assert describe() is describe(ValueError()) is None


def test_report_within_a_run():
    """Within a run a report has its IDs, its names, its running step and its values."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(tenant="north", size=(1, 2))
        return describe(frame=sys._getframe()), current_run()

    report, run = receive()

    assert report == Report(
        flow_id=run.flow_id,
        flow="orders",
        step="receive",
        run_id=run.run_id,
        values={"tenant": "north", "size": [1, 2]},
    )


def test_report_of_an_error_that_left_its_run(charge):
    """An error that left its run is reported with the step that raised it, and as text."""
    with bind("order-7"):
        error = failure(charge, 7)

    assert describe(error) == Report("order-7", "orders", "charge", None, {"amount": "7"})


def test_report_of_an_error_within_the_operation(charge):
    """If its operation goes on, an error adds the flow and the step that raised it."""
    with bind("order-7") as run:
        report = describe(failure(charge, 7), frame=sys._getframe())

    assert report == Report("order-7", "orders", "charge", run.run_id, {"amount": "7"})


def test_report_of_an_error_of_another_operation(charge):
    """An error of another operation says nothing of the one that goes on."""
    with bind("order-7"):
        error = failure(charge, 7)
    with bind("order-8") as run:
        report = describe(error)

    assert report == Report("order-8", None, None, run.run_id, {})


def test_report_with_a_run_that_was_kept():
    """If no run is current, that which the reporter kept is described."""
    with bind("order-7") as run:
        run.annotate(tenant="north")

    report = describe(run=run)

    assert (report.flow_id, report.values) == ("order-7", {"tenant": "north"})


def test_report_hides_what_is_hidden():
    """Values that are redacted in logs are redacted in reports."""
    configure(redact=["token"])
    with bind():
        annotate(token="secret")
        report = describe()

    assert report.values == {"token": "[redacted]"}


def test_find_step():
    """The running step is found in the frames of its callers."""

    @flow("orders")
    @step
    def receive():
        return find_step(sys._getframe())

    assert (receive(), find_step(sys._getframe())) == ("receive", None)


def test_known_fields():
    """Known fields are added, except existing ones and the names to leave out."""
    event = {"flow": "mine"}
    with bind("order-7"):
        annotate(tenant="north", exc_info="x", step="y")
        add_known_fields(event, None, 4, {"exc_info"})

    assert event == {"flow": "mine", "flow_id": "er-7", "tenant": "north"}
