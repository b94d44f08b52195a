"""The edges that the source has and nobody declares."""

import pytest
from checked_sources import PAY, back, checked, undeclared


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
        ("late and charge()", "pay -> charge, charge -> ship", []),
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
    late and notify()
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


BRANCHES = """
def task(function):
    def wrapper(*args): return function(*args)
    return wrapper
@step
def create():
    if late: triage()
    else: close()
@step
def triage():
    new()
    {}
@step
{}def close(): new()
@step
def new(): pass
def close_it(): close()
"""


@pytest.mark.parametrize("decorator", ["", "@task\n"])
@pytest.mark.parametrize(
    ("call", "found"), [("close()", ["triage -> close"]), ("close_it()", []), ("pass", [])]
)
def test_a_step_that_calls_that_of_another_branch_is_undeclared(call, found, decorator):
    """Both lead to the same third step, and one calls it before it calls the other."""
    edges = "create -> triage, create -> close, triage -> new, close -> new"

    assert undeclared(checked(BRANCHES.format(call, decorator), edges)) == found


def test_a_way_back_of_helpers_is_no_news_where_the_way_forth_is_gone():
    """A helper of a later step calls an earlier one, and so it did before."""
    source = """
@step
def pay():
    charge()
    ship()
@step
def charge(): print()
@step
def ship(): sent()
@step
def receive(): again()
def again(): charge()
"""
    options = {"ship": {"sends": ("http:/paid",)}, "receive": {"receives": ("http:/paid",)}}
    edges = "pay -> charge, charge -> ship, ship -> receive"
    swapped = source.replace("    charge()\n    ship()", "    ship()\n    charge()")

    assert undeclared(checked(source, edges, **options)) == []
    assert undeclared(checked(swapped, edges, **options)) == ["ship -> charge", "pay -> ship"]


def test_what_everything_calls_is_not_undeclared():
    """A further call of a function that very many lines call is not reported."""
    source = SECOND.format(call="charge()")
    uses = [f"def other_{n}(): charge()\n" for n in range(23)]
    flow = "pay -> charge, pay -> ship"

    assert undeclared(checked("".join([source, *uses[:-1]]), flow)) == ["ship -> charge"]
    assert undeclared(checked("".join([source, *uses]), flow)) == []


USES = {
    "other functions": ("from shop import users", "users.charge()", ["ship -> charge"]),
    "methods": ("from shop.payment import Card", "Card().charge()", ["ship -> charge"]),
    "no imports": (
        "# import charge\nTEXT = '''\nimport of charge\n'''",
        "x.charge()",
        ["ship -> charge"],
    ),
    "a function of a class": (
        "class Card:\n    def charge(self): self.charge()",
        "Card().charge()",
        ["ship -> charge"],
    ),
    "a parameter": ("", "(lambda charge: charge())", []),
    "an attribute": ("", "self.charge()", []),
    "its module": ("from shop import payment", "payment.charge()", []),
    "its module by another name": ("import shop.payment as paying", "paying.charge()", []),
    "its module by its whole name": ("import shop.payment", "shop.payment.charge()", []),
    "its package": ("import shop as ours", "ours.payment.charge()", []),
    "a relative import": ("from .payment import (\n    charge,\n)", "charge()", []),
    "another name": ("from .payment import charge as take", "take()", []),
    "what another module has": ("from elsewhere import charge", "charge()", []),
    "everything": ("from shop.payment import *", "charge()", []),
}


@pytest.mark.parametrize(("imported", "call", "found"), USES.values(), ids=USES)
def test_lines_use_a_function_if_their_imports_show_it(imported, call, found):
    """A name that other functions have, too, is not that of a function that all call."""
    lines = [f"def other_{number}(): {call}\n" for number in range(30)]
    files = {
        "shop/__init__.py": "",
        "shop/app.py": """
from shop import payment
@step
def pay():
    payment.charge()
    ship()
@step
def ship(): payment.charge()
""",
        "shop/payment.py": "@step\ndef charge(): ...\n",
        "shop/others.py": f"{imported}\n{''.join(lines)}",
    }

    assert undeclared(checked(files, "pay -> charge, pay -> ship")) == found


