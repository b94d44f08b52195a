"""Tasks of `django.tasks` that carry the flow ID of who enqueues them.

They need Django 6.0, or the package ``django-tasks`` before it.

The framework has no headers. So the ID travels beside the arguments in the row of
``django-tasks-db``; for any other backend, as a keyword argument which the task's
function never sees.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from functools import cache
from importlib import import_module
from typing import Any, overload

from django.db.models.signals import pre_save
from django.utils.module_loading import import_string

from penstock.boundary import (
    ARGUMENT,
    After,
    Channels,
    Inbound,
    declare_task,
    receive_argument,
    send_argument,
    split_task_settings,
)
from penstock.exceptions import MissingExtraError


def _find_tasks() -> Any:
    """Return Django's tasks, or those of the package that has them for versions before."""
    try:
        return import_module("django.tasks")
    except ImportError:
        pass
    try:
        return import_module("django_tasks")
    except ImportError as error:
        needs = "Django 6.0, or django-tasks"
        raise MissingExtraError.from_import(__name__, needs, "django", error) from error


_tasks = _find_tasks()

# Tasks come from the application's own processes, so what they carry is believed.
_TRUSTING = Inbound(trust=True)

__all__ = ["flow_task"]


@overload
def flow_task(function: Callable[..., Any], /) -> Any: ...
@overload
def flow_task(
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
    backend: str = "default",
    inbound: Inbound | None = _TRUSTING,
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]: ...
def flow_task(
    function: Any = None,
    /,
    *,
    backend: str = "default",
    inbound: Inbound | None = _TRUSTING,
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs, and return it as a task of Django.

    Works bare and with arguments, below `penstock.flow`. The task carries the
    flow ID that is current where it is enqueued, with every backend.

    Args:
        function: The function, if the decorator is used without arguments.
        after: The steps that enqueue the task, as for `penstock.step`. Without
            any, runs of the flow begin with it.
        step: What edges and logs call the step. The function's name if None.
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
        backend: The alias of the backend in ``settings.TASKS``.
        inbound: What is carried beside the flow ID: a ``traceparent``, annotated
            values. None sends nothing, but receives: for the time of a deploy in
            which some workers do not know `flow_task` yet.
        options: Those of `django.tasks.task`: *priority*, *queue_name*,
            *takes_context*.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    settings, options = split_task_settings(options)

    def make(wrapper: Callable[..., Any]) -> Any:
        received: Any = receive_argument(
            wrapper, inbound=inbound or _TRUSTING, find=lambda: _take(received)
        )
        received.penstock_inbound = inbound
        import_module(f"{_tasks.__name__}.signals").task_started.connect(_keep)
        # Only the framework's own decorator knows what a task of this version has to have.
        made: Any = _tasks.task(backend=backend, **options)(received)
        return _carrying(made.__class__)(**_fields(made))

    return declare_task(function, make, **settings)


@cache
def _carrying(cls: Any) -> Any:
    """Return the class of tasks *cls*, whose tasks are enqueued with the flow ID."""

    class FlowTask(cls):  # type: ignore[misc]  # a backend says which
        __slots__ = ()

        def enqueue(self, *args: Any, **kwargs: Any) -> Any:
            with _sending(self) as added:
                return super().enqueue(*args, **kwargs, **added)

        async def aenqueue(self, *args: Any, **kwargs: Any) -> Any:
            with _sending(self) as added:
                return await super().aenqueue(*args, **kwargs, **added)

        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return _restore, (cls, {**_fields(self), "func": self.module_path})

    return FlowTask


def _fields(task: Any) -> dict[str, Any]:
    return {field.name: getattr(task, field.name) for field in fields(task)}


def _restore(cls: Any, state: dict[str, Any]) -> Any:
    """Return the task that was pickled by the name of its function, as Django does it."""
    return _carrying(cls)(**{**state, "func": import_string(state["func"]).func})


_sent: ContextVar[dict[str, Any] | None] = ContextVar("penstock.django.sent", default=None)
"""The fields that the row of a task is to have which is being enqueued."""

_started: ContextVar[tuple[Any, object] | None] = ContextVar("penstock.django.task", default=None)
"""The function that a worker is about to call, and what the row of its task holds."""


@contextmanager
def _sending(task: Any) -> Iterator[dict[str, Any]]:
    """Yield what *task* is to be enqueued with, beside its arguments: nothing if its row has it."""
    inbound = task.func.penstock_inbound
    added = {} if inbound is None else send_argument(inbound)
    if not _has_rows(task.get_backend().__class__):
        yield added
        return
    token = _sent.set(added)
    try:
        yield {}
    finally:
        _sent.reset(token)


@cache
def _has_rows(backend: type) -> bool:
    """Return whether *backend* keeps a row for each task, and complete the rows if it does.

    A worker of ``django-tasks-db`` without penstock reads the arguments alone, and
    runs the task.
    """
    for cls in backend.__mro__:
        package, _, name = cls.__module__.rpartition(".")
        if package in {"django_tasks_db", "django_tasks.backends.database"} and name == "backend":
            rows = import_module(f"{package}.models").DBTaskResult
            pre_save.connect(_complete, sender=rows)
            return True
    return False


def _complete(instance: Any, **_: Any) -> None:
    """Put what is sent with a task into its row."""
    if instance._state.adding:  # noqa: SLF001 - documented
        instance.args_kwargs |= _sent.get() or {}


def _keep(task_result: Any, **_: Any) -> None:
    """Keep what the row of a task holds that a worker has started."""
    row = getattr(task_result, "db_result", None)
    sent = None if row is None else row.args_kwargs.get(ARGUMENT)
    _started.set((task_result.task.func, sent))


def _take(function: Callable[..., Any]) -> object:
    """Return what was sent with the task for which *function* is called, once."""
    started = _started.get()
    if started is None or started[0] is not function:
        return None
    _started.set(None)
    return started[1]
