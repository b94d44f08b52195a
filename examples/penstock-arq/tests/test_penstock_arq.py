"""A real worker of arq runs jobs that carry a flow ID."""

import asyncio
import json
import logging

import pytest
from arq import Retry, create_pool, cron, func
from arq.worker import create_worker

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow, get_flow, step
from penstock.contrib.logging import FlowFilter
from penstock.exceptions import ConfigurationError
from penstock.testing import record_runs
from penstock_arq import flow_task, install, uninstall

seen = []


@pytest.fixture(autouse=True)
def _empty():
    seen.clear()


@pytest.fixture
def lines(caplog):
    """Return what is logged, with the fields of the run."""
    caplog.set_level("INFO")
    caplog.handler.addFilter(FlowFilter())
    return caplog


@pytest.fixture
def orders():
    """Return a flow that begins in another process and goes on in a job."""

    @flow("orders")
    @entrypoint
    async def receive(pool, order, **options):
        return await pool.enqueue_job("pack", order, **options)

    @flow("orders")
    @flow_task(after="receive", title="Pack it")
    async def pack(context, order):
        """Pack an order, which another step weighs."""
        await asyncio.sleep(0)
        seen.append((order, weigh(), context["job_try"]))
        return current_flow_id()

    @flow("orders")
    @step(after=pack)
    def weigh():
        logging.getLogger("orders").info("weighed")
        return current_flow_id()

    return receive, pack


async def again(context):
    """Ask to be tried again, once."""
    seen.append((current_flow_id(), context["job_try"]))
    if context["job_try"] == 1:
        raise Retry(defer=0)


def settings(redis, *functions, **options):
    """Return a class of worker settings."""
    named = [func(function, name=function.__name__) for function in functions]
    own = {"functions": named, "redis_settings": redis, "poll_delay": 0.01, **options}
    return type("WorkerSettings", (), own)


def run(worker_settings, send, write=None, **pool_settings):
    """Let a worker do what *send* sends to it, and return what that returned."""

    async def main():
        pool = await create_pool(worker_settings.redis_settings, job_serializer=write)
        install(pool, **pool_settings)
        await pool.flushdb()
        sent = await send(pool)
        worker = create_worker(worker_settings, burst=True, handle_signals=False)
        try:
            await worker.async_run()
            return [await job.result(timeout=10) for job in sent]
        finally:
            await worker.close()
            await pool.aclose(close_connection_pool=True)

    return asyncio.run(main())


def test_flow(orders):
    """A declared job is a step of its flow, behind a queue."""
    found = get_flow("orders")

    assert [(step.name, step.title, step.kind, step.is_entrypoint) for step in found.steps] == [
        ("receive", None, None, True),
        ("pack", "Pack it", "queue", False),
        ("weigh", None, None, False),
    ]
    assert [(edge.source, edge.target) for edge in found.edges] == [
        ("receive", "pack"),
        ("pack", "weigh"),
    ]


def test_without_predecessors():
    """Without `after`, the flow begins with the job; it remains a coroutine function."""

    @flow("nightly")
    @flow_task
    async def clean(context):
        return current_run()

    made = asyncio.run(clean({}))

    assert (made.flow, made.entrypoint) == ("nightly", "clean")
    assert get_flow("nightly").step("clean").is_entrypoint


def test_carried(redis, orders, lines):
    """A job runs under the ID of who enqueued it, with its steps and lines, at once or later."""
    receive, pack = orders
    worker_settings = settings(redis, pack)
    install(worker_settings)

    async def send(pool):
        jobs = []
        for name, options in (("order-7", {}), ("order-8", {"_defer_by": 0.01})):
            with bind(name):
                jobs.append(await receive(pool, name, **options))
        return jobs

    assert run(worker_settings, send) == ["order-7", "order-8"]
    assert sorted(seen) == [("order-7", "order-7", 1), ("order-8", "order-8", 1)]
    weighed = [(r.flow_id, r.flow, r.step) for r in lines.records if r.getMessage() == "weighed"]
    assert sorted(weighed) == [("order-7", "orders", "weigh"), ("order-8", "orders", "weigh")]


def test_lines_of_arq(redis, orders, lines):
    """The lines that arq itself logs of a job have its ID, and no others have it."""
    receive, pack = orders
    worker_settings = settings(redis, pack)
    install(worker_settings)

    async def send(pool):
        with bind("order-7"):
            return [await receive(pool, 7)]

    run(worker_settings, send)

    of_arq = {
        r.getMessage()[8:10].strip(): r.flow_id for r in lines.records if r.name == "arq.worker"
    }
    assert (of_arq["→"], of_arq["←"]) == ("order-7", "order-7")
    assert {r.flow_id for r in lines.records if "Starting worker" in r.getMessage()} == {"-"}


def test_failure(redis, lines):
    """The line about a job that failed names the operation, the flow and the step."""

    @flow("orders")
    @flow_task
    async def charge(context):
        raise LookupError

    async def undeclared(context):
        raise LookupError

    worker_settings = settings(redis, charge, undeclared)
    install(worker_settings)

    async def send(pool):
        for name in ("charge", "undeclared"):
            with bind(f"order-{name}"):
                await pool.enqueue_job(name)
        return []

    run(worker_settings, send)

    failed = {
        (r.flow_id, r.flow, r.step)
        for r in lines.records
        if " failed, LookupError" in r.getMessage()
    }
    assert failed == {("order-charge", "orders", "charge"), ("order-undeclared", "-", "-")}


