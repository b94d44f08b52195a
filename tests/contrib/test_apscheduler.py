"""APScheduler: a job has its own run, or the ID of who adds it for once."""

import asyncio
import importlib
import sys
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from servers import wait_for
from sqlalchemy.pool import NullPool

from penstock import annotate, bind, current_flow_id, current_run, flow, get_flow
from penstock.boundary import ARGUMENT, Inbound
from penstock.contrib.apscheduler import flow_task, install, uninstall


@pytest.fixture
def jobs(monkeypatch):
    """Return the module of jobs, declared again."""
    monkeypatch.delitem(sys.modules, "scheduled", raising=False)
    yield importlib.import_module("scheduled")
    assert current_run() is None


@pytest.fixture
def scheduler():
    """Return a scheduler whose jobs run in threads."""
    made = BackgroundScheduler(timezone="UTC")
    install(made)
    made.start()
    yield made
    made.shutdown()


def make_due(scheduler):
    """Let the stored jobs of *scheduler* run now.

    They were added for later: a scheduler runs what is due even while it shuts down.
    """
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


@pytest.mark.parametrize("trigger", [None, "date", DateTrigger])
def test_once(scheduler, jobs, trigger):
    """A job that runs once has the ID of who adds it, and sees only its own arguments."""
    when = trigger(datetime.now(UTC)) if trigger is DateTrigger else trigger
    with bind("order-7"):
        scheduler.add_job(jobs.work, when, ["seven"], {"unit": "g"}, misfire_grace_time=60)
    wait_for(lambda: jobs.seen and not scheduler.get_jobs())  # which its own thread removes

    assert jobs.seen == [("seven", "g", "order-7", "nightly")]


def test_stored(jobs, tmp_path):
    """A job that outlives its process in a database keeps the ID of who added it."""
    # Without a pool, no connection is left to the garbage collector.
    options = {"poolclass": NullPool}
    store = {
        "default": SQLAlchemyJobStore(f"sqlite:///{tmp_path / 'jobs'}", engine_options=options)
    }
    before = BackgroundScheduler(timezone="UTC", jobstores=store)
    install(before)
    before.start()
    when = DateTrigger(datetime.now(UTC) + timedelta(hours=1))
    with bind("order-7"):
        before.add_job(jobs.work, when, ["bound"], misfire_grace_time=60)
    added = before.add_job(jobs.work, when, ["alone"], misfire_grace_time=60)
    before.shutdown()
    assert jobs.seen == []

    after = BackgroundScheduler(timezone="UTC", jobstores=store)
    after.start()
    make_due(after)
    wait_for(lambda: len(jobs.seen) == 2 and not after.get_jobs())
    after.shutdown()

    ids = {what: flow_id for what, _, flow_id, _ in jobs.seen}
    assert ids == {"bound": "order-7", "alone": getattr(added.kwargs, ARGUMENT)}


def test_before_the_scheduler_starts(jobs):
    """A job that waits for the scheduler to start has the ID of who added it, not of who starts."""
    scheduler = BackgroundScheduler(timezone="UTC")
    install(scheduler)
    with bind("order-7"):
        scheduler.add_job(jobs.work)
    with bind("start-up"):
        scheduler.start()
    wait_for(lambda: jobs.seen and not scheduler.get_jobs())  # which its own thread removes
    scheduler.shutdown()

    assert jobs.seen[0][2] == "order-7"


@pytest.mark.parametrize("is_old", [True, False])
def test_deployed_one_after_the_other(monkeypatch, jobs, tmp_path, is_old):
    """A scheduler that has the code from before `flow_task` runs stored jobs, and the other way."""
    options = {"poolclass": NullPool}
    store = {
        "default": SQLAlchemyJobStore(f"sqlite:///{tmp_path / 'jobs'}", engine_options=options)
    }

    def before(what="work", *, unit="kg"):
        jobs.seen.append((what, unit, current_flow_id(), None))

    declared = jobs.work
    before.__module__, before.__qualname__ = "scheduled", "work"
    sender, worker = (declared, before) if is_old else (before, declared)
    when = DateTrigger(datetime.now(UTC) + timedelta(hours=1), "UTC")
    adding = BackgroundScheduler(timezone="UTC", jobstores=store)
    install(adding)
    adding.start(paused=True)
    monkeypatch.setattr(jobs, "work", sender)
    with bind("order-7"):
        adding.add_job(jobs.work, when, ["kept"], {"unit": "g"}, misfire_grace_time=60)
    adding.shutdown()

    monkeypatch.setattr(jobs, "work", worker)
    working = BackgroundScheduler(timezone="UTC", jobstores=store)
    working.start()
    make_due(working)
    wait_for(lambda: jobs.seen and not working.get_jobs())
    working.shutdown()

    [(what, unit, flow_id, _)] = jobs.seen
    assert (what, unit, flow_id is None) == ("kept", "g", is_old)


