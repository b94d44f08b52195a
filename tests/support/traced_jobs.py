"""A job that a worker of RQ finds by its name."""

from queue_jobs import jobs

from penstock.contrib.rq import flow_task


@jobs
@flow_task
def work():
    pass
