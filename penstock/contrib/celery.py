"""Tasks of Celery that carry the flow ID of who sends them, and are steps behind a queue.

It needs ``pip install "penstock[celery]"``.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, Unpack, overload
from weakref import WeakKeyDictionary

from penstock import Run, current_run
from penstock.boundary import (
    After,
    Channels,
    Inbound,
    InboundSettings,
    active,
    declare_control_flow,
    declare_task,
    flush_spans,
    is_flow_id,
    record_failure,
    split_task_settings,
)
from penstock.contrib._compat import find_received
from penstock.exceptions import MissingExtraError
from penstock.reporting import add_fields

try:
    from celery import Celery, Task, shared_task, signals
    from celery.app.log import TaskFormatter
    from celery.exceptions import Ignore, Reject, Retry
    from celery.utils.log import ColorFormatter
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "celery", "celery", error) from error

__all__ = [
    "FlowTask",
    "flow_task",
    "install",
    "install_logging",
    "uninstall",
    "uninstall_logging",
]

declare_control_flow("retried", Retry)
declare_control_flow("stopped", Ignore, Reject)  # `Task.replace` raises the first

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

_LOCATION = "penstock.contrib.celery.install"

_settings: dict[Celery | None, Inbound] = {}
"""The settings of each application that `install` was called with; None is for all others."""

_is_implied = False
"""Whether `flow_task` made the settings, for want of any."""

_blocks = WeakKeyDictionary[Any, active]()
"""The blocks that tasks made current, by request: a task in place that is tried again
has the same ID, and what is in the request itself would be sent with the next attempt."""


def install(app: Celery | None = None, **settings: Unpack[InboundSettings]) -> None:
    """Let every task carry the flow ID of who sends it, declared or not.

    Call it where the application of Celery is made, in the processes that send
    tasks and in workers. It connects five signals of Celery, which are those
    of the process. `flow_task` does it by itself, for all applications and with
    the settings as they are by default, where nobody did it before. Called
    again, it replaces what it did before.

    Args:
        app: The application whose tasks run with the ID. None means all that
            are not named. What is sent carries it in any case: Celery does not
            say for which application it sends.
        settings: Those of `penstock.boundary.Inbound`, of which *trust* is True
            by default here. A function as *trust* is asked with the task, whose
            ``request`` has the message's headers. What *values* names and
            *traceparent* is sent, too. *respond* means nothing.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    global _is_implied  # noqa: PLW0603 - the signals are those of the process
    inbound = Inbound.read(_LOCATION, settings, trust=True)
    if _is_implied:
        uninstall()
    _is_implied = False
    _settings[app] = inbound
    signals.before_task_publish.connect(_publish)
    signals.task_prerun.connect(_begin)
    signals.task_failure.connect(_fail)
    signals.task_postrun.connect(_end)
    signals.worker_process_shutdown.connect(_flush)


def uninstall(app: Celery | None = None) -> None:
    """Take back what `install` did for *app*, or what it or `flow_task` did for all.

    .. versionadded:: 0.2
    """
    _settings.pop(app, None)
    if not _settings:
        signals.before_task_publish.disconnect(_publish)
        signals.task_prerun.disconnect(_begin)
        signals.task_failure.disconnect(_fail)
        signals.task_postrun.disconnect(_end)
        signals.worker_process_shutdown.disconnect(_flush)


