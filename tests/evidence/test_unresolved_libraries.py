"""Objects and names of libraries, of which the source does not show what they are."""

import pytest
from checked_sources import EDGE, checked, verdicts


@pytest.mark.parametrize(
    ("name", "verdict"), [("charge", "unverified"), ("update", "contradicted")]
)
def test_an_object_that_a_library_has_kept(name, verdict):
    """A method of an unknown object may be the step of that name, if not all libraries have it."""
    source = f"import shelf\n@step\ndef pay():\n    shelf.load().{name}()\n"
    source += f"class Gateway:\n    @step\n    def {name}(self): ...\n"

    assert verdicts(checked(source, f"pay -> {name}")) == {f"pay -> {name}": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("settings.SESSION_CLASS.create(pay)", "unverified"),
        ("settings.SESSION_CLASS.create()", "contradicted"),
        ("settings.SESSION_CLASS.make(pay)", "contradicted"),
        ("settings.objects.create(pay)", "contradicted"),
        ("library.settings.create(pay)", "contradicted"),
    ],
    ids=["step", "other arguments", "another name", "query", "no class of the project"],
)
def test_an_attribute_that_a_base_of_a_library_fills(call, verdict):
    """A method of it may be the step of that name: the source does not say what it is."""
    source = f"""
import library
class Settings(library.LazySettings):
    DEBUG = True
settings = Settings()
@step
def pay(): {call}
class Session:
    @classmethod
    @step
    def create(cls, path): pass
class Other:
    def create(self, path): pass
"""

    assert verdicts(checked(source, "pay -> create")) == {"pay -> create": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("tool()('pay')", "contradicted"),
        ("tool().bound('pay')", "contradicted"),
        ("given()('pay')", "unverified"),
    ],
)
def test_an_item_of_an_object_of_a_library_is_of_that_library(call, verdict):
    """An item by a string, which looks like a type, is not any function that is passed on."""
    source = f"""
from commands import local, keep
def tool(): return local["git"]
@step
def pay(given):
    {call}
@step
def charge(): ...
keep(charge)
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("opened", "verdict"),
    [
        ("tarfile.open(given).extractfile(given)", "contradicted"),
        ("open(given)", "contradicted"),
        ("shelf.open(given)", "unverified"),
        ("opened_by(given)", "unverified"),
    ],
)
def test_a_file_of_the_standard_library_is_not_an_object_of_the_project(opened, verdict):
    """Its methods lead to no step, though a step has the name of one."""
    source = f"""
import shelf, tarfile
@step
def pay(given):
    {opened}.read()
class Shop:
    @step
    def read(self): ...
class Other:
    def read(self): ...
"""
    assert verdicts(checked(source, "pay -> read")) == {"pay -> read": (verdict,)}


@pytest.mark.parametrize(
    ("function", "more", "verdict"),
    [
        ("_", "", "contradicted"),
        ("ngettext", "", "contradicted"),
        ("given", "", "unverified"),
        ("_", "_ = given", "unverified"),
        ("_", "def load():\n    global _\n    _ = given", "unverified"),
        ("_", "from shelf import *", "unverified"),
    ],
)
def test_what_gettext_adds_to_the_built_in_names(function, more, verdict):
    """A translation leads to no step, unless the code binds its name."""
    source = f"{more}\nqueue = [charge]\n@step\ndef pay(): {function}('a')\n"
    source += "@step\ndef charge(text): ...\n"
    files = {"app.py": source, "shelf.py": "exec(given)"}

    assert verdicts(checked(files, EDGE)) == {EDGE: (verdict,)}


def test_a_local_variable_is_not_what_gettext_adds():
    """A function that binds the name calls what it is there."""
    source = """
queue = [charge]
@step
def pay():
    def paid():
        _("a")
    paid()
    _ = given
@step
def charge(text): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


