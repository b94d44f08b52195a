"""Functions and objects that a library has got, and the methods that it may call."""

import pytest
from checked_sources import checked, verdicts


@pytest.mark.parametrize(
    ("method", "verdict"), [("charge", "unverified"), ("_charge", "contradicted")]
)
def test_what_gets_a_model_calls_none_of_its_private_methods(method, verdict):
    """A library may call a method of a model that it has, which nothing else calls."""
    source = f"""
import lib
class Order(lib.Model):
    @step
    def {method}(self): ...
@step
def pay(): lib.dump(Order())
"""
    assert checked(source, f"pay -> {method}").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("method", "call", "verdict"),
    [
        ("handle", "shop.serve()", "unverified"),
        ("handle", "Server().serve()", "contradicted"),
        ("handle", "shop.serve()\n    if late: Shop.handle", "unverified"),
        ("called", "shop.serve()", "contradicted"),
        ("__init__", "shop.serve()", "contradicted"),
    ],
    ids=["of the object", "of another", "named", "called by the project", "when it is made"],
)
def test_a_method_of_a_library_may_call_those_that_a_class_has_for_it(method, call, verdict):
    """A method that nothing in the project calls is there for the class of the library."""
    source = f"""
from lib import Server
class Shop(Server):
    def {method}(self): collect()
@step
def collect(): ...
@step
def pay(shop: Shop, late):
    {call}
def other(shop: Shop):
    shop.called()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        ("lib.View", "unverified"),
        ("flask.views.View", "contradicted"),
        ("lib.View, flask.views.View", "unverified"),
    ],
)
def test_a_class_of_a_library_has_no_more_than_it_has(base, verdict):
    """A method that a known class does not have is that of the next class of the project."""
    source = f"""
import flask.views, lib
class Base:
    def find(self): pass
class Shop({base}, Base):
    def late(self): collect()
@step
def collect(): ...
@step
def pay():
    Shop().find()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("base", "method", "calls", "verdict"),
    [
        ("Handler", "handle", "lib.serve(Shop)", "unverified"),
        ("Handler", "handle", "lib.serve(by=Shop())", "unverified"),
        ("Handler", "handle", "server = lib.Server(Shop)\n    server.serve()", "unverified"),
        ("Handler", "handle", "lib.serve(Shop, log)", "unverified"),
        ("Handler", "handle", "lib.serve()", "contradicted"),
        ("Handler", "handle", "lib.add(Shop)", "contradicted"),
        ("Handler", "called", "lib.serve(Shop)", "contradicted"),
        ("abc.ABC", "handle", "lib.serve(Shop)", "contradicted"),
        ("Plain", "handle", "lib.serve(Shop)", "contradicted"),
    ],
    ids=[
        "class", "object", "given before", "with a function", "not given", "stored",
        "called by the project", "without attributes", "not of a library",
    ],
)  # fmt: skip
def test_a_library_may_call_the_methods_of_an_object_that_it_gets(base, method, calls, verdict):
    """An object whose class extends one of a library is called back by whatever has got it."""
    source = f"""
import abc, lib
from lib import Handler
class Plain: ...
class Shop({base}):
    def {method}(self): collect()
@step
def collect(): ...
@step
def pay():
    {calls}
def charge(): ...
def log(): ...
def other(shop: Shop):
    shop.called()
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("call", "method", "verdict"),
    [
        ("auth.authenticate(name=1)", "authenticate(self, request, name)", "unverified"),
        ("auth.authenticate(name=1)", "authorize(self, request, name)", "contradicted"),
        ("auth.Backend.authenticate(name=1)", "authenticate(self, request, name)", "contradicted"),
        ("auth.get(name=1)", "get(self, request, name)", "contradicted"),
        ("auth.authenticate(name=1)\n    Shop().authorize()", "authorize(self)", "supported"),
    ],
    ids=["of that name", "of another name", "of a class", "a verb", "called"],
)
def test_a_function_of_a_library_may_call_the_method_that_has_its_name(call, method, verdict):
    """A class that settings name has a method for each function that calls it."""
    name = method.partition("(")[0]
    source = f"""
from lib import auth
class Shop:
    @step
    def {method}: log()
@step
def pay():
    {call}
