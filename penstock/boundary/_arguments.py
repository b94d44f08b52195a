"""The flow ID as an argument, for queues that carry nothing else."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from penstock._context import Run, new_flow_id, open_run
from penstock.boundary._current import active
from penstock.boundary._settings import Inbound

__all__ = ["ARGUMENT", "receive_argument", "send_argument"]

ARGUMENT = "penstock_flow_id"
"""The keyword argument that tells a task its flow ID; empty means one of its own.

.. versionadded:: 0.1
"""

_arguments = Inbound(trust=True)


def send_argument() -> dict[str, str]:
    """Return the current flow ID as a keyword argument, or a new one outside any run.

    For queues that carry nothing but a task's arguments. The task has that ID
    however often it is delivered or tried again.

    .. versionadded:: 0.1
    """
    run = open_run()
    return {ARGUMENT: new_flow_id() if run is None else run.flow_id}


def receive_argument(function: Callable[..., Any], *, in_place: bool = True) -> Callable[..., Any]:
    """Return *function* in the run that `send_argument` told of, without seeing that argument.

    Args:
        function: A function or a coroutine function.
        in_place: Whether the queue may call it in its sender's place, where the
            current run is the right one. Otherwise a call that was sent has a
            run of its own, whatever is current.

    .. versionadded:: 0.1
    """

    def begin(kwargs: dict[str, Any]) -> Run:
        said = kwargs.pop(ARGUMENT, None)
        carrier = {_arguments.header: said} if said else {}
        is_direct = in_place or said is None
        return _arguments.accept(carrier) if is_direct else _arguments.receive(carrier)

    if iscoroutinefunction(function):

        @wraps(function)
        async def receive_later(*args: Any, **kwargs: Any) -> Any:
            with active(begin(kwargs)):
                return await function(*args, **kwargs)

        return receive_later

    @wraps(function)
    def receive(*args: Any, **kwargs: Any) -> Any:
        with active(begin(kwargs)):
            return function(*args, **kwargs)

    return receive
