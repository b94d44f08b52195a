"""Steps that are declared and recorded: import the fixtures from here."""

from contextvars import copy_context

import pytest

from penstock import entrypoint, flow, step
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.received import received_run
from penstock.boundary import active
from penstock.testing import record_runs

__all__ = ["_exporters", "call_after_closing", "declare", "recorded"]


@pytest.fixture
def recorded():
    """Record the steps that the test declares and runs."""
    with record_runs() as recording:
        yield recording


@pytest.fixture
def _exporters():
    """Bring back the exporters that there were."""
    before = exporters()
    yield
    set_exporters(*before)


def declare(function, after=None, **options):
    """Return *function* declared as a step, or as an entrypoint, of the flow ``orders``."""
    decorator = step(after=after, **options) if after else entrypoint(**options)
    return flow("orders")(decorator(function))


def call_after_closing(function, *args):
    """Return what *function* returns where the run ``closed-1`` began that ended elsewhere."""
    context, block = copy_context(), active(received_run("closed-1"))
    context.run(block.__enter__)
    block.__exit__()
    return context.run(function, *args)
