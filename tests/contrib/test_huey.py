"""Huey: tasks carry the ID as an argument that they never see."""

import pytest
from huey import FileHuey, MemoryHuey, crontab
from servers import wait_for

from penstock import bind, current_flow_id, current_run, flow, get_flow
from penstock.contrib.huey import flow_task


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


def test_retries_and_children(huey):
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

    with bind() as run:
        parent()
    wait_for(lambda: len(seen) == 3)

    assert seen == [("parent", run.flow_id)] * 2 + [("child", run.flow_id)]


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


def test_periodic(huey):
    """What the clock starts has an ID of its own, in a declared function too."""
    seen = []
    work = flow("nightly")(flow_task(huey, name="work")(lambda: seen.append(current_flow_id())))

    @huey.periodic_task(crontab())
    def tick():
        work.call_local()

    tick.call_local()
    tick.call_local()

    assert len(set(seen)) == 2


def test_immediate():
    """A task in its caller's place is part of its operation, and leaves the ID there."""
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
    """What is no flow ID is not adopted."""
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
