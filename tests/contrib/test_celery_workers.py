"""Tasks of Celery through real brokers, in real workers of every kind."""

import gc
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import _state, chain, chord, group
from celery.app import builtins
from servers import PATIENCE, json_lines, whole_lines

from penstock import annotate, bind
from penstock.boundary import HEADER
from penstock.contrib import celery as adapter
from penstock.testing import isolated_registry

# Celery leaves the sockets of its clients to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
        "ignore:unclosed <socket:ResourceWarning",
    ),
    pytest.mark.usefixtures("_unmeasured"),
]

SUPPORT = Path(__file__).parents[1] / "support"

WORKERS = [
    ("redis", "prefork"),
    ("redis", "threads"),
    ("redis", "solo"),
    ("amqp", "prefork"),
    ("redis", "gevent"),
]


def wait_for(found, wanted):
    """Return what *found* returns once it is *wanted*, or whatever it is after a while."""
    until = time.monotonic() + PATIENCE
    while True:
        last = found()
        if wanted(last) or time.monotonic() > until:
            return last
        time.sleep(0.02)


class Worker:
    """A running worker, and what its tasks wrote down."""

    def __init__(self, pool, folder, broker, backend, monkeypatch):
        self.pool = pool
        self.folder = folder
        monkeypatch.setenv("CELERY_TEST_FOLDER", str(folder))
        monkeypatch.setenv("CELERY_TEST_BROKER", broker)
        monkeypatch.setenv("CELERY_TEST_BACKEND", backend)
        if pool == "solo":  # Redis sends the body of a chord; with files, a task waits for that
            (folder / "results").mkdir()
            monkeypatch.setenv("CELERY_TEST_BACKEND", f"file://{folder / 'results'}")
        monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
        # Without the shared tasks of other tests; those of Celery's own are in every application.
        own = {one for one in _state._on_app_finalizers if one.__module__ == builtins.__name__}
        monkeypatch.setattr(_state, "_on_app_finalizers", own)
        # A module of this worker alone, with its own broker.
        spec = importlib.util.spec_from_file_location("celery_app", SUPPORT / "celery_app.py")
        self.tasks = importlib.util.module_from_spec(spec)
        with isolated_registry():
            spec.loader.exec_module(self.tasks)
        self.app = self.tasks.app
        self.app.finalize()
        self.log = folder / "log"
        beat = () if pool == "gevent" else ("--beat",)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "celery_app", "worker", *beat),
                    *("--pool", pool, "--concurrency", "2", "--loglevel", "INFO"),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        lines = wait_for(self.log.read_text, lambda lines: " ready." in lines)
        assert " ready." in lines

    def stop(self):
        """End the worker and its children."""
        adapter.uninstall(self.app)
        # A result that is collected later would look for a server that is gone.
        self.app.backend.remove_pending_result = lambda result: None
        if self.app.conf.result_backend.startswith("redis"):
            self.app.backend.result_consumer.stop()
            self.app.backend.client.connection_pool.disconnect()
        self.app.close()
        gc.collect()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def notes(self):
        """Return what tasks wrote down."""
        return json_lines(self.folder / "notes")

    def of(self, flow_id, *expected):
        """Return what happened under *flow_id* as soon as it is what is *expected*."""
        return wait_for(
            lambda: sorted(note["what"] for note in self.notes() if note["id"] == flow_id),
            lambda found: len(found) >= len(expected),
        )


@pytest.fixture(scope="module", params=WORKERS, ids="-".join)
def worker(request, tmp_path_factory):
    """Return a worker of each kind, one after the other."""
    transport, pool = request.param
    # A database that no other worker has. RabbitMQ keeps no results.
    redis = f"{request.getfixturevalue('redis_url')}/{8 + WORKERS.index(request.param)}"
    broker = request.getfixturevalue("amqp_url") if transport == "amqp" else redis
    folder = tmp_path_factory.mktemp(f"{transport}-{pool}")
    with pytest.MonkeyPatch.context() as monkeypatch:
        started = Worker(pool, folder, broker, redis, monkeypatch)
        yield started
        started.stop()


