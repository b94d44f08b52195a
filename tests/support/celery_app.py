"""The application of Celery that a real worker runs: tasks that write down what is current."""

import json
import os
from pathlib import Path

from celery import Celery, Task, shared_task, signals

from penstock import annotate, current_flow_id, current_run, flow, step
from penstock.contrib.celery import flow_task, install
from penstock.contrib.logging import FlowFilter, FlowFormatter

FOLDER = Path(os.environ["CELERY_TEST_FOLDER"])
BROKER = os.environ.get("CELERY_TEST_BROKER", "filesystem://")
BACKEND = os.environ.get("CELERY_TEST_BACKEND", f"file://{FOLDER / 'results'}")

app = Celery("tests", broker=BROKER, backend=BACKEND)
app.conf.update(
    broker_transport_options={
        "data_folder_in": FOLDER / "queue",
        "data_folder_out": FOLDER / "queue",
        "control_folder": FOLDER / "control",
    }
    if BROKER.startswith("filesystem")
    else {"visibility_timeout": 2},
    broker_connection_retry_on_startup=True,
    task_default_queue=os.environ.get("CELERY_TEST_QUEUE", "celery"),
    task_ignore_result=False,
    beat_schedule={"tick": {"task": "celery_app.tick", "schedule": 0.3}},
    beat_schedule_filename=str(FOLDER / "schedule"),
)
app.set_default()
install(app, values=["tenant"])


@signals.after_setup_logger.connect
def add_flow_ids(logger, **_):
    for handler in logger.handlers:
        handler.addFilter(FlowFilter())
        handler.setFormatter(FlowFormatter("%(levelname)s [%(flow_id)s] %(message)s"))


def note(what: str) -> str | None:
    """Write down *what* happens in which operation; lines of processes never mix."""
    run = current_run()
    said = {"what": what, "id": current_flow_id(), "values": dict(run.values) if run else {}}
    with (FOLDER / "notes").open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(said) + "\n")
    return current_flow_id()


@flow("orders")
@flow_task
def work(what="work"):
    return note(what)


@flow("orders")
@flow_task(after="work", title="Collect", bind=True)
def collect(self: Task, *results):
    return note("collect")


@flow("orders")
@step(after="collect")
def store():
    return note("store")


@app.task
def plain(what="plain"):
    return note(what)


@app.task
def add(x, y):
    note("add")
    return x + y


@flow("orders")
@flow_task(step="again", app=app, bind=True, max_retries=2)
def retried(self: Task):
    note(f"retried {self.request.retries}")
    if self.request.retries < 2:
        raise self.retry(countdown=0)


@shared_task(autoretry_for=(KeyError,), default_retry_delay=0, max_retries=1, bind=True)
def autoretried(self: Task):
    note(f"autoretried {self.request.retries}")
    if self.request.retries < 1:
        raise KeyError


@app.task(bind=True)
def replaced(self: Task):
    note("replaced")
    raise self.replace(work.s("instead"))


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
def told(request, exc, traceback):
    note("told")


@app.task
def annotated():
    annotate(tenant="north", card="4111")
    work.delay("of tenant")


@app.task(acks_late=True, reject_on_worker_lost=True)
def crashes():
    crashed = FOLDER / "crashed"
    note("crashes" if crashed.exists() else "before the crash")
    if not crashed.exists():
        crashed.touch()
        os._exit(1)


@app.task
def tick():
    note("tick")


class Classy(Task):
    """A task that is a class."""

    name = "celery_app.Classy"

    def run(self):
        return note("classy")


classy = app.register_task(Classy())
