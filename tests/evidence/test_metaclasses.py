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
