"""Running the code of pages, as if in a new process."""

import logging

import pytest
import sentry_sdk
import structlog
from loguru import logger

from penstock import configure
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.recording import set_tracing
from penstock.contrib import celery
from penstock.testing import isolated_registry


@pytest.fixture
def _new_process(monkeypatch):
    """Let a page change what is the process's own, as if nothing were declared yet."""
    monkeypatch.setattr("logging.root.handlers", [])
    level, before = logging.root.level, exporters()
    known = {name: [*found.handlers] for name, found in _loggers()}
    with isolated_registry():
        yield
    for name, found in _loggers():
        for handler in found.handlers:
            if handler not in known.get(name, ()):
                found.removeHandler(handler)
    for app in [*celery._settings]:
        celery.uninstall(app)
    celery.uninstall_logging()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    logging.root.setLevel(level)
    logger.configure(handlers=[], patcher=lambda record: None)
    structlog.reset_defaults()
    configure()
    set_exporters(*before)
    set_tracing(is_on=False)


def _loggers() -> list[tuple[str, logging.Logger]]:
    every = logging.root.manager.loggerDict.items()
    return [(name, found) for name, found in every if isinstance(found, logging.Logger)]
