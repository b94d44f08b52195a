"""The methods that Python calls where the source has no call: of operators, `str()`, `if`."""

import pytest
from checked_sources import checked, undeclared, verdicts

USES = [
    ("__bool__", "self", "if order: pass"),
    ("__bool__", "self", "while not order: pass"),
    ("__bool__", "self", "assert order"),
    ("__bool__", "self", "order and charge"),
    ("__bool__", "self", "1 if order else 2"),
    ("__bool__", "self", "[each for each in () if order]"),
    ("__bool__", "self", "if True and order: pass"),
    ("__len__", "self", "if order: pass"),
    ("__len__", "self", "len(order)"),
    ("__hash__", "self", "{order: 1}"),
    ("__hash__", "self", "{order}"),
    ("__hash__", "self", "hash(order)"),
    ("__eq__", "self, other", "1 == order"),
    ("__eq__", "self, other", "1 in [order]"),
    ("__lt__", "self, other", "1 > order"),
    ("__lt__", "self, other", "sorted([order, order])"),
    ("__bool__", "self", "any([order])"),
    ("__radd__", "self, other", "sum([order])"),
    ("__radd__", "self, other", "1 + order"),
    ("__neg__", "self", "-order"),
    ("__str__", "self", "f'{order}'"),
    ("__str__", "self", "str(order)"),
    ("__str__", "self", "'{}'.format(order)"),
    ("__str__", "self", "'%s' % order"),
    ("__str__", "self", "'%s %s' % (1, order)"),
    ("__str__", "self", "print(order)"),
    ("__str__", "self", "logging.info('%s', order)"),
    ("__repr__", "self", "f'{order!r}'"),
    ("__repr__", "self", "print([order])"),
    ("__format__", "self, spec", "format(order)"),
    ("__fspath__", "self", "open(order)"),
    ("__deepcopy__", "self, memo", "copy.deepcopy(order)"),
    ("__setattr__", "self, name, value", "order.total = 1"),
    ("__delattr__", "self, name", "del order.total"),
]
"""Special methods, their parameters, and what calls them of ``order``."""

OPEN = [
    ("__contains__", "self, item", "1 in order"),
    ("__iter__", "self", "for each in order: pass"),
    ("__iter__", "self", "list(order)"),
    ("__iter__", "self", "first, second = order"),
    ("__getitem__", "self, key", "order['total']"),
    ("__setitem__", "self, key, value", "order['total'] = 1"),
    ("__delitem__", "self, key", "del order['total']"),
    ("__enter__", "self", "with order: pass"),
    ("__exit__", "self, *exception", "with order: pass"),
    ("__getattr__", "self, name", "order.total"),
    ("__add__", "self, other", "order + 1"),
]
"""The same for methods of which other tests show that they are called."""


def source_of(method: str, parameters: str, use: str, order: str) -> str:
    return f"""
import copy
import logging
from shelf import load
@step
def charge(): ...
class Order:
    def {method}({parameters}): return charge()
class Other: ...
@step
def pay():
    order = {order}
    {use}
"""


