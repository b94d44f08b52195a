"""RQ: jobs carry the ID in their meta, to real workers too."""

import gc
import importlib
import inspect
import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import queue_jobs
from queue_jobs import spans_in
from recording import _exporters, recorded
from redis import Redis
from rq import Queue, Retry
from rq.exceptions import ShutDownImminentException
from rq.job import Job
from rq.worker import SimpleWorker
from servers import end, wait_for

from penstock import annotate, bind, current_flow_id, current_run, flow, get_flow
from penstock._runtime.active_exporters import set_exporters
from penstock.boundary import ARGUMENT, HEADER, UNTRUSTED_FLOW_ID, Inbound
from penstock.contrib.rq import FlowQueue, FlowSimpleWorker, FlowWorker, flow_task

__all__ = ["_exporters", "recorded"]

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def connection(redis_url):
    """Return a connection to a Redis without any job."""
    made = Redis.from_url(f"{redis_url}/7")
    made.flushdb()
    yield made
    made.close()


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """Return the module of jobs, which note down in a folder of this test."""
    monkeypatch.setattr(queue_jobs, "FOLDER", tmp_path)
    monkeypatch.delitem(sys.modules, "rq_jobs", raising=False)
    yield importlib.import_module("rq_jobs")
    assert current_run() is None


@pytest.fixture
def queue(connection):
    """Return a queue that carries IDs."""
    return FlowQueue("default", connection=connection)


def process(connection, worker=FlowSimpleWorker):
    """Let a worker in this process do all that there is to do."""
    worker(["default"], connection=connection).work(burst=True, logging_level="ERROR")
    return [(note["what"], note["id"]) for note in queue_jobs.notes()]


def test_control_flow(recorded):
    """A job that its worker cuts short, as Heroku does, has not failed."""

    def cut():
        raise ShutDownImminentException("soon", {})

    cut = flow("orders")(flow_task(cut))

    with pytest.raises(ShutDownImminentException):
        cut()

    assert [span.outcome for span in recorded.spans] == ["cancelled"]


# RQ 2 leaves the event loop of each coroutine, with its sockets, to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed (event loop|<socket):ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("worker", [FlowSimpleWorker, SimpleWorker])
def test_declared(queue, connection, jobs, worker):
    """A declared job has the ID of who enqueued it, in any worker, coroutine or not."""
    with bind("order-7"):
        queue.enqueue(jobs.work)
        queue.enqueue(jobs.later, "later")

    assert process(connection, worker) == [("work", "order-7"), ("later", "order-7")]
    assert {note["flow"] for note in queue_jobs.notes()} == {"jobs"}
    gc.collect()  # here, and not in the test of somebody else


def test_any_function(queue, connection, jobs):
    """With our worker, any function has the ID."""
    with bind("order-7"):
        queue.enqueue(jobs.plain)
    queue.enqueue(jobs.plain, "alone")

    (first, alone) = process(connection)
    assert first == ("plain", "order-7")
    assert alone[1] not in {None, "order-7"}


def test_foreign_worker(queue, connection, jobs):
    """With another worker, a function that is not declared has none."""
    with bind("order-7"):
        queue.enqueue(jobs.plain)

    assert process(connection, SimpleWorker) == [("plain", None)]


@pytest.mark.parametrize("sender", [bind("order-7"), nullcontext()], ids=["run", "no run"])
def test_retry(queue, connection, jobs, sender):
    """A job that is tried again has its ID again, from any sender."""
    with sender:
        job = queue.enqueue(jobs.fails_once, retry=Retry(max=1))

    assert [flow_id for _, flow_id in process(connection)] == [job.meta[HEADER]] * 2


