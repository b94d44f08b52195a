"""Attributes that are inherited, computed or assigned, or each of these for some objects."""

import pytest
from checked_sources import checked, verdicts

COMPUTED = """
class computed:
    def __init__(self, function):
        self.function = function
    def __get__(self, instance, owner=None):
        return self.function(instance)
"""
PAYING = """
@step
def collect(): ...
@step
def pay(shop: Shop):
    return shop.url
"""


@pytest.mark.parametrize(
    "bases",
    ["Generic[T], Base[T]", "Mixin, Base", "Other, Mixin, Base"],
    ids=["generic", "mixin", "both"],
)
def test_a_class_of_a_library_does_not_hide_those_after_it(bases):
    """An attribute that a class of a library may not have is found in those that follow."""
    source = f"""
from typing import Generic, TypeVar
from lib import Mixin
T = TypeVar("T")
class Base(Generic[T]):
    @step
    def collect(self): ...
class Other: ...
class Shop({bases}): ...
@step
def pay():
    Shop().collect()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("supported", "call")}


@pytest.mark.parametrize("decorator", ["cached_property", "computed"])
def test_an_attribute_is_computed_until_it_is_assigned(decorator):
    """Nothing that is assigned somewhere makes an attribute one that is never computed."""
    source = f"""
from functools import cached_property
{COMPUTED}
class Shop:
    def __init__(self, url):
        if url:
            self.url = url
    @{decorator}
    def url(self):
        collect()
{PAYING}"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("supported", "call")}


@pytest.mark.parametrize(
    ("method", "verdict"), [("connect", ("supported", "call")), ("__init__", ("contradicted",))]
)
def test_a_method_is_that_of_the_class_unless_each_object_has_another(method, verdict):
    """An object to which nothing was assigned has the method of its class."""
    source = f"""
class Shop:
    def {method}(self, run):
        self.run = log
    def run(self):
        collect()
def log(): ...
@step
def collect(): ...
@step
def pay(shop: Shop):
    shop.run()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": verdict}


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        (
            "class Shop:\n    it = None\n    @classmethod\n    def get(cls): return cls.it",
            "Shop.get()",
        ),
        ("class Shop:\n    it = None\n    def get(self): return self.it", "Shop().get()"),
        ("it = None\ndef get(): return it", "get()"),
        ("from app import settings", "settings.it"),
    ],
    ids=["of the class", "of an object", "of the module", "of another module"],
)
@pytest.mark.parametrize("test", ["if found:", "if not found: return\n    if found is not None:"])
def test_what_is_none_at_first_may_be_anything_later(declared, read, test):
    """A name of a module or a class that the source sets to None is one that somebody assigns."""
    source = f"""
{declared}
@step
def pay():
    found = {read}
    {test}
        collect()
@step
def collect(): ...
"""
    files = {"app/shop.py": source, "app/settings.py": "it = None", "app/__init__.py": ""}

    assert verdicts(checked(files, "pay -> collect")) == {"pay -> collect": ("supported", "call")}


OPERATORS = {
    "__truediv__(self, other)": "shop / 1",
    "__iadd__(self, other)": "shop += 1",
    "__and__(self, other)": "shop &= 1",
    "__eq__(self, other)": "shop != 1",
    "__le__(self, other)": "0 if shop <= 1 else 1",
    "__contains__(self, item)": "1 not in shop",
    "__delitem__(self, key)": "late = 1\n    del late, shop[1]",
}


@pytest.mark.parametrize(("method", "use"), OPERATORS.items(), ids=OPERATORS)
def test_an_operator_calls_the_method_of_an_object(method, use):
    """Operators, comparisons and ``del`` call methods of objects of the project."""
    source = f"""
class Shop:
    def {method}:
        return collect()
@step
def collect(): ...
@step
def pay(shop: Shop):
    {use}
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("supported", "call")}


