"""What a log record says of the run and the step that it was made in."""

# ruff: noqa: SLF001 - runs are our own, and a property's call is a tenth of the cost here

from collections.abc import Callable, Mapping, MutableMapping
from types import FrameType

from penstock._common.plain_values import printable
from penstock._declared.registry import Declaration
from penstock._runtime.bypassed import check_frame
from penstock._runtime.current_step import find_running
from penstock._runtime.failure_records import Failure, find_failure
from penstock._runtime.run import Run, current, open_run, values_shown
from penstock.exceptions import ConfigurationError

__all__ = [
    "NAMES",
    "add_fields",
    "check_length",
    "failure_of",
    "find_step",
    "run_values",
    "shorten",
]

NAMES = ("flow_id", "flow", "step")


def add_fields(
    record: MutableMapping[str, object],
    default: object,
    frame: FrameType | None,
    error: object = None,
    id_length: int | None = None,
) -> None:
    """Add to *record* what is current, except under names that it has already.

    Args:
        record: Fields by name.
        default: What stands where nothing is current.
        frame: Where to look for the running step, or None not to look.
        error: What is reported: an exception knows from which operation it is.
        id_length: How many characters of the flow ID to add. None means all.
    """
    run = current.get()
    if run is not None and len(run._cell) > 1:
        run = open_run()
    failure = None if error is None else failure_of(error, run)
    if failure is not None or id_length is not None:
        _put_names(record.setdefault, run, failure, id_length)
    if run is None:
        record.setdefault("flow_id", default)
        record.setdefault("flow", default)
    else:
        record.setdefault("flow_id", run._flow_id or run.flow_id)
        record.setdefault("flow", run._flows[0] if run._flows else default)
    if "step" not in record:
        # What `find_step` does, in place: each line pays for it.
        running = None if frame is None else find_running(frame)
        if (
            running is not None
            and running.is_entrypoint
            and (run is None or not run._flows or run._flows[0] not in running.flows)
        ):
            check_frame(running, frame)
        record["step"] = running.name if running else (failure and failure.step) or default
    # Last, so that no value is taken for one of the three.
    if run is not None and (run._values or run._origin or run._request):
        for name, value in values_shown(run).items():
            is_text = type(value) is str and value.isascii()
            record.setdefault(name, value if is_text else printable(value, asks=False))
    if failure is not None:
        for name, value in failure.values.items():
            record.setdefault(name, printable(value, asks=False))


def _put_names(
    put: Callable[[str, object], object],
    run: Run | None,
    failure: Failure | None,
    id_length: int | None,
) -> None:
    """Put what a record says where it reports an exception, or has a part of the ID."""
    known = run or failure
    if known is not None:
        put("flow_id", shorten(known.flow_id, id_length))
        flow = known.flow or (failure and failure.flow)
        if flow:
            put("flow", flow)


def find_step(frame: FrameType | None) -> Declaration | None:
    """Return the step that runs in *frame*, and report one that was called past its wrapper."""
    running = find_running(frame)
    if running is not None and running.is_entrypoint:
        run = open_run()
        if run is None or run.flow not in running.flows:
            check_frame(running, frame)
    return running


def failure_of(error: object, run: Run | None) -> Failure | None:
    """Return what *error* knows of its operation, if *run* is of that one or there is no run."""
    failure = find_failure(error)
    if failure is None or run is None or failure.flow_id == run.flow_id:
        return failure
    return None


def run_values(run: Run | None, failure: Failure | None) -> Mapping[str, object]:
    """Return what is attached to *run* and to what failed in it."""
    values = {} if run is None else values_shown(run)
    return values if failure is None else {**failure.values, **values}


def shorten(flow_id: object, length: int | None) -> object:
    """Return the end of *flow_id*: all that begin in the same minute begin alike."""
    return flow_id[-length:] if length is not None and isinstance(flow_id, str) else flow_id


def check_length(location: str, length: object) -> None:
    """Raise unless *length* is a number of characters, or None."""
    if length is None or (type(length) is int and length > 0):
        return
    problem = f"id_length must be a number of characters above 0, not {length!r}: write 8"
    raise ConfigurationError(location, problem)
