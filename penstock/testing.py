"""Helpers for tests of applications that declare flows."""

from collections.abc import Generator
from contextlib import contextmanager

from penstock._declared import registry
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.recording import is_tracing, set_tracing
from penstock._runtime.spans import Span
from penstock.exceptions import TracingError
from penstock.tracing import InMemoryExporter
from penstock.tracing._reading import group_runs
from penstock.tracing._recorded import RecordedRun

__all__ = ["Recording", "isolated_registry", "record_runs"]


@contextmanager
def isolated_registry() -> Generator[None, None, None]:
    """Keep the declarations of the block in the block.

    At the beginning of the block no flow is declared, so names that the application
    uses are free. Afterwards the earlier declarations are restored.

    .. versionadded:: 0.2
    """
    with registry.isolated():
        yield


class Recording:
    """The spans and runs that `record_runs` has recorded so far.

    .. versionadded:: 0.2
    """

    def __init__(self, exporter: InMemoryExporter) -> None:
        self._exporter = exporter

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans that have ended, in the order in which they ended."""
        return tuple(self._exporter.spans)

    @property
    def runs(self) -> tuple[RecordedRun, ...]:
        """The runs of these spans, in the order in which they began."""
        return group_runs(self.spans)

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps that were executed, in the order in which each first began."""
        return tuple(dict.fromkeys(step for run in self.runs for step in run.steps))


@contextmanager
def record_runs() -> Generator[Recording, None, None]:
    """Record the steps that run in the block; other exporters receive their spans, too.

    ::

        with record_runs() as recorded:
            handle_message(message)
        assert recorded.steps == ("handle_message", "fetch", "store")

    Steps are recorded that were declared while tracing was on. With pytest,
    write ``penstock_trace = true`` under ``[tool.pytest.ini_options]``; else
    set ``PENSTOCK_TRACE=1``. If nothing is declared yet, as in
    `isolated_registry`, the steps that the block declares are recorded.

    Raises:
        TracingError: If tracing is off and a step is declared already.

    .. versionadded:: 0.2
    """
    first = registry.default_registry().first
    was_tracing = is_tracing()
    if first is not None and not was_tracing:
        raise TracingError(*first)
    exporter = InMemoryExporter()
    set_tracing(is_on=True)
    set_exporters(*exporters(), exporter)
    try:
        yield Recording(exporter)
    finally:
        set_exporters(*(other for other in exporters() if other is not exporter))
        set_tracing(is_on=was_tracing)
