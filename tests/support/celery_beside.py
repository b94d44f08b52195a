"""A worker of Celery in a thread of the tests, with a broker in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.transport import memory

__all__ = ["worker_beside"]

_PAUSE = 0.02
"""Seconds between two looks at a queue: Celery's own are 1 for a message, and 4 for its end."""


@contextmanager
def worker_beside(app: Celery) -> Iterator[None]:
    """Run a worker of *app*, which sees what is sent and that it is to end without delay."""
    drain = memory.Transport.drain_events

    def look_often(transport: memory.Transport, connection: object, timeout: float) -> None:
        drain(transport, connection, min(timeout, _PAUSE))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory.Transport, "drain_events", look_often)
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
            yield
