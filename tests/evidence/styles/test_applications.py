"""Small applications of several styles, with drifts and refactorings of their source.

Each file of the data has an application: its files, the steps and edges of its flow, and changes
of the files, in which lines that begin with ``-`` become those that begin with ``+``. After
``---`` a drift has the findings that it gives. A refactoring has none.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from checked_sources import project_with

from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, FlowReport

DATA = Path(__file__).parents[2] / "data" / "evidence" / "styles"


class Change(NamedTuple):
    text: str
    findings: list[str]


class Application(NamedTuple):
    files: dict[str, str]
    flow: CheckedFlow
    changes: dict[str, Change]


def read(name: str) -> Application:
    text = (DATA / f"{name}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^=== (\w+) ?(.*)\n", text, flags=re.MULTILINE)[1:]
    files, changes = {}, {}
    for kind, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if kind == "file":
            files[title] = body
        elif kind == "flow":
            flow = read_flow(name, body.splitlines())
        else:
            edits, _, findings = body.partition("---\n")
            changes[title] = Change(edits, findings.splitlines())
    return Application(files, flow, changes)


def read_flow(name: str, lines: list[str]) -> CheckedFlow:
    *steps, edges = lines
    found = []
    for number, line in enumerate(steps):
        step, module, qualname = re.split("[ :]", line)
        is_first = number == 0
        found.append(
            CheckedStep(name=step, module=module, qualname=qualname, is_entrypoint=is_first)
        )
    pairs = [each.split(" -> ") for each in edges.split(", ")]
    return CheckedFlow(name=name, steps=tuple(found), edges=tuple((a, b, False) for a, b in pairs))


def changed(files: dict[str, str], text: str) -> dict[str, str]:
    found = dict(files)
    for file, edits in re.findall(r"^(\w.*)\n((?:[-+].*\n)+)", text, re.MULTILINE):
        for edit in re.findall(r"((?:^-.*\n)+)((?:^[+].*\n)*)", edits, re.MULTILINE):
            old, new = ("\n" + re.sub("^.", "", part, flags=re.MULTILINE) for part in edit)
            whole = f"\n{found[file]}"
            assert whole.count(old) == 1, old
            found[file] = whole.replace(old, new).removeprefix("\n")
    return found


def findings(report: FlowReport) -> list[str]:
    wrong = ("contradicted", "unverified")
    found = [f"{e.verdict} {e.source} {e.target}" for e in report.edges if e.verdict in wrong]
    found += [f"undeclared {one.source} {one.target}" for one in report.undeclared]
    found += [f"back {one.source} {one.target}" for one in report.back]
    return sorted([*found, *(f"renamed {one.step}" for one in report.missing if one.renamed_to)])


NAMES = sorted(file.stem for file in DATA.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_the_flow_of_an_application_has_no_findings(name):
    """Each declared edge is in the source, and nothing else that is worth a finding."""
    application = read(name)
    (report,) = check(project_with(application.files), [application.flow])

    assert findings(report) == []


@pytest.mark.parametrize(
    ("name", "title"), [(n, title) for n in NAMES for title in read(n).changes]
)
def test_a_change_of_an_application_has_its_findings(name, title):
    """A drift gives findings about the edges that have changed, and a refactoring none."""
    application = read(name)
    change = application.changes[title]
    files = changed(application.files, change.text)
    (report,) = check(project_with(files), [application.flow])

    assert findings(report) == change.findings
