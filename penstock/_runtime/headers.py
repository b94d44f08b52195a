"""Headers of a carrier, which take a flow ID, the trace and values to other services."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os import urandom
from types import MappingProxyType
from typing import Any, TypeVar, overload

from penstock._common.declared_strings import wrong
from penstock._common.plain_values import plain_string
from penstock._runtime.baggage import BAGGAGE, read_baggage, write_baggage
from penstock._runtime.carriers import only, read_headers, with_headers
from penstock._runtime.ids import is_flow_id, is_trace_id
from penstock._runtime.run import Run, open_run, remote_of, values_shown
from penstock._runtime.spans import find_span
from penstock._runtime.traceparent import TRACEPARENT, Remote, active_context, read_traceparent

__all__ = [
    "HEADER",
    "NO_VALUES",
    "Carried",
    "added_headers",
    "extract",
    "find_carried",
    "find_parts",
    "inject",
    "read_names",
]

_logger = logging.getLogger("penstock")

V = TypeVar("V")

HEADER = "X-Request-ID"
"""The header that carries a flow ID, unless another is named."""

NO_VALUES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Carried:
    """The result of `extract`. It is false if there was nothing in the carrier.

    .. versionadded:: 0.2
    """

    flow_id: str | None = None
    """The flow ID, or None if the carrier has none that may be adopted."""

    values: Mapping[str, str] = field(default_factory=lambda: NO_VALUES)
    """The annotated values that were asked for and found."""

    _remote: Remote | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.flow_id is not None or bool(self.values)

    def __reduce__(self) -> tuple[type["Carried"], tuple[Any, ...]]:
        # A view of a mapping cannot be pickled.
        return Carried, (self.flow_id, dict(self.values), self._remote)


def read_names(where: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return the names of *values*; one string would be taken for its letters."""
    if isinstance(values, str):
        raise wrong(where, "values as a list of names", values, f"values=[{values!r}]")
    return tuple(values)


