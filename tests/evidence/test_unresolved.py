"""The edges that a call may have of which the source does not show where it leads."""

import pytest
from checked_sources import checked, undeclared, verdicts


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
    ("call", "verdict"),
    [("given().charge()", "unverified"), ("given().refund()", "contradicted")],
)
def test_an_unresolved_call_of_a_step_that_runs_after_the_other(call, verdict):
    """The second step may run before and after the first one, if that may call it."""
    source = f"""
def run(shop: "Shop"):
    shop.charge()
    pay(gateway)
@step
def pay(given): {call}
class Shop:
    @step
    def charge(self): return 1
class Other:
    def charge(self): ...
@step
@app.task
def begin(): run(Shop())
"""
    report = checked(source, "begin -> pay, pay -> charge")

    assert verdicts(report)["pay -> charge"] == (verdict,)


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
    ("line", "verdict"),
    [
        ("ship(late)", "unverified"),
        ("run('ship')", "unverified"),
        ("from app import ship as late", "unverified"),
        ('"""Call it before ship(), not after."""', "contradicted"),
        ("pass  # to ship() later", "contradicted"),
        ("print('ship' in self.kinds)", "contradicted"),
        ("print(kind == 'ship')", "contradicted"),
        ("print(ship == late)", "unverified"),
    ],
)
def test_a_method_that_only_a_comment_leads_to_a_step(line, verdict):
    """A helper leads to a step if its code has the name, and not a comment or a docstring."""
    source = f"""
@step
def pay(given): given().collect()
class Shop:
    def collect(self):
        {line}
class Other:
    def collect(self): ...
@step
def ship(order=None): ...
"""
    assert verdicts(checked(source, "pay -> ship")) == {"pay -> ship": (verdict,)}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [('"""Like ship(), but later."""', "contradicted"), ("ship(late, 1)", "unverified")],
)
def test_a_method_that_is_called_like_the_step_does_not_lead_there(line, verdict):
    """Its own name is not one in its code, and the arguments are not those of the step."""
    source = f"""
@step
def pay(given): given().ship()
class Shop:
    def ship(self):
        {line}
class Other:
    def ship(self): ...
@step
def ship(order, address): ...
"""
    assert verdicts(checked(source, "pay -> ship")) == {"pay -> ship": (verdict,)}


@pytest.mark.parametrize(
    ("decorator", "parameters", "verdict"),
    [
        ("staticmethod", "order", "unverified"),
        ("classmethod", "cls, order", "unverified"),
        ("classmethod", "order", "contradicted"),
        ("provided('order')", "self, order, shop", "unverified"),
        ("contextmanager", "self, order", "unverified"),
        ("contextmanager", "self", "contradicted"),
        ("contextmanager\n    @changed", "self", "unverified"),
    ],
)
def test_a_decorator_may_change_the_arguments(decorator, parameters, verdict):
    """A function of which a decorator may take other arguments may be called with any."""
    source = f"""
from contextlib import contextmanager
from lib import provided
def changed(function):
    def inner(*args): return function()
    return inner
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
        ("given.get('name')", "contradicted"),
        ("given.get(name)", "unverified"),
        ("request.POST.get(name)", "contradicted"),
        ("self.request.GET.get(name)", "contradicted"),
        ("request.user.get(name)", "unverified"),
    ],
)
def test_a_lookup_is_not_a_method_that_takes_a_request(call, verdict):
    """A view is called with a request, and what a request has got is data."""
    source = f"""
@step
def pay(request, given, name):
    {call}
class Shop:
    def get(self, request): charge()
class Other:
    def get(self): ...
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


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
    ("other", "verdict"),
    [
        ("", "contradicted"),
        ("def sell(): ship()", "contradicted"),
        ("@sold\ndef sell(): ship()", "unverified"),
        ("def sell(given):\n    given()\n    ship()", "unverified"),
        ("ship()", "unverified"),
        ("queue = [ship]", "unverified"),
    ],
    ids=[
        "nothing",
        "a function without other calls",
        "of a decorator",
        "a function",
        "the module",
        "a value",
    ],
)
def test_what_leads_to_the_first_step_leads_to_a_second_that_something_calls(other, verdict):
    """An unresolved call that leads to a step runs none after it that nothing else names.

    What calls nothing but the second calls no value before it.
    """
    source = f"""
from lib import sold
queue = [charge]
@step
def pay(given): given()
@step
def charge():
    return
    ship()
@step
def ship(): ...
{other}
"""
    edge = "charge -> ship"
    assert verdicts(checked(source, f"pay -> charge, {edge}"))[edge] == (verdict,)


