"""The objects of imported modules, which are read without running any of their code."""

import json
import sys
from collections import Counter, OrderedDict, UserDict, defaultdict, deque
from functools import cached_property, lru_cache, partial, singledispatch
from types import MappingProxyType, ModuleType, SimpleNamespace
from weakref import ref

import pytest

from penstock.catalog._object_reader import ImportedObjects
from penstock.catalog._objects import Described, objects_from_json, objects_to_json

SOURCE = """from collections import namedtuple; from enum import Enum
def charge(): ...
async def ship(): ...
def make(function, other=None):
    def made(): return function, other, late
    return made
    late = 1
class Shop:
    def run(self): ...
    class Till: ...
class Kind(Enum):
    A = "a"
class Handlers(dict): ...
class Slotted:
    __slots__ = ("run",)
Hooks = namedtuple("Hooks", "after before", module="shop")
class Hidden:
    __dict__ = property(lambda self: fail())
class Own:
    def __init__(self): vars(self)["__dict__"] = 1
def local():
    class Local:
        def run(self): ...
    return Local()
def fail(*_, **__): raise AssertionError("it was run")
class Meta(type):
    __hash__ = __eq__ = __getattribute__ = __instancecheck__ = __subclasscheck__ = fail
class Hostile(metaclass=Meta):
    __getattribute__ = __getattr__ = __repr__ = __eq__ = __hash__ = __iter__ = __len__ = fail
    __bool__ = __str__ = __get__ = __call__ = fail
    __class__ = property(fail)
class Sized(list):
    __iter__ = __len__ = __getitem__ = __bool__ = fail
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return a module that is imported from the folder of the project."""
    path = tmp_path / "shop.py"
    module = ModuleType("shop")
    module.__file__ = str(path)
    exec(compile(SOURCE, str(path), "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "shop", module)
    return module


def described(folder, value):
    """Return what a global of the value is, as it comes out of JSON."""
    sys.modules["shop"].value = value
    objects = ImportedObjects(folder)
    kept = objects_from_json(json.loads(json.dumps(objects_to_json(objects))))

    assert kept.of("shop.py") == objects.of("shop.py")
    return kept.of("shop.py").get("value")


def function(name, line, **options):
    return Described(kind="function", file="shop.py", name=name, line=line, **options)


CHARGE = function("charge", 2)
SHOP = Described(kind="class", file="shop.py", name="Shop")
AN_OBJECT = Described(kind="instance", inner=SHOP)


def many(kind, *items, **options):
    return Described(kind=kind, items=tuple((None, item) for item in items), **options)


def constant(value):
    return Described(kind="constant", value=value)


VALUES = {
    "a function": (lambda s: s.charge, CHARGE),
    "a function with cells": (
        lambda s: s.make(s.charge, 1),
        function(
            "make.<locals>.made",
            5,
            members=(("function", CHARGE), ("late", None), ("other", constant(1))),
        ),
    ),
    "a wrapper of a library": (lambda s: lru_cache(s.charge), CHARGE),
    "a bound method": (
        lambda s: s.Shop().run,
        Described(kind="method", inner=function("Shop.run", 9), owner=AN_OBJECT),
    ),
    "a method of a library": (lambda _: [].append, None),
    "a method of an object of a library": (lambda _: Counter().update, None),
    "a partial": (
        lambda s: partial(s.charge, 1, by=s.ship),
        Described(
            kind="partial",
            inner=CHARGE,
            items=((None, constant(1)),),
            members=(("by", function("ship", 3)),),
        ),
    ),
    "a partial of a library": (lambda s: partial(print, s.charge), None),
    "a static method": (
        lambda s: staticmethod(s.charge),
        Described(kind="staticmethod", inner=CHARGE),
    ),
    "a property": (lambda s: property(s.charge), Described(kind="property", inner=CHARGE)),
    "a property without a function": (lambda _: property(), None),
    "a cached property": (
        lambda s: cached_property(s.charge),
        Described(kind="cached_property", inner=CHARGE),
    ),
    "a generic function": (
        lambda s: singledispatch(s.charge),
        Described(
            kind="singledispatch",
            inner=CHARGE,
            items=((Described(kind="library", name="builtins.object"), CHARGE),),
        ),
    ),
    "a tuple": (lambda s: (s.charge, 1.5), many("tuple", CHARGE, None)),
    "a list of a subclass": (
        lambda s: s.Sized([s.charge]),
        Described(kind="instance", inner=Described(kind="class", file="shop.py", name="Sized")),
    ),
    "a deque": (lambda s: deque([s.charge]), many("list", CHARGE)),
    "a set": (lambda s: {s.charge, s.ship}, many("set", CHARGE, function("ship", 3))),
    "a frozen set": (lambda s: frozenset([s.charge]), many("set", CHARGE)),
    "a dict with keys of all kinds": (
        lambda s: {"a": s.charge, s.Kind.A: 1, 1.5: 2, s.Shop: None},
        Described(
            kind="dict",
            items=(
                (constant("a"), CHARGE),
                (constant("a"), constant(1)),
                (None, constant(2)),
                (SHOP, constant(None)),
            ),
        ),
    ),
    "an ordered dict": (
        lambda s: OrderedDict(a=s.charge),
        Described(kind="dict", items=((constant("a"), CHARGE),)),
    ),
    "a defaultdict": (
        lambda s: defaultdict(list, a=s.charge),
        Described(kind="defaultdict", items=((constant("a"), CHARGE),)),
    ),
    "a dict of a subclass in a library": (
        lambda s: Counter(a=s.charge),
        Described(kind="dict", items=((constant("a"), CHARGE),)),
    ),
    "a dict of a subclass in the project": (
        lambda s: s.Handlers(a=s.charge),
        Described(
            kind="instance",
            inner=Described(kind="class", file="shop.py", name="Handlers"),
            items=((constant("a"), CHARGE),),
        ),
    ),
    "a dict in an object of a library": (
        lambda s: UserDict(a=s.charge),
        Described(kind="dict", items=((constant("a"), CHARGE),)),
    ),
    "a read-only dict": (
        lambda s: MappingProxyType({"a": s.charge}),
        Described(kind="dict", items=((constant("a"), CHARGE),)),
    ),
    "a weak reference": (lambda s: ref(s.charge), CHARGE),
    "a class": (lambda s: s.Shop, SHOP),
    "a class of no module": (lambda _: type("Gone", (), {"__module__": "gone"}), None),
    "a class of a library": (lambda _: Counter, None),
    "an object": (lambda s: s.Shop(), AN_OBJECT),
    "an object with attributes": (
        lambda s: (
            vars(s.Shop)["__dict__"].__get__(found := s.Shop()).update(then=s.charge, name="a")
            or found
        ),
        Described(kind="instance", inner=SHOP, members=(("then", CHARGE),)),
    ),
    "an object without a dict": (
        lambda s: s.Slotted(),
        Described(kind="instance", inner=Described(kind="class", file="shop.py", name="Slotted")),
    ),
    "an object that hides its dict": (
        lambda s: s.Hidden(),
        Described(kind="instance", inner=Described(kind="class", file="shop.py", name="Hidden")),
    ),
    "a named tuple": (
        lambda s: s.Hooks(s.charge, 1),
        Described(
            kind="instance",
            inner=Described(kind="class", file="shop.py", name="Hooks"),
            members=(("after", CHARGE),),
        ),
    ),
    "an object with slots": (
        lambda s: object.__setattr__(found := s.Slotted(), "run", s.charge) or found,
        Described(
            kind="instance",
            inner=Described(kind="class", file="shop.py", name="Slotted"),
            members=(("run", CHARGE),),
        ),
    ),
    "an object of a library with attributes": (
        lambda s: SimpleNamespace(after=s.charge, inner=SimpleNamespace(after=s.ship)),
        Described(kind="object", name="types.SimpleNamespace", members=(("after", CHARGE),)),
    ),
    "an object of a library with a function": (lambda s: SimpleNamespace(fn=s.charge), CHARGE),
    "an object of a library": (lambda _: SimpleNamespace(fn=print), None),
    "a member of an Enum": (lambda s: s.Kind.A, None),
    "a class in a class": (
        lambda s: s.Shop.Till,
        Described(kind="class", file="shop.py", name="Shop.Till"),
    ),
    "a local class": (
        lambda s: s.local(),
        Described(
            kind="instance",
            inner=Described(
                kind="class",
                file="shop.py",
                name="local.<locals>.Local",
                items=((None, Described(kind="library", name="builtins.object")),),
                members=(("run", function("local.<locals>.Local.run", 23)),),
            ),
        ),
    ),
    "a list in itself": (
        lambda s: (found := [s.charge]).append(found) or found,
        many("list", CHARGE, None),
    ),
    "a list of many": (
        lambda s: [s.charge] * 600,
        many("list", *[CHARGE] * 499, *[None] * 101),
    ),
    "a function with strange attributes": (
        lambda s: vars(s.ship).update(registry=1, dispatch=1, __wrapped__=1) or s.ship,
        None,
    ),
    "a long string": (lambda s: ["a" * 201, s.charge], many("list", None, CHARGE)),
    "constants alone": (lambda _: {"a": [1, None, True, "b"]}, None),
    "a module": (lambda s: s, Described(kind="module", file="shop.py")),
    "a module of a library": (lambda _: sys, None),
}


@pytest.mark.parametrize("name", VALUES)
def test_what_an_object_is(shop, tmp_path, name):
    """An object is described by the functions and classes of the project that it leads to."""
    make, expected = VALUES[name]

    assert described(tmp_path, make(shop)) == expected


def test_nothing_is_run(shop, tmp_path):
    """No method of an object, its class or its metaclass is called."""
    hostile = type.__call__(shop.Hostile)
    found = described(tmp_path, [hostile, shop.Hostile, shop.charge])

    cls = Described(kind="class", file="shop.py", name="Hostile")
    assert found == many("list", Described(kind="instance", inner=cls), cls, CHARGE)
