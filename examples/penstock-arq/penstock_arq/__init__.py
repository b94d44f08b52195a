"""Jobs of arq that carry the flow ID of who enqueues them, and are steps behind a queue.

arq has no headers. But a job is a dictionary until it is serialized, of which
workers ignore members that they do not know.
"""

import pickle
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar, Unpack, overload
from weakref import WeakKeyDictionary

from arq import ArqRedis, Retry
from arq.worker import RetryJob

from penstock.boundary import (
    Inbound,
    InboundSettings,
    TaskSettings,
    active,
    declare_control_flow,
    declare_task,
)

__all__ = ["flow_task", "install", "uninstall"]

# A step that asks to be tried again has not failed.
declare_control_flow("retried", Retry, RetryJob)

F = TypeVar("F", bound=Callable[..., Any])

_MEMBER = "penstock"
"""The member of a job that holds what it carries."""

_carried: ContextVar[Mapping[str, str] | None] = ContextVar("penstock_arq.carried", default=None)
"""The headers of the job that a worker has just read. Each job has its own context."""

_block: ContextVar[active | None] = ContextVar("penstock_arq.block", default=None)
"""The block that the job made current."""

_installed: WeakKeyDictionary[Any, dict[str, tuple[Any, Any]]] = WeakKeyDictionary()
"""The functions that `install` set, by name, with those that were there before."""


def install(target: ArqRedis | type, **settings: Unpack[InboundSettings]) -> None:
    """Let jobs carry the flow ID of who enqueues them, and run with it.

    Called again, it replaces what it did before.

    Args:
        target: A pool from ``arq.create_pool``, or a class of worker settings.
        settings: Those of `penstock.boundary.Inbound`, of which *trust* is True
            by default here. A function as *trust* is asked with the context of
            the job. *respond* means nothing.

    Raises:
        penstock.exceptions.ConfigurationError: If a setting cannot be used.
    """
    inbound = Inbound.read("penstock_arq.install", settings, trust=True)
    uninstall(target)
    made: dict[str, Any] = {"job_serializer": _writer(_found(target, "job_serializer"), inbound)}
    if isinstance(target, type):
        made["job_deserializer"] = _reader(_found(target, "job_deserializer"))
        made["on_job_start"] = _starter(_found(target, "on_job_start"), inbound)
        made["after_job_end"] = _ender(_found(target, "after_job_end"))
    _installed[target] = {name: (new, vars(target).get(name)) for name, new in made.items()}
    for name, new in made.items():
        setattr(target, name, new)


def uninstall(target: ArqRedis | type) -> None:
    """Take back what `install` did, unless somebody replaced it since."""
    for name, (new, before) in _installed.pop(target, {}).items():
        if vars(target).get(name) is new:
            setattr(target, name, before)


def _found(target: object, name: str) -> Any:
    return vars(target).get(name)


def _writer(around: Any, inbound: Inbound) -> Callable[[dict[str, Any]], bytes]:
    """Return a serializer of jobs with the current flow ID, or a new one outside any run."""
    serialize = around or pickle.dumps

    def write(job: dict[str, Any]) -> bytes:
        is_result = "r" in job
        data: bytes = serialize(job if is_result else {**job, _MEMBER: inbound.with_headers()})
        return data

    return write


def _reader(around: Any) -> Callable[[bytes], dict[str, Any]]:
    """Return a deserializer that keeps what a job carries for `_starter`."""
    deserialize = around or pickle.loads

    def read(data: bytes) -> dict[str, Any]:
        job: dict[str, Any] = deserialize(data)
        _carried.set(job.get(_MEMBER))
        return job

    return read


def _starter(around: Any, inbound: Inbound) -> Callable[[dict[str, Any]], Any]:
    """Return a hook that makes the run of a job current, for the function and all hooks."""

    async def start(context: dict[str, Any]) -> None:
        block = active(inbound.receive(_carried.get(), context))
        block.__enter__()
        _block.set(block)
        if around is not None:
            await around(context)

    return start


def _ender(around: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a hook that makes current again what was current before the job."""

    async def end(context: dict[str, Any]) -> None:
        try:
            if around is not None:
                await around(context)
        finally:
            block = _block.get()
            if block is not None:
                _block.set(None)
                block.__exit__()

    return end


@overload
def flow_task(function: F, /) -> F: ...
@overload
def flow_task(**options: Unpack[TaskSettings]) -> Callable[[F], F]: ...
def flow_task(function: Any = None, /, **options: Unpack[TaskSettings]) -> Any:
    """Declare a coroutine function as a step that a worker of arq runs.

    Works bare and with arguments, below `penstock.flow`. It remains a coroutine
    function, for ``functions`` of the worker settings or for ``arq.func``.

    Args:
        function: The function, where the decorator has no arguments.
        options: Those of `penstock.boundary.declare_task`: *after*, *step*, *title*,
            *kind*, *sends*, ...

    Raises:
        penstock.exceptions.InvalidArgumentError: If an argument cannot be used.
    """
    return declare_task(function, lambda wrapper: wrapper, **options)
