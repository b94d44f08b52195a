"""Explaining one edge, with the lines of the source."""

from pathlib import Path

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


OTHER = """
@step
def pay(path):
    read(path)
    opened[path].close()
    other[path]()
@step
def ship(): pass
@step
def mail(item):
    item.collect()
class Shop:
    @step
    def collect(self): pass
class Other:
    def collect(self): pass
"""


@pytest.fixture(scope="module")
def explain_other():
    project = project_with({"app.py": OTHER})
    options = {"collect": {"unchecked": "by hand"}}
    edges = "pay -> ship, mail -> collect, mail -> ship"
    flows = [checked_flow(project, edges), checked_flow(project, edges, **options)]
    sure, unchecked = check(project, flows)
    return lambda source, target, *, is_unchecked=False: explain_edge(
        unchecked if is_unchecked else sure, source, target, Path("gone")
    )


def test_calls_that_a_verdict_leaves_out(explain_other):
    """Of unresolved calls of a contradicted edge, none could lead there, which is a line."""
    assert explain_other("pay", "ship").splitlines() == [
        "orders: pay -> ship: contradicted",
        "  pay has calls that are not resolved, and none fits ship:",
        "    app.py:4",
        "    app.py:5",
        "    app.py:6",
    ]


def test_a_reason_is_not_repeated(explain_other):
    """An unverified edge has the call that is its reason once, and nothing is called known."""
    assert explain_other("mail", "collect").splitlines() == [
        "orders: mail -> collect: unverified",
        "  item.collect cannot be resolved:",
        "    app.py:11",
    ]


def test_an_unchecked_edge(explain_other):
    """Nothing is lost of an edge that nobody looked for."""
    assert explain_other("mail", "collect", is_unchecked=True).splitlines() == [
        "orders: mail -> collect: unchecked",
        "  by hand",
    ]


def test_most_calls_are_counted(tmp_path):
    """Of more than twenty calls, the others are counted."""
    source = "@step\ndef pay(x):\n" + "    x.a()\n" * 25 + "@step\ndef ship(): pass\n"
    project = project_with({"app.py": source})
    (report,) = check(project, [checked_flow(project, "pay -> ship")])
    shown = explain_edge(report, "pay", "ship", tmp_path).splitlines()

    assert shown[-2:] == ["    app.py:22", "    and 5 more"]


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


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("\ufeff", "utf-8"),
        ("# coding: latin-1\n", "latin-1"),
        ("# \x0c \x1c \x85 \u2028\n", "utf-8"),
    ],
    ids=["UTF-8", "byte order mark", "another encoding", "ends of lines for str alone"],
)
def test_the_line_that_python_counts(tmp_path, head, encoding):
    """A line is the one that Python has under this number, in the encoding that the file names."""
    source = f"{head}@step\ndef pay():\n    # é\n    ship()  # é\n@step\ndef ship(): pass\n"
    (tmp_path / "app.py").write_text(source, encoding=encoding)
    project = project_with({"app.py": source.removeprefix("\ufeff")})
    (report,) = check(project, [checked_flow(project, "pay -> ship")])
    shown = explain_edge(report, "pay", "ship", tmp_path).splitlines()

    assert shown[-1].endswith(": ship()  # é")


def test_a_file_that_is_shorter_now(tmp_path):
    """A line that a file does not have any more is named alone."""
    project = project_with({"app.py": OTHER})
    (report,) = check(project, [checked_flow(project, "pay -> ship")])
    (tmp_path / "app.py").write_text("")

    assert explain_edge(report, "pay", "ship", tmp_path).splitlines()[-1] == "    app.py:6"
