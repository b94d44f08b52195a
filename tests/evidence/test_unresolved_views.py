"""Views, middleware and templates, which a library calls."""

import pytest
from checked_sources import checked, verdicts

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
    ("decorator", "call", "verdict"),
    [
        ("@register.simple_tag", "render(request, 'shop.html')", "unverified"),
        ("@app.template_filter()", "flask.render_template('shop.html')", "unverified"),
        ("@register.simple_tag", "get_template('shop.html').render()", "unverified"),
        ("@register.simple_tag", "get_template('shop.html')", "contradicted"),
        ("@register.simple_tag", "make_template_fragment_key('shop')", "contradicted"),
        ("@register.simple_tag", "redirect('/')", "contradicted"),
        ("@register.simple_tag", "lib.async_render('shop.html')", "unverified"),
        ("@register.simple_tag", "lib.set_text_rendering(3)", "contradicted"),
        ("@register.simple_tag", "lib.vector_paint_render()", "contradicted"),
        ("@other.tag", "render(request, 'shop.html')", "contradicted"),
    ],
)
def test_a_template_may_call_the_functions_that_are_made_for_it(decorator, call, verdict):
    """Tags, filters and context processors run where something renders a template."""
    source = f"""
import flask
import lib
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
    ("call", "view", "verdict"),
    [
        ("self.get_response(request)", "def charge(request): pass", "unverified"),
        ("self.app(request)", "@app.get('/')\n@step\ndef charge(): pass", "unverified"),
        ("self.app(request)", "def charge(order): pass", "contradicted"),
        ("self.app(*request)", "def charge(request): pass", "unverified"),
        ("self.app(1, *request)", "def charge(request): pass", "contradicted"),
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
        (
            "def setup(app: Flask): app.add_template_global(charge, 'charge')\nsetup(app)",
            "unverified",
        ),
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