@pytest.mark.parametrize(
    ("returned", "verdict"),
    [
        ("cast(T, wrapper)", "supported"),
        ("cast('Callable[..., None]', wrapper)", "supported"),
        ("cast(lib.Timed, wrapper)", "supported"),
        ("cast(lib.Timed, lib.timed(name))", "unverified"),
        ("lib.Timed(name)", "unverified"),
    ],
)
@pytest.mark.parametrize("called", ["charge()", "helper()"])
def test_what_a_decorator_returns_hides_no_function(returned, verdict, called):
    """A cast returns the function as it is, and what hides it is called by its name still."""
    source = f"""
import lib
from typing import Any, Callable, TypeVar, cast
T = TypeVar("T", bound=Callable[..., Any])
def timed(name):
    def decorate(function):
        def wrapper(*args):
            return function(*args)
        return {returned}
    return decorate
@step
def pay():
    {called}
@timed("helper")
def helper(): charge()
@step
@timed("charge")
def charge(): ...
"""
    assert [each.verdict for each in checked(source, "pay -> charge").edges] == [verdict]


def test_a_name_that_a_library_has_too_is_another():
    """A function that the file imports from a library is not the step of that name."""
    files = {
        "app.py": "from lib import charge\n@step\ndef pay(): charge()\n",
        "shop.py": "@step\ndef charge(): ...\ncharge()\n",
    }
    assert [each.verdict for each in checked(files, "pay -> charge").edges] == ["contradicted"]


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("self.application.till.charge()", "unverified"),
        ("self.application.till.open()", "unverified"),
        ("self.application.session.charge()", "contradicted"),
        ("self.application.till.close()", "contradicted"),
    ],
)
def test_an_object_of_a_library_has_what_the_project_keeps_there(call, verdict):
    """A handler reads from its application what the project has assigned to that."""
    source = f"""
from tornado import web
class Till:
    @step
    def charge(self): pass
    def open(self): self.charge()
    def close(self): pass
class Shop(web.Application):
    def __init__(self): self.till = Till()
class Handler(web.RequestHandler):
    @step
    def pay(self): {call}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("line", "verdict"), [("order.request", "contradicted"), ("order.request()", "unverified")]
)
def test_an_attribute_that_is_named_like_what_sends(line, verdict):
    """To read an attribute sends nothing, though a property may be behind it."""
    source = f"""
class Other:
    def __getattribute__(self, name): return 1
@step
def pay(order: "lib.Order"): return {line}
@step
def charge(): pass
def consume(): charge()
"""

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("Observer()", "contradicted"),
        ("Observer().current", "unverified"),
        ("observer()", "unverified"),
        ("LazyObserver()", "unverified"),
    ],
)
def test_a_method_with_the_name_of_a_step_of_what_a_class_of_a_library_makes(made, verdict):
    """It is that of the class, while what a function returns may be of the project."""
    source = f"""
from lib import LazyObserver, Observer, observer
@step
def pay(): {made}.charge_later()
class Order:
    @step
    def charge_later(self): ...
"""
    edge = "pay -> charge_later"
    assert verdicts(checked(source, edge)) == {edge: (verdict,)}


@pytest.mark.parametrize(
    ("called", "verdict"),
    [
        ("import sys\nsys.modules.charge(1)", "contradicted"),
        ("from lib import charge\ncharge()", "contradicted"),
        ("import shop\nshop.charge()", "unverified"),
        ("from shop import charge\ncharge()", "unverified"),
        ("from lib import *\nfound.charge()", "unverified"),
        ("found().charge()", "unverified"),
        ("import shop\nif __name__ == '__main__': shop.charge()", "contradicted"),
    ],
)
@pytest.mark.parametrize("imported", ["import_module(given)", "__import__(given)"])
def test_a_module_that_is_imported_by_an_unknown_name_may_call_a_step(imported, called, verdict):
    """It does not where the module imports what it calls from a library."""
    files = {
        "app.py": f"from importlib import import_module\n@step\ndef pay(given): {imported}\n",
        "shop.py": "@step\ndef charge(): ...\n",
        "conf.py": called,
    }
    assert [each.verdict for each in checked(files, "pay -> charge").edges] == [verdict]
