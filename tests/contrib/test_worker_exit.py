"""What a worker recorded is exported when it ends, whatever kind of process it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import PATIENCE, json_lines, wait_for

SUPPORT = Path(__file__).parents[1] / "support"
CELERY = ("celery", "-A", "celery_batched", "worker", "--without-gossip", "--without-mingle")

SEND = {
    "celery": "from celery_batched import work; send = work.delay",
    "rq": """
import os
from redis import Redis
from penstock.contrib.rq import FlowQueue
from rq_jobs import work
queue = FlowQueue(connection=Redis.from_url(os.environ["QUEUE_TEST_REDIS"] + "/3"))
send = lambda what: queue.enqueue(work, what)
""",
    "dramatiq": "from dramatiq_jobs import work; send = work.send",
    "huey": "from huey_jobs import work; send = work",
    "taskiq": """
import asyncio
from taskiq_jobs import broker, work
def send(what):
    async def main():
        await broker.startup()
        await work.kiq(what)
        await broker.shutdown()
    asyncio.run(main())
""",
}

WORKERS = {
    "celery, a child for each task": (
        *CELERY,
        *("--pool", "prefork", "--concurrency", "1", "--max-tasks-per-child", "1"),
    ),
    **{
        f"celery, {pool}": (*CELERY, "--pool", pool, "--concurrency", "2")
        for pool in ("prefork", "threads", "solo", "gevent")
    },
    "rq": ("rq.cli", "worker", "--worker-class", "penstock.contrib.rq.FlowWorker"),
    "rq, simple": ("rq.cli", "worker", "--worker-class", "penstock.contrib.rq.FlowSimpleWorker"),
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


@pytest.mark.parametrize("name", WORKERS)
def test_nothing_is_lost(name, tmp_path, redis_url):
    """All spans of a worker arrive, though their processor would keep them for an hour."""
    queue = name.partition(",")[0]
    file = tmp_path / "spans"
    environment = os.environ | {
        "PYTHONPATH": str(SUPPORT),
        "QUEUE_TEST_FOLDER": str(tmp_path),
        "QUEUE_TEST_REDIS": redis_url + "/9" * (queue == "huey"),
        "TEST_BATCHED_SPANS": str(file),
    }
    code = f"""{SEND[queue]}
from penstock import bind
for number in range(3):
    with bind(f"order-{{number}}"):
        send("work")
"""
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=PATIENCE)
    url = ("--url", f"{redis_url}/3") if queue == "rq" else ()
    command = [sys.executable, "-m", *WORKERS[name], *url]
    log = tmp_path / "log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT
        )
    per_task = 2 if queue in {"dramatiq", "taskiq"} else 1  # those tasks send another
    try:
        wait_for(lambda: len(orders(tmp_path / "notes", "id")) == 3 * per_task, log)
    finally:
        worker.terminate()
        worker.wait(PATIENCE)

    assert sorted(orders(file, "flow_id")) == sorted(["order-0", "order-1", "order-2"] * per_task)


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

tracing.configure(tracing.InBackground(Slow(batched.provider)))

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
