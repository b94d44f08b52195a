"""Taskiq: messages carry the ID, to real workers too."""

import asyncio
import gc
import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest
from queue_jobs import spans_in
from recording import recorded
from servers import PATIENCE, end, json_lines, wait_for
from taskiq import (
    Context,
    InMemoryBroker,
    ScheduledTask,
    ScheduleSource,
    SimpleRetryMiddleware,
    TaskiqDepends,
    TaskiqMessage,
    TaskiqMiddleware,
    TaskiqScheduler,
)
from taskiq.exceptions import SendTaskError
from taskiq_redis import ListQueueBroker

from penstock import annotate, bind, current_flow_id, current_run, flow, get_flow
from penstock.boundary import HEADER, UNTRUSTED_FLOW_ID
from penstock.contrib.taskiq import FlowMiddleware, flow_task, install, uninstall
from penstock.exceptions import ConfigurationError

__all__ = ["recorded"]

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(params=[True, False], ids=["in place", "beside"])
def broker(request):
    """Return a broker in memory, which runs tasks within `kiq()`, or concurrently."""
    return InMemoryBroker(await_inplace=request.param)


def run(broker, main):
    """Run *main* and wait for all tasks."""

    async def all_of_it():
        await broker.startup()
        await main()
        await broker.wait_all()
        await broker.shutdown()

    asyncio.run(all_of_it())


def test_carried(broker):
    """A task has its sender's ID, whether it waits or not, and its run is its own."""
    seen = []

    @flow("orders")
    @flow_task(broker)
    async def later(amount: int):
        seen.append((amount, current_flow_id(), current_run().flow))

    @flow("orders")
    @flow_task(broker, after=later, task_name="named", step="at_once")
    def at_once(amount: int):
        seen.append((amount, current_flow_id(), current_run().flow))

    async def main():
        with bind("order-7"):
            await later.kiq(1)
            await at_once.kicker().with_labels(theirs="x").kiq(2)
            assert current_flow_id() == "order-7"
        assert current_run() is None

    run(broker, main)

    assert sorted(seen) == [(1, "order-7", "orders"), (2, "order-7", "orders")]
    assert at_once.task_name == "named"


def test_control_flow(broker, recorded):
    """An exception of a task that is control flow of Taskiq is not recorded as a failure."""

    @flow("orders")
    @flow_task(broker)
    async def work(context: Annotated[Context, TaskiqDepends()]):
        context.reject()

    @flow("orders")
    @flow_task(broker)
    async def again(context: Annotated[Context, TaskiqDepends()]):
        if "X-Taskiq-requeue" not in context.message.labels:
            await context.requeue()

    async def main():
        await work.kiq()
        await again.kiq()

    run(broker, main)

    ended = sorted((span.step, span.outcome) for span in recorded.spans)
    assert ended == [("again", "ok"), ("again", "stopped"), ("work", "stopped")]


class Source(ScheduleSource):
    """Keeps schedules as they were added."""

    def __init__(self):
        self.schedules = []

    async def get_schedules(self):
        return self.schedules

    async def add_schedule(self, schedule):
        self.schedules.append(ScheduledTask(**vars(schedule)))


@pytest.mark.parametrize("is_carried", [True, False])
def test_scheduled(broker, is_carried):
    """A task that is scheduled for once has its sender's ID, and one for each time a new one."""
    seen, source = [], Source()
    scheduler = TaskiqScheduler(broker, [source])

    @flow("orders")
    @flow_task(broker)
    async def work(what):
        seen.append((what, current_flow_id()))

    broker.add_middlewares(Copying())  # which is asked for no labels
    if not is_carried:
        uninstall(broker)

    async def main():
        at = datetime.now(UTC)
        with bind("order-7"):
            await work.schedule_by_time(source, at, "task")
            kicker = work.kicker().with_labels(theirs=1)
            await kicker.schedule_by_time(source, at, what="kicker")
            await kicker.schedule_by_cron(source, "* * * * *", "cron")
        for schedule in [*source.schedules, source.schedules[-1]]:
            await scheduler.on_ready(source, schedule)

    run(broker, main)

    ids = [flow_id for what, flow_id in sorted(seen, reverse=True)]
    assert [what for what, _ in sorted(seen)] == ["cron", "cron", "kicker", "task"]
    assert HEADER not in source.schedules[2].labels
    assert (ids[:2] == ["order-7"] * 2) is is_carried
    assert len(set(ids)) == (3 if is_carried else 4)


