"""Classes that a metaclass keeps when it makes them."""

import pytest
from checked_sources import checked, verdicts


@pytest.mark.parametrize(
    "method",
    [
        "def __new__(mcs, name, bases, names):\n"
        "        made = super().__new__(mcs, name, bases, names)\n"
        "        KNOWN.append(made)\n"
        "        return made",
        "def __init__(cls, name, bases, names):\n        KNOWN.append(cls)",
    ],
    ids=["__new__", "__init__"],
)
def test_a_metaclass_keeps_subclasses_of_modules_that_nothing_imports(method):
    """A module with a subclass is imported when the application starts."""
    files = {
        "base.py": f"KNOWN = []\nclass Meta(type):\n    {method}\n"
        "class Handler(metaclass=Meta):\n    def handle_it(self): pass\n",
        "plugin.py": "from base import Handler\nfrom app import charge\n"
        "class Charging(Handler):\n    def handle_it(self): charge()\n",
        "app.py": "from base import KNOWN\n@step\ndef charge(): pass\n"
        "@step\ndef pay():\n    for each in KNOWN: each().handle_it()\n",
    }

    assert verdicts(checked(files, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    ("called", "verdict"),
    [("Paid('paid')(order)", "contradicted"), ("lib.Meta.__call__(cls)", "unverified")],
)
def test_an_object_of_a_library_that_is_called_is_no_metaclass(called, verdict):
    """Only a metaclass makes an object where its method for a call runs."""
    source = f"""
import lib
class Paid(lib.Response): ...
@step
def pay(cls, order): return {called}
@step
def charge(): ...
class Order:
    def __init__(self): charge()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
