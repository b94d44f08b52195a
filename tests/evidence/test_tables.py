"""Calls of what a dict of many dicts has, of which not all are followed."""

import pytest
from checked_sources import checked, verdicts

ROWS = "".join(f"'{number}': {{'check': number_{number}}}, " for number in range(60))
FUNCTIONS = "".join(f"def number_{number}(value): ...\n" for number in range(60))


def verdict_on(row="'check': int", line="", call="self.rows[name]['check'](1)", others=""):
    """Return the verdict on an edge from what calls an item of a table to a function."""
    source = f"""
import lib
{FUNCTIONS}
def either(check):
    def inner(value):
        return check(value)
    return inner
def given(check):
    return check
def nothing(check):
    def inner(value): ...
class Form:
    rows = {{{ROWS} 'last': {{{row}}}, {others}}}
    @step
    def pay(self):
        for name in self.rows:
            {call}
@step
def ship(value): ...
def late(form, row):
    {line or "pass"}
kept = [ship]
ROWS = {{{ROWS}}}
"""
    return verdicts(checked(source, "pay -> ship"))["pay -> ship"]


@pytest.mark.parametrize(
    "row",
    [
        "'check': int", "'check': None", "'check': number_1", "'check': either(int)",
        "'check': either(check=number_1)", "'check': Form", "'value': lib.any",
    ],
)  # fmt: skip
def test_a_table_of_which_all_functions_are_known(row):
    """None of them leads to the step, and so no item of the table does."""
    assert verdict_on(row) == ("contradicted",)


@pytest.mark.parametrize(
    "row",
    [
        "'check': ship", "'check': either(ship)", "'check': either(check=lib.any)",
        "'check': lambda value: value", "'check': lib.any", "'check': unknown",
        "'check': given(int)", "'check': nothing(int)", "**more",
    ],
)  # fmt: skip
def test_a_table_with_a_row_that_may_have_the_step(row):
    """It has the function of the step, or something of which nobody knows what it is."""
    assert verdict_on(row) == ("unverified",)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("return [*form.rows.values()]", "contradicted"),
        ("return form.rows['last']", "contradicted"),
        ("form.rows = {}", "unverified"),
        ("form.rows['late'] = row", "unverified"),
        ("form.rows.update(row)", "unverified"),
        ("row['check'] = lib.any", "unverified"),
        ("rows = {}", "unverified"),
        ("setattr(form, 'rows', row)", "unverified"),
    ],
)
def test_a_table_that_something_changes(line, verdict):
    """Then it may have other functions than those that are written there."""
    assert verdict_on(line=line) == (verdict,)


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("ROWS[name]['check'](1)", "contradicted"),
        ("check = self.rows[name]['check']; check(1)", "unverified"),
        ("self.rows[name][key](1)", "unverified"),
    ],
)
def test_ways_to_call_an_item_of_a_table(call, verdict):
    """The line of the call has to have the name of the table, and that of the item."""
    assert verdict_on(call=call) == (verdict,)


def test_a_table_with_a_row_that_is_no_dict():
    """Nobody knows what such a row has."""
    assert verdict_on(others="'more': lib.row") == ("unverified",)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("maker = None", "contradicted"),
        ("maker = Form", "contradicted"),
        ("maker = inner", "contradicted"),
        ("maker = given", "unverified"),
        ("maker = lib.maker", "unverified"),
        ("maker = ship", "unverified"),
        ("maker = Late", "unverified"),
        ("maker = marked", "unverified"),
        ("app.maker = None", "unverified"),
    ],
)
def test_a_global_variable_of_which_all_functions_are_known(line, verdict):
    """Its call leads to what the module assigns to it, and to nothing else that is kept."""
    source = f"""
import app, lib
maker = None
class Form: ...
class Late(Form): ...
@lib.mark
def marked(): ...
def choose(given):
    global maker
    def inner(): ...
    {line}
@step
def pay():
    global maker
    if maker is None:
        raise ValueError
    maker()
@step
def ship(): ...
kept = [ship]
"""
    assert verdicts(checked(source, "pay -> ship")) == {"pay -> ship": (verdict,)}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("found = {}", "contradicted"),
        ("found = {'rate': rate for rate in given}", "contradicted"),
        ("found = other = [given]", "contradicted"),
        ("found = given", "unverified"),
        ("found, other = {}, []", "unverified"),
        ("for found in given: ...", "unverified"),
        ("import found", "unverified"),
        ("print(found)", "unverified"),
    ],
)
def test_a_global_variable_to_which_functions_assign_data(line, verdict):
    """A method with a name of those of a dict is then that of a dict."""
    source = f"""
found = {{}}
def choose(given):
    global found
    {line}
@step
def pay(): found.update(1)
@step
def charge(): ...
class Order:
    def update(self, number): charge()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
