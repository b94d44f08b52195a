"""Calls by libraries, hooks, messages and strings, which the source does not show."""

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
    ],
)
def test_a_plugin_is_no_view(decorator, verdict):
    """An entry point names no function that a framework calls for a request."""
    source = f"""
from importlib.metadata import entry_points
from lib import get, shop
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


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("charge()", "contradicted"),
        ("charge(conn.recv())", "unverified"),
        ("charge(conn.close())", "contradicted"),
        ("keep(charge)", "unverified"),
    ],
)
def test_a_message_in_a_pipe_leads_only_to_what_receives_it(other, verdict):
    """The other end of a pipe is a function of the program, too, which calls ``recv``."""
    source = f"""
from lib import keep
from multiprocessing.connection import Connection
@step
def pay(conn: Connection): conn.send("a")
@step
def charge(order=None): ...
def other(conn):
    {other}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize("decorator", ["contextmanager", "lru_cache", "functools.cache"])
def test_a_message_leads_to_no_function_for_a_decorator_that_registers_nothing(decorator):
    """A context manager is called where its name is, and so is a function with a cache."""
    receiving = f"@{decorator}\n@step\ndef charge(): yield"
    (edge,) = checked(SENDING.format(receiving), "pay -> charge").edges

    assert edge.verdict == "contradicted"


@pytest.mark.parametrize(
    ("sending", "verdict"),
    [
        ("from queue import Queue as new", "unverified"),
        ("from django.core.mail import EmailMessage as new", "contradicted"),
        ("from sendgrid import SendGridAPIClient as new", "contradicted"),
    ],
)
@pytest.mark.parametrize("last", ["send", "emit"])
def test_mail_does_not_lead_to_a_step(sending, last, verdict):
    """A message to a person does not run what a framework calls."""
    source = f"""
from lib import app
{sending}
@step
def pay(): new().{last}("a")
@app.handler
@step
def charge(): ...
"""
    assert checked(source, EDGE).edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        ("put(order)", "unverified"),
        ("put_nowait(order)", "unverified"),
        ("put(None)", "contradicted"),
        ("put_nowait(None)", "contradicted"),
    ],
)
def test_the_end_of_what_a_queue_has_does_not_lead_to_a_step(sent, verdict):
    """None says that nothing more is sent, and is not a message."""
    source = f"""
from lib import app, queue
@step
def pay(order): queue.{sent}
@app.handler
@step
def charge(): ...
"""
    assert checked(source, EDGE).edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("base", "method", "verdict"),
    [
        ("lib.Base", "charge", "unverified"),
        ("lib.Base", "_charge", "unverified"),
        ("lib.Model", "charge", "unverified"),
        ("lib.Model", "_charge", "contradicted"),
        ("lib.Model, lib.Base", "_charge", "unverified"),
        ("lib.SQLAlchemy().Model", "_charge", "contradicted"),
        ("abc.ABC", "charge", "contradicted"),
        ("Exception", "charge", "contradicted"),
        ("enum.Enum", "charge", "contradicted"),
        ("enum.Enum", "_missing_", "unverified"),
        ("dict", "__getitem__", "unverified"),
        ("threading.Thread", "run", "unverified"),
        ("threading.Thread", "charge", "contradicted"),
        ("threading.Thread, lib.Base", "charge", "unverified"),
        ("generic.TemplateView", "charge", "contradicted"),
        ("generic.TemplateView", "get_context_data", "unverified"),
        ("generic.edit.FormView", "form_valid", "unverified"),
        ("UserPassesTestMixin, View", "test_func", "unverified"),
        ("UserPassesTestMixin, View", "test_stock", "contradicted"),
    ],
)
def test_a_message_leads_to_a_method_that_a_library_may_call(base, method, verdict):
    """A type of data calls special methods alone, a model none that are private, a thread run.

    A view of Django calls what its documentation names.
    """
    source = f"""
import abc, enum, lib, threading
from django.contrib.auth.mixins import UserPassesTestMixin
from django.views import View, generic
@step
def pay(): lib.producer.send("a")
class Shop({base}):
    @step
    def {method}(self): ...
"""
    assert checked(source, f"pay -> {method}").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("method", "verdict"), [("charge", "unverified"), ("_charge", "contradicted")]
)
def test_what_gets_a_model_calls_none_of_its_private_methods(method, verdict):
    """A library may call a method of a model that it has, which nothing else calls."""
    source = f"""
import lib
class Order(lib.Model):
    @step
    def {method}(self): ...
@step
def pay(): lib.dump(Order())
"""
    assert checked(source, f"pay -> {method}").edges[0].verdict == verdict


