"""Lists that the source has, of which each item has a round of a loop."""

import pytest
from checked_sources import checked, verdicts

ORDER = "charge -> ship, ship -> charge"
FUNCTIONS = """
import functools
from library import data
@step
def charge(order): ...
@step
def ship(order): ...
HOOKS = {"first": charge, "second": ship}
@step
def pay(order):
"""
METHODS = """
class Shop:
    names = ["charge", "ship"]
    @step
    def charge(self): ...
    @step
    def ship(self): ...
    @step
    def pay(self):
"""


@pytest.mark.parametrize(
    "line",
    [
        "for hook in [charge, ship]: hook(order)",
        "functools.reduce(lambda one, hook: hook(one), [charge, ship], order)",
        "list(map(lambda hook: hook(order), [charge, ship]))",
        "list(filter(lambda hook: hook(order), [charge, ship]))",
        "sorted([charge, ship], key=lambda hook: hook(order))",
        "for name in ('first', 'second'): HOOKS[name](order)",
        "[HOOKS[name](order) for name in ('first', 'second')]",
    ],
)
def test_the_items_of_a_list_are_called_in_its_order(line):
    """Each item has a round, also where a function of a library goes through the list."""
    found = verdicts(checked(f"{FUNCTIONS}    {line}\n", ORDER))

    assert found == {"charge -> ship": ("supported", "order"), "ship -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    "line",
    [
        "for name in self.names: getattr(self, name)()",
        "[getattr(self, name)() for name in self.names]",
        "for name in self.names:\n            run = getattr(self, name)\n            run()",
    ],
)
def test_methods_are_called_in_the_order_of_their_names(line):
    """A loop over names, by which it gets methods, calls these in that order."""
    found = verdicts(checked(f"{METHODS}        {line}\n", ORDER))

    assert found == {"charge -> ship": ("supported", "order"), "ship -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    "line",
    [
        "functools.reduce(lambda one, hook: hook(one), data([charge, ship]), order)",
        "list(map(lambda hook: hook(order), data))",
    ],
)
def test_items_that_the_source_does_not_show_have_no_order(line):
    """A list of a library may have its items in any order."""
    found = verdicts(checked(f"{FUNCTIONS}    {line}\n", ORDER))

    assert set(found.values()) == {("unverified",)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [("list(map(str, [charge]))", "contradicted"), ("list(map(data, [charge]))", "supported")],
)
def test_what_only_goes_through_a_list_does_not_call_its_items(call, verdict):
    """The items of a list are given to the function, and `map` itself does not call them."""
    report = checked(f"{FUNCTIONS}    {call}\n", "pay -> charge")

    assert report.edges[0].verdict == verdict


def test_a_function_of_reduce_gets_what_the_one_before_has_returned():
    """So a chain of wrappers is called from the outermost."""
    source = f"""{FUNCTIONS}
    def wrap(inner, hook):
        def outer():
            hook(order)
            return inner()
        return outer
    functools.reduce(wrap, [ship, charge], print)()
"""
    found = verdicts(checked(source, ORDER))

    assert found == {"charge -> ship": ("supported", "order"), "ship -> charge": ("contradicted",)}


@pytest.mark.parametrize(
    ("text", "verdicts_of_both"),
    [
        ('"charge"', "supported contradicted"),
        ("data()", "unverified unverified"),
        ('f"{order}_all"', "unverified unverified"),
    ],
)
def test_a_string_that_is_evaluated(text, verdicts_of_both):
    """The source has the string, or `eval` may return anything."""
    source = f"{FUNCTIONS}    eval({text})(order)\n"
    report = checked(source, "pay -> charge, pay -> ship")

    assert " ".join(edge.verdict for edge in report.edges) == verdicts_of_both


def test_a_method_called_eval_reads_no_python():
    """The string that a database or a table gets is in another language."""
    source = f"{FUNCTIONS}    data.eval('charge(1)')\n"

    assert checked(source, "pay -> charge").edges[0].verdict == "contradicted"


@pytest.mark.parametrize(
    "lines",
    [
        "for name, hook in HOOKS: \n        if name == kind: hook()",
        "[hook() for name, hook in HOOKS if name == kind]",
        "for name, hook in hooks(): \n        if name == kind: hook()",
        "by_name = {}\n    for name, hook in hooks(): by_name.setdefault(name, []).append(hook)\n"
        "    for hook in by_name[kind]: hook()",
    ],
)
def test_a_table_has_a_function_beside_each_string(lines):
    """The function that is looked for in it by a string is the one beside that string."""
    source = f"""
@step
def charge(): ...
@step
def ship(): ...
HOOKS = [("first", charge), ("second", ship)]
def hooks():
    yield "first", charge
    yield "second", ship
def call(kind):
    {lines}
@step
def pay(order): call("second")
"""
    found = verdicts(checked(source, "pay -> ship, pay -> charge"))

    assert found == {"pay -> ship": ("supported", "call"), "pay -> charge": ("contradicted",)}
