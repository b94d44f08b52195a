"""Functions that frameworks call one after the other, for the same event."""

from itertools import pairwise

import pytest
from checked_sources import checked, verdicts

REQUEST = """
from flask import Blueprint, Flask
from others import app
{top}
@{first}
@step
def load(*given): return 1
@{second}
@step
def view(*given): return 1
{bottom}
"""


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("app.before_request", "app.route('/')", "supported"),
        ("shop.app.before_request", "pages.get('/')", "supported"),
        ("pages.before_request", "pages.post('/')", "supported"),
        ("pages.before_request", "others.route('/')", "contradicted"),
        ("pages.before_app_request", "others.route('/')", "supported"),
        ("app.before_request", "app.after_request", "supported"),
        ("app.route('/')", "app.after_request", "supported"),
        ("app.get('/')", "app.teardown_request", "supported"),
        ("app.route('/')", "app.errorhandler(404)", "supported"),
        ("app.after_request", "app.route('/')", "contradicted"),
        ("app.route('/')", "app.route('/other')", "contradicted"),
        ("app.on_event('startup')", "pages.get('/')", "supported"),
        ("app.on_event('shutdown')", "pages.get('/')", "contradicted"),
        ("pages.get('/')", "app.on_event('shutdown')", "supported"),
        ("app.middleware('request')", "app.get('/')", "supported"),
        ("login.user_loader", "pages.get('/')", "supported"),
        ("auth.verify_token", "pages.get('/')", "supported"),
        ("app.on_event(name)", "app.get('/')", "contradicted"),
        ("worker.before_request", "worker.task", "contradicted"),
        ("task_prerun.connect", "worker.task", "supported"),
        ("shared_task", "task_postrun.connect(sender=view)", "supported"),
        ("task_postrun.connect", "shared_task", "contradicted"),
        ("order_paid.connect", "shared_task", "contradicted"),
        ("cached", "app.get('/')", "contradicted"),
        ("app.before_request", "get", "contradicted"),
    ],
)
def test_decorators(first, second, verdict):
    """The functions for each request, and those before and after it, are in this order."""
    source = REQUEST.format(first=first, second=second, top="", bottom="")

    assert verdicts(checked(source, "load -> view"))["load -> view"][0] == verdict


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("app.before_request(load)", "supported"),
        ("app.before_request(other)", "contradicted"),
        ("app.after_request(load)", "contradicted"),
        ("app = FastAPI(debug=True, lifespan=load)", "supported"),
        ("app = Starlette(on_startup=[other, load])", "supported"),
        ("app.on_startup.append(load)", "supported"),
        ("app.add_event_handler('startup', load)", "supported"),
        ("app.add_event_handler('shutdown', load)", "contradicted"),
        ("app = FastAPI(**load)", "contradicted"),
    ],
)
def test_calls(statement, verdict):
    """A call that gets a function may register it as a decorator does."""
    source = REQUEST.format(first="plain", second="app.route('/')", top="", bottom=statement)

    assert verdicts(checked(source, "load -> view"))["load -> view"][0] == verdict


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("app.on_startup.append(self.load)", "supported"),
        ("app.on_startup.append(handlers.load)", "supported"),
        ("app.on_cleanup.append(self.load)", "contradicted"),
        ("app.on_startup.append(self.other)", "contradicted"),
    ],
)
def test_methods_are_registered_as_functions_are(statement, verdict):
    """An object may give its own methods to an application, in its file."""
    source = f"""
from aiohttp import web
class Shop:
    def __init__(self, app):
        {statement}
        app.router.add_get('/', self.view)
    @step
    async def load(self, app): return 1
    @step
    async def view(self, request): return 1
"""
    files = {"app.py": source, "other.py": "def build(app, self): app.on_startup.append(self.load)"}

    assert verdicts(checked(files, "load -> view"))["load -> view"][0] == verdict


def test_the_lines_that_register_them_are_the_evidence():
    """The evidence names what registers the functions, and the lines that do."""
    source = REQUEST.format(first="app.before_request", second="app.get('/')", top="", bottom="")

    ((edge),) = checked(source, "load -> view").edges

    (evidence,) = edge.evidence
    assert (evidence.kind, evidence.caller) == ("order", "app")
    assert [each.line for each in (*evidence.first, *evidence.path)] == [5, 8]


