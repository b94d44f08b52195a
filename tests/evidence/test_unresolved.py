"""The edges that a call may have of which the source does not show where it leads."""

import pytest
from checked_sources import EDGE, checked, undeclared, verdicts


@pytest.mark.parametrize(
    ("name", "verdict"), [("charge", "unverified"), ("update", "contradicted")]
)
def test_an_object_that_a_library_has_kept(name, verdict):
    """A method of an unknown object may be the step of that name, if not all libraries have it."""
    source = f"import shelf\n@step\ndef pay():\n    shelf.load().{name}()\n"
    source += f"class Gateway:\n    @step\n    def {name}(self): ...\n"

    assert verdicts(checked(source, f"pay -> {name}")) == {f"pay -> {name}": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("settings.SESSION_CLASS.create(pay)", "unverified"),
        ("settings.SESSION_CLASS.create()", "contradicted"),
        ("settings.SESSION_CLASS.make(pay)", "contradicted"),
        ("settings.objects.create(pay)", "contradicted"),
        ("library.settings.create(pay)", "contradicted"),
    ],
    ids=["step", "other arguments", "another name", "query", "no class of the project"],
)
def test_an_attribute_that_a_base_of_a_library_fills(call, verdict):
    """A method of it may be the step of that name: the source does not say what it is."""
    source = f"""
import library
class Settings(library.LazySettings):
    DEBUG = True
settings = Settings()
@step
def pay(): {call}
class Session:
    @classmethod
    @step
    def create(cls, path): pass
class Other:
    def create(self, path): pass
"""

    assert verdicts(checked(source, "pay -> create")) == {"pay -> create": (verdict,)}


def test_an_unresolved_method_of_that_name_leaves_an_edge_unverified():
    """A method of an unknown object that has the name of the step may lead there."""
    source = """
@step
def pay(given):
    given().collect()
class Shop:
    @step
    def collect(self): ...
class Other:
    def collect(self): ...
"""
    (edge,) = checked(source, "pay -> collect").edges

    assert edge.verdict == "unverified"
    assert edge.reason == "given().collect cannot be resolved"
    assert str(edge.location) == "app.py:4"


@pytest.mark.parametrize(
    ("parameters", "call", "verdict"),
    [
        ("self", "collect()", "unverified"),
        ("self", "collect(1)", "contradicted"),
        ("self, order", "collect()", "contradicted"),
        ("self, order=None", "collect()", "unverified"),
        ("self, *, order", "collect(order=1)", "unverified"),
        ("self, *, order", "collect(other=1)", "contradicted"),
        ("self, *orders, **options", "collect(1, 2, late=True)", "unverified"),
        ("self, order", "collect(*orders)", "unverified"),
    ],
)
def test_an_unresolved_method_leads_only_to_what_takes_its_arguments(parameters, call, verdict):
    """A method of that name that the arguments do not fit is another one."""
    source = f"""
@step
def pay(given):
    given().{call}
class Shop:
    @step
    def collect({parameters}): ...
class Other:
    def collect(self): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("decorator", "parameters", "verdict"),
    [
        ("staticmethod", "order", "unverified"),
        ("classmethod", "cls, order", "unverified"),
        ("classmethod", "order", "contradicted"),
        ("provided('order')", "self, order, shop", "unverified"),
    ],
)
def test_a_decorator_may_change_the_arguments(decorator, parameters, verdict):
    """A function of which a decorator may take other arguments may be called with any."""
    source = f"""
from lib import provided
@step
def pay(given):
    given().collect(1)
class Shop:
    @step
    @{decorator}
    def collect({parameters}): ...
