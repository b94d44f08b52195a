"""Tasks of Django carry the flow ID of who enqueues them."""

import asyncio
import importlib
import pickle
import sys
from dataclasses import fields
from importlib.util import find_spec
from types import SimpleNamespace

import django
import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection

from penstock import annotate, bind, current_flow_id, current_run, get_flow
from penstock.exceptions import MissingExtraError


@pytest.fixture
def tasks(monkeypatch):
    """Return the module with the tasks, declared again."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
    django.setup()
    monkeypatch.delitem(sys.modules, "django_work", raising=False)
    module = importlib.import_module("django_work")
    yield module
    assert current_run() is None


def carried(result):
    """Return the keyword arguments that a worker is given."""
    return result.kwargs


@pytest.mark.parametrize("name", ["work_more", "work_later"])
def test_in_place(tasks, name):
    """A task that runs at once is part of its caller's operation."""
    with bind() as run:
        returned = getattr(tasks, name).enqueue().return_value

    assert (returned["id"], returned["outer"], returned["flow"]) == (
        run.flow_id,
        run.flow_id,
        "work",
    )


def test_outside_a_run(tasks):
    """A task that belongs to nothing has its own ID, made when it is enqueued."""
    result = tasks.work.enqueue(7)

    assert carried(result) == {"penstock_flow_id": result.return_value["id"]}
    assert (result.return_value["amount"], len(result.return_value["id"])) == (7, 32)


def test_enqueued_later(tasks):
    """It makes no difference whether the caller waits."""

    async def enqueue():
        with bind("order-7"):
            return await tasks.work_elsewhere.aenqueue(amount=2)

    assert carried(asyncio.run(enqueue())) == {"amount": 2, "penstock_flow_id": "order-7"}


@pytest.mark.parametrize("left", [None, "left-over"])
def test_in_a_worker(tasks, left):
    """A worker runs the task with the ID that it was enqueued with, whatever it did before."""
    with bind("order-7"):
        result = tasks.work_elsewhere.enqueue(2)

    if left is None:
        returned = result.task.call(*result.args, **result.kwargs)
    else:
        with bind(left):
            returned = result.task.call(*result.args, **result.kwargs)
            assert current_run().flow_id == left

    assert (returned["id"], returned["outer"]) == ("order-7", "order-7")


def test_nothing_sent(tasks):
    """A task can be configured to send nothing yet, and receives what is sent."""
    with bind("order-7"):
        result = tasks.work_quietly.enqueue()

    assert carried(result) == {}
    assert tasks.work_quietly.call(penstock_flow_id="order-8")["id"] == "order-8"


@pytest.fixture
def run_worker(tasks, require):
    """Return what lets a real worker run all tasks that a database keeps."""
    require("django-tasks-db", find_spec("django_tasks_db") is not None)
    call_command("migrate", verbosity=0)
    yield lambda: call_command("db_worker", "--backend=rows", "--batch", verbosity=0)
    connection.close()


@pytest.mark.parametrize("is_async", [False, True], ids=["enqueue", "aenqueue"])
def test_in_a_row(tasks, run_worker, is_async):
    """A database keeps the ID and the values beside the arguments, as they are."""
    with bind("order-7"):
        annotate(tenant="north", secret="x")
        enqueue = async_to_sync(tasks.work_kept.aenqueue) if is_async else tasks.work_kept.enqueue
        result = enqueue(2)
    alone = tasks.work_kept.enqueue(3)
    run_worker()
    result.refresh()
    alone.refresh()

    assert (result.args, result.kwargs) == ([2], {})
    expected = {"amount": 2, "values": {"tenant": "north"}, "flow": "traced"}
    assert result.return_value == expected | {"id": "order-7", "outer": "order-7"}
    assert len(alone.return_value["id"]) == 32


def test_worker_without_penstock(monkeypatch, tasks, run_worker):
    """A worker that has the code from before `flow_task` runs the task."""
    with bind("order-7"):
        result = tasks.work_kept.enqueue(2)
    framework = sys.modules["penstock.contrib.django.tasks"]._tasks
    monkeypatch.setattr(tasks, "work_kept", framework.task(backend="rows")(deliver_kept))
    run_worker()
    result.refresh()

    assert result.return_value == [2, None]


def deliver_kept(amount):
    """Delivers it."""
    return amount, current_flow_id()


def test_other_rows(tasks, run_worker):
    """A stored task without penstock is left alone, and is not part of other operations."""
    framework = sys.modules["penstock.contrib.django.tasks"]._tasks
    tasks.deliver_kept = framework.task(backend="rows")(deliver_kept)
    deliver_kept.__module__ = "django_work"
    with bind("order-7"):
        result = tasks.deliver_kept.enqueue(2)
    assert result.db_result.args_kwargs == {"args": [2], "kwargs": {}}
    run_worker()

    assert tasks.work_kept.call(3)["id"] != "order-7"


def test_hostile(tasks):
    """An invalid flow ID is not adopted."""
    returned = tasks.work_elsewhere.call(2, penstock_flow_id="a\nb")

    assert len(returned["id"]) == 32


def test_called_as_a_function(tasks):
    """A task that is called in place, without the queue, has its caller's ID."""
    with bind() as run:
        assert tasks.work.call(1)["id"] == run.flow_id


def test_flow(tasks):
    """Tasks are steps behind a queue."""
    found = get_flow("work")

    assert [step.name for step in found.steps] == ["work", "more", "work_elsewhere", "work_later"]
    assert {step.kind for step in found.steps} == {"queue"}
    assert found.problems() == ()
    assert tasks.work.func.__doc__ == "Works."


def test_real_task(tasks):
    """A declared task has all attributes of tasks, and can be pickled."""
    task = tasks.work.using(queue_name="default")

    assert pickle.loads(pickle.dumps(task)) == task
    assert task.module_path == "django_work.work"


@pytest.mark.parametrize(
    "options", [{}, {"priority": 7, "queue_name": "default"}, {"run_after": None}, {"wrong": 1}]
)
def test_made_as_by_the_framework(tasks, options):
    """A task has all options of the framework's own decorator, and no others."""
    framework = sys.modules["penstock.contrib.django.tasks"]._tasks

    def made_by(decorator):
        try:
            made = decorator(**options)(deliver)
        except TypeError as error:
            return str(error)
        return {field.name: getattr(made, field.name) for field in fields(made)} | {"func": None}

    assert made_by(tasks.flow_task) == made_by(framework.task)


def deliver(amount: int):
    """Delivers it."""


@pytest.fixture
def again(monkeypatch):
    """Return what imports the module again where Django has no tasks."""

    def again(backport):
        monkeypatch.setitem(sys.modules, "django.tasks", None)
        monkeypatch.setitem(sys.modules, "django_tasks", backport)
        monkeypatch.delitem(sys.modules, "penstock.contrib.django.tasks", raising=False)
        return importlib.import_module("penstock.contrib.django.tasks")

    return again


def test_backport(again):
    """Before Django 6.0 the tasks of django-tasks do the same."""
    backport = SimpleNamespace()

    assert again(backport)._tasks is backport


def test_no_tasks(again):
    """Without either, the message says what to install."""
    with pytest.raises(MissingExtraError, match=r"needs Django 6.0, or django-tasks"):
        again(None)
