"""Flows that are read from the source alone, beside those of an import of the same modules."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from german_shop import SHOP as GERMAN
from shop_source import GROUPED, SHOP
from specification import BRANCHES, CELERY, ENTRYPOINTS, QUICK_START

from penstock._project.settings import Settings
from penstock.catalog import Catalog
from penstock.catalog._subprocess import load_in_child
from penstock.docs import read_settings
from penstock.evidence import SourceFlows, read_flows
from penstock.testing import isolated_registry

EXAMPLES = Path(__file__).parents[2] / "examples"
IMPORTS = "from penstock import all_of, any_of, entrypoint, flow, loop, step\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def read(folder: Path, *modules: str, **settings) -> SourceFlows:
    """Return what the source of *modules* in *folder* declares."""
    return read_flows(Settings(modules=modules, root=str(folder), folder=str(folder), **settings))


def imported(folder: Path, *modules: str) -> Catalog:
    """Return what *modules* declare when they are imported."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        with isolated_registry():
            for module in modules:
                importlib.import_module(module)
            return Catalog.from_registry(folder)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]


def messages(found: SourceFlows) -> list[str]:
    """Return what could not be read, each with its line."""
    problems = found.catalog.problems()
    shown = [each for each in problems if each.code == "declaration-unread"]
    return [f"{each.location}: {each.flow}: {each.message}" for each in shown]


OPTIONS = """
@flow("orders", title="Orders", description="All of them.", owner="Depot", tags=("a", "b"))
@entrypoint(name="receive", title="Receive", kind="http", group="Shop", inherit=False)
def take(order: "int", *rest, dry=False, limit: int = -1, **more) -> str:
    '''Takes an order.

    Args:
        order: Its number.
    '''

@flow("orders")
@step(after={"receive": "paid", loop("ship"): None}, receives="kafka:paid")
async def charge(order, /): "Charges it."

@flow("orders")
@step(after=all_of("receive", "charge"), sends=["http:POST /parcels"])
def pack(order): yield

@flow("orders")
@step(after=any_of({"pack": "packed"}, "charge"), unchecked="why", uncovered="how")
async def ship(order): yield order
"""

STACKED = """
orders, returns = flow("orders"), flow("returns")

@orders
@returns
@entrypoint
def receive(): ...

@orders
@step(name="first", after="receive")
@returns
@step(name="second", after=receive)
def both(): ...

@orders
@step(after=both)
def last(): ...

@returns
@step(after=[both])
def final(): ...
"""

METHODS = """
class Shop:
    orders = flow("orders")

    @orders
    @entrypoint
    def receive(self, order: int = 1): "Receives."

    @orders
    @staticmethod
    @step(after="receive")
    def check(order): ...

    @orders
    @classmethod
    @step(after="check")
    def charge(cls, order): ...

    @orders
    @step(after="charge")
    @staticmethod
    def pack(order): ...

    class Inner:
        @step(after="pack")
        def ship(self): ...

@Shop.orders
@step(after=[Shop.Inner.ship, Shop.check])
def last(): ...

Shop.orders(Shop.Inner.ship)
"""

CALLS = """
def receive(): ...
def charge(): ...

orders = flow("orders")
orders(entrypoint(receive))
orders(step(after="receive", name="pay")(charge))
"""

PROBLEMS = """
@step
def alone(): ...

@flow("orders", title="One")
@step(after="gone")
def charge(): ...

@flow("orders")
@entrypoint
def receive(): ...

@flow("orders")
@step(after="receive")
def pack(): ...

@flow("orders")
@step(after=["pack", loop("charge")])
def ship(): ...

flow("empty", owner="Nobody")
"""

WRAPPED = """
import contextlib
import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

def noted(function):
    names.append(function)
    return function

names = []

@flow("orders")
@logged
@entrypoint
def receive(order: int): "Receives."

@flow("orders")
@noted
@step(after="receive")
@functools.lru_cache(maxsize=None)
def charge(order: str = "1"): ...

@flow("orders")
@step(after="charge")
@contextlib.contextmanager
def pack(order): yield
"""

