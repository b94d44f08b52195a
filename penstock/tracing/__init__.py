"""Switching tracing on, and the exporters that need nothing but the standard library.

Tracing is off unless ``PENSTOCK_TRACE`` is set in the environment, or
`configure` is called before the modules that declare flows are imported: only
then does ``@step`` return a wrapper, which records a span of each call.
"""

import errno
import json
import logging
import os
import threading
from pathlib import Path

from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._common.plain_values import plain
from penstock._declared.registry import default_registry
from penstock._runtime.active_exporters import flush, set_exporters
from penstock._runtime.background import BackgroundExporter
from penstock._runtime.exporter import Exporter
from penstock._runtime.recording import is_tracing, set_tracing
from penstock._runtime.spans import DeclaredStep, Outcome, ParentSpan, Span
from penstock._runtime.spans import find_span as _find_span
from penstock._runtime.traceparent import Remote
from penstock.exceptions import TracingError, did_you_mean
from penstock.tracing._reading import group_runs, read_runs
from penstock.tracing._recorded import RecordedRun, RecordedSpan

__all__ = [
    "BackgroundExporter",
    "DeclaredStep",
    "Exporter",
    "InMemoryExporter",
    "JsonLinesExporter",
    "LoggingExporter",
    "Outcome",
    "ParentSpan",
    "RecordedRun",
    "RecordedSpan",
    "Remote",
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

    .. versionadded:: 0.2
    """
    return _find_span()


def configure(*exporters: Exporter) -> None:
    """Switch tracing on, and let *exporters* receive the spans.

    Call it at start-up, before the modules that declare flows are imported.
    Once tracing is on, a further call replaces the exporters. Without
    exporters nothing is recorded.

    Raises:
        TracingError: If tracing is off and a step is declared already.
        ConfigurationError: If one of *exporters* has no method ``export`` or ``flush``.

    .. versionadded:: 0.2
    """
    first = default_registry().first
    if first is not None and not is_tracing():
        raise TracingError(*first)
    flush()
    set_exporters(*exporters)  # which may refuse one
    set_tracing(is_on=True)


def configure_from_environment() -> None:
    """Switch tracing on if ``PENSTOCK_TRACE`` asks for it. ``import penstock`` calls this.

    ``1``, ``true``, ``yes`` and ``on`` log the spans; ``0``, ``false``, ``no``,
    ``off`` and an empty value leave tracing off, in upper or lower case; ``t``, ``y``,
    ``f`` and ``n`` are understood, too. A path is the
    file to which spans are appended as JSON lines: it has a separator, a suffix
    or a ``~`` at its beginning.

    Anything else, and a file that cannot be opened, is logged as an error and
    leaves tracing off: an application starts whatever the variable holds.

    .. versionadded:: 0.2
    """
    wanted = os.environ.get("PENSTOCK_TRACE", "").strip()
    if wanted.lower() in _OFF:
        return
    try:
        exporter = _exporter_for(wanted)
    except (OSError, RuntimeError, ValueError) as error:
        message = "PENSTOCK_TRACE=%r: %s. Tracing stays off"
        logging.getLogger("penstock").error(message, wanted, error)  # noqa: TRY400 - one line says all
    else:
        configure(exporter)


_ON = ("1", "true", "yes", "on", "t", "y")
_OFF = ("", "0", "false", "no", "off", "f", "n")
_MEANT = ("true", "yes", "false", "off")  # shorter ones are near to what means the contrary: "none"


def _exporter_for(wanted: str) -> Exporter:
    """Return the exporter that the value *wanted* of ``PENSTOCK_TRACE`` names.

    Raises:
        ValueError: If it names none.
        OSError: If it is a file that cannot be opened.
        RuntimeError: If it begins with a ``~`` that means no folder.
    """
    if wanted.lower() in _ON:
        return LoggingExporter()
    path = Path(wanted)
    if path.suffix or "/" in wanted or os.sep in wanted or wanted[0] == "~":
        return JsonLinesExporter(path.expanduser())
    hint = did_you_mean(wanted.lower(), _MEANT)
    message = (
        f"not a switch and not a path{hint}; write 1 to log the spans, 0 to switch tracing off, "
        "or a file with a folder or a suffix, such as './spans' or 'spans.jsonl'"
    )
    raise ValueError(message)


class InMemoryExporter:
    """Keeps the spans in ``spans``, in the order in which they ended.

    .. versionadded:: 0.2
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def export(self, span: Span, /) -> None:
        """Keep *span*."""
        self.spans.append(span)

    def flush(self) -> None:
        """Do nothing: the spans are kept."""


class LoggingExporter:
    """Logs each span as a line, with its attributes as fields of the record.

    Args:
        logger: The name of the logger.
        level: The level for spans that ended well, with a response, or by a queue's
            own means, such as a retry. Others are warnings.

    .. versionadded:: 0.2
    """

    def __init__(self, logger: str = "penstock.trace", level: int = logging.INFO) -> None:
        self._logger = logging.getLogger(logger)
        self._level = level

    def export(self, span: Span, /) -> None:
        """Log *span*."""
        is_well = span.outcome in {"ok", "responded", "retried", "stopped"}
        level = self._level if is_well else max(self._level, logging.WARNING)
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

    Each line is one write at the end of the file, so several processes on one
    machine can write to the same file if the system appends atomically. Windows
    and NFS do not: there, each process needs its own file. Nothing is buffered.
    If the system writes only a part of a line, as on a full disk, that span is
    lost, which is logged once; the next one begins on a new line.

    A value that JSON cannot represent is written as its `repr`.

    Args:
        path: The file. The file and its folder are made if they do not exist.

    Raises:
        OSError: If the file cannot be opened.

    .. versionadded:: 0.2
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._path = file
        self._file = os.open(file, _FLAGS, 0o644)
        self._is_torn = False
        self._begin_anew()
        renew_after_fork(self._begin_anew)

    def _begin_anew(self) -> None:
        self._writing = threading.Lock()

    def export(self, span: Span, /) -> None:
        """Write *span*."""
        renew_if_forked()
        self._write(_line_of(span).encode("ascii"))

    def _write(self, line: bytes) -> None:
        with self._writing:  # no other thread goes on where a line is torn
            whole = b"\n" + line if self._is_torn else line
            written = os.write(self._file, whole)
            # The rest would be no use: another process' line may be before it.
            self._is_torn = written < len(whole) if written else self._is_torn
        if written < len(whole):
            raise OSError(errno.ENOSPC, "only a part of a line was written", str(self._path))

    def flush(self) -> None:
        """Do nothing: each line is written at once."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __repr__(self) -> str:
        return f"JsonLinesExporter({str(self._path)!r})"


# Windows writes its own line ends where a file is not binary.
_FLAGS = os.O_APPEND | os.O_CREAT | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_encode = json.JSONEncoder(allow_nan=False, default=repr).encode


def _line_of(span: Span) -> str:
    """Return *span* as a line of JSON, whatever values were annotated."""
    values = span.as_dict()
    try:
        return _encode(values) + "\n"
    except Exception:  # what values do when they are read or shown is theirs
        return _encode(plain(values)) + "\n"