def test_own_ids(broker):
    """Tasks that are sent outside a run have an ID each."""
    seen = []

    @flow_task(broker)
    async def work():
        seen.append(current_flow_id())
        await asyncio.sleep(0)
        seen.append(current_flow_id())

    async def main():
        for _ in range(5):
            await work.kiq()

    run(broker, main)

    assert len(set(seen)) == 5
    assert None not in seen


class Copying(TaskiqMiddleware):
    """Passes a copy of each message on."""

    def pre_execute(self, message):
        return message.model_copy()


def test_other_middleware(broker):
    """Nothing stays current where other middleware passes another message on."""
    seen = []
    broker.add_middlewares(Copying())

    @flow_task(broker, task_name="copied")
    async def work():
        seen.append(current_flow_id())

    async def main():
        for _ in range(3):
            await work.kiq()
            assert current_run() is None

    run(broker, main)

    assert len(set(seen)) == 3
    assert broker.middlewares[0]._blocks == {}


@pytest.mark.parametrize("is_within", [False, True], ids=["alone", "within another"])
def test_other_task_id(broker, is_within):
    """The same where it gives them other IDs, or raises: nothing is kept of a message."""
    broker.add_middlewares(Renaming())
    seen, held = [], []

    @flow_task(broker, task_name="outer")
    async def outer():
        seen.append(current_flow_id())
        if is_within:
            await inner.kiq()
        seen.append(current_flow_id())

    @flow_task(broker, task_name="inner")
    async def inner():
        await asyncio.sleep(0)

    async def main():
        for _ in range(3):
            await outer.kiq()
            await broker.wait_all()
            assert current_run() is None
        while broker._running_tasks:  # what a task has sent
            await broker.wait_all()
        held.extend(broker.middlewares[0]._blocks.items())

    run(broker, main)

    assert len(set(seen)) == 3
    assert seen[::2] == seen[1::2]
    assert held == []


def test_task_that_other_middleware_ends():
    """Nothing is kept of a message whose task ends because other middleware raises."""
    middleware = FlowMiddleware()

    async def receive(number):
        middleware.pre_execute(message_of(number))

    async def main():
        await asyncio.gather(*map(receive, range(3)))
        await asyncio.sleep(0)

    asyncio.run(main())
    gc.collect()

    assert middleware._blocks == {}


def message_of(number):
    return TaskiqMessage(task_id=str(number), task_name="work", labels={}, args=[], kwargs={})


class Renaming(TaskiqMiddleware):
    """Gives each message another ID where it is received."""

    def pre_execute(self, message):
        message.task_id += "-renamed"
        return message


@pytest.mark.parametrize("sender", [bind("order-7"), nullcontext()], ids=["run", "no run"])
def test_retry_and_children(broker, sender):
    """A task that is tried again has its ID again, and what it sends has it too."""
    broker.add_middlewares(SimpleRetryMiddleware())
    seen = []

    @flow_task(broker, task_name="child")
    async def child():
        seen.append(("child", current_flow_id()))

    @flow_task(broker, task_name="parent", retry_on_error=True, max_retries=2)
    async def parent():
        seen.append(("parent", current_flow_id()))
        if len(seen) == 1:
            raise LookupError
        await child.kiq()

    async def main():
        with sender:
            await parent.kiq()

    run(broker, main)
    wait_for(lambda: len(seen) >= 3)

    flow_id = "order-7" if isinstance(sender, bind) else seen[0][1]
    assert set(seen) == {("parent", flow_id), ("child", flow_id)}
    assert isinstance(broker.middlewares[0], FlowMiddleware)


def test_settings(broker):
    """A broker has the settings it was given; whom to trust is asked with the message."""
    install(broker, header="X-Flow", values=["tenant"], trust=lambda m: m.args[0] == "friend")
    seen = {}

    @flow_task(broker)
    async def work(who: str):
        seen[who] = current_flow_id(), dict(current_run().values)

    async def main():
        with bind("theirs"):
            annotate(tenant="north", card="4111")
            await work.kiq("friend")
        message = await broker_message(broker, work, "stranger")
        await broker_run(broker, message)

    run(broker, main)

    assert seen["friend"][0] == "theirs"
    assert seen["friend"][1]["tenant"] == "north"
    assert seen["stranger"][0] != "theirs"
    assert seen["stranger"][1] == {UNTRUSTED_FLOW_ID: "theirs"}


async def broker_message(broker, task, *args):
    """Return the message that somebody else sent."""
    return TaskiqMessage(
        task_id="1",
        task_name=task.task_name,
        labels={"X-Flow": "theirs"},
        args=list(args),
        kwargs={},
    )


