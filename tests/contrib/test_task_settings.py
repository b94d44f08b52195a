"""The options of every `flow_task`: those of a step, and those of its queue."""

import importlib
from functools import partial

import django
import pytest
from celery import Celery
from dramatiq.brokers.stub import StubBroker
from huey import MemoryHuey
from huey.api import TaskWrapper
from redis import Redis
from taskiq import InMemoryBroker

from penstock import bind, current_flow_id, entrypoint, flow, get_flow
from penstock.contrib import apscheduler as apscheduler_adapter
from penstock.contrib import celery as celery_adapter
from penstock.contrib import dramatiq as dramatiq_adapter
from penstock.contrib import huey as huey_adapter
from penstock.contrib import rq as rq_adapter
from penstock.contrib import taskiq as taskiq_adapter
from penstock.exceptions import InvalidArgumentError


def with_celery():
    app = Celery("orders", broker="memory://", set_as_current=False)
    return partial(celery_adapter.flow_task, app=app, name="sent")


def with_dramatiq():
    return partial(dramatiq_adapter.flow_task, broker=StubBroker(), max_retries=3)


def with_rq():
    return rq_adapter.flow_task


def with_rq_and_its_options():
    return partial(rq_adapter.flow_task, queue="slow", connection=Redis())


def with_huey():
    return partial(huey_adapter.flow_task, MemoryHuey(), retries=3)


def with_taskiq():
    return partial(taskiq_adapter.flow_task, InMemoryBroker(), task_name="sent")


def with_apscheduler():
    return apscheduler_adapter.flow_task


def with_django():
    django.setup()
    adapter = importlib.import_module("penstock.contrib.django.tasks")
    return partial(adapter.flow_task, queue_name="default")


ADAPTERS = [
    with_celery,
    with_dramatiq,
    with_rq,
    with_rq_and_its_options,
    with_huey,
    with_taskiq,
    with_apscheduler,
    with_django,
]


@pytest.fixture(params=ADAPTERS, ids=lambda find: find.__name__.removeprefix("with_"))
def flow_task(request, monkeypatch):
    """Return the decorator of one adapter, with an option of its queue."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    return request.param()


def find_id():
    """Return the ID that is current."""
    return current_flow_id()


def test_settings(flow_task):
    """A task takes all options of a step, and does not pass them to its queue."""
    flow("orders")(entrypoint(name="receive")(lambda: None))

    flow("orders")(
        flow_task(
            after={"receive": "paid"},
            step="ship",
            title="Ship the order",
            kind=None,
            group="Warehouse",
            receives="celery:ship",
            sends=["kafka:parcels", "http:POST /labels"],
            unchecked="sent by another service",
            uncovered="runs at night",
            inherit=False,
        )(find_id)
    )

    step = get_flow("orders").step("ship")
    [before] = step.after
    assert (before.source, before.label, step.is_entrypoint) == ("receive", "paid", False)
    assert (step.title, step.group, step.kind) == ("Ship the order", "Warehouse", "celery")
    assert step.receives == ("celery:ship",)
    assert step.sends == ("kafka:parcels", "http:POST /labels")
    assert (step.unchecked, step.uncovered) == ("sent by another service", "runs at night")


def test_defaults(flow_task):
    """A task is drawn as a queue, whatever its channels are, unless its kind is given."""
    flow("orders")(flow_task(step="ship", receives="celery:ship")(find_id))

    assert get_flow("orders").step("ship").kind == "queue"


def run_here(task):
    """Call what a worker would, in this process."""
    if isinstance(task, TaskWrapper):
        return task.call_local()
    return task() if callable(task) else task.call()


@pytest.mark.parametrize("inherit", [True, False])
def test_inherit(flow_task, inherit):
    """A task adopts the ID that is current, unless it is to make its own."""
    task = flow("orders")(flow_task(step="ship", inherit=inherit)(find_id))

    with bind() as outer:
        found = run_here(task)

    assert (found == outer.flow_id) == inherit
    assert len(found) == 32


@pytest.mark.parametrize("name", ["sends", "receives", "group", "unchecked", "uncovered"])
def test_what_cannot_be_used(flow_task, name):
    """The error says which setting of the task it is."""
    with pytest.raises(InvalidArgumentError, match=rf"^flow_task\(\) .*{name}"):
        flow_task(**{name: 7})
