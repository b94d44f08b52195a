"""The names of frameworks that adapters use and that the frameworks do not document.

One module for all adapters, so it imports none of their packages: each function takes the
object of the framework that has the name. It says where the name was seen, where its authors
were asked for a public one, and what is missing without it. An application runs as before then.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any

__all__ = [
    "async_caller",
    "before_storing",
    "code_of_log",
    "find_received",
    "find_running_job",
    "leave_storing",
    "set_id_generator",
]


def async_caller(contextvars: object) -> ContextVar[FrameType]:
    """Return what holds the frame from which an event is logged in another thread, by ``ainfo``.

    Args:
        contextvars: The module `structlog.contextvars`.

    Seen in: ``structlog.contextvars._ASYNC_CALLING_STACK`` of structlog 24.2 to 26.1.
    Upstream: https://github.com/hynek/structlog/issues/615
    Without it: such an event has no step.
    """
    empty = ContextVar[FrameType]("penstock.structlog.calling")
    found: ContextVar[FrameType] = getattr(contextvars, "_ASYNC_CALLING_STACK", empty)
    return found


def before_storing(scheduler: Any, complete: Callable[[Any], object]) -> bool:
    """Let *scheduler* call *complete* with each job before it stores it; return whether it does.

    Seen in: ``BaseScheduler._real_add_job`` of APScheduler 3.10 to 3.11.
    Upstream: https://github.com/agronholm/apscheduler/issues/32
    Without it: a job that a running scheduler puts into a database has a new ID.
    """
    store = getattr(scheduler, "_real_add_job", None)
    if store is None:
        return False

    # Here a job is complete and not yet stored: `add_job` copies dictionaries.
    def complete_and_store(job: Any, *more: Any) -> Any:
        complete(job)
        return store(job, *more)

    vars(scheduler)["_real_add_job"] = complete_and_store
    return True


def leave_storing(scheduler: Any) -> None:
    """Undo what `before_storing` did, as there.

    Seen in: ``BaseScheduler._real_add_job`` of APScheduler 3.10 to 3.11.
    Upstream: https://github.com/agronholm/apscheduler/issues/32
    Without it: there is nothing to undo.
    """
    vars(scheduler).pop("_real_add_job", None)


def find_running_job(frame: FrameType | None, end: str) -> Any:
    """Return the job that runs in *frame* or above it, or None if APScheduler runs none.

    What runs a job hands over nothing but the arguments, so the job is only to be found where it
    is run.

    Args:
        frame: Where to begin.
        end: A module whose frames end the search: another job calls them.

    Seen in: the variable ``job`` of ``run_job`` and ``run_coroutine_job`` in APScheduler 3.10 to
    3.11.
    Upstream: https://github.com/agronholm/apscheduler/issues/89, solved in APScheduler 4.
    Without it: each job has a new ID.
    """
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name in _RUNNERS and name.startswith("apscheduler.executors."):
            return frame.f_locals.get("job")
        if name == end:
            return None
        frame = frame.f_back
    return None


_RUNNERS = {"run_job", "run_coroutine_job"}


def find_received(frame: FrameType | None) -> Any:
    """Return the request of the message that a worker of Celery has just received, or None.

    The line about it is written before any signal is sent, so the request is only to be found
    where it was made.

    Seen in: the variable ``req`` of ``task_message_handler`` in Celery 5.4 to 5.7.
    Upstream: https://github.com/celery/celery/pull/5378 has a signal, which comes after the line.
    Without it: the line "Task received" has no ID.
    """
    while frame is not None and frame.f_code.co_name != "task_message_handler":
        frame = frame.f_back
    return None if frame is None else frame.f_locals.get("req")


def set_id_generator(tracer: Any, generator: object) -> None:
    """Let *tracer* take IDs of spans from *generator*.

    Seen in: ``Tracer.id_generator`` of the SDK of OpenTelemetry 1.30 to 1.45.
    Upstream: https://github.com/open-telemetry/opentelemetry-python/issues/2366
    Without it: traces and spans have other IDs than runs have and a ``traceparent`` says.
    """
    if hasattr(tracer, "id_generator"):
        tracer.id_generator = generator


def code_of_log() -> CodeType | None:
    """Return the code of the method of loggers that is called by all others.

    Seen in: ``logging.Logger._log`` of Python 3.11 to 3.15.
    Upstream: https://github.com/python/cpython/pull/17714 wanted a ``findCaller`` that goes
    through fewer frames, and was closed.
    Without it: looking for the step takes longer.
    """
    found: CodeType | None = getattr(getattr(logging.Logger, "_log", None), "__code__", None)
    return found
