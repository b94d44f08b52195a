"""Methods and functions that a library calls of an object, and for its fields."""

import pytest
from checked_sources import checked, verdicts

DJANGO = """
import abc
from django import forms
from django.db import models
from django.views.generic import CreateView, DetailView, View
class Orders(models.Manager):
    @step
    def get_queryset(self): return super().get_queryset()
    def add(self): return self.create()
class Order(models.Model):
    objects = Orders()
    @step
    def clean(self): pass
    @step
    def save(self, *args): super().save(*args)
class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
    @step
    def clean_total(self): pass
    @step
    def check(self): return self.is_valid()
    @step
    def store(self): return super().save()
class Login(abc.ABC):
    @step
    def dispatch(self, request):
        log()
        return super().dispatch(request)
class Page(Login, CreateView):
    form_class = OrderForm
    @step
    def form_valid(self, form): return super().form_valid(form)
    @step
    def get_success_url(self): return "/"
    @step
    def get_initial(self): return {}
    @step
    def collect(self): return {}
class Shown(DetailView):
    @step
    def get_object(self): return 1
    @step
    def get_context_data(self): return {}
@step
def log(): return 1
@step
def first(): return Order.objects.first()
@step
def add(): return Order.objects.add()
"""


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("check -> clean", "supported"),
        ("check -> save", "contradicted"),
        ("store -> save", "supported"),
        ("form_valid -> get_success_url", "supported"),
        ("first -> get_queryset", "supported"),
        ("add -> get_queryset", "supported"),
    ],
)
def test_what_django_calls(edge, verdict):
    """A form checks and saves its object, a view asks for a URL, a manager makes a query."""
    assert verdicts(checked(DJANGO, edge))[edge][0] == verdict


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("dispatch -> form_valid", "unverified"),
        ("dispatch -> get_initial", "unverified"),
        ("dispatch -> clean_total", "unverified"),
        ("log -> get_initial", "unverified"),
        ("dispatch -> collect", "contradicted"),
        ("dispatch -> first", "contradicted"),
        ("get_object -> get_context_data", "unverified"),
        ("log -> get_context_data", "contradicted"),
    ],
)
def test_a_view_calls_its_own_methods(edge, verdict):
    """A library may call what it knows of an object, where the source has no call of it."""
    assert verdicts(checked(DJANGO, edge))[edge][0] == verdict


@pytest.mark.parametrize(
    ("base", "first", "second", "verdict"),
    [
        ("tornado.web.RequestHandler", "get_current_user", "write_error", "unverified"),
        ("tornado.web.RequestHandler", "get_current_user", "collect", "contradicted"),
        ("tornado.web.RequestHandler", "collect", "write_error", "contradicted"),
        ("tornado.web.RequestHandler", "post", "get_current_user", "contradicted"),
        ("wtforms.Form", "clean_key", "clean_total", "unverified"),
        ("threading.Thread", "run", "collect", "contradicted"),
        ("object", "clean_key", "clean_total", "contradicted"),
    ],
)
def test_methods_that_a_library_knows(base, first, second, verdict):
    """A library calls the methods that it knows, one after the other or one in the other."""
    source = f"""
import threading, tornado, wtforms
class Page({base}):
    @step
    def {first}(self): return 1
    @step
    def {second}(self): return 1
"""
    edge = f"{first} -> {second}"

    assert verdicts(checked(source, edge))[edge][0] == verdict


REST = """
from rest_framework import permissions, serializers, viewsets
class Allowed(permissions.BasePermission):
    @step
    def has_permission(self, request, view): return 1
    @step
    def collect(self, request, view): return 1
class Lines(serializers.Serializer):
    @step
    def validate_key(self, value): return 1
    @step
    def get_total(self, order): return 1
    @step
    def create(self, data): return 1
class Orders(viewsets.ModelViewSet):
    @step
    def initial(self, request): return super().initial(request)
    @step
    def load(self, request): return self.get_parsers()
    @step
    def perform_create(self, serializer: Lines): super().perform_create(serializer)
@step
def show(lines): return lines.data
"""


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("initial -> has_permission", "unverified"),
        ("load -> has_permission", "unverified"),
        ("initial -> collect", "contradicted"),
        ("show -> has_permission", "contradicted"),
        ("show -> get_total", "unverified"),
        ("show -> create", "contradicted"),
        ("perform_create -> create", "supported"),
    ],
)
def test_a_view_of_rest_framework(edge, verdict):
    """A view calls what checks a request, and a serializer what reads and shows a field."""
    first = edge.partition(" ")[0]
    report = checked(REST, edge, **{first: {"is_entrypoint": True}})

    assert verdicts(report)[edge][0] == verdict


