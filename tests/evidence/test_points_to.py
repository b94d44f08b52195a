"""The functions that a called attribute may be, by all assignments of the project."""

import pytest
from checked_sources import checked, verdicts

EDGE = "pay -> charge"

SHOP = """
import functools, lib, other
from lib import mark
@step
def pay(shop): shop.late()
class Shop:
    def __init__(self, late=None): self.late = late
@step
def charge(): ...
def refund(): ...
def replaced(): charge()
queue = [charge]
late_refund = refund
none = None
{more}
"""


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("def open(): Shop(refund)", "contradicted"),
        ("def open(): Shop(late=refund)", "contradicted"),
        ("def open(): Shop(None)", "contradicted"),
        ("def open(): Shop()", "contradicted"),
        ("def open(): Shop(late_refund)", "contradicted"),
        ("def open(): Shop(lambda: refund())", "contradicted"),
        ("def open(day): Shop(refund if day else None)", "contradicted"),
        ("def open(): Shop(none or refund)", "contradicted"),
        ("def open(): Shop(functools.partial(refund))", "contradicted"),
        ("def open():\n    def inner(): ...\n    Shop(inner)", "contradicted"),
        ("def open():\n    one = two = refund\n    Shop(two)", "contradicted"),
        ("def open():\n    def inner():\n        Shop(one)\n    one = refund", "contradicted"),
        ("def open(one=refund): Shop(one)\ndef day(): open()", "contradicted"),
        ("def open(*, one=refund): Shop(one)\ndef day(): open(one=None)", "contradicted"),
        ("class Other:\n    late = refund\n    def open(self): Shop(self.late)", "contradicted"),
        ("def open(shop): Shop(shop.late)", "contradicted"),
        (
            "def open(one): Shop(one)\ndef day(file):\n    open(refund)\n    file.open()",
            "contradicted",
        ),
        ("def open(): Shop(lib.found.early)", "contradicted"),
        (
            "@mark\nclass Shop:\n    def __init__(self, late): self.late = late\n"
            "def open(): Shop(refund)",
            "unverified",
        ),
        ("def open(): Shop(refund)\ndef day(): Shop(charge)", "unverified"),
        ("def open(): Shop(replaced)\nqueue = [replaced]", "unverified"),
        ("def open(): Shop(lambda: charge())", "unverified"),
        ("def open(): Shop(functools.partial(charge))", "unverified"),
        ("def open(day): Shop(refund if day else charge)", "unverified"),
        ("def open(one=charge): Shop(one)\ndef day(): open()", "unverified"),
        (
            "class Day:\n    @staticmethod\n    def open(one, two): Shop(two)\n"
            "def start(): Day.open(charge, refund)",
            "contradicted",
        ),
        (
            "class Day:\n    @staticmethod\n    def open(one, two): Shop(one)\n"
            "def start(): Day.open(charge, refund)",
            "unverified",
        ),
        ("def open(*found): Shop(found)", "unverified"),
        ("class Day:\n    def open(self): Shop(self.log.info)\nday.info = charge", "contradicted"),
        ("class Day:\n    def open(self): Shop(lib.log.add)", "contradicted"),
        ("wrapped = lib.wrap(charge)\ndef open(): Shop(wrapped)", "unverified"),
        ("wrapped = lib.wrap\ndef open(): Shop(wrapped)", "contradicted"),
        ("def open(): Shop(find())", "unverified"),
        ("def open(): Shop(lib.find())", "unverified"),
        ("def open(one): Shop(one)", "unverified"),
        ("def open(one):\n    one = one\n    Shop(one)\ndef day(): open(refund)", "unverified"),
        ("@mark\ndef open(one): Shop(one)\ndef day(): open(refund)", "unverified"),
        ("def open(one): Shop(one)\ndef day(): lib.run(open, refund)", "unverified"),
        ("def open(*found): Shop(*found)", "unverified"),
        ("def open(**found): Shop(**found)", "unverified"),
        ("def open():\n    for one in lib.found: Shop(one)", "unverified"),
        ("def open():\n    @mark\n    def inner(): ...\n    Shop(inner)", "unverified"),
        ("def open(): Shop(unbound)", "unverified"),
        ("lib.keep(Shop)\ndef open(): Shop(refund)", "unverified"),
        ("class Other(Shop): ...\ndef open(): Other(refund)", "unverified"),
    ],
)
def test_what_is_given_to_an_object(more, verdict):
    """The arguments of all calls are known, or what the attribute is called may be anything."""
    assert verdicts(checked(SHOP.format(more=more), EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("def open(shop): shop.late = refund", "contradicted"),
        ("def open(shop): shop.late: lib.Late = refund", "contradicted"),
        ("def open(shop): setattr(shop, 'late', refund)", "contradicted"),
        ("def open(shop): setattr(shop, 'early', charge)", "contradicted"),
        ("def open(shop): getattr(shop, 'late', charge)", "contradicted"),
        ("def open(shop): return shop == 'late'", "contradicted"),
        ("__all__ = ['late']", "contradicted"),
        ("class Other:\n    late = refund", "contradicted"),
        ("class Other:\n    def late(self): ...", "contradicted"),
        ("def open(): lib.keep(late=refund)", "contradicted"),
        ("options = {'late': refund, **lib.options}", "contradicted"),
        ("def open(shop): shop.late = charge", "unverified"),
        ("def open(shop): setattr(shop, 'late', charge)", "unverified"),
        ("class Other:\n    late = charge", "unverified"),
        ("class Other:\n    late: lib.Late", "unverified"),
        ("class Other:\n    @property\n    def late(self): return charge", "unverified"),
        ("def open(): lib.keep(late=charge)", "unverified"),
        ("options = {'late': charge}", "unverified"),
        ("names = ['late']", "unverified"),
        ("def open(shop): shop.late, shop.early = charge, refund", "unverified"),
        ("def open(shop):\n    for shop.late in lib.found: ...", "unverified"),
        ("def open(shop): del shop.late", "unverified"),
        ("def open(shop): shop.late = other.late", "contradicted"),
    ],
)
def test_what_is_assigned_to_an_attribute(more, verdict):
    """All assignments count, whatever has the attribute, and each other way to set one."""
    source = SHOP.format(more=f"def start(): Shop(refund)\n{more}")

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("made.refund", "contradicted"),
        ("made.late", "contradicted"),
        ("made.pay_back", "unverified"),
        ("made.missing", "unverified"),
        ("made.charge", "unverified"),
    ],
)
def test_what_a_module_has(given, verdict):
    """An attribute of a module is what the module has by that name."""
    more = f"import made\ndef open(): Shop({given})"
    made = "import lib\ndef refund(): ...\nlate = lib\npay_back = refund or unbound\n"
    files = {"app.py": SHOP.format(more=more), "made.py": made + "from app import charge\n"}

    assert verdicts(checked(files, EDGE)) == {EDGE: (verdict,)}


def test_a_call_that_several_edges_ask_for():
    """The functions that an attribute may be are found once, and read for each step."""
    source = SHOP.format(more="def open(): Shop(refund)\n@step\ndef send(): ...\nsending = [send]")

    assert verdicts(checked(source, f"{EDGE}, pay -> send")) == {
        EDGE: ("contradicted",),
        "pay -> send": ("contradicted",),
    }


def test_the_object_of_a_method():
    """No call passes it as an argument, so it may be anything."""
    more = "class Day:\n    def open(self): Shop(self)\ndef start(day): day.open(1)"
    (edge,) = checked(SHOP.format(more=more), EDGE).edges

    assert (edge.verdict, edge.reason) == ("unverified", "shop.late cannot be resolved")


def test_more_expressions_than_are_looked_at(monkeypatch):
    """After so many, there may be others."""
    monkeypatch.setattr("penstock.evidence._unresolved.points_to._MOST", 2)
    source = SHOP.format(more="def open(): Shop(late_refund)")

    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}