def test_values(scheduler):
    """Annotated values travel if that is wanted."""
    seen = []

    @flow("valued")
    @flow_task(inbound=Inbound(trust=True, values=["tenant"]))
    def work():
        seen.append(dict(current_run().values))

    with bind():
        annotate(tenant="north", secret="x")
        scheduler.add_job(work)
    wait_for(lambda: seen and not scheduler.get_jobs())

    assert seen == [{"tenant": "north"}]


def test_job_that_calls_another(scheduler, jobs):
    """A job that another one calls like a function is part of that one's operation."""

    @flow("calling")
    @flow_task
    def work():
        current_run().annotate(tenant="north")
        called()

    @flow("calling")
    @flow_task(after=work)
    def called():
        jobs.seen.append(dict(current_run().values))

    with bind("order-7"):
        scheduler.add_job(work)
    wait_for(lambda: jobs.seen and not scheduler.get_jobs())  # which its own thread removes

    assert jobs.seen == [{"tenant": "north"}]


def test_job_of_an_older_sender(jobs):
    """A job that has the ID among its arguments is understood too."""
    jobs.work(**{ARGUMENT: "order-8"})

    assert jobs.seen[0][2] == "order-8"


def test_by_name(scheduler, jobs):
    """A job that is named as a string carries the ID too."""
    with bind("order-7"):
        scheduler.add_job("scheduled:work")
    wait_for(lambda: jobs.seen and not scheduler.get_jobs())  # which its own thread removes

    assert jobs.seen[0][2] == "order-7"


def test_again_and_again(scheduler, jobs):
    """A job that runs again has a new ID each time, not that of the code that added it."""
    with bind("order-7"):
        scheduler.add_job(jobs.work, "interval", seconds=0.05)
    wait_for(lambda: len(jobs.seen) >= 3)

    ids = [found[2] for found in jobs.seen]
    assert len(set(ids)) == len(ids)
    assert not {None, "order-7"} & set(ids)


def test_not_declared(scheduler, jobs):
    """A job that is not declared is left alone."""
    with bind("order-7"):
        scheduler.add_job(jobs.plain)
    wait_for(lambda: jobs.seen and not scheduler.get_jobs())  # which its own thread removes

    assert jobs.seen == [("plain", None)]


def test_event_loop(jobs):
    """In an event loop no job has the ID under which the scheduler was started."""

    async def main():
        scheduler = AsyncIOScheduler(timezone="UTC")
        install(scheduler)
        with bind("start-up"):
            scheduler.start()
        scheduler.add_job(jobs.work_later, "interval", ["tick"], seconds=0.02)
        with bind("order-7"):
            scheduler.add_job(jobs.work_later, args=["once"], kwargs={"x": 1})
        while len(jobs.seen) < 4:  # noqa: ASYNC110 - jobs know of no event
            await asyncio.sleep(0.01)
        scheduler.shutdown()

    asyncio.run(main())

    ids = {found[2] for found in jobs.seen if found[0] == "tick"}
    assert ("once", {"x": 1}, "order-7") in jobs.seen
    assert not ids & {"start-up", "order-7", None}


def test_direct_call(jobs):
    """A job that is called like a function is part of its caller's operation."""
    with bind("order-7"):
        jobs.work()
        after = current_flow_id()

    assert (jobs.seen[0][2], after) == ("order-7", "order-7")


def test_uninstalled(jobs):
    """`uninstall` reverts `install`, and does nothing without it."""
    scheduler = BackgroundScheduler(timezone="UTC")
    install(scheduler)
    install(scheduler)
    uninstall(scheduler)
    uninstall(scheduler)

    with bind("order-7"):
        job = scheduler.add_job(jobs.work)

    assert job.kwargs == {}


def test_flow(jobs):
    """Jobs are steps behind a queue."""
    found = get_flow("nightly")

    assert [step.name for step in found.steps] == ["work", "later"]
    assert found.problems() == ()