FIELDS = """
import pydantic
from pydantic import AfterValidator, BaseModel, field_validator
from sqlalchemy import Column
from typing import Annotated
@step
def key(*given): return 1
@step
def other(*given): return 1
{top}
class Item(BaseModel):
    {body}
class Order(BaseModel):
    items: list[Item]
@step
def pay(data):
    order = Order.model_validate(data)
    return order
"""


@pytest.mark.parametrize(
    ("top", "body", "verdict"),
    [
        ("Name = Annotated[str, AfterValidator(key)]", "name: Name", "unverified"),
        ("", "name = Column(default=key)", "unverified"),
        ("", "name = CharField(validators=[other, key])", "unverified"),
        ("", "name = show(key)", "contradicted"),
        ("", "@field_validator('name')\n    def check(cls, value): key()", "unverified"),
        ("", "def check(cls, value): key()", "contradicted"),
        ("def load(): key()", "@field_validator('a')\n    def b(self): key()", "contradicted"),
    ],
    ids=["annotated", "default", "list", "another call", "method", "plain method", "called"],
)
def test_functions_of_fields(top, body, verdict):
    """A library calls some functions where it makes an object, or one that has it."""
    source = FIELDS.format(top=top, body=body)

    assert verdicts(checked(source, "pay -> key"))["pay -> key"][0] == verdict


def test_a_method_of_a_nested_model():
    """A validator may run again, after what comes after its first call."""
    source = FIELDS.format(top="", body="@field_validator('a')\n    @step\n    def check(self): 1")
    source += "@step\ndef buy(data):\n    Item(data)\n    pay(data)\n"

    found = verdicts(checked(source, "buy -> check, pay -> check"))

    assert [each[0] for each in found.values()] == ["supported", "unverified"]


ATTRS = """
import attrs
@attrs.define
class Order:
    key: int = attrs.field()
    total: int = attrs.field()
    @key.default
    @step
    def number(self): return 1
    @total.validator
    @step
    def check(self, attribute, value): return 1
    @total.other
    @step
    def unknown(self): return 1
@step
def pay(): return Order(total=1)
@step
def buy(): return Order(1, 2)
"""


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("pay -> number", "supported"),
        ("number -> check", "supported"),
        ("pay -> check", "supported"),
        ("buy -> check", "supported"),
        ("buy -> number", "contradicted"),
        ("pay -> unknown", "contradicted"),
    ],
)
def test_methods_of_fields_of_attrs(edge, verdict):
    """A field of a class has methods for its default and to check its value."""
    assert verdicts(checked(ATTRS, edge))[edge][0] == verdict


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("print(1, file=Tee())", "supported"),
        ("sys.stdout = Tee()\n    print(1)", "supported"),
        ("print(1)", "contradicted"),
        ("sys.stdout = Tee()\n    print(1, file=sys.stderr)", "contradicted"),
    ],
)
def test_print_writes(statement, verdict):
    """A call of `print` writes to the object for it, or to the standard output."""
    source = f"""
import sys
class Tee:
    @step
    def write(self, text): return 1
@step
def pay():
    {statement}
"""

    assert verdicts(checked(source, "pay -> write"))["pay -> write"][0] == verdict


@pytest.mark.parametrize(
    ("use", "verdict"),
    [
        ("Route('/', show)", "unverified"),
        ("Route('/', Orders)", "contradicted"),
        ("Route('/', show)\ndef load(): show()", "contradicted"),
    ],
    ids=["given", "not given", "called"],
)
def test_a_middleware_leads_to_what_the_application_has_got(use, verdict):
    """A function that a module gives away, and nothing calls, may be for a request."""
    source = f"""
from starlette.routing import Route
class Middleware:
    def __init__(self, app): self.app = app
    @step
    async def __call__(self, scope, receive, send): await self.app(scope, receive, send)
class Orders: pass
@step
def show(key): return 1
routes = {use}
"""

    assert verdicts(checked(source, "__call__ -> show"))["__call__ -> show"][0] == verdict


GROUP = """
import click
class Group(click.Group):
    @step
    def get_command(self, context, name): return super().get_command(context, name)
    @step
    def show(self, context): return self.list_commands(context)
    @step
    def format_commands(self, context, formatter):
        formatter = Formatter(formatter)
        return super().format_commands(context, formatter)
{further}
class Formatter:
    def __init__(self, formatter): self.formatter = formatter
    def {computed}(self, name): return getattr(self.formatter, name)
    @step
    def write_dl(self, rows): return self.formatter.write_dl(rows)
    def _write(self): log()
    def close(self): end()
def used(formatter): formatter.close()
@step
def log(): return 1
@step
def end(): return 1
"""


