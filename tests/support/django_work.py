"""Tasks of a small Django project, which say what is current."""

from penstock import current_run, flow
from penstock.boundary import Inbound
from penstock.contrib.django.tasks import flow_task


def say():
    run = current_run()
    return {"id": run.flow_id, "flow": run.flow, "outer": run.parent.flow_id}


@flow("work")
@flow_task
def work(amount: int):
    """Works."""
    return {"amount": amount, **say()}


@flow("work")
@flow_task(after="work", step="more", title="More", takes_context=True)
def work_more(context):
    return {"attempt": context.attempt, **say()}


@flow("work")
@flow_task(after="work", backend="default")
async def work_later():
    return say()


@flow("work")
@flow_task(after="work", backend="dummy")
def work_elsewhere(amount: int):
    return say()


@flow("traced")
@flow_task(backend="rows", step="work", inbound=Inbound(trust=True, traceparent=True))
def work_traced():
    pass


@flow("traced")
@flow_task(after="work", backend="rows", inbound=Inbound(trust=True, values=["tenant"]))
def work_kept(amount):
    return {"amount": amount, "values": dict(current_run().values), **say()}


@flow("traced")
@flow_task(after="work", backend="dummy", inbound=None)
def work_quietly():
    return say()
