"""The verdict on each edge, and the edges that nobody declares."""

import pytest
from checked_sources import checked, project_with

from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep

EDGE = "pay -> charge"
PAY = "@step\ndef pay():\n    charge()\n@step\ndef charge(): ...\n"


def verdicts(report):
    return {
        f"{edge.source} -> {edge.target}": (edge.verdict, *(e.kind for e in edge.evidence))
        for edge in report.edges
    }


def undeclared(report):
    return [f"{one.source} -> {one.target}" for one in report.undeclared]


def test_a_call_supports_an_edge():
    """An edge that the source has as a call is supported, with the line of the call."""
    (edge,) = checked(PAY, "pay -> charge").edges

    assert (edge.verdict, edge.evidence[0].kind) == ("supported", "call")
    assert [str(location) for location in edge.evidence[0].path] == ["app.py:3"]


def test_an_order_supports_an_edge_and_says_in_which_caller():
    """An edge between two steps that one function calls has the name of that function."""
    source = PAY.replace("    charge()", "    charge()\n    ship()") + "@step\ndef ship(): ...\n"
    report = checked(source, "pay -> charge, charge -> ship")

    assert verdicts(report)["charge -> ship"] == ("supported", "order")
    assert report.edges[1].evidence[0].caller == "app.pay"


def test_a_hand_off_supports_an_edge():
    """A function that is given to a thread is handed off."""
    source = "import threading\n" + PAY.replace(
        "charge()\n", "threading.Thread(target=charge)\n", 1
    )

    assert verdicts(checked(source, "pay -> charge")) == {
        "pay -> charge": ("supported", "hand-off")
    }


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


def test_a_channel_supports_an_edge():
    """A channel that both ends name is evidence without a call."""
    source = "@step\ndef pay(): ...\n@step\ndef charge(): ...\n"
    channel = {"pay": {"sends": ("kafka:a",)}, "charge": {"receives": ("kafka:a",)}}

    assert verdicts(checked(source, "pay -> charge", **channel)) == {
        "pay -> charge": ("supported", "channel")
    }


def test_an_edge_that_is_taken_out_of_the_check():
    """``unchecked`` takes an edge out of the check, and out of what is undeclared."""
    source = "@step\ndef pay(): ...\n@step\ndef charge(): pay()\n"
    report = checked(source, "pay -> charge", charge={"unchecked": "by hand"})

    assert [(e.verdict, e.reason) for e in report.edges] == [("unchecked", "by hand")]
    report = checked(PAY, "", charge={"unchecked": "by hand"})
    assert undeclared(report) == []


def test_an_edge_that_is_nowhere_is_contradicted():
    """An edge that a fully read source does not have is contradicted."""
    source = "@step\ndef pay(): pass\n@step\ndef charge(): ...\n"

    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("...", "unverified"),
        ("'Pays.'", "unverified"),
        ("raise NotImplementedError", "unverified"),
        ("raise NotImplementedError('later')", "unverified"),
        ("raise ValueError", "contradicted"),
        ("pass", "contradicted"),
    ],
)
def test_a_function_without_a_body_contradicts_nothing(body, verdict):
    """A function that somebody has yet to write may come to lead anywhere."""
    (edge,) = checked(f"@step\ndef pay(): {body}\n@step\ndef charge(): ...\n", EDGE).edges

    assert edge.verdict == verdict
    assert edge.reason == ("pay has no body yet" if verdict == "unverified" else None)


TWO = """
def run():
    charge()
    ship()
def back():
    ship()
    charge()
@step
def pay():
    run()
    {}
@step
def charge(): ...
@step
def ship(): ...
"""


def test_the_other_order_contradicts_an_edge():
    """An edge of which the source has the reverse alone is contradicted, with that order."""
    report = checked(TWO.format(""), "pay -> ship, ship -> charge")

    assert verdicts(report)["ship -> charge"] == ("contradicted",)
    assert report.edges[1].against[0].caller == "app.run"
    assert undeclared(report) == ["charge -> ship", "pay -> charge"]


def test_an_order_in_one_caller_and_the_reverse_in_another_are_both_reported():
    """An edge may be supported in one caller and contradicted in another."""
    report = checked(TWO.format("if x: back()"), "pay -> charge, charge -> ship")

    assert verdicts(report)["charge -> ship"][0] == "mixed"
    assert [against.caller for against in report.edges[1].against] == ["app.back"]


def test_a_declared_reverse_is_no_contradiction():
    """If both directions are declared, neither contradicts the other."""
    report = checked(TWO.format("back()"), "pay -> charge, charge -> ship, ship ~> charge")

    assert {edge.verdict for edge in report.edges} == {"supported"}


def test_only_a_loop_is_supported_by_the_next_round():
    """The next round of a loop supports an edge that is declared as a loop."""
    source = """
@step
def pay():
    for one in orders:
        charge()
        ship()
@step
def charge(): ...
@step
def ship(): ...
"""
    looped = checked(source, "pay -> charge, charge -> ship, ship ~> charge")
    plain = checked(source, "pay -> ship, ship -> charge")

    assert verdicts(looped)["ship -> charge"] == ("supported", "order")
    assert verdicts(plain)["ship -> charge"] == ("contradicted",)


