"""Log records that say to which operation they belong, with the standard library's `logging`."""

import logging
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, Literal

from penstock._context import current_run
from penstock._fields import NAMES, add_fields
from penstock._running import find_running

__all__ = ["FlowFilter", "FlowFormatter", "install", "uninstall"]

_Style = Literal["%", "{", "$"]
_FORMAT: Mapping[_Style, str] = {
    "%": "%(asctime)s %(levelname)s %(flow_id)s %(step)s %(name)s: %(message)s",
    "{": "{asctime} {levelname} {flow_id} {step} {name}: {message}",
    "$": "${asctime} ${levelname} ${flow_id} ${step} ${name}: ${message}",
}


class FlowFilter(logging.Filter):
    """Gives records the fields ``flow_id``, ``flow`` and ``step``, and what `annotate` attached.

    It belongs on handlers, since a filter on a logger does not see the records
    of the loggers below it; and on a `QueueHandler` or `MemoryHandler` rather
    than on their target, which runs elsewhere or later. It drops no record, and
    leaves fields alone that a record has already, from ``extra`` say.

    Args:
        step: Whether to look for the running step, in the frames of the
            thread, for each record that the handler takes.
        default: What stands where nothing is current. With None, a formatter
            for JSON writes null.

    .. versionadded:: 0.1
    """

    def __init__(self, *, step: bool = True, default: object = "-") -> None:
        super().__init__()
        self._step = step
        self._default = default

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete *record* and let it pass."""
        add_fields(record.__dict__, self._default, _caller() if self._step else None)
        return True


_LOG = logging.Logger._log.__code__  # noqa: SLF001 - only compared with


def _caller() -> FrameType:
    """Return a frame that the step called, or that of the step."""
    # Looking at a frame costs more than all else here, so those of `logging` are skipped:
    # Logger._log, handle, callHandlers, Handler.handle, Filterer.filter, FlowFilter.filter.
    try:
        frame = sys._getframe(6)  # noqa: SLF001 - documented for this use
    except ValueError:  # called by other means
        return sys._getframe(1)  # noqa: SLF001
    return frame if frame.f_code is _LOG else sys._getframe(1)  # noqa: SLF001


class FlowFormatter(logging.Formatter):
    """A formatter for which ``flow_id``, ``flow`` and ``step`` are never missing.

    A handler without `FlowFilter` writes the default in their place, where
    `logging.Formatter` would print a traceback and lose the record.

    Args:
        fmt: As for `logging.Formatter`. None means time, level, flow ID, step,
            logger and message.
        datefmt: As for `logging.Formatter`.
        style: As for `logging.Formatter`.
        validate: As for `logging.Formatter`.
        defaults: What stands for other fields that a record has not.
        default: What stands for the three.

    .. versionadded:: 0.1
    """

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: _Style = "%",
        validate: bool = True,  # noqa: FBT002 - as in `logging.Formatter`
        *,
        defaults: Mapping[str, Any] | None = None,
        default: object = "-",
    ) -> None:
        super().__init__(
            _FORMAT.get(style) if fmt is None else fmt,
            datefmt,
            style,
            validate,
            defaults=dict.fromkeys(NAMES, default) | dict(defaults or {}),
        )


def install(*, flow: bool = False, step: bool = False, default: object = "-") -> None:
    """Let every record of this process have its ``flow_id`` from its creation on.

    This puts a factory around the present one (`logging.setLogRecordFactory`),
    so that handlers which are not yours have the field too, in whatever thread
    they run. Called again, it replaces what it did before.

    `logging` raises a `KeyError` if ``extra`` has a name that the factory gave
    to the record. Hence only the flow ID by default, and no annotated values;
    where the application may use a name in ``extra``, take `FlowFilter`.

    Args:
        flow: Whether records have the ``flow`` too.
        step: Whether records have the running ``step`` too.
        default: What stands where nothing is current, and in a record that
            `logging.makeLogRecord` makes from one of another process.

    .. versionadded:: 0.1
    """
    uninstall()
    around = logging.getLogRecordFactory()

    def make(name: str | None, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = around(name, *args, **kwargs)
        fields = record.__dict__
        # `makeLogRecord` gives no name. What is current here is not where that record is from.
        run = None if name is None else current_run()
        fields.setdefault("flow_id", default if run is None else run.flow_id)
        if flow:
            fields.setdefault("flow", default if run is None or run.flow is None else run.flow)
        if step:
            running = None if name is None else find_running(sys._getframe(1))  # noqa: SLF001
            fields.setdefault("step", default if running is None else running.name)
        return record

    make.around = around  # type: ignore[attr-defined]  # for `uninstall`
    logging.setLogRecordFactory(make)


def uninstall() -> None:
    """Undo what `install` did, unless another factory was put around it since.

    .. versionadded:: 0.1
    """
    factory = logging.getLogRecordFactory()
    if getattr(factory, "__module__", None) == __name__:
        logging.setLogRecordFactory(factory.around)  # type: ignore[attr-defined]
