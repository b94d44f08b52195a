"""Errors and limits of the check itself, which must neither stop a host nor accuse a flow."""

import ast

import pytest
from checked_sources import PAY, checked, checked_flow, project_with

from penstock.evidence import FORMATS
from penstock.evidence import _check as checking
from penstock.evidence._analysis import engine, statements
from penstock.evidence._check import check
from penstock.evidence._model import FlowReport
from penstock.evidence._order import runs
from penstock.evidence._report import report_of

SOURCE = """
@step
def pay():
    assert ready
    charge()
    {}
@step
def charge(): ...
@step
def ship(): ...
"""


@pytest.fixture
def failing(monkeypatch):
    """Let the rule for ``assert`` fail, as an error in penstock would."""

    def fail(frame, node):
        raise KeyError("a b")

    monkeypatch.setitem(statements._STATEMENTS, ast.Assert, fail)


def report_on(source, edges, **options):
    project = project_with({"app.py": source})
    flow = checked_flow(project, edges, **options)
    return report_of([flow], check(project, [flow]))


@pytest.mark.usefixtures("failing")
def test_an_error_of_penstock_hides_one_statement_alone():
    """A statement that penstock fails at leaves what else is in the function to be seen."""
    report = report_on(SOURCE.format(""), "pay -> charge, pay -> ship")

    assert [(e.verdict, e.reason) for e in report.edges] == [
        ("supported", None),
        ("unverified", "penstock itself failed there (KeyError: 'a b'), please report it"),
    ]
    assert str(list(report.edges)[1].location) == "app.py:4"
    assert [finding.severity for finding in report.findings] == ["warning"]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(("name", "prefix"), [("text", ""), ("github", "::warning::")])
def test_errors_of_penstock_are_in_each_report(name, prefix):
    """A report says where penstock failed, and counts that."""
    *lines, summary = FORMATS[name](report_on(SOURCE.format(""), "pay -> ship")).splitlines()
    failure = f"{prefix}app.py:4: penstock itself failed there (KeyError: 'a b')"

    assert [line.startswith(failure) for line in lines].count(True) == 1
    assert summary.endswith("; 1 error of penstock itself")


def test_names_are_unknown_after_a_statement_that_failed(monkeypatch):
    """A name that a statement would have assigned may be anything, so nothing is contradicted."""

    def fail(frame, node):
        raise TypeError

    monkeypatch.setitem(statements._STATEMENTS, ast.If, fail)
    source = "@step\ndef pay():\n    if x: f = charge\n    f()\n@step\ndef charge(): ...\n"

    assert checked(source, "pay -> charge").edges[0].verdict == "unverified"


@pytest.mark.parametrize("leaving", ["return x", "raise x"])
def test_a_function_is_left_where_its_return_failed(monkeypatch, leaving):
    """Nothing after a return, or a raise, is reached even if penstock failed at it."""

    def fail(frame, node):
        raise TypeError

    for kind in (ast.Return, ast.Raise):
        monkeypatch.setitem(statements._STATEMENTS, kind, fail)
    report = checked(SOURCE.format(f"{leaving}\n    ship()"), "pay -> charge")

    assert report.undeclared == ()


@pytest.mark.parametrize("targets", ["one, two, *rest", "*rest, one, two", "[]", "()"])
def test_targets_of_which_there_are_more_or_less_than_items(targets):
    """Python raises there, or nothing is assigned: the check goes on."""
    report = checked(SOURCE.format(f"{targets} = (1,)"), "pay -> charge")

    assert (report.edges[0].verdict, report.failures) == ("supported", ())


def test_a_module_without_a_name():
    """A setting that names a module may be None where it is defined."""
    call = "import importlib\n    importlib.import_module(None).open()"
    report = checked(SOURCE.format(call), "pay -> charge")

    assert (report.edges[0].verdict, report.failures) == ("supported", ())


def failing_whole(monkeypatch, error):
    def fail(evidence):
        if evidence.flow.name == "orders":
            raise error
        return FlowReport(evidence.flow.name, ())

    monkeypatch.setattr(checking, "judge", fail)


def test_an_error_that_hides_a_whole_flow_leaves_its_edges_unverified(monkeypatch):
    """No error of penstock reaches the host: the edges of the flow are unverified."""
    failing_whole(monkeypatch, ValueError("gone"))
    options = {"ship": {"unchecked": "by hand"}, "pay": {"sends": ("a",)}}
    options["charge"] = {"receives": ("a",)}
    report = report_on(SOURCE.format(""), "pay -> charge, pay -> ship, ship -> pay", **options)

    reason = "penstock itself failed (ValueError: gone), please report it"
    assert [(e.verdict, e.reason) for e in report.edges] == [
        ("supported", None), ("unchecked", "by hand"), ("unverified", reason),
    ]  # fmt: skip
    assert report.failures == (reason,)


def test_an_error_in_one_flow_leaves_the_others(monkeypatch):
    """Flows are checked together, and each by itself where that fails."""
    failing_whole(monkeypatch, ValueError("gone"))
    project = project_with({"app.py": SOURCE.format("")})
    flow = checked_flow(project, "pay -> charge")
    other = type(flow)(name="other", steps=flow.steps, edges=())

    assert [len(report.failures) for report in check(project, [flow, other])] == [1, 0]


