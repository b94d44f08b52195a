"""The settings for what comes in, which all adapters share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypedDict

from penstock._common.plain_values import plain_string
from penstock._runtime.baggage import BAGGAGE
from penstock._runtime.carriers import known_names, read_known
from penstock._runtime.headers import HEADER, find_carried, find_parts, inject
from penstock._runtime.ids import is_flow_id
from penstock._runtime.received import received_run
from penstock._runtime.run import Run, open_run
from penstock._runtime.traceparent import TRACEPARENT
from penstock.boundary._adoption import (
    Transformer,
    Validator,
    adopted_id,
    check_function,
    may_be_transformed,
)
from penstock.boundary._current import active
from penstock.boundary._settings import build, check_bool, check_common, is_token, wrong
from penstock.boundary._trust import Judge, Peer, Secret, Trust, read_trust

__all__ = ["UNTRUSTED_FLOW_ID", "Inbound", "InboundSettings"]

UNTRUSTED_FLOW_ID = "untrusted_flow_id"
"""The name of the annotated value that has a received ID which was not adopted.

.. versionadded:: 0.2
"""


class InboundSettings(TypedDict, total=False):
    """The settings of `Inbound` as keyword arguments.

    .. versionadded:: 0.2
    """

    header: str
    trust: Trust
    respond: bool
    traceparent: bool
    values: Iterable[str]
    real_peer: bool
    validator: Validator | None
    transformer: Transformer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Settings for incoming requests, messages and tasks.

    Args:
        header: The header that carries the flow ID.
        trust: Whether a received ID is adopted. A `Secret` adopts it from senders
            of the secret. A list of networks, ``["10.0.0.0/8"]``, adopts it from
            senders with such an address, if the adapter knows the address; see
            *real_peer*. A function is called each time with the request or
            message of the adapter. The ID is adopted only if it returns True;
            if it raises, the ID is not adopted, which is logged once.
        respond: Whether a response has the flow ID in *header*. A header that the
            application sets itself is kept.
        traceparent: Whether the trace-id of ``traceparent`` is adopted if there is
            no *header*.
        values: The names of annotated values that are adopted from ``baggage``.
        real_peer: Whether you know that the address of an ASGI server is that of
            the connected peer. uvicorn and others rewrite it from
            ``X-Forwarded-For``, which anybody can send, so networks as *trust*
            are refused under ASGI without this.
        validator: Which IDs of trusted senders are adopted: a function that is
            called with the ID. The ID is adopted only if it returns True; if it
            raises, the ID is not adopted, which is logged once.
        transformer: A function that is called with the received value and returns
            the flow ID to adopt. With it, the received value may have any
            visible ASCII characters, and *validator* is called with that value;
            the result must be a valid flow ID. If it raises or returns something
            else, no ID is adopted, which is logged once. It must return its own
            results unchanged, since tasks and messages may be received again.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    header: str = HEADER
    trust: Trust = False
    respond: bool = True
    traceparent: bool = False
    values: Iterable[str] = ()
    real_peer: bool = False
    validator: Validator | None = None
    transformer: Transformer | None = None
    _peer: Peer | None = field(default=None, repr=False, compare=False)
    _judge: bool | Judge = field(default=False, init=False, repr=False, compare=False)
    # What each message would have to work out again.
    _name: str = field(default="", init=False, repr=False, compare=False)
    _known: Mapping[object, str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _is_wanted: Callable[[str], bool] = field(
        default=is_flow_id, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_common(self)
        check_bool("respond", self.respond)
        check_bool("real_peer", self.real_peer)
        check_function("validator", self.validator)
        check_function("transformer", self.transformer)
        if isinstance(self.trust, Secret):
            _check_secret(self.trust, self.reads)
        elif not (isinstance(self.trust, (bool, str, bytes)) or callable(self.trust)):
            _keep_networks(self)
        object.__setattr__(self, "_judge", read_trust(self.trust, self._peer))
        object.__setattr__(self, "_name", self.header.lower())
        also = [TRACEPARENT] * self.traceparent + [BAGGAGE] * bool(self.values)
        object.__setattr__(self, "_known", known_names(self._name, *also))
        if self.transformer is not None:
            object.__setattr__(self, "_is_wanted", may_be_transformed)

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of all headers that are read, for adapters that select headers."""
        names = (self.header, "traceparent", "baggage")
        return (*names, self.trust.header) if isinstance(self.trust, Secret) else names

    @classmethod
    def read(
        cls,
        location: str,
        settings: InboundSettings,
        *,
        trust: bool = False,
        peer: Peer | None = None,
    ) -> Self:
        """Return *settings* with *trust* as the default.

        Args:
            location: Where the settings are, for the error.
            settings: The settings.
            trust: Whether an ID is adopted if the settings have no *trust*.
            peer: Called with the request of the adapter; returns the address of
                the connected peer. None means that the address is not known, and
                that networks cannot be trusted.

        Raises:
            ConfigurationError: If a setting is unknown or cannot be used.
        """
        return build(cls, location, {"trust": trust, **settings}, {"_peer": peer})

    def receive(self, carrier: Any, source: object = None, *, flow: str | None = None) -> Run:
        """Return a new run, whatever is current, with the ID and the values of *carrier*.

        Args:
            carrier: A mapping or a list of pairs, as for `penstock.extract`.
            source: The request or message that is passed to a function as *trust*.
            flow: The name of the flow that the run belongs to, if any.
        """
        flows = () if flow is None else (plain_string(flow),)
        headers = read_known(carrier, self._known)
        if not headers:
            return received_run(None, flows)
        found, values, remote = find_parts(
            headers, self._name, self.traceparent, self.values, self._is_wanted
        )
        if found is None and not values:
            return received_run(None, flows)
        judge = self._judge
        if not (judge is True or (judge and judge(carrier, source))):
            return received_run(None, flows, self._received(found))
        if found is None:
            return received_run(None, flows, values)
        if self.validator is not None or self.transformer is not None:
            flow_id = adopted_id(found, self.validator, self.transformer)
            if flow_id is None:
                return received_run(None, flows, {**self._received(found), **values}, remote=remote)
            found = flow_id
        return received_run(found, flows, values, remote=remote)

    def _received(self, found: str | None) -> dict[str, object]:
        """Return what a run knows of an ID that came in, may be wanted, and was not adopted."""
        # What a transformer would take need not be a flow ID.
        is_one = found is not None and (self.transformer is None or is_flow_id(found))
        return {UNTRUSTED_FLOW_ID: found} if is_one else {}

    def adopt(self, found: str) -> str | None:
        """Return the flow ID for *found*, the value that a trusted sender sent.

        It is None if the value is not a flow ID, or if *validator* or *transformer* refuse it.
        """
        if not self._is_wanted(found):
            return None
        return adopted_id(found, self.validator, self.transformer)

    def with_headers(self, carrier: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return *carrier* with the headers that these settings read from a message.

        Outside any run they carry a new flow ID, which the message keeps when it
        is delivered or tried again.

        Args:
            carrier: The existing headers of the message, if any.
        """
        with active(open_run() or Run()):
            return inject(
                dict(carrier or {}),
                header=self.header,
                traceparent=self.traceparent,
                values=self.values,
            )

    def accept(self, carrier: Any, source: object = None) -> Run:
        """Return the run for a task that may have been called in its sender's context.

        It is the current one if *carrier* brought its ID, or none. Otherwise it
        is what `receive` returns.
        """
        there = open_run()
        if there is not None:
            flow_id, *_ = find_carried(carrier, self.header, traceparent=False, values=())
            if flow_id in {None, there.flow_id}:
                return there
        return self.receive(carrier, source)


def _keep_networks(settings: Inbound) -> None:
    """Keep the networks as a tuple: an iterator could be read only once."""
    networks: Any = settings.trust
    if isinstance(networks, Iterable):
        object.__setattr__(settings, "trust", tuple(networks))


def _check_secret(secret: Secret, taken: tuple[str, ...]) -> None:
    header: object = secret.header
    env: object = secret.env
    if not (isinstance(header, str) and is_token(header)):
        raise wrong("trust", 'a Secret with the name of a header, like "X-Proxy-Secret"', secret)
    if header.lower() in [name.lower() for name in taken[:-1]]:
        raise wrong("trust", "a Secret whose header carries nothing else", secret)
    if not (isinstance(env, str) and env):
        raise wrong("trust", 'a Secret with the name of a variable, like "PROXY_SECRET"', secret)
