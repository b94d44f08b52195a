"""Messages of FastStream whose correlation ID is the flow ID.

It needs ``pip install "penstock[faststream]"``.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Unpack

from penstock import current_flow_id, inject
from penstock.boundary import Inbound, InboundSettings, active, declare_control_flow
from penstock.exceptions import MissingExtraError

try:
    from faststream import BaseMiddleware
    from faststream.exceptions import IgnoredException, NackMessage
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "faststream", "faststream", error) from error

if TYPE_CHECKING:
    from faststream import ContextRepo, PublishCommand, StreamMessage

__all__ = ["FlowMiddleware"]

declare_control_flow("stopped", IgnoredException)
declare_control_flow("retried", NackMessage)

_CORRELATION_ID = "correlation_id"


class FlowMiddleware:
    """Makes a run current for each message, and the flow ID the ``correlation_id`` of others.

    It is a middleware of a broker: ``KafkaBroker(middlewares=[FlowMiddleware()])``.
    A message that comes in without FastStream's own header is asked for the one
    of penstock's other adapters. Within the handler, the ``correlation_id`` of
    the message is the flow ID, whether that came in or was made here. A batch
    has the ID that all of its messages have, or else a new one.

    Args:
        settings: Those of `penstock.boundary.Inbound`, with *trust* on. A
            function as *trust* is asked with the message. Annotated *values*
            and ``traceparent`` are sent too.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, **settings: Unpack[InboundSettings]) -> None:
        location = "penstock.contrib.faststream.FlowMiddleware"
        self._inbound = Inbound.read(location, settings, trust=True)

    def __call__(self, msg: Any, /, *, context: "ContextRepo") -> "_Middleware":
        """Return what goes with one message, or with what is published outside any."""
        return _Middleware(msg, context=context, inbound=self._inbound)


class _Middleware(BaseMiddleware):
    def __init__(self, msg: Any, /, *, context: "ContextRepo", inbound: Inbound) -> None:
        super().__init__(msg, context=context)
        self._inbound = inbound

    async def consume_scope(
        self, call_next: Callable[["StreamMessage[Any]"], Awaitable[Any]], msg: "StreamMessage[Any]"
    ) -> Any:
        headers = _shared_headers(msg)
        if _CORRELATION_ID in headers:
            headers[self._inbound.header] = headers[_CORRELATION_ID]
        run = self._inbound.receive(headers, msg)
        msg.correlation_id = run.flow_id
        with active(run):
            return await call_next(msg)

    async def publish_scope(
        self, call_next: Callable[["PublishCommand"], Awaitable[Any]], cmd: "PublishCommand"
    ) -> Any:
        flow_id = current_flow_id()
        if flow_id is not None:
            cmd.correlation_id = flow_id
            settings = self._inbound
            cmd.headers = inject(
                cmd.headers,
                header=_CORRELATION_ID,
                traceparent=settings.traceparent,
                values=settings.values,
            )
        return await call_next(cmd)


def _shared_headers(msg: "StreamMessage[Any]") -> dict[str, Any]:
    """Return the headers of *msg*: those that are the same in all messages, if it is a batch."""
    headers = dict(msg.headers)
    for others in msg.batch_headers[1:]:
        headers = {k: found for k, found in headers.items() if others.get(k) == found}
    return headers