def test_a_step_that_a_docstring_mentions_is_not_called_from_there():
    """A name in a string is not a call from elsewhere."""
    mention = '@step\ndef charge(): ...\ndef other():\n    """\n    Not charge.\n    """\n'

    assert checked(SENDING.format(mention), "pay -> charge").edges[0].verdict == "contradicted"


def test_a_step_that_names_another_of_that_name_is_not_called_from_there():
    """A function that calls something called as itself is not called from elsewhere."""
    plugin = "@step\ndef charge(order): order.plugin.charge()\n"
    elsewhere = "def other(order): charge(order)\n"

    assert checked(SENDING.format(plugin), EDGE).edges[0].verdict == "contradicted"
    assert checked(SENDING.format(plugin + elsewhere), EDGE).edges[0].verdict == "unverified"


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


def test_a_database_does_not_send_the_signals_of_a_project():
    """An object that is stored leads to no receiver of a signal of the project."""
    source = """
from django.dispatch import Signal, receiver
from lib import table
paid = Signal()
@step
def pay(): table.insert(1)
@receiver(paid)
@step
def charge(sender, **kwargs): ...
"""
    assert checked(source, "pay -> charge").edges[0].verdict == "contradicted"


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
        (VIEW.replace("super().dispatch", "super().prepare"), "unverified"),
        (VIEW.replace("super().dispatch", "super().save"), "contradicted"),
        (VIEW.replace("def post", "def pay"), "contradicted"),
        (VIEW.replace("Edit(Checked)", "Edit"), "contradicted"),
    ],
    ids=[
        "dispatch",
        "dispatch of another library",
        "another method",
        "a method that stores",
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


@pytest.mark.parametrize(
    ("method", "call", "verdict"),
    [
        ("handle", "shop.serve()", "unverified"),
        ("handle", "Server().serve()", "contradicted"),
        ("handle", "shop.serve()\n    if late: Shop.handle", "unverified"),
        ("called", "shop.serve()", "contradicted"),
        ("__init__", "shop.serve()", "contradicted"),
    ],
    ids=["of the object", "of another", "named", "called by the project", "when it is made"],
)
def test_a_method_of_a_library_may_call_those_that_a_class_has_for_it(method, call, verdict):
    """A method that nothing in the project calls is there for the class of the library."""
    source = f"""
from lib import Server
class Shop(Server):
    def {method}(self): collect()
@step
def collect(): ...
@step
def pay(shop: Shop, late):
    {call}
def other(shop: Shop):
    shop.called()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        ("lib.View", "unverified"),
        ("flask.views.View", "contradicted"),
        ("lib.View, flask.views.View", "unverified"),
    ],
)
def test_a_class_of_a_library_has_no_more_than_it_has(base, verdict):
    """A method that a known class does not have is that of the next class of the project."""
    source = f"""
import flask.views, lib
class Base:
    def find(self): pass
class Shop({base}, Base):
    def late(self): collect()
@step
def collect(): ...
@step
def pay():
    Shop().find()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("base", "method", "calls", "verdict"),
    [
        ("Handler", "handle", "lib.serve(Shop)", "unverified"),
        ("Handler", "handle", "lib.serve(by=Shop())", "unverified"),
        ("Handler", "handle", "server = lib.Server(Shop)\n    server.serve()", "unverified"),
        ("Handler", "handle", "lib.serve(Shop, log)", "unverified"),
        ("Handler", "handle", "lib.serve()", "contradicted"),
        ("Handler", "handle", "lib.add(Shop)", "contradicted"),
        ("Handler", "called", "lib.serve(Shop)", "contradicted"),
        ("abc.ABC", "handle", "lib.serve(Shop)", "contradicted"),
        ("Plain", "handle", "lib.serve(Shop)", "contradicted"),
    ],
    ids=[
        "class", "object", "given before", "with a function", "not given", "stored",
        "called by the project", "without attributes", "not of a library",
    ],
)  # fmt: skip
def test_a_library_may_call_the_methods_of_an_object_that_it_gets(base, method, calls, verdict):
    """An object whose class extends one of a library is called back by whatever has got it."""
    source = f"""
import abc, lib
from lib import Handler
class Plain: ...
class Shop({base}):
    def {method}(self): collect()
@step
def collect(): ...
@step
def pay():
    {calls}
def charge(): ...
def log(): ...
def other(shop: Shop):
    shop.called()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("call", "method", "verdict"),
    [
        ("auth.authenticate(name=1)", "authenticate(self, request, name)", "unverified"),
        ("auth.authenticate(name=1)", "authorize(self, request, name)", "contradicted"),
        ("auth.Backend.authenticate(name=1)", "authenticate(self, request, name)", "contradicted"),
        ("auth.get(name=1)", "get(self, request, name)", "contradicted"),
        ("auth.authenticate(name=1)\n    Shop().authorize()", "authorize(self)", "supported"),
    ],
    ids=["of that name", "of another name", "of a class", "a verb", "called"],
)
def test_a_function_of_a_library_may_call_the_method_that_has_its_name(call, method, verdict):
    """A class that settings name has a method for each function that calls it."""
    name = method.partition("(")[0]
    source = f"""
