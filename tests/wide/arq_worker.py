"""What a real worker of arq makes of `send_argument` and `receive_argument`: `nox -s arq`.

In an environment of its own, since arq asks for an older client of Redis than the adapters' tests.
"""

import asyncio
import logging

import pytest
from arq import Retry, create_pool, cron, func
from arq.connections import RedisSettings
from arq.worker import JobExecutionFailed, Worker

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow, step
from penstock.boundary import ARGUMENT, Inbound, receive_argument, send_argument
from penstock.contrib.logging import FlowFilter

# arq closes its own connection in a way that the client of Redis calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")

MORE = Inbound(trust=True, traceparent=True, values=["tenant"])
seen = []


@flow("orders")
@entrypoint
async def pack(context, order):
    """Pack an order, which another step weighs."""
    await asyncio.sleep(0)
    seen.append((order, weigh(), context["job_try"]))
    return current_flow_id()


@flow("orders")
@step(after="pack")
def weigh():
    """Weigh it, in the run of the job."""
    logging.getLogger("orders").info("weighed")
    return current_flow_id()


async def again(context):
    """Ask to be tried again, once."""
    seen.append(("again", current_flow_id(), context["job_try"]))
    if context["job_try"] == 1:
        raise Retry(defer=0)


async def parent(context):
    """Send another job."""
    await context["redis"].enqueue_job("pack", "child", **send_argument())


async def annotated(context):
    """Show what came along."""
    seen.append(dict(current_run().values))


async def tick(context):
    """Be what a clock sends."""
    seen.append(("tick", current_flow_id()))


async def old(context, order):
    """Be a function of a worker that knows nothing of penstock."""


FUNCTIONS = [func(receive_argument(f), name=f.__name__) for f in (pack, again, parent)]
FUNCTIONS += [func(receive_argument(annotated, inbound=MORE), name="annotated"), old]


@pytest.fixture(autouse=True)
def _empty():
    seen.clear()


def run(redis_url, send, **options):
    """Let a worker do what *send* sends to it, and return what that returned."""
    settings = RedisSettings.from_dsn(redis_url)

    async def main():
        pool = await create_pool(settings)
        await pool.flushdb()
        sent = await send(pool)
        given = {"functions": FUNCTIONS, "burst": True, "poll_delay": 0.01, **options}
        worker = Worker(redis_settings=settings, handle_signals=False, **given)
        try:
            await worker.async_run()
            return [await job.result(timeout=10) for job in sent]
        finally:
            await worker.close()
            await pool.aclose(close_connection_pool=True)

    return asyncio.run(main())


def test_carried(redis_url, caplog):
    """A job runs under the ID of who sent it, with its steps and log lines, at once or later."""
    caplog.set_level("INFO")
    caplog.handler.addFilter(FlowFilter())

    async def send(pool):
        jobs = []
        for name, options in (("order-7", {}), ("order-8", {"_defer_by": 0.01})):
            with bind(name):
                jobs.append(await pool.enqueue_job("pack", name, **send_argument(), **options))
        return jobs

    assert run(redis_url, send) == ["order-7", "order-8"]
    assert sorted(seen) == [("order-7", "order-7", 1), ("order-8", "order-8", 1)]
    lines = [r.flow_id for r in caplog.records if r.getMessage() == "weighed"]
    assert sorted(lines) == ["order-7", "order-8"]


def test_beside_others(redis_url):
    """Jobs that are at work at the same time never have each other's ID."""

    async def send(pool):
        jobs = []
        for number in range(20):
            with bind(f"order-{number}"):
                jobs.append(await pool.enqueue_job("pack", number, **send_argument()))
        return jobs

    assert run(redis_url, send) == [f"order-{number}" for number in range(20)]


def test_tried_again(redis_url):
    """A job that is tried again has its ID again, also one that was sent outside any run."""

    async def send(pool):
        with bind("order-7"):
            await pool.enqueue_job("again", **send_argument())
        return [await pool.enqueue_job("again", **send_argument())]

    run(redis_url, send)

    own = {flow_id for _, flow_id, _ in seen} - {"order-7"}
    assert sorted(seen) == sorted(("again", i, n) for i in ("order-7", *own) for n in (1, 2))
    assert len(own) == 1


def test_child(redis_url):
    """What a job sends belongs to its operation, and what is sent without an ID has its own."""

    async def send(pool):
        with bind("order-7"):
            await pool.enqueue_job("parent", **send_argument())
        return [await pool.enqueue_job("pack", "alone")]

    (alone,) = run(redis_url, send)

    assert {order: flow_id for order, flow_id, _ in seen} == {"child": "order-7", "alone": alone}
    assert alone not in {None, "order-7"}


def test_values(redis_url):
    """Values that are named travel along."""

    async def send(pool):
        with bind("order-7"):
            annotate(tenant="south", secret="s")
            return [await pool.enqueue_job("annotated", **send_argument(MORE))]

    run(redis_url, send)

    assert seen == [{"tenant": "south"}]


def test_cron(redis_url):
    """What a clock sends has a new ID each time."""

    async def send(pool):
        return []

    ticks = [cron(receive_argument(tick), name=name, run_at_startup=True) for name in ("a", "b")]
    run(redis_url, send, cron_jobs=ticks)

    assert len({flow_id for _, flow_id in seen}) == len(seen) == 2
    assert None not in {flow_id for _, flow_id in seen}


def test_worker_that_knows_nothing(redis_url):
    """A function without `receive_argument` refuses the argument, as the documentation says."""

    async def send(pool):
        with bind("order-7"):
            return [await pool.enqueue_job("old", 7, **send_argument())]

    with pytest.raises((TypeError, JobExecutionFailed), match=ARGUMENT):
        run(redis_url, send)