@pytest.mark.parametrize("name", ["pay", "charge"])
def test_a_step_without_a_function_leaves_its_edges_unverified(name):
    """The edges of a step whose function is gone are unverified, not contradicted."""
    report = checked(
        {"app.py": PAY, "other.py": "x = 1\n"},
        "pay -> charge",
        **{name: {"module": "app.gone", "declared": None}},
    )

    assert [edge.verdict for edge in report.edges] == ["unverified"]
    assert report.edges[0].reason == f"{name} is not in the source"
    assert [missing.step for missing in report.missing] == [name]


def test_an_unresolved_method_of_that_name_leaves_an_edge_unverified():
    """A method of an unknown object that has the name of the step may lead there."""
    source = """
@step
def pay(given):
    given().collect()
class Shop:
    @step
    def collect(self): ...
class Other:
    def collect(self): ...
"""
    (edge,) = checked(source, "pay -> collect").edges

    assert edge.verdict == "unverified"
    assert edge.reason == "given().collect cannot be resolved"
    assert str(edge.location) == "app.py:4"


@pytest.mark.parametrize(
    ("parameters", "call", "verdict"),
    [
        ("self", "collect()", "unverified"),
        ("self", "collect(1)", "contradicted"),
        ("self, order", "collect()", "contradicted"),
        ("self, order=None", "collect()", "unverified"),
        ("self, *, order", "collect(order=1)", "unverified"),
        ("self, *, order", "collect(other=1)", "contradicted"),
        ("self, *orders, **options", "collect(1, 2, late=True)", "unverified"),
        ("self, order", "collect(*orders)", "unverified"),
    ],
)
def test_an_unresolved_method_leads_only_to_what_takes_its_arguments(parameters, call, verdict):
    """A method of that name that the arguments do not fit is another one."""
    source = f"""
@step
def pay(given):
    given().{call}
class Shop:
    @step
    def collect({parameters}): ...
class Other:
    def collect(self): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("decorator", "parameters", "verdict"),
    [
        ("staticmethod", "order", "unverified"),
        ("classmethod", "cls, order", "unverified"),
        ("classmethod", "order", "contradicted"),
        ("provided('order')", "self, order, shop", "unverified"),
    ],
)
def test_a_decorator_may_change_the_arguments(decorator, parameters, verdict):
    """A function of which a decorator may take other arguments may be called with any."""
    source = f"""
from lib import provided
@step
def pay(given):
    given().collect(1)
class Shop:
    @step
    @{decorator}
    def collect({parameters}): ...
class Other:
    def collect(self): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": (verdict,)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("given['shop'].get('name', 1)", "contradicted"),
        ("given['shop'].get('/orders')", "unverified"),
        ("given['shop'].get(given)", "unverified"),
        ("given.get('name')", "unverified"),
    ],
)
def test_the_lookup_in_a_dict_of_dicts_is_not_a_method_with_a_decorator(call, verdict):
    """A key that is looked up in an item of a dict leads to no view of that name."""
    source = f"""
from lib import checked
@step
def pay(given):
    {call}
class Shop:
    @checked
    def get(self, order, shop): charge()
class Other:
    def get(self): ...
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


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
    ("shop", "name", "verdict"),
    [
        ("shop", "name", "unverified"),
        ("shop", "'on_' + name", "unverified"),
        ("shop", "'by_' + name", "contradicted"),
        ("hashlib", "name", "contradicted"),
    ],
)
def test_an_attribute_by_an_unknown_name_may_be_a_step(shop, name, verdict):
    """The attribute that `getattr` looks up by an unknown string may be a step that begins so."""
    source = f"""
import hashlib
@step
def pay(shop, name):
    visit = getattr({shop}, {name}, None)
    if visit is not None:
        visit()
class Shop:
    @step
    def on_charge(self): ...
class Other:
    def on_charge(self): ...
"""
    assert verdicts(checked(source, "pay -> on_charge")) == {"pay -> on_charge": (verdict,)}


def test_a_parameter_with_a_default_may_be_another_function():
    """A function that is the default of a parameter does not hide what else is passed."""
    source = """
from lib import keep
@step
def pay(then=ship):
    then()
@step
def charge(): ...
@step
def ship(): ...
keep(charge)
"""
    report = checked(source, "pay -> charge, pay -> ship")

    assert [edge.verdict for edge in report.edges] == ["unverified", "supported"]


def test_an_unresolved_value_leaves_an_edge_to_what_is_passed_on_unverified():
    """A value that is called may be a step whose function is kept somewhere."""
    source = """
from lib import keep
keep(later)
@step
def pay(after):
    after()
def later():
    charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "after cannot be resolved")


def test_what_leads_to_the_first_step_may_lead_to_the_second():
    """If nothing is known to lead to a step, an unresolved call to it counts for what follows."""
    source = """
class Shop:
    @step
    def one(self): ...
class Other:
    def one(self): ...
@step
def pay(given):
    given().one()
@step
def two(): ...
"""
    report = checked(source, "one -> two", pay={"is_entrypoint": True})

    assert [edge.verdict for edge in report.edges] == ["unverified"]


BEHIND = """
@step
def login():
    manager().log_in()
    redirect()
class Manager:
    def log_in(self): authenticate()
class Other:
    def log_in(self): pass
@step
def authenticate():
    check()
    block()
@step
def check(): pass
@step
def block(): pass
@step
def redirect(): pass
"""


