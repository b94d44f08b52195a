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