def _publish(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let the *headers* of a message carry the current run, or else a new flow ID.

    An ID that is made here is the same when the message is delivered again.
    """
    if headers is None:
        return
    run = current_run() or Run()
    for settings in tuple(_settings.values()):
        if not is_flow_id(headers.get(settings.header)):
            headers[settings.header] = run.flow_id
        # Who named an ID means another operation, with which our values have nothing to do.
        if headers[settings.header] == run.flow_id:
            with active(run):
                headers |= settings.with_headers(
                    {name: headers[name] for name in _W3C if name in headers}
                )


_W3C = ("traceparent", "baggage")


def _begin(task: Task | None = None, **_: Any) -> None:
    """Make the run current that a *task* was sent in."""
    inbound = None if task is None else _settings.get(task.app) or _settings.get(None)
    if task is None or inbound is None:
        return
    request = task.request
    if request.is_eager and current_run() is not None:
        return  # it is called in its caller's context, and is part of its run
    run = inbound.receive(_carrier(request, inbound.reads), task)
    if request.is_eager:
        # Nothing is published for a retry, so the next attempt finds the ID here.
        request.headers = {**(request.headers or {}), inbound.header: run.flow_id}
    block = _blocks[request] = active(run)
    block.__enter__()


def _fail(sender: Task | None = None, exception: BaseException | None = None, **_: Any) -> None:
    """Let the *exception* of a task say which operation it is from, for what reports it."""
    block = None if sender is None else _blocks.get(sender.request)
    if block is not None and exception is not None:
        record_failure(block.run, exception)


def _end(task: Task | None = None, **_: Any) -> None:
    """Make current again what was current before *task*."""
    block = None if task is None else _blocks.pop(task.request, None)
    if block is not None:
        block.__exit__()


def _flush(**_: Any) -> None:
    """Export the spans of a child, which ends without Python's own exit."""
    flush_spans()


def _carrier(request: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the message of *request* carried."""
    # Headers of the message are attributes of the request; those of a call in place are not.
    beside = request.headers if isinstance(request.headers, Mapping) else {}
    found = {name: request.get(name) or beside.get(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def install_logging(fmt: str | None = None) -> None:
    """Let the lines of workers have ``flow_id``, ``flow``, ``step`` and annotated values.

    Call it where the application of Celery is made, before a worker sets up its
    handlers: those of the root logger, and the ones of ``celery.task``, to which
    ``get_task_logger`` writes. It connects two signals of Celery. Where the
    application sets up logging itself (``signals.setup_logging``), nothing
    happens: there, a `penstock.contrib.logging.FlowFilter` belongs on its handlers.

    Args:
        fmt: The format of lines, in which Celery's ``task_id`` and
            ``task_name`` can be used too. None means Celery's own formats, as
            they are configured, with the flow ID in front. Handlers that have
            a formatter of the application keep it.

    .. versionadded:: 0.2
    """
    global _line_format  # noqa: PLW0603 - the signals are those of the process
    _line_format = fmt
    signals.after_setup_logger.connect(_complete)
    signals.after_setup_task_logger.connect(_complete)


def uninstall_logging() -> None:
    """Leave alone the handlers that a worker sets up from now on.

    .. versionadded:: 0.2
    """
    signals.after_setup_logger.disconnect(_complete)
    signals.after_setup_task_logger.disconnect(_complete)


_line_format: str | None = None


def _complete(logger: logging.Logger, **sent: Any) -> None:
    """Complete the handlers that Celery has set up."""
    for handler in logger.handlers:
        if not any(isinstance(found, _Filter) for found in handler.filters):
            handler.addFilter(_Filter())
            _show_flow_id(handler, _line_format or f"%(flow_id)s {sent['format']}")


def _show_flow_id(handler: logging.Handler, fmt: str) -> None:
    """Let *handler* write *fmt*, if its formatter is Celery's."""
    there = handler.formatter
    if isinstance(there, ColorFormatter):
        # For the root logger too: Celery's other formatter knows no task_id.
        made = TaskFormatter(fmt, there.use_color)
        made.datefmt = there.datefmt  # Celery 5.4 does not have this argument
        handler.setFormatter(made)


class _Filter(logging.Filter):
    """Gives records of a worker the fields of the run, also where a task is only received."""

    def filter(self, record: logging.LogRecord) -> bool:
        frame = sys._getframe(1)
        if record.name == "celery.worker.strategy":
            received = _find_received(frame)
            if received is not None:
                record.__dict__.setdefault("flow_id", received)
        add_fields(record.__dict__, "-", frame)
        return True


def _find_received(frame: FrameType | None) -> str | None:
    """Return the flow ID of the message that a worker has just received, if it is trusted."""
    request = find_received(frame)
    inbound = _settings.get(getattr(request, "app", None)) or _settings.get(None)
    if inbound is None or inbound.trust is not True:
        return None
    found = getattr(request, "request_dict", {}).get(inbound.header)
    return inbound.adopt(found) if isinstance(found, str) else None


class FlowTask(Protocol[P, R_co]):
    """The type of a task of Celery that `flow_task` returned, for type checkers.

    It is a `celery.app.task.Task`, of which the arguments of the function are
    checked wherever the task takes them as they are.

    .. versionadded:: 0.2
    """

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the task here and now."""
        ...

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Send the task."""
        ...

    # All else that a task has depends on Celery, which is not typed.
    def __getattr__(self, name: str, /) -> Any: ...


@overload
def flow_task(function: Callable[P, R_co], /) -> FlowTask[P, R_co]: ...
@overload
def flow_task(
    *,
    bind: Literal[True],
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    unchecked: str | None = None,
    uncovered: str | None = None,
    inherit: bool = True,
    app: Celery | None = None,
    **options: Any,
) -> Callable[[Callable[Concatenate[Any, P], R_co]], FlowTask[P, R_co]]: ...
@overload
def flow_task(
    *,
    bind: Literal[False] = False,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    unchecked: str | None = None,
    uncovered: str | None = None,
    inherit: bool = True,
    app: Celery | None = None,
    **options: Any,
) -> Callable[[Callable[P, R_co]], FlowTask[P, R_co]]: ...
def flow_task(
    function: Any = None,
    /,
    *,
    app: Celery | None = None,
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs, and return it as a task of Celery.

    Works bare and with arguments, below `penstock.flow`. The task carries the
    flow ID that is current where it is sent, for example with ``delay``; the worker runs it, and
    whatever it sends itself, with that ID.

    Args:
        function: The function, if the decorator is used without arguments.
        after: The steps that send the task, as for `penstock.step`. Without
            any, runs of the flow begin with it.
        step: What edges and logs call the step, for *name* is what Celery calls
            the task. The function's name if None.
        title: What a reader sees instead of the name.
        kind: The kind of node drawn for the step, as for `penstock.step`.
        group: The group in diagrams, as for `penstock.step`.
        receives: The channel that the task comes from, or a list of channels.
        sends: The channel that the task sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked, as for
            `penstock.step`.
        uncovered: Why they are not to count in the coverage, as for `penstock.step`.
        inherit: Whether a run adopts the flow ID that the task was sent with. If
            False, each one makes a new ID.
        app: The application of Celery. None means a shared task, of whichever
            application there is.
        options: Those of ``Celery.task``: *bind*, *name*, *base*, *autoretry_for*, ...

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    settings, options = split_task_settings(options)

    def make(wrapper: Callable[..., Any]) -> Any:
        _imply()
        return shared_task(**options)(wrapper) if app is None else app.task(**options)(wrapper)

    return declare_task(function, make, **settings)


def _imply() -> None:
    """Install penstock for whom nobody did."""
    global _is_implied  # noqa: PLW0603 - the signals are those of the process
    if not _settings:
        install()
        _is_implied = True
