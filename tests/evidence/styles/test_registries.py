"""Registries of functions by name, whose lists a ``defaultdict`` makes."""

import pytest
from checked_sources import checked, verdicts

HOOKS = """
from collections import defaultdict

class Hooks:
    def __init__(self):
        self.hooks = defaultdict(list)
    def add(self, name, function):
        self.hooks[name].append(function)
    def on(self, name):
        def decorate(function):
            self.hooks[name].append(function)
            return function
        return decorate
    def fire(self, name):
        for hook in self.hooks[name]:
            hook()

hooks = Hooks()

@hooks.on("paid")
@step
def mail(): ...
@step
def ship(): ...
hooks.add("sent", ship)
"""
OTHERS = "".join(f"@hooks.on('other_{n}')\ndef other_{n}(): ...\n" for n in range(20))
FIRE = "@step\ndef pay(event):\n    hooks.fire({})\n"
EDGES = "pay -> mail, pay -> ship"


@pytest.mark.parametrize(
    ("name", "called"),
    [("'paid'", ["mail"]), ("'sent'", ["ship"]), ("event", ["mail", "ship"]), ("'none'", [])],
)
def test_what_is_registered_by_a_name_is_called_by_that_name(name, called):
    """A name leads to the functions that were registered by it, and an unknown name to all."""
    report = checked(HOOKS + OTHERS + FIRE.format(name), EDGES)

    supported = [edge.target for edge in report.edges if edge.verdict == "supported"]
    assert supported == called


def test_what_is_registered_by_an_unknown_name_may_be_called_by_any():
    """A function whose name in the registry is not known counts for each name."""
    source = HOOKS.replace('hooks.add("sent", ship)', "hooks.add(input(), ship)")
    report = checked(source + FIRE.format("'paid'"), EDGES)

    assert verdicts(report) == dict.fromkeys(EDGES.split(", "), ("supported", "call"))


def test_what_a_function_makes_for_a_key():
    """A dict whose defaults a function of the project makes has the same for each key."""
    source = """
from collections import defaultdict
class Shop:
    @step
    def write(self): ...
def make(): return Shop()
shops = defaultdict(make)
numbers = defaultdict(int)
@step
def pay(name):
    numbers[name] += 1
    shops["a"].write()
"""
    assert verdicts(checked(source, "pay -> write")) == {"pay -> write": ("supported", "call")}
