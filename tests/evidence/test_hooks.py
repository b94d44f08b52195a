"""Methods and functions that a library calls of an object, and for its fields."""

import pytest
from checked_sources import checked, verdicts

DJANGO = """
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
class Login:
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
