"""Switching tracing on, and the exporters that need nothing but the standard library.

Tracing is off unless ``PENSTOCK_TRACE`` is set in the environment, or
`configure` is called before the modules that declare flows are imported: only
then does ``@step`` return a wrapper, which records a span of each call.
"""

import json
import logging
import os
from pathlib import Path

from penstock._registry import default_registry
from penstock._runs import RecordedRun, RecordedSpan, group_runs, read_runs
from penstock._spans import (
    Exporter,
    InBackground,
    Outcome,
    Span,
    flush,
    is_tracing,
    set_exporters,
    set_tracing,
)
from penstock._spans import current_span as _current_span
from penstock.exceptions import TracingError

__all__ = [
    "Exporter",
    "InBackground",
    "InMemoryExporter",
    "JsonLinesExporter",
    "LoggingExporter",
    "Outcome",
    "RecordedRun",
    "RecordedSpan",
    "Span",
    "configure",
    "configure_from_environment",
    "current_span",
    "flush",
    "group_runs",
    "is_tracing",
    "read_runs",
]


def current_span() -> Span | None:
    """Return the span of the step that is running, or None if none is recorded.

    .. versionadded:: 0.1
    """
    return _current_span.get()


def configure(*exporters: Exporter) -> None:
    """Switch tracing on, and let *exporters* receive the spans.

    Call it at start-up, before the modules that declare flows are imported.
    Once tracing is on, a further call replaces the exporters. Without
    exporters nothing is recorded.

    Raises:
        TracingError: If tracing is off and a step is declared already.

    .. versionadded:: 0.1
    """
    first = default_registry().first
    if first is not None and not is_tracing():
        raise TracingError(*first)
    flush()
    set_tracing(is_on=True)
    set_exporters(*exporters)


def configure_from_environment() -> None:
    """Switch tracing on if ``PENSTOCK_TRACE`` says so. `import penstock` calls it.

    ``1`` logs the spans, anything else but ``0`` is the file to which they are
    written as JSON lines.

    .. versionadded:: 0.1
    """
    wanted = os.environ.get("PENSTOCK_TRACE", "0").strip()
    if wanted == "1":
        configure(LoggingExporter())
    elif wanted not in {"", "0"}:
        configure(JsonLinesExporter(wanted))


class InMemoryExporter:
    """Keeps the spans in `spans`, in the order in which they ended.

    .. versionadded:: 0.1
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def export(self, span: Span, /) -> None:
        """Keep *span*."""
        self.spans.append(span)

    def flush(self) -> None:
        """Do nothing: all is kept."""


class LoggingExporter:
    """Logs each span as a line, with its attributes as fields of the record.

    Args:
        logger: The name of the logger.
        level: The level for spans that ended well. Others are warnings.

    .. versionadded:: 0.1
    """

    def __init__(self, logger: str = "penstock.trace", level: int = logging.INFO) -> None:
        self._logger = logging.getLogger(logger)
        self._level = level

    def export(self, span: Span, /) -> None:
        """Log *span*."""
        level = self._level if span.outcome == "ok" else max(self._level, logging.WARNING)
        if self._logger.isEnabledFor(level):
            fields = {f"penstock.{name}": value for name, value in span.as_dict().items()}
            took = f"{span.duration_ns / 1e6:.3f} ms"
            why = f" ({span.exception_type})" if span.exception_type else ""
            message = "%s %s/%s %s%s in %s"
            where = (span.flow_id, span.flow or "-", span.step, span.outcome, why, took)
            self._logger.log(level, message, *where, extra=fields)

    def flush(self) -> None:
        """Do nothing: logging has its own handlers."""


class JsonLinesExporter:
    """Appends each span to a file, as one line of JSON.

    Each line is one write at the end of the file, so that several processes on
    one machine can write to the same file. Nothing is kept back.

    Args:
        path: The file. It and its folder are made if they are not there.

    Raises:
        OSError: If the file cannot be opened.

    .. versionadded:: 0.1
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._path = file
        self._file = os.open(file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644)

    def export(self, span: Span, /) -> None:
        """Write *span*."""
        line = json.dumps(span.as_dict(), ensure_ascii=True, default=repr) + "\n"
        os.write(self._file, line.encode("ascii"))

    def flush(self) -> None:
        """Do nothing: each line is written at once."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __repr__(self) -> str:
        return f"JsonLinesExporter({str(self._path)!r})"
