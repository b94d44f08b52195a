"""A small application of Celery whose spans are kept back until its workers end."""

import os

from celery import Celery
from queue_jobs import jobs, note

from penstock.contrib.celery import flow_task

app = Celery("celery_batched", broker=os.environ["QUEUE_TEST_REDIS"] + "/4")
app.conf.broker_connection_retry_on_startup = True


@jobs
@flow_task(app=app)
def work(what):
    note(what)