from lib import auth
class Shop:
    @step
    def {method}: log()
@step
def pay():
    {call}
def log(): ...
"""
    assert checked(source, f"pay -> {name}").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("decorator", "call", "verdict"),
    [
        ("@register.simple_tag", "render(request, 'shop.html')", "unverified"),
        ("@app.template_filter()", "flask.render_template('shop.html')", "unverified"),
        ("@register.simple_tag", "get_template('shop.html').render()", "unverified"),
        ("@register.simple_tag", "get_template('shop.html')", "contradicted"),
        ("@register.simple_tag", "make_template_fragment_key('shop')", "contradicted"),
        ("@register.simple_tag", "redirect('/')", "contradicted"),
        ("@other.tag", "render(request, 'shop.html')", "contradicted"),
    ],
)
def test_a_template_may_call_the_functions_that_are_made_for_it(decorator, call, verdict):
    """Tags, filters and context processors run where something renders a template."""
    source = f"""
import flask
from lib import app, other, redirect, register, render
from lib import get_template, make_template_fragment_key
{decorator}
def total():
    collect()
@step
def collect(): ...
@step
def pay(request):
    {call}
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("method", "verdict"),
    [("total", "unverified"), ("save", "contradicted"), ("delete", "contradicted")],
)
def test_a_template_stores_nothing_and_answers_no_request(method, verdict):
    """It shows what methods without arguments return, but none that stores or that is a view."""
    source = f"""
from lib import render
class Order:
    def {method}(self): return collect()
@step
def collect(): ...
@step
def pay(request):
    render(request, 'shop.html')
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("base", "used", "verdict"),
    [
        ("HTMLParser", "Parser().feed(page)", "unverified"),
        ("object", "Parser().feed(page)", "contradicted"),
        ("HTMLParser", "page.feed()", "contradicted"),
    ],
    ids=["made", "not of a library", "not made"],
)
def test_an_unresolved_call_leads_on_to_the_objects_that_a_library_calls(base, used, verdict):
    """A function that makes an object leads to the methods that only a library calls."""
    source = f"""
