"""Jobs that a scheduler runs."""

from penstock import current_flow_id, current_run, flow
from penstock.contrib.apscheduler import flow_task

seen: list[tuple[object, ...]] = []


@flow("nightly")
@flow_task
def work(what="work", *, unit="kg"):
    run = current_run()
    seen.append((what, unit, run.flow_id, run.flow))


@flow("nightly")
@flow_task(after="work", step="later")
async def work_later(*what, **more):
    seen.append((*what, more, current_flow_id()))


def plain():
    seen.append(("plain", current_flow_id()))
