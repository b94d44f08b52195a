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


TWO = """
from penstock import entrypoint, flow, step

@flow("orders")
@entrypoint
def begin(): print()

@flow("orders")
@step(after="begin")
def charge(): ...

@flow("parcels")
@entrypoint
def send(producer): producer.send("x")

@flow("parcels")
@step(after="send")
def pack(): print()

def consume(consumer):
    for each in consumer: pack()

@step
def alone(): ...
"""

ELSEWHERE = """
{"schema_version": "1.0", "flows": [{"name": "orders", "steps": [
    {"name": "pay", "is_entrypoint": true, "module": "elsewhere", "qualname": "pay"},
    {"name": "charge", "module": "elsewhere", "qualname": "charge"}
], "edges": [{"source": "pay", "target": "charge"}]}]}
"""


@pytest.fixture
def checked(run_pytest, tmp_path):
    """Return what runs pytest with the check of flows, of which one has drifted."""
    (tmp_path / "application.py").write_text(TWO, encoding="utf-8")
    (tmp_path / "conftest.py").unlink()
    (tmp_path / "test_application.py").write_text("def test_it(): ...\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.penstock]\nmodules = ["application"]\n')
    return lambda *arguments: run_pytest("--flow-check", "-rA", *arguments)


def test_flow_check(checked):
    """Each flow is a test, which fails with its errors and warns of the rest."""
    printed = checked()

    assert "PASSED pyproject.toml::parcels" in printed
    assert "FAILED pyproject.toml::orders" in printed
    assert "application.py:9: orders: begin -> charge is not in the source" in printed
    assert "parcels: send -> pack cannot be seen in the source [edge-unverified]" in printed
    assert "2 failed, 2 passed, 1 warning" in printed
    assert "FAILED pyproject.toml::declarations" in printed
    assert "/edge-contradicted.md" in printed
    assert "Traceback" not in printed


COUNTING = """
from penstock.evidence import _reuse

check = _reuse.check

def counted(*arguments):
    with open("checks.txt", "a") as file:
        file.write("checked ")
    return check(*arguments)

_reuse.check = counted
"""


@pytest.mark.parametrize(
    ("lines", "options", "expected"),
    [
        ("", ["-pcacheprovider"], 1),
        ("", [], 2),
        ("catalog_reuse = false\n", ["-pcacheprovider"], 2),
        ("", ["-pcacheprovider", "-ocache_dir=application.py/cache"], 2),
    ],
    ids=["cache", "no cache", "switched off", "not writable"],
)
def test_checked_once(checked, tmp_path, lines, options, expected):
    """A second session checks nothing if pytest has a cache, and finds the same."""
    (tmp_path / "conftest.py").write_text(COUNTING, encoding="utf-8")
    with (tmp_path / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(lines)
    first, second = checked(*options), checked(*options)

    assert (tmp_path / "checks.txt").read_text().split() == ["checked"] * expected
    assert "orders: begin -> charge is not in the source" in second
    assert first.partition(" in ")[0] == second.partition(" in ")[0]


def test_one_flow(checked):
    """A flow is chosen as a test is, and checked once."""
    assert "1 passed, 1 warning" in checked("pyproject.toml::parcels")


def test_baseline_of_a_flow_that_is_gone(checked, tmp_path):
    """An entry of the baseline about a flow that is there no more fails, though it has no test."""
    entry = '[[finding]]\ncode = "edge-contradicted"\nflow = "gone"\nfrom = "a"\nto = "b"\n'
    (tmp_path / "known.toml").write_text(entry, encoding="utf-8")
    with (tmp_path / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('check.baseline = "known.toml"\n')

    assert "known.toml:1: gone: edge-contradicted of a -> b is not found" in checked(
        "-k", "declarations"
    )


@pytest.mark.parametrize("line", ["", "module = 1\n"])
def test_flow_check_without_modules(checked, tmp_path, line):
    """Without modules, or with wrong settings, pytest ends with a usage error."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.penstock]\n{line}")

    assert checked() == ""


def test_flow_check_of_nothing(checked, tmp_path):
    """Modules that cannot be imported, and modules without flows, are errors of collecting."""
    (tmp_path / "application.py").write_text("import no_such_module\n", encoding="utf-8")
    gone = checked()
    (tmp_path / "application.py").write_text("", encoding="utf-8")

    assert "ERROR pyproject.toml" in gone
    assert "no_such_module" in gone
    assert "ERROR pyproject.toml" in checked()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('modules = ["application"]\ncheck.baseline = "gone.toml"', "cannot be read"),
        ('catalog = "flows.json"', "no function of orders is in the source"),
    ],
)
def test_flow_check_that_cannot_look(checked, tmp_path, line, message):
    """A baseline that is gone fails each flow, as does a flow without source."""
    (tmp_path / "flows.json").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(f"[tool.penstock]\n{line}\n")

    shown = checked("-k", "orders")

    assert message in shown
    assert "Error:" not in shown


def test_flow_check_that_fails_itself(checked, tmp_path):
    """A failure of penstock has its traceback."""
    failing = "from penstock import evidence\nevidence.check_project = lambda *_, **__: 1 / 0\n"
    (tmp_path / "conftest.py").write_text(failing)

    assert "ZeroDivisionError" in checked("-k", "orders")
