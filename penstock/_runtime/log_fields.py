"""The fields of a log record about the run and the step in which it was made."""

# ruff: noqa: SLF001 - runs are our own, and a property's call is a tenth of the cost here

from collections.abc import Callable, Container, Mapping, MutableMapping
from types import FrameType
from typing import Any, NamedTuple

from penstock._common.plain_values import plain, printable
from penstock._runtime.bypassed import check_frame
from penstock._runtime.current_step import find_raiser, find_running
from penstock._runtime.failure_records import Failure, find_failure
from penstock._runtime.run import Run, closed_marks, current, open_run, values_shown

__all__ = [
    "Report",
    "add_fields",
    "add_known_fields",
    "describe",
    "failure_of",
    "find_step",
    "shorten",
]

_NAMES = ("flow_id", "flow", "step")

_current = current.get  # looked up once, for each log line


def add_fields(
    record: MutableMapping[str, object],
    default: object,
    frame: FrameType | None,
    error: object = None,
    id_length: int | None = None,
) -> None:
    """Add ``flow_id``, ``flow``, ``step`` and annotated values to the fields of a log *record*.

    The record has all three afterwards, since formats name them; existing fields
    are kept.

    Args:
        record: Fields by name.
        default: The value of the three if no run is current.
        frame: Where to look for the running step, as from ``sys._getframe()``. None
            means not to look.
        error: The exception that the record reports, if any: it knows from which
            operation it is.
        id_length: How many characters of the flow ID to add: the last ones.
            None means all.

    .. versionadded:: 0.2
    """
    run = _current()
    if closed_marks and run is not None:
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


def add_known_fields(
    fields: MutableMapping[str, Any],
    error: object = None,
    id_length: int | None = None,
    leave_out: Container[str] = (),
) -> None:
    """Add ``flow_id``, ``flow`` and annotated values to the *fields* of a log event.

    Unknown values are left out, and existing ones are kept. Outside a
    run it adds nothing, unless *error* is from one.

    Args:
        fields: Fields by name.
        error: The exception that the event reports, if any: it knows from which
            operation it is.
        id_length: How many characters of the flow ID to add: the last ones.
            None means all.
        leave_out: Names under which no annotated value is added, since they mean
            something to the logging library.

    .. versionadded:: 0.2
    """
    run = _current()
    if closed_marks and run is not None:
        run = open_run()
    if error is not None or id_length is not None:
        _add_reported(fields, run, error, id_length, leave_out)
    if run is not None:
        if "flow_id" not in fields:
            fields["flow_id"] = run._flow_id or run.flow_id
        if run._flows and "flow" not in fields:
            fields["flow"] = run._flows[0]
        if run._values or run._origin or run._request:
            _add_values(fields, values_shown(run), leave_out)


def _add_reported(
    fields: MutableMapping[str, Any],
    run: Run | None,
    error: object,
    id_length: int | None,
    leave_out: Container[str],
) -> None:
    """Add what is known of an exception, and a part of the ID if that is wanted."""
    failure = failure_of(error, run)
    _put_names(fields.setdefault, run, failure, id_length)
    if failure is not None:
        own = {} if run is None else values_shown(run)
        _add_values(fields, {**failure.values, **own}, leave_out)


def _add_values(
    fields: MutableMapping[str, Any], values: Mapping[str, object], leave_out: Container[str]
) -> None:
    for name, value in values.items():
        if name not in _NAMES and name not in leave_out:
            fields.setdefault(name, printable(value))


def find_step(frame: FrameType | None) -> str | None:
    """Return the name of the step whose code runs in *frame* or called it, or None.

    For log lines: an entrypoint whose function was called without its wrapper,
    so that no run of its flow began, is reported once.

    Args:
        frame: A frame of the running thread, as from ``sys._getframe()``. Looking
            takes longer the more frames there are between it and the step.

    .. versionadded:: 0.2
    """
    running = find_running(frame)
    if running is None:
        return None
    if running.is_entrypoint:
        run = open_run()
        if run is None or run.flow not in running.flows:
            check_frame(running, frame)
    return running.name


class Report(NamedTuple):
    """The details of the operation of an error, as values that JSON can represent.

    .. versionadded:: 0.2
    """

    flow_id: str
    """The correlation ID of the operation."""

    flow: str | None
    """The name of its flow, if one is known."""

    step: str | None
    """The name of the step that raised the error, or else of the running one."""

    run_id: str | None
    """The ID of the run, if it has not ended."""

    values: Mapping[str, object]
    """The annotated values, as `penstock.configure` lets logs show them."""


def describe(
    error: BaseException | None = None,
    *,
    frame: FrameType | None = None,
    run: Run | None = None,
) -> Report | None:
    """Return the details of the current operation, or of that of *error*, for a report.

    The result is None outside any run, unless *error* left one.

    Args:
        error: What is reported, if it is an exception.
        frame: Where to look for the running step, as from ``sys._getframe()``. None
            means not to look.
        run: The run to describe if none is current: one that the reporter kept.

    .. versionadded:: 0.2
    """
    run = open_run() or run
    found = None if error is None else find_failure(error)
    failure = None if found is None or (run and run.flow_id != found.flow_id) else found
    known = run or failure
    if known is None:
        return None
    # The steps of another operation are not those of this one.
    is_ours = error is not None and (found is None or failure is not None)
    running = None if frame is None else find_running(frame)
    return Report(
        flow_id=known.flow_id,
        flow=known.flow or (failure and failure.flow),
        step=(find_raiser(error.__traceback__) if is_ours and error else None)
        or (running and running.name)
        or (failure and failure.step),
        run_id=None if run is None else run.run_id,
        values={
            **({} if failure is None else failure.values),
            **({} if run is None else {k: plain(v) for k, v in values_shown(run).items()}),
        },
    )


def failure_of(error: object, run: Run | None) -> Failure | None:
    """Return what *error* knows of its operation, if *run* is of that one or there is no run."""
    failure = find_failure(error)
    if failure is None or run is None or failure.flow_id == run.flow_id:
        return failure
    return None


def shorten(flow_id: object, length: int | None) -> object:
    """Return the end of *flow_id*: all that begin in the same minute begin alike.

    Args:
        flow_id: The flow ID. Values of other types are returned as they are.
        length: How many characters of it, or None for all.

    .. versionadded:: 0.2
    """
    return flow_id[-length:] if length is not None and isinstance(flow_id, str) else flow_id
