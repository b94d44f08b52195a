"""The example application does what its flows say."""

import logging
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest

from penstock import find_problems, get_flow

pytestmark = pytest.mark.usefixtures("_unmeasured")

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


@pytest.fixture
def shop(monkeypatch, tmp_path):
    """Return what a run of the shop left behind: its records, its topic, its database."""
    with shop_run(monkeypatch, tmp_path) as left:
        yield left


@contextmanager
def shop_run(monkeypatch, tmp_path):
    """Run the shop again, with modules imported for it."""
    monkeypatch.syspath_prepend(str(SHOP / "src"))
    before = set(sys.modules)
    try:
        yield _run_shop(tmp_path / "shop.sqlite")
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def _run_shop(database: Path):
    from shop import services
    from shop.__main__ import run
    from shop.log import FlowFilter

    records: list[logging.LogRecord] = []

    class Recorder(logging.Handler):
        def emit(self, record):
            records.append(record)

    recorder = Recorder()
    recorder.addFilter(FlowFilter())
    logger = logging.getLogger("shop")
    logger.setLevel(logging.INFO)
    logger.addHandler(recorder)
    try:
        topic = run(database)
    finally:
        logger.removeHandler(recorder)
    return records, topic, services.db


def of_message(records: list[logging.LogRecord], bom: int) -> list[logging.LogRecord]:
    """Return the records of the operation that began with the message about *bom*."""
    (first,) = (r for r in records if r.getMessage() == f"BOM {bom} has changed")
    return [r for r in records if r.flow_id == first.flow_id]


def test_one_id_for_each_operation(shop):
    """All lines of an operation share one ID, and each operation has its own."""
    records, _, _ = shop

    operations = {r.flow_id for r in records}

    assert len(operations) == 8
    assert "-" not in operations


def test_steps_in_the_log(shop):
    """A log line names the step that wrote it."""
    records, _, _ = shop

    actual = [(f"{r.flow}/{r.step}", r.levelname) for r in of_message(records, 7)]

    assert actual == [
        ("bom_sync/handle_kafka_message", "INFO"),
        ("bom_sync/fetch_from_api", "WARNING"),
        ("bom_sync/sync_to_database", "INFO"),
    ]


def test_failing_message(shop):
    """A message that fails is put aside under its own ID, and those behind it are handled."""
    records, topic, _ = shop

    failing = of_message(records, 13)

    assert [r.getMessage() for r in failing][1:] == [
        "put {'bom_id': 13} aside: LookupError('there is no BOM 13')"
    ]
    assert (topic.handled, [m.payload for m in topic.dead]) == (3, [{"bom_id": 13}])


def test_database(shop):
    """The database has the rows that the flows wrote."""
    _, _, db = shop

    assert [db.count(t) for t in ("parts", "users", "reserved")] == [11, 2, 1]


