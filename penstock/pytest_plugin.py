"""The pytest plugin: fixtures for tests of applications that declare flows.

It does nothing until a test asks for a fixture, or ``penstock_trace`` is set.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from penstock.testing import Recording

__all__ = ["penstock_registry", "penstock_runs"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting ``penstock_trace`` and its option.

    .. versionadded:: 0.2
    """
    described = "record the steps of flows, so that tests can ask for what ran"
    parser.addini("penstock_trace", described, type="bool", default=False)
    group = parser.getgroup("penstock")
    group.addoption("--penstock-trace", action="store_true", default=False, help=described)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Switch tracing on before any module of the application is imported.

    .. versionadded:: 0.2
    """
    wanted = early_config.known_args_namespace.penstock_trace
    if wanted or early_config.getini("penstock_trace"):
        from penstock import tracing  # noqa: PLC0415 - inert until it is asked for

        if not tracing.is_tracing():
            tracing.configure()


@pytest.fixture
def penstock_runs() -> Iterator["Recording"]:
    """Record what runs in the test; see `penstock.testing.record_runs`.

    .. versionadded:: 0.2
    """
    from penstock.testing import record_runs  # noqa: PLC0415 - inert until it is asked for

    with record_runs() as recorded:
        yield recorded


@pytest.fixture
def penstock_registry() -> Iterator[None]:
    """Let what the test declares be seen in the test only.

    .. versionadded:: 0.2
    """
    from penstock.testing import isolated_registry  # noqa: PLC0415 - inert until it is asked for

    with isolated_registry():
        yield
