"""Tasks that a real worker of Taskiq runs."""

import os

from queue_jobs import jobs, note
from taskiq_redis import ListQueueBroker

from penstock.contrib.taskiq import flow_task

broker = ListQueueBroker(os.environ["QUEUE_TEST_REDIS"] + "/6")


@jobs
@flow_task(broker)
async def work(what: str) -> None:
    note(what)
    await more.kiq(what)


@jobs
@flow_task(broker, after="work")
def more(what: str) -> None:
    note(f"child of {what}")
