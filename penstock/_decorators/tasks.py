"""Declaring a task, for the decorators of queue adapters."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar, Unpack, cast, overload

from penstock._common.declared_strings import check_text
from penstock._declared.channels import Channels
from penstock._declared.executions import current_execution
from penstock._declared.functions import unwrap_method
from penstock._declared.predecessors import After, read_after
from penstock._declared.registry import default_registry
from penstock._decorators.declaring import check_start, make_declaration, read_options
from penstock._decorators.wrapping import with_runs
from penstock._runtime.instrument import find_signature, instrument

__all__ = ["TaskSettings", "declare_task", "split_task_settings"]

T = TypeVar("T")


class TaskSettings(TypedDict, total=False):
    """The options of `declare_task` as keyword arguments.

    .. versionadded:: 0.2
    """

    after: After
    step: str | None
    title: str | None
    kind: str | None
    group: str | None
    receives: Channels | None
    sends: Channels | None
    unchecked: str | None
    uncovered: str | None
    inherit: bool


def split_task_settings(options: Mapping[str, Any]) -> tuple[TaskSettings, dict[str, Any]]:
    """Split *options* into those of `declare_task` and the others.

    For decorators that take the options of their queue as well as those of a step.

    .. versionadded:: 0.2
    """
    ours = TaskSettings.__annotations__
    settings = {name: value for name, value in options.items() if name in ours}
    others = {name: value for name, value in options.items() if name not in ours}
    return cast("TaskSettings", settings), others


@overload
def declare_task(
    function: Callable[..., Any],
    make: Callable[[Callable[..., Any]], T],
    **options: Unpack[TaskSettings],
) -> T: ...
@overload
def declare_task(
    function: None, make: Callable[[Callable[..., Any]], T], **options: Unpack[TaskSettings]
) -> Callable[[Callable[..., Any]], T]: ...
def declare_task(
    function: Callable[..., Any] | None,
    make: Callable[[Callable[..., Any]], T],
    *,
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
) -> T | Callable[[Callable[..., Any]], T]:
    """Declare *function* as a step that a worker runs, and return the task that *make* returns.

    For the decorators of queue adapters, below `penstock.flow`. Each call of the
    wrapper that *make* gets is a run, which adopts the flow ID that is current then::

        def flow_task(function=None, /, **options):
            settings, options = split_task_settings(options)
            return declare_task(function, app.task(**options), **settings)

    Args:
        function: The function. None returns a decorator instead.
        make: Called with a wrapper of the function that has its name, docstring
            and signature; returns the task of the queue.
        after: The steps that send the task, as for `penstock.step`. Without any,
            runs of the flow begin with the task.
        step: The name of the step in edges and logs. The function's name if None.
        title: The title for readers, instead of the name.
        kind: The type of system that the step uses, as for `penstock.step`. If None, it is the
            scheme of the first channel.
        group: The group in diagrams, as for `penstock.step`.
        receives: The channel that the task comes from, or a list of channels, as
            for `penstock.step`.
        sends: The channel that the task sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked against
            the source.
        uncovered: Why the edges that lead here are not to count in the coverage.
        inherit: Whether a run adopts the flow ID that the task was sent with. If
            False, each one makes a new ID, as for `penstock.entrypoint`.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the function
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    check_text("flow_task", step=step, title=title, kind=kind)
    references, join = read_after(after)
    reasons = {"unchecked": unchecked, "uncovered": uncovered}
    options = read_options("flow_task", group, receives, sends, **reasons)

    def declare(target: Callable[..., Any]) -> T:
        check_start("flow_task", target)
        execution = current_execution(sys._getframe(1))
        declaration = make_declaration(target, step, title, kind, execution, options=options)
        declaration.is_entrypoint, declaration.begins_runs = not references, True
        declaration.after, declaration.join = references, join
        # A function, whatever it was: some queues ask for its name.
        wrapper = with_runs(instrument, unwrap_method(target), declaration, inherit=inherit)
        # Queues read the arguments from the function, and not all of them look behind a wrapper.
        arguments = find_signature(target)
        if arguments is not None:
            wrapper.__signature__ = arguments
        task = make(wrapper)
        declaration.target = task
        default_registry().declare(declaration, execution)
        return task

    return declare if function is None else declare(function)