@pytest.mark.parametrize("worker", [FlowSimpleWorker, SimpleWorker])
@pytest.mark.parametrize("name", ["replaces_meta", "replaces_fetched_meta"])
def test_replaced_meta(queue, connection, jobs, worker, name):
    """A job that replaces its meta has its ID again when it is tried again, and keeps that meta."""
    with bind("order-7"):
        job = queue.enqueue(getattr(jobs, name), 1, retry=Retry(max=2))

    assert process(connection, worker) == [(name, "order-7")] * 3
    assert job.get_meta() == {"progress": 1}


def test_unreadable_arguments(queue, connection, jobs):
    """A job whose arguments cannot be read is RQ's to report."""
    job = queue.enqueue(jobs.work, meta={})
    connection.hset(job.key, mapping={"data": b"unreadable", "meta": b""})
    process(connection)

    assert job.get_status(refresh=True) == "failed"


def test_dependents_and_children(queue, connection, jobs):
    """A dependent job has the ID under which it was made, and so has one that a job enqueues."""
    with bind("order-7"):
        first = queue.enqueue(jobs.parent)
        queue.enqueue(jobs.work, "dependent", depends_on=first)
        queue.enqueue_many([Queue.prepare_data(jobs.plain, ("many",))])

    assert sorted(process(connection)) == [
        ("child", "order-7"),
        ("dependent", "order-7"),
        ("many", "order-7"),
        ("parent", "order-7"),
    ]


def test_in_place(connection, jobs):
    """A job that runs at once is part of its caller's operation, and keeps the ID current."""
    queue = FlowQueue("default", connection=connection, is_async=False)

    with bind("order-7"):
        result = queue.enqueue(jobs.work).return_value()
        after = current_flow_id()

    assert (result, after) == ("order-7", "order-7")


def test_meta_that_is_there(queue, connection, jobs):
    """A job that is enqueued with an ID keeps it, and its other data."""
    with bind("order-7"):
        job = queue.enqueue(jobs.work, meta={HEADER: "theirs", "x": 1})

    assert job.meta == {HEADER: "theirs", "x": 1}
    assert vars(job.kwargs) == {ARGUMENT: {HEADER: "theirs"}}
    assert process(connection) == [("work", "theirs")]


def test_job_that_is_made_first(queue, connection, jobs):
    """A job that another class made has the ID of who enqueues it, and keeps it."""
    job = Job.create(jobs.plain, ("made",), connection=connection, meta={"x": 1})
    with bind("order-7"):
        queue.enqueue_job(job)
    process(connection)
    with bind("order-8"):
        queue.enqueue_job(Job.fetch(job.id, connection=connection))

    assert process(connection) == [("made", "order-7")] * 2
    assert job.meta == {HEADER: "order-7", "x": 1}


def test_job_whose_arguments_are_unreadable(queue, connection, jobs):
    """A job that RQ cannot read is enqueued as without us."""
    job = Job.create(jobs.plain, connection=connection)
    job.data = b"unreadable"

    assert queue.enqueue_job(job).meta == {}


class ShopQueue(FlowQueue):
    inbound = Inbound(trust=lambda job: job.args != ("stranger",), header="X-Flow", values=["who"])


class ShopWorker(FlowSimpleWorker):
    inbound = ShopQueue.inbound


@pytest.mark.parametrize("worker", [ShopWorker, SimpleWorker])
def test_settings(monkeypatch, connection, jobs, worker):
    """A queue and its worker have separate settings; `trust` is called with the job."""
    queue = ShopQueue("default", connection=connection)
    declared = flow_task(inbound=ShopQueue.inbound)(queue_jobs.note)
    monkeypatch.setattr(queue_jobs, "declared", declared, raising=False)
    with bind("theirs"):
        annotate(who="north", card="4111")
        job = queue.enqueue("queue_jobs.declared", "friend")
        queue.enqueue("queue_jobs.declared", "stranger")

    assert job.meta == {"X-Flow": "theirs", "baggage": "who=north"}
    (friend, stranger) = process(connection, worker)
    assert friend == ("friend", "theirs")
    assert stranger[1] != "theirs"
    values = [note["values"] for note in queue_jobs.notes()]
    assert values == [{"who": "north"}, {UNTRUSTED_FLOW_ID: "theirs"}]