@pytest.mark.parametrize("before", ["pay", "open"])
@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("given().collect()\n    ship()\n    close()", "unverified"),
        ("given().other()\n    ship()\n    close()", "contradicted"),
    ],
)
def test_a_first_step_that_an_unresolved_call_and_a_later_step_lead_to(before, lines, verdict):
    """A call of it from a step that follows does not say that the order is wrong."""
    source = f"""
@step
def pay(given):
    open()
    {lines}
@step
def open(): pass
@step
def ship(): pass
@step
def close(): Shop().collect()
class Shop:
    @step
    def collect(self): pass
class Other:
    def collect(self): ...
def ship_all(): ship()
"""
    edges = f"pay -> open, {before} -> collect, collect -> ship, ship -> close, close ~> collect"
    report = checked(source, edges)

    assert verdicts(report)["collect -> ship"] == (verdict,)
    assert bool(report.undeclared) == (verdict == "contradicted")


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("shops.find()\n    given.join()", "unverified"),
        ("shops.find()\n    join()", "unverified"),
        ("given.join()\n    shops.find()", "contradicted"),
        ("shops.find()", "contradicted"),
    ],
)
def test_two_calls_that_may_lead_to_the_two_steps(body, verdict):
    """Two unresolved calls may be the order that an edge declares, one after the other."""
    source = f"""
@step
def find(): pass
@step
def join(): pass
@step
def post(): find()
@step
def begin(shops, given):
    {body}
"""
    report = checked(source, "post -> find, begin -> find, find -> join")

    assert report.edges[2].verdict == verdict


def test_a_step_after_the_one_with_an_unresolved_call():
    """A step may follow another that an unresolved call before it may lead to."""
    source = """
@step
def find(): pass
@step
def join(): pass
@step
def post(): find()
@step
def begin(shops): shops.find()
def main(shops):
    begin(shops)
    join()
@step
def start(shops): main(shops)
"""
    report = checked(source, "post -> find, start -> begin, begin -> find, find -> join")

    assert [edge.verdict for edge in report.edges[2:]] == ["unverified", "unverified"]


@pytest.mark.parametrize(("method", "verdict"), [("run", "unverified"), ("other", "contradicted")])
def test_steps_that_an_unresolved_call_and_then_a_known_one_lead_to(method, verdict):
    """An edge behind a step that only an unresolved call reaches is behind that call, too."""
    source = f"""
@step
def pay(given): given().{method}()
class Shop:
    def run(self):
        charge()
        close()
class Other:
    def run(self): ...
@step
def charge(): ship()
@step
def ship(): pass
@step
def close(): pass
"""
    report = checked(source, "pay -> charge, charge -> ship, ship -> close")

    assert verdicts(report) == {
        "pay -> charge": (verdict,),
        "charge -> ship": ("supported", "call"),
        "ship -> close": (verdict,),
    }


@pytest.mark.parametrize(
    ("line", "more", "verdict"),
    [
        ("given().collect()", "", "contradicted"),
        ("given().collect()\n    ship()", "", "unverified"),
        ("given().collect()", "def all():\n    given().collect()\n    ship()", "unverified"),
        ("given().collect()", "def again(): given().collect()\nKNOWN = [ship]", "unverified"),
        ("given()()", "KNOWN = [Shop().collect]", "unverified"),
        ("for each in given(): each.collect()", "", "contradicted"),
        (
            "for each in given(): each.collect()",
            "class Late:\n    def collect(self): ship()",
            "unverified",
        ),
    ],
    ids=[
        "nowhere", "in the same function", "in another", "as a value", "the first as a value",
        "not in a loop", "in a loop",
    ],
)  # fmt: skip
def test_what_follows_a_step_behind_an_unresolved_call_has_to_be_called_there(line, more, verdict):
    """A call that leads to a step runs what follows only if something that runs calls that."""
    source = f"""
@step
def pay(given):
    {line}
class Shop:
    @step
    def collect(self): charge()
class Other:
    def collect(self): ...
@step
def charge(): pass
@step
def ship(): pass
def elsewhere():
    given()()
    ship()
{more}
"""
    edges = "pay -> collect, collect -> charge, charge -> ship"

    assert verdicts(checked(source, edges))["charge -> ship"] == (verdict,)


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("given()\n    ship()\n    close()", "unverified"),
        ("ship()\n    given()\n    close()", "contradicted"),
    ],
)
def test_a_first_step_that_may_be_a_value_which_is_called(lines, verdict):
    """A call of it from a later step does not hide that a value may be it, before what follows."""
    source = f"""
@step
def pay(given):
    {lines}
@step
def collect(): pass
@step
def ship(): pass
@step
def close(): collect()
def ship_all(): ship()
KNOWN = [collect]
"""
    edges = "pay -> collect, collect -> ship, ship -> close, close ~> collect"

    assert verdicts(checked(source, edges))["collect -> ship"] == (verdict,)


