"""The spans and log lines that real workers leave when they end, in any process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis
from servers import end, json_lines, wait_for

pytestmark = pytest.mark.usefixtures("_unmeasured")

SUPPORT = Path(__file__).parents[1] / "support"
CELERY = ("celery", "-A", "celery_batched", "worker", "--without-gossip", "--without-mingle")
CELERY += ("--loglevel", "INFO")

# Until no job is left: RQ's handler of SIGTERM raises, and redis-py may swallow what it raises.
RQ = ("rq.cli", "worker", "--burst", "--worker-class")

WORKERS = {
    "celery, a child for each task": (
        *CELERY,
        *("--pool", "prefork", "--concurrency", "1", "--max-tasks-per-child", "1"),
    ),
    **{
        f"celery, {pool}": (*CELERY, "--pool", pool, "--concurrency", "2")
        for pool in ("prefork", "threads", "solo", "gevent")
    },
    "rq": (*RQ, "penstock.contrib.rq.FlowWorker"),
    "rq, simple": (*RQ, "penstock.contrib.rq.FlowSimpleWorker"),
    "dramatiq": ("dramatiq", "dramatiq_jobs", "-p", "1", "-t", "2"),
    **{
        f"huey, {kind}": ("huey.bin.huey_consumer", "huey_jobs.HUEY", "-k", kind)
        for kind in ("thread", "process")
    },
    "huey, greenlet": (
        *("gevent.monkey", "--module", "huey.bin.huey_consumer", "huey_jobs.HUEY"),
        *("-k", "greenlet"),
    ),
    "taskiq": ("taskiq", "worker", "taskiq_jobs:broker", "--workers", "1"),
}


def orders(file, name):
    """Return the IDs in *file* that are of orders: a consumer of Huey sends a task itself."""
    return [line[name] for line in json_lines(file) if line[name].startswith("order-")]


@pytest.fixture(scope="module")
def send(redis_url):
    """Return what sends a job through a queue, and says under which name it was sent."""
    command = [sys.executable, str(SUPPORT / "sender.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as sender:

        def ask(queue, job, flow_id):
            url = redis_url + "/9" * (queue == "huey")
            request = {"queue": queue, "redis": url, "job": job, "what": flow_id}
            sender.stdin.write(json.dumps(request | {"flow_id": flow_id}) + "\n")
            sender.stdin.flush()
            return json.loads(sender.stdout.readline())

        yield ask
        sender.stdin.close()


class Ended:
    """The output of a worker that has done its jobs and was ended."""

    def __init__(self, name, folder, redis_url, send):
        self.name, self.folder, self.log = name, folder, folder / "log"
        self.queue = name.partition(",")[0]
        self.redis = Redis.from_url(f"{redis_url}/4")
        # Those tasks send another.
        self.expected = ["order-0", "order-1", "order-2"] * (
            2 if self.queue in {"dramatiq", "taskiq"} else 1
        )
        self.noted = len(self.expected)
        for flow_id in sorted(set(self.expected)):
            send(self.queue, "work", flow_id)
        self.task_id = None
        if self.queue == "celery":
            self.task_id = send(self.queue, "log", "order-7")
            self.expected.append("order-7")
        self.run(redis_url)

    def run(self, redis_url):
        """Run the worker until it has done all jobs."""
        environment = os.environ | {
            "PYTHONPATH": str(SUPPORT),
            "CELERY_TEST_FORMAT": FORMATS.get(self.name, ""),
            "QUEUE_TEST_FOLDER": str(self.folder),
            "QUEUE_TEST_REDIS": redis_url + "/9" * (self.queue == "huey"),
            "TEST_BATCHED_SPANS": str(self.folder / "spans"),
        }
        url = ("--url", f"{redis_url}/3") if self.queue == "rq" else ()
        command = [sys.executable, "-m", *WORKERS[self.name], *url]
        with self.log.open("wb") as output:
            worker = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(self.is_done, self.log)
        finally:
            end(worker, self.log)

    def is_done(self):
        """Return whether all jobs are done."""
        is_noted = len(orders(self.folder / "notes", "id")) == self.noted
        return is_noted and (not self.task_id or self.is_acknowledged())

    def is_acknowledged(self):
        """Return whether Celery has done its jobs, and would give none of them to the next worker.

        The child of a worker says that a task succeeded, maybe before its parent acknowledges it.
        """
        is_done = self.lines().count(" succeeded in ") == 4
        return is_done and not self.redis.hlen("unacked")

    def lines(self):
        """Return what the worker printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="module", params=WORKERS)
def ended(request, tmp_path_factory, redis_url, send):
    """Return what a worker of each kind left, which is run once for all tests."""
    return Ended(request.param, tmp_path_factory.mktemp("worker"), redis_url, send)


def test_nothing_is_lost(ended):
    """All spans of a worker arrive, though their processor would keep them for an hour."""
    assert sorted(orders(ended.folder / "spans", "flow_id")) == sorted(ended.expected)


LINES = [
    "celery_batched.log[ID] received",
    "order-7 printed",
    "order-7 by the logger of tasks",
    "order-7 by a logger",
    "celery_batched.log[ID] succeeded",
]


@pytest.mark.parametrize(
    "ended", [f"celery, {pool}" for pool in ("prefork", "threads", "solo")], indirect=True
)
def test_lines(ended):
    """All lines about a task of Celery begin with its ID, also those of `get_task_logger`."""
    lines = ended.lines().replace(ended.task_id, "ID").splitlines()

    for wanted in LINES:
        (line,) = [line for line in lines if wanted in line]
        assert line.startswith("order-7 [20")
    assert any(line.startswith("- [20") and line.endswith(" ready.") for line in lines)
    assert not any("Logging error" in line for line in lines)


FORMATTED = "celery, a child for each task"
FORMATS = {FORMATTED: "%(flow_id)s %(flow)s/%(step)s %(task_id)s %(msg)s"}


@pytest.mark.parametrize("ended", [FORMATTED], indirect=True)
def test_format(ended):
    """A format of one's own may name the fields of penstock and of Celery's tasks."""
    lines = ended.lines().replace(ended.task_id, "ID").splitlines()

    assert "order-7 jobs/log ID %s by the logger of tasks" in lines
    assert "order-7 jobs/log ID %s by a logger" in lines


def test_at_exit(tmp_path):
    """Spans that wait for a slow exporter arrive, whatever was imported or made first."""
    code = """
import time, penstock
import batched
from penstock import entrypoint, flow, tracing
from penstock.contrib.opentelemetry import OpenTelemetryExporter

class Slow(OpenTelemetryExporter):
    def export(self, span):
        time.sleep(0.05)
        super().export(span)

tracing.configure(tracing.BackgroundExporter(Slow(batched.provider)))

@flow("orders")
@entrypoint
def receive(number):
    pass

for number in range(5):
    receive(number)
"""
    environment = {"PYTHONPATH": str(SUPPORT), "TEST_BATCHED_SPANS": str(tmp_path / "spans")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, check=True
    )

    assert (len(json_lines(tmp_path / "spans")), done.stderr) == (5, b"")
