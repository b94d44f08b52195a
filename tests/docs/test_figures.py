"""The page of measured figures shows what was recorded, by the benchmarks that there are."""

import importlib.util
import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RECORD = json.loads((BENCHMARKS / "figures.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def figures():
    """Return the module that records figures and writes the page."""
    spec = importlib.util.spec_from_file_location("figures", BENCHMARKS / "_figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page(figures):
    """The page is the one of the record: `nox -s bench -- --record` writes both."""
    assert figures.PAGE.read_text("utf-8") == figures.page(RECORD)


def test_all_is_recorded(figures):
    """Each benchmark of the page was recorded, and each case is one that it still measures."""
    assert RECORD.keys() == figures.TITLES.keys()
    for script, kept in RECORD.items():
        source = (BENCHMARKS / f"{script}.py").read_text("utf-8")
        cases = [case for table in kept["tables"].values() for case in table]
        assert [case for case in cases if case not in source] == [], script


def test_sections(figures):
    """A table has quartiles where they are known, and calls are written as code."""
    kept = {
        "python": "3.13",
        "rounds": 41,
        "versions": {"structlog": "26.1.0"},
        "tables": {
            "a call": {"bare": [1.0, 1.0, 1.0], "  f(x=1)": [0.5, 0.25, 2.0]},
            "more": {"bare": [1.0]},
        },
    }

    shown = figures.page({"runtime": kept})
    assert shown.endswith(
        "## Steps and entrypoints\n\n41 rounds with Python 3.13, structlog 26.1.0.\n\n"
        "| a call | ratio | quartiles |\n| --- | --- | --- |\n"
        "| bare | 1.00 | 1.00 to 1.00 |\n| `f(x=1)` | 0.50 | 0.25 to 2.00 |\n\n"
        "| more | ratio |\n| --- | --- |\n| bare | 1.00 |\n"
    )


def test_recording(figures, monkeypatch, tmp_path):
    """A script that records replaces what was recorded of it, and nothing else."""
    monkeypatch.setattr(figures, "RECORD", tmp_path / "figures.json")
    monkeypatch.setattr(figures, "PAGE", tmp_path / "figures.md")
    for script, cases in (("runtime", ["a", "b"]), ("imports", ["c"]), ("runtime", ["a"])):
        recorded = figures.Figures(script)
        recorded.record(5, ("pytest",))
        for case in cases:
            recorded.add("a table", case, 1.004, -0.001, 1.0)
    figures.Figures("runtime").add("another", "x", 2.0)

    record = json.loads(figures.RECORD.read_text("utf-8"))
    assert {script: kept["tables"] for script, kept in record.items()} == {
        "runtime": {"a table": {"a": [1.0, 0.0, 1.0]}},
        "imports": {"a table": {"c": [1.0, 0.0, 1.0]}},
    }
    assert record["imports"]["versions"] == {"pytest": pytest.__version__}
    assert figures.PAGE.read_text("utf-8") == figures.page(record)
