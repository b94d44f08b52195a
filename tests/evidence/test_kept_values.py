"""The objects that a check makes, of which there are many."""

import ast
import gc
from pathlib import Path

import pytest
from checked_sources import checked

from penstock import Location
from penstock.evidence._analysis.kept import kept_values
from penstock.evidence._analysis.terms import EMPTY, Outside, Sequence, choice, sequence
from penstock.evidence._analysis.values import UNKNOWN, Class, Unknown
from penstock.evidence._collector import without_collector
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.functions import children_of, nodes_in


def test_equal_values_are_one_object():
    """Values are compared by identity, whichever way their fields are written."""
    cls = SourceFile("app", Path("app.py"), "app.py", "class A: ...\n").find("A")

    with kept_values():
        assert Class(cls) is Class(cls, is_any=False) is Class(definition=cls)
        assert Class(cls) is not Class(cls, is_any=True)
        assert Unknown() is UNKNOWN[0]


def test_values_of_a_check_are_forgotten():
    """The values of a check hold the trees of all files, so the last check to end drops them."""
    cls = SourceFile("app", Path("app.py"), "app.py", "class A: ...\n").find("A")
    with kept_values():
        with kept_values():
            value = Class(cls)
        assert Class(cls) is value

    assert Class(cls) is not value


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_as_it_was_after_a_check(is_enabled):
    """A check pauses the collector of cycles, and leaves it as the host had it."""
    before = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        with without_collector(), without_collector():
            assert not gc.isenabled()
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_nodes_are_those_of_ast():
    """The nodes in a node, and their order, are those of the standard library."""
    tree = ast.parse(Path(ast.__file__).read_text(encoding="utf-8"))
    contexts = (ast.Load, ast.Store, ast.Del)
    for node in nodes_in(tree):
        expected = [e for e in ast.iter_child_nodes(node) if not isinstance(e, contexts)]
        assert children_of(node) == expected
    assert sum(1 for _ in nodes_in(tree)) == sum(
        not isinstance(each, contexts) for each in ast.walk(tree)
    )


def test_the_bases_of_a_class_are_those_of_its_last_definition():
    """A class that a function makes again, with another base, inherits from that one."""
    source = """
class Card:
    def go(self): ...
class Voucher:
    def go(self): redeem()
def made_from(base):
    class Made(base): ...
    return Made
@step
def pay():
    made_from(Card)
    made_from(Voucher)().go()
@step
def redeem(): ...
"""

    assert checked(source, "pay -> redeem").edges[0].verdict == "supported"


@pytest.mark.parametrize("rows", [2, 40], ids=["a few rows", "a table"])
def test_a_table_of_constants_has_its_rows(rows):
    """A function that a row of constants names is found, also when all is evaluated again."""
    source = f"""
from importlib import import_module
ROWS = [["redeem", 1], {", ".join(["['no_function', 2]"] * (rows - 1))}]
@step
def pay():
    getattr(import_module("app"), ROWS[0][0])()
    till.found = till.last
    till.last = redeem
class Till: ...
till = Till()
@step
def redeem(): ...
"""

    assert checked(source, "pay -> redeem").edges[0].verdict == "supported"


def test_equal_terms_are_one_object():
    """Terms are compared by identity, and equal ones are one."""
    place = Location("app.py", 3)

    with kept_values():
        one, other = Outside("a()", place), Outside("a()", place, library=None)
        assert one is other is not Outside("b()", place)
        assert sequence([one, sequence([other])]) is Sequence((one, one))
        assert choice([Sequence((one, one)), Sequence((other, other))]) is Sequence((one, one))
        assert Sequence() is EMPTY