@pytest.mark.parametrize(
    ("method", "parameters", "use"), USES, ids=[f"{u[0]}: {u[2]}" for u in USES]
)
def test_a_special_method_of_a_known_object_is_called(method, parameters, use):
    """A method that syntax calls of an object of the project is evidence, as any call is."""
    found = checked(source_of(method, parameters, use, "Order()"), "pay -> charge")

    assert verdicts(found) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    ("method", "parameters", "use"), USES + OPEN, ids=[f"{u[0]}: {u[2]}" for u in USES + OPEN]
)
def test_a_special_method_of_an_unknown_object_may_be_called(method, parameters, use):
    """An object of which the source shows no class may have the method, and another has not."""
    unknown = checked(source_of(method, parameters, use, "load()"), "pay -> charge")
    other = checked(source_of(method, parameters, use, "Other()"), "pay -> charge")

    assert verdicts(unknown) == {"pay -> charge": ("unverified",)}
    assert verdicts(other) == {"pay -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    ("order", "verdict"),
    [
        ("request.form", "contradicted"),
        ("request.POST.get('order', '').strip()", "contradicted"),
        ("request.args['order']", "contradicted"),
        ("request.user", "unverified"),
        ("load(request.form)", "unverified"),
    ],
)
def test_what_an_http_request_has_got_is_data(order, verdict):
    """It has none of the special methods of a class of the project."""
    source = source_of("__getattr__", "self, name", f"{order}.total", "load()")
    given = source.replace("def pay():", "def pay(self, request):")

    assert verdicts(checked(given, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("use", "verdict"),
    [
        ("order.total", "unverified"),
        ("order.append(1)", "contradicted"),
        ("order.strip().lower()", "contradicted"),
    ],
)
def test_a_method_of_lists_and_strings_is_not_computed(use, verdict):
    """An unknown object of which it is called is one of these, and has no ``__getattr__``."""
    source = source_of("__getattr__", "self, name", use, "load()")

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("Database()", "contradicted"),
        ("Database().session", "contradicted"),
        ("anyio.create_task_group()", "contradicted"),
        ("anyio.create_memory_object_stream()", "unverified"),
        ("redis.from_url(1)", "contradicted"),
        ("Database().orders", "unverified"),
        ("Database().find()", "unverified"),
        ("LocalProxy(load)", "unverified"),
        ("database()", "unverified"),
        ("DATABASE()", "unverified"),
    ],
)
def test_an_object_that_a_class_of_a_library_makes_is_of_that_class(made, verdict):
    """It has none of the special methods of a class of the project, unless it looks like others."""
    imported = (
        "import anyio, redis\nfrom lib import DATABASE, Database, LocalProxy, database, load\n"
    )
    source = source_of("__getattr__", "self, name", f"{made}.total", "load()")

    assert verdicts(checked(imported + source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_a_special_method_of_a_protocol_is_no_function_that_is_called():
    """A method that another class has to have may be any of that name, and no other value."""
    source = """
from typing import Protocol
class Version(Protocol):
    def __str__(self): raise NotImplementedError
@step
def pay(version: Version): str(version)
class Command:
    def __call__(self): charge()
HOOKS = [Command()]
@step
def charge(): ...
class Other:
    def {}(self): {}
"""
    known = checked(source.format("other", "pass"), "pay -> charge")
    special = checked(source.format("__repr__", "charge()"), "pay -> charge")

    assert verdicts(known) == {"pay -> charge": ("contradicted",)}
    assert verdicts(special) == {"pay -> charge": ("unverified",)}


def test_an_object_that_a_library_returns_may_be_called():
    """An object that a library returns may be one of the project that can be called."""
    found = checked(source_of("__call__", "self", "order()", "load()"), "pay -> charge")

    assert verdicts(found) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("library", "verdict"),
    [("shelf", "unverified"), ("pandas", "contradicted"), ("plumbum", "contradicted")],
)
def test_an_object_of_a_library_for_data_is_one_of_its_own(library, verdict):
    """It is not of a class of the project, as what others return may be."""
    source = f"""
import {library}
@step
def charge(): ...
class Orders:
    def __iter__(self): charge()
@step
def pay():
    for each in {library}.read("orders").items(): print(each)
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_the_reason_names_the_object_and_the_method():
    """A report says which object may be of which kind."""
    (edge,) = checked(source_of("__str__", "self", "f'{order}'", "load()"), "pay -> charge").edges

    assert edge.reason == "the class of order, which may have __str__, is not known"
    assert str(edge.location) == "app.py:13"


def test_a_special_method_that_does_not_lead_to_a_step_is_no_reason():
    """Another class of the project that has the method leaves an edge contradicted."""
    source = source_of("total", "self", "f'{order}'", "load()")
    source += "class Shop:\n    def __str__(self): return 'shop'\n"

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


def test_the_left_operand_comes_first():
    """The method of the right operand is called only where the left one has none."""
    source = """
@step
def charge(): ...
class Left:
    def __add__(self, other): return 1
class Right:
    def __radd__(self, other): return charge()
@step
def pay(): Left() + Right()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


def test_the_first_method_that_a_class_has_is_called():
    """`str()` calls ``__repr__`` only of an object without ``__str__``."""
    source = """
@step
def charge(): ...
class Order:
    def __str__(self): return "order"
    def __repr__(self): return charge()
@step
def pay(): str(Order())
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


def test_a_subclass_may_have_the_method():
    """An object that is only annotated may be one of a subclass."""
    source = """
@step
def charge(): ...
class Order: ...
class Large(Order):
    def __bool__(self): return charge()
@step
def pay(order: Order):
    if order: pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


def test_a_message_that_may_not_be_made_is_not_before_what_follows():
    """A call of `logging` need not make a string of what it gets."""
    source = """
import logging
@step
def pay():
    logging.info("%s", Order())
    ship()
class Order:
    def __str__(self): return charge()
@step
def charge(): ...
@step
def ship(): ...
"""
    assert undeclared(checked(source, "pay -> charge, pay -> ship")) == []


@pytest.mark.parametrize(
    ("decorator", "use", "verdict"),
    [
        ("property", "load().total", "unverified"),
        ("functools.cached_property", "order.total", "unverified"),
        ("property", "Other().total", "contradicted"),
        ("property", "load().price", "contradicted"),
        ("shelf.kept", "load().total", "contradicted"),
        ("total.setter", "load().total = 1", "unverified"),
        ("total.deleter", "del load().total", "unverified"),
    ],
)
def test_a_property_of_an_unknown_object_may_run(decorator, use, verdict):
    """An attribute that is read, assigned or deleted may be the property of that name."""
    source = f"""
import functools
import shelf
from shelf import load
@step
def charge(): ...
class Order:
    @property
    def total(self): return 1
    @{decorator}
    def total(self, *value): return charge()
class Other:
    total = 1
@step
def pay(order):
    {use}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


MAKING = [
    ("class Meta(type):\n    def __call__(cls): charge()", "metaclass=Meta", "Order()"),
    (
        "class Meta(type):\n    def __getattr__(cls, name): charge()",
        "metaclass=Meta",
        "Order.total",
    ),
    (
        "class Meta(type):\n    @property\n    def total(cls): charge()",
        "metaclass=Meta",
        "Order.total",
    ),
    ("class Meta(type):\n    def total(cls): charge()", "metaclass=Meta", "Order.total()"),
    ("class Base:\n    def __class_getitem__(cls, item): charge()", "Base", "Order[int]"),
    ("class Base(dict):\n    def __missing__(self, key): charge()", "Base", "Order()['total']"),
]


@pytest.mark.parametrize(
    ("base", "bases", "use"), MAKING, ids=[m[0].split("def ")[1] for m in MAKING]
)
def test_what_a_class_is_made_of_is_called(base, bases, use):
    """The methods of a metaclass, and those of a class itself, run where the class is used."""
    source = f"""
@step
def charge(): ...
{base}
class Order({bases}): ...
@step
def pay(): {use}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    "statement",
    [
        "class Order(metaclass=Meta): ...",
        "class Order: total = Field()",
    ],
)
def test_what_a_class_statement_calls(statement):
    """To make a class runs its metaclass, and ``__set_name__`` of its attributes."""
    source = f"""
@step
def charge(): ...
class Meta(type):
    def __new__(mcs, name, bases, names): charge()
class Field:
    def __set_name__(self, owner, name): charge()
@step
def pay():
    {statement}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    "body",
    [
        "return super().__call__()",
        "made = super().__call__()\n        return made",
        "def make(): return super(Meta, cls).__call__()\n        return make()",
    ],
)
def test_a_metaclass_makes_objects_by_its_base(body):
    """The object that ``type`` makes for a metaclass is one of the class that is called."""
    source = f"""