@pytest.mark.parametrize(
    ("source", "verdict", "found"),
    [
        (BEHIND, "unverified", []),
        (BEHIND.replace("manager()", "Manager()"), "supported", []),
        (
            BEHIND.replace("manager().log_in()", "if late: return authenticate()"),
            "contradicted",
            ["login -> redirect"],
        ),
    ],
    ids=["unresolved", "known", "a way that returns"],
)
def test_a_step_that_only_an_unresolved_call_reaches(source, verdict, found):
    """A step after the call may follow all that the call runs, and is not undeclared."""
    edges = "login -> authenticate, authenticate -> check, check -> block, block -> redirect"
    report = checked(source, edges, login={"is_entrypoint": True})

    assert verdicts(report)["block -> redirect"][0] == verdict
    assert undeclared(report) == found


def test_steps_that_one_unresolved_call_runs():
    """A call that may lead to the first step may lead to the others, too."""
    source = """
@step
def pay(validators):
    for each in validators: each()
    store()
def register(): return [email, name]
@step
def email(): pass
@step
def name(): pass
@step
def store(): pass
"""
    report = checked(source, "pay -> email, email -> name, name -> store")

    assert {verdict for verdict, *_ in verdicts(report).values()} == {"unverified"}
    assert undeclared(report) == []


def test_a_call_of_a_caller_counts():
    """An unresolved call in a step that calls the first one may lead to the second."""
    source = """
from lib import keep
keep(ship)
@step
def pay(after):
    charge()
    after()
@step
def charge(): ...
@step
def ship(): ...
"""
    report = checked(source, "pay -> charge, charge -> ship")

    assert verdicts(report)["charge -> ship"] == ("unverified",)


@pytest.mark.parametrize(
    ("body", "edge", "verdict"),
    [
        ("    given().ship()\n    charge()", "charge -> ship", "contradicted"),
        ("    helper()\n    charge()", "charge -> ship", "contradicted"),
        ("    charge()\n    helper()", "charge -> ship", "unverified"),
        ("    charge()\n    return\n    helper()", "charge -> ship", "contradicted"),
        ("    while late:\n        helper()\n        charge()", "charge -> ship", "contradicted"),
        ("    while late:\n        helper()\n        charge()", "charge ~> ship", "unverified"),
    ],
    ids=["before", "before, in a helper", "after", "never", "in the next round", "in a loop"],
)
def test_what_is_called_before_a_step_does_not_follow_it(body, edge, verdict):
    """An unresolved call leads from a step to what follows it only if it comes after the step."""
    source = f"""
def helper(): given().ship()
@step
def pay():
{body}
@step
def charge(): pass
class Shop:
    @step
    def ship(self): ...
class Other:
    def ship(self): ...
"""
    (found,) = checked(source, edge).edges

    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("source", "call", "verdict"),
    [
        ("keep(helper)", "after(1)", "unverified"),
        ("keep(helper)", "after(order=1)", "unverified"),
        ("keep(helper)", "after(1, 2)", "contradicted"),
        ("keep(helper)", "after(late=1)", "contradicted"),
        ("keep('shop.helper')", "after(1)", "unverified"),
        ("keep('the helper')", "after(1)", "contradicted"),
        ("keep(helper(1))", "after(1)", "contradicted"),
        ("keep(other)\n@step\ndef other(order):\n    charge()", "after(1)", "contradicted"),
        ("'A helper of the shop.'", "after(1)", "contradicted"),
    ],
    ids=[
        "passed on",
        "by name",
        "too many arguments",
        "another argument",
        "named by a string",
        "in prose",
        "called",
        "a step",
        "in a docstring",
    ],
)
def test_a_value_that_is_called_may_be_what_something_keeps(source, call, verdict):
    """A value may be a function that is kept, takes the arguments, and leads to the step itself."""
    source = f"""{source}
from lib import keep
def helper(order):
    charge()
@step
def pay(after): {call}
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


def test_an_unresolved_method_that_is_a_step_leads_to_that_step():
    """A method that is a step itself leads to that step, and not past it."""
    source = """
@step
def pay(): given().collect()
class Shop:
    {}
    def collect(self): charge()
class Other:
    def collect(self): ...
@step
def charge(): pass
"""
    for decorator, verdict in (("@step", "contradicted"), ("", "unverified")):
        (edge,) = checked(source.format(decorator), "pay -> charge").edges
        assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("Manager('shop').hook.charge(order=1)", "unverified"),
        ("Manager('shop').hook.begin(order=1)", "unverified"),
        ("Manager('shop').hook.close(order=1)", "contradicted"),
        ("Manager('shop').close(order=1)", "contradicted"),
        ("entry_points(group='shop')['pay'].load()()", "unverified"),
        ("entry_points(group='shop')['pay'].name()", "contradicted"),
    ],
    ids=["hook", "hook of a caller", "another hook", "method", "entry point", "name"],
)
def test_a_library_calls_what_is_registered_outside_of_the_source(call, verdict):
    """A hook leads to the functions of its name, and an entry point to any function."""
    source = f"""
from importlib.metadata import entry_points
from plugins import Manager
@step
def pay(): {call}
@step
def charge(*, order=1): pass
def begin(*, order):
    charge()
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


HOOKED = """
import pluggy
hookimpl = pluggy.HookimplMarker("shop")
hookspec = pluggy.HookspecMarker("shop")
manager = pluggy.PluginManager("shop")
@step
def pay(order): {call}
{plugin}
@step
def charge(order): ...
"""


