"""A project with many flows: work grows with their number, and no faster."""

import sys
from pathlib import Path

import pytest

import penstock
from penstock import entrypoint, flow, step
from penstock.catalog import Catalog
from penstock.catalog._loading import DECLARED
from penstock.catalog._reading import parse_catalog
from penstock.testing import isolated_registry

PENSTOCK = str(Path(penstock.__file__).parent)


def declare(count: int) -> None:
    """Declare *count* flows of three steps with problems, and as many steps of no flow."""
    for number in range(count):

        def receive(order):
            """Receive an order."""

        def pack(order): ...

        def send(order): ...

        orders = flow(f"orders_{number}", title="Orders")
        orders(entrypoint(receive))
        orders(step(after={"receive": "paid"}, sends="kafka:packed")(pack))
        orders(step(after=["pack", "nowhere"])(send))
        step(name=f"loose_{number}")(lambda: None)


def count_lines(work) -> int:
    """Return how many lines of penstock *work* executes, and how many functions it calls."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event != "return"
        return trace if frame.f_code.co_filename.startswith(PENSTOCK) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def count_all(count: int) -> dict[str, int]:
    """Return how many lines are executed for each thing that is done with *count* flows."""
    with isolated_registry():
        declare(count)
        catalog = Catalog.from_registry()
        text = catalog.to_json()
        return {
            "export": count_lines(lambda: Catalog.from_registry().to_json()),
            "export public": count_lines(lambda: catalog.public().to_json()),
            "read": count_lines(lambda: parse_catalog(text.encode(), "flows.json")),
            "problems": count_lines(DECLARED.problems),
            "draw": count_lines(lambda: [flow_.graph() for flow_ in DECLARED.flows]),
        }


def test_linear():
    """Ten times as many flows are ten times the work."""
    few, many = count_all(30), count_all(300)

    assert {name: many[name] / few[name] for name in many} == pytest.approx(
        dict.fromkeys(many, 10.0), rel=0.05
    )
