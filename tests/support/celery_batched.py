"""A small application of Celery whose spans are kept back until its workers end."""

import os
from logging import getLogger

from celery import Celery
from celery.utils.log import get_task_logger
from queue_jobs import jobs, note

from penstock.contrib.celery import flow_task, install_logging

app = Celery("celery_batched", broker=os.environ["QUEUE_TEST_REDIS"] + "/4")
app.conf.broker_connection_retry_on_startup = True
if "CELERY_TEST_FORMAT" in os.environ:
    install_logging(os.environ["CELERY_TEST_FORMAT"] or None)


@jobs
@flow_task(app=app)
def log(what):
    print(f"{what} printed")
    get_task_logger("orders").info("%s by the logger of tasks", what)
    getLogger("orders").info("%s by a logger", what)


@jobs
@flow_task(app=app)
def work(what):
    note(what)
