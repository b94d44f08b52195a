"""Sentry with a transport in memory: import the fixture from here."""

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

__all__ = ["start"]


class Memory(Transport):
    """Keeps what is sent."""

    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        """Keep the events of an envelope."""
        self.events += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def start():
    """Return what starts Sentry with integrations, and returns the list of its events."""

    def init(*integrations):
        memory = Memory()
        sentry_sdk.init(
            dsn="https://key@sentry.invalid/1",
            transport=memory,
            integrations=integrations,
            traces_sample_rate=1.0,
            auto_session_tracking=False,
            auto_enabling_integrations=False,
        )
        return memory.events

    with sentry_sdk.isolation_scope() as scope:
        scope.clear_breadcrumbs()
        yield init
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
