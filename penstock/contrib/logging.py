"""Log records that say to which operation they belong, with the standard library's `logging`."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from copy import copy
from string import Formatter, Template
from types import FrameType
from typing import Any, Literal

from penstock import current_run
from penstock.contrib._compat import code_of_log
from penstock.exceptions import ConfigurationError
from penstock.reporting import (
    add_fields,
    describe,
    find_step,
    printable,
    shorten,
    unprintable,
)

__all__ = ["FlowFilter", "FlowFormatter", "install", "uninstall"]

_NAMES = ("flow_id", "flow", "step")
_Style = Literal["%", "{", "$"]
_FORMAT: Mapping[_Style, str] = {
    "%": "%(asctime)s %(levelname)s %(flow_id)s %(step)s %(name)s: %(message)s",
    "{": "{asctime} {levelname} {flow_id} {step} {name}: {message}",
    "$": "${asctime} ${levelname} ${flow_id} ${step} ${name}: ${message}",
}


class FlowFilter(logging.Filter):
    """Gives records the fields ``flow_id``, ``flow`` and ``step``, and annotated values.

    It belongs on handlers, since a filter on a logger does not see the records
    of the loggers below it; and on a `logging.handlers.QueueHandler` or
    `logging.handlers.MemoryHandler` rather than on their target, which runs
    elsewhere or later. It drops no record, and leaves fields alone that a
    record has already, from ``extra`` say. A record that reports an exception
    outside a run says which operation that is from.

    Args:
        step: Whether to look for the running step, in the frames of the
            thread, for each record that the handler takes.
        default: The value where nothing is current. With None, a formatter
            for JSON writes null.
        id_length: How many characters of the flow ID records have: the last
            ones, for those at its beginning are the time. None means all.

    Raises:
        ConfigurationError: If *id_length* is not a number above 0.

    .. versionadded:: 0.2
    """

    def __init__(
        self, *, step: bool = True, default: object = "-", id_length: int | None = None
    ) -> None:
        super().__init__()
        _check_length("penstock.contrib.logging.FlowFilter", id_length)
        self._step = step
        self._default = default
        self._id_length = id_length

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete *record* and let it pass."""
        frame = _caller() if self._step else None
        error = _error_of(record) if record.exc_info else None
        add_fields(record.__dict__, self._default, frame, error, self._id_length)
        return True


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """Return the exception that *record* reports, if it does."""
    found: object = record.exc_info
    error = found[1] if isinstance(found, tuple) and len(found) > 1 else found
    return error if isinstance(error, BaseException) else None


def _check_length(place: str, length: object) -> None:
    """Raise unless *length* is a number of characters, or None."""
    if length is None or (type(length) is int and length > 0):
        return
    problem = f"id_length must be a number of characters above 0, not {length!r}: write 8"
    raise ConfigurationError(place, problem)


_LOG = code_of_log()


def _caller() -> FrameType | None:
    """Return a frame that the step called, or that of the step."""
    # Looking at a frame costs more than all else here, so those of `logging` are skipped:
    # Logger._log, handle, callHandlers, Handler.handle, Filterer.filter, FlowFilter.filter.
    try:
        frame = sys._getframe(6)
    except ValueError:  # called by other means
        return sys._getframe(1)
    return frame.f_back if frame.f_code is _LOG else sys._getframe(1)


class FlowFormatter(logging.Formatter):
    """A formatter for which ``flow_id``, ``flow`` and ``step`` are never missing.

    A handler without `FlowFilter` writes the default instead, where
    `logging.Formatter` would print a traceback and lose the record. These, and
    all other fields that are not those of `logging` itself, are written in one
    line: control characters and line breaks in them are escaped.

    Args:
        fmt: As for `logging.Formatter`. None means time, level, flow ID, step,
            logger and message.
        datefmt: As for `logging.Formatter`.
        style: As for `logging.Formatter`.
        validate: As for `logging.Formatter`.
        defaults: The values of other fields that a record does not have.
        default: The value of the three fields where nothing is current.
        id_length: How many characters of the flow ID are written, as for
            `FlowFilter`. What else takes the record has all of them.

    Raises:
        ConfigurationError: If *id_length* is not a number above 0.

    .. versionadded:: 0.2
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
        id_length: int | None = None,
    ) -> None:
        _check_length("penstock.contrib.logging.FlowFormatter", id_length)
        chosen = _FORMAT[style] if fmt is None and style in _FORMAT else fmt
        super().__init__(
            chosen,
            datefmt,
            style,
            validate,
            defaults=dict.fromkeys(_NAMES, default) | dict(defaults or {}),
        )
        self._id_length = id_length
        # What `logging` writes without a format, too.
        self._plain = (chosen or "%(message)s") if style == "%" else None
        used = dict.fromkeys(_fields_of(chosen or "", style))
        self._others = tuple(name for name in used if name not in _STANDARD)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - of `logging`
        """Return the line of *record*, in which no field of the application breaks the line."""
        fields = record.__dict__
        for name in self._others:
            value = fields.get(name, "")
            if type(value) is not str or not value.isprintable():
                return super().formatMessage(self._in_one_line(record))
        if self._id_length is not None:
            return super().formatMessage(self._in_one_line(record))
        if self._plain is not None:
            try:  # without the defaults, for which `logging` makes a new dictionary
                return self._plain % fields
            except KeyError:
                pass
        return super().formatMessage(record)

    def _in_one_line(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a copy of *record* whose fields can be written in one line."""
        copied = copy(record)
        fields = copied.__dict__
        if self._id_length is not None and "flow_id" in fields:
            fields["flow_id"] = shorten(fields["flow_id"], self._id_length)
        for name in self._others:
            if name in fields and not _is_number(fields[name]):
                fields[name] = _Field(fields[name])
        return copied


