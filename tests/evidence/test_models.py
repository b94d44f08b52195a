"""Objects of models, as queries, admin classes, views and sessions give them."""

import pytest
from checked_sources import checked, verdicts

DJANGO = """
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.shortcuts import get_object_or_404
from django.views import generic
from rest_framework import serializers, viewsets
class OrderQuerySet(models.QuerySet):
    def open(self): return self.filter(is_open=True)
class Order(models.Model):
    objects = OrderQuerySet.as_manager()
    @step
    def charge(self): pass
class Other(models.Model):
    def charge(self): pass
class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
"""
ALCHEMY = """
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, relationship
class Base(DeclarativeBase): pass
class Customer(Base):
    orders = relationship("Order")
class Order(Base):
    @step
    def charge(self): pass
class Other:
    def charge(self): pass
"""


def is_found(source: str, step: str) -> bool:
    report = checked(source, f"{step} -> charge")
    assert not report.failures
    return verdicts(report)[f"{step} -> charge"] == ("supported", "call")


@pytest.mark.parametrize(
    "query",
    [
        "Order.objects.all().filter(a=1) | Order.objects.open()",
        "Order.objects.filter(a=1) & Order.objects.filter(b=2)",
        "Order.objects.in_bulk([1]).values()",
        "Paginator(Order.objects.all(), 10).get_page(1)",
        "Paginator(Order.objects.all(), 10).page(1).object_list",
        "sorted(Order.objects.all(), key=lambda order: order.pk)",
        "[get_object_or_404(Order.objects, pk=1)]",
        "[apps.get_model('shop', 'Order').objects.first()]",
    ],
)
def test_queries_of_django(query):
    """The objects of a query are those of its model, whatever is done with it."""
    assert is_found(f"{DJANGO}@step\ndef pay(key):\n    for one in {query}: one.charge()\n", "pay")


@pytest.mark.parametrize(
    ("query", "edges"),
    [
        ("Order.objects.create(a=1)", ["supported", "supported"]),
        ("Order.objects.get_or_create(a=1)", ["supported", "supported"]),
        ("Order.objects.filter(a=1)", ["contradicted", "contradicted"]),
    ],
)
def test_an_object_that_is_created_is_saved(query, edges):
    """A query saves the object that it creates, with the method that the model has."""
    source = DJANGO.replace(
        "    @step\n    def charge", "    @step\n    def save(self): pass\n    def charge"
    )
    source += f"@step\ndef ship(): pass\n@step\ndef pay():\n    {query}\n    ship()\n"
    report = checked(source, "pay -> save, save -> ship")

    assert [edge.verdict for edge in report.edges] == edges


@pytest.mark.parametrize("name", ["__attrs_post_init__", "model_post_init"])
def test_what_is_called_after_fields_are_assigned(name):
    """A class of a library calls a method when the fields of an object have been assigned."""
    source = f"""
import attrs
@attrs.define
class Order:
    key: int
    @step
    def {name}(self, *given): pass
@step
def pay(): Order(1)
"""
    assert verdicts(checked(source, f"pay -> {name}")) == {f"pay -> {name}": ("supported", "call")}


@pytest.mark.parametrize(
    ("name", "parameters", "body"),
    [
        ("pay", "request, key", "get_object_or_404(self.get_queryset(request), pk=key).charge()"),
        ("pay", "request, key", "self.get_object(request, key).charge()"),
        ("pay", "request, key", "self.model.objects.get(pk=key).charge()"),
        ("pay", "request, queryset", "for one in queryset.filter(a=1): one.charge()"),
        ("save_model", "request, obj, form, change", "obj.charge()"),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@admin.register(Order)", ""),
        ("@admin.register(Order, site=other)", ""),
        ("", "admin.site.register(Order, OrderAdmin)"),
        ("", "admin.site.register([Order], OrderAdmin)"),
        ("", "admin.site.register(Order, admin_class=OrderAdmin)"),
    ],
)
def test_admin_classes(name, parameters, body, before, after):
    """An admin class shows the objects of the model that it is registered for."""
    source = f"""{DJANGO}
{before}
class OrderAdmin(admin.ModelAdmin):
    def get_queryset(self, *given): return super().get_queryset(*given).select_related("a")
    @step
    def {name}(self, {parameters}): {body}
{after}
"""
    assert is_found(source.replace(": for", ":\n        for"), name)


def test_an_admin_class_that_saves_and_deletes():
    """An admin class saves and deletes the object that it gets."""
    source = DJANGO.replace(
        "    def charge(self): pass\nclass Other",
        """    def charge(self): pass
    @step
    def save(self): pass
    @step
    def delete(self): pass
class Other""",
    )
    source += """
@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    @step
    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
    @step
    def delete_model(self, request, obj): super().delete_model(request, obj)
"""
    report = checked(source, "save_model -> save, delete_model -> delete")

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]


