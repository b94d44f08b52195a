"""The special methods that syntax and built-in functions call, as `__bool__` and `__str__`."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.overrides import with_overrides
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    Container,
    External,
    Function,
    Further,
    Instance,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["FORMAT", "HASHING", "ITERATING", "TEXT", "TRUTH", "call_special", "run_test", "show"]

TEXT = ("__str__", "__repr__")
"""The methods of which the first that a class has makes a string of an object."""

FORMAT = ("__format__", *TEXT)
HASHING = ("__hash__", "__eq__")
"""The methods that look up a key: that of its hash, and if a class has none, that of ``==``."""

ITERATING = ("__iter__", "__next__", "__aiter__", "__anext__", "__getitem__")
TRUTH = ("__bool__", "__len__")


def call_special(
    frame: Frame, values: Values, names: tuple[str, ...], node: ast.AST, *given: Values
) -> Values:
    """Call the first of methods *names* that an object of the project has, and return the result.

    Args:
        frame: Where this happens.
        values: What *node* may be.
        names: The methods, of which a class has the first that counts.
        node: The object, as it is written.
        given: The arguments.
    """

    def call(value: Value) -> Values:
        if not isinstance(value, Instance):
            return NOTHING
        for name in names:
            if any(isinstance(each, (Function, Wrapped)) for each in _found(frame, value, name)):
                bound = attribute_of(frame, value, name, node)
                others = [v for v in bound if isinstance(v, (Further, Unknown))]
                note_methods(frame, others, names, node)
                ours = tuple(v for v in bound if not isinstance(v, External) and v not in others)
                return frame.apply(ours, Arguments(given), node)
        return NOTHING

    has_object = any(isinstance(value, Instance) for value in values)
    found = frame.one_of(values, call) if has_object else NOTHING
    note_methods(frame, values, names, node)
    return found


def _found(frame: Frame, value: Instance, name: str) -> Values:
    """Return what the class of an object, or a subclass, has as a method called *name*."""
    found = frame.engine.find(value.cls, name)
    return found if value.site is not None else with_overrides(frame.engine, value.cls, name, found)


def run_test(frame: Frame, node: ast.expr) -> Values:
    """Evaluate a condition, with the method of an object that says whether it is true."""
    values = frame.evaluate(node)
    tested = node
    while isinstance(tested, ast.BoolOp):  # which has tested the others
        tested = tested.values[-1]
    if not isinstance(tested, (ast.Compare, ast.Constant, ast.JoinedStr, ast.UnaryOp)):
        call_special(frame, values, TRUTH, tested)
    return values


def show(
    frame: Frame,
    values: Values,
    node: ast.AST,
    names: tuple[str, ...] = TEXT,
    of_items: tuple[str, ...] = ("__repr__",),
) -> None:
    """Make a string of *values* by one of the methods *names*, and of their items by others."""
    call_special(frame, values, names, node)
    items = (frame.engine.items(each) for each in values if isinstance(each, Container))
    call_special(frame, join(*items), of_items, node)
