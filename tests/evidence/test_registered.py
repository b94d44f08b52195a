"""Functions and classes that decorators of a project keep, and what calls them by a key."""

import pytest
from checked_sources import EDGE, checked, undeclared, verdicts

REGISTRY = """
kept = {}
def register(name):
    def keep(function):
        kept[name] = function
        return function
    return keep
"""
PLUGIN = """
from registry import register
from app import charge
@register("charge")
def handle(): charge()
"""
APP = """
from registry import kept
@step
def charge(): pass
@step
def pay(name): kept[name]()
"""
OTHER = "@register('other')\ndef other(): pass\n"


def test_modules_that_nothing_imports_register_functions():
    """A module with a decorator that keeps functions counts, though nothing imports it."""
    files = {"registry.py": REGISTRY + OTHER, "plugin.py": PLUGIN, "app.py": APP}

    assert verdicts(checked(files, EDGE)) == {EDGE: ("supported", "call")}
    files["plugin.py"] = PLUGIN.replace("@", "import registry\n@registry.")
    assert verdicts(checked(files, EDGE)) == {EDGE: ("supported", "call")}
    files["plugin.py"] = PLUGIN.replace('@register("charge")', "")
    assert verdicts(checked(files, EDGE)) == {EDGE: ("contradicted",)}


@pytest.mark.parametrize(
    ("call", "verdict"), [("load()[name]()", "unverified"), ("name.other()", "contradicted")]
)
def test_a_value_that_is_called_may_be_what_a_decorator_keeps(call, verdict):
    """An unknown value may be a function that a decorator of the project has stored."""
    app = f"@step\ndef pay(name): {call}\n"
    source = REGISTRY + '@step\ndef charge(): pass\n@register("a")\ndef handle(): charge()\n' + app
    (edge,) = checked(source, EDGE).edges

    assert edge.verdict == verdict


def test_items_of_unknown_keys_may_be_those_of_a_class():
    """A handler whose class the source does not show is one of any class."""
    source = """
from typing import get_type_hints
handlers = {}
def handler(function):
    (kind, *others) = get_type_hints(function).values()
    handlers[kind] = function
    return function
class Order: pass
@handler
@step
def charge(order: Order): pass
@step
def pay():
    order = Order()
    handlers[type(order)](order)
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("supported", "call")}


@pytest.mark.parametrize(
    ("loop", "verdict"),
    [
        ("for one in reversed([charge, ship])", ("supported", "order")),
        ("for one in reversed([ship, charge])", ("contradicted",)),
        ("for number, one in enumerate([ship, charge])", ("supported", "order")),
        ("for number, one in enumerate([charge, ship])", ("contradicted",)),
        ("for one, name in zip([ship, charge], ['a', 'b'])", ("supported", "order")),
        ("for one, name in zip([charge, ship], ['a', 'b'])", ("contradicted",)),
        ("for one in iter([ship, charge])", ("supported", "order")),
    ],
)
def test_the_order_of_a_list_stays(loop, verdict):
    """Functions that give the items of a list one by one keep the order of the source."""
    source = f"""
@step
def charge(): pass
@step
def ship(): pass
@step
def pay():
    {loop}: one()
"""
    assert verdicts(checked(source, "ship -> charge")) == {"ship -> charge": verdict}


def test_a_context_manager_that_is_a_class_method():
    """A class method that is a context manager gets its class."""
    source = """
from contextlib import contextmanager
class Shop:
    @classmethod
    @contextmanager
    def open(cls):
        yield cls()
    @step
    def charge(self): pass
class Other:
    def charge(self): pass
@step
def pay():
    with Shop.open() as shop: shop.charge()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("supported", "call")}


@pytest.mark.parametrize(
    ("annotation", "verdict"),
    [("Info[Shop, None]", "supported"), ("Info[int]", "unverified"), ("Info", "unverified")],
)
def test_an_object_of_a_library_has_one_of_the_project(annotation, verdict):
    """An attribute of an object of a library may be an object of the class that it is made for."""
    source = f"""
from strawberry.types import Info
class Shop:
    @step
    def charge(self): pass
class Other:
    def charge(self): pass
@step
def pay(info: {annotation}): info.context.charge()
"""
    (edge,) = checked(source, EDGE).edges

    assert edge.verdict == verdict


EVENTS = """
from pyramid.config import Configurator
def timed(function):
    def wrapper(event): return function(event)
    return wrapper
@step
def mail(event):
    if event.late: ship()
@step
def ship(): ...
@step
def setup(config: Configurator):
    {}
def register(config, function): config.add_subscriber(function, Paid)
"""


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("config.add_subscriber(mail, Paid)", ("supported", "hand-off")),
        ("config.add_subscriber(timed(mail), Paid)", ("supported", "hand-off")),
        ("config.add_subscriber(lambda event: mail(event), Paid)", ("supported", "hand-off")),
        ("register(config, mail)", ("supported", "hand-off")),
        ("config.add_subscriber(timed, Paid)", ("contradicted",)),
        ("config.commit()", ("contradicted",)),
    ],
)
def test_a_function_hands_off_what_it_gives_to_a_library_for_an_event(line, verdict):
    """The library has it then, though the flow may never send the event."""
    report = checked(EVENTS.format(line), "setup -> mail")

    assert verdicts(report)["setup -> mail"] == verdict


def test_what_a_library_keeps_for_an_event_need_not_be_declared():
    """It need not run, and comes neither before nor after anything."""
    source = EVENTS.format("ship()\n    config.add_subscriber(mail, Paid)\n    ship()")
    report = checked(source, "setup -> ship, mail -> ship, ship -> mail")

    assert undeclared(report) == []
    assert verdicts(report)["ship -> mail"] == ("contradicted",)


def test_a_call_is_better_than_what_a_library_keeps():
    """The function calls it as well, whichever comes first."""
    lines = ["config.add_subscriber(mail, Paid)", "mail(None)"]
    for first, second in (lines, lines[::-1]):
        report = checked(EVENTS.format(f"{first}\n    {second}"), "setup -> mail")

        assert verdicts(report) == {"setup -> mail": ("supported", "call")}
