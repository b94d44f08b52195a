"""Decorators of penstock: a check finds what it would find without them."""

import re

import pytest
from checked_sources import project_with, verdicts

from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep

FLOWS = "from penstock import entrypoint, flow, step\norders = flow('orders', title='Orders')\n"

OURS = {
    "names": f"{FLOWS}@orders\n@step(after='a', name='b')\ndef f(): ...\n",
    "a flow that is not kept": "from penstock import flow\n@flow('orders')\ndef f(): ...\n",
    "a module": "import penstock\n@penstock.flow('a')\n@penstock.step\ndef f(): ...\n",
    "a module as another": "import penstock as p\na = p.flow('a')\n@a\n@p.step()\ndef f(): 0",
    "other names": "from penstock import step as s, flow as f\na = f('a')\n@a\n@s\ndef g(): 0",
    "all names": "from penstock import *\n@step\ndef f(): ...\n",
    "an annotated flow": "import penstock\na: object = penstock.flow('a')\n@a\ndef f(): ...\n",
    "options that are kept": "from penstock import step\npaid = step(kind='x')\n@paid\ndef f(): 0",
    "another module": "from flows import orders\n@orders\ndef f(): ...\n",
    "a module of a package": "import shop.flows\n@shop.flows.orders\ndef f(): ...\n",
    "a module that is imported": "from shop import flows\n@flows.orders\ndef f(): ...\n",
    "a package that imports it": "from shop import sales as s, step\n@s\n@step\ndef f(): ...\n",
    "all that a package imports": "from shop import *\n@sales\ndef f(): ...\n",
    "a class": f"{FLOWS}class Flows:\n    a = flow('a')\n@Flows.a\nclass F: ...\n",
    "a class of another module": "from shop.flows import Flows\n@Flows.a\ndef f(): ...\n",
    "several lines": f"{FLOWS}@orders  # ours\n@step(\n    after=['a'],\n)  # too\ndef f(): ...\n",
    "a method": f"{FLOWS}class A:\n    @orders\n    @ step\n    async def f(self): ...\n",
    "a function in a function": "def m():\n    import penstock\n    @penstock.step\n    def f(): 0",
}

OTHERS = {
    "others": f"{FLOWS}from app import task\n@task(name='a')\n@staticmethod\ndef f(): ...\n",
    "a method of that name": f"{FLOWS}from app import bot\n@bot.step\n@bot.orders\ndef f(): ...\n",
    "a router of that name": "from shop.views import orders\n@orders\n@orders.get('/')\ndef f(): 0",
    "a helper of penstock": "from penstock import bind\n@bind\ndef f(): ...\n",
    "one of the project": f"{FLOWS}def paid(f): return step(f)\n@paid\ndef f(): ...\n",
    "names that lead to each other": "from circle import a, b\n@a.x\n@b\ndef f(): ...\n",
    "items": f"{FLOWS}all = {{'a': orders}}\n@all['a']\n@(lambda f: f)\ndef f(): ...\n",
    "attributes of nothing known": "@a.b.step\n@m().step\ndef f(): ...\nimport penstock\n",
    "a string": f"{FLOWS}TEXT = '''\n@orders\n'''\n",
    "what cannot be parsed": f"{FLOWS}@orders\ndef f(: ...\n",
}

SHOP = {
    "flows.py": FLOWS,
    "shop/__init__.py": "from .flows import *\nfrom .flows import orders as sales\n",
    "shop/flows.py": f"{FLOWS}class Flows:\n    a = flow('a')\n",
    "shop/views.py": "from app import Router\norders = Router()\n",
    "circle.py": "import app\nfrom circle import b\na = b()\nb = circle.a()\ncircle = app.c()\n",
}


def left(text: str) -> list[str]:
    """Return the lines of a file in the project that do not begin as a decorator was left out."""
    (file,) = (f for f in project_with({**SHOP, "app.py": text}).sources if f.file == "app.py")
    assert len(file.text.splitlines()) == len(text.splitlines())
    return file.text.splitlines()


@pytest.mark.parametrize("text", OURS.values(), ids=OURS)
def test_ours_are_left_out(text):
    """By whatever names a module has them, their lines are empty, or have a comment's sign."""
    shown = left(text)

    assert not [line for line in shown if line.lstrip().startswith("@")]
    kept = [line for line in shown if line.strip() not in {"", "#@"}]
    assert kept == [each for each in text.splitlines() if each in kept]
    assert len(kept) + len(re.findall(r"(?m)^ *@", text)) >= len(text.splitlines()) - 2


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_others_are_not(text):
    """Decorators of others are as they were, even if they have the same name."""
    assert left(text) == text.splitlines()


def test_lines_on_which_functions_begin():
    """Python lets a function begin with its first decorator, be it ours or another's."""
    text = (
        f"{FLOWS}import app\n@orders\n\n@step(\n    after='a',\n)\ndef one(): ...\n"
        "@orders\n# and\n@app.task\n@step\ndef two(): ...\n@app.task\n@step\ndef three(): ...\n"
    )
    project = project_with({"app.py": text})
    (file,) = project.sources
    code = compile(text, "app.py", "exec")
    begins = {
        each.co_name: each.co_firstlineno for each in code.co_consts if hasattr(each, "co_name")
    }

    found = {each.name: each.line for each in file.definitions.values()}

    assert found == begins
    assert file.at(begins["two"]) is file.find("two")
    assert project.line_at(file.find("one").location) == "def one(): ..."


PLAIN = """
import registry

def take(order):
    check(order)
    registry.queue.put(order)

def check(order):
    print(order)

def pack(order, then):
    then(order)

def send(order):
    print(order)
"""

DECORATED = """
import registry
from flows import orders
from penstock import entrypoint, step

@orders
@entrypoint(name="take")
def take(order):
    check(order)
    registry.queue.put(order)

@orders
@step(after=take)
def check(order):
    print(order)

@orders
@step(after=check, name="shop.pack")
def pack(order, then):
    then(order)

@orders
@step(after=pack)
def send(order):
    print(order)
"""


EDGES = (("take", "check", False), ("take", "send", False), ("pack", "check", False))


def test_verdicts():
    """Its decorators make no step one to which a message or an unknown value may lead."""
    names = ("take", "check", "pack", "send")
    steps = tuple(CheckedStep(name=name, module="app", qualname=name) for name in names)
    flow = CheckedFlow(name="orders", steps=steps, edges=EDGES)

    (one,) = check(project_with({"app.py": PLAIN}), [flow])
    (other,) = check(project_with({"app.py": DECORATED, "flows.py": FLOWS}), [flow])

    assert verdicts(one) == verdicts(other)
    assert list(verdicts(one).values()) == [("supported", "call"), *[("contradicted",)] * 2]
