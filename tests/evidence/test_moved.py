"""An edge to a step to which the source shows another way, and no declared one."""

import pytest
from checked_sources import checked, verdicts

SHOP = """
import lib
@step
def run(order, kind):
    {first}
    pay(order, kind)
    {last}
@step
def pay(order, kind): {called}
@step
def charge(*given): ...
queue = [charge]
{more}
"""

EDGES = "run -> pay, pay -> charge"


def verdict_of(
    *, first: str = "charge()", last: str = "", called: str = "order.late()", more: str = "",
    edges: str = EDGES,
) -> str:  # fmt: skip
    source = SHOP.format(first=first, last=last, called=called, more=f"order.late = queue\n{more}")
    return verdicts(checked(source, edges, run={"is_entrypoint": True}))["pay -> charge"][0]


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        ("charge()", "", "contradicted"),
        ("if kind: charge(); return", "", "contradicted"),
        ("lib.Thread(target=charge).start()", "", "contradicted"),
        ("", "", "unverified"),
        ("", "charge()", "supported"),
    ],
)
def test_a_step_that_runs_somewhere_else(first, last, verdict):
    """No unknown value has to lead to a step if the source shows how the flow comes there."""
    assert verdict_of(first=first, last=last) == verdict


@pytest.mark.parametrize(
    ("called", "verdict"),
    [
        ("order.late()", "contradicted"),
        ("lib.render('order.html')", "contradicted"),
        ("order.append()", "contradicted"),
        ("order.charge()", "unverified"),
    ],
)
def test_what_else_may_lead_to_it(called, verdict):
    """A call with its name may lead to it nevertheless."""
    more = "class Order:\n    def append(self): charge()\n"
    assert verdict_of(called=called, more=more) == verdict


@pytest.mark.parametrize(
    ("edges", "verdict"),
    [
        (EDGES, "contradicted"),
        (f"{EDGES}, run -> charge", "unverified"),
    ],
)
def test_a_step_to_which_a_declared_edge_leads_as_well(edges, verdict):
    """Then the way that the source shows is not news, and the other may be there, too."""
    assert verdict_of(edges=edges) == verdict


def test_a_helper_of_many():
    """That one of its many calls is in the flow says nothing of the others."""
    many = "\n".join(f"def run_{number}(): charge()" for number in range(8))

    assert verdict_of(more=many) == "unverified"


def test_a_way_from_a_step_that_nothing_leads_to():
    """A step that the flow may never reach does not explain that another one runs."""
    more, edges = "@step\ndef refund(): charge()", f"{EDGES}, pay -> refund"

    assert verdict_of(first="", more=more, edges=edges) == "unverified"
