"""Steps that are declared and recorded: import the fixtures from here."""

import pytest

from penstock import entrypoint, flow, step
from penstock._spans import exporters, set_exporters
from penstock.testing import record_runs

__all__ = ["_exporters", "declare", "recorded"]


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
