"""Events of structlog that say to which operation they belong.

It needs ``pip install "penstock[structlog]"``.
"""

# ruff: noqa: SLF001 - runs are our own, and a property's call is a tenth of the cost here

import sys

from penstock._context import current
from penstock._running import find_running
from penstock.exceptions import MissingExtraError

try:
    # Where an event comes from that is logged in another thread, by `ainfo` say.
    from structlog.contextvars import _ASYNC_CALLING_STACK as CALLING
    from structlog.typing import EventDict, WrappedLogger
except ImportError as error:
    raise MissingExtraError(__name__, "structlog", "structlog") from error

__all__ = ["flow_processor", "step_processor"]


def flow_processor(
    _logger: WrappedLogger, _method_name: str, event_dict: EventDict, /
) -> EventDict:
    """Add ``flow_id``, ``flow`` and annotated values to an event.

    It is a processor, for `structlog.configure` or the ``foreign_pre_chain`` of
    a ``ProcessorFormatter``. What the event has already stays. What is not known
    is left out: outside a run it adds nothing.

    .. versionadded:: 0.1
    """
    run = current.get()
    if run is None:
        return event_dict
    event_dict.setdefault("flow_id", run._flow_id)
    if run._flows:
        event_dict.setdefault("flow", run._flows[0])
    if run._values or run._parent:
        for name, value in run.values.items():
            event_dict.setdefault(name, value)
    return event_dict


def step_processor(
    _logger: WrappedLogger, _method_name: str, event_dict: EventDict, /
) -> EventDict:
    """Add the running ``step`` to an event, unless the event has one or no step runs.

    It is apart from `flow_processor` because it goes through the frames of the
    thread, which takes longer than all that the other one does.

    .. versionadded:: 0.1
    """
    if "step" not in event_dict:
        running = find_running(CALLING.get(None) or sys._getframe(1))
        if running is not None:
            event_dict["step"] = running.name
    return event_dict
