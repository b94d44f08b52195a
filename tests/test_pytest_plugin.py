"""The pytest plugin, in its own pytest."""

import os
import subprocess
import sys

import pytest

APPLICATION = """
from penstock import entrypoint, flow, step

@flow("orders")
@step(after="begin")
def charge(): ...

@flow("orders")
@entrypoint
def begin(): charge()
"""

TESTS = """
import application
from penstock import list_flows

def test_runs(penstock_runs):
    application.begin()
    assert penstock_runs.steps == ("begin", "charge")

def test_registry(penstock_registry):
    assert list_flows() == ()
"""


OTHERS = ("anyio", "faker", "hypothesispytest", "platformdirs", "xdist", "xdist.looponfail")
"""Plugins that are installed and not needed: they take most of the time of a short run."""


@pytest.fixture
def run_pytest(tmp_path):
    """Return what runs pytest in a project that declares a flow."""
    (tmp_path / "application.py").write_text(APPLICATION, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("import application", encoding="utf-8")
    (tmp_path / "test_application.py").write_text(TESTS, encoding="utf-8")

    without = [f"-pno:{name}" for name in ("cacheprovider", *OTHERS)]

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *without, *arguments],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    return run


def test_setting(run_pytest, tmp_path):
    """The setting switches tracing on before the application is imported."""
    (tmp_path / "pytest.ini").write_text("[pytest]\npenstock_trace = true\n", encoding="utf-8")

    assert "2 passed" in run_pytest()


def test_option(run_pytest):
    """So does the option."""
    assert "2 passed" in run_pytest("--penstock-trace")


def test_environment(run_pytest):
    """If tracing is on already, the option leaves it as it is."""
    assert "2 passed" in run_pytest("--penstock-trace", PENSTOCK_TRACE="spans.jsonl")


def test_inert(run_pytest):
    """Without either nothing is traced, and asking for it says what to do."""
    printed = run_pytest()

    assert "1 passed, 1 error" in printed
    assert "'charge' was declared before tracing was switched on" in printed
    assert "penstock_trace = true" in printed