@pytest.mark.parametrize(
    ("base", "first", "second", "verdict"),
    [
        ("tornado.web.RequestHandler", "prepare", "get", "supported"),
        ("tornado.web.RequestHandler", "get", "on_finish", "supported"),
        ("View", "setup", "post", "supported"),
        ("View", "post", "setup", "contradicted"),
        ("View", "post", "collect", "contradicted"),
        ("object", "setup", "post", "contradicted"),
    ],
)
def test_methods_of_views(base, first, second, verdict):
    """The methods before and after the one for a request are in this order."""
    source = f"""
import tornado
from django.views import View
class Page({base}):
    @step
    def {first}(self): return 1
class Orders(Page):
    @step
    def {second}(self): return 1
"""
    report = checked(source, f"{first} -> {second}")

    assert verdicts(report)[f"{first} -> {second}"][0] == verdict


REST = """
from rest_framework import authentication, permissions, throttling, views, viewsets
class Owner(permissions.BasePermission):
    {first}
class Reader(Owner): ...
class Token(authentication.BaseAuthentication):
    {other}
class Base(viewsets.ModelViewSet):
    permission_classes = [Reader]
    authentication_classes = (Token,)
class Orders(Base):
    {more}
    @step
    def {second}(self, request): return 1
"""
HAS = "@step\n    def has_permission(self, request, view): return 1"
IS = "@step\n    def authenticate(self, request): return 1"


@pytest.mark.parametrize(
    ("classes", "edge", "verdict"),
    [
        ({"first": HAS, "second": "create"}, "has_permission -> create", "supported"),
        ({"first": HAS, "second": "get"}, "has_permission -> get", "supported"),
        ({"other": IS, "second": "list"}, "authenticate -> list", "supported"),
        ({"first": HAS, "second": "create"}, "create -> has_permission", "contradicted"),
        (
            {"first": HAS, "second": "get", "more": "permission_classes = []"},
            "has_permission -> get",
            "contradicted",
        ),
        (
            {"first": HAS, "second": "get", "more": "permission_classes = build()"},
            "has_permission -> get",
            "unverified",
        ),
        (
            {"first": HAS, "second": "get", "more": "def get_permissions(self): return build()"},
            "has_permission -> get",
            "unverified",
        ),
        (
            {"first": HAS, "second": "get", "more": "permission_classes = [permissions.AllowAny]"},
            "has_permission -> get",
            "contradicted",
        ),
        ({"first": HAS, "second": "report"}, "has_permission -> report", "contradicted"),
    ],
)
def test_classes_that_a_view_of_the_rest_framework_lists(classes, edge, verdict):
    """A view asks them before it calls the method for the request."""
    source = REST.format(**{"first": "pass", "other": "pass", "more": "pass", **classes})

    assert verdicts(checked(source, edge))[edge][0] == verdict


def test_an_application_calls_a_function_before_the_methods_of_views():
    """A function for each request is called before the methods of classes, too."""
    source = """
from flask.views import MethodView
@app.before_request
@step
def load(): return 1
class Orders(MethodView):
    @step
    def get(self): return 1
"""

    assert verdicts(checked(source, "load -> get")) == {"load -> get": ("supported", "order")}


@pytest.mark.parametrize(
    ("group", "command", "verdict"),
    [
        ("click.group()", "cli.command()", "supported"),
        ("click.group()", "cli.command", "supported"),
        ("click.group()", "other.command()", "contradicted"),
        ("click.group()", "cli.option()", "contradicted"),
        ("click.command()", "cli.command()", "contradicted"),
        ("click.group()", "inner.command()", "supported"),
        ("app.callback()", "app.command()", "supported"),
        ("app.callback()", "inner.command()", "contradicted"),
    ],
)
def test_groups_of_commands(group, command, verdict):
    """A group is called before its commands, and those of the groups in it."""
    source = f"""
@{group}
@step
def cli(): open_files()
@cli.group()
def inner(): return 1
@{command}
@step
def add(): return 1
"""

    assert verdicts(checked(source, "cli -> add"))["cli -> add"][0] == verdict


