"""Tasks of Celery that carry the flow ID of who sends them, and are steps behind a queue.

It needs ``pip install "penstock[celery]"``.
"""

from collections.abc import Callable
from contextvars import Token
from typing import Any, Unpack, cast, overload

from penstock._context import Run, current
from penstock._decorators import After, declare_task
from penstock._propagation import inject
from penstock.boundary import Inbound, InboundSettings
from penstock.exceptions import MissingExtraError

try:
    from celery import Celery, Task, shared_task, signals
except ImportError as error:
    raise MissingExtraError(__name__, "celery", "celery") from error

__all__ = ["flow_task", "install", "uninstall"]

_PLACE = "penstock.contrib.celery.install"


class _Connected:
    """What connects penstock to the signals of Celery, which are those of the process."""

    def __init__(self, inbound: Inbound, app: Celery | None) -> None:
        self.inbound = inbound
        self.app = app

    def publish(self, headers: dict[str, Any] | None = None, **_: Any) -> None:
        """Put the current flow ID into the *headers* of a message, unless they have one."""
        settings = self.inbound
        said = inject(
            {}, header=settings.header, traceparent=settings.traceparent, values=settings.values
        )
        for name, value in said.items() if headers is not None else ():
            cast("dict[str, Any]", headers).setdefault(name, value)

    def begin(self, task: Task | None = None, **_: Any) -> None:
        """Make the run of what a *task* was sent with current."""
        if task is None or (self.app is not None and task.app is not self.app):
            return
        request: Any = task.request
        if request.is_eager and current.get() is not None:
            return  # it is called in its caller's place, and is part of its run
        carrier = self._carrier(request)
        run = self.inbound.receive(carrier, task)
        if request.is_eager:
            # Nothing is published when it is tried again, so it has to know.
            request.headers = {**(request.headers or {}), self.inbound.header: run.flow_id}
        # Where it was begun: a task that is tried again in its caller's place has the same ID.
        request.penstock_token = current.set(run)

    def end(self, task: Task | None = None, **_: Any) -> None:
        """Make current again what was current before *task*."""
        request: Any = None if task is None else task.request
        token: Token[Run | None] | None = getattr(request, "penstock_token", None)
        if token is not None:
            del request.penstock_token
            current.reset(token)

    def _carrier(self, request: Any) -> dict[str, Any]:
        # Headers of the message are attributes of the request; of a call in place, they are not.
        beside = request.headers or {}
        names = (self.inbound.header, "traceparent", "baggage")
        found = {name: request.get(name, None) or beside.get(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}


_connected: _Connected | None = None


def install(app: Celery | None = None, **settings: Unpack[InboundSettings]) -> None:
    """Let every task carry the flow ID of who sends it, declared or not.

    Call it where the application of Celery is made, in the processes that send
    tasks and in workers. `flow_task` does it by itself with the settings as
    they are by default. Called again, it replaces what it did before.

    Args:
        app: The application whose tasks run with the ID. None means all. What
            is sent carries it in any case: Celery does not say for which
            application it sends.
        settings: Those of `penstock.boundary.Inbound`, of which *trust* is True
            by default here. A function as *trust* is asked with the task, whose
            ``request`` has the message's headers. *respond* means nothing.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.1
    """
    global _connected  # noqa: PLW0603 - the signals are those of the process
    inbound = Inbound.read(_PLACE, settings, trust=True)
    uninstall()
    _connected = _Connected(inbound, app)
    signals.before_task_publish.connect(_connected.publish, weak=False)
    signals.task_prerun.connect(_connected.begin, weak=False)
    signals.task_postrun.connect(_connected.end, weak=False)


def uninstall() -> None:
    """Take back what `install` or `flow_task` did.

    .. versionadded:: 0.1
    """
    global _connected  # noqa: PLW0603 - the signals are those of the process
    if _connected is not None:
        signals.before_task_publish.disconnect(_connected.publish)
        signals.task_prerun.disconnect(_connected.begin)
        signals.task_postrun.disconnect(_connected.end)
        _connected = None


@overload
def flow_task(function: Callable[..., Any], /) -> Any: ...
@overload
def flow_task(
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
    app: Celery | None = None,
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
    app: Celery | None = None,
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs, and return it as a task of Celery.

    Works bare and with arguments, below `penstock.flow`. Whoever sends the task,
    with ``delay`` say, sends the current flow ID along; the worker runs it, and
    whatever it sends itself, with that ID.

    Args:
        function: The function, where the decorator stands without arguments.
        after: The steps that send the task, as for `penstock.step`. Without
            any, runs of the flow begin with it.
        step: What edges and logs call the step, for *name* is what Celery calls
            the task. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step stands behind, as for `penstock.step`.
        app: The application of Celery. None means a shared task, of whichever
            application there is.
        options: Those of ``Celery.task``: *bind*, *name*, *autoretry_for*, ...

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.1
    """
    make = shared_task(**options) if app is None else app.task(**options)

    def declare(target: Callable[..., Any]) -> Any:
        if _connected is None:
            install()
        return declare_task(target, make, after=after, step=step, title=title, kind=kind)

    return declare if function is None else declare(function)
