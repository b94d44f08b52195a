"""Threads and tasks that begin in one function, and are waited for in another."""

import pytest
from checked_sources import checked, undeclared, verdicts

POOL = """
import threading
from concurrent.futures import ThreadPoolExecutor
class Worker(threading.Thread):
    def run(self): charge()
@step
def charge(): check()
@step
def check(): print()
class Pool:
    def __init__(self):
        self.workers = [Worker() for _ in range(3)]
        self.executor = ThreadPoolExecutor()
    {kind}
    def begin(self):
        {begin}
    def end(self):
        {end}
@step
def ship(): print()
@step
def pay():
    pool = Pool()
    {lines}
    ship()
"""
BEGIN, END = "for each in self.workers: each.start()", "for each in self.workers: each.join()"
EDGES = "pay -> charge, charge -> check, charge -> ship, check -> ship"


@pytest.mark.parametrize(
    ("begin", "end", "lines", "verdict"),
    [
        (BEGIN, END, "pool.begin()\n    pool.end()", "unverified"),
        (
            "self.executor.submit(charge)",
            "self.executor.shutdown()",
            "pool.begin()\n    pool.end()",
            "unverified",
        ),
        (BEGIN, "print()", "pool.begin()\n    pool.end()", "contradicted"),
        (BEGIN, END, "pool.begin()", "contradicted"),
        (BEGIN, END, "pool.end()\n    pool.begin()", "contradicted"),
    ],
)
def test_what_another_function_waits_for_may_be_over(begin, end, lines, verdict):
    """The source does not show whether it is that which was handed off."""
    report = checked(POOL.format(begin=begin, end=end, lines=lines, kind=""), EDGES)

    assert verdicts(report) == {
        "pay -> charge": ("supported", "hand-off"),
        "charge -> check": ("supported", "call"),
        "charge -> ship": (verdict,),
        "check -> ship": (verdict,),
    }
    assert (undeclared(report) == []) == (verdict == "unverified")


def test_a_step_may_wait_for_what_another_has_handed_off():
    """The reason is the line that waits."""
    source = POOL.format(
        kind="@step", begin=BEGIN, end=END, lines="pool.begin()\n    pool.end()"
    ).replace("def end", "@step\n    def end")
    report = checked(source, "pay -> begin, begin -> charge, charge -> ship")
    (edge,) = (each for each in report.edges if each.target == "ship")

    assert edge.verdict == "unverified"
    assert edge.reason == "charge was handed off, and may be over here, before ship begins"
    assert str(edge.location) == "app.py:19"