def test_beside_others(redis, orders):
    """Jobs that run at the same time never have each other's ID."""
    receive, pack = orders
    worker_settings = settings(redis, pack)
    install(worker_settings)

    async def send(pool):
        jobs = []
        for number in range(20):
            with bind(f"order-{number}"):
                jobs.append(await receive(pool, number))
        return jobs

    assert run(worker_settings, send) == [f"order-{number}" for number in range(20)]


def test_tried_again(redis):
    """A job that is tried again has its ID again, also one that was enqueued outside any run."""
    worker_settings = settings(redis, again)
    install(worker_settings)

    async def send(pool):
        with bind("order-7"):
            await pool.enqueue_job("again")
        return [await pool.enqueue_job("again")]

    run(worker_settings, send)

    own = {flow_id for flow_id, _ in seen} - {"order-7"}
    assert sorted(seen) == sorted((i, n) for i in ("order-7", *own) for n in (1, 2))
    assert len(own) == 1


def test_retry_is_no_failure(redis):
    """A step that asks to be tried again is recorded as that."""

    async def send(pool):
        return [await pool.enqueue_job("again")]

    with record_runs() as recording:
        task = flow("orders")(flow_task(again))
        worker_settings = settings(redis, task)
        install(worker_settings)
        run(worker_settings, send)
    outcomes = [span.outcome for made in recording.runs for span in made.spans]

    assert outcomes == ["retried", "ok"]


def test_child(redis, orders):
    """A job that a job enqueues belongs to its operation."""
    _, pack = orders

    async def parent(context):
        await context["redis"].enqueue_job("pack", "child")

    worker_settings = settings(redis, pack, parent)
    install(worker_settings)

    async def send(pool):
        with bind("order-7"):
            await pool.enqueue_job("parent")
        return [await pool.enqueue_job("pack", "alone")]

    (alone,) = run(worker_settings, send)

    assert {order: flow_id for order, flow_id, _ in seen} == {"child": "order-7", "alone": alone}
    assert alone not in {None, "order-7"}


def test_values(redis):
    """Values that are named travel along, and no others."""

    async def annotated(context):
        seen.append(dict(current_run().values))

    worker_settings = settings(redis, annotated)
    install(worker_settings, values=["tenant"])

    async def send(pool):
        with bind("order-7"):
            annotate(tenant="south", cart=7)
            return [await pool.enqueue_job("annotated")]

    run(worker_settings, send, values=["tenant"])

    assert seen == [{"tenant": "south"}]


@pytest.mark.parametrize(
    ("trust", "is_adopted"),
    [(False, False), (lambda context: context["job_id"] == "known", True)],
    ids=["nobody", "by function"],
)
def test_trust(redis, orders, trust, is_adopted):
    """An ID is adopted only from whom the worker trusts."""
    receive, pack = orders
    worker_settings = settings(redis, pack)
    install(worker_settings, trust=trust)

    async def send(pool):
        with bind("order-7"):
            return [await receive(pool, 7, _job_id="known")]

    (found,) = run(worker_settings, send)

    assert (found == "order-7") is is_adopted
    assert found is not None


def test_cron(redis):
    """A job that a clock enqueues has a new ID each time."""

    async def tick(context):
        seen.append(current_flow_id())

    ticks = [cron(tick, name=name, run_at_startup=True) for name in ("a", "b")]
    worker_settings = settings(redis, cron_jobs=ticks)
    install(worker_settings)

    async def send(pool):
        return []

    run(worker_settings, send)

    assert len(set(seen)) == len(seen) >= 2  # more than two on a full minute
    assert None not in seen


def test_hooks_and_serializers_of_the_application(redis):
    """The functions that the application configured are called too, within the run of the job."""

    async def note(context):
        seen.append(current_flow_id())

    def write(job):
        return json.dumps(job, default=str).encode()

    worker_settings = settings(
        redis,
        note,
        on_job_start=note,
        on_job_end=note,
        after_job_end=note,
        job_serializer=write,
        job_deserializer=json.loads,
    )
    install(worker_settings)

    async def send(pool):
        pool.job_deserializer = json.loads
        with bind("order-7"):
            return [await pool.enqueue_job("note")]

    run(worker_settings, send, write)

    assert seen == ["order-7"] * 4


def test_worker_without_penstock(redis):
    """A worker that knows nothing of penstock runs the jobs."""

    async def old(context, order):
        return order

    async def send(pool):
        with bind("order-7"):
            return [await pool.enqueue_job("old", 7)]

    assert run(settings(redis, old), send) == [7]


def test_job_without_an_id(redis, orders):
    """A job of a sender that knows nothing of penstock has its own ID."""
    _, pack = orders
    worker_settings = settings(redis, pack)
    install(worker_settings)

    async def send(pool):
        uninstall(pool)
        with bind("order-7"):
            return [await pool.enqueue_job("pack", 7)]

    (found,) = run(worker_settings, send)

    assert found not in {None, "order-7"}


def test_uninstalled():
    """The functions that were configured before are back; one that was replaced since stays."""

    async def hook(context):
        """Be a hook of the application."""

    worker_settings = type("WorkerSettings", (), {"on_job_start": hook})
    install(worker_settings)
    worker_settings.after_job_end = hook
    uninstall(worker_settings)

    assert (worker_settings.on_job_start, worker_settings.after_job_end) == (hook, hook)
    assert (worker_settings.job_serializer, worker_settings.job_deserializer) == (None, None)


def test_wrong_setting():
    """A setting that is misspelt is refused where it is written."""
    with pytest.raises(ConfigurationError, match=r"penstock_arq\.install"):
        install(type("WorkerSettings", (), {}), heder="X")
