"""State of the whole process that frameworks and pages of the documentation set."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.render import _registry

__all__ = ["kept_process_state", "kept_root_logger"]


@contextmanager
def kept_process_state() -> Iterator[None]:
    """Take back what is set for the process in the block: the tests after it know nothing of it."""
    path, limit = [*sys.path], sys.getrecursionlimit()
    logger_class = logging.getLoggerClass()
    with kept_root_logger(), _kept_environment(), _kept_celery(), _kept_dramatiq(), _kept_formats():
        yield
    sys.path[:] = path
    sys.setrecursionlimit(limit)
    logging.setLoggerClass(logger_class)


@contextmanager
def kept_root_logger() -> Iterator[None]:
    """Take back what is set for the root logger: workers of Celery set it up for themselves."""
    level, handlers = logging.root.level, [*logging.root.handlers]
    yield
    logging.root.setLevel(level)
    for handler in [*logging.root.handlers]:
        if handler not in handlers and not type(handler).__module__.startswith("_pytest."):
            logging.root.removeHandler(handler)


@contextmanager
def _kept_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    for name in {*before, *os.environ} - {"PYTEST_CURRENT_TEST"}:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]


@contextmanager
def _kept_celery() -> Iterator[None]:
    """Take back shared tasks, which every later application has, and who hears of each task."""
    if "celery" not in sys.modules:
        yield
        return
    from celery import _state, signals
    from celery.utils.dispatch import Signal

    current, shared = _state._tls.current_app, set(_state._on_app_finalizers)
    known = [signal for signal in vars(signals).values() if isinstance(signal, Signal)]
    receivers = [(signal, [*signal.receivers]) for signal in known]
    yield
    _state._tls.current_app = current
    _state._on_app_finalizers.intersection_update(shared)
    for signal, before in receivers:
        signal.receivers[:] = before
        signal.sender_receivers_cache.clear()


@contextmanager
def _kept_dramatiq() -> Iterator[None]:
    """Take back the broker for which actors are declared."""
    module = sys.modules.get("dramatiq.broker")
    before = module and module.global_broker
    yield
    if module:
        module.global_broker = before


@contextmanager
def _kept_formats() -> Iterator[None]:
    """Take back the formats that pages of the documentation register."""
    before = {**_registry._registered}
    yield
    _registry._registered.clear()
    _registry._registered.update(before)