@overload
def inject(
    carrier: None = None,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> dict[str, str]: ...
@overload
def inject(
    carrier: dict[str, V],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> dict[str, V | str]: ...
@overload
def inject(
    carrier: Mapping[str, V],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Mapping[str, V | str]: ...
@overload
def inject(
    carrier: Iterable[tuple[Any, Any]],
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> list[tuple[Any, Any]]: ...
def inject(
    carrier: Any = None,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Any:
    """Return a copy of *carrier* that carries the current flow ID.

    What the caller passed is never changed. Outside a run the copy carries
    nothing more. ::

        requests.get(url, headers=inject(headers))
        task.apply_async(headers=inject())
        producer.send("orders", value, headers=inject([]))

    Args:
        carrier: Headers in whatever type a framework or a client has: a
            mapping, or pairs. The copy has that type if it can be written to.
            Otherwise it is a dictionary, or a list of pairs where a name is
            repeated. Names and values in a list are strings or bytes like those
            that are there already; in an empty list they are those of Kafka,
            ``(str, bytes)``. None is an empty dictionary.
        header: The name that carries the flow ID. One that is there already is
            replaced, whatever its case. In metadata of gRPC a name is in lower
            case: ``inject([], header="x-request-id")``.
        traceparent: Whether to send it as ``traceparent`` of W3C Trace Context
            too. An existing one is kept. A flow ID that is not a valid
            trace-id cannot be sent so. Its parent-id is that of the active span
            of OpenTelemetry or of the running step, or else the one that came
            in. Its sampled flag is what the active span of OpenTelemetry says,
            or else what came in; where nobody decided, it is set.
        values: The names of annotated values that travel along, as strings in
            ``baggage`` of W3C Baggage. What is there already stays. A value that
            has no text, or that no server would accept for its length, is left
            out: the whole header has at most 8000 characters, one value 4096.

    Raises:
        InvalidArgumentError: If *carrier* holds no headers, or *values* is one string.

    .. versionadded:: 0.2
    """
    if isinstance(carrier, Iterator):  # it can be read once
        carrier = list(carrier)
    names = read_names("inject", values)
    added = added_headers(carrier, header, traceparent=traceparent, values=names)
    return with_headers(carrier, added)


def added_headers(
    carrier: object, header: str, *, traceparent: bool, values: Iterable[str]
) -> dict[str, str]:
    """Return what *carrier* has to hold to carry the current run: nothing outside a run."""
    run = open_run()
    return {} if run is None else dict(_headers(run, carrier, header, values, traceparent))


def _headers(
    run: Run, carrier: object, header: str, values: Iterable[str], traceparent: bool
) -> Iterator[tuple[str, str]]:
    """Yield what a carrier has to hold to carry *run*."""
    yield header if type(header) is str else plain_string(header), run.flow_id
    if not traceparent and not values:
        return
    there = read_headers(carrier, TRACEPARENT, BAGGAGE)
    if traceparent and TRACEPARENT not in there and is_trace_id(run.flow_id):
        yield TRACEPARENT, _traceparent(run)
    known = values_shown(run)
    named = {name: known[name] for name in values if name in known}
    baggage = ",".join(there.get(BAGGAGE, []))
    written = write_baggage(baggage, named) if named else baggage
    if written != baggage:
        yield BAGGAGE, written


def _traceparent(run: Run) -> str:
    """Return the header that carries the trace of *run* to the next process."""
    remote, span = remote_of(run), find_span()
    parent = None if remote is None else remote.parent_id
    is_sampled = remote is None or remote.is_sampled
    active = active_context(run.flow_id)
    if active is not None:
        parent, is_sampled = active
    elif span is not None:
        parent = span.span_id
    return f"00-{run.flow_id}-{parent or urandom(8).hex()}-{is_sampled:02x}"


def extract(
    carrier: Any,
    *,
    header: str = HEADER,
    traceparent: bool = False,
    values: Iterable[str] = (),
) -> Carried:
    """Return what *carrier* brought, for `bind`: ``with bind(extract(headers)): ...``.

    What anybody may have sent is checked to the last byte, and is never
    repeated in a log. An ID that comes in several versions is none.

    Args:
        carrier: A mapping, or a list of pairs, whose names and values are strings
            or bytes. None is an empty one.
        header: The name that carries the flow ID, in whatever case.
        traceparent: Whether the trace-id of ``traceparent`` is the flow ID where
            *header* brought none. Its parent-id and its sampled flag stay with
            the operation, for what `inject` writes.
        values: The names of values to take from ``baggage``.

    Raises:
        InvalidArgumentError: If *carrier* holds no headers, or *values* is one string.

    .. versionadded:: 0.2
    """
    names = read_names("extract", values)
    return Carried(*find_carried(carrier, header, traceparent=traceparent, values=names))


def find_carried(
    carrier: Any,
    header: str,
    *,
    traceparent: bool,
    values: Iterable[str],
) -> tuple[str | None, Mapping[str, str], Remote | None]:
    """Return the parts of what `extract` returns."""
    header = header.lower()
    found = read_headers(carrier, header, TRACEPARENT, BAGGAGE)
    if not found:
        return None, NO_VALUES, None
    return find_parts(found, header, traceparent, values, is_flow_id)


def find_parts(
    found: Mapping[str, list[str]],
    header: str,
    traceparent: bool,
    values: Iterable[str],
    is_wanted: Callable[[str], bool],
) -> tuple[str | None, Mapping[str, str], Remote | None]:
    """Return the parts of what `extract` returns of the headers *found*, with an ID that is wanted.

    Args:
        found: What was found under *header*, which is in lower case, and under the others.
        header: As for `extract`.
        traceparent: As for `extract`.
        values: As for `extract`.
        is_wanted: Returns whether an ID may be one.
    """
    flow_id = only(found[header]) if header in found else None
    if flow_id is not None and not is_wanted(flow_id):
        _logger.debug("refused a flow ID from outside (length %d)", len(flow_id))
        flow_id = None
    remote = None
    if traceparent and TRACEPARENT in found:
        flow_id, remote = _find_remote(flow_id, only(found[TRACEPARENT]) or "")
    if BAGGAGE not in found or not (wanted := set(values)):
        return flow_id, NO_VALUES, remote
    brought = read_baggage(",".join(found[BAGGAGE]))
    return flow_id, {name: brought[name] for name in brought if name in wanted}, remote


def _find_remote(flow_id: str | None, header: str) -> tuple[str | None, Remote | None]:
    """Return the flow ID, which may be the trace-id, and what was decided about its trace."""
    read = read_traceparent(header)
    if read is None:
        return flow_id, None
    trace_id, parent_id, is_sampled = read
    flow_id = flow_id or trace_id
    return flow_id, Remote(flow_id, parent_id if flow_id == trace_id else None, is_sampled)
