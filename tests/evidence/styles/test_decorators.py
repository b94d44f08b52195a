"""Decorators of the project, and functions that many others have in common."""

import pytest
from checked_sources import checked, undeclared, verdicts

LOGGED = """
import functools
import inspect
import logging

log = logging.getLogger(__name__)

def logged(function):
    if inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            log.info("%s", function.__name__)
            return await function(*args, **kwargs)
    else:
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            log.info("%s", function.__name__)
            return function(*args, **kwargs)
    return wrapper
"""


def decorated(count: int, kind: str = "", wait: str = "") -> str:
    """Return steps of which each calls the next, beside helpers with the same decorator."""
    lines = ["from shared import logged"]
    for number in range(count):
        lines += [
            f"@logged\ndef help_{number}(): print({number})",
            f"@logged\n@step\n{kind}def step_{number}(one, two={number}):",
            f"    help_{number}()",
            f"    return {wait}step_{number + 1}(one, two=two)" if number + 1 < count else "",
        ]
    return "\n".join(lines)


@pytest.mark.parametrize(("kind", "wait"), [("", ""), ("async ", "await ")], ids=["def", "async"])
def test_a_decorator_of_many_functions_leads_to_the_one_that_is_called(kind, wait):
    """A wrapper calls the function that it was made for, however many the decorator has made."""
    files = {"shared.py": LOGGED, "app.py": decorated(40, kind, wait)}
    edges = [f"step_{number} -> step_{number + 1}" for number in range(39)]
    report = checked(files, ", ".join(edges))

    assert verdicts(report) == dict.fromkeys(edges, ("supported", "call"))
    assert undeclared(report) == []


def test_a_call_that_a_decorated_step_has_no_more_is_missed():
    """An edge is contradicted though a wrapper of the same decorator is called instead."""
    source = decorated(40).replace("return step_7(one, two=two)", "return help_9()")
    edges = [f"step_{number} -> step_{number + 1}" for number in range(39)]
    report = checked({"shared.py": LOGGED, "app.py": source}, ", ".join(edges))

    assert {edge for edge, found in verdicts(report).items() if found[0] != "supported"} == {
        "step_6 -> step_7"
    }


@pytest.mark.parametrize(
    ("kind", "test", "is_taken"),
    [
        ("def", "inspect.iscoroutinefunction(f)", False),
        ("async def", "asyncio.iscoroutinefunction(f)", True),
        ("async def", "not iscoroutinefunction(f)", False),
        ("async def", "inspect.isasyncgenfunction(f)", False),
        ("def", "inspect.isgeneratorfunction(self.f)", True),
    ],
)
def test_of_which_kind_a_function_is(kind, test, is_taken):
    """A branch for functions of another kind is not taken."""
    source = f"""
import asyncio, inspect
from inspect import iscoroutinefunction
class Shop:
    {kind} f(self): {"pass" if "generator" not in test else "yield"}
    @step
    def pay(self):
        f = self.f
        if {test}: charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == ("supported" if is_taken else "contradicted")


def test_a_function_that_may_be_of_two_kinds():
    """Both branches are taken if functions of several kinds may be meant, or unknown ones."""
    source = """
import inspect
def one(): ...
async def two(): ...
@step
def pay(functions, unknown):
    for f in {one, two}:
        if inspect.iscoroutinefunction(f): charge()
    if inspect.iscoroutinefunction(unknown): ship()
@step
def charge(): ...
@step
def ship(): ...
"""
    edges = "pay -> charge, pay -> ship"

    assert {edge.verdict for edge in checked(source, edges).edges} == {"supported"}


METHOD_DISPATCH = """
import functools
class Paid: ...
class PaidLate(Paid): ...
class Sent: ...
def method_dispatch(function):
    dispatcher = functools.singledispatch(function)
    def wrapper(*args, **kwargs):
        return dispatcher.dispatch({cls})(*args, **kwargs)
    wrapper.register = dispatcher.register
    functools.update_wrapper(wrapper, function)
    return wrapper
class Saga:
    @method_dispatch
    def handle(self, event): log()
    @handle.register(Paid)
    @step
    def paid(self, event): ...
    @handle.register(Sent)
    @step
    def sent(self, event): ...
@step
def log(): ...
@step
def run(saga: Saga, event): saga.handle({event})
"""


@pytest.mark.parametrize(
    ("cls", "event", "steps"),
    [
        ("args[1].__class__", "event", ["paid", "sent", "log"]),
        ("args[1].__class__", "Paid()", ["paid"]),
        ("args[1].__class__", "PaidLate()", ["paid"]),
        ("type(args[1])", "event", ["paid", "sent", "log"]),
        ("Sent", "event", ["sent"]),
    ],
)
def test_a_decorator_dispatches_by_the_class_of_an_argument(cls, event, steps):
    """A generic function gives what it has for a class, and that is called as a method."""
    source = METHOD_DISPATCH.format(cls=cls, event=event)
    report = checked(source, "run -> paid, run -> sent, run -> log")

    assert [edge.target for edge in report.edges if edge.verdict == "supported"] == steps
    assert {edge.verdict for edge in report.edges} <= {"supported", "contradicted"}
