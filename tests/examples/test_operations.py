"""The examples of several processes: one operation, one ID, from the request to the database."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "follow-an-operation.md"
PROCESSES = {
    "parcels": {"MainProcess", "ForkPoolWorker-1"},
    "payments": {"api", "ledger"},
}
STEPS = {
    "parcels": [
        "Accept a parcel", "Store the parcel", "Book a courier", "Note the courier",
        "Tell the customer",
    ],
    "payments": [
        "Accept a payment", "Publish the payment", "Receive the payment",
        "Enter it into the ledger",
    ],
}  # fmt: skip


@pytest.fixture(scope="module", params=PROCESSES)
def example(request):
    """Return the name of an example."""
    return request.param


@pytest.fixture(scope="module")
def printed(example):
    """Return what the example prints when it runs as real processes."""
    folder = ROOT / "examples" / example
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def log(text):
    """Return the lines of an operation, split into time, process, flow ID, step and message."""
    return [line.split(None, 4) for line in text.splitlines() if re.match(r"\d\d:\d\d:", line)]


def test_one_id(example, printed):
    """All lines have one ID, from whichever process they are."""
    lines = log(printed)

    assert {process for _, process, *_ in lines} == PROCESSES[example]
    assert len({flow_id for _, _, flow_id, *_ in lines}) == 1
    assert [time for time, *_ in lines] == sorted(time for time, *_ in lines)


def test_page(example, printed):
    """The documentation shows what the example prints, but for times and IDs."""
    shown = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    said = [line[1:2] + line[3:] for line in log(printed)]

    assert said in [[line[1:2] + line[3:] for line in log(text)] for text in shown]


@pytest.mark.parametrize("tool", ["sphinx", "mkdocs"])
def test_docs(example, tool, tmp_path):
    """The docs of the example build without a warning, and show each step."""
    folder, target = ROOT / "examples" / example, tmp_path / "site"
    command = {
        "sphinx": ("sphinx", "-W", "-q", "-E", "-d", str(tmp_path / "trees"), "docs/sphinx"),
        "mkdocs": ("mkdocs", "build", "--strict", "--site-dir"),
    }[tool]
    environment = os.environ | {"PARCELS_DATA": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", *command, str(target)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    page = unescape((target / "index.html").read_text(encoding="utf-8"))
    assert [title for title in STEPS[example] if title not in page] == []


def test_no_problems(example):
    """Nothing in the flow of the example cannot be meant."""
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "problems"],
        cwd=ROOT / "examples" / example, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "")


def test_checks_of_django(tmp_path):
    """Django has nothing to say about its project."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
        cwd=ROOT / "examples" / "parcels",
        env=os.environ | {"PARCELS_DATA": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
