"""Jobs of APScheduler 3 with a flow ID each, or with that of who adds them for once.

It needs ``pip install "penstock[apscheduler]"``.
"""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, overload

from penstock._decorators import After, declare_task
from penstock._wrap import find_signature
from penstock.boundary import ARGUMENT, receive_argument, send_argument
from penstock.exceptions import MissingExtraError

try:
    from apscheduler.schedulers.base import BaseScheduler
    from apscheduler.triggers.date import DateTrigger
    from apscheduler.util import ref_to_obj
except ImportError as error:
    raise MissingExtraError(__name__, "apscheduler", "apscheduler") from error

__all__ = ["flow_task", "install", "uninstall"]


def install(scheduler: BaseScheduler) -> None:
    """Let jobs of *scheduler* that `flow_task` declares have a run each.

    A job that runs once has the flow ID of who adds it. One that runs again and
    again has a new ID each time, whatever was current when the scheduler was
    started: an event loop would give that to all jobs.

    Args:
        scheduler: The scheduler, before jobs are added.

    .. versionadded:: 0.1
    """
    uninstall(scheduler)
    add_job = scheduler.add_job
    arguments = find_signature(add_job) or signature(add_job)

    def add_with_id(*args: Any, **kwargs: Any) -> Any:
        said = arguments.bind(*args, **kwargs)
        func, trigger = said.arguments["func"], said.arguments.get("trigger")
        found = ref_to_obj(func) if isinstance(func, str) else func
        if getattr(found, "penstock_takes_id", False):
            is_once = trigger in {None, "date"} or isinstance(trigger, DateTrigger)
            sent = send_argument() if is_once else {}
            given = said.arguments.get("kwargs") or {}
            said.arguments["kwargs"] = {ARGUMENT: "", **sent, **given}
        return add_job(*said.args, **said.kwargs)

    scheduler.add_job = add_with_id


def uninstall(scheduler: BaseScheduler) -> None:
    """Take back what `install` did.

    .. versionadded:: 0.1
    """
    vars(scheduler).pop("add_job", None)


@overload
def flow_task(function: Callable[..., Any], /) -> Any: ...
@overload
def flow_task(
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
) -> Callable[[Callable[..., Any]], Any]: ...
def flow_task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
) -> Any:
    """Declare a function as a step that a scheduler runs.

    Works bare and with arguments, below `penstock.flow` and
    ``scheduler.scheduled_job``. It remains a function, to be added with
    ``scheduler.add_job``.

    Args:
        function: The function, where the decorator stands without arguments.
        after: The steps that add the job, as for `penstock.step`. Without any,
            runs of the flow begin with it.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step stands behind, as for `penstock.step`.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.1
    """

    def make(wrapper: Callable[..., Any]) -> Any:
        received: Any = receive_argument(wrapper, in_place=False)
        # A scheduler refuses arguments that a function does not name.
        said = find_signature(wrapper) or signature(received, follow_wrapped=False)
        more = Parameter(ARGUMENT, Parameter.KEYWORD_ONLY, default=None)
        last = [p for p in said.parameters.values() if p.kind is Parameter.VAR_KEYWORD]
        others = [p for p in said.parameters.values() if p not in last]
        received.__signature__ = said.replace(parameters=[*others, more, *last])
        received.penstock_takes_id = True
        return received

    def declare(target: Callable[..., Any]) -> Any:
        return declare_task(target, make, after=after, step=step, title=title, kind=kind)

    return declare if function is None else declare(function)
