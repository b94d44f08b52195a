"""The line that declares an edge, and the change of it that a finding has."""

import json

import jsonschema
import pytest
from checked_sources import checked_flow, project_with, report_on

from penstock import Location
from penstock.evidence import FORMATS, Finding, Fix, report_schema
from penstock.evidence._check import check
from penstock.evidence._declaration import declaring_line, find_fix
from penstock.evidence._report import report_of

STACKED = """\
@billing
@entrypoint(
    name="charge",
)
@orders
@step(after=["hold", "cancel"])
@mails
@step(after="send")
async def charge(): ...
@step(after="far")
def other(): ...
"""


def line_of(text):
    """Return what returns a line of *text*, as of ``app.py``."""
    return lambda location: text.splitlines()[location.line - 1]


@pytest.mark.parametrize(
    ("start", "name", "source", "expected"),
    [
        (1, "charge", "hold", 6),
        (1, "charge", "cancel", 6),
        (1, "charge", "send", 8),
        (1, "charge", "unknown", 6),
        (10, "other", "far", 10),
        (9, "charge", "hold", None),
        (10, "charge", "far", None),  # moved since the catalog was written
        (40, "other", "far", None),
    ],
)
def test_line(start, name, source, expected):
    """It is the line with the after= that names the step, in the decorators of the function."""
    found = declaring_line(Location("app.py", start), name, source, line_of(STACKED))

    assert found == (expected and Location("app.py", expected))


def test_decorators_without_end():
    """A file that goes on with neither after= nor a function is not read to its end."""
    text = "x = 1\n" * 60 + '@step(after="pay")\n'

    assert declaring_line(Location("app.py", 1), "ship", "pay", line_of(text)) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('@step(after="pay", kind="http")', (13, 18)),
        ("@step(kind='http', after = 'pay')", (28, 33)),
        ("@step(after='pay'", None),
        ('@step(after=["pay"])', None),
        ("@step(after=pay)", None),
        ('@step(after="pay" "er")', None),
        ('@step(after="payer")', None),
    ],
)
def test_fix(line, expected):
    """A string that is the only predecessor can be replaced, and nothing else."""
    location = Location("app.py", 1)
    found = find_fix(location, "pay", '"ship"', line_of(line))

    assert found == (expected and Fix(location, *expected, '"ship"'))


def test_fix_in_a_file_that_is_gone():
    """Without the line there is no fix."""
    assert find_fix(Location("app.py", 2), "pay", '"ship"', line_of("x")) is None


DRIFTED = """\
@step
def pay(): ship()
@step(after="pay")
def charge(): pass
@step(after="charge")
def ship(): pass
"""


@pytest.fixture
def findings():
    """Return the report on a flow that has drifted, and its findings by their codes."""
    declared = {
        "charge": {"declared": Location("app.py", 3)},
        "ship": {"declared": Location("app.py", 5)},
    }
    report = report_on(DRIFTED, "pay -> charge, charge -> ship", **declared)
    return report, {(each.code, each.target): each for each in report.findings}


def test_fixes_of_findings(findings):
    """A step that is reached from elsewhere can be declared so, instead of or beside the other."""
    _, by_code = findings
    location = Location("app.py", 5)

    assert by_code["edge-contradicted", "ship"].location == location
    assert by_code["edge-contradicted", "ship"].fix == Fix(location, 13, 21, '"pay"')
    assert by_code["edge-undeclared", "ship"].fix == Fix(location, 13, 21, '["charge", "pay"]')
    assert by_code["edge-contradicted", "charge"].fix is None


def test_fix_of_a_step_with_several_predecessors():
    """Nothing is changed where it is not sure what to change."""
    edges = "pay -> charge, charge -> ship, refund -> ship"
    source = f"{DRIFTED}@step\ndef refund(): ship()\n".replace("ship()\n", "other()\n", 1)
    source = source.replace("def charge(): pass", "def charge(): ship()")
    report = report_on(f"{source}@step\ndef other(): ship()\n", edges)

    assert [(each.code, each.fix) for each in report.findings if each.source == "other"] == [
        ("edge-undeclared", None)
    ]


def test_fix_in_the_formats(findings):
    """JSON and SARIF have the fix, for editors that offer it."""
    report, _ = findings
    value = json.loads(FORMATS["json"](report))
    jsonschema.validate(value, report_schema(), jsonschema.Draft202012Validator)
    (run,) = json.loads(FORMATS["sarif"](report))["runs"]
    (fix,) = next(each["fixes"] for each in run["results"] if "fixes" in each)
    (change,) = fix["artifactChanges"]

    assert next(each["fix"] for each in value["findings"] if "fix" in each) == {
        "file": "app.py", "line": 5, "column": 13, "end_column": 21, "text": '"pay"',
    }  # fmt: skip
    assert fix["description"]["text"].startswith('Write after="pay" on ship')
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 13, "endColumn": 21},
            "insertedContent": {"text": '"pay"'},
        }
    ]


def test_quoted_lines(findings):
    """The lines that show a finding are quoted below its facts, before what to do."""
    _, by_code = findings

    assert by_code["edge-undeclared", "ship"].text().splitlines()[1:] == [
        "    pay calls ship: app.py:2.",
        "        app.py:2: def pay(): ship()",
        '    Add "pay" to after= of ship, or do not call it there.',
    ]


def test_lines_that_nobody_has():
    """Without the source, such as of a file that is gone, nothing is quoted."""
    project = project_with({"app.py": DRIFTED})
    flow = checked_flow(project, "pay -> charge")
    found = report_of([flow], check(project, [flow])).findings

    assert [(each.code, each.quoted) for each in found][-1] == ("edge-undeclared", ())


UNKNOWN = Finding(
    code="unknown-predecessor", flow="orders", source="ship", target=None, message="after 'x'"
)


def test_a_predecessor_that_is_not_known():
    """The step that leads to one with a misspelled predecessor is a hint, and no second finding."""
    other = Finding(code="cycle", flow="orders", source="ship", target=None, message="a cycle")
    report = report_on(DRIFTED, "pay -> charge", UNKNOWN, other)
    first, second, *others = report.findings

    assert first.details == (
        "The source leads there from pay: app.py:2.",
        'Write after="pay", if that is meant.',
    )
    assert second.details == ()
    assert [each.code for each in others] == ["edge-contradicted"]
    assert report.flows[0].undeclared == ()