def test_a_command_in_another_module():
    """A command may belong to a group that its module imports."""
    files = {
        "app.py": "import click\n@click.group()\n@step\ndef cli(): open_files()\n",
        "commands.py": "from app import cli\n@cli.command()\n@step\ndef add(): return 1\n",
    }

    assert verdicts(checked(files, "cli -> add")) == {"cli -> add": ("supported", "order")}


IMPORTS = """
import asyncio, celery, channels, scrapy, socketserver
from django.contrib import admin
from django.utils.deprecation import MiddlewareMixin
"""


@pytest.mark.parametrize(
    ("base", "methods"),
    [
        ("celery.Task", ["before_start", "run", "on_failure", "after_return"]),
        ("socketserver.BaseRequestHandler", ["setup", "handle", "finish"]),
        ("asyncio.Protocol", ["connection_made", "data_received", "connection_lost"]),
        ("channels.AsyncWebsocketConsumer", ["connect", "receive", "disconnect"]),
        ("scrapy.Spider", ["start_requests", "parse", "closed"]),
        ("object", ["open_spider", "process_item", "close_spider"]),
        ("MiddlewareMixin", ["process_request", "process_view", "process_response"]),
        ("admin.ModelAdmin", ["save_model", "save_related", "response_add"]),
    ],
)
def test_methods_that_a_library_calls_one_after_the_other(base, methods):
    """An object of such a class has them called in this order, not the other way round."""
    text = "".join(f"    @step\n    def {name}(self, *given): return 1\n" for name in methods)
    source = f"{IMPORTS}class Own({base}):\n{text}"
    forth = [f"{first} -> {second}" for first, second in pairwise(methods)]
    back = [f"{second} -> {first}" for first, second in pairwise(methods)]
    found = verdicts(checked(source, ", ".join([*forth, *back])))

    assert [found[edge][0] for edge in forth] == ["supported"] * len(forth)
    assert "supported" not in {found[edge][0] for edge in back}


@pytest.mark.parametrize(
    ("base", "second", "more", "verdict"),
    [
        ("Client", "on_message", "", "unverified"),
        ("Client", "onMessage", "", "unverified"),
        ("Client", "on_message", "def other(self): self.on_message()", "contradicted"),
        ("Client", "message", "", "contradicted"),
        ("object", "on_message", "", "contradicted"),
    ],
)
def test_methods_for_events_may_be_called_one_after_the_other(base, second, more, verdict):
    """A library that calls both for events may do so in that order."""
    source = f"""
from discord import Client
class Own({base}):
    @step
    def on_ready(self): return 1
    @step
    def {second}(self): return 1
    {more}
"""

    assert checked(source, f"on_ready -> {second}").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("method", "edge"),
    [
        ("process_request", "process_request -> view"),
        ("process_response", "view -> process_response"),
    ],
)
def test_middleware_of_django_is_around_all_views(method, edge):
    """The methods of a middleware are called for each request."""
    source = f"""
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
class Signed(MiddlewareMixin):
    @step
    def {method}(self, request, *given): return 1
@step
def view(request): return 1
urlpatterns = [path("pay/", view)]
"""

    assert verdicts(checked(source, edge)) == {edge: ("supported", "order")}
    assert verdicts(checked(source.replace("path(", "other("), edge)) == {edge: ("contradicted",)}


@pytest.mark.parametrize(
    "router", ["APIRouter(dependencies=[Depends(load)])", "include(dependencies=[Security(load)])"]
)
def test_dependencies_of_a_router_are_called_before_its_views(router):
    """A router, or what includes it, provides them for each request."""
    source = f"""
from fastapi import APIRouter, Depends, Security
@step
def load(): return 1
router = {router}
@router.get("/")
@step
def view(): return 1
"""
    edge = "load -> view"

    assert verdicts(checked(source, edge)) == {edge: ("supported", "order")}
    assert verdicts(checked(source.replace("(load)", "(other)"), edge)) == {edge: ("contradicted",)}


def test_what_a_framework_calls_before_a_view_calls_other_steps_before():
    """They are over when the view is called."""
    source = """
@app.before_request
@step
def load(): check()
@step
def check(): return 1
@app.get("/")
@step
def view(): return 1
"""
    found = verdicts(checked(source, "load -> check, check -> view, view -> check"))

    assert found["check -> view"] == ("supported", "order")
    assert found["view -> check"] == ("contradicted",)