@pytest.mark.parametrize(
    "made",
    ["property(get)", "property(partial(get, late=True))", "property(lambda self: collect())"],
)
def test_a_property_may_be_made_of_any_function(made):
    """The function of a property may be one with some of its arguments, or a lambda."""
    source = f"""
from functools import partial
class Shop:
    def get(self, late=False): collect()
    url = {made}
{PAYING}"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("supported", "call")}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [("Order.model_validate(data)", "supported"), ("Order.model_rebuild(data)", "unverified")],
)
def test_what_makes_an_object_of_data_checks_its_fields(call, verdict):
    """The validators of a model run where a method of its class makes an object."""
    source = f"""
from pydantic import BaseModel, field_validator
class Order(BaseModel):
    @field_validator("total")
    @classmethod
    def check(cls, value):
        collect()
@step
def collect(): ...
@step
def pay(data):
    {call}
"""
    assert checked(source, "pay -> collect").edges[0].verdict == verdict


def test_the_validators_of_a_model_run_in_any_order():
    """Validators run in the order of the fields, so their own order contradicts no edge."""
    source = """
from pydantic import BaseModel, field_validator
class Order(BaseModel):
    name: str
    total: int
    @step
    @field_validator("total")
    def total_is_right(cls, value): log()
    @step
    @field_validator("name")
    def name_is_known(cls, value): log()
@step
def pay(data):
    Order.model_validate(data)
def log(): ...
"""
    report = checked(source, "pay -> name_is_known, name_is_known -> total_is_right")

    assert [edge.verdict for edge in report.edges] == ["supported", "unverified"]


@pytest.mark.parametrize(
    ("decorator", "order"),
    [
        ("root_validator(pre=True)", "whole -> name_is_known"),
        ("model_validator(mode='before')", "whole -> name_is_known"),
        ("model_validator(mode='after')", "name_is_known -> whole"),
        ("root_validator", "name_is_known -> whole"),
    ],
)
def test_a_validator_of_a_whole_model_runs_when_its_decorator_says(decorator, order):
    """It runs before the validators of fields, or after them."""
    source = f"""
from pydantic import BaseModel, field_validator, model_validator, root_validator
class Order(BaseModel):
    name: str
    @step
    @{decorator}
    def whole(cls, values): ...
    @step
    @field_validator("name")
    def name_is_known(cls, value): ...
@step
def pay(data):
    Order(name=data)
"""
    first, second = order.split(" -> ")
    report = checked(source, f"pay -> {first}, {order}, {second} -> {first}")

    assert [edge.verdict for edge in report.edges] == ["supported", "supported", "contradicted"]


@pytest.mark.parametrize(
    ("base", "call", "verdict"),
    [
        ("Enum", "Kind.CARD.charge()", ("supported", "call")),
        ("Till, Enum", "Kind.CARD.charge()", ("supported", "call")),
        ("Enum", "print(Kind.CARD.value)", ("contradicted",)),
        ("Enum", "Kind.make()", ("contradicted",)),
        ("Enum", "print([each.value for each in Kind])", ("contradicted",)),
    ],
)
def test_a_member_of_an_enumeration_has_its_methods(base, call, verdict):
    """Its value has not, nor has what the class itself makes."""
    source = f"""
from enum import Enum
class Till:
    def charge(self): charge()
class Kind({base}):
    CARD = 1
    {"def charge(self): charge()" if base == "Enum" else ""}
    @staticmethod
    def make(): pass
@step
def pay(): {call}
@step
def charge(): pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": verdict}