def test_a_check_that_takes_too_much_work_ends():
    """Work is counted in steps: the edges of a flow that takes too many are unverified."""
    project = project_with({"app.py": SOURCE.format("")})
    flow = checked_flow(project, "pay -> charge")
    (report,) = check(project, [flow], work=2)

    assert report.edges[0].reason == "the check of this flow ended after 2 steps of work"
    assert check(project, [flow], work=200)[0].edges[0].verdict == "supported"


def test_the_work_for_generators_over_generators_does_not_double_with_each():
    """A block that runs at each ``yield`` is evaluated once for the same steps."""
    source = f"{PAY}def rows0():\n    yield 0\n"
    for number in range(1, 15):
        loop = f"for row in rows{number - 1}():"
        source += f"def rows{number}():\n    {loop}\n        if row: yield row\n        yield 2\n"
    source += "@step\ndef sell():\n    for row in rows14(): pay()\n"
    project = project_with({"app.py": source})
    (report,) = check(project, [checked_flow(project, "sell -> pay, pay -> charge")], work=8000)

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]


def test_the_work_for_generators_that_call_each_other_is_limited():
    """There are more ways through those that walk a tree than anybody can follow."""
    source = f"{PAY}@step\ndef sell():\n    for node in walk0(root): pay()\n"
    for number in range(8):
        calls = "".join(f"        if child == {n}: yield from walk{n}(child)\n" for n in range(8))
        source += f"def walk{number}(node):\n    yield node\n    for child in node:\n{calls}"
    project = project_with({"app.py": source})
    (report,) = check(project, [checked_flow(project, "sell -> pay, pay -> charge")], work=100_000)

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]


CLASSES = "".join(f"class Kind{number}: pass\n" for number in range(100))


@pytest.mark.parametrize(
    ("body", "arguments", "work"),
    [
        ("print()", [f"Kind{number}, print" for number in range(100)], 1_500),
        ("print(kind, name)", [f"Kind0, '{number}'" for number in range(100)], 4_000),
        ("print(kind, name)", [f"Kind{number % 30}, ['{number}']" for number in range(100)], 8_500),
    ],
    ids=["classes that nothing reads", "one class", "some classes"],
)
def test_the_work_for_functions_that_get_classes_is_limited(body, arguments, work):
    """A function that gets a class is followed for each, and not with each other argument."""
    source = f"{PAY}{CLASSES}def read(kind, name):\n" + f"    {body}\n" * 50
    source += "@step\ndef sell():\n" + "".join(f"    read({each})\n" for each in arguments)
    project = project_with({"app.py": f"{source}    pay()\n"})
    (report,) = check(project, [checked_flow(project, "sell -> pay, pay -> charge")], work=work)

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]


@pytest.mark.parametrize("use", ["name()", "eval('name')()", "(lambda: name())()"])
def test_a_parameter_that_is_read_in_any_way_makes_a_difference(use):
    """A function that calls what it gets is followed with each function that it gets."""
    source = f"{PAY}def call(name): {use}\n@step\ndef sell():\n    call(print)\n    call(pay)\n"

    assert checked(source, "sell -> pay").edges[0].verdict == "supported"


@pytest.mark.parametrize(("module", "name"), [(engine, "_DEEPEST"), (runs, "_DEEPEST")])
def test_calls_that_are_nested_too_deep_contradict_nothing(monkeypatch, module, name):
    """An edge may be anywhere below calls that are not followed any more."""
    monkeypatch.setattr(module, name, -25)
    source = "@step\ndef pay(): one()\ndef one(): two()\ndef two(): charge()\n"
    report = checked(f"{source}@step\ndef charge(): ...\n", "pay -> charge")

    assert [edge.verdict for edge in report.edges] == ["unverified"]
    assert report.edges[0].reason == engine.TOO_DEEP


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", "contradicted"),
        ("def other(): charge()", "contradicted"),
        ("@step\ndef other(): charge()\nfour = other", "contradicted"),
        ("def other(): charge()\nfour = other", "unverified"),
        ("def other(): four(lambda: charge())", "unverified"),
        ("four = [lambda: charge()]", "unverified"),
        ("four = charge", "unverified"),
        ("from lib import listed\n@listed\ndef other(): charge()", "unverified"),
        ("from lib import Base\nclass Shop(Base):\n    def listed(self): charge()", "unverified"),
        ("class Shop:\n    def listed(self): charge()", "contradicted"),
        ("def three(): charge()", "unverified"),
        ("def three(): four()\ndef four(): charge()", "unverified"),
        (
            "".join(f"def four{n}(): four{n + 1}()\n" for n in range(60))
            + "def four60(): charge()\n",
            "unverified",
        ),
    ],
)
def test_calls_that_are_nested_too_deep_lead_only_to_what_they_may_name(monkeypatch, more, verdict):
    """A step that nothing calls there, nor gets as a value, is not below them."""
    monkeypatch.setattr(engine, "_DEEPEST", -18)
    source = f"""
@step
def pay(): one()
def one(): two()
def two(): three()
def three(): pass
{more}
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


def test_generators_that_are_nested_too_deep_contradict_nothing(monkeypatch):
    """A generator may call anything if it is not followed any more."""
    monkeypatch.setattr(runs, "_DEEPEST", 0)
    source = (
        "@step\ndef pay():\n    for x in one(): print(x)\ndef one():\n    charge()\n    yield 1"
    )
    report = checked(f"{source}\n@step\ndef charge(): ...\n", "pay -> charge")

    assert [edge.verdict for edge in report.edges] == ["unverified"]