@pytest.mark.parametrize(
    ("caller", "verdict"),
    [("Shop().begin", "unverified"), ("Other.__call__", "contradicted")],
)
def test_a_special_method_that_is_called_by_its_name_is_that_of_any_class(caller, verdict):
    """A function that calls ``__call__`` of a class leads to no other one of that name."""
    source = f"""
@step
def pay(given): given().run()
class Shop:
    def __call__(self, order): charge()
    def begin(self, late, order): self.charge_all()
    def charge_all(self): charge()
class Other:
    def __call__(self): ...
class First:
    def run(self):
        {caller}(self, 1)
class Second:
    def run(self): ...
@step
def charge(): ...
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("first", "verdict"),
    [("charge()", "supported"), ("Thread(target=charge).start()", "contradicted")],
)
def test_steps_that_a_known_function_behind_an_unresolved_call_runs(first, verdict):
    """The source shows in which order it runs them: this does not depend on its caller."""
    source = f"""
from threading import Thread
@step
def pay(given): given().collect()
class Other:
    def collect(self): ...
class Till:
    @step
    def collect(self):
        {first}
        ship()
@step
def charge(): print()
@step
def ship(): ...
later = [charge, ship]
"""
    found = verdicts(checked(source, "pay -> collect, collect -> charge, charge -> ship"))

    assert found["pay -> collect"] == ("unverified",)
    assert found["charge -> ship"][0] == verdict


@pytest.mark.parametrize(
    ("call", "verdict"),
    [("collect(given)", "unverified"), ("Thread(target=collect).start()", "contradicted")],
)
def test_a_first_step_that_a_step_calls_which_nothing_waits_for(call, verdict):
    """Steps after the latter do not follow the former, by none of the calls that lead there."""
    source = f"""
from threading import Thread
@step
def pay(given):
    {call}
    ship()
@step
def collect(given): given().charge()
class Other:
    def charge(self): ...
class Till:
    @step
    def charge(self): print()
@step
def ship(): ...
"""
    found = verdicts(checked(source, "pay -> collect, collect -> charge, charge -> ship"))

    assert found["collect -> charge"] == ("unverified",)
    assert found["charge -> ship"] == (verdict,)


@pytest.mark.parametrize(
    ("then", "verdict"), [("return", "unverified"), ("save()", "contradicted")]
)
def test_what_follows_a_step_elsewhere_says_nothing_about_an_unresolved_call(then, verdict):
    """Only what a step calls itself is known to run when an unresolved call leads to that step."""
    source = f"""
@step
def issue(order):
    order.plugin().create()
    close()
class Plugin:
    @step
    def create(self):
        mint()
        sign()
        {then}
class Other:
    def create(self): ...
@step
def mint(): pass
@step
def sign(): pass
@step
def fetch():
    sign()
    save()
@step
def save(): close()
@step
def close(): pass
"""
    edges = "issue -> create, create -> mint, mint -> sign, mint -> close"
    report = checked(source, f"{edges}, fetch -> sign, sign -> save, save -> close")

    assert verdicts(report)["mint -> close"] == (verdict,)


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("order.shop.ship()", "unverified"),
        ("order.shop.send_all()", "contradicted"),
        ("order.shop.ship", "contradicted"),
    ],
)
def test_an_order_the_other_way_round_leaves_a_call_of_that_name_open(call, verdict):
    """A method of an unknown object, after the first step in its caller, may be the second."""
    source = f"""
@step
def pay(order):
    charge()
    {call}
@step
def charge(): ...
class Shop:
    @step
    def ship(self): ...
class Other:
    def ship(self): ...
@step
def back():
    Shop().ship()
    charge()
"""
    edges = checked(source, "pay -> charge, charge -> ship, back -> ship").edges

    assert edges[1].verdict == verdict