SENT = {
    "delay": (lambda t: t.work.delay("a"), ["a"]),
    "apply_async": (lambda t: t.plain.apply_async(("a",), countdown=0.1), ["a"]),
    "send_task": (lambda t: t.app.send_task("celery_app.plain", ["a"]), ["a"]),
    "class": (lambda t: t.classy.delay(), ["classy"]),
    "retry": (lambda t: t.retried.delay(), ["attempt 0", "attempt 1", "attempt 2"]),
    "autoretry": (lambda t: t.autoretried.delay(), ["attempt 0", "attempt 1"]),
    "child": (lambda t: t.parent.delay(), ["child", "parent", "store"]),
    "chain": (lambda t: chain(t.work.s("a"), t.plain.si("b"), t.work.si("c"))(), ["a", "b", "c"]),
    "group": (lambda t: group(t.work.s("a"), t.plain.s("b"))(), ["a", "b"]),
    "chord": (
        lambda t: chord([t.work.s("a"), t.plain.s("b")])(t.collect.s()),
        ["a", "b", "collect"],
    ),
    "link": (lambda t: t.work.apply_async(("a",), link=t.plain.si("b")), ["a", "b"]),
    "link_error, called": (
        lambda t: t.fails.apply_async(link_error=t.errback.s()),
        ["errback", "fails"],
    ),
    "link_error, sent": (
        lambda t: t.fails.apply_async(link_error=t.work.si("errback")),
        ["errback", "fails"],
    ),
    "replace": (lambda t: t.replaced.delay(), ["instead", "replaced"]),
    "map": (lambda t: t.work.map(["a", "b"]).delay(), ["a", "b"]),
    "starmap": (lambda t: t.add.starmap([(1, 2), (3, 4)]).delay(), ["1 + 2", "3 + 4"]),
    "chunks": (lambda t: t.add.chunks([(1, 2), (3, 4)], 1).apply_async(), ["1 + 2", "3 + 4"]),
}


@pytest.mark.parametrize(("send", "expected"), SENT.values(), ids=SENT)
def test_one_operation(worker, send, expected):
    """Whatever a task leads to happens under the ID of who sent it."""
    with bind() as run:
        send(worker.tasks)

    assert worker.of(run.flow_id, *expected) == expected


def test_values(worker):
    """The values that are named travel along, and no others."""
    with bind() as run:
        annotate(tenant="south", secret="s")
        worker.tasks.work.delay("here")
        worker.tasks.annotated.delay()
    worker.of(run.flow_id, "here", "of tenant")

    found = {note["what"]: note["values"] for note in worker.notes() if note["id"] == run.flow_id}
    assert found == {"here": {"tenant": "south"}, "of tenant": {"tenant": "north"}}


def test_beside_others(worker):
    """Tasks that are at work at the same time never have each other's ID."""
    runs = []
    for _ in range(20):
        with bind() as run:
            worker.tasks.crowded.delay(run.flow_id)
        runs.append(run.flow_id)
    for flow_id in runs:
        worker.of(flow_id, *range(10))

    found = [note for note in worker.notes() if note["what"] in runs]
    assert [note for note in found if note["what"] != note["id"]] == []
    assert len(found) == 200


def test_malformed(worker):
    """An invalid flow ID is not adopted, and the worker makes one."""
    hostile = "a b\x85" + worker.pool
    # The message as somebody else sends it.
    adapter.uninstall(worker.app)
    try:
        worker.tasks.plain.apply_async(("hostile",), headers={HEADER: hostile})
    finally:
        adapter.install(worker.app, values=["tenant"])
    notes = wait_for(
        lambda: [note for note in worker.notes() if note["what"] == "hostile"], lambda found: found
    )

    assert re.fullmatch("[0-9a-f]{32}", notes[0]["id"])
    assert hostile not in worker.log.read_text()


# Elsewhere the process is the worker's own.
@pytest.mark.parametrize(
    "worker", [("redis", "prefork"), ("amqp", "prefork")], indirect=True, ids="-".join
)
def test_crash(worker):
    """A task whose process died is delivered again with the same ID, from any sender."""
    with bind() as run:
        worker.tasks.crashes.delay()
    worker.tasks.crashes.delay()

    assert worker.of(run.flow_id, 1, 2) == ["after the crash", "before the crash"]
    crashes = wait_for(
        lambda: [note for note in worker.notes() if "the crash" in note["what"]],
        lambda found: len(found) >= 4,
    )
    assert len(crashes) == 4
    assert len({note["id"] for note in crashes}) == 2


# Celery has no beat beside gevent.
@pytest.mark.parametrize("worker", WORKERS[:-1], indirect=True, ids="-".join)
def test_beat(worker):
    """A task of the schedule has a new ID each time."""
    ticks = wait_for(
        lambda: [note["id"] for note in worker.notes() if note["what"] == "tick"],
        lambda found: len(found) >= 2,
    )

    assert len(ticks) >= 2
    assert len(set(ticks)) == len(ticks)


def test_log_lines(worker):
    """The lines of a task have its ID and the flow's, that of the main process has neither."""
    with bind() as run:
        task_id = worker.tasks.fails.delay().id
    worker.of(run.flow_id, "fails")

    lines = wait_for(
        lambda: [line for line in whole_lines(worker.log) if task_id in line],
        lambda found: len(found) >= 2,
    )
    assert [line.partition(": ")[0] for line in sorted(lines)] == [
        "- ??? celery.worker.strategy",
        f"{run.flow_id} {task_id} celery.app.trace",
    ]


def test_nothing_is_left(worker):
    """After a task nothing is current, and no task was without an ID."""
    with bind() as run:
        worker.tasks.work.delay("last")
    worker.of(run.flow_id, "last")

    assert [n for n in worker.notes() if n["what"] == "left behind" or n["id"] is None] == []
