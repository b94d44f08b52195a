"""Functions that a process, a template or a file calls that the source does not have."""

import pytest
from checked_sources import checked, undeclared, verdicts


@pytest.mark.parametrize(
    "statement",
    [
        "signal.signal(signal.SIGTERM, charge)",
        "signal.signal(signal.SIGTERM, lambda *_: charge())",
        "atexit.register(charge)",
        "sys.excepthook = charge",
        "threading.excepthook = lambda *_: charge()",
        "client = mqtt.Client(); client.on_message = charge",
        "order = Order(); weakref.ref(order, charge)",
        "order = Order(); weakref.WeakMethod(order.pay, charge)",
        "order = weakref.proxy(Order(), charge)",
        "BackgroundScheduler().add_job(charge, 'interval', minutes=1)",
        "schedule.every().day.do(charge)",
        "Scheduler().schedule(later, charge)",
    ],
)
def test_a_function_that_a_process_or_a_library_keeps_is_handed_off(statement):
    """The process, or a scheduler, calls it when its time comes, and nobody has to send."""
    source = f"""
import atexit, mqtt, schedule, signal, sys, threading, weakref
from apscheduler.schedulers.background import BackgroundScheduler
from rq_scheduler import Scheduler
class Order:
    def pay(self): print()
@step
def pay():
    {statement}
@step
def charge(*_): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {
        "pay -> charge": ("supported", "hand-off")
    }


def test_a_decorator_of_a_scheduler_keeps_the_function():
    """It gives back the function itself, which others may call."""
    source = """
from scheduler import Scheduler
plan = Scheduler()
@step
def pay():
    charge()
@step
@plan.schedule("daily")
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    "call", ["json.dumps({}, default=charge)", "json.load(file, object_hook=charge)"]
)
def test_a_function_that_makes_json_has_run_before_what_follows(call):
    """It is called for each object that JSON does not have, and not later."""
    source = f"""
import json
@step
def pay(file):
    {call}
    ship()
@step
def charge(each): ...
@step
def ship(): ...
"""
    assert verdicts(checked(source, "pay -> charge, charge -> ship")) == {
        "pay -> charge": ("supported", "call"),
        "charge -> ship": ("supported", "order"),
    }


def test_an_attribute_of_a_library_that_is_no_function_is_not_handed_off():
    """Data that is assigned does not run."""
    source = """
import mqtt
@step
def pay(): mqtt.Client().retry = 3
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    ("definition", "verdict"),
    [
        ("    @property\n    def total(self): charge()", "unverified"),
        ("    def total(self): return charge()", "unverified"),
        ("    def total(self, late=False): return charge()", "unverified"),
        ("    def __str__(self): return charge()", "unverified"),
        ("    def render(self, context): return charge()", "unverified"),
        ("    def total(self): charge()", "contradicted"),
        ("    def total(self, currency): return charge()", "contradicted"),
        ("    def _total(self): return charge()", "contradicted"),
    ],
)
def test_a_template_may_call_what_it_shows_of_an_object(definition, verdict):
    """A property, or a method that returns something and needs no arguments, may be shown."""
    source = f"""
from django.shortcuts import render
@step
def pay(request): return render(request, "order.html", {{"order": Order()}})
@step
def charge(): ...
class Order:
{definition}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_a_template_gets_what_context_processors_return():
    """A function in the module of the context processors runs for each template."""
    files = {
        "app.py": "from django.shortcuts import render\n"
        "@step\ndef pay(request): return render(request, 'order.html')\n",
        "context_processors.py": "@step\ndef charge(request): return {}\n",
    }
    assert verdicts(checked(files, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("runpy.run_path(path)", "unverified"),
        ("exec(open(path).read())", "unverified"),
        ("specification.loader.exec_module(importlib.util.module_from_spec(path))", "unverified"),
        ("importlib.import_module(path)", "unverified"),
        ("session.exec(path)", "contradicted"),
    ],
)
def test_a_file_that_is_executed_may_call_a_step(call, verdict):
    """A path or an unknown name may lead to a module that calls it."""
    files = {
        "app.py": f"""
import importlib.util, runpy
from sqlmodel import session
@step
def pay(path):
    specification = importlib.util.spec_from_file_location("settings", path)
    {call}
""",
        "charges.py": "@step\ndef charge(): ...\n",
        "settings.py": "import charges\ncharges.charge()\n",
    }
    assert verdicts(checked(files, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", "contradicted"),
        ("'the charge of an order'", "contradicted"),
        ("def charging():\n    'charge()'", "contradicted"),
        ("code = 'charge'", "unverified"),
        ("code = 'import charges; charge()'", "unverified"),
        ("code = f'charge({order})'", "unverified"),
        ("if order: charge()", "unverified"),
        ("if __name__ == '__main__': charge()", "contradicted"),
        ("charge_all = lambda: charge()", "contradicted"),
    ],
)
def test_a_file_of_settings_that_is_executed_calls_no_step(more, verdict):
    """Settings of a user are not of the project, which calls the step itself in a function."""
    source = f"""
@step
def pay(path): exec(open(path).read())
@step
def charge(): ...
def refund(): charge()
{more}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("definition", "name", "verdict"),
    [
        ("@step\ndef charge(): ...", "charge", "unverified"),
        ("@step\ndef _charge(): ...", "_charge", "contradicted"),
        ("class Order:\n    @step\n    def charge(self): ...", "charge", "contradicted"),
    ],
)
def test_a_step_that_nothing_calls_may_be_executed(definition, name, verdict):
    """A file that the project does not have may call what anybody may import."""
    source, edge = f"@step\ndef pay(path): exec(path)\n{definition}\n", f"pay -> {name}"

    assert verdicts(checked(source, edge)) == {edge: (verdict,)}


def test_an_import_that_calls_no_step_leads_nowhere():
    """A module that is imported by an unknown name is none of those that call the step."""
    source = """
