"""Decorators of a project, which run steps before and after the function of another."""

import pytest
from checked_sources import checked, undeclared, verdicts

WRAPPERS = """
import functools
from flask import Flask
app = Flask("shop")
@step
def load(): print()
@step
def close(): print()
def signed_in(function):
    @functools.wraps(function)
    def wrapper(*args):
        load()
        result = function(*args)
        close()
        return result
    return wrapper
def plain(function): return function
@signed_in
def home(): ...
{}
"""
EDGES = "load -> pay, pay -> close"
SUPPORTED = dict.fromkeys(EDGES.split(", "), ("supported", "order"))
CONTRADICTED = dict.fromkeys(EDGES.split(", "), ("contradicted",))


@pytest.mark.parametrize(
    ("function", "verdict"),
    [
        ("@signed_in\n@step\ndef pay(): print()", SUPPORTED),
        ("@app.route('/pay')\n@signed_in\n@step\ndef pay(): print()", SUPPORTED),
        ("@plain\n@signed_in\n@step\ndef pay(): print()", SUPPORTED),
        ("class Shop:\n    @signed_in\n    @step\n    def pay(self): print()", SUPPORTED),
        ("@plain\n@step\ndef pay(): print()", CONTRADICTED),
        ("@step\ndef pay(): print()", CONTRADICTED),
    ],
)
def test_a_decorator_runs_steps_around_the_one_that_it_decorates(function, verdict):
    """Each call of the function runs them, also where none is in the source."""
    assert verdicts(checked(WRAPPERS.format(function), EDGES)) == verdict


def test_a_decorator_that_may_not_run_a_step_in_a_round():
    """The next round of a loop shows a loop alone."""
    source = WRAPPERS.format("@signed_in\n@step\ndef pay(): print()").replace(
        "load()\n        result = function(*args)",
        "result = None\n        for each in args:\n            result = function(each)\n"
        "            load()",
    )
    found = verdicts(checked(source, EDGES))

    assert found == {"load -> pay": ("contradicted",), "pay -> close": ("supported", "order")}


def test_what_a_decorator_runs_need_not_be_declared():
    """A flow may begin with the function, as nobody sees its decorator there."""
    source = WRAPPERS.format("@signed_in\n@step\ndef pay(): load()")

    assert undeclared(checked(source, "pay -> load, load -> close")) == []
