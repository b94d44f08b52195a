"""Tasks that a real consumer of Huey runs."""

import os

from huey import RedisHuey, crontab
from queue_jobs import jobs, note

from penstock.contrib.huey import flow_task

HUEY = RedisHuey("jobs", url=os.environ["QUEUE_TEST_REDIS"])


@jobs
@flow_task(HUEY)
def work(what):
    note(what)


@jobs
@flow_task(HUEY, after="work", step="again", context=True, retries=1)
def fails_once(task=None):
    note(f"retries {task.retries}")
    if task.retries:
        raise LookupError


@jobs
@flow_task(HUEY, periodic=crontab())
def tick():
    note("tick")
