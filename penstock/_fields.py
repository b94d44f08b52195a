"""What a log record says of the run and the step that it was made in."""

# ruff: noqa: SLF001 - runs are our own, and a property's call is a tenth of the cost here

from collections.abc import MutableMapping
from types import FrameType

from penstock._context import current
from penstock._running import find_running

__all__ = ["NAMES", "add_fields"]

NAMES = ("flow_id", "flow", "step")


def add_fields(
    record: MutableMapping[str, object], default: object, frame: FrameType | None
) -> None:
    """Add to *record* what is current, except under names that it has already.

    Args:
        record: Fields by name.
        default: What stands where nothing is current.
        frame: Where to look for the running step, or None not to look.
    """
    run = current.get()
    if run is None:
        record.setdefault("flow_id", default)
        record.setdefault("flow", default)
    else:
        record.setdefault("flow_id", run._flow_id)
        record.setdefault("flow", run._flows[0] if run._flows else default)
        if run._values or run._parent:
            for name, value in run.values.items():
                record.setdefault(name, value)
    if "step" not in record:
        running = None if frame is None else find_running(frame)
        record["step"] = default if running is None else running.name
