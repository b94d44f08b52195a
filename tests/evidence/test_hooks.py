"""Methods and functions that a library calls of an object, and for its fields."""

import pytest
from checked_sources import checked, verdicts

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