BRANCHES_OF_MODULES = """
from typing import TYPE_CHECKING
import typing

DEBUG = False

if TYPE_CHECKING:
    from nowhere import name
elif DEBUG:
    flow("debug")
else:
    name = "orders"

if not typing.TYPE_CHECKING:
    orders = flow(name)

try:
    from penstock import step as stage
except ImportError:
    stage = None

try:
    pass
finally:
    @orders
    @entrypoint
    def receive(): ...

with open(__file__) as file:
    @orders
    @stage(after="receive")
    def charge(): ...

if __name__ == "__main__":
    flow("program")

del DEBUG
"""

NAMES = {
    "shop/__init__.py": "",
    "shop/names.py": """
import enum

class Flows(enum.StrEnum):
    ORDERS = "orders"

class Steps(enum.Enum):
    RECEIVE = "receive"

class Topics:
    PREFIX = "kafka:"
    PAID = "kafka:" + "paid"

PART = "pack"
VERSION = 2
NOTHING = None
AFTER = {"charge": "paid"}
BOTH = ["receive", *("charge",)]
COMMON = {"kind": "http", "group": "Shop"}
ALL: dict = {**COMMON, "kind": "file"}
KIND: str
""",
    "shop/tools.py": """
from functools import partial
from penstock import flow, step as one_step, entrypoint
from shop.names import Flows

orders = flow(Flows.ORDERS)
database_step = partial(one_step, kind="database")
__all__ = ["database_step", "orders"]
""",
    "shop/pay.py": """
from . import names
from .names import PART, Topics as T
from .tools import *
import shop.names
import shop
from os.path import *
import penstock as p
import penstock.contrib

@p.flow(shop.names.Flows.ORDERS.value)
@p.entrypoint(sends=T.PAID, title=names.NOTHING)
def receive(): ...

@orders
@database_step(after=[names.Steps.RECEIVE.value], receives=f"{T.PREFIX}paid")
def charge(): ...

@orders
@p.step(after=names.AFTER, name=f"{PART}_{names.VERSION}", **names.COMMON)
def pack(): ...

@orders
@p.step(after=(names.BOTH[0], PART + "_2"), kind=shop.names.ALL["kind"])
def ship(): ...
""",
    "shop/late.py": """
from shop.tools import database_step, orders

@orders
@database_step(after="ship")
def later(): ...
""",
    "shop/app.py": """
from shop import (  # all that the shop does
    pay,  # money
)
import shop.late, os
""",
}

TASKS = """
from penstock.contrib.apscheduler import flow_task
from penstock.contrib import rq

@flow("orders")
@flow_task
def nightly(): ...

@flow("orders")
@rq.flow_task(after="nightly", step="send", queue="mail", connection=object(), kind=None,
              receives="rq:mail")
def mail(order: int): ...
"""


@pytest.mark.parametrize(
    "text",
    [
        IMPORTS + OPTIONS,
        IMPORTS + STACKED,
        IMPORTS + METHODS,
        IMPORTS + CALLS,
        IMPORTS + PROBLEMS,
        IMPORTS + WRAPPED,
        IMPORTS + BRANCHES_OF_MODULES,
        IMPORTS + TASKS,
        SHOP,
        GROUPED,
        GERMAN,
        IMPORTS + QUICK_START.partition("import")[2].partition("\n")[2],
        IMPORTS + ENTRYPOINTS,
        IMPORTS + BRANCHES,
        IMPORTS + CELERY,
    ],
    ids=["options", "stacked", "methods", "calls", "problems", "wrapped", "branches", "tasks",
         "shop", "grouped", "german", "quick-start", "entrypoints", "specified-branches",
         "celery"],
)  # fmt: skip
def test_the_source_declares_what_an_import_does(text, tmp_path):
    """The catalog of the source has the bytes of the one of an import."""
    write(tmp_path, {"read_shop.py": text})

    found = read(tmp_path, "read_shop")

    assert found.catalog.to_json() == imported(tmp_path, "read_shop").to_json()
    assert (found.failures, found.incomplete) == ((), frozenset())


