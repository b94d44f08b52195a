"""Functions that a library gets together, which it may call one after the other."""

import pytest
from checked_sources import checked, undeclared, verdicts

SOURCE = """
from concurrent.futures import ThreadPoolExecutor
from fastapi import BackgroundTasks
from library import Chain, Pipeline, pipe
@step
def charge(*given): print()
@step
def ship(*given): print()
@step
def pay(order, some, tasks: BackgroundTasks):
    {}
"""
EDGES = "pay -> charge, charge -> ship"


@pytest.mark.parametrize(
    "lines",
    [
        "pipe(order, charge, ship)",
        "Pipeline([charge, ship]).run(order)",
        "chain = Chain()\n    chain.add(charge)\n    chain.add(ship)",
        "some.add(charge)\n    some.add(ship)",
    ],
)
def test_what_a_library_gets_together_may_be_called_in_order(lines):
    """Its documentation alone says in which, and the declaration may be right."""
    report = checked(SOURCE.format(lines), EDGES)

    assert verdicts(report) == {
        "pay -> charge": ("supported", "hand-off"),
        "charge -> ship": ("unverified",),
    }
    assert undeclared(report) == []
    assert "may call them in this order" in str(report.edges[1].reason)


@pytest.mark.parametrize(
    "lines",
    [
        "pool = ThreadPoolExecutor()\n    pool.submit(charge)\n    pool.submit(ship)",
        "some.submit(charge)\n    some.submit(ship)",
    ],
)
def test_what_runs_at_the_same_time_has_no_order(lines):
    """So do threads and what else is submitted."""
    report = checked(SOURCE.format(lines), EDGES)

    assert verdicts(report)["charge -> ship"] == ("contradicted",)


def test_background_tasks_run_one_after_the_other():
    """A response of Starlette runs them in the order in which they were added."""
    lines = "tasks.add_task(charge, order)\n    tasks.add_task(ship, order)"
    report = checked(SOURCE.format(lines), f"{EDGES}, ship -> charge")

    assert verdicts(report) == {
        "pay -> charge": ("supported", "hand-off"),
        "charge -> ship": ("supported", "order"),
        "ship -> charge": ("contradicted",),
    }
    assert undeclared(checked(SOURCE.format(lines), "pay -> charge, pay -> ship")) == []


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("pipe(order, charge)\n    ship(order)", "unverified"),
        ("chain = Chain(charge)\n    chain.run()\n    ship(order)", "unverified"),
        ("some.each(charge)\n    ship(order)", "unverified"),
        ("ship(order)\n    pipe(order, charge)", "contradicted"),
        ("Chain().attach(charge)\n    ship(order)", "contradicted"),
        ("ThreadPoolExecutor().submit(charge)\n    ship(order)", "contradicted"),
        ("tasks.add_task(charge, order)\n    ship(order)", "contradicted"),
    ],
)
def test_what_a_library_gets_may_be_over_before_the_next_step(lines, verdict):
    """A library may call it before it returns, if it does not keep it for an event or a thread."""
    report = checked(SOURCE.format(lines), EDGES)

    assert verdicts(report)["charge -> ship"] == (verdict,)
    assert (undeclared(report) == []) == (verdict == "unverified")