@pytest.mark.parametrize(
    ("call", "plugin"),
    [
        (
            "manager.hook.paid(order=order)",
            "@hookimpl(wrapper=True)\ndef paid(order):\n    charge(order)\n    yield",
        ),
        (
            "manager.hook.paid(order=order)()",
            "@hookspec(firstresult=True)\ndef paid(order): ...\n"
            "@hookimpl(specname='paid')\ndef charged(order): return charge",
        ),
        (
            "manager.hook.paid(order=order)",
            "class Plugin:\n    @hookimpl\n    def paid(self, order): charge(order)",
        ),
    ],
    ids=["wrapper", "first result", "method"],
)
def test_a_hook_calls_its_implementations(call, plugin):
    """They may be wrappers and methods, and a hook may return the first of their results."""
    (edge,) = checked(HOOKED.format(call=call, plugin=plugin), "pay -> charge").edges

    assert (edge.verdict, edge.evidence[0].kind) == ("supported", "call")


@pytest.mark.parametrize("prefix", ["", "async "], ids=["function", "coroutine"])
@pytest.mark.parametrize(
    ("marker", "verdict"),
    [
        ("hookimpl", "contradicted"),
        ("hookimpl(specname=None)", "contradicted"),
        ("hookimpl(specname='paid')", "supported"),
        ("hookimpl(specname='shipped')", "contradicted"),
    ],
)
def test_an_implementation_of_a_hook_may_name_it(marker, verdict, prefix):
    """A function implements the hook of its name, or the one that the marker names."""
    source = f"""
import inspect, pluggy
hookimpl = pluggy.HookimplMarker("shop")
manager = pluggy.PluginManager("shop")
@step
async def pay(order):
    hook = manager.hook.paid
    for each in list(hook(order=order)):
        if inspect.iscoroutine(each):
            await each
@hookimpl
def paid(order): ...
@{marker}
@step
{prefix}def charge(order): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("shop.late = False", "contradicted"),
        ("shop.late = find()", "unverified"),
    ],
    ids=["constant", "value"],
)
def test_an_attribute_that_is_a_constant_is_not_called(more, verdict):
    """An attribute to which only constants are assigned does not lead to a function."""
    source = f"""
from lib import shop, find
{more}
keep = [charge]
@step
def pay(order): order.late()
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("more", "verdict"),
    [("", "contradicted"), ("from functools import partial", "unverified")],
    ids=["none", "partials"],
)
def test_a_partial_may_add_arguments(more, verdict):
    """A function with more parameters may be called where the project has partials."""
    source = f"""
{more}
keep = [charge]
@step
def pay(late): late()
@step
def charge(order): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


SENDING = """
from lib import producer
@step
def pay(): producer.send("a")
{}
"""


@pytest.mark.parametrize(
    ("receiving", "verdict"),
    [
        ("@app.handler('a')\n@step\ndef charge(): ...", "unverified"),
        (
            "from lib import Base\nclass H(Base):\n    @step\n    def charge(self): ...",
            "unverified",
        ),
        (
            "class H:\n    step\n    charge = 1\n@step\ndef charge(): ...\nkeep = [charge]",
            "unverified",
        ),
    ],
    ids=["decorated", "in a class of a library", "used elsewhere"],
)
def test_a_message_may_lead_to_what_something_else_calls(receiving, verdict):
    """A step that sends may lead to one that something outside of the flow calls."""
    (edge,) = checked(SENDING.format(receiving), "pay -> charge").edges

    assert edge.verdict == verdict
    assert edge.reason == "pay sends by producer.send, and charge is called from elsewhere"


def test_a_step_that_a_docstring_mentions_is_not_called_from_there():
    """A name in a string is not a call from elsewhere."""
    mention = '@step\ndef charge(): ...\ndef other():\n    """\n    Not charge.\n    """\n'

    assert checked(SENDING.format(mention), "pay -> charge").edges[0].verdict == "contradicted"


def test_a_database_may_lead_to_a_receiver_of_signals():
    """An object that is stored may lead to a function that a signal calls."""
    source = """
from lib import table, receiver, post_save
@step
def pay(): table.insert(1)
@receiver(post_save)
@step
def charge(): ...
"""
    assert checked(source, "pay -> charge").edges[0].verdict == "unverified"
    assert checked(source.replace("@receiver(post_save)\n", ""), "pay -> charge").edges[0].verdict


def test_undeclared_edges_are_outside_of_the_closure_of_what_is_kept():
    """A call that a path of supported edges has already is not reported."""
    source = """
@step
def pay():
    charge()
    ship()
@step
def charge(): ...
@step
def ship(): ...
"""
    assert undeclared(checked(source, "pay -> charge, charge -> ship")) == []
    assert undeclared(checked(source, "pay -> charge")) == ["charge -> ship"]
    assert undeclared(checked(source, "")) == ["charge -> ship", "pay -> charge"]


def test_a_bypass_is_undeclared():
    """The first step calls the third: the declared path through the second is gone."""
    source = """
@step
def pay(): ship()
@step
def charge(): pass
@step
def ship(): ...
"""
    report = checked(source, "pay -> charge, charge -> ship")

    assert {edge.verdict for edge in report.edges} == {"contradicted"}
    assert undeclared(report) == ["pay -> ship"]


def test_a_bypass_of_several_steps_leads_to_the_first_that_is_still_reached():
    """Nothing reaches two steps any more, and what comes after the third is as declared."""
    source = """
