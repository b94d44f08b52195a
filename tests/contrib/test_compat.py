"""Undocumented names of frameworks that adapters use: they exist, and what happens without them.

A test of the first kind that fails says that a name is gone: look up what has replaced it,
and remove the name from `penstock.contrib._compat`. What adapters do with the names is in the
tests of each.
"""

import inspect
import logging
import sys
from contextvars import ContextVar
from types import SimpleNamespace

import apscheduler.executors.base
import apscheduler.schedulers.base
import celery.worker.strategy
import pytest
import structlog.contextvars
from apscheduler.schedulers.background import BackgroundScheduler
from opentelemetry.sdk.trace import TracerProvider

from penstock import bind
from penstock.boundary import ARGUMENT
from penstock.contrib import _compat
from penstock.contrib.apscheduler import flow_task, install, uninstall


def test_names():
    """The names are still there."""
    assert isinstance(structlog.contextvars._ASYNC_CALLING_STACK, ContextVar)
    assert "self._real_add_job(" in inspect.getsource(
        apscheduler.schedulers.base.BaseScheduler.add_job
    )
    for runner in _compat._RUNNERS:
        assert "job" in inspect.signature(getattr(_runners(), runner)).parameters
    assert "def task_message_handler(" in (source := inspect.getsource(celery.worker.strategy))
    assert "req = Req(" in source
    assert hasattr(TracerProvider().get_tracer("penstock"), "id_generator")
    assert _compat.code_of_log() is logging.Logger._log.__code__


def _runners():
    """Return the functions of APScheduler that run jobs, wherever a version has them."""
    found = SimpleNamespace(**vars(apscheduler.executors.base))
    if not hasattr(found, "run_coroutine_job"):
        from apscheduler.executors import base_py3

        found.run_coroutine_job = base_py3.run_coroutine_job
    return found


class TestFallbacks:
    """Without a name, an application runs as before, and less is known."""

    def test_async_caller(self):
        """Nothing is known of who logs in another thread."""
        assert _compat.async_caller(SimpleNamespace()).get(None) is None

    def test_before_storing(self):
        """A scheduler without the method stays as it is."""
        scheduler = SimpleNamespace()

        assert not _compat.before_storing(scheduler, print)
        assert vars(scheduler) == {}

    def test_frames(self):
        """No job and no message is found where none is handled."""
        frame = sys._getframe()

        assert _compat.find_running_job(frame, "penstock") is None
        assert _compat.find_running_job(frame, __name__) is None
        assert _compat.find_received(frame) is None

    def test_set_id_generator(self):
        """A tracer that has no generator gets none."""
        tracer = SimpleNamespace()

        _compat.set_id_generator(tracer, object())

        assert vars(tracer) == {}

    def test_code_of_log(self, monkeypatch):
        """No code is that of the method, so all frames are looked at."""
        monkeypatch.delattr(logging.Logger, "_log")

        assert _compat.code_of_log() is None


@flow_task
def work(order): ...


@pytest.fixture
def scheduler():
    made = BackgroundScheduler()
    yield made
    uninstall(made)
    made.shutdown()


def test_jobs_in_memory(scheduler, monkeypatch):
    """Jobs that a scheduler keeps in memory have the ID of who adds them without the name, too."""
    monkeypatch.setattr("penstock.contrib.apscheduler.before_storing", lambda *_: False)
    install(scheduler)
    scheduler.start(paused=True)

    with bind("order-7"):
        added = scheduler.add_job(work, kwargs={"order": 7})

    [kept] = scheduler.get_jobs()
    assert kept is added
    assert "order-7" in str(getattr(kept.kwargs, ARGUMENT))
