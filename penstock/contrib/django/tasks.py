"""Tasks of `django.tasks` that carry the flow ID of who enqueues them.

They need Django 6.0, or the package ``django-tasks`` before it.

The framework has no place beside a task's arguments. So the ID travels as a
keyword argument, which the task's function never sees.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from importlib import import_module
from typing import Any, overload

from django.utils.module_loading import import_string

from penstock._decorators import After, declare_task
from penstock.boundary import receive_argument, send_argument
from penstock.exceptions import MissingExtraError


def _find_tasks() -> Any:
    """Return Django's tasks, or those of the package that has them for versions before."""
    for name in ("django.tasks", "django_tasks"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise MissingExtraError(__name__, "Django 6.0, or django-tasks", "django")


_tasks = _find_tasks()

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
    backend: str = "default",
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]: ...
def flow_task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
    backend: str = "default",
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs, and return it as a task of Django.

    Works bare and with arguments, below `penstock.flow`. Whoever enqueues the
    task sends the current flow ID along, whatever backend there is.

    Args:
        function: The function, where the decorator stands without arguments.
        after: The steps that enqueue the task, as for `penstock.step`. Without
            any, runs of the flow begin with it.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step stands behind, as for `penstock.step`.
        backend: The alias of the backend in ``settings.TASKS``.
        options: Those of `django.tasks.task`: *priority*, *queue_name*,
            *takes_context*.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.1
    """

    def make(wrapper: Callable[..., Any]) -> Any:
        # Only the framework's own decorator knows what a task of this version has to have.
        made: Any = _tasks.task(backend=backend, **options)(receive_argument(wrapper))
        return _carrying(made.__class__)(**_fields(made))

    def declare(target: Callable[..., Any]) -> Any:
        return declare_task(target, make, after=after, step=step, title=title, kind=kind)

    return declare if function is None else declare(function)


@cache
def _carrying(cls: Any) -> Any:
    """Return the class of tasks *cls*, whose tasks are enqueued with the flow ID."""

    class FlowTask(cls):  # type: ignore[misc]  # a backend says which
        __slots__ = ()

        def enqueue(self, *args: Any, **kwargs: Any) -> Any:
            return super().enqueue(*args, **kwargs, **send_argument())

        async def aenqueue(self, *args: Any, **kwargs: Any) -> Any:
            return await super().aenqueue(*args, **kwargs, **send_argument())

        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return _restore, (cls, {**_fields(self), "func": self.module_path})

    return FlowTask


def _fields(task: Any) -> dict[str, Any]:
    return {field.name: getattr(task, field.name) for field in fields(task)}


def _restore(cls: Any, said: dict[str, Any]) -> Any:
    """Return the task that was pickled by the name of its function, as Django does it."""
    return _carrying(cls)(**{**said, "func": import_string(said["func"]).func})
