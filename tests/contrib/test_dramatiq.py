"""Dramatiq: messages carry the ID, to real workers too."""

import os
import pickle
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Shutdown, SkipMessage
from queue_jobs import spans_in
from recording import recorded
from servers import PATIENCE, end, json_lines, wait_for

from penstock import annotate, bind, current_flow_id, current_run, flow, get_flow
from penstock.boundary import HEADER, UNTRUSTED_FLOW_ID
from penstock.contrib.dramatiq import FlowMiddleware, _Sent, flow_task, install, uninstall
from penstock.exceptions import ConfigurationError

__all__ = ["recorded"]

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def broker():
    """Return a broker in memory, with a worker of two threads."""
    made = StubBroker()
    made.emit_after("process_boot")
    dramatiq.set_broker(made)
    worker = dramatiq.Worker(made, worker_timeout=50, worker_threads=2)
    worker.start()
    yield made
    worker.stop()
    made.close()
    assert current_run() is None


def finish(broker, name="default"):
    """Wait until all messages are processed."""
    broker.join(name)


def test_carried(broker):
    """A worker has the sender's ID, and an actor's run is its own."""
    seen = []

    @flow("orders")
    @flow_task
    def work(amount):
        run = current_run()
        seen.append((amount, run.flow_id, run.flow, run.parent.flow_id))

    with bind() as run:
        work.send(7)
    finish(broker)

    assert seen == [(7, run.flow_id, "orders", run.flow_id)]


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (dramatiq.Retry(delay=1), "retried"),
        (dramatiq.RateLimitExceeded("taken"), "retried"),
        (Shutdown(), "cancelled"),
        (LookupError(), "error"),
    ],
)
def test_control_flow(broker, recorded, raised, outcome):
    """An exception to run the actor again, or at the end of its worker, is not a failure."""
    left = [raised]

    @flow("orders")
    @flow_task(min_backoff=1)
    def work():
        if left:
            raise left.pop()

    work.send()
    finish(broker)

    assert [span.outcome for span in recorded.spans] == [outcome, "ok"]


def test_own_ids(broker):
    """Messages that are sent outside a run have an ID each, and threads keep none."""
    seen = []

    @flow_task
    def work():
        seen.append(current_flow_id())

    for _ in range(6):
        work.send()
    finish(broker)

    assert len(set(seen)) == 6
    assert None not in seen


@pytest.mark.parametrize("sender", [bind(), nullcontext()], ids=["run", "no run"])
def test_retries(broker, sender):
    """A message that is tried again has its ID again, from any sender."""
    seen = []

    @flow_task(max_retries=2, min_backoff=1, max_backoff=1)
    def work():
        seen.append(current_flow_id())
        if len(seen) < 3:
            raise LookupError

    with sender as run:
        work.send()
    finish(broker)

    assert seen == [run.flow_id if run else seen[0]] * 3


def test_pipeline_and_children(broker):
    """Messages that follow have its ID: the next one of a pipeline, and those of the actor."""
    seen = []

    @flow_task
    def child():
        seen.append(("child", current_flow_id()))

    @flow_task
    def first():
        child.send()
        return 1

    @flow_task
    def second(x):
        seen.append((x, current_flow_id()))

    with bind() as run:
        (first.message() | second.message()).run()
    wait_for(lambda: len(seen) == 2)
    finish(broker)

    assert set(seen) == {(1, run.flow_id), ("child", run.flow_id)}


def test_sent_twice(broker):
    """A message that is made once carries the ID of who sends it each time, and its values."""
    seen = []
    install(broker, values=["tenant"])

    @dramatiq.actor
    def work(number, *_):
        seen.append((number, current_flow_id(), dict(current_run().values)))

    message = work.message(1)
    steps = dramatiq.pipeline([work.message(2), work.message(3)])
    with bind("order-7"):
        annotate(tenant="south")
        broker.enqueue(message)
        steps.run()
    with bind("order-8"):
        broker.enqueue(message)
        steps.run()
    broker.enqueue(message)
    finish(broker)

    south = [(number, "order-7", {"tenant": "south"}) for number in (1, 2, 3)]
    again = [(number, "order-8", {}) for number in (1, 1, 2, 3)]
    assert sorted(seen, key=lambda found: (found[1], found[0])) == south + again


def test_encoded():
    """The ID in a message is a string, which any encoder supports."""
    sent = pickle.loads(pickle.dumps({HEADER: _Sent("order-7")}))

    assert (sent, type(sent[HEADER])) == ({HEADER: "order-7"}, str)


