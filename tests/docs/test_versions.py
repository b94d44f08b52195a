"""The page of tested versions says what a run showed, and the extras ask for no less."""

import importlib.util
import json
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

WIDE = Path(__file__).parents[1] / "wide"
GUESTS = tomllib.loads((WIDE / "guests.toml").read_text("utf-8"))
RECORD = json.loads((WIDE / "versions.json").read_text("utf-8"))
DOCS_TOOLS = {"png", "sphinx", "markdown", "mkdocs"}


@pytest.fixture(scope="module")
def versions():
    """Return the module that tests versions and writes the page."""
    spec = importlib.util.spec_from_file_location("versions", WIDE / "versions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page(versions):
    """The page is the one of the record: `nox -s versions` writes both."""
    assert versions.PAGE.read_text("utf-8") == versions.page(GUESTS, RECORD)


def test_page_with_failures(versions):
    """The page has failed versions with the reason, and versions that were not run."""
    results = {"celery": {"5.4.0": "passed", "5.10.0": "test_a - no \\| such", "5.9.0": "passed"}}

    page = versions.page(["celery", "rq"], {"python": "3.13", "results": results})

    asked = versions.allowed("celery")
    assert f"| celery | {asked} | 5.4.0, 5.9.0 | 5.10.0 |\n" in page
    assert f"| rq | {versions.allowed('rq')} | not run |  |\n" in page
    assert page.endswith("| celery 5.10.0 | test_a - no \\| such |\n")


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        (
            "F\nFAILED tests/contrib/test_a.py::test_x[1] - Oops: a|`b`\nFAILED tests/b\n1 failed",
            "test_a.py::test_x[1] - Oops: a\\|'b'",
        ),
        ("ERROR tests/cli/test_main.py - ImportError: x\n", "test_main.py - ImportError: x"),
        ("Segmentation fault", "pytest failed"),
    ],
)
def test_reason(versions, printed, reason):
    """The reason is the first failure, in a form that a table can hold."""
    assert versions._reason(printed) == reason


def test_each_guest_is_tested(versions):
    """Each package that an extra of the runtime asks for is among those that are tested."""
    extras = versions._extras()
    asked = {text for name in extras.keys() - DOCS_TOOLS for text in extras[name]}

    assert {versions.Requirement(text).name for text in asked} == GUESTS.keys()


@pytest.mark.parametrize("name", GUESTS)
def test_floor(versions, name):
    """The lowest version that an extra asks for is one that passed."""
    (floor,) = {found.version for found in versions.allowed(name) if found.operator == ">="}
    lowest = min(RECORD["results"][name], key=Version)

    assert RECORD["results"][name][lowest] == versions.PASSED
    assert Version(lowest).release[: len(Version(floor).release)] == Version(floor).release
