"""Conditions of which the source shows that they are always true or always false."""

import pytest
from checked_sources import checked, verdicts

FLOW = "pay -> charge"
SOURCE = """
{top}
@step
def pay(order):
    {lines}
@step
def charge(): ...
"""
NEVER = {
    "a condition for type checkers": ("", "if TYPE_CHECKING: charge()"),
    "one of a module": ("import typing", "if typing.TYPE_CHECKING: charge()"),
    "no type checker": ("", "if not TYPE_CHECKING: print()\n    else: charge()"),
    "an expression": ("", "found = charge() if TYPE_CHECKING else None"),
    "and": ("", "if order and False: charge()"),
    "or": ("", "if order or True: print()\n    else: charge()"),
    "both": ("", "if True and not False: print()\n    else: charge()"),
    "none": ("", "late = None\n    if late is not None: charge()"),
    "is none": ("", "late = None\n    if late is None: return\n    charge()"),
    "a default": ("def send(by=None):\n    if by is not None: charge()", "send()"),
    "a default of a decorated function": (
        "@cache\ndef send(by=None):\n    if by is not None: charge()",
        "send()",
    ),
}
PERHAPS = {
    "and": ("", "if order and True: charge()"),
    "or": ("", "if order or False: charge()"),
    "an argument": ("def send(by=None):\n    if by is not None: charge()", "send(order)"),
    "arguments": ("def send(by=None):\n    if by is not None: charge()", "send(**order)"),
    "one of a decorator": (
        "from lib import mailed\n@mailed\ndef send(by=None):\n    if by is not None: charge()",
        "send()",
    ),
    "a parameter of a step": ("", "if order is not None: charge()"),
    "a later round": (
        "",
        "late = None\n    for each in order:\n        if late is not None: charge()\n"
        "        late = each",
    ),
    "an error": (
        "",
        "late = None\n    try: late = order()\n    except ValueError: pass\n"
        "    if late is not None: charge()",
    ),
    "a function": (
        "",
        "late = None\n    def put():\n        nonlocal late\n        late = 1\n    put()\n"
        "    if late is not None: charge()",
    ),
    "a comprehension": (
        "",
        "late = None\n    [late := each for each in order]\n    if late is not None: charge()",
    ),
    "what an object may get later": (
        "class Shop:\n    def __init__(self, app=None):\n        if app is not None: charge()",
        "Shop()",
    ),
    "a global name": (
        "late = None",
        "if late is not None: charge()",
    ),
}


@pytest.mark.parametrize(("top", "lines"), NEVER.values(), ids=NEVER)
def test_a_branch_that_never_runs_leads_nowhere(top, lines):
    """It is left out where a constant, or all that a name of the function is, decides it."""
    assert verdicts(checked(SOURCE.format(top=top, lines=lines), FLOW)) == {FLOW: ("contradicted",)}


@pytest.mark.parametrize(("top", "lines"), PERHAPS.values(), ids=PERHAPS)
def test_a_branch_that_may_run_leads_on(top, lines):
    """A name may be something else in another round, by a function or by a caller."""
    found = verdicts(checked(SOURCE.format(top=top, lines=lines), FLOW))

    assert found == {FLOW: ("supported", "call")}


def test_an_import_for_type_checkers_is_read():
    """A module imports there what its annotations name."""
    files = {
        "app.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop import Shop
@step
def pay(shop: "Shop"): shop.charge()
""",
        "shop.py": "class Shop:\n    @step\n    def charge(self): ...\n",
    }

    assert verdicts(checked(files, FLOW)) == {FLOW: ("supported", "call")}


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("(charge() for each in order)", ("contradicted",)),
        ("(print() for each in charge())", ("supported", "call")),
        ("map(charge, order)", ("contradicted",)),
        ("filter(charge, order)", ("contradicted",)),
        ("list(map(charge, order))", ("supported", "call")),
        ("any(charge() for each in order)", ("supported", "call")),
        ("pool.map(charge, order)", ("supported", "call")),
    ],
)
def test_items_that_nobody_asks_for_are_not_made(lines, verdict):
    """A generator expression or a map that is a statement calls nothing for its items."""
    source = SOURCE.format(top="from lib import pool", lines=lines)

    assert verdicts(checked(source, FLOW)) == {FLOW: verdict}
