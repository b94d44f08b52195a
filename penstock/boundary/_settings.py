"""Inbound and outbound settings that all adapters share."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self, TypedDict, TypeVar

from penstock._common.plain_values import plain_string
from penstock._runtime.baggage import BAGGAGE
from penstock._runtime.carriers import known_names, read_known
from penstock._runtime.headers import HEADER, added_headers, find_carried, find_parts, inject
from penstock._runtime.ids import is_flow_id
from penstock._runtime.run import Run, open_run
from penstock._runtime.starting import received_run
from penstock._runtime.traceparent import TRACEPARENT
from penstock.boundary._adoption import (
    Transformer,
    Validator,
    adopted_id,
    check_function,
    may_be_transformed,
)
from penstock.boundary._current import active
from penstock.boundary._hosts import HostPattern, plain_host, read_pattern, suggest_pattern
from penstock.boundary._trust import Judge, Peer, Secret, Trust, read_trust
from penstock.exceptions import ConfigurationError, did_you_mean

__all__ = [
    "UNTRUSTED_FLOW_ID",
    "Inbound",
    "InboundSettings",
    "Outbound",
    "OutboundSettings",
    "check_bool",
    "wrong",
]

UNTRUSTED_FLOW_ID = "untrusted_flow_id"
"""The name of the annotated value that has a received ID which was not adopted.

.. versionadded:: 0.2
"""

# RFC 9110, section 5.6.2.
_is_token: Callable[[str], object] = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch


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


class OutboundSettings(TypedDict, total=False):
    """The settings of `Outbound` as keyword arguments.

    .. versionadded:: 0.2
    """

    hosts: Iterable[str]
    header: str
    traceparent: bool
    values: Iterable[str]


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
        _check_common(self)
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
        return _build(cls, location, {"trust": trust, **settings}, {"_peer": peer})

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Settings for outgoing requests: what is sent, and to which hosts.

    Args:
        hosts: The hosts to which the flow ID is sent: ``"stock.internal"``,
            ``"localhost:8000"`` with a port, ``"*.internal"`` for all below a
            domain, or ``"*"`` for all. By default there are none.
        header: The header that carries the flow ID.
        traceparent: Whether the ID is sent as ``traceparent``, too.
        values: The names of annotated values that are sent as ``baggage``.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    hosts: Iterable[str] = ()
    header: str = HEADER
    traceparent: bool = False
    values: Iterable[str] = ()
    _patterns: tuple[HostPattern, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_common(self)
        object.__setattr__(self, "hosts", _read_names("hosts", self.hosts, "stock.internal"))
        object.__setattr__(self, "_patterns", tuple(map(_read_host, self.hosts)))

    @classmethod
    def read(cls, location: str, settings: OutboundSettings) -> "Outbound":
        """Return *settings*.

        Args:
            location: Where the settings are, for the error.
            settings: The settings.

        Raises:
            ConfigurationError: If a setting is unknown or cannot be used.
        """
        return _build(cls, location, dict(settings))

    def allows(self, host: str | None, port: int | None = None) -> bool:
        """Return whether the flow ID may be sent to *host*.

        Args:
            host: The name or address; an IPv6 address with or without brackets.
            port: The port, also if it is the default of the scheme.
        """
        name = plain_host(host or "")
        return bool(name) and any(pattern.fits(name, port) for pattern in self._patterns)

    def with_headers(self, carrier: Any) -> Any:
        """Return a copy of *carrier* with the current flow ID, as `penstock.inject` does."""
        return inject(carrier, header=self.header, traceparent=self.traceparent, values=self.values)

    def headers_to_add(self, carrier: Any) -> dict[str, str]:
        """Return the headers that `with_headers` sets, for clients without plain mappings."""
        return added_headers(carrier, self.header, traceparent=self.traceparent, values=self.values)


def _read_host(text: str) -> HostPattern:
    pattern = read_pattern(text)
    if pattern is not None:
        return pattern
    wanted = 'hosts like "stock.internal", "localhost:8000" or "*.internal"'
    if "/" in text:
        wanted = "hosts without scheme and path"
    meant = suggest_pattern(text)
    hint = f"; did you mean {meant!r}?" if meant else ""
    raise ConfigurationError("hosts", f"takes {wanted}, not {text!r}{hint}")


def _check_common(settings: "Inbound | Outbound") -> None:
    header: object = settings.header
    if not (isinstance(header, str) and _is_token(header)):
        raise wrong("header", 'the name of a header, like "X-Request-ID"', header)
    object.__setattr__(settings, "header", plain_string(header))
    check_bool("traceparent", settings.traceparent)
    # The dataclass is frozen for its users.
    object.__setattr__(settings, "values", _read_names("values", settings.values, "tenant"))


def check_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise wrong(name, "True or False", value)


def _read_names(name: str, found: Any, example: str) -> tuple[str, ...]:
    wanted = f'a list of strings, like ["{example}"]'
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise wrong(name, wanted, found)
    names: tuple[Any, ...] = tuple(found)
    if not all(isinstance(one, str) and one for one in names):
        raise wrong(name, wanted, found)
    return names


def wrong(name: str, wanted: str, got: object) -> ConfigurationError:
    return ConfigurationError(name, f"takes {wanted}, not {got!r}")


def _keep_networks(settings: Inbound) -> None:
    """Keep the networks as a tuple: an iterator could be read only once."""
    networks: Any = settings.trust
    if isinstance(networks, Iterable):
        object.__setattr__(settings, "trust", tuple(networks))


def _check_secret(secret: Secret, taken: tuple[str, ...]) -> None:
    header: object = secret.header
    env: object = secret.env
    if not (isinstance(header, str) and _is_token(header)):
        raise wrong("trust", 'a Secret with the name of a header, like "X-Proxy-Secret"', secret)
    if header.lower() in [name.lower() for name in taken[:-1]]:
        raise wrong("trust", "a Secret whose header carries nothing else", secret)
    if not (isinstance(env, str) and env):
        raise wrong("trust", 'a Secret with the name of a variable, like "PROXY_SECRET"', secret)


_NOTHING: Mapping[str, Any] = {}
_S = TypeVar("_S", bound=Inbound | Outbound)


def _build(
    cls: type[_S], location: str, settings: dict[str, Any], own: Mapping[str, Any] = _NOTHING
) -> _S:
    known = [found.name for found in fields(cls) if not found.name.startswith("_")]
    for name in settings:
        if name not in known:
            hint = did_you_mean(name, known)
            problem = f"unknown setting {name!r}{hint} (known: {', '.join(known)})"
            raise ConfigurationError(location, problem)
    try:
        return cls(**settings, **own)
    except ConfigurationError as error:
        problem = f"{error.location} {error.problem}"
        raise ConfigurationError(location, problem) from None