@pytest.mark.parametrize(
    ("module", "field", "call", "verdict"),
    [
        ("attr", "attr.ib(factory=charge)", "Order()", ("supported", "call")),
        ("attr", "attr.ib(default=attr.Factory(charge))", "Order()", ("supported", "call")),
        ("attr", "attr.ib(converter=charge)", "Order(1)", ("supported", "call")),
        ("attr", "attr.ib(validator=charge)", "Order(1)", ("supported", "call")),
        ("attr", "attr.ib(factory=Till)", "Order()", ("supported", "call")),
        ("attr", "attr.ib(factory=charge)", "Order(1)", ("contradicted",)),
        ("attr", "attr.ib(factory=charge)", "Order(total=1)", ("contradicted",)),
        ("attr", "attr.ib(default=1)", "Order()", ("contradicted",)),
        ("dataclasses", "field(default_factory=charge)", "Order()", ("supported", "call")),
        ("dataclasses", "field(default_factory=charge)", "Order(1)", ("contradicted",)),
        ("dataclasses", "field(default_factory=list)", "Order()", ("contradicted",)),
    ],
)
def test_a_field_calls_what_it_has_got_when_an_object_is_made(module, field, call, verdict):
    """A factory makes the value that is not given, which is converted, and checked at last."""
    source = f"""
import attr, attrs
from dataclasses import dataclass, field
class Till:
    def __init__(self): charge()
@{"attr.s" if module == "attr" else "dataclass"}
class Order:
    total{": int" if module != "attr" else ""} = {field}
@step
def pay(): {call}
@step
def charge(*args): pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": verdict}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("dataclasses.replace(order, total=2)", ("supported", "call")),
        ("dataclasses.replace(load(), total=2)", ("contradicted",)),
        ("'a'.replace('a', 'b')", ("contradicted",)),
    ],
)
def test_a_dataclass_is_made_anew(call, verdict):
    """A copy runs the method that follows the assignment of its fields, too."""
    source = f"""
import dataclasses
from lib import load
@dataclasses.dataclass
class Order:
    total: int
    number: int = dataclasses.field(default_factory=refund)
    def __post_init__(self): charge()
@step
def refund(): pass
@step
def pay(order: Order): {call}
@step
def charge(): pass
"""
    assert verdicts(checked(source, "pay -> charge, pay -> refund")) == {
        "pay -> charge": verdict,
        "pay -> refund": ("contradicted",),
    }


@pytest.mark.parametrize(
    ("manager", "call", "verdict"),
    [
        ("closing", "with closing(Till()) as till: till.charge()", ("supported", "call")),
        ("closing", "with closing(Till()): pass", ("supported", "call")),
        ("aclosing", "async with aclosing(Till()): pass", ("supported", "call")),
        ("closing", "closing()", ("contradicted",)),
    ],
)
def test_the_end_of_a_block_closes_what_it_is_of(manager, call, verdict):
    """That may be any object with such a method."""
    name = manager.replace("ing", "e")
    source = f"""
from contextlib import aclosing, closing
class Till:
    def charge(self): pass
    {"async " if manager == "aclosing" else ""}def {name}(self): refund()
@step
async def pay():
    {call}
@step
def refund(): pass
"""
    assert verdicts(checked(source, "pay -> refund")) == {"pay -> refund": verdict}


@pytest.mark.parametrize(
    ("owner", "parameter", "decorator"),
    [("cls", "cls", "classmethod"), ("Shop", "", "staticmethod"), ("Shop", "cls", "classmethod")],
)
@pytest.mark.parametrize(
    "test",
    [
        "if {}.shop is None: ",
        "if not {}.shop: ",
        "if {}.shop is not None: return {}.shop\n        ",
    ],
)
def test_an_attribute_of_a_class_is_what_a_method_assigns(owner, parameter, decorator, test):
    """A class that keeps its only object has None for it at first."""
    source = f"""
class Shop:
    shop = None
    @{decorator}
    def get({parameter}):
        {test.format(owner, owner)}{owner}.shop = Shop()
        return {owner}.shop
    @step
    def charge(self): ...
class Other:
    def charge(self): ...
@step
def pay(): Shop.get().charge()
"""
    report = checked(source, "pay -> charge")

    assert verdicts(report) == {"pay -> charge": ("supported", "call")}


def test_an_attribute_of_a_class_may_be_what_any_function_assigns():
    """The value that a class has at first is one of those of its attribute."""
    source = """
class Shop:
    hook = log
