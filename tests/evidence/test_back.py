"""The calls by which a step leads back to an earlier one."""

import pytest
from checked_sources import back, checked, report_on, undeclared

FLOW = "pay -> charge, charge -> ship"
SOURCE = """
from threading import Thread
@step
def pay():
    charge()
    ship()
@step
def charge(): {first}
@step
def ship(): {last}
def again(): charge()
"""


def source(first="print()", last="print()"):
    return SOURCE.format(first=first, last=last)


def test_a_call_of_an_earlier_step_leads_back():
    """It is reported apart from undeclared edges."""
    report = checked(source(last="late and charge()"), FLOW)

    assert back(report) == ["ship -> charge"]
    assert undeclared(report) == []


def test_a_call_after_another_step_leads_back_too():
    """A step may call others before it calls an earlier one."""
    source = """
@step
def pay():
    charge()
    ship()
@step
def charge(): print()
@step
def ship():
    mail()
    if late: charge()
@step
def mail(): print()
"""

    assert back(checked(source, f"{FLOW}, ship -> mail")) == ["ship -> charge"]


def test_a_call_of_the_entrypoint_is_a_recursion():
    """A step that is called by another, and calls it again, leads to itself through it."""
    assert back(checked(source(last="pay()"), FLOW)) == []


@pytest.mark.parametrize(
    ("last", "flow"),
    [
        pytest.param("print()", FLOW, id="none"),
        pytest.param("again()", FLOW, id="by a helper"),
        pytest.param("charge()", f"{FLOW}, ship ~> charge", id="declared as a loop"),
        pytest.param("charge()", f"{FLOW}, ship ~> pay", id="declared by a longer way"),
    ],
)
def test_these_do_not(last, flow):
    """Declared ways are left out, and calls that are in the lines of something else."""
    assert back(checked(source(last=last), flow)) == []


ALWAYS = """
@step
def pay():
    charge()
    ship()
@step
def charge(): print()
@step
def ship():
    {lines}
"""


@pytest.mark.parametrize(
    "lines",
    [
        "charge()",
        "if late: raise ValueError\n    charge()",
        "with lock:\n        charge()",
        "try:\n        charge()\n    except ValueError: pass",
        "try: print()\n    finally:\n        charge()",
        "each = [late for late in print()]\n    charge()",
    ],
)
def test_what_a_step_always_calls_is_undeclared(lines):
    """A call that each run makes is a part of the flow, and no other try."""
    report = checked(ALWAYS.format(lines=lines), FLOW)

    assert undeclared(report) == ["ship -> charge"]
    assert back(report) == []


@pytest.mark.parametrize(
    "lines",
    [
        "if late: charge()",
        "while late:\n        charge()",
        "for each in late:\n        charge()",
        "if late: return\n    charge()",
        "try: print()\n    except ValueError:\n        charge()",
        "match late:\n        case 1: charge()",
        "late or charge()",
        "charge() if late else None",
        "[charge() for each in late]",
        "Thread(target=charge).start()",
        "each = charge()",
        "if charge(): print()",
        "print(charge())",
        "f'{charge()}'",
    ],
)
def test_what_a_step_calls_sometimes_leads_back(lines):
    """It may be another try, or another run, and one that is called for its value is a helper."""
    report = checked("from threading import Thread\n" + ALWAYS.format(lines=lines), FLOW)

    assert back(report) == ["ship -> charge"]
    assert undeclared(report) == []


AGAIN = """
@step
def pay():
    charge()
    ship()
    {lines}
@step
def charge(): print()
@step
def ship(): print()
def again(): charge()
"""


@pytest.mark.parametrize(
    "lines",
    [
        "charge()",
        "with lock:\n        charge()",
        "try:\n        charge()\n    except ValueError: pass",
        "mail()\n    charge()",
    ],
)
def test_a_step_that_is_called_once_more_after_another_is_undeclared(lines):
    """A function that each time calls a step again runs it again in the flow."""
    report = checked(AGAIN.format(lines=lines), FLOW)

    assert undeclared(report) == ["ship -> charge"]
    assert back(report) == []


