"""Carrying the flow ID as an argument or beside the arguments, for queues without headers."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from penstock._runtime.run import Run
from penstock.boundary._current import active
from penstock.boundary._inbound import Inbound
from penstock.boundary._trust import Secret
from penstock.exceptions import ConfigurationError

__all__ = ["ARGUMENT", "receive_argument", "send_argument", "send_beside"]

ARGUMENT = "penstock_flow_id"
"""The keyword argument that carries the flow ID of a task; empty means a new one.

.. versionadded:: 0.2
"""

_ID_ALONE = Inbound(trust=True)
_NO_HEADERS = (
    "cannot have a Secret as trust here, since a task of this queue has no headers that could "
    "carry it: write trust=True if only your own processes send tasks, or else trust=False"
)


def send_argument(inbound: Inbound = _ID_ALONE) -> dict[str, Any]:
    """Return the current flow ID as a keyword argument, or a new one outside any run.

    For queues that carry nothing but a task's arguments. The task keeps that ID
    when it is delivered or tried again. The value is the ID, or a dictionary of
    strings if *inbound* carries more; both can be written as JSON.

    Args:
        inbound: What is carried: by default, the flow ID alone.

    .. versionadded:: 0.2
    """
    sent = inbound.with_headers()
    return {ARGUMENT: sent if len(sent) > 1 else sent[inbound.header]}


def send_beside(
    arguments: Mapping[str, Any],
    inbound: Inbound = _ID_ALONE,
    *,
    sent: Mapping[str, str] | None = None,
) -> "OrderedDict[str, Any]":
    """Return keyword *arguments* that have the current flow ID as an attribute.

    For queues that pickle the arguments. The attribute has the name `ARGUMENT`
    and the value that `send_argument` gives. It is pickled with the arguments,
    needs nothing but the standard library to be unpickled, and is not an
    argument: a worker that does not know it runs the task.

    Args:
        arguments: The keyword arguments of the task, which are copied.
        inbound: What is carried: by default, the flow ID alone.
        sent: The headers that `Inbound.with_headers` returned, if the task carries them in
            another way, too. If None, they are made now.

    .. versionadded:: 0.2
    """
    made: OrderedDict[str, Any] = OrderedDict(arguments)
    vars(made).update(send_argument(inbound) if sent is None else {ARGUMENT: dict(sent)})
    return made


def receive_argument(
    function: Callable[..., Any],
    *,
    in_place: bool = True,
    inbound: Inbound = _ID_ALONE,
    find: Callable[[], object] | None = None,
) -> Callable[..., Any]:
    """Return *function* in the run that `send_argument` carried, without that argument.

    Args:
        function: A function or a coroutine function.
        in_place: Whether the queue may call it in its sender's context, in which the
            current run is the right one. Otherwise a call that was sent has a
            new run, whatever is current.
        inbound: What is carried, as the sender has it.
        find: Called if the argument is missing. It returns the value of
            `send_argument` that was sent in another way, an empty string for a
            new ID, or None if the call was not sent.

    Raises:
        ConfigurationError: If *inbound* trusts a `Secret`, which an argument cannot carry.

    .. versionadded:: 0.2
    """
    if isinstance(inbound.trust, Secret):
        raise ConfigurationError("inbound", _NO_HEADERS)

    def begin(kwargs: dict[str, Any]) -> Run:
        sent = kwargs.pop(ARGUMENT, None)
        if sent is None and find is not None:
            sent = find()
        carrier = sent if isinstance(sent, Mapping) else {inbound.header: sent} if sent else {}
        is_direct = in_place or sent is None
        return inbound.accept(carrier) if is_direct else inbound.receive(carrier)

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
