"""A process that sends jobs: one for all workers of a module, since its imports take long.

It reads a line of JSON for each request, and prints a line of what was sent.
"""

import asyncio
import importlib
import json
import os
import sys
from typing import Any

from redis import Redis

from penstock import bind
from penstock.contrib.rq import FlowQueue
from penstock.testing import isolated_registry

MODULES = {
    "celery": "celery_batched",
    "rq": "rq_jobs",
    "dramatiq": "dramatiq_jobs",
    "huey": "huey_jobs",
    "taskiq": "taskiq_jobs",
}


def send(queue: str, job: Any, what: str) -> Any:
    """Send *job* through its *queue*, and return what that gives."""
    if queue == "celery":
        return job.delay(what).id
    if queue == "rq":
        connection = Redis.from_url(os.environ["QUEUE_TEST_REDIS"] + "/3")
        return FlowQueue(connection=connection).enqueue(job, what).id
    if queue == "taskiq":
        return asyncio.run(send_to_taskiq(job, what))
    sent = job(what) if queue == "huey" else job.send(what)
    return str(sent)


async def send_to_taskiq(job: Any, what: str) -> str:
    """Send *job* through Taskiq, whose broker lives in an event loop."""
    await job.broker.startup()
    sent = await job.kiq(what)
    await job.broker.shutdown()
    return sent.task_id


def main() -> None:
    """Serve requests until there are no more."""
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["QUEUE_TEST_REDIS"] = request["redis"]
        with isolated_registry():  # the modules have steps of the same names
            jobs = importlib.import_module(MODULES[request["queue"]])
        job = getattr(jobs, request["job"])
        with bind(request["flow_id"]):
            print(json.dumps(send(request["queue"], job, request["what"])), flush=True)


if __name__ == "__main__":
    main()
