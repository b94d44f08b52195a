"""Managers, commands and users of Django, and queries of Flask-SQLAlchemy."""

import pytest
from checked_sources import EDGE, checked, verdicts

QUERIES = """
from django.db import models
from flask_sqlalchemy.query import Query
class Late({base}):
    @step
    def charge(self): ...
class Manager(models.Manager):
    def get_queryset(self): return Late(self.model)
class Order(models.Model):
    {field}
@step
def pay(): {call}
"""
FIELDS = {
    "objects = Late.as_manager()": "models.QuerySet",
    "objects = models.Manager.from_queryset(Late)()": "models.QuerySet",
    "objects = Manager()": "models.QuerySet",
    "query_class = Late": "Query",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("{}.charge()", "supported"),
        ("{}.filter(late=True).order_by('day').charge()", "supported"),
        ("{}.filter(late=True).ship()", "contradicted"),
        ("{}.count()", "contradicted"),
    ],
)
def test_a_query_has_the_methods_of_the_class_of_the_project(field, call, verdict):
    """The model has a query of that class, also after methods of the library."""
    query = "Order.query" if "query_class" in field else "Order.objects"
    source = QUERIES.format(base=FIELDS[field], field=field, call=call.format(query))

    assert checked(source, EDGE).edges[0].verdict == verdict


def test_a_query_of_which_the_class_is_not_known_may_have_the_method_of_any():
    """Several classes of queries have a method of that name."""
    other = "class Other(models.QuerySet):\n    def charge(self): ...\n"
    source = other + QUERIES.format(
        base="models.QuerySet",
        field="objects = models.Manager()",
        call="Order.objects.all().charge()",
    )

    assert checked("from django.db import models\n" + source, EDGE).edges[0].verdict == "unverified"


def test_a_query_has_no_method_of_another_class():
    """A class that extends no query and no manager is not the one of a model."""
    source = QUERIES.format(base="Base", field="pass", call="Order.objects.all().charge()")

    assert checked(source, EDGE).edges[0].verdict == "contradicted"


COMMAND = """
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    {}
    def handle(self, *args, **options): ...
"""


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("'charge'", "supported"),
        ("Command()", "supported"),
        ("'ship'", "contradicted"),
        ("'migrate'", "contradicted"),
        ("name", "unverified"),
        ("settings.COMMAND", "unverified"),
    ],
)
def test_call_command_leads_to_the_command_of_that_name(command, verdict):
    """It is the class in the module of that name, or any if nobody knows the name."""
    source = f"""
from django.conf import settings
from django.core.management import call_command
from shop.management.commands.charge import Command
@step
def pay(name): call_command({command}, verbosity=0)
"""
    commands = {"charge": COMMAND.format("@step"), "ship": COMMAND.format("")}
    files = {f"shop/management/commands/{name}.py": text for name, text in commands.items()}

    assert verdicts(checked({"app.py": source, **files}, "pay -> handle")) == {
        "pay -> handle": (verdict, "call") if verdict == "supported" else (verdict,)
    }


USERS = """
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, BaseUserManager
class Customers(BaseUserManager):
    @step
    def create_user(self): ...
class Customer(AbstractUser):
    objects = Customers()
    @step
    def charge(self): ...
@step
def pay(name):
    get_user_model().objects.create_user()
    get_user_model().objects.get(name=name).charge()
"""


@pytest.mark.parametrize(
    ("more", "verdict"),
    [("", ("supported", "call")), ("class Other(AbstractUser): ...", ("unverified",))],
)
def test_the_user_model_is_the_one_of_the_project(more, verdict):
    """With several, the settings say which, and perhaps differently elsewhere."""
    found = verdicts(checked(f"{USERS}{more}\n", "pay -> create_user, pay -> charge"))

    assert found == dict.fromkeys(["pay -> create_user", "pay -> charge"], verdict)
