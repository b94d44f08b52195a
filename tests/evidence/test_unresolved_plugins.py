"""Plugins, hooks, and what a string names, which the source does not call."""

import pytest
from checked_sources import EDGE, checked, undeclared, verdicts


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("Manager('shop').hook.charge(order=1)", "unverified"),
        ("Manager('shop').hook.begin(order=1)", "unverified"),
        ("Manager('shop').hook.close(order=1)", "contradicted"),
        ("Manager('shop').close(order=1)", "contradicted"),
        ("entry_points(group='shop')['pay'].load()()", "unverified"),
        ("entry_points(group='shop')['pay'].name()", "contradicted"),
    ],
    ids=["hook", "hook of a caller", "another hook", "method", "entry point", "name"],
)
def test_a_library_calls_what_is_registered_outside_of_the_source(call, verdict):
    """A hook leads to the functions of its name, and an entry point to any function."""
    source = f"""
from importlib.metadata import entry_points
from plugins import Manager
@step
def pay(): {call}
@step
def charge(*, order=1): pass
def begin(*, order):
    charge()
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("decorator", "verdict"),
    [
        ("shop.command()", "unverified"),
        ("shop.route('/')", "contradicted"),
        ("get", "contradicted"),
        ("click.command()", "contradicted"),
        ("command()", "contradicted"),
        ("group.command()", "contradicted"),
        ("group.group()", "contradicted"),
        ("plain.command()", "unverified"),
        ("click.pass_context", "unverified"),
    ],
)
def test_a_plugin_is_no_view(decorator, verdict):
    """An entry point names no function that a framework calls for a request, or as a command."""
    source = f"""
import click
from click import command
from importlib.metadata import entry_points
from lib import get, shop
@click.group()
def group(): ...
def plain(): ...
@step
def pay(): entry_points(group='shop')['pay'].load()(1)
@{decorator}
def view(order): charge()
@step
def charge(): pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


HOOKED = """
import pluggy
hookimpl = pluggy.HookimplMarker("shop")
hookspec = pluggy.HookspecMarker("shop")
manager = pluggy.PluginManager("shop")
@step
def pay(order): {call}
{plugin}
@step
def charge(order): ...
"""


@pytest.mark.parametrize(
    ("call", "plugin"),
    [
        (
            "manager.hook.paid(order=order)",
            "@hookimpl(wrapper=True)\ndef paid(order):\n    charge(order)\n    yield",
        ),
        (
            "manager.hook.paid(order=order)()",
            "@hookspec(firstresult=True)\ndef paid(order): ...\n"
            "@hookimpl(specname='paid')\ndef charged(order): return charge",
        ),
        (
            "manager.hook.paid(order=order)",
            "class Plugin:\n    @hookimpl\n    def paid(self, order): charge(order)",
        ),
    ],
    ids=["wrapper", "first result", "method"],
)
def test_a_hook_calls_its_implementations(call, plugin):
    """They may be wrappers and methods, and a hook may return the first of their results."""
    (edge,) = checked(HOOKED.format(call=call, plugin=plugin), "pay -> charge").edges

    assert (edge.verdict, edge.evidence[0].kind) == ("supported", "call")


@pytest.mark.parametrize("prefix", ["", "async "], ids=["function", "coroutine"])
@pytest.mark.parametrize(
    ("marker", "verdict"),
    [
        ("hookimpl", "contradicted"),
        ("hookimpl(specname=None)", "contradicted"),
        ("hookimpl(specname='paid')", "supported"),
        ("hookimpl(specname='shipped')", "contradicted"),
    ],
)
def test_an_implementation_of_a_hook_may_name_it(marker, verdict, prefix):
    """A function implements the hook of its name, or the one that the marker names."""
    source = f"""
import inspect, pluggy
hookimpl = pluggy.HookimplMarker("shop")
manager = pluggy.PluginManager("shop")
@step
async def pay(order):
    hook = manager.hook.paid
    for each in list(hook(order=order)):
        if inspect.iscoroutine(each):
            await each
@hookimpl
def paid(order): ...
@{marker}
@step
{prefix}def charge(order): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("decorator", "more", "verdict"),
    [
        ("", "", "unverified"),
        ("", "hookimpl = pluggy.HookimplMarker('shop')\n", "contradicted"),
        ("@marked\n", "hookimpl = pluggy.HookimplMarker('shop')\n", "unverified"),
    ],
)
def test_a_function_without_a_marker_implements_no_hook(decorator, more, verdict):
    """A function that has the name of a hook is another, if implementations are marked."""
    source = f"""