def register(): Shop.hook = charge
register()
@step
def pay(): Shop.hook()
@step
def charge(): ...
@step
def log(): ...
"""
    report = checked(source, "pay -> charge, pay -> log")

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]


QUEUE = """
import queue
from collections import namedtuple
Item = namedtuple("Item", "order, user")
class Orders(queue.Queue):
    def size(self): return len(self.queue)
class Order:
    def handle(self): self.charge()
    @step
    def charge(self): ...
class Other:
    def handle(self): ...
class Shop:
    def __init__(self): self.orders = {queue}
    @step
    def run(self):
        {taken}.handle()
    @step
    def pay(self, user): {put}
"""


@pytest.mark.parametrize("queue", ["Orders()", "queue.Queue()"])
@pytest.mark.parametrize(
    ("put", "taken", "verdict"),
    [
        ("self.orders.put(Order())", "self.orders.get()", "supported"),
        ("self.orders.put(Order(), False)", "self.orders.get(timeout=1)", "supported"),
        ("self.orders.put_nowait(Item(Order(), user))", "self.orders.get().order", "supported"),
        ("self.orders.put(Item(Order(), user))", "self.orders.get().user", "unverified"),
        ("print(Order())", "self.orders.get()", "unverified"),
        ("self.orders.put(Other())", "self.orders.get()", "contradicted"),
    ],
)
def test_a_queue_gives_what_was_put_there(queue, put, taken, verdict):
    """It may be of a class that extends one of the library, and may give anything if empty."""
    source = QUEUE.format(queue=queue, put=put, taken=taken)
    (edge,) = checked(source, "run -> charge").edges

    assert edge.verdict == verdict


def test_a_member_of_an_enumeration_that_is_not_known_may_have_the_value_of_any():
    """Another function names one of them."""
    source = """
from enum import Enum
class Kind(Enum):
    CARD = [charge]
    CASH = [refund]
    def run(self): self.value[0]()
@step
def charge(): pass
@step
def refund(): pass
@step
def pay(kind: Kind):
    Kind.CARD.run()
    kind.run()
"""
    edges = "pay -> charge, pay -> refund"
    assert verdicts(checked(source, edges)) == {
        "pay -> charge": ("supported", "call"),
        "pay -> refund": ("supported", "call"),
    }


@pytest.mark.parametrize(
    ("made", "call", "verdict"),
    [
        ("MappingProxyType({'a': charge})", "made['a']()", "supported"),
        ("ChainMap({'a': charge}, {'b': other})", "made['a']()", "supported"),
        ("ChainMap({'b': other})", "made['a']()", "contradicted"),
        ("SimpleNamespace(run=charge)", "made.run()", "supported"),
        ("SimpleNamespace(run=other)", "made.run()", "contradicted"),
        ("library.SimpleNamespace(run=other)", "made.run()", "contradicted"),
        ("sys.modules[__name__]", "made.charge()", "supported"),
        ("sys.modules['json']", "made.charge()", "contradicted"),
        ("library.modules[__name__]", "made.charge()", "contradicted"),
    ],
)
def test_objects_of_the_standard_library_that_keep_others(made, call, verdict):
    """A mapping or a namespace has what was put into it, and a module its functions."""
    source = f"""
import library, sys
from collections import ChainMap
from types import MappingProxyType, SimpleNamespace
@step
def charge(): return 1
def other(): return 1
made = {made}
@step
def pay(): {call}
"""

    assert verdicts(checked(source, "pay -> charge"))["pay -> charge"][0] == verdict


GIVEN = """
import argparse
from library import found
class Bank:
    @step
    def charge(self): ...
class Other:
    def charge(self): ...
def send(bank{annotation}): bank.charge()
@step
def pay():
    args = argparse.ArgumentParser().parse_args()
    send({given})