_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime"}

# Control characters, line and paragraph separators, what changes the direction, and halves
# of characters: nothing of a script that somebody writes.
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _is_number(value: object) -> bool:
    """Return whether *value* is a number that a format may write as one."""
    return issubclass(type(value), (int, float)) and printable(value) is value


def _text(value: object) -> str:
    try:
        text = str(value)
        # An instance of a subclass may override this again.
        return text if type(text) is str else str.__str__(text)
    except Exception:  # it would lose the line
        return unprintable(value)


def _in_line(text: str) -> str:
    return text if text.isprintable() else _BREAKING.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class _Field:
    """A value as a format uses it, whose text is there whatever the value does, in one line."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __str__(self) -> str:
        return _in_line(_text(self._value))

    def __repr__(self) -> str:
        try:
            return _in_line(repr(self._value))
        except Exception:
            return unprintable(self._value)

    def __format__(self, spec: str) -> str:
        try:
            return _in_line(format(self._value, spec))
        except Exception:  # this value has no such format, or fails
            return str(self)

    def __getattr__(self, name: str) -> "_Field":
        return _Field(getattr(self._value, name))

    def __getitem__(self, key: object) -> "_Field":
        return _Field(self._value[key])

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)


def _fields_of(fmt: str, style: _Style) -> Iterator[str]:
    """Yield the names of the fields that *fmt* writes."""
    if style == "{":
        for _, field, _, _ in Formatter().parse(fmt):
            yield re.split(r"[.\[]", field or "")[0]
    elif style == "$":
        for found in Template.pattern.finditer(fmt):
            yield found["named"] or found["braced"] or ""
    else:
        yield from re.findall(r"%\((\w+)\)", fmt)


def install(
    *,
    flow: bool = False,
    step: bool = False,
    default: object = "-",
    id_length: int | None = None,
) -> None:
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
        default: The value where nothing is current, and in a record that
            `logging.makeLogRecord` makes from one of another process.
        id_length: How many characters of the flow ID records have, as for
            `FlowFilter`.

    Raises:
        ConfigurationError: If *id_length* is not a number above 0.

    .. versionadded:: 0.2
    """
    _check_length("penstock.contrib.logging.install", id_length)
    uninstall()
    around = logging.getLogRecordFactory()

    def make(name: str | None, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = around(name, *args, **kwargs)
        fields = record.__dict__
        # `makeLogRecord` gives no name. What is current here is not where that record is from.
        run = None if name is None else current_run()
        report = None
        if record.exc_info and name is not None:
            report = describe(_error_of(record))
        known = run or report
        flow_id = default if known is None else known.flow_id
        fields.setdefault("flow_id", flow_id if id_length is None else shorten(flow_id, id_length))
        if flow:
            found = (run and run.flow) or (report and report.flow)
            fields.setdefault("flow", found or default)
        if step:
            running = None if name is None else find_step(sys._getframe(1))
            fields.setdefault("step", running or (report and report.step) or default)
        return record

    make.around = around  # type: ignore[attr-defined]  # for `uninstall`
    logging.setLogRecordFactory(make)


def uninstall() -> None:
    """Undo what `install` did, unless another factory was put around it since.

    .. versionadded:: 0.2
    """
    factory: Any = logging.getLogRecordFactory()
    if getattr(factory, "__module__", None) == __name__:
        logging.setLogRecordFactory(factory.around)