class Meta(type):
    def __call__(cls):
        {body}
class Order(metaclass=Meta):
    def __init__(self): charge()
    def ship(self): self.close()
    @step
    def close(self): ...
@step
def charge(): ...
@step
def pay(): Order().ship()
"""
    assert verdicts(checked(source, "pay -> charge, charge -> close")) == {
        "pay -> charge": ("supported", "call"),
        "charge -> close": ("supported", "order"),
    }


@pytest.mark.parametrize(
    ("method", "verdict"), [("__init__", "unverified"), ("ship", "contradicted")]
)
def test_a_metaclass_of_which_nothing_shows_the_class_may_make_any_object(method, verdict):
    """A step of a metaclass gets a class that nothing in the source names."""
    source = f"""
import abc
class Meta(abc.ABCMeta):
    @step
    def pay(cls): return super().__call__()
class Order(metaclass=Meta):
    def {method}(self): charge()
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


def test_a_metaclass_may_make_an_object_of_a_subclass():
    """A class method of a base may be called for a class that has its own ``__init__``."""
    source = """
class Meta(type):
    def make(cls): return super().__call__()
class Order(metaclass=Meta):
    @classmethod
    @step
    def pay(cls): return cls.make()
class Late(Order):
    def __init__(self): charge()
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("method", "use"),
    [
        ("__hash__", "seen.add(Order())"),
        ("__hash__", "{each: 1 for each in [Order()]}"),
        ("__eq__", "[Order()].index(Order())"),
        ("__lt__", "heappush([], Order())"),
        ("__del__", "Order()"),
        ("__setattr__", "setattr(Order(), 'total', 1)"),
    ],
)
@pytest.mark.parametrize("is_step", [True, False], ids=["a step", "a way to one"])
def test_a_method_that_python_calls_itself_is_not_contradicted(method, use, is_step):
    """The check does not see each comparison, hash and deletion of an object."""
    mark, other = ("@step", "") if is_step else ("", "@step")
    source = f"""
