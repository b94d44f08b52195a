"""Exporters, which receive spans, and calling them: an error is logged and goes no further."""

import logging
from collections.abc import Callable
from typing import Protocol

from penstock._common.callables import check_plain_function
from penstock._runtime.spans import Span
from penstock.exceptions import ConfigurationError

__all__ = ["Exporter", "call_exporter", "check_exporter", "forget_faults", "is_first", "log_once"]

_logger = logging.getLogger("penstock")


class Exporter(Protocol):
    """An object that receives finished spans.

    It is called in the thread of the step, right after the step has ended, and
    the step waits for it: `BackgroundExporter` calls a slow one in a thread. An
    exception in it is logged once and does not reach the step; a call that takes
    longer than a tenth of a second is logged once, too.

    If it also has the methods ``resume(span)`` and ``suspend(span)``, they are
    called whenever the body of a step continues and waits, in its context.

    .. versionadded:: 0.2
    """

    def export(self, span: Span, /) -> None:
        """Receive a finished span."""

    def flush(self) -> None:
        """Flush all spans that are still kept. Called at exit, and by `penstock.tracing.flush`."""


_reported = set[tuple[int, str]]()


def check_exporter(exporter: object) -> None:
    location = "penstock.tracing.configure"
    for name in ("export", "flush"):
        if not callable(getattr(exporter, name, None)):
            problem = f"takes objects with the methods export and flush; {exporter!r} has no {name}"
            raise ConfigurationError(location, problem)
    for name in ("export", "flush", "resume", "suspend"):
        check_plain_function(location, f"{exporter!r}.{name}", getattr(exporter, name, None))


def log_once(exporter: object, error: Exception) -> None:
    """Log what *exporter* raised, the first time it does."""
    if is_first(exporter, "raised"):
        _logger.error("the exporter %r failed; this is logged once", exporter, exc_info=error)


def call_exporter(exporter: object, method: Callable[..., object], *arguments: object) -> None:
    """Call a *method* of *exporter*; what it raises is logged once."""
    try:
        method(*arguments)
    except Exception as error:
        log_once(exporter, error)


def is_first(exporter: object, fault: str) -> bool:
    """Return whether *exporter* has *fault* for the first time."""
    known = (id(exporter), fault) in _reported
    _reported.add((id(exporter), fault))
    return not known


def forget_faults() -> None:
    """Log faults again, of whatever exporters there are from now on."""
    _reported.clear()
