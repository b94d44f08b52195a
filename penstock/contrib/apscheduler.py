"""Jobs of APScheduler 3 with a flow ID each, or with that of who adds them for once.

It needs ``pip install "penstock[apscheduler]"``.

APScheduler has no headers. So the ID travels as an attribute of the keyword
arguments, which every job store pickles with them and which nobody else sees.
"""

import sys
from collections.abc import Callable
from threading import local
from typing import Any, Unpack, overload

from penstock.boundary import (
    ARGUMENT,
    Inbound,
    TaskSettings,
    declare_task,
    receive_argument,
    send_beside,
)
from penstock.contrib._compat import before_storing, find_running_job, leave_storing
from penstock.exceptions import MissingExtraError

try:
    from apscheduler.job import Job
    from apscheduler.schedulers.base import BaseScheduler
    from apscheduler.triggers.date import DateTrigger
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "apscheduler", "apscheduler", error) from error

__all__ = ["flow_task", "install", "uninstall"]

# Jobs come from the application's own processes: their data is pickled, so nobody else may add.
_TRUSTING = Inbound(trust=True)


def install(scheduler: BaseScheduler) -> None:
    """Let jobs of *scheduler* that `flow_task` declares have a run each.

    A job that runs once has the flow ID of who adds it. One that runs again and
    again has a new ID each time, whatever was current when the scheduler was
    started: an event loop would give that to all jobs.

    Args:
        scheduler: The scheduler, before jobs are added.

    .. versionadded:: 0.2
    """
    uninstall(scheduler)
    add_job, adding = scheduler.add_job, local()

    def add_with_id(*args: Any, **kwargs: Any) -> Any:
        adding.is_here = True
        try:
            job = add_job(*args, **kwargs)
        finally:
            adding.is_here = False
        if job.pending or not is_asked:  # until the scheduler starts, somewhere else
            _complete(job)
        return job

    def complete(job: Job) -> None:
        if getattr(adding, "is_here", False):
            _complete(job)

    is_asked = before_storing(scheduler, complete)
    vars(scheduler)["add_job"] = add_with_id


def uninstall(scheduler: BaseScheduler) -> None:
    """Take back what `install` did.

    .. versionadded:: 0.2
    """
    vars(scheduler).pop("add_job", None)
    leave_storing(scheduler)


def _complete(job: Job) -> None:
    """Let *job* carry the current flow ID, if it is declared and runs once."""
    inbound = getattr(job.func, "penstock_inbound", None)
    if inbound is not None and isinstance(job.trigger, DateTrigger):
        job.kwargs = send_beside(job.kwargs, inbound)


@overload
def flow_task(function: Callable[..., Any], /) -> Any: ...
@overload
def flow_task(
    *,
    inbound: Inbound = _TRUSTING,
    **settings: Unpack[TaskSettings],
) -> Callable[[Callable[..., Any]], Any]: ...
def flow_task(
    function: Any = None,
    /,
    *,
    inbound: Inbound = _TRUSTING,
    **settings: Unpack[TaskSettings],
) -> Any:
    """Declare a function as a step that a scheduler runs.

    Works bare and with arguments, below `penstock.flow` and
    ``scheduler.scheduled_job``. It remains a function, to be added with
    ``scheduler.add_job``.

    Args:
        function: The function, if the decorator is used without arguments.
        inbound: What is carried beside the flow ID: a ``traceparent``, annotated
            values.
        settings: Those of `penstock.boundary.declare_task`: *after*, *step*, *title*,
            *kind*, *group*, *receives*, *sends*, *unchecked*, *uncovered* and
            *inherit*. Without *after*, runs of the flow begin with the job.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """

    def make(wrapper: Callable[..., Any]) -> Any:
        received: Any = receive_argument(wrapper, in_place=False, inbound=inbound, find=_find_sent)
        received.penstock_inbound = inbound
        return received

    return declare_task(function, make, **settings)


def _find_sent() -> object:
    """Return what the job was added with that calls a function now, or None if no job does."""
    # This function, `begin` and the function that was declared are called by what runs the job.
    frame = sys._getframe(3)
    job = find_running_job(frame, receive_argument.__module__)
    return None if job is None else getattr(job.kwargs, ARGUMENT, "")
