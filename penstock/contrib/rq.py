"""Jobs of RQ that carry the flow ID of who enqueues them, and are steps behind a queue.

It needs ``pip install "penstock[rq]"``.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, overload

from penstock import Run
from penstock.boundary import (
    ARGUMENT,
    After,
    Channels,
    Inbound,
    active,
    bind_calls,
    declare_control_flow,
    declare_task,
    flush_spans,
    send_beside,
    split_task_settings,
)
from penstock.exceptions import MissingExtraError

try:
    from rq import Queue, SimpleWorker, Worker
    from rq.decorators import job as make_job
    from rq.exceptions import ShutDownImminentException
    from rq.job import Job, get_current_job
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "rq", "rq", error) from error

__all__ = ["FlowQueue", "FlowSimpleWorker", "FlowWorker", "flow_task"]

declare_control_flow("cancelled", ShutDownImminentException)

# Jobs come from the application's own processes: their data is pickled, so nobody else may send.
_TRUSTING = Inbound(trust=True)


class FlowQueue(Queue):
    """A queue whose jobs carry the flow ID of who enqueues them, in their ``meta``.

    With a `FlowWorker`, any function runs with the ID; with any other worker,
    those that are declared by `flow_task`.

    .. versionadded:: 0.2
    """

    inbound: ClassVar[Inbound] = _TRUSTING
    """The names of headers, and who is trusted. If your class overrides it, so must its workers."""

    def create_job(self, *args: Any, **kwargs: Any) -> Job:
        """Return a job that has the current flow ID, unless its ``meta`` has one."""
        job = super().create_job(*args, **kwargs)
        self._complete(job)
        return job

    def enqueue_job(self, job: Job, *args: Any, **kwargs: Any) -> Job:
        """Enqueue *job*, which has the current flow ID then, unless it has one already."""
        header = self.inbound.header
        if header not in _carrier(job, header):
            self._complete(job)
        return super().enqueue_job(job, *args, **kwargs)

    def _complete(self, job: Job) -> None:
        """Let *job* carry the current flow ID."""
        try:
            arguments = job.kwargs
        except Exception:  # as in `_carrier`
            return
        for name, value in self.inbound.with_headers().items():
            job.meta.setdefault(name, value)
        # What runs in a job may replace its meta; nobody replaces its arguments.
        sent = {name: job.meta[name] for name in self.inbound.reads if name in job.meta}
        job.kwargs = send_beside(arguments or {}, sent=sent)


def _carrier(job: Job, header: str) -> Mapping[str, Any]:
    """Return what *job* carries: its meta, or what it was created with where that was replaced."""
    if header in job.meta:
        return job.meta
    try:
        found: object = getattr(job.kwargs, ARGUMENT, None)
    except Exception:  # RQ reports arguments that cannot be read
        return job.meta
    return found if isinstance(found, Mapping) else job.meta


class _FlowWorkerMixin:
    """Makes the run of a job current while it is performed, with its callbacks and log lines."""

    inbound: ClassVar[Inbound] = _TRUSTING
    """The names of headers, and who is trusted, as in their queue."""

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Perform *job* in its run."""
        with active(self.inbound.receive(_carrier(job, self.inbound.header), job)):
            done: bool = super().perform_job(job, *args, **kwargs)  # type: ignore[misc]
            return done


class FlowWorker(_FlowWorkerMixin, Worker):
    """A worker whose jobs run with the flow ID of who enqueued them.

    ``rq worker --worker-class penstock.contrib.rq.FlowWorker --queue-class
    penstock.contrib.rq.FlowQueue``

    While tracing is on, the process of each job exports its spans before it ends.

    .. versionadded:: 0.2
    """

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Perform *job* in its run."""
        try:
            return super().perform_job(job, *args, **kwargs)
        finally:
            flush_spans()  # the process ends without Python's own exit


class FlowSimpleWorker(_FlowWorkerMixin, SimpleWorker):
    """The same for workers that do not fork.

    .. versionadded:: 0.2
    """


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
    inbound: Inbound = _TRUSTING,
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]: ...
def flow_task(
    function: Any = None,
    /,
    *,
    inbound: Inbound = _TRUSTING,
    **options: Any,
) -> Any:
    """Declare a function as a step that a worker runs.

    Works bare and with arguments, below `penstock.flow`. It remains a function,
    to be enqueued with a `FlowQueue`: ``queue.enqueue(ship, 7)``.

    Args:
        function: The function, if the decorator is used without arguments.
        after: The steps that enqueue it, as for `penstock.step`. Without any,
            runs of the flow begin with it.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: The kind of node drawn for the step, as for `penstock.step`.
        group: The group in diagrams, as for `penstock.step`.
        receives: The channel that the job comes from, or a list of channels.
        sends: The channel that the job sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked, as for
            `penstock.step`.
        uncovered: Why they are not to count in the coverage, as for `penstock.step`.
        inherit: Whether a run adopts the flow ID that the job was sent with. If
            False, each one makes a new ID.
        inbound: What jobs carry, the same as their queue's, for workers that are
            not a `FlowWorker`.
        options: Those of `rq.job`, *queue* and *connection* among them. With
            any, the function has ``delay`` and ``enqueue``, as with that
            decorator.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    settings, options = split_task_settings(options)

    def find_run() -> Run | None:
        """Return the run of the job that the function is called for, or None if none calls it."""
        job = get_current_job()
        return None if job is None else inbound.accept(_carrier(job, inbound.header), job)

    def make(wrapper: Callable[..., Any]) -> Any:
        received = bind_calls(wrapper, find_run)
        given: dict[str, Any] = {"queue_class": FlowQueue, **options}
        return make_job(**given)(received) if options else received

    return declare_task(function, make, **settings)