@pytest.mark.parametrize(
    ("computed", "further", "edge", "verdict"),
    [
        ("__getattr__", "", "format_commands -> get_command", "unverified"),
        ("__getattr__", "def find(group): return group.get_command(1, 2)",
         "format_commands -> get_command", "contradicted"),
        ("__getattr__", "", "format_commands -> write_dl", "unverified"),
        ("__getattr__", "", "format_commands -> log", "contradicted"),
        ("__getattr__", "", "format_commands -> end", "contradicted"),
        ("__getattr__", "", "show -> write_dl", "contradicted"),
        ("find", "", "format_commands -> write_dl", "contradicted"),
    ],
    ids=["extended", "called", "proxy", "private", "of another", "not given", "no proxy"],
)  # fmt: skip
def test_objects_that_look_like_those_of_a_library(computed, further, edge, verdict):
    """A library may call what extends or replaces its own, though that calls it in turn."""
    source, first = GROUP.format(computed=computed, further=further), edge.partition(" ")[0]
    report = checked(source, edge, **{first: {"is_entrypoint": True}})

    assert verdicts(report)[edge][0] == verdict


@pytest.mark.parametrize(
    ("field", "call", "verdict"),
    [
        ("factory=key", "type(order)()", "supported"),
        ("factory=key", "type(order)(1)", "contradicted"),
        ("factory=key", "order.total", "contradicted"),
        ("converter=key", "type(order)(1)", "supported"),
        ("converter=key", "order.set('total', 1)", "unverified"),
        ("validator=[key]", "order.set('total', 1)", "unverified"),
    ],
)
def test_fields_of_a_subclass(field, call, verdict):
    """A class that is not known has the fields of a subclass, and `attrs` checks new values."""
    source = f"""
import attrs
@step
def key(*given): return 1
@attrs.define
class Base:
    def set(self, name, value): setattr(self, name, value)
@attrs.define
class Order(Base):
    total: int = attrs.field({field})
@step
def pay(order: Base): {call}
"""

    assert verdicts(checked(source, "pay -> key"))["pay -> key"][0] == verdict


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("LocalProxy(lambda: Order())", "supported"),
        ("SimpleLazyObject(make)", "supported"),
        ("SimpleLazyObject(other)", "contradicted"),
    ],
)
def test_objects_that_are_made_when_they_are_used(made, verdict):
    """A proxy looks like the object that a function makes."""
    source = f"""
from django.utils.functional import SimpleLazyObject
from werkzeug.local import LocalProxy
class Order:
    @step
    def charge(self): return 1
def make(): return Order()
def other(): return 1
order = {made}
@step
def pay(): order.charge()
"""

    assert verdicts(checked(source, "pay -> charge"))["pay -> charge"][0] == verdict


@pytest.mark.parametrize(
    ("attribute", "verdict"), [("mailer", "unverified"), ("other", "contradicted")]
)
def test_objects_that_an_application_has_got(attribute, verdict):
    """An object that the project has given to an application may have the method that is called."""
    source = f"""
from flask import current_app
class Mailer:
    @step
    def send(self): return 1
    def install(self, app): app.mailer = self
@step
def pay(): current_app.{attribute}.send()
"""

    assert verdicts(checked(source, "pay -> send"))["pay -> send"][0] == verdict


RUN = """
import httpx, peewee, typer, waiting
from pump import Client, Pump
app, client = typer.Typer(), Client()
@step
def log(*given): return 1
{top}
@step
def pay(*given): {call}
"""


