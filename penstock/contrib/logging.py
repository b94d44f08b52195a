"""Log records that say to which operation they belong, with the standard library's `logging`."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from penstock._fields import NAMES, add_fields
from penstock.exceptions import ConfigurationError, did_you_mean

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
        add_fields(record.__dict__, self._default, step=self._step)
        return True


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


def install(fields: Iterable[str] = ("flow_id",), *, default: object = "-") -> None:
    """Let every record of this process have *fields* from its creation on.

    This puts a factory around the present one (`logging.setLogRecordFactory`),
    so that handlers which are not yours have the fields too, in whatever thread
    they run. Called again, it replaces what it did before.

    `logging` raises a `KeyError` if ``extra`` has a name that the factory gave
    to the record. Hence only the flow ID by default, and no annotated values;
    where the application may use a name in ``extra``, take `FlowFilter`.

    Args:
        fields: Out of ``flow_id``, ``flow`` and ``step``.
        default: What stands where nothing is current, and in a record that
            `logging.makeLogRecord` makes from one of another process.

    Raises:
        ConfigurationError: If there is no such field.

    .. versionadded:: 0.1
    """
    names = tuple(fields)
    for name in names:
        if name not in NAMES:
            hint = did_you_mean(name, NAMES)
            problem = f"a record has no field {name!r}{hint} (known: {', '.join(NAMES)})"
            raise ConfigurationError("penstock.contrib.logging.install", problem)
    uninstall()
    logging.setLogRecordFactory(_Factory(logging.getLogRecordFactory(), names, default))


def uninstall() -> None:
    """Undo what `install` did, unless another factory was put around it since.

    .. versionadded:: 0.1
    """
    factory = logging.getLogRecordFactory()
    if isinstance(factory, _Factory):
        logging.setLogRecordFactory(factory.around)


class _Factory:
    def __init__(
        self, around: Callable[..., logging.LogRecord], names: Sequence[str], default: object
    ) -> None:
        self.around = around
        self._names = names
        self._default = default

    def __call__(self, name: str | None, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.around(name, *args, **kwargs)
        # `makeLogRecord` gives no name. What is current here is not where that record is from.
        found = dict[str, object]()
        if name is not None:
            add_fields(found, self._default, step="step" in self._names, values=False)
        for field in self._names:
            record.__dict__.setdefault(field, found.get(field, self._default))
        return record