class Other:
    def collect(self): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("given['shop'].get('name', 1)", "contradicted"),
        ("given['shop'].get('/orders')", "unverified"),
        ("given['shop'].get(given)", "unverified"),
        ("given.get('name')", "unverified"),
    ],
)
def test_the_lookup_in_a_dict_of_dicts_is_not_a_method_with_a_decorator(call, verdict):
    """A key that is looked up in an item of a dict leads to no view of that name."""
    source = f"""
from lib import checked
@step
def pay(given):
    {call}
class Shop:
    @checked
    def get(self, order, shop): charge()
class Other:
    def get(self): ...
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("tool()('pay')", "contradicted"),
        ("tool().bound('pay')", "contradicted"),
        ("given()('pay')", "unverified"),
    ],
)
def test_an_item_of_an_object_of_a_library_is_of_that_library(call, verdict):
    """An item by a string, which looks like a type, is not any function that is passed on."""
    source = f"""
from commands import local, keep
def tool(): return local["git"]
@step
def pay(given):
    {call}
@step
def charge(): ...
keep(charge)
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("shop", "name", "verdict"),
    [
        ("shop", "name", "unverified"),
        ("shop", "'on_' + name", "unverified"),
        ("shop", "'by_' + name", "contradicted"),
        ("hashlib", "name", "contradicted"),
    ],
)
def test_an_attribute_by_an_unknown_name_may_be_a_step(shop, name, verdict):
    """The attribute that `getattr` looks up by an unknown string may be a step that begins so."""
    source = f"""
import hashlib
@step
def pay(shop, name):
    visit = getattr({shop}, {name}, None)
    if visit is not None:
        visit()
class Shop:
    @step
    def on_charge(self): ...
class Other:
    def on_charge(self): ...
"""
    assert verdicts(checked(source, "pay -> on_charge")) == {"pay -> on_charge": (verdict,)}


def test_a_parameter_with_a_default_may_be_another_function():
    """A function that is the default of a parameter does not hide what else is passed."""
    source = """
from lib import keep
@step
def pay(then=ship):
    then()
@step
def charge(): ...
@step
def ship(): ...
keep(charge)
"""
    report = checked(source, "pay -> charge, pay -> ship")

    assert [edge.verdict for edge in report.edges] == ["unverified", "supported"]


def test_an_unresolved_value_leaves_an_edge_to_what_is_passed_on_unverified():
    """A value that is called may be a step whose function is kept somewhere."""
    source = """
from lib import keep
keep(later)
@step
def pay(after):
    after()
def later():
    charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "after cannot be resolved")


def test_what_leads_to_the_first_step_may_lead_to_the_second():
    """If nothing is known to lead to a step, an unresolved call to it counts for what follows."""
    source = """
class Shop:
    @step
    def one(self): ...
class Other:
    def one(self): ...
@step
def pay(given):
    given().one()
@step
def two(): ...
"""
    report = checked(source, "one -> two", pay={"is_entrypoint": True})

    assert [edge.verdict for edge in report.edges] == ["unverified"]


BEHIND = """
@step
def login():
    manager().log_in()
    redirect()
class Manager:
    def log_in(self): authenticate()
class Other:
    def log_in(self): pass
@step
def authenticate():
    check()
    block()
@step
def check(): pass
@step
def block(): pass
@step
def redirect(): pass
"""


@pytest.mark.parametrize(
    ("source", "verdict", "found"),
    [
        (BEHIND, "unverified", []),
        (BEHIND.replace("manager()", "Manager()"), "supported", []),
        (
            BEHIND.replace("manager().log_in()", "if late: return authenticate()"),
            "contradicted",
            ["login -> redirect"],
        ),
    ],
    ids=["unresolved", "known", "a way that returns"],
)
def test_a_step_that_only_an_unresolved_call_reaches(source, verdict, found):
    """A step after the call may follow all that the call runs, and is not undeclared."""
    edges = "login -> authenticate, authenticate -> check, check -> block, block -> redirect"
    report = checked(source, edges, login={"is_entrypoint": True})

    assert verdicts(report)["block -> redirect"][0] == verdict
    assert undeclared(report) == found


def test_steps_that_one_unresolved_call_runs():
    """A call that may lead to the first step may lead to the others, too."""
    source = """
@step
def pay(validators):
    for each in validators: each()
    store()
