"""Events of structlog that say to which operation they belong.

It needs ``pip install "penstock[structlog]"``.
"""

import sys

from penstock.contrib._compat import async_caller
from penstock.exceptions import MissingExtraError
from penstock.reporting import add_known_fields, describe, find_step

try:
    from structlog import contextvars
    from structlog.typing import EventDict, WrappedLogger
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "structlog", "structlog", error) from error

__all__ = ["flow_processor", "step_processor"]


_calling = async_caller(contextvars)

# Keys that control processors of structlog.
_RESERVED = {"exc_info", "stack_info", "positional_args", "_record", "_from_structlog"}


def flow_processor(
    _logger: WrappedLogger,
    _method_name: str,
    event_dict: EventDict,
    /,
    *,
    id_length: int | None = None,
) -> EventDict:
    """Add ``flow_id``, ``flow`` and annotated values to an event.

    It is a processor, for `structlog.configure` or the ``foreign_pre_chain`` of
    a ``ProcessorFormatter``. Keys that the event has already are kept. Unknown
    values are left out: outside a run it adds nothing, unless the event reports an
    exception that is from one.

    Args:
        event_dict: What structlog gives it.
        id_length: How many characters of the flow ID events have: the last
            ones, for those at its beginning are the time. Set it with
            ``functools.partial(flow_processor, id_length=8)``. None means all.

    .. versionadded:: 0.2
    """
    error = _error_of(event_dict) if "exc_info" in event_dict else None
    add_known_fields(event_dict, error, id_length, _RESERVED)
    return event_dict


def _error_of(event_dict: EventDict) -> BaseException | None:
    """Return the exception that an event reports, in whatever way it says so."""
    exc_info = event_dict.get("exc_info")
    if isinstance(exc_info, tuple):
        error = exc_info[1] if len(exc_info) > 1 else None
    else:
        error = sys.exc_info()[1] if exc_info is True or exc_info == 1 else exc_info
    return error if isinstance(error, BaseException) else None


def step_processor(
    _logger: WrappedLogger, _method_name: str, event_dict: EventDict, /
) -> EventDict:
    """Add the running ``step`` to an event, unless the event has one or no step runs.

    Of an exception that is reported outside all steps it is the one that raised it.

    It is apart from `flow_processor` because it goes through the frames of the
    thread, which takes longer than all that the other one does.

    .. versionadded:: 0.2
    """
    if "step" not in event_dict:
        step = find_step(_calling.get(None) or sys._getframe(1))
        if step is None and "exc_info" in event_dict:
            report = describe(_error_of(event_dict))
            step = report and report.step
        if step is not None:
            event_dict["step"] = step
    return event_dict
