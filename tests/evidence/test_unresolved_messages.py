"""Messages, mail, queues, databases and addresses, which may lead to what receives them."""

import pytest
from checked_sources import EDGE, checked, verdicts

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
    ("calls", "more", "verdict"),
    [
        (30, "", "contradicted"),
        (3, "", "unverified"),
        (30, "keep(charge)", "unverified"),
        (30, "@keep\n", "unverified"),
    ],
)
def test_a_message_of_a_helper_of_many(calls, more, verdict):
    """One that counts or reports sends nothing to a step that only other functions call."""
    lines = "".join(f"def later_{number}(): count('{number}')\n" for number in range(calls))
    source = f"""
from lib import keep, producer
@step
def pay(): count("paid")
def count(name): producer.send(name)
def refund(): charge()
{lines}
{more}
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


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
    ("lines", "verdict"),
    [
        (
            "@wraps(function)\n    def inner(*a): return function(*a)\n    return inner",
            "contradicted",
        ),
        ("def inner(*a): return function(*a)\n    return wraps(function)(inner)", "contradicted"),
        ("name = function.__name__\n    return function", "contradicted"),
        ("if iscoroutinefunction(function): print()\n    return function", "contradicted"),
        ("print(function)\n    return function", "unverified"),
        ("known[function.__name__] = function\n    return function", "unverified"),
        ("@app.handler\n    def inner(*a): return function(*a)\n    return inner", "unverified"),
        (
            "def inner(*a): return function(*a)\n    known['a'] = inner\n    return inner",
            "unverified",
        ),
    ],
    ids=["wraps", "wraps later", "name", "looks", "passes", "keeps", "wrapper", "keeps a wrapper"],
)
def test_a_message_leads_to_no_function_that_a_decorator_only_calls(lines, verdict):
    """Others know a function if a decorator of the project keeps it, or passes it on."""
    decorator = f"""
from functools import wraps
from inspect import iscoroutinefunction
from lib import app
known = {{}}
def marked(function):
    {lines}
def marking(name):
    def marked(function):
        {lines.replace(chr(10), chr(10) + "    ")}
    return marked
"""
    for mark in ("marked", "marking('a')"):
        source = decorator + SENDING.format(f"@{mark}\n@step\ndef charge(): ...")

        assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_a_message_may_lead_to_what_a_class_decorates():
    """Of a class, it is not known what it does with a function."""
    source = SENDING.format("class marked: ...\n@marked\n@step\ndef charge(): ...")

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


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
    ("base", "verdict"),
    [("AsyncWebsocketConsumer", "unverified"), ("object", "contradicted")],
)
def test_a_message_to_a_group_leads_to_a_method_that_its_type_names(base, verdict):
    """A consumer of Django Channels calls what the type of a message names."""
    source = f"""
from channels.generic.websocket import AsyncWebsocketConsumer
class Consumer({base}):
    @step
    async def receive(self, text_data):
        await self.channel_layer.group_send("shop", {{"type": "mail.customer"}})
    @step
    async def mail_customer(self, event): print()
"""

    assert checked(source, "receive -> mail_customer").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("name", "more", "verdict"),
    [
        ("charge", "", ("supported", "hand-off")),
        ("other", "", ("contradicted",)),
        ("charge", "class Other:\n    def charge(self): ...\n", ("supported", "hand-off")),
        ("unlisted", "", ("contradicted",)),
    ],
)
def test_a_job_is_the_function_of_that_name_that_a_worker_lists(name, more, verdict):
    """A worker of arq knows its functions by their plain names."""
    source = f"""
@step
async def charge(context): print()
async def other(context): print()
async def unlisted(context): await charge(context)
class WorkerSettings:
    functions = [charge, other]
{more}
@step
async def pay(pool): await pool.enqueue_job("{name}")
"""

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": verdict}


def test_a_job_of_a_name_that_two_modules_have_is_not_known():
    """Either may be in the list of the worker."""
    function = "async def charge(context): print()\nfunctions = [charge]\n"
    files = {
        "app.py": f"@step\n{function}@step\nasync def pay(p): await p.enqueue_job('charge')\n",
        "other.py": function,
    }

    assert checked(files, "pay -> charge").edges[0].verdict != "supported"


@pytest.mark.parametrize(
    ("call", "around", "verdict"),
    [
        ("requests.post(order)", "@app.post('/')\ndef receive(): charge()", "unverified"),
        ("requests.post(order)", "def receive(request): charge()", "unverified"),
        ("requests.post(order)", "def main(): charge()", "contradicted"),
        ("httpx.Client().post(order)", "def main(): charge()", "contradicted"),
        ("aiohttp.ClientSession().request(order)", "def main(): charge()", "contradicted"),
        ("library.Client().post(order)", "def main(): charge()", "unverified"),
    ],
)
def test_a_request_leads_to_views(call, around, verdict):
    """Other functions may get what is sent in another way, and not by a client of HTTP."""
    source = f"""
import aiohttp, httpx, library, requests
from flask import Flask
app = Flask(__name__)
@step
def pay(order): {call}
@step
def charge(): ...
{around}
"""
    assert checked(source, "pay -> charge").edges[0].verdict == verdict