def register(): return [email, name]
@step
def email(): pass
@step
def name(): pass
@step
def store(): pass
"""
    report = checked(source, "pay -> email, email -> name, name -> store")

    assert {verdict for verdict, *_ in verdicts(report).values()} == {"unverified"}
    assert undeclared(report) == []


def test_a_call_of_a_caller_counts():
    """An unresolved call in a step that calls the first one may lead to the second."""
    source = """
from lib import keep
keep(ship)
@step
def pay(after):
    charge()
    after()
@step
def charge(): ...
@step
def ship(): ...
"""
    report = checked(source, "pay -> charge, charge -> ship")

    assert verdicts(report)["charge -> ship"] == ("unverified",)


@pytest.mark.parametrize(
    ("body", "edge", "verdict"),
    [
        ("    given().ship()\n    charge()", "charge -> ship", "contradicted"),
        ("    helper()\n    charge()", "charge -> ship", "contradicted"),
        ("    charge()\n    helper()", "charge -> ship", "unverified"),
        ("    charge()\n    return\n    helper()", "charge -> ship", "contradicted"),
        ("    while late:\n        helper()\n        charge()", "charge -> ship", "contradicted"),
        ("    while late:\n        helper()\n        charge()", "charge ~> ship", "unverified"),
    ],
    ids=["before", "before, in a helper", "after", "never", "in the next round", "in a loop"],
)
def test_what_is_called_before_a_step_does_not_follow_it(body, edge, verdict):
    """An unresolved call leads from a step to what follows it only if it comes after the step."""
    source = f"""
def helper(): given().ship()
@step
def pay():
{body}
@step
def charge(): pass
class Shop:
    @step
    def ship(self): ...
class Other:
    def ship(self): ...
"""
    (found,) = checked(source, edge).edges

    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("source", "call", "verdict"),
    [
        ("keep(helper)", "after(1)", "unverified"),
        ("keep(helper)", "after(order=1)", "unverified"),
        ("keep(helper)", "after(1, 2)", "contradicted"),
        ("keep(helper)", "after(late=1)", "contradicted"),
        ("keep('shop.helper')", "after(1)", "unverified"),
        ("keep('the helper')", "after(1)", "contradicted"),
        ("keep(helper(1))", "after(1)", "contradicted"),
        ("keep(other)\n@step\ndef other(order):\n    charge()", "after(1)", "contradicted"),
        ("'A helper of the shop.'", "after(1)", "contradicted"),
    ],
    ids=[
        "passed on",
        "by name",
        "too many arguments",
        "another argument",
        "named by a string",
        "in prose",
        "called",
        "a step",
        "in a docstring",
    ],
)
def test_a_value_that_is_called_may_be_what_something_keeps(source, call, verdict):
    """A value may be a function that is kept, takes the arguments, and leads to the step itself."""
    source = f"""{source}
from lib import keep
def helper(order):
    charge()
@step
def pay(after): {call}
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


def test_an_unresolved_method_that_is_a_step_leads_to_that_step():
    """A method that is a step itself leads to that step, and not past it."""
    source = """
@step
def pay(): given().collect()
class Shop:
    {}
    def collect(self): charge()
class Other:
    def collect(self): ...
@step
def charge(): pass
"""
    for decorator, verdict in (("@step", "contradicted"), ("", "unverified")):
        (edge,) = checked(source.format(decorator), "pay -> charge").edges
        assert edge.verdict == verdict


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
    ("more", "verdict"),
    [
        ("shop.late = False", "contradicted"),
        ("shop.late = find()", "unverified"),
    ],
    ids=["constant", "value"],
)
def test_an_attribute_that_is_a_constant_is_not_called(more, verdict):
    """An attribute to which only constants are assigned does not lead to a function."""
    source = f"""
from lib import shop, find
{more}
keep = [charge]
@step
def pay(order): order.late()
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("more", "verdict"),
    [("", "contradicted"), ("from functools import partial", "unverified")],
    ids=["none", "partials"],
)
def test_a_partial_may_add_arguments(more, verdict):
    """A function with more parameters may be called where the project has partials."""
    source = f"""
{more}
keep = [charge]
@step
def pay(late): late()
@step
def charge(order): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