from html.parser import HTMLParser
@step
def pay(hooks, page):
    for hook in hooks:
        hook(page)
class Parser({base}):
    @step
    def handle(self, data): log()
def index(page):
    {used}
HOOKS = {{"page": index}}
def log(): ...
"""
    assert verdicts(checked(source, "pay -> handle")) == {"pay -> handle": (verdict,)}


QUEUE = """
import asyncio
class Broker:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.client = connect()
    @step
    async def pay(self):
        await self.{}
    @step
    async def run(self):
        while True:
            asyncio.create_task(self.charge())
    @step
    async def charge(self):
        order = await self.{}
"""


@pytest.mark.parametrize(
    ("sends", "receives", "verdict"),
    [
        ("queue.put(1)", "queue.get()", "unverified"),
        ("queue.put(1)", "others.get()", "contradicted"),
        ("_queue.put_nowait(1)", "queue.get()", "unverified"),
        ("_queue.put_nowait(1)", "_queue_.get()", "unverified"),
        ("_queues.put_nowait(1)", "queue.get()", "contradicted"),
        ("queue.join()", "queue.get()", "contradicted"),
        ("client.post(1)", "client.get()", "contradicted"),
    ],
)
def test_a_step_that_receives_from_what_another_sends_by_may_come_after_it(
    sends, receives, verdict
):
    """The one may lead to the other, though something else calls it as well."""
    report = checked(QUEUE.format(sends, receives), "run -> charge, pay -> charge")

    assert [edge.verdict for edge in report.edges] == ["supported", verdict]


def test_what_nothing_runs_receives_nothing():
    """A step that would get what another sends has no evidence where nothing starts it."""
    source = QUEUE.format("queue.put(1)", "queue.get()").replace("self.charge()", "self.other()")

    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == "contradicted"


@pytest.mark.parametrize(
    ("name", "is_entrypoint", "verdict"),
    [
        ("webhook_url", True, "unverified"),
        ("webhook_url", False, "contradicted"),
        ("image_url", True, "contradicted"),
    ],
)
def test_a_step_with_an_address_may_lead_to_what_begins_a_flow(name, is_entrypoint, verdict):
    """Another program that has got the address of a webhook calls it some time."""
    source = f"""
@step
def pay(client):
    {name} = settings.url
    client.watch({name})
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge", charge={"is_entrypoint": is_entrypoint}).edges

    assert edge.verdict == verdict


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


@pytest.mark.parametrize(
    ("returned", "verdict"),
    [
        ("cast(T, wrapper)", "supported"),
        ("cast('Callable[..., None]', wrapper)", "supported"),
        ("cast(lib.Timed, wrapper)", "supported"),
        ("cast(lib.Timed, lib.timed(name))", "unverified"),
        ("lib.Timed(name)", "unverified"),
    ],
)
@pytest.mark.parametrize("called", ["charge()", "helper()"])
def test_what_a_decorator_returns_hides_no_function(returned, verdict, called):
    """A cast returns the function as it is, and what hides it is called by its name still."""
    source = f"""
import lib
from typing import Any, Callable, TypeVar, cast
T = TypeVar("T", bound=Callable[..., Any])
def timed(name):
    def decorate(function):
        def wrapper(*args):
            return function(*args)
        return {returned}
    return decorate
@step
def pay():
    {called}
@timed("helper")
def helper(): charge()
@step
@timed("charge")
def charge(): ...
"""
    assert [each.verdict for each in checked(source, "pay -> charge").edges] == [verdict]