@step
def retry(): ship()
@step
def pay():
    ship()
    mail()
@step
def charge(): audit()
@step
def audit(): ship()
@step
def ship(): mail()
@step
def mail(): ...
"""
    edges = "pay -> charge, charge -> audit, audit -> ship, ship -> mail, retry -> ship"

    assert undeclared(checked(source, edges)) == ["pay -> ship"]


def test_what_a_way_that_breaks_off_led_to_is_news_where_it_breaks_off_alone():
    """The steps around a chain have no findings if one call in the chain is gone."""
    source = """
@step
def pay():
    charge()
    close()
@step
def charge(): {call}
@step
def ship(): print()
@step
def close(): ...
"""
    edges = "pay -> charge, charge -> ship, ship -> close"
    whole = checked(source.format(call="ship()"), edges)
    broken = checked(source.format(call="print()"), edges)

    assert undeclared(whole) == []
    assert [edge.verdict for edge in broken.edges] == ["supported", "contradicted", "contradicted"]
    assert undeclared(broken) == ["charge -> close"]


SECOND = """
def helper(): charge()
@step
def pay():
    charge()
    ship()
@step
def charge(): ...
@step
def ship(): {call}
"""


@pytest.mark.parametrize(
    ("call", "flow", "found"),
    [
        ("charge()", "pay -> charge, pay -> ship", ["ship -> charge"]),
        ("helper()", "pay -> charge, pay -> ship", []),
        ("charge()", "pay -> charge, charge -> ship", []),
        ("pay()", "pay -> charge, charge -> ship", []),
    ],
    ids=["called", "called by a helper", "back", "back to the start"],
)
def test_a_second_way_is_undeclared_where_the_flow_should_show_it(call, flow, found):
    """A second way to a step is reported if the step before calls it itself, and onwards."""
    assert undeclared(checked(SECOND.format(call=call), flow)) == found


def test_a_way_back_is_no_news_where_the_way_forth_breaks_off():
    """A step that runs again at the end is not reported if a step between is gone."""
    source = """
@step
def pay():
    notify()
    {}
    ship()
    notify()
@step
def notify(): pass
@step
def charge(): pass
@step
def ship(): pass
"""
    flow = "pay -> notify, notify -> charge, charge -> ship"
    assert undeclared(checked(source.format("charge()"), flow)) == []

    report = checked(source.format("pass"), flow)

    assert undeclared(report) == ["notify -> ship"]


def test_the_reverse_of_an_edge_is_undeclared_whatever_else_leads_there():
    """An order that contradicts an edge is reported, even where a longer way is declared."""
    source = """
@step
def pay():
    ship()
    charge()
    notify()
@step
def charge(): audit()
@step
def audit(): ...
@step
def notify(): audit()
@step
def ship(): notify()
"""
    flow = "pay -> charge, charge -> ship, charge -> audit, audit ~> ship, ship -> notify"
    report = checked(source, flow, audit={"sends": ("a",)}, ship={"receives": ("a",)})

    assert undeclared(report) == ["ship -> charge"]


def test_a_call_beside_a_long_way_is_no_bypass_of_it():
    """A call beside a declared way of several steps is not reported where that way breaks off."""
    source = """
@step
def pay():
    charge()
    mail()
@step
def charge(): audit()
@step
def mail(): ship()
@step
def ship(): close()
@step
def close(): audit()
@step
def audit(): ...
"""
    edges = "pay -> charge, charge -> mail, mail -> ship, ship -> close, close -> audit"
    assert undeclared(checked(source, edges)) == []

    later = source.replace("    charge()", "    Thread(target=charge).start()")
    report = checked("from threading import Thread\n" + later, edges)

    assert [e.verdict for e in report.edges][1:3] == ["contradicted", "supported"]
    assert undeclared(report) == ["pay -> mail"]


def test_what_everything_calls_is_not_undeclared():
    """A further call of a function that many lines call is not reported."""
    source = SECOND.format(call="charge()")
    uses = "".join(f"def other_{n}(): charge()\n" for n in range(8))

    assert undeclared(checked(source + uses, "pay -> charge, pay -> ship")) == []


CHOSEN = """
RULES = []
def register(cls):
    RULES.append(cls())
@register
class A:
    def act(self): charge()
@register
class B:
    def act(self): ship()
@step
def pay():
    for rule in RULES:
        {call}
def helper(rule):
    if rule: charge()
    else: ship()
@step
def charge(): pass
@step
def ship(): pass
"""


@pytest.mark.parametrize(
    ("call", "verdict"), [("rule.act()", "unverified"), ("helper(rule)", "contradicted")]
)
def test_what_one_call_in_a_loop_leads_to_has_no_known_order(call, verdict):
    """An order in a list that the source does not have item by item is not contradicted."""
    report = checked(CHOSEN.format(call=call), "pay -> charge, charge -> ship")

    assert report.edges[0].verdict == "supported"
    assert report.edges[1].verdict == verdict


def test_one_call_that_is_two_steps_has_no_known_order():
    """The call of a name that may be one step or the other contradicts no order of both."""
    source = """
import random
ALL = {random.random(): f for f in (1, 2)}
def register(f):
    ALL[f.__name__] = f
@step
def pay():
    for name in ALL:
        ALL[name]()