from heapq import heappush
seen = set()
{other}
def charge(): ...
class Order:
    {mark}
    def {method}(self, *others): return charge()
@step
def pay(): {use}
"""
    name = method if is_step else "charge"
    (edge,) = checked(source, f"pay -> {name}").edges

    assert edge.verdict == "unverified"
    assert edge.reason == f"Python may call app.Order.{method} where the source does not"


def test_a_method_of_an_object_that_a_module_makes_may_be_called():
    """It may be anywhere in the flow, and one that nobody makes is not."""
    source = """
class Order:
    @step
    def __del__(self): print()
@step
def pay(): print()
"""
    (made,) = checked(f"{source}order = Order()\n", "pay -> __del__").edges
    (never,) = checked(source, "pay -> __del__").edges

    assert (made.verdict, never.verdict) == ("unverified", "contradicted")


def test_what_others_call_too_is_contradicted():
    """A function that such a method calls is not out of the check if others call it by name."""
    source = """
@step
def charge(): ...
def close(): charge()
class Order:
    def __del__(self): charge()
@step
def pay(): Order()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


def test_a_call_of_an_object_asks_its_class_alone():
    """``__getattr__`` makes no object one that can be called, though it returns such objects."""
    source = """
class Proxy:
    def __getattr__(self, name): return self
def run(given: Proxy): pay(given())
@step
def pay(amount): charge()
@step
def charge(): ...
"""
    report = checked(source, "pay -> charge")

    assert verdicts(report) == {"pay -> charge": ("supported", "call")}
    assert report.failures == ()


def test_a_method_may_be_an_object_that_can_be_called():
    """A class may have it as ``__call__``, and calls of it end if that is one of the same class."""
    source = """
class Last:
    def __call__(self): charge()
class Proxy:
    __call__ = Last()
class Endless: ...
Endless.__call__ = Endless()
@step
def pay():
    Proxy()()
    Endless()()
    refund()
@step
def charge(): ...
@step
def refund(): ...
"""
    report = checked(source, "pay -> charge, pay -> refund")

    assert {verdict for verdict, _ in verdicts(report).values()} == {"supported"}
