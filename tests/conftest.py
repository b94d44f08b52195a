"""Fixtures and options for all tests."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace

import pytest
from browser import running_chromium
from hypothesis import HealthCheck, settings
from platform_limits import find_refusal, refused
from process_state import kept_process_state, kept_root_logger
from slow_tests import mark_slow

__all__ = ["running_chromium"]

from penstock.testing import isolated_registry

# The same examples each time, however slow the machine is: what fails here fails for everybody.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")


@pytest.fixture(autouse=True, scope="module")
def _process_state() -> Iterator[None]:
    """Each module leaves what belongs to the process as it was, so that their order is free."""
    with kept_process_state():
        yield


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    """Each test begins with no flow declared."""
    with isolated_registry():
        yield


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """Each test leaves the root logger as it was."""
    with kept_root_logger():
        yield


@pytest.fixture(autouse=True)
def _signal_handlers() -> Iterator[None]:
    """Each test leaves the handlers of signals as they were: workers of queues set theirs."""
    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _memory_broker() -> Iterator[None]:
    """Each test leaves the broker in memory empty: what it has, all applications share."""
    yield
    memory = sys.modules.get("kombu.transport.memory")
    if memory is not None:
        memory.Channel.queues.clear()
        memory.Transport.global_state.clear()


@pytest.fixture(scope="module")
def _unmeasured() -> Iterator[None]:
    """Leave the processes that a module starts out of the coverage.

    What they reach is reached in the process of the tests too. Measuring takes a fifth of their
    time: most of it is the start of `coverage` itself.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture
def optimized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python say that it runs with ``-OO``."""
    found = {name: getattr(sys.flags, name) for name in dir(sys.flags) if name.islower()}
    flags = {name: value for name, value in found.items() if not name.startswith("_")}
    monkeypatch.setattr(sys, "flags", SimpleNamespace(**flags | {"optimize": 2}))


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool], None]:
    """Return what skips a test whose optional part is missing, or fails where it must be there.

    ``PENSTOCK_REQUIRE=dot,browser`` (or ``all``) names the parts that must be there.
    """
    required = set(filter(None, os.environ.get("PENSTOCK_REQUIRE", "").split(",")))

    def check(part: str, present: bool) -> None:
        if present:
            return
        if required & {part, "all"}:
            pytest.fail(f"{part} is required here (PENSTOCK_REQUIRE), and it is missing")
        pytest.skip(f"{part} is not installed")

    return check


@pytest.fixture(scope="session")
def redis_url(
    require: Callable[[str, bool], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the URL of a real Redis server."""
    from servers import redis_server

    require("redis", shutil.which("redis-server") is not None)
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip a test that failed because the platform cannot start threads, processes and the like.

    Where everything is required (``PENSTOCK_REQUIRE``), a platform without them fails.
    """
    report = yield
    may_skip = report.failed and call.excinfo and not os.environ.get("PENSTOCK_REQUIRE")
    ability = find_refusal(call.excinfo.value) if may_skip else None
    if ability:
        report.outcome = "skipped"
        report.longrepr = (report.fspath, 0, f"Skipped: this platform has no {ability}")
    return report


def pytest_collection_finish() -> None:
    """Keep what was imported out of each collection of garbage that a test asks for."""
    _begin_hypothesis()
    gc.freeze()


def _begin_hypothesis() -> None:
    """Let Hypothesis find out who refers to the random numbers of others, and to its own.

    It asks that at its import and in its first test: later, nobody would be found.
    """
    from hypothesis import given, strategies

    @settings(max_examples=1)
    @given(strategies.none())
    def first(_: None) -> None: ...

    first()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what the platform refuses, where no exception would say so."""
    needed = {mark.args[0] for mark in item.iter_markers("needs")}
    for ability in needed.intersection(refused().values()):
        if os.environ.get("PENSTOCK_REQUIRE"):
            pytest.fail(f"this platform has no {ability}")
        pytest.skip(f"this platform has no {ability}")


ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
"""The signals that end a process; Windows has not all of them."""

LONGEST = ("test_mermaid_real", "test_worker_exit", "test_browser", "test_operations")
LONGEST += ("test_builders", "test_celery_workers", "test_hostile", "test_serving")
LONGEST += ("test_reproducible", "test_rq", "test_outdated", "test_huey", "test_returned")
LONGEST += ("test_shop", "test_directives", "test_docs", "test_neighbours", "test_taskiq")
LONGEST += ("test_exporters", "test_tools", "test_dramatiq", "test_one_table", "test_trust")
"""The modules that take longest, in the order in which they begin.

Begun last, one of them would keep one worker busy alone. What computes takes turns with what waits
for servers and other processes, so that no core is idle.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and refuse a test whose name has an address.

    Two workers would not know such a test as the same one.
    """
    unknown = mark_slow(items)
    # Where everything is installed and whole files are collected, each entry has its test.
    if unknown and os.environ.get("PENSTOCK_REQUIRE") == "all" and "::" not in str(config.args):
        message = f"no test has this name, see slow_tests.py: {sorted(unknown)}"
        raise pytest.UsageError(message)
    order = {stem: number for number, stem in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
    for item in items:
        if " at 0x" in item.name:
            message = f"give an id to each case of this test: {item.nodeid}"
            raise pytest.UsageError(message)