@step
def charge(): pass
@step
def ship(): pass
register(charge)
register(ship)
"""
    report = checked(source, "pay -> charge, charge -> ship")

    assert [edge.verdict for edge in report.edges] == ["supported", "unverified"]


def test_an_attribute_that_is_called_may_be_any_function_that_is_passed_on():
    """An attribute that is called may be a step that something else gives to it."""
    source = """
class Manager:
    def __init__(self, source): self.source = source
    @step
    def pay(self): self.source()
class App:
    @step
    def charge(self): pass
    def make(self): settings["manager"].update({"source": self.charge})
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "self.source cannot be resolved")
    (edge,) = checked(source.replace("self.charge}", "1}"), "pay -> charge").edges
    assert edge.verdict == "contradicted"
    assign = "def __init__(self, source): self.source = source"
    field = source.replace(assign, "source: object")
    assert checked(field, "pay -> charge").edges[0].verdict == "unverified"
    parameter = source.replace(
        assign, "def __init__(\n        self,\n        source: int,\n    ): ..."
    )
    assert checked(parameter, "pay -> charge").edges[0].verdict == "contradicted"


def test_a_step_is_found_among_any_number_of_overrides():
    """The override that is a step is followed, however many subclasses there are."""
    others = "".join(f"class C{n}(Rule):\n    def act(self): f{n}()\n" for n in range(60))
    source = f"""
class Rule:
    def act(self): pass
{others}
class Charge(Rule):
    @step
    def act(self): pass
@step
def pay(rule: Rule): rule.act()
"""
    assert checked(source, "pay -> act").edges[0].verdict == "supported"


@pytest.mark.parametrize("call", ["Message()", "either"])
def test_a_step_and_its_overrides_are_one_step(call):
    """All of them count, whichever is called first."""
    source = f"""
@step
def start(either: Event): ({call}).respond()
class Event:
    @step
    def respond(self):
        send()
        unknown().store()
class Message(Event):
    def respond(self):
        wait()
        return super().respond()
@step
def send(): pass
@step
def wait(): pass
class Store:
    @step
    def store(self): pass
class Other:
    def store(self): pass
"""
    report = checked(source, "start -> respond, respond -> wait, respond -> send, respond -> store")

    assert verdicts(report) == {
        "start -> respond": ("supported", "call"),
        "respond -> wait": ("supported", "call"),
        "respond -> send": ("supported", "call"),
        "respond -> store": ("unverified",),
    }


def test_an_abstract_step_has_a_body():
    """An abstract step may have a body, which overrides call by ``super()``."""
    source = """
class Runner(ABC):
    def start(self): self.run()
    @step
    @abstractmethod
    def run(self): execute()
class One(Runner):
    def run(self): super().run()
@step
def pay(runner: Runner): runner.start()
@step
def execute(): ...
"""
    report = checked(source, "pay -> run, run -> execute")

    assert verdicts(report) == {
        "pay -> run": ("supported", "call"),
        "run -> execute": ("supported", "call"),
    }


def test_an_override_of_a_step_is_that_step():
    """A method that overrides a step in a subclass counts as the step."""
    source = """
import lib
class Base:
    @step
    def charge(self): ...
class Shop(Base):
    def charge(self): ship()
class Other(lib.Other):
    def charge(self): ...
class Third(Other):
    def charge(self): ...
def charge(): ...
@step
def pay(base: Base):
    base.charge()
    Shop().charge()
    Other().charge()
    Third().charge()
    charge()
@step
def ship(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


def test_a_renamed_function_is_found_in_its_module():
    """A function that is gone is looked for by a similar name, or near its line."""
    options = {"send": {"module": "app", "qualname": "send_message", "line": 1}}
    report = checked("def send_messages(): ...\ndef other(): ...\n", "", **options)

    assert [(m.step, m.renamed_to, str(m.location)) for m in report.missing] == [
        ("send", "app.send_messages", "app.py:1")
    ]


def test_a_renamed_function_still_calls_what_it_did():
    """An order in the function of a step that is called otherwise now is there as before."""
    source = """
def take_orders():
    pay()
    ship()
@step
def pay(): ...
@step
def ship(): ...
"""
    options = {"take": {"module": "app", "qualname": "take_order", "is_entrypoint": True}}
    report = checked(source, "take -> pay, pay -> ship", **options)

    assert [missing.renamed_to for missing in report.missing] == ["app.take_orders"]
    assert verdicts(report) == {
        "take -> pay": ("unverified",),
        "pay -> ship": ("supported", "order"),
    }
    assert report.undeclared == ()


def test_a_moved_function_is_found_in_another_module():
    """A function that is gone is looked for by its name in other modules."""
    options = {"send": {"module": "app", "qualname": "send"}}
    report = checked({"app.py": "x = 1", "mail.py": "def send(): ...\n"}, "", **options)

    assert [missing.renamed_to for missing in report.missing] == ["mail.send"]


MENDED = """
@step
def pay(order):
    log(order)
    settle(order)
    ship(order)