@pytest.mark.parametrize(
    ("base", "attribute", "name", "parameters", "body"),
    [
        ("generic.UpdateView", "model = Order", "post", "request", "self.object.charge()"),
        ("generic.ListView", "model = Order", "get", "request", "self.object_list[0].charge()"),
        (
            "generic.UpdateView", "form_class = OrderForm", "form_valid", "form",
            "form.instance.charge()",
        ),
        ("generic.View", "", "post", "request", "OrderForm(request.POST).instance.charge()"),
        (
            "viewsets.ModelViewSet", "queryset = Order.objects.all()", "list", "request",
            "self.paginate_queryset(self.filter_queryset(self.get_queryset()))[0].charge()",
        ),
        ("forms.ModelForm", "Meta = OrderForm.Meta", "save", "commit", "self.instance.charge()"),
        (
            "serializers.ModelSerializer", "Meta = OrderSerializer.Meta", "update",
            "instance, validated_data", "instance.charge()",
        ),
    ],
)  # fmt: skip
def test_views_and_forms(base, attribute, name, parameters, body):
    """Views, forms and serializers have objects of the model that they name."""
    source = f"""{DJANGO}
class Given({base}):
    {attribute}
    @step
    def {name}(self, {parameters}): {body}
"""
    assert is_found(source, name)


def test_models_of_another_library():
    """A function of another library that is called like one of Django's gives nothing known."""
    body = "apps.get_model('shop', 'Order').objects.first().charge()"
    source = DJANGO.replace("django.apps import apps", "elsewhere import apps")
    report = checked(f"{source}@step\ndef pay(key): {body}\n", "pay -> charge")

    assert verdicts(report) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@receiver(post_save, sender=Order)\n", ""),
        ("", "post_save.connect(pay, sender=Order)\n"),
    ],
)
def test_the_object_that_a_signal_is_about(before, after):
    """A receiver of a signal of a model gets an object of it."""
    step = f"{before}@step\ndef pay(sender, instance, **given): instance.charge()\n"

    assert is_found(DJANGO + step + after, "pay")


@pytest.mark.parametrize(
    "body",
    [
        "session.get(Order, key).charge()",
        "session.query(Order).filter_by(a=1).one().charge()",
        "session.scalars(select(Order).where(Order.a == 1)).first().charge()",
        "session.execute(select(Order)).scalar_one().charge()",
        "session.scalar(select(Order)).charge()",
        "session.merge(Order()).charge()",
        "session.get(Customer, key).orders[0].charge()",
        "for one, customer in session.query(Order, Customer): one.charge()",
        "for one, name in session.execute(select(Order, other.name)): one.charge()",
        "async for one in await session.stream_scalars(select(Order)): one.charge()",
        "(await session.get(Order, key)).charge()",
        "(await session.execute(select(Order))).scalar_one_or_none().charge()",
    ],
)
def test_sessions_of_an_unknown_class(body):
    """A session of which nothing shows the class gives objects of what is asked for."""
    assert is_found(f"{ALCHEMY}@step\nasync def pay(session, key):\n    {body}\n", "pay")


@pytest.mark.parametrize("body", ["session.get(key).charge()", "session.merge(key).charge()"])
def test_a_method_that_is_not_of_a_session(body):
    """Something unknown that gets something unknown returns something unknown."""
    source = f"{ALCHEMY}@step\ndef pay(session, key):\n    {body}\n"

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    "caller",
    [
        "def view(request): pay(Order.objects.get(pk=1))\n",
        "class View:\n    def get(self):\n        one = Order()\n        return pay(one)\n",
        "pay(Order())\n",
    ],
)
def test_an_argument_that_others_pass(caller):
    """A step gets what its callers pass, though the flow does not have them."""
    assert is_found(f"{DJANGO}@step\ndef pay(one): one.charge()\n{caller}", "pay")


def test_an_argument_that_another_module_passes():
    """A step gets what a module passes that nothing of the flow imports."""
    files = {
        "app.py": f"{DJANGO}@step\ndef pay(one): one.charge()\n",
        "main.py": "from app import Order, pay\npay(Order())\n",
    }
    assert verdicts(checked(files, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    ("field", "read"),
    [
        ("OneToOneField(User)", "order.user.profile"),
        ("OneToOneField(to=User)", "order.user.profile"),
        ("OneToOneField(User, related_name='details')", "order.user.details"),
        ("ForeignKey(User)", "order.user.profile_set.first()"),
    ],
)
def test_a_model_of_a_library_has_what_relations_of_the_project_add(field, read):
    """An object of a library's model leads back to the objects that have a relation to it."""
    source = f"""
from django.contrib.auth.models import User
from django.db import models
class Profile(models.Model):
    user = models.{field}
    @step
    def charge(self): pass
class Order(models.Model):
    user = models.ForeignKey(User)
class Other(models.Model):
    def charge(self): pass
@step
def pay(order: Order):
    {read}.charge()
"""

    assert is_found(source, "pay")


@pytest.mark.parametrize(
    ("called", "verdict"),
    [
        ("self.get_state_display()", "contradicted"),
        ("self.get_next_by_created()", "contradicted"),
        ("self.clean_fields()", "unverified"),
    ],
)
def test_a_method_that_django_adds_for_a_field(called, verdict):
    """It returns what the field has, and calls no method of the model."""
    source = f"""
from django.db import models
class Order(models.Model):
    @step
    def pay(self): {called}
    def clean_total(self): charge()
    def adapt(self): charge()
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
