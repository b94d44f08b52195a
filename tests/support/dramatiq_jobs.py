"""Actors that a real worker of Dramatiq runs."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from queue_jobs import jobs, note

from penstock.contrib.dramatiq import flow_task

dramatiq.set_broker(RedisBroker(url=os.environ["QUEUE_TEST_REDIS"] + "/5"))


@jobs
@flow_task
def work(what):
    note(what)
    more.send(what)


@jobs
@flow_task(after="work")
def more(what):
    note(f"child of {what}")
