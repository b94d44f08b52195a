"""Reports: their findings, their summary, and their formats."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from checked_sources import SHOP, SHOP_EDGES, SHOP_OPTIONS, report_on

from penstock import entrypoint, flow, step
from penstock.evidence import CODES, FORMATS, check_flows
from penstock.evidence._declared import as_checked
from penstock.evidence._report import report_of
from penstock.graph import get_flow


@pytest.fixture(scope="module")
def report():
    return report_on(SHOP, SHOP_EDGES, **SHOP_OPTIONS)


def found(report, code):
    return next(finding for finding in report.findings if finding.code == code)


def test_every_finding_has_a_documented_code(report):
    """Findings have a known code, and are errors or warnings by it."""
    assert {finding.code for finding in report.findings} <= set(CODES)
    assert found(report, "edge-contradicted").severity == "error"
    assert found(report, "edge-mixed").severity == "warning"


def test_the_summary_counts_by_kind(report):
    """The last line counts the edges by what was found of them."""
    assert report.summary() == (
        "1 flow, 6 edges: 2 in the source (1 call, 1 in order), 1 by channel, 1 mixed, "
        "1 unverified, 1 contradicted, 1 unchecked; 1 undeclared; 2 steps without a function"
    )


def test_an_empty_report():
    """A report on nothing says that there was nothing."""
    assert report_of([], []).summary() == "no flows, no edges: 0 in the source"


def test_a_mixed_edge_names_both_callers(report):
    """Two callers that disagree are both named."""
    assert found(report, "edge-mixed").details == (
        "In this order in app.pay: app.py:7, app.py:8.",
        "Reversed in app.back: app.py:3, app.py:4.",
        'Use one order in both, or add loop("ship") to after= of charge.',
    )


def test_an_unverified_edge_has_its_reason(report):
    """An edge that cannot be seen has a reason, with the line."""
    finding = found(report, "edge-unverified")

    assert finding.details[0] == "given().collect cannot be resolved (app.py:14)."
    assert [str(location) for location in finding.related] == ["app.py:14"]


def test_a_missing_function(report):
    """A step whose function is gone is an error at its declaration."""
    finding = found(report, "step-missing")

    assert finding.message == "the function of gone is not in the source: app.no_such_function"


def test_a_missing_function_is_one_finding():
    """The edges of a step whose function is gone are unverified, and not reported as well."""
    gone = {"module": "app", "qualname": "no_such_function"}
    report = report_on("@step\ndef pay(): ...", "pay -> gone", gone=gone)

    assert [edge.verdict for edge in report.edges] == ["unverified"]
    assert [finding.code for finding in report.findings] == ["step-missing"]


BYPASSED = """
@step
def pay(): ship()
@step
def charge(): pass
@step
def ship(): ...
"""


def test_a_contradicted_edge_says_from_where_its_step_is_reached():
    """The cure is named: the step from which the source leads to the second one."""
    report = report_on(BYPASSED, "pay -> charge, charge -> ship")
    first, second = (f for f in report.findings if f.code == "edge-contradicted")

    assert first.details == (
        "pay (app.py:3) does not lead to charge (app.py:5).",
        "Call charge after pay, correct after= of charge, or "
        'write unchecked="why" on it if something else than the source leads there.',
    )
    assert second.details[1:] == (
        "ship is reached from pay.",
        'Write after="pay" on ship, or call it after charge.',
    )


def test_an_undeclared_call_is_at_its_line():
    """An undeclared edge is reported at the line of the call."""
    finding = found(report_on(BYPASSED, ""), "edge-undeclared")

    assert str(finding.location) == "app.py:3"
    assert finding.details == (
        "pay calls ship: app.py:3.",
        'Add "pay" to after= of ship, or do not call it there.',
    )


def test_an_undeclared_order_names_its_caller():
    """An order that nobody declares has the function in which it is."""
    source = BYPASSED.replace("pay(): ship()", "pay():\n    charge()\n    ship()")
    report = report_on(source, "pay -> charge")

    assert found(report, "edge-undeclared").details[0] == (
        "app.pay calls charge, then ship: app.py:4, app.py:5."
    )


def test_a_reversed_order_is_quoted():
    """Of an edge that is the other way, the lines of both calls are shown."""
    source = BYPASSED.replace("pay(): ship()", "pay():\n    charge()\n    ship()")
    finding = found(report_on(source, "pay -> ship, ship -> charge"), "edge-contradicted")

    assert finding.details[1] == "app.pay calls charge first: app.py:4, app.py:5."


def test_a_quoted_line_is_short_and_does_nothing_to_a_terminal():
    """Of a long line the beginning is shown, and a control is written as Python writes it."""
    source = BYPASSED.replace("pay(): ship()", f"pay(): ship()  # \x1b[31m{'x' * 200}")
    (line,) = found(report_on(source, "pay -> charge"), "edge-undeclared").quoted

    assert line.startswith(r"app.py:3: def pay(): ship()  # \x1b[31mxxx")
    assert line.endswith("xxx ...")
    assert len(line) < 200


def test_a_renamed_function_is_named():
    """A step whose function has another name now says which."""
    charge = {"module": "app", "qualname": "charge_al"}
    report = report_on("def charge_all(): ...", "", charge=charge)

    assert report.findings[0].message == "the function of charge is now app.charge_all"
    assert report.summary().endswith("; 1 step without a function")


def test_the_text_format(report):
    """The text has the line, the flow, the problem and its code, like a type checker."""
    lines = FORMATS["text"](report).splitlines()

    assert lines[0] == (
        "orders: the function of gone is not in the source: app.no_such_function [step-missing]"
    )
    mixed = "app.py:14: warning: orders: charge -> ship is reversed in app.back [edge-mixed]"
    assert mixed in lines
    assert lines[-1] == report.summary()


def test_the_json_format(report):
    """The JSON has the verdict on each edge, with its evidence, and the findings."""
    value = json.loads(FORMATS["json"](report))
    edges = value["flows"][0]["edges"]

    assert edges[0]["evidence"] == [{"kind": "call", "path": [{"file": "app.py", "line": 7}]}]
    assert edges[1]["against"][0]["caller"] == "app.back"
    assert edges[2]["at"] == {"file": "app.py", "line": 14}
    assert edges[3]["evidence"] == [{"kind": "channel", "channel": "kafka:a"}]
    assert value["findings"][0]["code"] == "step-missing"
    drift = json.loads(FORMATS["json"](report_on(BYPASSED, "")))
    assert drift["flows"][0]["undeclared"][0]["from"] == "pay"
    assert (drift["findings"][0]["file"], drift["findings"][0]["line"]) == ("app.py", 3)


def test_the_github_format(report):
    """Each finding is a command at its line, with its details in the message."""
    lines = FORMATS["github"](report).splitlines()

    assert lines[0].startswith("::error title=step-missing::orders: the function of gone is not")
    assert any(
        line.startswith("::warning file=app.py,line=14,title=edge-mixed::") for line in lines
    )
    assert "%0A" in lines[0]


def test_github_shows_ten_of_a_level():
    """GitHub shows ten of a level: the number of the others is a notice."""
    names = [f"s{number}" for number in range(12)]
    source = "".join(f"@step\ndef {name}(): pass\n" for name in names)
    edges = ", ".join(f"{a} -> {b}" for a, b in pairwise(names))
    lines = FORMATS["github"](report_on(source, edges)).splitlines()

    assert lines[10] == "::notice::1 more error of penstock check"


def test_declared_flows_are_checked_against_the_files_of_a_folder(tmp_path, monkeypatch):
    """Flows are compared with the source in a folder, whose files are named from there."""
    source = "def pay():\n    charge()\ndef charge(): ...\n"
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shop.py").write_text(source)

    def pay(): ...
    def charge(): ...

    for function in (pay, charge):
        monkeypatch.setattr(function, "__module__", "shop")
        monkeypatch.setattr(function, "__qualname__", function.__name__)
    name = flow("evidence_of_a_folder")
    name(entrypoint(pay))
    name(step(after="pay")(charge))
    report = check_flows(
        [get_flow("evidence_of_a_folder")], tmp_path, ["lib", str(tmp_path / "lib")]
    )

    assert [edge.verdict for edge in report.edges] == ["supported"]
    assert str(report.flows[0].edges[0].evidence[0].path[0]) == "lib/shop.py:2"


def test_a_step_without_a_location():
    """A flow from a catalog may have steps whose location is unknown."""

    @entrypoint
    def pay(): ...

    flow("evidence_without_location")(pay)
    declared = get_flow("evidence_without_location")
    steps = tuple(replace(each, location=None) for each in declared.steps)
    bare = SimpleNamespace(name="orders", steps=steps, edges=())

    assert [each.declared for each in as_checked(bare, Path()).steps] == [None]
