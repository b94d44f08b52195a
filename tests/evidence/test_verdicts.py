"""The verdict on each edge."""

import pytest
from checked_sources import EDGE, PAY, checked, undeclared, verdicts


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


PASSED = """
@step
def order():
    pay()
    {then}()
@step
def pay(): {body}
@step
def charge(): ship()
@step
def ship(): print()
@step
def mail(): print()
"""


@pytest.mark.parametrize(
    ("body", "then", "verdict"),
    [
        ("...", "ship", "contradicted"),
        ("...", "mail", "unverified"),
        ("...", "charge", "supported"),
        ("print()", "ship", "contradicted"),
    ],
)
def test_a_step_is_passed_over_after_a_function_without_a_body(body, then, verdict):
    """A caller of that function goes on with what the step calls, so the step is not needed."""
    flow = "order -> pay, pay -> charge, charge -> ship, ship -> mail"
    report = checked(PASSED.format(body=body, then=then), flow)

    assert verdicts(report)["pay -> charge"][0] == verdict


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


def test_an_abstract_step_is_what_its_overrides_do():
    """A step without a body contradicts an edge if subclasses have one, and lead elsewhere."""
    source = """
class Base:
    @step
    def pay(self): ...
class Shop(Base):
    def pay(self): print()
@step
def charge(): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("contradicted",)}
    source = source.replace("class Shop(Base)", "class Shop")
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


def test_a_step_does_not_lead_to_itself_by_what_is_unresolved_in_it():
    """A step that nothing else leads to is not reached by a call of the same name in it."""
    source = """
class Store:
    def __init__(self, inner): self.inner = inner
    @step
    def write(self): self.inner.write()
def run(): charge()
@step
def charge(): ...
"""
    edge = "write -> charge"

    assert verdicts(checked(source, edge)) == {edge: ("contradicted",)}