def test_a_name_that_a_library_has_too_is_another():
    """A function that the file imports from a library is not the step of that name."""
    files = {
        "app.py": "from lib import charge\n@step\ndef pay(): charge()\n",
        "shop.py": "@step\ndef charge(): ...\ncharge()\n",
    }
    assert [each.verdict for each in checked(files, "pay -> charge").edges] == ["contradicted"]


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("self.application.till.charge()", "unverified"),
        ("self.application.till.open()", "unverified"),
        ("self.application.session.charge()", "contradicted"),
        ("self.application.till.close()", "contradicted"),
    ],
)
def test_an_object_of_a_library_has_what_the_project_keeps_there(call, verdict):
    """A handler reads from its application what the project has assigned to that."""
    source = f"""
from tornado import web
class Till:
    @step
    def charge(self): pass
    def open(self): self.charge()
    def close(self): pass
class Shop(web.Application):
    def __init__(self): self.till = Till()
class Handler(web.RequestHandler):
    @step
    def pay(self): {call}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("give", "verdict"),
    [
        ("lib.register('x', charge)", "unverified"),
        ("lib.on_pay = charge", "unverified"),
        ("lib.add({'x': [charge]})", "unverified"),
        ("lib.HANDLERS['x'] = charge", "unverified"),
        ("lib.later(partial(charge, 1))", "unverified"),
        ("lib.later(lambda: charge())", "unverified"),
        ("lib.later(till.open)", "unverified"),
        ("lib.later(Till)", "unverified"),
        ("lib.later(till)", "unverified"),
        ("class Hooks(lib.Hooks): on_pay = charge", "unverified"),
        ("class Hooks(lib.Hooks): make = Shop", "unverified"),
        ("other.register('x', charge)", "contradicted"),
        ("lib.register('x', 1)", "contradicted"),
        (f"lib.add([{', '.join(map(str, range(60)))}, charge])", "contradicted"),
        ("class Hooks(lib.Hooks):\n    def on_pay(self): pass", "contradicted"),
    ],
)
def test_a_library_may_call_what_a_module_has_given_to_it(give, verdict):
    """It is not known when it does, but by which calls."""
    source = f"""
import lib, other
from functools import partial
@step
def charge(*args): pass
class Till:
    def open(self): charge()
class Shop:
    def __init__(self): charge()
till, shop = Till(), Shop()
{give}
@step
def pay():
    lib.run()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(("given", "verdict"), [("charge, ", "unverified"), ("", "contradicted")])
def test_a_library_may_call_what_it_gets_beside_long_lists(given, verdict):
    """Of very many functions, those in the lists are not all looked at."""
    names = [f"other_{number}" for number in range(60)]
    others = "".join(f"def {name}(): pass\n" for name in names)
    source = f"""
import lib
@step
def charge(*args): pass
{others}
lib.add([{given}[{", ".join(names[:30])}], [{", ".join(names[30:])}]])
@step
def pay(): lib.run()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("give", "verdict"),
    [("{'response': charge}", "unverified"), ("{'response': print}", "contradicted")],
)
def test_a_library_may_call_what_a_function_gives_it_in_a_dict(give, verdict):
    """So it is with hooks, of which each has a name."""
    source = f"""
import lib
@step
def charge(*args): pass
@step
def pay():
    lib.get("/", hooks={give})
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    "make", ["Till", "lambda: Till()", "make", "partial(Till)"], ids=["class", "lambda", "f", "p"]
)
def test_a_loop_calls_the_methods_of_the_protocol_that_a_function_makes(make):
    """They may lead to a step by helpers, too."""
    source = f"""
import asyncio
from functools import partial
class Till(asyncio.Protocol):
    def connection_made(self, transport): self.begin()
    def begin(self): charge()
def make(): return Till()
@step
def charge(): pass
@step
async def pay():
    loop = asyncio.get_running_loop()
    await loop.create_server({make}, "127.0.0.1", 8025)
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("call", "view", "verdict"),
    [
        ("self.get_response(request)", "def charge(request): pass", "unverified"),
        ("self.app(request)", "@app.get('/')\n@step\ndef charge(): pass", "unverified"),
        ("self.app(request)", "def charge(order): pass", "contradicted"),
        ("self.other(request)", "def charge(request): pass", "contradicted"),
    ],
)
def test_a_middleware_leads_to_the_views(call, view, verdict):
    """A framework gives it what calls the view of a request."""
    source = f"""