@pytest.mark.parametrize("modules", [("shop.app",), ("shop.*",), ("shop.**", "shop.names")])
def test_constants_of_other_modules(modules, tmp_path):
    """Names, channels and arguments may be constants, and decorators may be kept elsewhere."""
    write(tmp_path, NAMES)

    found = read(tmp_path, *modules)

    assert found.catalog.to_json() == imported(tmp_path, "shop.app").to_json()
    assert (found.failures, found.incomplete) == ((), frozenset())


@pytest.mark.needs("processes")
@pytest.mark.parametrize("name", ["shop", "parcels", "payments"])
def test_examples(name):
    """The source of each example declares what an import of it does."""
    folder = EXAMPLES / name
    settings = replace(read_settings(folder), folder=str(folder))

    found = read_flows(settings)

    assert found.catalog.to_json() == load_in_child(settings, log=print).catalog(folder).to_json()
    assert (found.failures, found.incomplete) == ((), frozenset())


START = """
orders = flow("orders")

@orders
@entrypoint
def receive(): ...
"""

UNREAD = {
    "a call": ("@orders\n@step(after=names())\ndef pay(): ...", "orders: pay", "names()"),
    "in a list": ("@orders\n@step(after=[*names])\ndef pay(): ...", "orders: pay", "*names"),
    "in a dict": ("@orders\n@step(after={'receive': x()})\ndef pay(): ...", "orders: pay", "x()"),
    "in a join": ("@orders\n@step(after=any_of(x()))\ndef pay(): ...", "orders: pay", "x()"),
    "in a loop()": ("@orders\n@step(after=loop(x()))\ndef pay(): ...", "orders: pay", "x()"),
    "options": ("@orders\n@step(**options)\ndef pay(): ...", "orders: pay", "**options"),
    "of a library": (
        "from os import sep\n@orders\n@step(after=sep)\ndef pay(): ...", "orders: pay", "os.sep",
    ),
    "an f-string": (
        "@orders\n@step(after=f'{receive}')\ndef pay(): ...", "orders: pay", "f'{receive}'",
    ),
    "a format": ("N = 1\n@orders\n@step(after=f's{N:02}')\ndef pay(): ...", "orders: pay", ":02"),
    "no strings": ("@orders\n@step(after=1 + 'a')\ndef pay(): ...", "orders: pay", "1 + 'a'"),
    "no such item": ("@orders\n@step(after=['a'][1])\ndef pay(): ...", "orders: pay", "['a'][1]"),
    "no item": ("@orders\n@step(after='abc'[x])\ndef pay(): ...", "orders: pay", "'abc'[x]"),
    "no key": ("@orders\n@step(after={[]: 1})\ndef pay(): ...", "orders: pay", "{[]: 1}"),
    "no mapping": ("@orders\n@step(after={**x})\ndef pay(): ...", "orders: pay", "{**x}"),
    "a member": (
        "import enum\nclass E(enum.Enum):\n    A = 'receive'\n"
        "@orders\n@step(after=E.A)\ndef pay(): ...", "orders: pay", "'receive'",
    ),
    "a changed list": (
        "BEFORE = ['receive']\nBEFORE.append('x')\n@orders\n@step(after=BEFORE)\ndef pay(): ...",
        "orders: pay", "BEFORE",
    ),
    "a global": (
        "N = 'a'\ndef change():\n    global N\n    N = 'b'\n"
        "@orders\n@step(after=N)\ndef pay(): ...", "orders: pay", "value of N",
    ),
    "a branch": (
        "if x:\n    @orders\n    @step(after='receive')\n    def pay(): ...",
        "orders: pay", "in a branch that may not run",
    ),
    "either": (
        "if x:\n    N = 'a'\nelse:\n    N = 'b'\n@orders\n@step(after=N)\ndef pay(): ...",
        "orders: pay", "value of N",
    ),
    "a try": (
        "try:\n    import x\nexcept ImportError:\n    pass\nelse:\n    @orders\n    @step\n"
        "    def pay(): ...", "orders: pay", "in a branch",
    ),
    "a suppress": (
        "from contextlib import suppress\nwith suppress(OSError):\n    @orders\n    @step\n"
        "    def pay(): ...", "orders: pay", "in a branch",
    ),
    "a loop": (
        "for name in ('a', 'b'):\n    @orders\n    @step(name=name)\n    def pay(): ...",
        "orders: pay", "name",
    ),
    "a while": ("while x:\n    @orders\n    @step\n    def pay(): ...", "orders: pay", "in a loop"),
    "a match": (
        "match x:\n    case 1:\n        @orders\n        @step\n        def pay(): ...",
        "orders: pay", "in a branch",
    ),
    "assigned to": (
        "N = 'receive'\nN += x()\n(a, *b), c.d = x()\nb[0] = 1\ndel a, c.d\n"
        "@orders\n@step(after=N)\ndef pay(): ...", "orders: pay", "value of N",
    ),
    "set from outside": (
        "class Names:\n    PAY = 'receive'\nNames.PAY = x()\n@orders\n@step(after=Names.PAY)\n"
        "def pay(): ...", "orders: pay", "value of Names.PAY",
    ),
    "an attribute that is nowhere": (
        "class Names: ...\n@orders\n@step(after=Names.PAY)\ndef pay(): ...",
        "orders: pay", "value of Names.PAY",
    ),
    "unpacked": (
        "(A, B), C = ('receive', 2), 3\nD, E = x\nwith x as F: pass\n"
        "@orders\n@step(after=A, name=E)\ndef pay(): ...", "orders: pay", "value of E",
    ),
    "a flow's name": ("@flow(names())\n@step\ndef pay(): ...", "None: pay", "names()"),
    "a conditional flow": (
        "if x:\n    other = flow('other')\n@other\n@step\ndef pay(): ...", "None: pay", "branch",
    ),
    "made in a comprehension": (
        "FLOWS = {n: flow(n) for n in 'ab'}\n@FLOWS['a']\n@step\ndef pay(): ...",
        "None: pay", "@FLOWS['a'] may declare it",
    ),
    "given by a helper": (
        "def db_step(after):\n    return step(after=after, kind='database')\n"
        "@orders\n@db_step('receive')\ndef pay(): ...", "orders: pay", "@db_step('receive')",
    ),
    "given by a method": (
        "class Queue:\n    def task(self):\n        return make()\ndef make(): return step\n"
        "queue = Queue()\n@orders\n@queue.task()\ndef pay(): ...", "orders: pay", "may declare it",
    ),
    "given by something else": (
        "from lib import app\n@orders\n@app.task()\ndef pay(): ...",
        "orders: pay", "app.task() may declare it",
    ),
    "an adapter of somebody": (
        "from penstock_arq import flow_task\n@orders\n@flow_task(after='receive')\ndef pay(): ...",
        "orders: pay", "is not of penstock",
    ),
    "a task": (
        "from penstock.contrib.celery import flow_task\n@orders\n@flow_task(after=names())\n"
        "def pay(): ...", "orders: pay", "names()",
    ),
    "another name": (
        "def renamed(function):\n    def other(): ...\n    return other\n"
        "@orders\n@step\n@renamed\ndef pay(): ...", "orders: pay", "of another name",
    ),
    "no function": ("orders(x)", "orders: a declaration", "orders(x)"),
    "in a function": (
        "def make():\n    @orders\n    @step\n    def pay(): ...\nmake()",
        "None: a declaration", "make() may declare steps",
    ),
    "a decorator": (
        "@orders\n@step(after=step(name='x'))\ndef pay(): ...", "orders: pay", "what it is given",
    ),
    "nobody's": ("@step(after=names())\ndef pay(): ...", "None: pay", "names()"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "subject", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_the_source_does_not_show(text, subject, reason, tmp_path):
    """A value that only running the code shows is a problem at its line, and never guessed."""
    write(tmp_path, {"read_shop.py": f"{IMPORTS}{START}{text}\n"})

    found = read(tmp_path, "read_shop")
    (message,) = messages(found)

    assert message.startswith("read_shop.py:")
    assert f" {subject} cannot be read without importing the application: " in message
    assert reason in message
    assert [step.name for step in found.catalog.flow("orders").steps] == ["receive"]
    assert "orders" in found.incomplete
    assert {each.code for each in found.catalog.problems()} == {"declaration-unread"}


def test_a_module_that_may_be_imported(tmp_path):
    """The declarations of a module that a branch imports cannot be read."""
    optional = f"{IMPORTS}@flow('orders')\n@step(after='receive')\ndef pay(): ...\n"
    plain = "try:\n    import read_optional\nexcept ImportError:\n    pass\n"
    lazy = "def later():\n    import read_lazy\n"
    typed = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n\n  # ours\n    import read_lazy\n"
    )
    broken = "if True:\n    import a b\nfrom . import (\n) x\n"
    files = {
        "read_shop.py": f"{IMPORTS}{START}import read_plain\n",
        "read_plain.py": f'"""Plain."""\n{plain}{lazy}{typed}{broken}',
        "read_optional.py": optional,
        "read_lazy.py": optional,
    }
    write(tmp_path, files)

    found = read(tmp_path, "read_shop")

    reason = "read_optional is imported where it may not be"
    assert [each.rpartition(": ")[2] for each in messages(found)] == [reason]


@pytest.mark.parametrize("named", ["shop.api.urls", "shop.api.views.charge"])
def test_a_module_that_a_string_names(named, tmp_path):
    """It is read, since a framework imports it: Django does what `include` is given."""
    receive = "@flow('orders')\n@entrypoint\ndef receive(): ...\n"
    charge = "@flow('orders')\n@step(after='receive')\ndef charge(): ...\n"
    files = {
        "shop/urls.py": f"{IMPORTS}PATHS = [include('{named}')]\n{receive}",
        "shop/api/urls.py": "from shop.api import views\n",
        "shop/api/views.py": IMPORTS + charge,
    }
    write(tmp_path, files)

    found = read(tmp_path, "shop.urls")

    assert [step.name for step in found.catalog.flow("orders").steps] == ["receive", "charge"]
    assert (found.catalog.problems(), found.incomplete) == ((), frozenset())


APPLICATION = {
    "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/settings.py": "from shop.base import *\nROOT_URLCONF = 'shop.urls'\n",
    "shop/base.py": "INSTALLED_APPS = ['django.contrib.auth', 'orders', 'shop.mail.apps.Mail']\n",
    "shop/urls.py": f"{IMPORTS}@flow('orders')\n@entrypoint\ndef receive(): ...\n",
    "orders/models.py": f"{IMPORTS}@flow('orders')\n@step(after='receive')\ndef save(): ...\n",
    "orders/tasks.py": f"{IMPORTS}@flow('orders')\n@step(after='save')\ndef remind(): ...\n",
    "orders/unused.py": f"{IMPORTS}@flow('orders')\n@step(after='save')\ndef unused(): ...\n",
    "shop/mail/apps.py": "class Mail(AppConfig):\n    def ready(self):\n"
    "        from . import receivers\n",
    "shop/mail/receivers.py": f"{IMPORTS}@flow('orders')\n@step(after='save')\ndef mail(): ...\n",
}


@pytest.mark.parametrize("about", ["", "# Of penstock.\n"], ids=["plain", "with penstock"])
@pytest.mark.parametrize("modules", [[], ["shop.urls"]], ids=["no modules", "one module"])
def test_applications_of_django(about, modules, tmp_path):
    """Modules of installed applications are read as Django imports them, and what it calls."""
    configuration = about + APPLICATION["shop/mail/apps.py"]
    write(tmp_path, {**APPLICATION, "shop/mail/apps.py": configuration})

    found = read(tmp_path, *modules)

    steps = [step.name for step in found.catalog.flow("orders").steps]
    assert sorted(steps) == ["mail", "receive", "remind", "save"]
    assert (found.catalog.problems(), found.failures, found.incomplete) == ((), (), frozenset())


def test_a_decorator_of_another_module(tmp_path):
    """A decorator that uses step in a module that it imports cannot be read, another one can."""
    files = {
        "read_tools.py": f"{IMPORTS}def make_step(): return step(after='receive')\n",
        "read_plain.py": "def log(function): return function\n",
        "read_more.py": "# Of penstock.\nfrom read_tools import make_step\n"
        "from read_plain import log\ndef ours(): return make_step()\n"
        "def theirs(): return log\n",
        "read_shop.py": f"{IMPORTS}{START}from read_more import ours, theirs\n"
        "@orders\n@ours()\ndef pay(): ...\n"
        "@orders\n@theirs()\n@step(after='receive')\ndef pack(): ...\n",
    }
    write(tmp_path, files)

    found = read(tmp_path, "read_shop")

    assert [each.rpartition(": ")[2] for each in messages(found)] == ["@ours() may declare it"]
    assert [step.name for step in found.catalog.flow("orders").steps] == ["receive", "pack"]


ERRORS = {
    "a wrong argument": ("@step(kind=1)\ndef pay(): ...", "step() takes kind as a string"),
    "a wrong option": ("@step(where='a')\ndef pay(): ...", "where"),
    "no step": ("@orders\ndef pay(): ...", "pay"),
    "two steps": ("@orders\n@step\ndef receive(): ...", "receive"),
    "a class": ("@orders\n@entrypoint\nclass Pay: ...", "Pay"),
    "a wrong task": (
        "from penstock.contrib.rq import flow_task\n@flow_task(kind=1)\ndef pay(): ...", "kind",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ERRORS.values(), ids=ERRORS)
def test_what_ends_an_import(text, message, tmp_path):
    """A declaration that ends each import with an error is one of the failures."""
    write(tmp_path, {"read_shop.py": f"{IMPORTS}{START}{text}\n"})

    found = read(tmp_path, "read_shop")

    assert [each.module for each in found.failures] == ["read_shop"]
    assert message in str(found.failures[0])
    assert "(read_shop.py:" in str(found.failures[0])
    assert found.incomplete == {"orders"}


def test_modules_that_cannot_be_read(tmp_path):
    """A module that is missing, or is not Python, is one of the failures."""
    files = {
        "read_shop.py": f"{IMPORTS}{START}from read_broken import name\n",
        "read_broken.py": "penstock(",
    }
    write(tmp_path, files)

    found = read(tmp_path, "read_shop", "read_sho")

    missing, broken = map(str, found.failures)
    assert "the source has no module 'read_sho'; did you mean 'read_shop'?" in missing
    assert "read_broken.py cannot be parsed" in broken
    assert found.catalog.flow("orders").steps


def test_modules_that_declare_nothing_and_cannot_be_read(tmp_path, monkeypatch):
    """A module that an import could not execute is a failure even if nothing is declared in it."""
    files = {"read_shop.py": f"{IMPORTS}{START}import read_closed\n", "read_closed.py": ""}
    write(tmp_path, {**files, "read_broken.py": "shop(", "read_empty.py": ""})
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == "read_closed.py":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = read(tmp_path, "read_shop", "read_empty", "read_broken")
    broken, closed = map(str, found.failures)

    assert "read_broken.py cannot be parsed: '(' was never closed" in broken
    assert "read_closed.py cannot be read: Permission denied" in closed


def test_an_error_of_the_reading_itself(tmp_path, monkeypatch):
    """A failure of penstock leaves one module unread, and says so."""
    write(tmp_path, {"read_shop.py": f"{IMPORTS}{START}", "read_more.py": IMPORTS})

    def fail(self, node, scope):
        raise LookupError(node.name)

    monkeypatch.setattr("penstock.evidence._reading.statements.Statements._function", fail)
    found = read(tmp_path, "read_more", "read_shop")

    assert [each.module for each in found.failures] == ["read_shop"]
    assert "penstock itself failed (LookupError: receive)" in str(found.failures[0])


def test_a_class_is_a_step(tmp_path):
    """A class may be a step, of which the source shows all but the signature of a call."""
    text = f"{IMPORTS}{START}@orders\n@step(after='receive')\nclass Pay:\n    'Pays.'\n"
    text += "@orders\n@step(after=Pay)\ndef pack(): ...\n"
    write(tmp_path, {"read_shop.py": text})

    read_step = read(tmp_path, "read_shop").catalog.flow("orders").step("Pay")
    step = imported(tmp_path, "read_shop").flow("orders").step("Pay")

    assert replace(read_step, details=None) == replace(
        step, details=None, location=read_step.location
    )
    assert replace(step.details, signature=None) == read_step.details
    assert str(read_step.location) == "read_shop.py:8"


def test_what_is_only_shown(tmp_path):
    """A title that cannot be read is left out, since a check does not need it."""
    text = "@flow('orders', title=x())\n@entrypoint(title=x(), group=x())\ndef receive(): ...\n"
    write(tmp_path, {"read_shop.py": IMPORTS + text})

    found = read(tmp_path, "read_shop").catalog.flow("orders")

    assert (found.title, found.steps[0].title, messages(read(tmp_path, "read_shop"))) == (
        None, None, [],
    )  # fmt: skip


def test_the_setup_is_read_too(tmp_path):
    """The module of the setup function is read before the others."""
    files = {"read_shop.py": IMPORTS, "read_setup.py": f"{IMPORTS}{START}"}
    write(tmp_path, files)

    found = read(tmp_path, "read_shop", setup="read_setup:setup")

    assert [flow.name for flow in found.catalog.flows] == ["orders"]


def test_a_layout_with_src(tmp_path):
    """Modules are found in the folder ``src``, as with an installed project."""
    write(tmp_path, {"src/shop/flows.py": f"{IMPORTS}{START}"})

    found = read(tmp_path, "shop.*")

    assert str(found.catalog.flow("orders").steps[0].location) == "src/shop/flows.py:5"


def test_nothing_else_is_declared(tmp_path):
    """Reading leaves the flows of this process as they are."""
    write(tmp_path, {"read_shop.py": f"{IMPORTS}{START}"})

    with isolated_registry():
        read(tmp_path, "read_shop")

        assert Catalog.from_registry(tmp_path).flows == ()
    assert "read_shop" not in sys.modules


def test_imports_in_a_circle(tmp_path):
    """A package that imports its own module is read, and so are names that lead nowhere."""
    files = {
        "shop/__init__.py": "from . import flows\nfrom .other import nothing\n",
        "shop/other.py": "from . import nothing\n",
        "shop/flows.py": f"{IMPORTS}{START}",
        "shop/pay.py": f"{IMPORTS}import shop\n"
        "@shop.flows.orders\n@step(after='receive')\ndef pay(): ...\n"
        "@shop.flows.orders\n@step(after=shop.nothing)\ndef pack(): ...\n",
    }
    write(tmp_path, files)

    found = read(tmp_path, "shop.pay")

    assert [step.name for step in found.catalog.flow("orders").steps] == ["receive", "pay"]
    assert [each.rpartition(": ")[2] for each in messages(found)] == [
        "the source does not show the value of shop.nothing"
    ]


def test_a_package_without_a_file(tmp_path):
    """A package may be a folder alone, and a module of it have a decorator that declares."""
    files = {
        "read_shop.py": f"{IMPORTS}{START}from read_depot import plain, tools"
        "\n@orders\n@tools.paid\n@step(after='receive')\ndef pay(): ...\n",
        "read_depot/plain.py": "",
        "read_depot/tools.py": f"{IMPORTS}def paid(function): return function\n"
        "def make(): return step()\n",
    }
    write(tmp_path, files)

    found = read(tmp_path, "read_shop")

    assert [step.name for step in found.catalog.flow("orders").steps] == ["receive", "pay"]
