"""Baselines, which leave out the findings that a project knows already."""

import pytest
from checked_sources import checked_flow, project_with

from penstock.evidence import Finding, apply_baseline, baseline_text, read_baseline
from penstock.evidence._check import check
from penstock.evidence._report import report_of
from penstock.exceptions import ConfigurationError

SOURCE = "@step\ndef pay(): pass\n@step\ndef charge(): pass\n@step\ndef ship(): pass\n"
PROBLEM = Finding(code="unclaimed-step", flow=None, source='a "b"\x7f', target=None, message="m")


def report_on(edges, *problems):
    project = project_with({"app.py": SOURCE})
    flow = checked_flow(project, edges)
    return report_of([flow], check(project, [flow]), problems)


@pytest.fixture
def baseline(tmp_path):
    path = tmp_path / "known.toml"
    findings = report_on("pay -> charge, charge -> ship", PROBLEM).findings
    path.write_text(baseline_text(findings), encoding="utf-8")
    return read_baseline(path)


def test_what_is_written_is_read_again(baseline):
    """A baseline has what each finding is about, with the line of its entry."""
    assert baseline == {
        ("edge-contradicted", "orders", "charge", "ship"): 4,
        ("edge-contradicted", "orders", "pay", "charge"): 10,
        ("unclaimed-step", None, 'a "b"\x7f', None): 16,
    }


def test_known_findings_are_left_out(baseline):
    """Findings in the baseline are counted, and not reported; new ones are reported."""
    report = apply_baseline(
        report_on("pay -> charge, charge -> ship, pay -> ship", PROBLEM), baseline, "known.toml"
    )

    assert [(f.source, f.target) for f in report.findings] == [("pay", "ship")]
    assert report.summary().endswith("; 3 in the baseline")


def test_stale_entries_are_errors(baseline):
    """An entry that is not found any more is an error at its line."""
    report = apply_baseline(report_on("pay -> charge", PROBLEM), baseline, "known.toml")
    (stale,) = report.findings

    assert (stale.code, stale.severity, str(stale.location)) == (
        "baseline-stale", "error", "known.toml:4",
    )  # fmt: skip
    assert stale.message == "edge-contradicted of charge -> ship is not found any more"
    assert report.summary().endswith("; 2 in the baseline; 1 no longer found")


def test_an_entry_about_a_step_is_stale():
    """An entry without a second step names the one that it has, and one without a step none."""
    known = {("step-missing", "orders", "pay", None): 1, ("cycle", "orders", None, None): 4}
    first, second = apply_baseline(report_on(""), known, "b").findings

    assert first.message == "step-missing of pay is not found any more"
    assert second.title == "orders: cycle is not found any more"


@pytest.mark.parametrize("flow", ["gone", None])
def test_what_was_not_checked_is_not_stale(flow):
    """A check of some flows says nothing about the others; one of all flows does."""
    known = {("edge-contradicted", flow, "a", "b"): 1}
    report = report_on("")

    assert apply_baseline(report, known, "known.toml", is_partial=True).findings == ()
    assert [f.code for f in apply_baseline(report, known, "known.toml").findings] == [
        "baseline-stale"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "not a baseline"),
        ("[[finding]]\nflow = 'a'\n", "an entry has no code"),
        ("finding = [1]", "not a baseline"),
        ("finding = 1", "not a baseline"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_not_a_baseline(tmp_path, text, message):
    """A file that is not a baseline is an error that says so."""
    path = tmp_path / "known.toml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        read_baseline(path)