@step
def ship(order): log(order)
def log(order): ...
def __getattr__(name): ...
def charged(): ...
def settle(order): notify(order)
@step
def notify(order): ...
"""


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ("pay -> charge, charge -> notify", "app.settle"),
        ("pay -> charge, charge -> notify, charge -> ship", "app.settle"),
        ("pay -> charge", "app.charged"),
        ("ship -> charge, charge -> notify", "app.charged"),
        ("", "app.charged"),
    ],
    ids=["calls", "call and order", "one edge", "half of the edges", "no edge"],
)
def test_a_function_of_another_name_is_found_by_its_edges(edges, found):
    """It has most edges of the step, and two at least; else the names decide."""
    report = checked(MENDED, edges, charge={"module": "app", "qualname": "charge"})

    assert [missing.renamed_to for missing in report.missing] == [found]


@pytest.mark.parametrize(
    ("edges", "found"), [("pay -> charge", "app.recharge_x"), ("", "mail.charge")]
)
def test_a_function_beside_may_have_more_edges_than_one_of_the_same_name(edges, found):
    """A function of the same name elsewhere is not the step if one beside has its edge."""
    files = {
        "app.py": "@step\ndef pay(): recharge_x()\ndef recharge_x(): ...\n",
        "mail.py": "def charge(): ...\n",
    }
    report = checked(files, edges, charge={"module": "app", "qualname": "charge"})

    assert [missing.renamed_to for missing in report.missing] == [found]


@pytest.mark.parametrize(
    ("edges", "found"), [("pay -> ask", "app.ask_twice"), ("ship -> ask", None)]
)
def test_a_less_similar_name_is_enough_with_an_edge(edges, found):
    """The name of a function that has the edge of the step may differ more."""
    source = "@step\ndef pay(): ask_twice()\n@step\ndef ship(): ...\ndef ask_twice(): ...\n"
    report = checked(source, edges, ask={"module": "app", "qualname": "ask"})

    assert [missing.renamed_to for missing in report.missing] == [found]


def test_no_special_method_is_a_renamed_step():
    """Its name is that of Python, and nobody gives it another."""
    source = "class Task:\n    def __call__(self): ...\n"
    report = checked(source, "", call={"module": "app", "qualname": "Task._call_"})

    assert [missing.renamed_to for missing in report.missing] == [None]


def test_a_step_of_another_flow_is_not_a_renamed_step():
    """A function that another flow declares had its name before."""
    project = project_with({"app.py": "def charge_card(): ...\n"})
    steps = [CheckedStep(name=n, module="app", qualname=n) for n in ("charge_cards", "charge_card")]
    flows = [CheckedFlow(name=step.name, steps=(step,), edges=()) for step in steps]

    assert check(project, flows)[0].missing[0].renamed_to is None


def test_of_several_moved_functions_that_with_the_edges_is_the_step():
    """Two functions have its name, and one calls what comes after it."""
    files = {
        "app.py": "@step\ndef pack(): ...\n",
        "mail.py": "import app\ndef send(): app.pack()\n",
        "wire.py": "def send(): ...\n",
    }
    report = checked(files, "send -> pack", send={"module": "app", "qualname": "send"})

    assert [missing.renamed_to for missing in report.missing] == ["mail.send"]


def test_a_method_of_the_same_name_is_not_a_moved_function():
    """A function of a module is moved to a module, and a method to a class."""
    files = {"app.py": "x = 1", "mail.py": "class Mail:\n    def send(self): ...\n"}
    report = checked(files, "", send={"module": "app", "qualname": "send"})

    assert [missing.renamed_to for missing in report.missing] == [None]


def test_a_function_that_is_gone_is_missing():
    """A step has no function if nothing is like it."""
    options = {"send": {"module": "app", "qualname": "send"}}
    report = checked("def entirely_different(): ...\n", "", **options)

    assert [missing.renamed_to for missing in report.missing] == [None]


PLAIN = {name: {"module": "app", "qualname": name} for name in ("pay", "charge")}
SENDS = "from lib import producer\ndef pay(): producer.send(1)\n"


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        (
            f"{SENDS}def charge(): ...\nkept = [\n    charge,\n]\ntable = {{1: charge}}\n",
            "unverified",
        ),
        (f"{SENDS}def charge(): ...\n", "contradicted"),
    ],
    ids=["kept in a table", "mentioned nowhere"],
)
def test_a_function_without_a_decorator_counts_if_something_mentions_it(source, verdict):
    """A message may lead to a function that the source keeps somewhere, and to no other."""
    (edge,) = checked(source, "pay -> charge", **PLAIN).edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(("base", "verdict"), [("lib.Base", "unverified"), ("", "contradicted")])
def test_a_method_counts_if_a_library_may_call_it(base, verdict):
    """A message may lead to a method of a class whose base is of a library."""
    source = f"import lib\n{SENDS}class H({base}):\n    def charge(self): ...\n"
    steps = {**PLAIN, "charge": {"module": "app", "qualname": "H.charge"}}

    assert checked(source, "pay -> charge", **steps).edges[0].verdict == verdict


def test_an_edge_of_an_unknown_step():
    """An edge from a step that the flow does not have is unverified."""
    assert checked(PAY, "gone -> charge").edges[0].reason == "gone is not in the source"


def test_a_function_of_an_unknown_module_is_missing():
    """Nothing else is taken for the function of a module that is gone too."""
    report = checked(PAY, "", send={"module": "app.gone", "qualname": "unheard"})

    assert [missing.renamed_to for missing in report.missing] == [None]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("entry_points(group='a')[name].load()(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()(1)", "unverified"),
        ("found = {e.name: e.load() for e in entry_points()}; found[name](1)", "unverified"),
        ("next(iter(entry_points().select(group='a'))).load()(1)", "unverified"),
        ("EntryPoint('a', name, 'b').load()(1)", "unverified"),
        ("for each in pkg_resources.iter_entry_points('a'): each.load()(1)", "unverified"),
        ("pkg_resources.load_entry_point('a', 'b', name)(1)", "unverified"),
        ("driver.DriverManager('a', name).driver(1)", "unverified"),
        ("for each in extension.ExtensionManager('a'): each.plugin(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()().charge(1)", "unverified"),
        ("for each in entry_points(group='a'): each.load()().close(1)", "contradicted"),
        ("for each in entry_points(group='a'): print(each.name)", "contradicted"),
        ("json.load(name)(1)", "contradicted"),
    ],
)
def test_a_plugin_may_be_a_step(body, verdict):
    """The source does not name the functions that entry points load."""
    source = f"""