"""


@pytest.mark.parametrize(
    ("annotation", "given", "verdict"),
    [
        (": Bank", "args.bank.find()", ("supported", "call")),
        (": Bank", "found.find()", ("supported", "call")),
        (": 'Bank | None'", "found() or None", ("supported", "call")),
        ("", "args.bank.find()", ("unverified",)),
        ("", "args.bank", ("unverified",)),
        (": str", "args.bank", ("unverified",)),
        (": Bank", "'nothing'", ("contradicted",)),
    ],
)
def test_what_a_library_gives_is_what_a_parameter_is_annotated_as(annotation, given, verdict):
    """The arguments of a command line, which a function may have made, may be anything else."""
    source = GIVEN.format(annotation=annotation, given=given)

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": verdict}


READ = """
class Order:
    @property
    def paid(self): return self.charge()
    @property
    def total(self): return [each for each in self.lines()]
    def lines(self):
        for each in self.{name}: yield each
    @step
    def charge(self): ...
@step
def pay(order): return order.total
"""


@pytest.mark.parametrize(("name", "verdict"), [("paid", "unverified"), ("other", "contradicted")])
def test_a_property_of_an_unknown_object_may_read_others(name, verdict):
    """A function that reads a property leads to what that calls, as one that calls a method."""
    source = READ.format(name=name)
    many = "".join(f"def read_{number}(it): return it.paid\n" for number in range(20))

    assert checked(source, "pay -> charge").edges[0].verdict == verdict
    assert checked(source + many, "pay -> charge").edges[0].verdict == "contradicted"


MADE = """
import attr, attrs, dataclasses, library
from dataclasses import dataclass
class Base:
    def __init__(self, *given): {inherited}
{decorator}
class Order(Base):
    number: int
class Later(Order): ...
@step
def pay():
    {cls}(1)
    charge()
@step
def charge(): ...
@step
def ship(): ...
"""


@pytest.mark.parametrize("cls", ["Order", "Later"])
@pytest.mark.parametrize(
    ("decorator", "is_made"),
    [
        ("@dataclass", True),
        ("@dataclasses.dataclass(frozen=True)", True),
        ("@attrs.define", True),
        ("@attr.s(auto_attribs=True)", True),
        ("@dataclass(init=False)", False),
        ("@library.known", False),
        ("", False),
    ],
)
def test_a_class_that_makes_its_init_does_not_inherit_another(cls, decorator, is_made):
    """A dataclass, and the like, sets its fields, whatever the class that it extends does."""
    raising, calling = (
        verdicts(checked(MADE.format(decorator=decorator, cls=cls, inherited=inherited), edge))
        for inherited, edge in (("raise TypeError", "pay -> charge"), ("ship()", "pay -> ship"))
    )

    assert (raising == {"pay -> charge": ("supported", "call")}) is is_made
    assert (calling == {"pay -> ship": ("contradicted",)}) is is_made


KEPT = """
import heapq, joblib, pickle, random
from aiohttp import web
from flask import current_app
from starlette.requests import Request
class Bank:
    @step
    def charge(self): ...
class Other:
    def charge(self): ...
@step
def pay(asked, banks, request: Request, other: web.Request): {line}.charge()
"""


@pytest.mark.parametrize(
    "line",
    [
        "current_app.extensions['bank']",
        "request.app.state.bank",
        "other.app['bank']",
        "pickle.loads(asked)",
        "joblib.load(asked)",
        "random.choice(banks)",
        "max(banks, key=len)",
        "min(banks)",
        "max(asked, banks)",
        "heapq.heappop(banks)",
    ],
)
def test_an_object_of_the_project_may_come_back_from_a_library(line):
    """An application keeps its objects there, and functions return items or what was pickled."""
    assert verdicts(checked(KEPT.format(line=line), "pay -> charge")) == {
        "pay -> charge": ("unverified",)
    }


@pytest.mark.parametrize(
    "line",
    ["random.choice([Bank()])", "max([Bank()])", "heapq.heappop([Bank()])", "max(Bank(), 1)"],
)
def test_an_item_of_a_list_is_called(line):
    """Functions that choose one of several objects return one of these."""
    assert verdicts(checked(KEPT.format(line=line), "pay -> charge")) == {
        "pay -> charge": ("supported", "call")
    }