async def broker_run(broker, message):
    """Let the broker's own receiver run what came."""
    broker_bytes = broker.formatter.dumps(message).message
    await broker.receiver.callback(broker_bytes)


@pytest.mark.parametrize("hostile", ["a b", "a\x85b", "x" * 129, 7, None])
def test_hostile(hostile):
    """An invalid flow ID is not adopted, and an end without a begin is not an error."""
    middleware = FlowMiddleware()
    message = TaskiqMessage(
        task_id="1", task_name="work", labels={HEADER: hostile}, args=[], kwargs={}
    )

    middleware.pre_execute(message)
    found = current_flow_id()
    middleware.post_execute(message, None)
    middleware.post_execute(message, None)

    assert len(found) == 32
    assert current_run() is None


def test_direct_call(broker):
    """A task that is called like a function is part of its caller's operation."""
    work = flow("orders")(flow_task(broker)(lambda: current_flow_id()))

    with bind() as outer:
        assert work() == outer.flow_id
    assert get_flow("orders").steps[0].kind == "queue"


def test_install_with_wrong_settings(broker):
    """Settings that cannot be used leave what was installed as it was."""
    install(broker)
    before = [*broker.middlewares]

    with pytest.raises(ConfigurationError):
        install(broker, header="no header")

    assert broker.middlewares == before


@pytest.mark.parametrize("hook", ["pre_execute", "post_execute"])
def test_middleware_that_fails(broker, hook):
    """A middleware that raises leaves its sender what was current, and the next task as it is."""

    def fail(self, message, *_):
        if message.labels.get("fails"):
            raise LookupError
        return message

    seen = []
    install(broker)
    broker.add_middlewares(type("Failing", (TaskiqMiddleware,), {hook: fail})())

    async def work():
        seen.append(current_flow_id())

    # Two tasks: Taskiq 0.12 keeps labels of one message for those after it.
    failing = broker.task(task_name="failing", fails=True)(work)
    work = broker.task(task_name="work")(work)

    async def main():
        for flow_id in ("order-7", None):
            with bind(flow_id) if flow_id else nullcontext():
                with suppress(SendTaskError, LookupError):
                    await failing.kiq()
                    await broker.wait_all()
                assert current_flow_id() == flow_id
                broker._running_tasks.clear()
                await work.kiq()

    run(broker, main)

    assert seen[-2:].count("order-7") <= 1
    assert len(seen[-1]) == 32
    assert seen.count("order-7") == (2 if hook == "post_execute" else 1)
    assert len(set(seen)) == len(seen) - (hook == "post_execute")


def test_broker_elsewhere():
    """A broker whose tasks run elsewhere keeps its own way to send."""
    broker = ListQueueBroker("redis://localhost")
    install(broker)

    assert "kick" not in vars(broker)
    uninstall(broker)
    assert broker.middlewares == []


def test_uninstall(broker):
    """Messages of a broker from which penstock was taken carry nothing."""
    flow_task(broker, task_name="work")(lambda: None)
    install(broker)
    installed = [*broker.middlewares]

    uninstall(broker)

    assert [type(middleware) for middleware in installed] == [FlowMiddleware]
    assert broker.middlewares == []


@pytest.mark.usefixtures("_unmeasured")
def test_real_worker(tmp_path, redis_url):
    """A worker in its own process has the ID that came through Redis."""
    environment = os.environ | {
        "PYTHONPATH": str(SUPPORT),
        "QUEUE_TEST_FOLDER": str(tmp_path),
        "QUEUE_TEST_REDIS": redis_url,
        "PENSTOCK_TRACE": str(tmp_path / "spans"),
    }
    code = """
import asyncio
from penstock import bind
from taskiq_jobs import broker, work

async def main():
    await broker.startup()
    with bind("order-7"):
        await work.kiq("seven")
    await work.kiq("alone")
    await broker.shutdown()

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=PATIENCE)
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "taskiq", "worker", "taskiq_jobs:broker", "--workers", "1"]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT
        )
    file = tmp_path / "notes"
    try:
        wait_for(lambda: len(json_lines(file)) == 4, log)
        wait_for(lambda: len(spans_in(tmp_path)) == 4, log)
    finally:
        end(worker, log)
    found = json_lines(file)

    ids = {note["what"]: note["id"] for note in found}
    assert ids["seven"] == ids["child of seven"] == "order-7"
    assert ids["alone"] == ids["child of alone"] != "order-7"
    assert spans_in(tmp_path) == {
        (step, flow_id) for step in ("work", "more") for flow_id in ids.values()
    }