@pytest.mark.parametrize("hostile", ["a b", "a\x85b", 7, b"\xff"])
def test_hostile(queue, connection, jobs, hostile):
    """An invalid flow ID is not adopted."""
    queue.enqueue(jobs.work, meta={HEADER: hostile})

    ((_, found),) = process(connection)
    assert len(found) == 32


def test_decorator(connection, jobs):
    """With RQ's own options, the function has what RQ's decorator gives it."""
    work = flow_task(queue="slow", connection=connection, timeout=7)(queue_jobs.note)
    with bind("order-7"):
        job = work.delay("sent")

    assert (job.origin, job.timeout, job.meta) == ("slow", 7, {HEADER: "order-7"})


def test_direct_call(jobs):
    """A job that is called like a function is part of its caller's operation."""
    with bind("order-7"):
        assert jobs.work() == "order-7"
    assert inspect.signature(jobs.work) == inspect.signature(lambda what="work": None)


def test_flow(jobs):
    """Jobs are steps behind a queue."""
    found = get_flow("jobs")

    assert [step.name for step in found.steps] == ["parent", "work", "again", "later"]
    assert {step.kind for step in found.steps} == {"queue"}
    assert flow("jobs").name == "jobs"


class InPlace(FlowWorker):
    """Performs jobs as its child would, but in this process."""

    execute_job = SimpleWorker.execute_job


@pytest.mark.usefixtures("_exporters", "recorded")
@pytest.mark.parametrize("ends", ["well", "with an error"])
def test_child_that_ends(queue, connection, jobs, ends):
    """The spans of a job's child process are exported when the job ends, in any way."""
    events = []

    class Keeping:
        def export(self, span):
            events.append(span.step)

        def flush(self):
            events.append("flushed")

    set_exporters(Keeping())
    queue.enqueue(*((jobs.work,) if ends == "well" else (jobs.fails_once,)))
    process(connection, InPlace)

    assert events == ["work" if ends == "well" else "again", "flushed"]


@pytest.mark.usefixtures("_unmeasured")
def test_real_worker(redis_url, connection, queue, jobs, tmp_path):
    """A worker that forks for each job has the ID of who enqueued it."""
    with bind("order-7"):
        queue.enqueue(jobs.parent)
        queue.enqueue(jobs.plain)
    lonely = queue.enqueue(jobs.fails_once, retry=Retry(max=1)).meta[HEADER]
    with bind("order-8"):
        queue.enqueue_in(timedelta(seconds=1), jobs.work, "later")
    options = ("--worker-class", "penstock.contrib.rq.FlowWorker", "--with-scheduler", "--quiet")
    environment = os.environ | {
        "PYTHONPATH": str(SUPPORT),
        "QUEUE_TEST_FOLDER": str(tmp_path),
        "PENSTOCK_TRACE": str(tmp_path / "spans"),
    }
    command = [sys.executable, "-m", "rq.cli", "worker", "--url", f"{redis_url}/7", *options]

    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_for(lambda: len(queue_jobs.notes()) == 6 and len(spans_in(tmp_path)) == 4)
        finally:
            worker.terminate()
            # RQ's handler raises, and redis-py may swallow that; the next signal ends it at once.
            with suppress(subprocess.TimeoutExpired):
                worker.wait(10)
            end(worker)

    found = queue_jobs.notes()
    assert {(note["what"], note["id"]) for note in found} == {
        ("parent", "order-7"),
        ("plain", "order-7"),
        ("child", "order-7"),
        ("retries left 1", lonely),
        ("retries left 0", lonely),
        ("later", "order-8"),
    }
    assert spans_in(tmp_path) == {
        *(("parent", "order-7"), ("work", "order-7"), ("work", "order-8"), ("again", lonely))
    }