import importlib
@step
def pay(name): importlib.import_module(name)
@step
def charge(): ...
def refund(): charge()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    ("base", "verdict"), [("logging.Handler", "unverified"), ("shelf.Handler", "contradicted")]
)
def test_what_is_logged_may_get_to_a_handler_of_the_project(base, verdict):
    """A handler is chosen by the configuration, which the source does not show."""
    source = f"""
import logging, shelf
@step
def pay(): logging.getLogger("shop").info("paid")
class ToOffice({base}):
    def emit(self, record): charge()
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_a_list_that_the_flow_does_not_fill_may_have_any_items():
    """A comprehension over it runs, as a loop does."""
    source = """
class Shop:
    def __init__(self): self.orders = []
    @step
    def pay(self): return [each for each in self.orders if each.collect()]
class Order:
    @step
    def collect(self): ...
class Other:
    def collect(self): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("unverified",)}


@pytest.mark.parametrize(
    ("definition", "verdict"),
    [
        ("def plugin(order): charge()", "unverified"),
        ("def plugin(): charge()", "contradicted"),
        ("def plugin(order): charge()\nplugin(1)", "contradicted"),
    ],
    ids=["plugin", "other arguments", "called"],
)
def test_a_plugin_may_lead_to_a_step(definition, verdict):
    """A function that nothing calls may be what an entry point names."""
    source = f"""
from importlib.metadata import entry_points
@step
def pay(name): entry_points(group="shop")[name].load()(1)
@step
def charge(): ...
{definition}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("connection", "call", "verdict"),
    [
        ("post_save.connect(charge)", "order.save()", "unverified"),
        ("post_save.connect(refund)", "order.save()", "contradicted"),
        ("m2m_changed.connect(charge)", "order.items.clear()", "unverified"),
        ("m2m_changed.connect(charge)", "order.close()", "contradicted"),
        ("event.listen(Order, 'after_update', charge)", "order.session.flush()", "unverified"),
        ("post_delete.connect(charge)", "Order.objects.filter(late=True).delete()", "supported"),
        ("post_delete.connect(charge)", "Order.objects.filter(late=True).count()", "contradicted"),
    ],
)
def test_what_changes_in_a_database_may_lead_to_a_connected_function(connection, call, verdict):
    """A signal calls what is connected to it, with or without a decorator."""
    source = f"""
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save
from sqlalchemy import event
class Order(models.Model): ...
@step
def pay(order): {call}
@step
def charge(*_, **options): ...
def refund(*_, **options): ...
{connection}
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize("before", [0, 1, 20])
@pytest.mark.parametrize("after", [0, 1, 20])
def test_a_wrapper_that_is_a_step_is_that_of_each_function_of_its_decorator(before, after):
    """It calls the one that is a step, however many others there are."""
    other = "@checked\ndef view_{}(): ...\n"
    source = f"""
def checked(function):
    @step
    def wrapper():
        pay()
        return function()
    return wrapper
@step
def pay(): ...
{"".join(map(other.format, range(before)))}
@checked
@step
def ship(): ...
{"".join(map(other.format, range(100, 100 + after)))}
"""
    report = checked(source, "wrapper -> pay, pay -> ship", wrapper={"is_entrypoint": True})

    assert verdicts(report) == {
        "wrapper -> pay": ("supported", "call"),
        "pay -> ship": ("supported", "order"),
    }


def test_a_step_that_a_task_calls_again_which_it_has_sent_is_followed():
    """A task is another run: what it calls has not begun there, though it sent the task."""
    source = """
from celery import shared_task
@step
def create(order):
    mint()
    fetch.delay(order)
@step
def mint(): ...
@step
@shared_task
def fetch(order):
    save(order)
    close()
@step
def save(order): create(order)
@step
def close(): ...
"""
    edges = "create -> mint, create -> fetch, fetch -> save, save -> create, mint -> close"
    report = checked(source, edges)

    assert verdicts(report)["mint -> close"] == ("supported", "order")
    assert undeclared(report) == []