def test_coroutine(broker):
    """An actor that is a coroutine function has its run, in the thread of the event loop."""
    seen = []
    asyncio = AsyncIO()
    broker.add_middleware(asyncio)
    asyncio.before_worker_boot(broker, None)

    @flow("orders")
    @flow_task
    async def work():
        seen.append(current_run().flow)
        seen.append(current_flow_id())

    with bind() as run:
        work.send()
    finish(broker)
    asyncio.after_worker_shutdown(broker, None)

    assert seen == ["orders", run.flow_id]


def test_direct_call(broker):
    """An actor that is called like a function is part of its caller's operation."""
    work = flow_task(actor_name="named")(lambda: current_flow_id())

    with bind() as run:
        assert work() == run.flow_id


def test_flow(broker):
    """An actor is a step behind a queue, and a real actor with its options."""

    @flow("orders")
    @flow_task
    def first():
        pass

    @flow("orders")
    @flow_task(after=first, step="second", title="Second", queue_name="slow", priority=3)
    def then(a: int):
        """Then."""

    step = get_flow("orders").step("second")

    assert (step.title, step.kind, step.is_entrypoint, step.doc) == (
        "Second",
        "queue",
        False,
        "Then.",
    )
    assert (then.queue_name, then.priority, then.actor_name) == ("slow", 3, "then")
    assert get_flow("orders").problems() == ()


def test_settings(broker):
    """A broker has the settings it was given; whom to trust is asked with the message."""
    install(broker, header="X-Flow", values=["tenant"], trust=lambda m: m.args[0] == "friend")
    seen = {}

    @flow_task
    def work(who):
        seen[who] = dict(current_run().values), current_flow_id()

    with bind("theirs"):
        annotate(tenant="north", card="4111")
        work.send("friend")
        work.send("stranger")
    finish(broker)

    assert [type(found) for found in broker.middleware].count(FlowMiddleware) == 1
    assert seen["friend"] == ({"tenant": "north"}, "theirs")
    assert seen["stranger"][0] == {UNTRUSTED_FLOW_ID: "theirs"}
    assert seen["stranger"][1] != "theirs"


@pytest.mark.parametrize("hostile", ["a b", "a\x85b", "x" * 129, 7, None])
def test_hostile(broker, hostile):
    """An invalid flow ID is not adopted."""
    seen = []

    @flow_task
    def work():
        seen.append(current_flow_id())

    broker.enqueue(work.message_with_options(args=(), **{HEADER: hostile}))
    finish(broker)

    assert [len(flow_id) for flow_id in seen] == [32]


def test_skipped(broker):
    """A message that other middleware skips leaves nothing behind."""
    seen = []

    class Skip(dramatiq.Middleware):
        def before_process_message(self, broker, message):
            seen.append(current_flow_id())
            raise SkipMessage

    @flow_task
    def work():
        pass

    broker.add_middleware(Skip())
    with bind() as run:
        work.send()
    finish(broker)

    assert seen == [run.flow_id]


def test_after_nothing(broker):
    """A message that began before the middleware was added is not an error."""
    FlowMiddleware().after_process_message(broker, None)


def test_install_with_wrong_settings(broker):
    """Settings that cannot be used leave what was installed as it was."""
    install(broker)
    before = [*broker.middleware]

    with pytest.raises(ConfigurationError):
        install(broker, header="no header")

    assert broker.middleware == before


def test_uninstall(broker):
    """Messages of a broker from which penstock was taken carry nothing."""
    work = flow_task(actor_name="work")(lambda: None)
    install(broker)
    uninstall(broker)

    with bind():
        sent = work.send()

    assert sent.options == {}


def test_broker_without_middleware():
    """A broker that has none is given one."""
    broker = StubBroker(middleware=[])

    install(broker)

    assert [type(found) for found in broker.middleware] == [FlowMiddleware]


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
from penstock import bind
from dramatiq_jobs import work
with bind("order-7"):
    work.send("seven")
work.send("alone")
with bind("order-8"):
    work.send_with_options(args=("later",), delay=1000)
"""
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=PATIENCE)
    command = [sys.executable, "-m", "dramatiq", "dramatiq_jobs", "-p", "1", "-t", "1"]
    worker = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        file = tmp_path / "notes"
        wait_for(lambda: len(json_lines(file)) == 6)
    finally:
        end(worker)
    found = json_lines(file)

    ids = {note["what"]: note["id"] for note in found}
    assert ids["seven"] == ids["child of seven"] == "order-7"
    assert ids["alone"] == ids["child of alone"] != "order-7"
    assert ids["later"] == ids["child of later"] == "order-8"
    assert spans_in(tmp_path) == {("work", flow_id) for flow_id in ids.values()} | {
        ("more", flow_id) for flow_id in ids.values()
    }