@pytest.mark.parametrize(
    ("top", "call", "verdict"),
    [
        ("@app.command()\n@step\ndef charge(): return 1", "app()", "unverified"),
        ("@app.command()\n@step\ndef charge(): return 1", "app.run()", "unverified"),
        ("@app.command()\n@step\ndef charge(): return 1", "app.info()", "contradicted"),
        ("@app.command()\n@step\ndef charge(): return 1", "Pump().run()", "contradicted"),
        ("@step\ndef charge(): return 1", "app()", "contradicted"),
        ("class Shop:\n    @app.event\n    @step\n    def charge(self): return 1", "app.main()",
         "unverified"),
        ("class Shop:\n    def __init__(self): client.on_message = self.charge\n"
         "    @step\n    def charge(self): return 1\nshop = Shop()", "client.poll()",
         "unverified"),
        ("class Shop:\n    def load(self): client.on_message = self.charge\n"
         "    @step\n    def charge(self): return 1\nshop = Shop()", "client.poll()",
         "contradicted"),
        ("class Order(peewee.Model):\n    def save(self): self.charge()\n"
         "    @step\n    def charge(self): return 1", "Order.create()", "unverified"),
        ("class Order(peewee.Model):\n    def store(self): self.charge()\n"
         "    @step\n    def charge(self): return 1", "Order.create()", "contradicted"),
        ("class Key(httpx.Auth):\n    @step\n    def charge(self, request): yield request",
         "httpx.get('/', auth=Key())", "unverified"),
        ("class Key(httpx.Auth):\n    @step\n    def charge(self, request): yield request",
         "httpx.get('/')", "contradicted"),
        ("class Key(httpx.Auth):\n    @step\n    def charge(self, request): yield request",
         "httpx.update(Key())", "contradicted"),
    ],
)  # fmt: skip
def test_a_library_runs_what_it_has_got(top, call, verdict):
    """An application calls what is registered with it, and a request the object that it gets."""
    source, edge = RUN.format(top=top, call=call), "pay -> charge"

    assert verdicts(checked(source, edge, pay={"is_entrypoint": True}))[edge][0] == verdict


@pytest.mark.parametrize(
    ("decorator", "call", "verdict"),
    [
        ("waiting.retry(before=log)", "load()", "unverified"),
        ("waiting.retry(3, [log])", "load()", "unverified"),
        ("waiting.retry(before=log)", "other()", "contradicted"),
        ("waiting.retry(before=other)", "load()", "contradicted"),
        ("waiting.retry", "load()", "contradicted"),
    ],
)
def test_a_decorator_of_a_library_has_got_a_function(decorator, call, verdict):
    """It may call the function where it calls the one that it decorates."""
    top = f"def other(): return log\n@{decorator}\ndef load(): return 1"
    source = RUN.format(top=top, call=call)

    assert verdicts(checked(source, "pay -> log"))["pay -> log"][0] == verdict


def test_a_method_is_no_argument_of_a_decorator():
    """A method that is called like an argument of a decorator is another function."""
    top = "@waiting.retry(charge)\ndef load(): return 1\n"
    top += "class Shop:\n    @step\n    def charge(self): return 1"
    source = RUN.format(top=top, call="load()")

    assert verdicts(checked(source, "pay -> charge"))["pay -> charge"] == ("contradicted",)


@pytest.mark.parametrize(
    ("base", "name", "verdict"),
    [
        ("lib.Shell", "on_pay", "unverified"),
        ("cmd.Cmd", "do_pay", "supported"),
        ("cmd.Cmd", "default", "unverified"),
    ],
)
def test_a_command_loop_calls_methods(base, name, verdict):
    """A class of a library calls other methods, too, than those that Python's own calls."""
    source = f"""
import cmd, lib
class Shell({base}):
    @step
    def execute(self, line): return self.onecmd(line)
    @step
    def {name}(self, line): return 1
"""
    edge = f"execute -> {name}"
    report = checked(source, edge, execute={"is_entrypoint": True})

    assert verdicts(report)[edge][0] == verdict


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("Job(charge)", "unverified"),
        ("Job(other)", "contradicted"),
        ("Job(Other(charge))", "contradicted"),
        ("1", "contradicted"),
    ],
)
def test_a_library_gets_an_object_that_has_a_function(given, verdict):
    """A library may call what an attribute of an object is, and none of its methods."""
    source = f"""
import runner
from dataclasses import dataclass
@step
def charge(): return 1
def other(): return 1
@dataclass
class Job:
    run: object
class Other:
    def __init__(self, run): self.other = 1
@step
def pay(): runner.execute({given})
"""

    assert verdicts(checked(source, "pay -> charge"))["pay -> charge"][0] == verdict


@pytest.mark.parametrize(
    ("base", "call", "verdict"),
    [
        ("venv.EnvBuilder", "create(1)", "unverified"),
        ("venv.EnvBuilder", "feed(1)", "unverified"),
        ("library.Builder", "get()", "unverified"),
        ("library.OrderModel", "save()", "contradicted"),
        ("library.OrderView", "get()", "contradicted"),
        ("object", "create(1)", "contradicted"),
    ],
)
def test_a_method_of_a_library_calls_what_a_subclass_has(base, call, verdict):
    """It may have any name; but it is known what views and models call."""
    source = f"""
import library, venv
class Shop({base}):
    @step
    def set_up(self, context): ...
@step
def pay(): Shop().{call}
"""
    assert checked(source, "pay -> set_up").edges[0].verdict == verdict
