"""Huey: tasks carry the ID beside their arguments, or in their own ID."""

import importlib
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import queue_jobs
from huey import CancelExecution, FileHuey, MemoryHuey, RetryTask, crontab, exceptions
from huey.exceptions import TaskLockedException
from huey.registry import Message
from huey.serializer import Serializer, SignedSerializer
from queue_jobs import spans_in
from recording import recorded
from servers import end, wait_for

from penstock import annotate, bind, current_flow_id, current_run, flow, get_flow
from penstock.boundary import ARGUMENT, Inbound
from penstock.contrib.huey import flow_task

__all__ = ["recorded"]

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(params=["memory", "file"])
def huey(request, tmp_path):
    """Return a Huey whose consumer works in threads."""
    if request.param == "memory":
        made = MemoryHuey("orders")
    else:
        made = FileHuey("orders", path=str(tmp_path / "huey"))
    consumer = made.create_consumer(workers=2, periodic=True, initial_delay=0.01, max_delay=0.05)
    consumer.start()
    yield made
    consumer.stop(graceful=True)
    assert current_run() is None


def test_carried(huey):
    """A worker has the sender's ID, and the function sees only its own arguments."""
    seen = []

    @flow("orders")
    @flow_task(huey)
    def work(amount, *, unit="kg", **more):
        run = current_run()
        seen.append((amount, unit, more, run.flow_id, run.flow))

    with bind() as run:
        work(7, unit="g")
        work.schedule((8,), delay=0.01)
    wait_for(lambda: len(seen) == 2)

    assert sorted(seen) == [
        (7, "g", {}, run.flow_id, "orders"),
        (8, "kg", {}, run.flow_id, "orders"),
    ]


CONTROL_FLOW = [
    (RetryTask(delay=0), ["retried", "ok"]),
    (CancelExecution(), ["stopped"]),
    (TaskLockedException(), ["stopped"]),
]
if hasattr(exceptions, "RateLimitExceeded"):  # older versions have no limits
    CONTROL_FLOW.append((exceptions.RateLimitExceeded("key", 0.01), ["retried", "ok"]))


@pytest.mark.parametrize(("raised", "outcomes"), CONTROL_FLOW)
def test_control_flow(huey, recorded, raised, outcomes):
    """An exception of a task that is control flow of Huey is not recorded as a failure."""
    left = [raised]

    @flow("orders")
    @flow_task(huey)
    def work():
        if left:
            raise left.pop()

    work()
    wait_for(lambda: len(recorded.spans) == len(outcomes))

    assert [span.outcome for span in recorded.spans] == outcomes


class Json(Serializer):
    """Writes messages as JSON."""

    def _serialize(self, data):
        return json.dumps(data).encode()

    def _deserialize(self, data):
        return Message(*json.loads(data))


@pytest.mark.parametrize("serializer", [None, SignedSerializer("secret"), Json()])
@pytest.mark.parametrize("is_old", [False, True])
def test_worker_before_or_after(serializer, is_old):
    """A worker that knows nothing of penstock runs the task, however messages are written."""
    sending, working = (MemoryHuey("orders", serializer=serializer) for _ in range(2))
    seen = []

    def work(amount, unit="kg"):
        seen.append((amount, unit, current_flow_id()))

    sent = flow("orders")(flow_task(sending)(work))
    declared = working.task() if is_old else flow_task(working)
    declared(work)

    with bind("order-7"):
        sent(7, unit="g")
        assert dict(sent.s(7, unit="g").kwargs).get("unit") == "g"
    task = working.deserialize_task(sending.storage.dequeue())

    task.execute()
    task.execute()  # again, as after an error

    assert seen == [(7, "g", None if is_old else "order-7")] * 2


@pytest.mark.parametrize("serializer", [None, Json()], ids=["pickle", "json"])
def test_values(serializer):
    """Annotated values travel if that is wanted, and a task ID of the user's own stays."""
    huey = MemoryHuey("orders", serializer=serializer)
    seen = []

    @flow("orders")
    @flow_task(huey, inbound=Inbound(trust=True, values=["tenant"]))
    def work(amount):
        seen.append((current_flow_id(), dict(current_run().values)))

    with bind("order-7"):
        annotate(tenant="nörth & south", secret="x")
        work(7)
    huey.dequeue().execute()

    assert seen == [("order-7", {"tenant": "nörth & south"})]