def test_a_call_of_a_step_to_which_no_edge_leads_is_no_way_back():
    """An edge that a flow with a cycle lost is news, though its second step leads to the first."""
    source = """
@step
def pay(): ship()
@step
def ship(): charge()
@step
def charge():
    if late: ship()
"""
    entrypoint = {"pay": {"is_entrypoint": True}}

    assert undeclared(checked(source, "pay -> ship, charge -> ship", **entrypoint)) == [
        "ship -> charge"
    ]


def test_a_call_of_the_entrypoint_leads_back():
    """A flow begins there, though no edge leads to it."""
    source = """
@step
def pay(): ship()
@step
def ship(): late and charge()
@step
def charge(): late and pay()
"""
    flow = "pay -> ship, ship -> charge"

    assert undeclared(checked(source, flow, pay={"is_entrypoint": True})) == []


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


def test_of_several_ways_to_a_step_the_last_is_undeclared():
    """An order that the next one would declare, too, is not reported beside it."""
    source = """
@step
def pay():
    charge()
    for each in orders:
        if ship():
            continue
        mail()
        continue
        audit()
    close()
@step
def charge(): print()
@step
def ship(): print()
@step
def mail(): print()
@step
def audit(): print()
@step
def close(): print()
"""
    edges = "pay -> charge, charge -> ship, ship -> mail, mail -> audit, audit -> close"

    assert undeclared(checked(source, edges)) == ["mail -> close"]


def test_what_leads_to_a_step_instead_of_another_is_undeclared_though_the_step_is_entered():
    """A step that goes before another is news, though a further declared step leads to it."""
    source = """
@step
def pay():
    {}
@step
def charge(): pass
@step
def ship(): ...
@step
def refund(): ship()
"""
    edges = "pay -> charge, charge -> ship, refund -> ship"
    swapped = checked(source.format("ship(); charge()"), edges)
    early = checked(source.format("if late: return ship()\n    charge()"), edges)
    bypassed = checked(source.format("ship()"), "pay -> charge, charge -> ship, refund -> ship")

    assert undeclared(swapped) == ["ship -> charge", "pay -> ship"]
    assert undeclared(early) == ["pay -> ship"]
    assert undeclared(bypassed) == ["pay -> ship"]


def test_what_comes_after_a_step_inside_of_another_is_undeclared():
    """The way goes on from the last step before the one that is gone, not from its caller."""
    source = """
@step
def pay():
    order()
    ship()
@step
def order(): charge()
@step
def charge(): print()
@step
def pack(): print()
@step
def ship(): ...
"""
    edges = "pay -> order, order -> charge, charge -> pack, pack -> ship"

    assert undeclared(checked(source, edges)) == ["charge -> ship"]


def test_an_order_elsewhere_over_a_step_that_is_left_out_is_no_news():
    """Another function calls both, too, and the shorter of two ways is reported alone."""
    source = """
@step
def run(): other()
def other():
    charge()
    mail()
@step
def pay():
    charge()
    ship()
@step
def charge(): pass
@step
def pack(): ...
@step
def ship(): mail()
@step
def mail(): ...
"""
    edges = "pay -> charge, charge -> pack, pack -> ship, ship -> mail"

    assert undeclared(checked(source, edges)) == ["charge -> ship"]


def test_what_comes_after_a_step_that_is_left_out_is_undeclared():
    """Steps that one function calls instead of a step between them are in order, though entered."""
    source = """
@step
def pay():
    charge()
    ship()
@step
def charge(): pass
@step
def pack():
    weigh()
@step
def weigh(): ...
@step
def ship(): ...
"""
    edges = "pay -> charge, charge -> pack, pack -> ship, pack -> weigh, weigh -> ship"

    assert undeclared(checked(source, edges)) == ["charge -> ship"]


def test_what_comes_after_a_step_that_nothing_calls_is_not_reached():
    """The body of such a step leads nowhere: what is called instead of it is undeclared."""
    source = """
@step
def pay(order):
    check(order)
    charge(order)
@step
def check(order): print(order)
@step
def lock(order):
    limit(order)
    charge(order)
@step
def limit(order): print(order)
@step
def charge(order): print(order)
"""
    edges = "pay -> check, check -> lock, lock -> limit, limit -> charge"

    assert undeclared(checked(source.replace("charge(order)", "lock(order)", 1), edges)) == []
    assert undeclared(checked(source, edges)) == ["check -> charge"]


