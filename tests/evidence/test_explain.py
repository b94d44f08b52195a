"""Explaining one edge, with the lines of the source."""

import pytest
from checked_sources import checked_flow, project_with

from penstock.evidence import explain_edge
from penstock.evidence._check import check

SOURCE = """
import threading
@step
def pay():
    helper()
    ship()
    threading.Thread(target=mail)
    given()
def helper():
    charge()
@step
def charge(): pass
@step
def ship(): given().collect()
@step
def mail(): pass
@step
def refund(): pass
class Shop:
    @step
    def collect(self): ...
class Other:
    def collect(self): ...
@step
def close(): charge()
"""
EDGES = (
    "pay -> charge, charge -> ship, pay -> mail, ship -> charge, ship -> collect, refund -> mail"
)
EDGES += ", refund -> pay"


@pytest.fixture(scope="module")
def explain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    (folder / "app.py").write_text(SOURCE)
    project = project_with({"app.py": SOURCE})
    options = {"refund": {"sends": ("a",)}, "pay": {"receives": ("a",)}}
    (report,) = check(project, [checked_flow(project, EDGES, **options)])
    return lambda source, target, at=folder: explain_edge(report, source, target, at)


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        (
            ("pay", "charge"),
            [
                "orders: pay -> charge: supported",
                "  by a call:",
                "    app.py:5: helper()",
                "    app.py:10: charge()",
            ],
        ),
        (
            ("charge", "ship"),
            [
                "orders: charge -> ship: supported",
                "  in order in app.pay, first:",
                "    app.py:5: helper()",
                "    app.py:10: charge()",
                "  and then:",
                "    app.py:6: ship()",
            ],
        ),
        (
            ("pay", "mail"),
            [
                "orders: pay -> mail: supported",
                "  handed off:",
                "    app.py:7: threading.Thread(target=mail)",
            ],
        ),
        (
            ("refund", "pay"),
            [
                "orders: refund -> pay: supported",
                "  by the channel a, which both steps name",
            ],
        ),
        (
            ("ship", "charge"),
            [
                "orders: ship -> charge: contradicted",
                "the other way round:",
                "  in order in app.pay, first:",
                "    app.py:5: helper()",
                "    app.py:10: charge()",
                "  and then:",
                "    app.py:6: ship()",
            ],
        ),
        (
            ("refund", "mail"),
            [
                "orders: refund -> mail: contradicted",
                "  refund leads to no step of the flow, and all of its calls are known",
            ],
        ),
        (("mail", "pay"), ["orders: mail -> pay: not declared, and not in the source"]),
        (
            ("ship", "collect"),
            [
                "orders: ship -> collect: unverified",
                "  given().collect cannot be resolved:",
                "    app.py:14: def ship(): given().collect()",
            ],
        ),
    ],
    ids=" ".join,
)
def test_explanation(explain, edge, expected):
    """Each line of the way that was found is quoted, or where it was lost."""
    assert explain(*edge).splitlines()[: len(expected)] == expected


def test_what_a_step_leads_to_instead(explain):
    """An edge that the source does not have is explained by what its first step leads to."""
    shown = explain("pay", "refund").splitlines()

    assert shown[0] == "orders: pay -> refund: not declared, and not in the source"
    assert "  pay leads to charge instead:" in shown
    assert "    app.py:8: given()" in shown


def test_an_edge_that_is_in_the_source_and_not_declared(explain):
    """An edge that only the source has is shown with its lines."""
    assert explain("close", "charge").splitlines() == [
        "orders: close -> charge: not declared, but in the source",
        "  by a call:",
        "    app.py:25: def close(): charge()",
    ]


def test_lines_of_a_file_that_is_gone(explain, tmp_path):
    """Without the file, or the line, its number alone is shown."""
    (tmp_path / "app.py").write_text("x = 1\n")

    assert "    app.py:10" in explain("pay", "charge", tmp_path).splitlines()
    assert "    app.py:10" in explain("pay", "charge", tmp_path / "gone").splitlines()
