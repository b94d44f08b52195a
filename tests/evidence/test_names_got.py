"""The names by which a function gets attributes, where its callers pass them as strings."""

import pytest
from checked_sources import checked, verdicts

SOURCE = """
from importlib import import_module
def call_hook(name, module, *rest):
    {body}
def call_hooks(name, modules):
    for module in modules: call_hook(name, module)
@step
def pay(modules):
    {calls}
@step
def charge(*given): ...
@step
def ship(*given): ...
def prepare(*given): ...
"""
BODY = "return getattr(import_module(module), name)(*rest)"
CALLS = "call_hook('charge', modules[0])\n    call_hooks('prepare', modules)"


def verdicts_of(body=BODY, calls=CALLS):
    """Return the verdicts on both edges."""
    # So many calls that not each of them is followed by itself.
    others = "".join(f"call_hook('other_{n}', modules)\n    " for n in range(20))
    functions = "".join(f"def other_{n}(): ...\n" for n in range(20))
    source = functions + SOURCE.format(body=body, calls=f"{others}{calls}")
    found = verdicts(checked(source, "pay -> charge, pay -> ship"))
    return [found["pay -> charge"][0], found["pay -> ship"][0]]


def test_a_step_has_one_of_the_names_that_callers_pass():
    """A string may be passed on, by its position or by its name."""
    assert verdicts_of() == ["unverified", "contradicted"]
    assert verdicts_of(calls="call_hooks(modules=modules, name='ship')") == [
        "contradicted",
        "unverified",
    ]


@pytest.mark.parametrize(
    "calls",
    [
        "call_hook(modules[0], modules[0])",
        "call_hooks(modules[0], modules)",
        "call_hook(*modules)",
        "call_hook(**modules)",
        "call_hook(1, modules)",
        "keep(call_hook)",
        "keep(call_hooks)",
    ],
)
def test_a_step_may_have_any_name_if_one_call_passes_something_else(calls):
    """Nobody knows the names if one of the calls passes no string that the source has."""
    assert verdicts_of(calls=f"{CALLS}\n    {calls}") == ["unverified", "unverified"]


@pytest.mark.parametrize(
    "body",
    [
        "name = name.lower()\n    return getattr(import_module(module), name)(*rest)",
        "return [getattr(import_module(module), name)(*rest) for name in rest]",
        "return getattr(import_module(module), name.lower())(*rest)",
        "return getattr(import_module(module), rest)(*rest)",
        "return getattr(import_module(module), other)(*rest)",
        "one = getattr(import_module(module), name, 1) or 2\n    return one(*rest)",
    ],
)
def test_a_step_may_have_any_name_if_the_parameter_is_not_it(body):
    """The name is the parameter as it was passed, in the line of the call."""
    assert verdicts_of(body=body) == ["unverified", "unverified"]


def test_a_step_may_have_any_name_in_a_lambda():
    """A call in no function has no parameter that callers pass."""
    source = """
from importlib import import_module
HOOK = lambda module, name: getattr(import_module(module), name)()
@step
def pay(module, name): HOOK(module, name)
@step
def charge(): ...
"""

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("unverified",)}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [("print(charge)", "contradicted"), ("HOOKS.prepare = charge", "unverified")],
)
def test_a_name_that_something_is_assigned_to_may_be_that_of_any_step(line, verdict):
    """A string names a function alone, if nothing else has its name."""
    found = verdicts_of(calls=f"call_hooks('prepare', modules)\n    {line}")

    assert found == [verdict, verdict]


def test_a_name_that_no_function_has_may_be_that_of_any_step():
    """A module may have something else by the name that callers pass."""
    assert verdicts_of(calls="call_hooks('hook', modules)") == ["unverified", "unverified"]


PROPERTIES = """
class Settings:
    @property
    def limit(self): return read()
    @property
    def address(self): return load()
    def other(self): return log()
settings = Settings()
def __getattr__(name): return getattr(settings, name)
@step
def read(): return 1
@step
def load(): return 1
@step
def log(): return 1
"""


@pytest.mark.parametrize("body", ["return settings.limit", "from settings import limit"])
@pytest.mark.parametrize(
    ("edge", "verdict"), [("pay -> read", "supported"), ("pay -> load", "contradicted")]
)
def test_a_module_computes_an_attribute(body, edge, verdict):
    """A module without a name calls its `__getattr__` where that is read."""
    source = f"import settings\n@step\ndef pay(): {body}\n"
    found = verdicts(checked({"app.py": source, "settings.py": PROPERTIES}, edge))

    assert found[edge][0] == verdict


