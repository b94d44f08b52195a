"""Limits of the check: what is beyond one is unknown, and never contradicts an edge."""

from collections.abc import Callable

import pytest
from checked_sources import checked, checked_flow, project_with, verdicts

from penstock.evidence._analysis import engine
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._check import check

CHARGE = "@step\ndef charge(): pass\ndef last(): charge()\n"
FUNCTIONS = "def f{n}(): return {n}\n"
RUN = "def run{n}(): run(f{n}, lambda found: found)\n"
ACTION = "class Action:\n    def __init__(self, run): self.run = run\n"
METHOD = "class C{n}(Base):\n    def go(self): return {n}\n"
LAST = "class Last(Base):\n    def go(self): charge()\n"
PAY = "@step\ndef pay(given: {}): {}\n"


def each(number: int, line: str) -> str:
    return "".join(line.replace("{n}", str(n)) for n in range(number))


def listed(number: int, item: str, last: str) -> str:
    return f"[{each(number, item + ', ')}{last}]"


SOURCES: dict[str, Callable[[int], str]] = {
    "functions in a list": lambda number: (
        each(number, FUNCTIONS)
        + f"known = {listed(number, 'f{n}', 'last')}\n"
        + PAY.format("str", "\n    for one in known: one()")
    ),
    "functions in a dict": lambda number: (
        each(number, FUNCTIONS)
        + f"known = dict({each(number, 'a{n}=f{n}, ')}b=last)\n"
        + PAY.format("str", "known[given]()")
    ),
    "functions that are registered": lambda number: (
        "known = []\ndef add(function): known.append(function)\n"
        + each(number, FUNCTIONS + "add(f{n})\n")
        + "add(last)\n"
        + PAY.format("str", "\n    for one in known: one()")
    ),
    "functions that decorators register": lambda number: (
        "known = {}\ndef add(name):\n    def keep(function):\n        known[name] = function\n"
        "        return function\n    return keep\n"
        + each(number, "@add('{n}')\n" + FUNCTIONS)
        + "@add('last')\ndef late(): charge()\n"
        + PAY.format("str", "known['last']()")
    ),
    "functions that a decorator wraps": lambda number: (
        "def twice(function):\n    def wrapper(): function()\n    return wrapper\n"
        + each(number, "@twice\n" + FUNCTIONS)
        + "@twice\ndef late(): charge()\n"
        + PAY.format("str", "late()")
    ),
    "functions that one returns": lambda number: (
        each(number, FUNCTIONS)
        + "def choose(number):\n"
        + each(number, "    if number == {n}: return f{n}\n")
        + "    return last\n"
        + PAY.format("int", "choose(given)()")
    ),
    "functions that a helper calls": lambda number: (
        each(number, FUNCTIONS)
        + "def call(function): function()\n"
        + PAY.format("str", "\n" + each(number, "    call(f{n})\n") + "    call(last)")
    ),
    "lambdas that objects get": lambda number: (
        ACTION
        + f"def make(): return {listed(number, 'Action(lambda: {n})', 'Action(lambda: last())')}\n"
        + PAY.format("str", "\n    for one in make(): one.run()")
    ),
    "lambdas that one returns": lambda number: (
        "def same(function): return function\n"
        + PAY.format(
            "str",
            "\n" + each(number, "    same(lambda: {n})()\n") + "    same(lambda: charge())()",
        )
    ),
    "objects of a class": lambda number: (
        each(number, FUNCTIONS)
        + ACTION
        + each(number, "a{n} = Action(f{n})\n")
        + "a = Action(last)\n"
        + PAY.format("Action", "given.run()")
    ),
    "functions that make objects": lambda number: (
        each(number, FUNCTIONS)
        + ACTION
        + each(number, "def m{n}(): return Action(f{n})\n")
        + "def make(): return Action(last)\n"
        + PAY.format("Action", "given.run()")
    ),
    "objects that objects get": lambda number: (
        "class Base: pass\n"
        + each(number, METHOD)
        + LAST
        + "class Holder:\n    def __init__(self, one): self.one = one\n"
        + "    def run(self): self.one.go()\n"
        + PAY.format(
            "str", "\n" + each(number, "    Holder(C{n}()).run()\n") + "    Holder(Last()).run()"
        )
    ),
    "subclasses with a method": lambda number: (
        "class Base:\n    def go(self): pass\n"
        + each(number, METHOD)
        + LAST
        + PAY.format("Base", "given.go()")
    ),
    "subclasses": lambda number: (
        "class Base:\n    def go(self): pass\n"
        + each(number * 4, "class C{n}(Base): pass\n")
        + LAST
        + PAY.format("Base", "given.go()")
    ),
    "classes that have a protocol": lambda number: (
        "from typing import Protocol\nclass Given(Protocol):\n    def go(self): ...\n"
        + each(number, METHOD).replace("(Base)", "")
        + LAST.replace("(Base)", "")
        + PAY.format("Given", "given.go()")
    ),
    "classes of a union": lambda number: (
        "class Base: pass\n"
        + LAST
        + each(number, METHOD)
        + PAY.format(f"'Last{each(number, ' | C{n}')}'", "given.go()")
    ),
    "methods by the beginning of their name": lambda number: (
        "class Shop:\n"
        + each(number, "    def on_{n}(self): pass\n")
        + "    def on_last(self): charge()\n"
        + "    def run(self, name): getattr(self, f'on_{name}')()\n"
        + PAY.format("str", "Shop().run(given)")
    ),
    "functions that are gathered": lambda number: (
        "import asyncio\n"
        + each(number, "async def f{n}(): return {n}\n")
        + "async def late(): charge()\n"
        + f"def begun(): return {listed(number, 'f{n}()', 'late()')}\n"
        + "@step\nasync def pay(): await asyncio.wait(begun())\n"
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_few_values_are_followed(name):
    """A few values of each kind are followed to the last of them."""
    report = checked(CHARGE + SOURCES[name](2), "pay -> charge")

    assert not report.failures
    assert verdicts(report)["pay -> charge"][0] == "supported"


@pytest.mark.parametrize("name", SOURCES)
def test_many_values_contradict_nothing(name):
    """An edge behind more values than the check follows is unverified, if not supported."""
    report = checked(CHARGE + SOURCES[name](135), "pay -> charge")

    assert not report.failures
    assert verdicts(report)["pay -> charge"][0] != "contradicted"


@pytest.mark.parametrize(
    "given",
    [
        "charge",
        "Shop.charge",
        "Shop().charge",
        "partial(charge)",
        "partial(partial(Shop().charge))",
    ],
)
def test_functions_that_many_pass_to_one_stay_separate(given):
    """A runner of many functions is followed with each, in whatever it is wrapped."""
    source = f"""
from functools import partial
def run(task, then): then(task())
{each(20, FUNCTIONS)}
{each(20, RUN)}
@step
def pay():
{each(20, "    run{n}();")}
    run({given}, lambda found: ship())
class Shop:
    def charge(self=None): charge()
@step
def charge(): pass
@step
def ship(): pass
"""
    report = checked(source, "pay -> charge, charge -> ship")

    assert [verdict for verdict, _ in verdicts(report).values()] == ["supported"] * 2


def test_what_is_followed_in_place_of_a_call_is_chosen_once(monkeypatch):
    """A call beyond a limit is followed as the one before with the same arguments was."""
    choose, chosen = Engine._activation, []

    def noted(self, function, *rest):
        chosen.append(function.definition.name)
        return choose(self, function, *rest)

    monkeypatch.setattr(Engine, "_activation", noted)
    calls = each(20, "    helper({n}, c{n}); helper({n}, Any)\n")
    counts = []
    for times in (1, 3):
        chosen.clear()
        source = (
            each(20, "class C{n}: ...\nc{n} = C{n}()\n")
            + "from lib import Any\ndef helper(number, one): return [number, one]\n"
            + f"{PAY.format('str', '')}\n{calls * times}    charge()\n{CHARGE}"
        )
        report = checked(source, "pay -> charge")
        assert [verdict for verdict, _ in verdicts(report).values()] == ["supported"]
        counts.append(chosen.count("helper"))

    assert counts[0] == counts[1] > 40


def of_all(number: int, source: str) -> str:
    """Return a step that passes functions to *source*, and another that it calls then."""
    calls = each(number, "    run0(f{n})\n")
    pay = f"{PAY.format('str', '')}\n{calls}    charge()\n"
    return f"{source}{each(number, FUNCTIONS)}{pay}{CHARGE}"


@pytest.mark.parametrize(("most", "verdict"), [(1_000, "supported"), (10**6, "unverified")])
def test_few_arguments_count_after_much_work(monkeypatch, most, verdict):
    """Functions that each call the next with all that they get do not use up the work."""
    monkeypatch.setattr(engine, "_MUCH_WORK", most)
    monkeypatch.setattr(engine, "_WORK_FOR_ONE", 1)
    source = "".join(f"def run{n}(task): run{n + 1}(task)\n" for n in range(20))
    project = project_with({"app.py": of_all(100, f"{source}def run20(task): task()\n")})

    (report,) = check(project, [checked_flow(project, "pay -> charge")], work=3_000)

    assert report.edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("number", "times", "verdict"),
    [(3, 10**6, "supported"), (8, 10**6, "unverified"), (3, 3, "unverified")],
)
def test_few_kinds_of_arguments_count_after_much_work(monkeypatch, number, times, verdict):
    """After much work, the first classes of which a function gets objects count; then none."""
    monkeypatch.setattr(engine, "_MUCH_WORK", 1)
    monkeypatch.setattr(engine, "_WORK_FOR_ONE", 0)
    monkeypatch.setattr(engine, "_TOO_MUCH", times)
    jobs = each(number, "class Job{n}:\n    def start(self): pass\n")
    source = (
        f"{CHARGE}{jobs}class Job{number}:\n    def start(self): charge()\n"
        "def handle(job): job.start()\n"
        + each(number + 1, "def run{n}(): handle(Job{n}())\n")
        + PAY.format("str", "\n" + each(number + 1, "    run{n}()\n"))
    )
    report = checked(source, "pay -> charge")

    assert verdicts(report)["pay -> charge"][0] == verdict


def test_what_modules_call_counts_after_much_work(monkeypatch):
    """Decorators of a module are followed one by one, however much the others are."""
    monkeypatch.setattr(engine, "_MUCH_WORK", 1)
    monkeypatch.setattr(engine, "_WORK_FOR_ONE", 0)
    source = CHARGE + SOURCES["functions that decorators register"](20)
    report = checked(source, "pay -> charge")

    assert verdicts(report)["pay -> charge"][0] == "supported"


def test_long_functions_have_fewer_contexts():
    """A long function is followed with fewer of the functions that it gets than a short one."""
    body = each(250, "    one = task\n")
    project = project_with({"app.py": of_all(100, f"def run0(task):\n{body}    task()\n")})

    (report,) = check(project, [checked_flow(project, "pay -> charge")], work=15_000)

    assert report.edges[0].verdict == "supported"
