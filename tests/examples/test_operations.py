"""The examples of several processes: one operation, one ID, from the request to the database."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from html import unescape
from pathlib import Path
from runpy import run_path

import pytest
from confluent_kafka import Producer
from kafka_broker import Broker

pytestmark = pytest.mark.usefixtures("_unmeasured")

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "follow-an-operation.md"
PROCESSES = {
    "parcels": {"MainProcess", "ForkPoolWorker-1"},
    "payments": {"api", "ledger"},
}
STEPS = {
    "parcels": [
        "Accept a parcel", "Store the parcel", "Book a courier", "Note the courier",
        "Notify the customer",
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
def data(example, tmp_path_factory):
    """Return the folder in which the example leaves what it wrote."""
    return tmp_path_factory.mktemp(example) / "data"


@pytest.fixture(scope="module")
def printed(example, data):
    """Return what the example prints when it runs as real processes."""
    without_broker = {k: v for k, v in os.environ.items() if not k.startswith("PAYMENTS_")}
    return run(example, "run.py", str(data), env=without_broker)


def run(example, *arguments, env=None):
    """Return what Python prints for *arguments* in the folder of the example."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT / "examples" / example,
        env=os.environ if env is None else env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def log(text):
    """Return the lines of an operation."""
    return [line for line in text.splitlines() if re.match(r"\d\d:\d\d:", line)]


def ids(lines):
    """Return the flow IDs in *lines*."""
    return {line.split()[2] for line in lines}


def without_ids(lines):
    """Return *lines* to the last space, but for times, IDs and the numbers of processes."""
    constant = (re.sub(r"^[\d:.]{12}", "TIME", line) for line in lines)
    constant = (re.sub(r"(?<=ForkPoolWorker-)\d+", "N", line) for line in constant)
    return [re.sub(r"\b[0-9a-f]{32}\b", "ID", line) for line in constant]


def rows(database, query):
    """Return what *query* finds in the file *database*."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_one_id(example, printed):
    """All lines have one ID, from whichever process they are."""
    lines = log(printed)

    assert {line.split()[1] for line in lines} == PROCESSES[example]
    assert len(ids(lines)) == 1
    assert lines == sorted(lines)


def test_search(printed, data):
    """A search for the ID in all logs, sorted, finds what was printed."""
    [flow_id] = ids(log(printed))
    logged = "\n".join(file.read_text(encoding="utf-8") for file in data.glob("logs/*.log"))

    assert sorted(line for line in logged.splitlines() if flow_id in line) == log(printed)


def test_database(example, printed, data):
    """The database has the ID of the operation."""
    [flow_id] = ids(log(printed))
    file, query, row = {
        "parcels": (
            "parcels.sqlite",
            "SELECT address, courier, flow_id FROM delivery_parcel",
            ("1 Mill Lane", "bicycle 7"),
        ),
        "payments": (
            "ledger.sqlite",
            "SELECT payer, cents, operation FROM ledger",
            ("customer 7", 1200),
        ),
    }[example]

    assert rows(data / file, query) == [(*row, flow_id)]


@pytest.mark.parametrize("example", ["parcels"], indirect=True, scope="module")
def test_mail(printed, data):
    """The mail to the customer of a parcel has the ID."""
    [flow_id] = ids(log(printed))
    [mail] = data.glob("mail/*")

    assert f"Ask about it with {flow_id}." in mail.read_text(encoding="utf-8")


def test_page(printed):
    """The documentation shows to the last space what the example prints, but for times and IDs."""
    shown = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    assert without_ids(log(printed)) in [without_ids(text.splitlines()) for text in shown]


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


def test_lines_of_one_millisecond(tmp_path):
    """Lines of the same millisecond stay in the order in which they were logged."""
    logged = ["10:00:00.001 ledger 0a receive", "10:00:00.001 ledger 0a enter"]
    (tmp_path / "ledger.log").write_text("\n".join([*logged, "no line of a log: 0a"]))
    operation = run_path(str(ROOT / "examples" / "_processes.py"))["operation"]

    assert operation("0a", tmp_path) == logged


def test_line_that_is_being_written(tmp_path):
    """A line without an end is left for the next time."""
    (tmp_path / "ledger.log").write_text("10:00:00.001 ledger 0a receive\n10:00:00.002 ledger 0a e")
    operation = run_path(str(ROOT / "examples" / "_processes.py"))["operation"]

    assert operation("0a", tmp_path) == ["10:00:00.001 ledger 0a receive"]


def test_no_problems(example):
    """Nothing in the flow of the example is inconsistent."""
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "problems"],
        cwd=ROOT / "examples" / example, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["check", "--fail-level", "WARNING"], "no issues (0 silenced)"),
        (["check", "--deploy", "--tag", "penstock"], "no issues (0 silenced)"),
        (["penstock", "check"], "1 flow, 4 edges: 4 in the source"),
    ],
    ids=["settings", "flows", "command"],
)
def test_checks_of_django(command, shown, tmp_path):
    """Django has nothing to say about its project."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT / "examples" / "parcels",
        env=os.environ | {"PARCELS_DATA": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_broker_of_your_own(tmp_path):
    """The payments take a broker that is there, and each message in it is an operation."""
    broker = Broker()
    Producer({"bootstrap.servers": broker.address, "log_level": 0}).list_topics("payments", 60)
    broker.produce("payments", (b'{"payer": "customer 1", "cents": 5}', None))

    run(
        "payments", "run.py", str(tmp_path / "data"),
        env=os.environ | {"PAYMENTS_BROKER": broker.address},
    )  # fmt: skip

    found = rows(tmp_path / "data" / "ledger.sqlite", "SELECT payer, operation FROM ledger")
    assert {payer for payer, _ in found} == {"customer 1", "customer 7"}
    assert len({flow_id for _, flow_id in found} - {None}) == 2


def test_no_broker():
    """A payment that no broker takes is not accepted."""
    code = """
from fastapi.testclient import TestClient
from payments.api import app

response = TestClient(app).post("/payments", json={"payer": "customer 7", "cents": 1200})
print(response.status_code, response.json()["detail"])
"""
    environment = os.environ | {"PAYMENTS_BROKER": "127.0.0.1:1", "PYTHONWARNINGS": "ignore"}

    assert run("payments", "-c", code, env=environment) == "503 the broker does not take payments\n"