def test_own_task_id():
    """A task ID of the user's own stays as it is; without pickle, the task has its own ID."""
    huey = MemoryHuey("orders", serializer=Json())
    seen = []
    work = flow_task(huey)(lambda: seen.append(current_flow_id()))

    with bind("order-7"):
        huey.enqueue(work.task_class((), None, "mine?"))
    task = huey.dequeue()
    task.execute()

    assert task.id == "mine?"
    assert len(seen[0]) == 32


def test_message_of_an_older_sender(huey):
    """A message that has the ID among its arguments is understood too."""
    seen = []

    @flow("orders")
    @flow_task(huey)
    def work(amount):
        seen.append((amount, current_flow_id()))

    work(7, **{ARGUMENT: "order-8"})
    wait_for(lambda: seen)

    assert seen == [(7, "order-8")]


def test_own_ids(huey):
    """Tasks that are sent outside a run have an ID each, and threads keep none."""
    seen = []

    @flow_task(huey, name="own")
    def work():
        seen.append(current_flow_id())

    for _ in range(6):
        work()
    wait_for(lambda: len(seen) == 6)

    assert len(set(seen)) == 6
    assert None not in seen


@pytest.mark.parametrize("sender", [bind(), nullcontext()], ids=["run", "no run"])
def test_retries_and_children(huey, sender):
    """A task that is tried again has its ID again, and what it sends has it too."""
    seen = []

    @flow_task(huey, name="child")
    def child():
        seen.append(("child", current_flow_id()))

    @flow_task(huey, name="parent", retries=1)
    def parent():
        seen.append(("parent", current_flow_id()))
        if len(seen) == 1:
            raise LookupError
        child()

    with sender as run:
        parent()
    wait_for(lambda: len(seen) == 3)

    flow_id = run.flow_id if run else seen[0][1]
    assert seen == [("parent", flow_id)] * 2 + [("child", flow_id)]


def test_pipeline(huey):
    """The next task of a pipeline has the ID under which the pipeline was made."""
    seen = []

    @flow_task(huey, name="first")
    def first():
        return 1

    @flow_task(huey, name="second")
    def second(x):
        seen.append((x, current_flow_id()))

    with bind() as run:
        huey.enqueue(first.s().then(second))
    wait_for(lambda: seen)

    assert seen == [(1, run.flow_id)]


@pytest.mark.parametrize("is_immediate", [True, False])
def test_made_before(is_immediate):
    """A task that is made first carries the ID of who sends it, and keeps one outside any run."""
    huey = MemoryHuey("made", immediate=is_immediate)
    seen = []

    @flow("orders")
    @flow_task(huey, retries=1)
    def work(number, *_, **more):
        seen.append((number, more, current_flow_id()))
        if number < 0:
            raise LookupError
        return number

    made = [work.s(1), work.s(2).then(work, 3), work.s(-1)]
    with bind("maker"):
        made.append(work.s(4))
    with bind("order-7"):
        for task in made:
            huey.enqueue(task)
    huey.enqueue(work.s(-2))
    while (task := huey.dequeue()) is not None:
        huey.execute(task)

    assert {found for n, *_, found in seen if n != -2} == {"order-7"}
    assert sorted(n for n, *_ in seen) == [-2, -2, -1, -1, 1, 2, 3, 4]
    assert [more for _, more, _ in seen] == [{}] * 8
    own = [found for n, *_, found in seen if n == -2]
    assert len(own) == 2
    assert len(set(own)) == 1
    assert None not in own


def test_periodic():
    """A periodic task has a new ID each time, and the same one when it is tried again."""
    huey = MemoryHuey("nightly")
    seen = []

    @flow("nightly")
    @flow_task(huey, periodic=crontab(), retries=1)
    def tick():
        seen.append((current_flow_id(), current_run().flow))
        if len(seen) == 1:
            raise LookupError

    for count in (2, 3):
        consumer = huey.create_consumer(periodic=True, initial_delay=0.01, max_delay=0.05)
        consumer.start()  # at once, and then every minute
        wait_for(lambda count=count: len(seen) == count)
        consumer.stop(graceful=True)

    first, again, next_ = seen
    assert first == again
    assert first[0] != next_[0]
    assert {name for _, name in seen} == {"nightly"}


