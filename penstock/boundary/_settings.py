"""Who is believed and who is told: one vocabulary for all adapters."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypedDict, TypeVar

from penstock._context import Run, open_run, received_run
from penstock._propagation import HEADER, added_headers, find_carried, inject
from penstock.boundary._current import active
from penstock.exceptions import ConfigurationError, did_you_mean

__all__ = ["RECEIVED", "Inbound", "InboundSettings", "Outbound", "OutboundSettings"]

_logger = logging.getLogger("penstock")

RECEIVED = "received_id"
"""The annotated value that holds an ID which came in and was not trusted.

.. versionadded:: 0.1
"""

# RFC 9110, section 5.6.2.
_is_token: Callable[[str], object] = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch


class InboundSettings(TypedDict, total=False):
    """The settings of `Inbound` as keyword arguments.

    .. versionadded:: 0.1
    """

    header: str
    trust: bool | Callable[[Any], bool]
    respond: bool
    traceparent: bool
    values: Iterable[str]


class OutboundSettings(TypedDict, total=False):
    """The settings of `Outbound` as keyword arguments.

    .. versionadded:: 0.1
    """

    hosts: Iterable[str]
    header: str
    traceparent: bool
    values: Iterable[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What may come in at a boundary: requests, messages, tasks.

    Args:
        header: The header that carries the flow ID.
        trust: Whether the ID that comes in is adopted. A function is asked each
            time, with what the adapter says it passes: a request, a message.
            If it raises, nothing is adopted.
        respond: Whether an answer says the flow ID in *header*, where there are
            answers. What the application says there itself stays.
        traceparent: Whether the trace-id of ``traceparent`` is adopted too,
            where *header* brought nothing.
        values: The names of annotated values that are adopted from ``baggage``.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.1
    """

    header: str = HEADER
    trust: bool | Callable[[Any], bool] = False
    respond: bool = True
    traceparent: bool = False
    values: Iterable[str] = ()

    def __post_init__(self) -> None:
        _check_common(self)
        if not (isinstance(self.trust, bool) or callable(self.trust)):
            raise _wrong("trust", "True, False or a function", self.trust)
        _check_bool("respond", self.respond)

    @classmethod
    def read(cls, place: str, settings: InboundSettings, *, trust: bool = False) -> "Inbound":
        """Return *settings* with *trust* as the default, or say at which *place* they are wrong.

        Raises:
            ConfigurationError: If a setting is unknown or cannot be used.
        """
        return _build(cls, place, {"trust": trust, **settings})

    def receive(self, carrier: Any, source: object = None, *, flow: str | None = None) -> Run:
        """Return a run for what came in with *carrier*. It is never what is current already.

        Args:
            carrier: A mapping or a list of pairs, as for `extract`.
            source: What a function as *trust* is asked about.
            flow: The name of the flow that the run belongs to, if any.
        """
        flow_id, values, remote = find_carried(
            carrier, self.header, traceparent=self.traceparent, values=self.values
        )
        flows = () if flow is None else (flow,)
        if flow_id is None and not values:
            return received_run(None, flows)
        if self.trust is True or (self.trust and self._believes(source)):
            adopted: dict[str, object] | None = {**values} if values else None
            return received_run(flow_id, flows, adopted, remote=remote)
        received: dict[str, object] | None = None if flow_id is None else {RECEIVED: flow_id}
        return received_run(None, flows, received)

    def send(self, carrier: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers of a message that is to be received with these settings.

        Outside any run they carry a new flow ID, which the message then has
        however often it is delivered or tried again.

        Args:
            carrier: The headers that the message has already, if any.
        """
        with active(open_run() or Run()):
            return inject(
                dict(carrier or {}),
                header=self.header,
                traceparent=self.traceparent,
                values=self.values,
            )

    def accept(self, carrier: Any, source: object = None) -> Run:
        """Return the run for a task that may have been called in its sender's place.

        It is the current one if *carrier* brought its ID, or none. Otherwise it
        is what `receive` returns.
        """
        there = open_run()
        if there is not None:
            said, *_ = find_carried(carrier, self.header, traceparent=False, values=())
            if said in {None, there.flow_id}:
                return there
        return self.receive(carrier, source)

    def _believes(self, source: object) -> bool:
        try:
            return bool(self.trust(source))  # type: ignore[operator]
        except Exception:
            _logger.exception("the function that says whom to trust failed; nothing is adopted")
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What is sent with requests to other services, and to which.

    Args:
        hosts: The hosts that are told: ``"stock.internal"``, with a port
            ``"localhost:8000"``, all below a domain ``"*.internal"``, or all
            there are ``"*"``. By default none is.
        header: The header that carries the flow ID.
        traceparent: Whether it is sent as ``traceparent`` too.
        values: The names of annotated values that are sent as ``baggage``.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.1
    """

    hosts: Iterable[str] = ()
    header: str = HEADER
    traceparent: bool = False
    values: Iterable[str] = ()

    def __post_init__(self) -> None:
        _check_common(self)
        object.__setattr__(self, "hosts", _read_names("hosts", self.hosts, "stock.internal"))
        for host in self.hosts:
            if "/" in host:
                raise _wrong("hosts", "hosts without scheme and path", host)

    @classmethod
    def read(cls, place: str, settings: OutboundSettings) -> "Outbound":
        """Return *settings*, or say at which *place* they are wrong.

        Raises:
            ConfigurationError: If a setting is unknown or cannot be used.
        """
        return _build(cls, place, dict(settings))

    def tells(self, host: str | None, port: int | None = None) -> bool:
        """Tell whether *host* is one of those that are told.

        Args:
            host: The name or address; an IPv6 address with or without brackets.
            port: The port, also where it is the scheme's own.
        """
        name = (host or "").lower().strip("[]").rstrip(".")
        return bool(name) and any(_fits(pattern.lower(), name, port) for pattern in self.hosts)

    def send(self, carrier: Any) -> Any:
        """Return a copy of *carrier* with the current flow ID, as `inject` does."""
        return inject(carrier, header=self.header, traceparent=self.traceparent, values=self.values)

    def added(self, carrier: Any) -> dict[str, str]:
        """Return what `send` sets in *carrier*, for clients whose headers are no plain mapping."""
        return added_headers(carrier, self.header, traceparent=self.traceparent, values=self.values)


def _fits(pattern: str, name: str, port: int | None) -> bool:
    # The colons of an IPv6 address are no port's, unless it is in brackets.
    host, has_port, wanted = pattern.rpartition(":")
    if has_port and wanted.isdecimal() and (":" not in host or host.endswith("]")):
        if port is None or int(wanted) != port:
            return False
    else:
        host = pattern
    host = host.strip("[]")
    if host == "*":
        return True
    return name.endswith(host[1:]) if host.startswith("*.") else name == host


def _check_common(settings: "Inbound | Outbound") -> None:
    header: object = settings.header
    if not (isinstance(header, str) and _is_token(header)):
        raise _wrong("header", 'the name of a header, like "X-Request-ID"', header)
    _check_bool("traceparent", settings.traceparent)
    # The dataclass is frozen for its users.
    object.__setattr__(settings, "values", _read_names("values", settings.values, "tenant"))


def _check_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise _wrong(name, "True or False", value)


def _read_names(name: str, found: Any, example: str) -> tuple[str, ...]:
    wanted = f'a list of texts, like ["{example}"]'
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise _wrong(name, wanted, found)
    names: tuple[Any, ...] = tuple(found)
    if not all(isinstance(one, str) and one for one in names):
        raise _wrong(name, wanted, found)
    return names


def _wrong(name: str, wanted: str, got: object) -> ConfigurationError:
    return ConfigurationError(name, f"takes {wanted}, not {got!r}")


_S = TypeVar("_S", Inbound, Outbound)


def _build(cls: type[_S], place: str, settings: dict[str, Any]) -> _S:
    known = [field.name for field in fields(cls)]
    for name in settings:
        if name not in known:
            hint = did_you_mean(name, known)
            problem = f"unknown setting {name!r}{hint} (known: {', '.join(known)})"
            raise ConfigurationError(place, problem)
    try:
        return cls(**settings)
    except ConfigurationError as error:
        problem = f"{error.place} {error.problem}"
        raise ConfigurationError(place, problem) from None