SENDING = """
from lib import producer
@step
def pay(): producer.send("a")
{}
"""


@pytest.mark.parametrize(
    ("receiving", "verdict"),
    [
        ("@app.handler('a')\n@step\ndef charge(): ...", "unverified"),
        (
            "from lib import Base\nclass H(Base):\n    @step\n    def charge(self): ...",
            "unverified",
        ),
        (
            "class H:\n    step\n    charge = 1\n@step\ndef charge(): ...\nkeep = [charge]",
            "unverified",
        ),
    ],
    ids=["decorated", "in a class of a library", "used elsewhere"],
)
def test_a_message_may_lead_to_what_something_else_calls(receiving, verdict):
    """A step that sends may lead to one that something outside of the flow calls."""
    (edge,) = checked(SENDING.format(receiving), "pay -> charge").edges

    assert edge.verdict == verdict
    assert edge.reason == "pay sends by producer.send, and charge is called from elsewhere"


def test_a_step_that_a_docstring_mentions_is_not_called_from_there():
    """A name in a string is not a call from elsewhere."""
    mention = '@step\ndef charge(): ...\ndef other():\n    """\n    Not charge.\n    """\n'

    assert checked(SENDING.format(mention), "pay -> charge").edges[0].verdict == "contradicted"


def test_a_database_may_lead_to_a_receiver_of_signals():
    """An object that is stored may lead to a function that a signal calls."""
    source = """
from lib import table, receiver, post_save
@step
def pay(): table.insert(1)
@receiver(post_save)
@step
def charge(): ...
"""
    assert checked(source, "pay -> charge").edges[0].verdict == "unverified"
    assert checked(source.replace("@receiver(post_save)\n", ""), "pay -> charge").edges[0].verdict


def test_an_attribute_that_is_called_may_be_any_function_that_is_passed_on():
    """An attribute that is called may be a step that something else gives to it."""
    source = """
class Manager:
    def __init__(self, source): self.source = source
    @step
    def pay(self): self.source()
class App:
    @step
    def charge(self): pass
    def make(self): settings["manager"].update({"source": self.charge})
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "self.source cannot be resolved")
    (edge,) = checked(source.replace("self.charge}", "1}"), "pay -> charge").edges
    assert edge.verdict == "contradicted"
    assign = "def __init__(self, source): self.source = source"
    field = source.replace(assign, "source: object")
    assert checked(field, "pay -> charge").edges[0].verdict == "unverified"
    parameter = source.replace(
        assign, "def __init__(\n        self,\n        source: int,\n    ): ..."
    )
    assert checked(parameter, "pay -> charge").edges[0].verdict == "contradicted"


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


VIEW = """
from lib import View
class Checked(View):
    @step
    def check(self):
        if self.may():
            return super().dispatch()
    @step
    def may(self): return 1
class Edit(Checked):
    @step
    def post(self): pass
"""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (VIEW, "supported"),
        (VIEW.replace("super().dispatch", "super().dispatch_request"), "unverified"),
        (VIEW.replace("super().dispatch", "super().prepare"), "contradicted"),
        (VIEW.replace("def post", "def pay"), "contradicted"),
        (VIEW.replace("Edit(Checked)", "Edit"), "contradicted"),
    ],
    ids=[
        "dispatch",
        "dispatch of another library",
        "another method",
        "not a verb",
        "another class",
    ],
)
def test_a_view_of_a_library_may_call_a_method_by_its_verb(text, verdict):
    """The dispatch of a library's view may lead to ``post`` of a view of the project."""
    target = "post" if "def post" in text else "pay"

    assert checked(text, f"may -> {target}").edges[0].verdict == verdict


MANY = "\n".join(f"class View{n}(Checked):\n    def get(self): charge()" for n in range(9))


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("may -> post", "supported"),
        ("may -> charge", "unverified"),
        ("may -> refund", "contradicted"),
    ],
)
def test_of_many_views_only_steps_are_followed(edge, verdict):
    """A base class of all views of an application does not lead to what each of them does."""
    text = f"{VIEW}{MANY}\n@step\ndef charge(): ...\n@step\ndef refund(): ...\n"

    assert checked(text, edge).edges[0].verdict == verdict