@pytest.mark.parametrize(
    ("name", "edge", "verdict"),
    [
        ("name", "pay -> read", "unverified"),
        ("name", "pay -> load", "unverified"),
        ("name", "pay -> log", "contradicted"),
        ("f'lim{name}'", "pay -> read", "unverified"),
        ("f'lim{name}'", "pay -> load", "contradicted"),
    ],
)
def test_a_property_runs_where_its_name_is_not_known(name, edge, verdict):
    """An attribute by an unknown string may be any property of the object, which is called."""
    source = f"{PROPERTIES}@step\ndef pay(name): return getattr(settings, {name})\n"
    report = checked(source, edge)

    assert verdicts(report)[edge][0] == verdict
    if verdict == "unverified":
        assert (
            report.edges[0].reason
            == f"getattr(settings, {name}) may read limit, or another property"
        )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("inspect.getmembers(shop, inspect.ismethod)", "unverified"),
        ("type(shop).__dict__.items()", "unverified"),
        ("vars(type(shop)).items()", "unverified"),
        ("load(shop)", "contradicted"),
    ],
)
def test_a_function_calls_members(found, verdict):
    """A function that looks at all that an object has may call any method."""
    source = f"""
import inspect
from library import load
class Shop:
    @step
    def charge(self): return 1
@step
def pay(shop):
    for name, method in {found}:
        if name: method(shop)
"""

    assert verdicts(checked(source, "pay -> charge"))["pay -> charge"][0] == verdict


def test_the_object_of_a_method_as_a_name():
    """No call passes it as an argument, so the names that are asked for are not known."""
    others = "; ".join(f"call_hook('other_{n}', modules)" for n in range(20))
    source = SOURCE.format(body=BODY, calls=f"call_hooks('prepare', modules); {others}")
    source += (
        "class Hooks:\n    def call(self): call_hook(self, [])\ndef keep(hooks): hooks.call(1)\n"
    )
    (edge, _) = checked(source, "pay -> charge, pay -> ship").edges

    assert edge.verdict == "unverified"
    assert "getattr(import_module(module), name) cannot be resolved" in str(edge.reason)


@pytest.mark.parametrize(
    ("called", "more", "verdict"),
    [
        ("shop.charge()", "", "unverified"),
        ("shop.ship()", "", "contradicted"),
        ("shop.ship()", "shop.ship = later", "unverified"),
        ("order_class()", "", "contradicted"),
        ("order_class()", "class Order:\n    def __init__(self): charge()", "unverified"),
    ],
)
def test_an_attribute_that_an_object_passes_on(called, more, verdict):
    """It has the name for which the object is asked; a class is what makes an object."""
    others = "; ".join(f"shop.other_{number}()" for number in range(40))
    source = f"""
import lib, sys
class Shop:
    def __init__(self, inner): self.inner = inner
    def __getattr__(self, name): return getattr(self.inner, name)
@step
def pay(name, inner):
    shop = Shop(lib.find(inner))
    {others}
    order_class = getattr(sys.modules[inner], name)
    {called}
@step
def charge(): ...
{more}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("names", "more", "verdict"),
    [
        ('["ship", "charge"]', "", "unverified"),
        ('["ship"]', "", "contradicted"),
        ("['ship', 'charge']", "getattr = print", "unverified"),
    ],
)
def test_a_method_that_a_class_gets_by_its_name(names, more, verdict):
    """It is a value that the class passes on, though only a string has its name."""
    source = f"""
import lib
class Views:
    names = {names}
    def __init__(self):
        for name in lib.chosen(self.names): lib.keep(getattr(self, name))
    @step
    def charge(self): ...
    def ship(self): ...
@step
def pay(order):
    view = lib.rules[order]
    order(view)()
    order.handler()
order.handler = lib.views
{more}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("found = {got}", "contradicted"),
        ("found = getattr(module, name, None)", "contradicted"),
        ("found = {got}\n    found = getattr(import_module(module), rest[0])", "unverified"),
        ("found = {got}\n    for found in rest: print(found)", "unverified"),
    ],
)
def test_a_variable_may_be_what_was_got(lines, found):
    """It is that alone if nothing else is assigned to it."""
    lines = lines.format(got="getattr(import_module(module), name)")

    assert verdicts_of(body=f"{lines}\n    return found(*rest)")[1] == found