@pytest.mark.parametrize(
    "lines",
    [
        "if late: charge()",
        "for each in late:\n        charge()",
        "if late: return\n    charge()",
        "try: print()\n    except ValueError:\n        charge()",
        "late or charge()",
        "again()",
        "each = charge()",
        "print(charge())",
        "charge(again)",
        "mail()",
    ],
)
def test_a_step_that_is_called_once_more_sometimes_is_not(lines):
    """It may be another try, or a helper that gets something else or returns what is needed."""
    assert undeclared(checked(AGAIN.format(lines=lines), FLOW)) == []


@pytest.mark.parametrize(
    ("lines", "edges", "found"),
    [
        ("total = add()\n    ship()\n    total = add()",
         "pay -> add, add -> ship", ["ship -> add"]),
        ("total = add()\n    ship()\n    other = add()", "pay -> add, add -> ship", []),
        ("total = add(1)\n    ship()\n    total = add(2)", "pay -> add, add -> ship", []),
        ("Bill()\n    ship()\n    Bill()",
         "pay -> __init__, __init__ -> ship", ["ship -> __init__"]),
        ("asyncio.run(send())\n    ship()\n    asyncio.run(send())",
         "pay -> send, send -> ship", ["ship -> send"]),
        ("asyncio.run()\n    ship()\n    asyncio.run()", "pay -> ship", []),
    ],
)  # fmt: skip
def test_a_statement_that_is_there_twice(lines, edges, found):
    """The value is computed again, an object is made again, or a loop runs a coroutine again."""
    source = f"""
import asyncio
@step
def pay():
    {lines}
@step
def add(number=0): return number
@step
def ship(): print()
@step
async def send(): print()
class Bill:
    @step
    def __init__(self): print()
"""
    assert undeclared(checked(source, edges)) == found


def test_a_step_that_is_called_once_more_in_the_block_of_the_other_one():
    """The calls that are passed over together are made each time that the first one is."""
    block = "if late:\n        charge()\n        ship()\n        {}charge()\n    mail()"
    source = AGAIN.replace("charge()\n    ship()\n    {lines}", block)
    reports = [checked(source.format(each), FLOW) for each in ("", "late and ")]

    assert [undeclared(report) for report in reports] == [["ship -> charge"], []]


def test_a_step_that_is_called_once_more_as_declared():
    """A declared loop, another way from the later step and a helper of many are nothing new."""
    source = AGAIN.format(lines="charge()")
    many = "".join(f"def other_{number}(): charge()\n" for number in range(7))

    assert undeclared(checked(source, f"{FLOW}, ship ~> charge")) == []
    assert undeclared(checked(source + many, FLOW)) == []


def test_a_step_that_is_called_between_two_calls_of_another():
    """It is called once, and what runs again is the other one, in a loop or by a helper."""
    source = """
@step
def pay():
    save()
    charge()
    again()
@step
def charge(): print()
@step
def save(): print()
def again(): save()
"""
    assert undeclared(checked(source, "pay -> charge, charge -> save")) == []


def test_a_step_that_two_functions_call_once_more():
    """It is one finding."""
    source = """
@step
def begin():
    pay()
    send()
@step
def pay():
    charge()
    ship()
    charge()
@step
def send():
    charge()
    ship()
    charge()
@step
def charge(): print()
@step
def ship(): print()
"""
    flow = "begin -> pay, pay -> charge, charge -> ship, pay -> send, send -> charge"

    assert undeclared(checked(source, flow)) == ["ship -> charge"]


def test_a_function_within_a_step_calls_sometimes():
    """Nobody knows how often a step calls what it defines."""
    lines = "def inner():\n        charge()\n    inner()"
    report = checked(ALWAYS.format(lines=lines), FLOW)

    assert undeclared(report) == []


HELPER = {
    "app.py": """
from shop import charge, again
@step
def pay():
    charge()
    ship()
@step
def ship(): again()
""",
    "shop.py": "@step\ndef charge(): pass\ndef again(): charge()\n",
}


def test_a_helper_beside_the_earlier_step_leads_back():
    """A function in the module of the earlier step is a way into what is behind the step."""
    assert back(checked(HELPER, FLOW)) == ["ship -> charge"]