import json, pkg_resources
from importlib.metadata import EntryPoint, entry_points
from stevedore import driver, extension
@step
def pay(name):
    {body}
@step
def charge(amount): pass
"""

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    "reader",
    [
        "import_module(path)",
        "import_module(path).reader",
        "import_module(path).Reader()",
        "getattr(path, path)",
        "getattr(import_module(path), path)",
        "unbound(path)",
    ],
)
def test_a_method_of_something_that_a_string_imports(reader):
    """A method of it may be any method of that name, also one that leads to the step."""
    source = f"""
from importlib import import_module
def get(path): return {reader}
@step
def run(path):
    reader = get(path)
    for row in reader.read(path): check(row)
class Reader:
    def read(self, path):
        for line in path: yield self.parse(line)
    @step
    def parse(self, line): ...
class Other:
    def read(self, path): ...
@step
def check(row): ...
"""
    report = checked(source, "run -> parse, parse -> check")

    assert verdicts(report) == {"run -> parse": ("unverified",), "parse -> check": ("unverified",)}
    assert undeclared(report) == []


def test_something_that_a_string_imports_may_be_a_step():
    """A step that a string names may be what is imported by strings and called."""
    source = """
from django.conf import settings
from django.utils.module_loading import import_string
NAMES = ["app.charge"]
@step
def pay():
    for name in settings.NAMES:
        function = import_string(name)
        function()
@step
def charge(): ...
"""
    (edge,) = checked(source, EDGE).edges

    assert (edge.verdict, str(edge.location)) == ("unverified", "app.py:9")
    assert checked(source.replace("app.charge", "other"), EDGE).edges[0].verdict == "contradicted"


VIEW = """
from lib import View
class Checked(View):
    @step
    def check(self):
        if self.may():
            return super().dispatch()
    @step
    def may(self): return 1
class Edit(Checked):
    @step
    def post(self): pass
"""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (VIEW, "supported"),
        (VIEW.replace("super().dispatch", "super().dispatch_request"), "unverified"),
        (VIEW.replace("super().dispatch", "super().prepare"), "contradicted"),
        (VIEW.replace("def post", "def pay"), "contradicted"),
        (VIEW.replace("Edit(Checked)", "Edit"), "contradicted"),
    ],
    ids=[
        "dispatch",
        "dispatch of another library",
        "another method",
        "not a verb",
        "another class",
    ],
)
def test_a_view_of_a_library_may_call_a_method_by_its_verb(text, verdict):
    """The dispatch of a library's view may lead to ``post`` of a view of the project."""
    target = "post" if "def post" in text else "pay"

    assert checked(text, f"may -> {target}").edges[0].verdict == verdict


MANY = "\n".join(f"class View{n}(Checked):\n    def get(self): charge()" for n in range(9))


@pytest.mark.parametrize(
    ("edge", "verdict"),
    [
        ("may -> post", "supported"),
        ("may -> charge", "unverified"),
        ("may -> refund", "contradicted"),
    ],
)
def test_of_many_views_only_steps_are_followed(edge, verdict):
    """A base class of all views of an application does not lead to what each of them does."""
    text = f"{VIEW}{MANY}\n@step\ndef charge(): ...\n@step\ndef refund(): ...\n"

    assert checked(text, edge).edges[0].verdict == verdict


JOBS = """
class Job:
    def __init__(self, work):
        self.work = work
def free(): ...
@step
def pay(late):
    Job("a"), Job(free), Job(Job), Job([]), Job({}), Job(print), Job(None), Job(len), Job(1.0)
    Job(("a",)), Job(set()), Job(free()), Job(print()), Job(range(1)), Job(abs), Job(all), Job(any)
    job = Job(charge)
    if late:
        job.work = ship
    job.work()
@step
def charge(): ...
@step
def ship(): ...
"""


@pytest.mark.parametrize(
    ("edge", "verdict"), [("pay -> ship", "supported"), ("pay -> charge", "unverified")]
)
def test_one_of_many_objects_keeps_what_it_was_made_with(edge, verdict):
    """From some number of objects on, nobody knows what each of them was made with."""
    assert checked(JOBS, edge).edges[0].verdict == verdict


def test_a_signal_is_not_an_undeclared_edge():
    """A step that receives messages may be called by a signal that many send."""
    source = """
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
class Order(models.Model): ...
@step
def pay(): Order.objects.create()
@receiver(post_save, sender=Order)
@step
def record(**kwargs): ...
"""
    report = checked(source, "")
    announced = checked(source, "", record={"receives": ("django:post_save",)})

    assert undeclared(report) == ["pay -> record"]
    assert undeclared(announced) == []
    assert undeclared(checked(PAY, "", charge={"receives": ("a",)})) == ["pay -> charge"]