JOBS = """
class Job:
    def __init__(self, work):
        self.work = work
def free(): ...
@step
def pay(late):
    Job("a"), Job(free), Job(Job), Job([]), Job({}), Job(print), Job(None), Job(len), Job(1.0)
    Job(("a",)), Job(set()), Job(free()), Job(print()), Job(range(1)), Job(abs), Job(all), Job(any)
    job = Job(charge)
    if late:
        job.work = ship
    job.work()
@step
def charge(): ...
@step
def ship(): ...
"""


@pytest.mark.parametrize(
    ("edge", "verdict"), [("pay -> ship", "supported"), ("pay -> charge", "unverified")]
)
def test_one_of_many_objects_keeps_what_it_was_made_with(edge, verdict):
    """From some number of objects on, nobody knows what each of them was made with."""
    assert checked(JOBS, edge).edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("opened", "verdict"),
    [
        ("tarfile.open(given).extractfile(given)", "contradicted"),
        ("open(given)", "contradicted"),
        ("shelf.open(given)", "unverified"),
        ("opened_by(given)", "unverified"),
    ],
)
def test_a_file_of_the_standard_library_is_not_an_object_of_the_project(opened, verdict):
    """Its methods lead to no step, though a step has the name of one."""
    source = f"""
import shelf, tarfile
@step
def pay(given):
    {opened}.read()
class Shop:
    @step
    def read(self): ...
class Other:
    def read(self): ...
"""
    assert verdicts(checked(source, "pay -> read")) == {"pay -> read": (verdict,)}


@pytest.mark.parametrize(
    ("function", "more", "verdict"),
    [
        ("_", "", "contradicted"),
        ("ngettext", "", "contradicted"),
        ("given", "", "unverified"),
        ("_", "_ = given", "unverified"),
        ("_", "def load():\n    global _\n    _ = given", "unverified"),
        ("_", "from shelf import *", "unverified"),
    ],
)
def test_what_gettext_adds_to_the_built_in_names(function, more, verdict):
    """A translation leads to no step, unless the code binds its name."""
    source = f"{more}\nqueue = [charge]\n@step\ndef pay(): {function}('a')\n"
    source += "@step\ndef charge(text): ...\n"
    files = {"app.py": source, "shelf.py": "exec(given)"}

    assert verdicts(checked(files, EDGE)) == {EDGE: (verdict,)}


def test_a_local_variable_is_not_what_gettext_adds():
    """A function that binds the name calls what it is there."""
    source = """
queue = [charge]
@step
def pay():
    def paid():
        _("a")
    paid()
    _ = given
@step
def charge(text): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


def test_an_attribute_by_an_unknown_name_is_not_a_function_of_a_module():
    """A function outside of all classes is not a method of an object."""
    source = """
class Shop:
    def sell(self, order): ...
@step
def pay(name): getattr(Shop(), name)(1)
@step
def charge(order): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("contradicted",)}


@pytest.mark.parametrize(
    ("owner", "body", "verdict"),
    [
        ("Shop()", "def charge(self, order): ...", "contradicted"),
        ("Till()", "def charge(self, order): ...", "unverified"),
        ("Drawer()", "def charge(self, order): ...", "unverified"),
        (
            "Till()",
            "def other(self, order): self.charge()\n    def charge(self): ...",
            "unverified",
        ),
        ("Till()", "def charge(self): ...", "contradicted"),
        ("given", "def charge(self, order): ...", "unverified"),
    ],
    ids=["another class", "its class", "a subclass", "by a helper", "arguments", "unknown"],
)
def test_an_attribute_by_an_unknown_name_is_one_of_its_object(owner, body, verdict):
    """It may be any method of the class, and of no other."""
    body = body.replace("def charge", "@step\n    def charge")
    source = f"""
class Shop:
    def sell(self, order): ...
class Till:
    {body}
class Drawer(Till):
    pass
@step
def pay(name, given):
    getattr({owner}, name)(1)
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        ("shelf.charge", "unverified"),
        ("[Till.charge]", "unverified"),
        ("'app.Till.charge'", "unverified"),
        ("charge", "contradicted"),
        ("shelf.charge()", "contradicted"),
    ],
)
def test_a_method_is_kept_as_an_attribute(kept, verdict):
    """A variable that has its name is another thing."""
    files = {
        "app.py": """