def test_a_further_way_in_a_circle_is_no_way_back():
    """A step comes after another and before it, since a message leads back: it is news after it."""
    source = """
@step
def charge(order): capture(order)
@step
def capture(order): call(order)
@step
def call(order): queue.put(order)
"""
    options = {"charge": {"receives": ("a",)}, "call": {"sends": ("a",)}}
    edges = "charge -> capture, capture -> call, call -> charge"

    drifted = checked(source.replace("capture(order)", "call(order)", 1), edges, **options)

    assert undeclared(checked(source, edges, **options)) == []
    assert undeclared(drifted) == ["charge -> call"]


def test_a_handler_that_is_called_by_the_name_of_its_class():
    """A step that receives messages, and that another makes and calls in one line, is news."""
    source = """
@step
def pay(order):
    {call}
class Charge:
    @step
    def __call__(self, order): print(order)
"""
    found = [
        undeclared(checked(source.format(call=call), "", __call__={"receives": ("a",)}))
        for call in ("Charge()(order)", "handler = Charge\n    handler()(order)")
    ]

    assert found == [["pay -> __call__"], []]


BROKEN_WAY = """
@step
def pay():
    read()
    write()
@step
def read():
    find()
    {}
@step
def find(): print()
@step
def count(): total()
@step
def total(): print()
@step
def write():
    load()
    if late: find()
@step
def load(): print()
"""


def test_a_way_back_that_the_source_still_shows_as_one_is_not_news():
    """The source runs a step before another one, though the declared way there breaks off."""
    edges = (
        "pay -> read, read -> find, find -> count, count -> total, total -> write, write -> load"
    )
    report = checked(BROKEN_WAY.format("print()"), edges)

    assert [edge.target for edge in report.edges if edge.verdict == "contradicted"] == [
        "count",
        "write",
    ]
    assert undeclared(report) == ["read -> write"]
    assert back(report) == ["write -> find"]


def test_a_step_that_nothing_reaches_leads_nowhere():
    """A call by a step that the flow does not run is not reported."""
    source = """
@step
def pay():
    notify()
    ship()
@step
def notify(): print()
@step
def charge(): late and notify()
@step
def ship(): print()
"""
    report = checked(source, "pay -> notify, notify -> charge, charge -> ship")

    assert undeclared(report) == ["notify -> ship"]


def test_a_call_back_stays_one_where_the_way_forth_breaks_off():
    """A step that a declared edge still leads to is an earlier one, and its call a warning."""
    source = """
from threading import Thread
@step
def pay():
    Thread(target=read).start()
    ship()
@step
def read(): print()
@step
def ship(): stream()
@step
def stream(): late and read()
"""
    report = checked(source, "pay -> read, read -> ship, ship -> stream")

    assert undeclared(report) == ["pay -> ship"]
    assert back(report) == ["stream -> read"]


def test_a_call_past_a_step_that_others_call_is_undeclared():
    """A way that begins with what comes after a step does not declare what the step calls."""
    source = """
@step
def update():
    participants()
    contributors()
@step
def participants(): {}
@step
def contributors(): send()
@step
def send(): mail()
@step
def mail(): print()
"""
    edges = (
        "update -> participants, participants -> send, participants -> contributors, "
        "contributors -> send, send -> mail"
    )

    assert undeclared(checked(source.format("send()"), edges)) == []
    assert undeclared(checked(source.format("mail()"), edges)) == ["participants -> mail"]


PAST = """
@step
def start():
    load()
    {}
    serve()
@step
def load(): subapp()
@step
def subapp(): print()
@step
def client(): begin()
@step
def begin(): print()
@step
def serve(): client()
"""


@pytest.mark.parametrize(
    ("call", "found"),
    [("client()", []), ("begin()", ["load -> begin"]), ("print()", ["load -> serve"])],
)
def test_what_comes_past_a_step_that_is_still_called_elsewhere_is_undeclared(call, found):
    """A function runs what the step calls, and not the step, after what came before that."""
    edges = (
        "start -> load, load -> subapp, subapp -> client, client -> begin, begin -> serve, "
        "serve ~> client"
    )

    assert undeclared(checked(PAST.format(call), edges)) == found
