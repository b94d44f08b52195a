"""The application of Celery that real workers run: tasks that write down what is current."""

import json
import os
import time
from pathlib import Path

from celery import Celery, Task, signals
from celery.app.log import TaskFormatter

from penstock import annotate, current_flow_id, current_run, flow, step
from penstock.contrib.celery import flow_task, install
from penstock.contrib.logging import FlowFilter

FOLDER = Path(os.environ["CELERY_TEST_FOLDER"])
BROKER = os.environ["CELERY_TEST_BROKER"]

app = Celery("celery_app", broker=BROKER, set_as_current=False)
app.conf.update(
    broker_connection_retry_on_startup=True,
    result_backend=os.environ["CELERY_TEST_BACKEND"],
    result_chord_retry_interval=0.1,
    beat_schedule={"tick": {"task": "celery_app.tick", "schedule": 0.3}},
    beat_schedule_filename=str(FOLDER / "schedule"),
)
install(app, values=["tenant"])


@signals.after_setup_logger.connect
def show_flow_ids(logger, **_):
    """Let the lines of the worker say the flow ID beside the ID of the task."""
    for handler in logger.handlers:
        handler.addFilter(FlowFilter())
        line = "%(flow_id)s %(task_id)s %(name)s: %(message)s"
        handler.setFormatter(TaskFormatter(line, use_color=False))


@signals.task_postrun.connect
def look_back(**_):
    """Write down what is current after a task; penstock's own receiver is called before."""
    if current_run() is not None:
        note("left behind")


def note(what):
    """Write down *what* happens in which operation; lines of processes never mix."""
    run = current_run()
    entry = {"what": what, "id": current_flow_id(), "values": dict(run.values) if run else {}}
    with (FOLDER / "notes").open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(entry) + "\n")


@flow("orders")
@flow_task(app=app)
def work(what="work"):
    note(what)
    return what


@flow("orders")
@flow_task(app=app, after="work", bind=True)
def collect(self, results):
    note("collect")


@flow("orders")
@step(after="collect")
def store():
    note("store")


@app.task
def plain(what="plain"):
    note(what)


@app.task
def add(x, y):
    note(f"{x} + {y}")
    return x + y


@flow_task(app=app, bind=True, max_retries=2)
def retried(self):
    note(f"attempt {self.request.retries}")
    if self.request.retries < 2:
        raise self.retry(countdown=0)


@flow_task(app=app, bind=True, autoretry_for=(KeyError,), default_retry_delay=0, max_retries=1)
def autoretried(self):
    note(f"attempt {self.request.retries}")
    if self.request.retries < 1:
        raise KeyError


@app.task(bind=True)
def replaced(self):
    note("replaced")
    raise self.replace(work.si("instead"))


@app.task
def parent():
    note("parent")
    store()
    work.delay("child")


@app.task
def fails():
    note("fails")
    raise LookupError


@app.task
def errback(request, exc, traceback):
    note("errback")


@app.task
def annotated():
    annotate(tenant="north", card="4111")
    work.delay("of tenant")


@app.task(acks_late=True, reject_on_worker_lost=True, bind=True)
def crashes(self):
    crashed = FOLDER / f"crashed-{self.request.id}"
    note("after the crash" if crashed.exists() else "before the crash")
    if not crashed.exists():
        crashed.touch()
        os._exit(1)


@app.task
def crowded(what):
    """Be at work beside others."""
    for _ in range(10):
        note(what)
        time.sleep(0.001)


@app.task
def tick():
    note("tick")


class Classy(Task):
    """A task that is a class."""

    name = "celery_app.Classy"

    def run(self):
        note("classy")


classy = app.register_task(Classy())
