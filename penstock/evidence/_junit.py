"""Reports as JUnit XML: one test for each flow."""

from collections.abc import Collection
from xml.etree import ElementTree as ET

from penstock.evidence._report import Finding, Report

__all__ = ["as_junit"]

_SUITE = "penstock check"
_CLASS = "penstock.check"
_DECLARATIONS = "declarations"
"""The test of what belongs to no flow."""

_MODULES = "modules"
"""The test that all modules can be imported, which is there if one cannot."""


def as_junit(report: Report) -> str:
    """Return a test for each flow, which fails with what fails the check and prints the rest."""
    tests: dict[str, list[Finding]] = {flow.flow: [] for flow in report.flows}
    for finding in report.findings:
        tests.setdefault(finding.flow or _DECLARATIONS, []).append(finding)
    failing = report.failing()
    cases = [_case(name, findings, failing) for name, findings in tests.items()]
    if report.not_imported:
        cases.append(_case_of_modules(report.not_imported))
    failed = sum(case.find("failure") is not None for case in cases)
    counts = {
        "name": _SUITE,
        "tests": str(len(cases)),
        "failures": str(failed),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }
    suites = ET.Element("testsuites", counts)
    # The schema of Jenkins has this number for the suite alone.
    suite = ET.SubElement(suites, "testsuite", counts, skipped="0")
    suite.extend(cases)
    out = ET.SubElement(suite, "system-out")
    out.text = _clean("\n".join([*report.failures, *report.notes, report.summary()]))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False)


def _case(name: str, findings: list[Finding], failing: Collection[Finding]) -> ET.Element:
    case = ET.Element("testcase", classname=_CLASS, name=_clean(name))
    errors = [finding for finding in findings if finding in failing]
    if errors:
        message = errors[0].message if len(errors) == 1 else f"{len(errors)} findings"
        codes = " ".join(dict.fromkeys(finding.code for finding in errors))
        failure = ET.SubElement(case, "failure", message=_clean(message), type=codes)
        pages = dict.fromkeys(finding.help for finding in errors if finding.help is not None)
        failure.text = _clean("\n".join([*(finding.text() for finding in errors), *pages]))
    others = [finding for finding in findings if finding not in failing]
    if others:
        out = ET.SubElement(case, "system-out")
        out.text = _clean("\n".join(finding.text() for finding in others))
    return case


def _case_of_modules(failures: tuple[str, ...]) -> ET.Element:
    """Return the test that all modules can be imported, which has an error."""
    case = ET.Element("testcase", classname=_CLASS, name=_MODULES)
    error = ET.SubElement(case, "error", message=_clean(failures[0]), type="not-imported")
    error.text = _clean("\n".join(failures))
    return case


def _clean(text: str) -> str:
    """Return *text* with characters that XML cannot have written as Python writes them."""
    return "".join(c if c in "\t\n" or c.isprintable() else repr(c)[1:-1] for c in text)