from lib import app
class Middleware:
    def __init__(self, get_response):
        self.get_response = self.app = self.other = get_response
    @step
    def pay(self, request):
        {call}
{view if "@step" in view else "@step" + chr(10) + view}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(("base", "verdict"), [("View", "unverified"), ("object", "contradicted")])
def test_a_middleware_leads_to_the_verbs_of_views(base, verdict):
    """A class of the project that is not a view has no verbs."""
    source = f"""
from lib import View
class Shop({base}):
    @step
    def get(self, request): pass
@step
def pay(request, call_next): call_next(request)
"""
    assert verdicts(checked(source, "pay -> get")) == {"pay -> get": (verdict,)}


@pytest.mark.parametrize(
    ("keep", "verdict"),
    [
        ("app.jinja_env.filters['charge'] = charge", "unverified"),
        ("app.add_template_global(charge, 'charge')", "unverified"),
        ("templates.env.globals.update(charge=charge)", "unverified"),
        ("app.config['charge'] = charge", "contradicted"),
    ],
)
def test_a_template_may_call_what_its_environment_keeps(keep, verdict):
    """Filters and globals of Jinja are those of all templates."""
    source = f"""
from flask import Flask, render_template
from starlette.templating import Jinja2Templates
app, templates = Flask("shop"), Jinja2Templates("pages")
@step
def charge(*args): pass
{keep}
@step
def pay(): return render_template("shop.html")
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("method", "give", "verdict"),
    [
        ("write", "csv.writer(Till()).writerow(order)", "unverified"),
        ("write", "json.dump(order, Till())", "unverified"),
        ("read", "json.load(Till())", "unverified"),
        ("write", "csv.writer(load()).writerow(order)", "contradicted"),
        ("find", "csv.writer(Till()).writerow(order)", "contradicted"),
    ],
)
def test_a_library_uses_an_object_as_a_file(method, give, verdict):
    """It may be of any class that has such a method."""
    source = f"""
import csv, json
from lib import load
class Till:
    def {method}(self, *text): charge()
@step
def charge(): pass
@step
def pay(order): {give}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("sender", "decorator", "caller", "verdict"),
    [
        ("producer.send", "", "def consume(): charge()", "unverified"),
        ("self.mail_connection.send_messages", "", "def consume(): charge()", "contradicted"),
        ("smtp.send", "", "def consume(): charge()", "contradicted"),
        ("mail_queue.send", "", "def consume(): charge()", "unverified"),
        ("producer.send", "@bus.on('paid')", "", "unverified"),
        ("producer.send", "@sentry_sdk.trace", "", "contradicted"),
        ("producer.send", "", "class Worker:\n    def consume(self): charge()", "contradicted"),
        (
            "producer.send",
            "",
            "class Worker:\n    def consume(self): charge()\ndef main(): Worker().consume()",
            "unverified",
        ),
        (
            "producer.send",
            "",
            "class Worker:\n    def consume(self): charge()\n    def run(self): self.consume()",
            "contradicted",
        ),
        (
            "producer.send",
            "",
            "class Worker:\n    def consume(self, n): charge(); self.consume(n - 1)",
            "contradicted",
        ),
        (
            "producer.send",
            "",
            "class Worker(lib.Base):\n    def consume(self): charge()",
            "unverified",
        ),
    ],
)
def test_a_message_leads_to_what_something_may_run(sender, decorator, caller, verdict):
    """A message may lead to a step that a program or a library runs, and mail to none."""
    source = f"""
import lib, sentry_sdk
@step
def pay(self, order): {sender}(order)
@step
{decorator}
def charge(): pass
{caller}
"""

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("line", "verdict"), [("order.request", "contradicted"), ("order.request()", "unverified")]
)
def test_an_attribute_that_is_named_like_what_sends(line, verdict):
    """To read an attribute sends nothing, though a property may be behind it."""
    source = f"""
class Other:
    def __getattribute__(self, name): return 1
@step
def pay(order: "lib.Order"): return {line}
@step
def charge(): pass
def consume(): charge()
"""

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
