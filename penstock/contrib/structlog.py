"""Events of structlog that say to which operation they belong.

It needs ``pip install "penstock[structlog]"``.
"""

# ruff: noqa: SLF001 - runs are our own, and a property's call is a tenth of the cost here

import sys
from collections.abc import Mapping

from penstock._common.plain_values import printable
from penstock._runtime.log_fields import NAMES, failure_of, find_step, shorten
from penstock._runtime.run import Run, current, open_run, values_shown
from penstock.exceptions import MissingExtraError

try:
    # Where an event comes from that is logged in another thread, by `ainfo` say.
    from structlog.contextvars import _ASYNC_CALLING_STACK as CALLING
    from structlog.typing import EventDict, WrappedLogger
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "structlog", "structlog", error) from error

__all__ = ["flow_processor", "step_processor"]


# Keys that control processors of structlog.
_RESERVED = {*NAMES, "exc_info", "stack_info", "positional_args", "_record", "_from_structlog"}


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
    run = current.get()
    if run is not None and len(run._cell) > 1:
        run = open_run()
    if id_length is not None or "exc_info" in event_dict:
        _add_reported(event_dict, run, id_length)
    if run is None:
        return event_dict
    event_dict.setdefault("flow_id", run._flow_id or run.flow_id)
    if run._flows:
        event_dict.setdefault("flow", run._flows[0])
    if run._values or run._origin or run._request:
        _add_values(event_dict, values_shown(run))
    return event_dict


def _add_reported(event_dict: EventDict, run: Run | None, id_length: int | None) -> None:
    """Add what is known of an exception, and a part of the ID if that is wanted."""
    failure = failure_of(_error_of(event_dict), run)
    known = run or failure
    if known is None:
        return
    event_dict.setdefault("flow_id", shorten(known.flow_id, id_length))
    flow = known.flow or (failure and failure.flow)
    if flow is not None:
        event_dict.setdefault("flow", flow)
    if run is not None:
        _add_values(event_dict, values_shown(run))
    if failure is not None:
        _add_values(event_dict, failure.values)


def _add_values(event_dict: EventDict, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if name not in _RESERVED:
            event_dict.setdefault(name, printable(value))


def _error_of(event_dict: EventDict) -> object:
    """Return the exception that an event reports, in whatever way it says so."""
    exc_info = event_dict.get("exc_info")
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 else None
    return sys.exc_info()[1] if exc_info is True or exc_info == 1 else exc_info


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
        running = find_step(CALLING.get(None) or sys._getframe(1))
        if running is not None:
            event_dict["step"] = running.name
        elif "exc_info" in event_dict:
            failure = failure_of(_error_of(event_dict), open_run())
            if failure is not None and failure.step is not None:
                event_dict["step"] = failure.step
    return event_dict