import pluggy
from lib import marked, manager
{more}
@step
def pay(order): manager.hook.charge(order=order)
{decorator}@step
def charge(order): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("entry_points(group='a')[name].load()(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()(1)", "unverified"),
        ("found = {e.name: e.load() for e in entry_points()}; found[name](1)", "unverified"),
        ("next(iter(entry_points().select(group='a'))).load()(1)", "unverified"),
        ("EntryPoint('a', name, 'b').load()(1)", "unverified"),
        ("for each in pkg_resources.iter_entry_points('a'): each.load()(1)", "unverified"),
        ("pkg_resources.load_entry_point('a', 'b', name)(1)", "unverified"),
        ("driver.DriverManager('a', name).driver(1)", "unverified"),
        ("for each in extension.ExtensionManager('a'): each.plugin(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()().charge(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()().close(1)", "contradicted"),
        ("for each in entry_points(group='a'): print(each.name)", "contradicted"),
        ("json.load(name)(1)", "contradicted"),
    ],
)
def test_a_plugin_may_be_a_step(body, verdict):
    """The source does not name the functions that entry points load."""
    source = f"""
import json, pkg_resources
from importlib.metadata import EntryPoint, entry_points
from stevedore import driver, extension
@step
def pay(name):
    {body}
@step
def charge(amount): pass
"""

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("called", "verdict"), [("plugin_cls", "contradicted"), ("plugin", "unverified")]
)
def test_a_plugin_that_is_a_class_is_not_a_function(called, verdict):
    """The name says that a call of what an entry point loads makes an object."""
    source = f"""
from importlib.metadata import entry_points
@step
def pay(name):
    {called} = entry_points(group=name)[name].load()
    {called}(1)
@step
def charge(amount): pass
"""

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize("is_called", [True, False])
def test_a_plugin_that_is_a_class_may_lead_on(is_called):
    """A class that an entry point loads makes an object, which may call a step."""
    source = f"""
from importlib.metadata import entry_points
class Plugin:
    def __init__(self, amount): {"charge(amount)" if is_called else "print(amount)"}
@step
def pay(name):
    plugin_cls = entry_points(group=name)[name].load()
    plugin_cls(1)
@step
def charge(amount): pass
"""

    verdict = "unverified" if is_called else "contradicted"
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    "reader",
    [
        "import_module(path)",
        "import_module(path).reader",
        "import_module(path).Reader()",
        "getattr(path, path)",
        "getattr(import_module(path), path)",
        "unbound(path)",
    ],
)
def test_a_method_of_something_that_a_string_imports(reader):
    """A method of it may be any method of that name, also one that leads to the step."""
    source = f"""
from importlib import import_module
def get(path): return {reader}
@step
def run(path):
    reader = get(path)
    for row in reader.read(path): check(row)
class Reader:
    def read(self, path):
        for line in path: yield self.parse(line)
    @step
    def parse(self, line): ...
class Other:
    def read(self, path): ...
@step
def check(row): ...
"""
    report = checked(source, "run -> parse, parse -> check")

    assert verdicts(report) == {"run -> parse": ("unverified",), "parse -> check": ("unverified",)}
    assert undeclared(report) == []


def test_something_that_a_string_imports_may_be_a_step():
    """A step that a string names may be what is imported by strings and called."""
    source = """
from django.conf import settings
from django.utils.module_loading import import_string
NAMES = ["app.charge"]
@step
def pay():
    for name in settings.NAMES:
        function = import_string(name)
        function()
@step
def charge(): ...
"""
    (edge,) = checked(source, EDGE).edges

    assert (edge.verdict, str(edge.location)) == ("unverified", "app.py:9")
    assert checked(source.replace("app.charge", "other"), EDGE).edges[0].verdict == "contradicted"


@pytest.mark.parametrize(
    "call",
    [
        "from helpers import prepare\n    prepare()",
        "import helpers\n    helpers.prepare()",
        "from helpers import Shop\n    Shop().prepare()",
        "from helpers import Shop\n    class Own(Shop): ...\n    Own().prepare()",
        "from helpers import *\n    prepare()",
    ],
)
def test_a_module_that_cannot_be_parsed_may_lead_anywhere(call):
    """It is of the project, so it may call each step, though nobody sees how."""
    at_top, _, called = call.rpartition("\n    ") if "*" in call else ("", "", call)
    source = f"{at_top}\n@step\ndef pay():\n    {called}\n@step\ndef charge(): ...\n"
    broken = "from app import charge\ndef prepare(:\n    charge()\nclass Shop: ...\n"
    whole = broken.replace("(:", "():").replace("    charge()", "    pass")
    reports = [
        checked({"app.py": source, "helpers.py": text}, "pay -> charge") for text in (broken, whole)
    ]

    assert [report.edges[0].verdict for report in reports] == ["unverified", "contradicted"]
    assert "is of a module that cannot be read or parsed" in (reports[0].edges[0].reason or "")