class Till:
    @step
    def charge(self, order): ...
@step
def pay(given): given(1)
""",
        "other.py": f"import shelf\nfrom app import Till\nfound = {kept}\n",
    }
    assert verdicts(checked(files, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("from app import charge\nqueue = [charge]", "unverified"),
        ("from app import charge as sell\nqueue = [sell]", "unverified"),
        ("import app\nqueue = [app.charge]", "unverified"),
        ("from app import *\nqueue = [charge]", "unverified"),
        ("def sell(charge): return [charge]", "contradicted"),
    ],
)
def test_a_function_is_kept_where_it_is_imported(other, verdict):
    """A parameter of another module that has its name is another thing."""
    app = "@step\ndef pay(given): given(1)\n@step\ndef charge(order): ...\n"

    assert verdicts(checked({"app.py": app, "other.py": other}, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("helper", "verdict"),
    [
        ("def sell(order): Till().charge()", "unverified"),
        ("def sell(order): app.charge()", "unverified"),
        ("def sell(order): made(1).till.charge()", "unverified"),
        ("def sell(order):\n    charge = Till().charge\n    charge()", "unverified"),
        ("def sell(order): subprocess.charge()", "contradicted"),
        ("def sell(order): charge()", "contradicted"),
    ],
)
def test_a_helper_that_is_kept_calls_a_step(helper, verdict):
    """A function of a library, or one without an object, is not the method of that name."""
    source = f"""
import app, subprocess
class Till:
    @step
    def charge(self): ...
@step
def pay(given): given(1)
{helper}
queue = [sell]
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("helper", "verdict"),
    [
        ("class Seller:\n    def __call__(self, order): charge()", "unverified"),
        ("class Seller:\n    def __init__(self, order): charge()\nkept = [Seller]", "unverified"),
        ("class Seller:\n    def __init__(self, order): charge()\nSeller(1)", "contradicted"),
    ],
)
def test_a_value_that_is_called_may_be_an_object_or_a_class(helper, verdict):
    """Its class calls the step."""
    source = f"@step\ndef pay(given): given(1)\n@step\ndef charge(): ...\n{helper}\n"

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("", "contradicted"),
        ("def sell(): ship()", "unverified"),
        ("ship()", "unverified"),
        ("queue = [ship]", "unverified"),
    ],
    ids=["nothing", "a function", "the module", "a value"],
)
def test_what_leads_to_the_first_step_leads_to_a_second_that_something_calls(other, verdict):
    """An unresolved call that leads to a step runs none after it that nothing else names."""
    source = f"""
queue = [charge]
@step
def pay(given): given()
@step
def charge():
    return
    ship()
@step
def ship(): ...
{other}
"""
    edge = "charge -> ship"
    assert verdicts(checked(source, f"pay -> charge, {edge}"))[edge] == (verdict,)


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        ("Executor().submit(write)", "contradicted"),
        ("Executor().submit(1)", "unverified"),
        ("Executor().produce(1, callback=write)", "unverified"),
    ],
)
def test_a_function_that_an_executor_gets_is_not_a_message(sent, verdict):
    """The function is known; a message may have a callback."""
    source = f"""
from lib import Executor
def write(): ...
@step
def pay(): {sent}
@step
def charge(): ...
def sell(): charge()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


def test_an_attribute_that_is_only_none_is_set_elsewhere():
    """Whatever sets it, None has no methods."""
    source = """
class Till:
    def __init__(self, shop=None):
        self.shop = shop
class Shop:
    @step
    def charge(self): ...
class Other:
    def charge(self): ...
@step
def pay():
    Till().shop.charge()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}
