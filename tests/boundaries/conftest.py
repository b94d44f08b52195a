"""Tests of boundaries run with and without tracing."""

import pytest

from penstock import current_run
from penstock.testing import isolated_registry, record_runs


@pytest.fixture(params=["plain", "traced"], autouse=True)
def recording(request):
    """Return the recording, or None; and hold that nothing is current afterwards."""
    with isolated_registry():
        if request.param == "plain":
            yield None
        else:
            with record_runs() as recorded:
                yield recorded
    assert current_run() is None
