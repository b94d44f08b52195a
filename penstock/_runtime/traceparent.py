"""The header ``traceparent`` of W3C Trace Context: reading it, and writing the next one."""

import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["TRACEPARENT", "Remote", "active_context", "read_traceparent"]

TRACEPARENT = "traceparent"

# Section 3.2. A later version may go on after the flags.
_read: Callable[[str], re.Match[str] | None] = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
).fullmatch

_SAMPLED = 1


class Remote(NamedTuple):
    """The decision of another process about the trace of an operation.

    .. versionadded:: 0.2
    """

    flow_id: str
    """The flow ID that it came with."""

    parent_id: str | None
    """The span in which the other process sent it, or None if the trace has another ID."""

    is_sampled: bool
    """Whether the trace is recorded."""


def read_traceparent(header: str) -> tuple[str, str, bool] | None:
    """Return trace-id, parent-id and whether it is sampled, or None if *header* is invalid."""
    found = _read(header)
    # Version 00 ends with its flags.
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return found["trace"], found["parent"], bool(int(found["flags"], 16) & _SAMPLED)


def active_context(trace_id: str) -> tuple[str, bool] | None:
    """Return the ID and the sampled flag of OpenTelemetry's active span, if it is in that trace.

    Nobody who does not use OpenTelemetry has imported it, and then no span is active.
    """
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    active = trace.get_current_span().get_span_context()
    if f"{active.trace_id:032x}" != trace_id or not active.span_id:
        return None
    return f"{active.span_id:016x}", bool(active.trace_flags & _SAMPLED)