def test_proxy_in_the_environment(monkeypatch, tmp_path):
    """A proxy that the environment names does not keep the shop from its own machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with shop_run(monkeypatch, tmp_path) as (_, topic, _):
        assert topic.handled == 3


def test_nothing_is_left_running(monkeypatch, tmp_path):
    """Every thread that the shop started has ended, those of single requests too."""
    before = set(threading.enumerate())
    with shop_run(monkeypatch, tmp_path):
        assert set(threading.enumerate()) - before == set()


@pytest.mark.usefixtures("shop")
def test_flows_have_no_problems():
    """The declared flows can all be meant."""
    assert find_problems() == ()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (
            "bom_sync",
            {
                ("handle_kafka_message", "fetch_from_api"),
                ("fetch_from_api", "sync_to_database"),
            },
        ),
        (
            "user_update",
            {
                ("handle_api_request", "process_user_update"),
                ("handle_admin_action", "process_user_update"),
            },
        ),
        (
            "order_processing",
            {
                ("validate_order", "charge_payment"),
                ("validate_order", "reserve_inventory"),
                ("charge_payment", "send_confirmation"),
                ("reserve_inventory", "send_confirmation"),
                ("validate_order", "reject_order"),
            },
        ),
    ],
)
def test_edges(flow, expected):
    """The flows are those of the specification."""
    assert {(e.source, e.target) for e in get_flow(flow).edges} == expected


def test_as_a_program():
    """`python -m shop` runs clean of warnings and says what it did."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-m", "shop"],
        env=os.environ | {"PYTHONPATH": str(SHOP / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == (
        "3 messages handled, 1 put aside; 11 parts, 2 users and 1 reservation in the database"
    )
    assert done.stderr == ""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Return the folder that the demo filled, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py"), "--output", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return folder, done.stdout


def test_demo_says_what_it_made(demo):
    """The demo names each thing that it made, where it is."""
    _, printed = demo

    files = [Path(uri) for uri in re.findall(r"file://(\S+)", printed)]

    assert len(files) == 8
    assert [f for f in files if not f.is_file()] == []


PAGES = ["bom_sync", "user_update", "order_processing"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("tool", ["sphinx", "mkdocs"])
def test_docs_show_diagram_and_docstrings(demo, tool, name):
    """Each page shows its flow's diagram, whose nodes lead to the steps' docstrings."""
    folder, _ = demo

    page = (folder / tool / f"{name}.html").read_text(encoding="utf-8")

    links = set(re.findall(r'<a xlink:href="#(penstock--[^"]+)"><title>', page))
    assert links
    assert {f'id="{link}"' for link in links} <= set(re.findall(r'id="[^"]+"', page))
    assert "leads to " in page
    assert {"Parameters", "Returns"} & set(re.findall(r"Parameters|Returns", page))


@pytest.mark.parametrize("name", PAGES)
def test_both_tools_tell_the_same(demo, name):
    """The sentences of the docstrings are the same in both tools, in the same order."""
    folder, _ = demo
    sentences = re.compile(r"<p>([A-Z][^<]+\.)</p>")

    sphinx = sentences.findall((folder / "sphinx" / f"{name}.html").read_text(encoding="utf-8"))
    mkdocs = sentences.findall((folder / "mkdocs" / f"{name}.html").read_text(encoding="utf-8"))

    assert [s for s in sphinx if s in mkdocs] == [s for s in mkdocs if s in sphinx]
    assert len(set(sphinx) & set(mkdocs)) >= 3


@pytest.mark.parametrize("tool", ["sphinx", "mkdocs"])
def test_docs_hold_each_docstring(demo, shop, tool):
    """The page of a flow has the first sentence of every step's docstring."""
    folder, _ = demo
    missing = []
    for name in PAGES:
        page = (folder / tool / f"{name}.html").read_text(encoding="utf-8")
        # Without the drawing, whose tooltips hold the same sentences.
        text = re.sub(r"<svg.*?</svg>|<[^>]+>", "", page, flags=re.DOTALL)
        text = " ".join(unescape(text).split())
        missing += [s.name for s in get_flow(name).steps if s.summary not in text]

    assert missing == []


def test_mkdocs_pages_open_from_disk(demo):
    """The site loads nothing from the network, and no link leads to a folder."""
    folder, _ = demo
    page = (folder / "mkdocs" / "bom_sync.html").read_text(encoding="utf-8")

    loaded = re.findall(r'(?:<script[^>]* src|<link[^>]* href)="([^"]+)"', page)
    links = re.findall(r'<a [^>]*href="([^"]+)"', page)

    assert [url for url in loaded if url.startswith(("http", "//"))] == []
    assert [url for url in links if url.endswith(("/", "."))] == ["https://www.mkdocs.org/"]


def test_demo_fails_with_the_part_that_failed(tmp_path):
    """A part that fails ends the demo, which shows the output of the part."""
    (tmp_path / "sphinx").write_text("a file where Sphinx wants a folder")

    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py"), "--output", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "[3/4] building its docs with Sphinx ..."
    assert "is not a directory" in done.stderr
    assert "failed with exit code" in done.stderr