def test_not_yet():
    """The clock is asked with the time."""
    asked = []
    huey = MemoryHuey("nightly")
    flow_task(huey, periodic=lambda now: bool(asked.append(now)))(lambda: None)

    assert huey.read_periodic(7) == []
    assert asked == [7]


def test_clock_of_undeclared():
    """A task of Huey's own decorator can call a declared task: each call is an operation."""
    huey = MemoryHuey("nightly")
    seen = []
    work = flow("nightly")(flow_task(huey, name="work")(lambda: seen.append(current_flow_id())))

    @huey.periodic_task(crontab())
    def tick():
        work.call_local()

    tick.call_local()
    tick.call_local()

    assert len(set(seen)) == 2


@pytest.mark.parametrize("sort", ["thread", "process", "greenlet"])
@pytest.mark.usefixtures("_unmeasured")
def test_real_consumer(monkeypatch, redis_url, tmp_path, sort):
    """A consumer of each sort has the sender's ID, from a real Redis, also for later."""
    environment = {"QUEUE_TEST_REDIS": f"{redis_url}/8", "QUEUE_TEST_FOLDER": str(tmp_path)}
    spans = {"PENSTOCK_TRACE": str(tmp_path / "spans")}
    monkeypatch.setattr(queue_jobs, "FOLDER", tmp_path)
    jobs = load_jobs(environment)
    jobs.HUEY.flush()
    first = ["gevent.monkey", "--module"] if sort == "greenlet" else []
    consumer = [*first, "huey.bin.huey_consumer", "huey_jobs.HUEY", "-k", sort]
    command = [sys.executable, "-m", *consumer]
    environment |= {"PYTHONPATH": str(SUPPORT)} | spans
    with subprocess.Popen(
        command, env=os.environ | environment, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            with bind("order-7"):
                jobs.work("now")
                jobs.work.schedule(("later",), delay=1)
            lonely = getattr(jobs.fails_once().task.kwargs, ARGUMENT)
            wait_for(lambda: len(queue_jobs.notes()) == 5 and len(spans_in(tmp_path)) == 3)
        finally:
            end(worker)

    found = {(note["what"], note["id"]) for note in queue_jobs.notes()}
    (tick,) = (flow_id for what, flow_id in found if what == "tick")
    assert found - {("tick", tick)} == {
        ("now", "order-7"),
        ("later", "order-7"),
        ("retries 1", lonely),
        ("retries 0", lonely),
    }
    assert tick not in {None, "order-7", lonely}
    assert spans_in(tmp_path) == {
        *(("work", "order-7"), ("again", lonely), ("tick", tick)),
    }


def load_jobs(environment):
    """Return the module of jobs as one that sees *environment*."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delitem(sys.modules, "huey_jobs", raising=False)
        return importlib.import_module("huey_jobs")


def test_immediate():
    """A task that runs at once is part of its caller's operation, and keeps the ID current."""
    huey = MemoryHuey("orders", immediate=True)
    seen = []

    @flow_task(huey)
    def work():
        seen.append(current_flow_id())

    with bind() as run:
        work()
        after = current_flow_id()
    work()

    assert seen[0] == after == run.flow_id
    assert seen[1] not in {None, run.flow_id}


def test_hostile():
    """An invalid flow ID is not adopted."""
    huey = MemoryHuey("orders", immediate=True)
    seen = []

    @flow_task(huey)
    def work():
        seen.append(current_flow_id())

    work(penstock_flow_id="a\nb")

    assert [len(flow_id) for flow_id in seen] == [32]


def test_flow():
    """A task is a step behind a queue, and a real task with its options."""
    huey = MemoryHuey("orders", immediate=True)

    @flow("orders")
    @flow_task(huey, context=True, retries=3)
    def first(task=None):
        """First."""
        return task.retries

    @flow("orders")
    @flow_task(huey, after=first, step="second", title="Second")
    def then():
        pass

    assert [step.name for step in get_flow("orders").steps] == ["first", "second"]
    assert {step.kind for step in get_flow("orders").steps} == {"queue"}
    assert first().get() == 3
    assert first.__doc__ == "First."
