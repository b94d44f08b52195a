"""Jobs that a real worker of RQ runs."""

from queue_jobs import jobs, note
from rq.job import get_current_job

from penstock import flow
from penstock.contrib.rq import FlowQueue, flow_task


@jobs
@flow_task
def work(what="work"):
    return note(what)


@jobs
@flow_task(after="work")
async def later(what):
    return note(what)


@jobs
@flow_task(after="work", step="again")
def fails_once():
    job = get_current_job()
    note(f"retries left {job.retries_left}")
    if job.retries_left:
        raise LookupError


@flow("meta")
@flow_task
def replaces_meta(number):
    note("replaces_meta")
    job = get_current_job()
    job.meta = {"progress": number}
    job.save_meta()
    raise LookupError


@flow("meta")
@flow_task(after=replaces_meta)
def replaces_fetched_meta(number):
    note("replaces_fetched_meta")
    running = get_current_job()
    job = type(running).fetch(running.id, connection=running.connection)
    job.meta = {"progress": number}
    job.save_meta()
    raise LookupError


def plain(what="plain"):
    return note(what)


@jobs
@flow_task(step="parent")
def parent():
    note("parent")
    FlowQueue("default", connection=get_current_job().connection).enqueue(work, "child")
