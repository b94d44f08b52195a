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
CONSTANTS = "SHIP = 'ship'\nREFUND = 'refund'\n"
SEND = "def send(kind):"
KINDS = "import enum\nclass Kind(enum.Enum):\n    SHIP = 'ship'\n    REFUND = 'refund'\n"
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
    "another string": (f"{SEND}\n    if kind == 'ship': charge()", "send('refund')"),
    "a string that it is": (f"{SEND}\n    if 'refund' != kind: charge()", "send('refund')"),
    "none of several": (f"{SEND}\n    if kind in ('ship', 'pay'): charge()", "send('refund')"),
    "one of several": (f"{SEND}\n    if kind not in ['refund', 'pay']: charge()", "send('refund')"),
    "what is left": (
        f"{SEND}\n    if kind == 'ship': print()\n    elif kind == 'refund': print()\n"
        "    else: charge()",
        "send('ship' if order else 'refund')",
    ),
    "another constant": (
        f"SHIP, REFUND = 'ship', 'refund'\n{SEND}\n    if kind == SHIP: charge()",
        "send(REFUND)",
    ),
    "another constant of a module": (
        f"import kinds\n{SEND}\n    if kind == kinds.SHIP: charge()",
        "send(kinds.REFUND)",
    ),
    "another member": (f"{KINDS}{SEND}\n    if kind == Kind.SHIP: charge()", "send(Kind.REFUND)"),
    "no such member": (f"{KINDS}{SEND}\n    if kind is Kind.SHIP: charge()", "send(Kind.REFUND)"),
    "another pattern": (
        f"{SEND}\n    match kind:\n        case 'ship' | 'pay': charge()\n"
        "        case 'refund': print()\n        case _: charge()",
        "send('refund')",
    ),
    "the patterns that are left": (
        f"{KINDS}{SEND}\n    match kind:\n        case Kind.SHIP: print()\n"
        "        case Kind.REFUND: print()\n        case _: charge()",
        "send(Kind.REFUND if order else Kind.SHIP)",
    ),
}
PERHAPS = {
    "one of two strings": (
        f"{SEND}\n    if kind == 'ship': charge()",
        "send('ship' if order else 'refund')",
    ),
    "a string that is unknown": (f"{SEND}\n    if kind == 'ship': charge()", "send(order)"),
    "an unknown pattern": (
        f"{SEND}\n    match kind:\n        case [_, *_]: print()\n        case 'ship': charge()",
        "send(order)",
    ),
    "a pattern with a guard": (
        f"{SEND}\n    match kind:\n        case 'ship' if order: print()\n        case _: charge()",
        "send('ship')",
    ),
    "a part of a string": (f"{SEND}\n    if kind in 'shipping': charge()", "send('ship')"),
    "among what is unknown": (f"{SEND}\n    if kind in ['pay', order]: charge()", "send('ship')"),
    "the string of an object": (
        "class Parcel:\n    def __init__(self): self.state = 'new'\n"
        "def send(state):\n    if state == 'sent': charge()",
        "send(Parcel().state)",
    ),
    "an item": (
        f"NAMES = {{'first': 'refund'}}\n{SEND}\n    if kind == 'ship': charge()",
        "send(NAMES['first'])",
    ),
    "an attribute of a class": (
        f"class Kind:\n    SHIP = 'ship'\n{SEND}\n    if kind == Kind.SHIP: charge()",
        "send('refund')",
    ),
    "a member that has no string": (
        "import enum\nclass Kind(enum.Enum):\n    SHIP = enum.auto()\n    REFUND = enum.auto()\n"
        f"{SEND}\n    if kind == Kind.SHIP: charge()",
        "send(Kind.REFUND)",
    ),
    "a member of one of two": (
        f"{KINDS}class Other(enum.Enum):\n    SHIP = 'parcel'\n{SEND}\n"
        "    if kind == (Kind if kind else Other).SHIP: charge()",
        "send(Kind.REFUND)",
    ),
    "a state of a loop": (
        "",
        "state = 'new'\n    while order:\n        if state == 'new': state = 'paid'\n"
        "        elif state == 'paid': state = 'sent'\n        elif state == 'sent': charge()",
    ),
    "not none before an error": (
        "",
        "late = None\n    try:\n        late = order()\n        late.pay()\n        late = None\n"
        "    finally:\n        if late is not None: charge()",
    ),
    "a state before an error": (
        "",
        "state = 'new'\n    try:\n        state = 'paid'\n        order()\n"
        "        state = 'sent'\n    except ValueError:\n        if state == 'paid': charge()",
    ),
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
    files = {"app.py": SOURCE.format(top=top, lines=lines), "kinds.py": CONSTANTS}

    assert verdicts(checked(files, FLOW)) == {FLOW: ("contradicted",)}


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