def test_a_call_of_a_decorated_step_leads_back():
    """The line in its decorator is not one of a helper."""
    decorator = "def task(function):\n    def wrapper(): function()\n    return wrapper\n"
    decorated = source(last="{}").replace("@step\ndef charge", "@step\n@task\ndef charge")
    sometimes, always = decorated.format("late and charge()"), decorated.format("charge()")

    assert back(checked(decorator + sometimes, FLOW)) == ["ship -> charge"]
    assert undeclared(checked(decorator + always, FLOW)) == ["ship -> charge"]


def test_a_helper_beside_the_step_itself_is_a_detail():
    """A way through the module of the step is not drawn in most diagrams."""
    files = {
        "app.py": HELPER["app.py"].replace(", again", "") + "def again(): charge()\n",
        "shop.py": HELPER["shop.py"].replace("def again(): charge()", ""),
    }

    assert back(checked(files, FLOW)) == []


def test_a_step_that_is_handed_off_may_lead_back():
    """A step that a queue calls later is not a recursion of the step that has sent it."""
    source = """
@step
def pay(): queue.enqueue(ship)
@step
def ship(): late and pay()
"""
    assert back(checked(source, "pay -> ship")) == ["ship -> pay"]


def test_a_step_that_many_call():
    """A step that more than eight lines call is left out, and one that seven call is a helper."""
    lines = [f"def other_{n}(): charge()\n" for n in range(7)]
    reports = [checked("".join([source(last="charge()"), *lines[:n]]), FLOW) for n in (4, 5, 7)]

    assert [undeclared(report) for report in reports] == [["ship -> charge"], [], []]
    assert [back(report) for report in reports] == [[], ["ship -> charge"], []]


@pytest.mark.parametrize("text", ["await charge()", "await shop.charge()"])
def test_an_awaited_call_is_made_each_time(text):
    """It counts as one that is not awaited, by whichever name the function has."""
    calls = (
        ALWAYS.format(lines=text)
        .replace("def ", "async def ")
        .replace("charge()\n    ", "await charge()\n    await ")
    )
    report = checked({"app.py": "import app as shop" + calls}, FLOW)

    assert undeclared(report) == ["ship -> charge"]


def test_a_step_that_is_unchecked():
    """A step that is out of the check is not reported."""
    report = checked(source(last="charge()"), FLOW, charge={"unchecked": "a person"})

    assert back(report) == []
    assert undeclared(report) == []


def test_the_reverse_of_a_contradicted_edge_is_undeclared():
    """The call that the source has instead of a declared edge is one finding, and an error."""
    report = checked(
        """
@step
def pay(): ship()
@step
def charge(): pass
@step
def ship(): charge()
""",
        FLOW,
    )

    assert undeclared(report) == ["pay -> ship", "ship -> charge"]
    assert back(report) == []


def test_the_finding():
    """It is a warning at the line of the call, says what to write, and fails only if asked."""
    report = report_on(source(last="Thread(target=charge).start()"), FLOW)
    (found,) = report.findings

    assert found.severity == "warning"
    assert found.text() == (
        "app.py:10: warning: orders: ship -> charge leads back, and is not declared [edge-back]\n"
        "    ship hands off charge, an earlier step: app.py:10.\n"
        "        app.py:10: def ship(): Thread(target=charge).start()\n"
        '    Add loop("ship") to after= of charge, or do not call it there.'
    )
    assert report.failing() == ()
    assert report.failing("unverified") == (found,)
    assert report.summary() == (
        "1 flow, 2 edges: 2 in the source (1 call, 1 in order); 1 back to an earlier step"
    )


def test_the_finding_of_a_call_that_is_always_made():
    """It is an error that says to write a loop, and names no edge that is reached from there."""
    flow = "pay -> charge, charge -> ship, mail -> charge"
    report = report_on(source(last="charge()") + "@step\ndef mail(): pass\n", flow)
    lost, found = report.failing()

    assert lost.message == "mail -> charge is not in the source"
    assert "reached from" not in lost.text()
    assert found.text() == (
        "app.py:10: orders: ship -> charge leads back, and is not declared [edge-undeclared]\n"
        "    ship calls charge, an earlier step: app.py:10.\n"
        "        app.py:10: def ship(): charge()\n"
        '    Add loop("ship") to after= of charge, or do not call it there.'
    )