def log(): ...
"""
    assert checked(source, f"pay -> {name}").edges[0].verdict == verdict


@pytest.mark.parametrize(
    ("base", "used", "verdict"),
    [
        ("HTMLParser", "Parser().feed(page)", "unverified"),
        ("object", "Parser().feed(page)", "contradicted"),
        ("HTMLParser", "page.feed()", "contradicted"),
    ],
    ids=["made", "not of a library", "not made"],
)
def test_an_unresolved_call_leads_on_to_the_objects_that_a_library_calls(base, used, verdict):
    """A function that makes an object leads to the methods that only a library calls."""
    source = f"""
from html.parser import HTMLParser
@step
def pay(hooks, page):
    for hook in hooks:
        hook(page)
class Parser({base}):
    @step
    def handle(self, data): log()
def index(page):
    {used}
HOOKS = {{"page": index}}
def log(): ...
"""
    assert verdicts(checked(source, "pay -> handle")) == {"pay -> handle": (verdict,)}


@pytest.mark.parametrize(
    ("give", "verdict"),
    [
        ("lib.register('x', charge)", "unverified"),
        ("lib.on_pay = charge", "unverified"),
        ("lib.add({'x': [charge]})", "unverified"),
        ("lib.HANDLERS['x'] = charge", "unverified"),
        ("lib.later(partial(charge, 1))", "unverified"),
        ("lib.later(lambda: charge())", "unverified"),
        ("lib.later(till.open)", "unverified"),
        ("lib.later(Till)", "unverified"),
        ("lib.later(till)", "unverified"),
        ("class Hooks(lib.Hooks): on_pay = charge", "unverified"),
        ("class Hooks(lib.Hooks): make = Shop", "unverified"),
        ("other.register('x', charge)", "contradicted"),
        ("lib.register('x', 1)", "contradicted"),
        (f"lib.add([{', '.join(map(str, range(60)))}, charge])", "contradicted"),
        ("class Hooks(lib.Hooks):\n    def on_pay(self): pass", "contradicted"),
    ],
)
def test_a_library_may_call_what_a_module_has_given_to_it(give, verdict):
    """It is not known when it does, but by which calls."""
    source = f"""
import lib, other
from functools import partial
@step
def charge(*args): pass
class Till:
    def open(self): charge()
class Shop:
    def __init__(self): charge()
till, shop = Till(), Shop()
{give}
@step
def pay():
    lib.run()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(("given", "verdict"), [("charge, ", "unverified"), ("", "contradicted")])
def test_a_library_may_call_what_it_gets_beside_long_lists(given, verdict):
    """Of very many functions, those in the lists are not all looked at."""
    names = [f"other_{number}" for number in range(60)]
    others = "".join(f"def {name}(): pass\n" for name in names)
    source = f"""
import lib
@step
def charge(*args): pass
{others}
lib.add([{given}[{", ".join(names[:30])}], [{", ".join(names[30:])}]])
@step
def pay(): lib.run()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("give", "verdict"),
    [("{'response': charge}", "unverified"), ("{'response': print}", "contradicted")],
)
def test_a_library_may_call_what_a_function_gives_it_in_a_dict(give, verdict):
    """So it is with hooks, of which each has a name."""
    source = f"""
import lib
@step
def charge(*args): pass
@step
def pay():
    lib.get("/", hooks={give})
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    "make", ["Till", "lambda: Till()", "make", "partial(Till)"], ids=["class", "lambda", "f", "p"]
)
def test_a_loop_calls_the_methods_of_the_protocol_that_a_function_makes(make):
    """They may lead to a step by helpers, too."""
    source = f"""
import asyncio
from functools import partial
class Till(asyncio.Protocol):
    def connection_made(self, transport): self.begin()
    def begin(self): charge()
def make(): return Till()
@step
def charge(): pass
@step
async def pay():
    loop = asyncio.get_running_loop()
    await loop.create_server({make}, "127.0.0.1", 8025)
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("method", "give", "verdict"),
    [
        ("write", "csv.writer(Till()).writerow(order)", "unverified"),
        ("write", "json.dump(order, Till())", "unverified"),
        ("read", "json.load(Till())", "unverified"),
        ("write", "csv.writer(load()).writerow(order)", "contradicted"),
        ("find", "csv.writer(Till()).writerow(order)", "contradicted"),
    ],
)
def test_a_library_uses_an_object_as_a_file(method, give, verdict):
    """It may be of any class that has such a method."""
    source = f"""
import csv, json
from lib import load
class Till:
    def {method}(self, *text): charge()
@step
def charge(): pass
@step
def pay(order): {give}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
