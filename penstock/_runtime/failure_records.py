"""The record of a run that an exception has which left it.

Exceptions are often reported outside the run, where nothing is
current any more. The exception therefore carries a small record of strings. It
is a tuple, which can be pickled for a process without penstock, makes no cycle
and holds nothing alive.
"""

# ruff: noqa: SLF001 - runs are our own, and each that fails pays for what is called here

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from penstock._common.plain_values import unprintable
from penstock._runtime.control_flow import is_control_flow
from penstock._runtime.current_step import find_raiser
from penstock._runtime.ids import number_of, write_flow_id
from penstock._runtime.run import Run, latest, values_shown

__all__ = ["Failure", "find_failure", "note_flow_id", "record_failure"]

_NAME = "__penstock__"
_MOST_CHARACTERS = 1024
"""Of a value, in a record."""


class _Record(NamedTuple):
    """The record in an exception."""

    flow_id: str
    flow: str | None
    step: str | None
    values: tuple[tuple[str, str], ...]
    number: int
    """That of the run that it left last."""
    parent: tuple[str, int] | None
    """The flow ID and the number of the run in which that one was called."""


_Values = tuple[tuple[str, str], ...]
_Kept = tuple[str | tuple[int, bytes], str | None, str | None, _Values, int, tuple[str, int] | None]
"""That as a plain tuple, which takes less time to make. It has what the ID is written of where
nobody has read the ID yet: most exceptions are never reported."""

_SEVERAL = ""
"""In place of a name that is not clear, and that nothing further out makes clear."""

_UNCLEAR = ()
"""Kept in an exception that several operations share."""


class Failure(NamedTuple):
    """The operation in which an exception was raised, as far as it is known."""

    flow_id: str
    flow: str | None
    step: str | None
    values: Mapping[str, str]


def record_failure(run: Run, error: BaseException) -> None:
    """Let *error* carry the details of *run*, which it is just leaving.

    A log line or a report that is written outside the run then shows which
    operation it is from. `penstock.boundary.active` does it by itself; this is
    for adapters that are called with an error while the run is current. Exceptions
    that are control flow carry nothing.

    Args:
        run: The run, which is current.
        error: The exception.

    .. versionadded:: 0.2
    """
    try:
        if isinstance(error, BaseExceptionGroup):
            for one in _members(error):
                _attach(one, latest(run))
        elif not is_control_flow(error):
            _attach(error, latest(run))
    except Exception:  # noqa: S110 - whatever an exception refuses, the application sees its own
        pass


_NOTE = "flow ID: "


def note_flow_id(run: Run, error: BaseException) -> None:
    """Let a traceback of *error* show the flow ID of *run*, which it left last, and no other."""
    note = f"{_NOTE}{run.flow_id}"
    try:
        notes = getattr(error, "__notes__", None)
        if notes:
            notes[:] = [found for found in notes if not str(found).startswith(_NOTE)]
        error.add_note(note)
    except Exception:  # noqa: S110 - it refuses, as one does that is a frozen dataclass
        pass


def _members(error: BaseException) -> list[BaseException]:
    """Return what is to be marked: *error*, and all that is in it if it is a group.

    ``except*`` and `BaseExceptionGroup.split` make new groups, of the same members.
    """
    if is_control_flow(error):
        return []
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    members = [found for member in error.exceptions for found in _members(member)]
    return [error, *members] if members else []


def _plain(text: str) -> str:
    """Return *text* as a string and not as one of a subclass, which might not be unpickled."""
    return text if type(text) is str else "".join(text)


def _text(value: object) -> str:
    try:
        return _plain(str(value)[:_MOST_CHARACTERS])
    except Exception:
        return unprintable(value)


def _attach(error: BaseException, run: Run) -> None:
    """Let *error* carry what is known of *run*, or what that and its own record have in common."""
    # Past whatever the class makes of attributes: a frozen dataclass refuses them.
    attributes = error.__dict__
    found = attributes.get(_NAME)
    if found is None:
        attributes[_NAME] = _describe(run, find_raiser(error.__traceback__))
    elif _is_record(found):
        inner, outer = _read(found), _read(_describe(run, None))
        attributes[_NAME] = tuple(_joined(inner, outer, error))


def _describe(run: Run, step: str | None) -> _Kept:
    flow_id, flows, outer = run._flow_id, run._flows, run._outer
    has_values = run._values or run._origin or run._request
    return (
        (run._when, run._tail) if flow_id is None else _plain(flow_id),
        _plain(flows[0]) if flows else None,
        step,
        tuple((n, _text(v)) for n, v in values_shown(run).items()) if has_values else (),
        number_of(run._cell),
        None if outer is None else (_plain(outer[1]), number_of(outer[0])),
    )


def _is_record(found: object) -> bool:
    return type(found) is tuple and len(found) == len(_Record._fields)


def _read(kept: _Kept) -> _Record:
    flow_id, flow, step, values, number, parent = kept
    written = flow_id if isinstance(flow_id, str) else write_flow_id(*flow_id)
    return _Record(written, flow, step, values, number, parent)


def _joined(inner: _Record, outer: _Record, error: BaseException) -> tuple[object, ...]:
    is_on_its_way = inner.number == outer.number or (inner.parent == (outer.flow_id, outer.number))
    if is_on_its_way and inner.flow_id == outer.flow_id:
        values = {**dict(outer.values), **dict(inner.values)}
        return inner._replace(
            flow=outer.flow if inner.flow is None else inner.flow,
            step=find_raiser(error.__traceback__) if inner.step is None else inner.step,
            values=tuple(values.items()),
            number=outer.number,
            parent=outer.parent,
        )
    if is_on_its_way:  # it left an operation that was called in this one
        return outer._replace(step=find_raiser(error.__traceback__))
    if inner.flow_id != outer.flow_id:
        return _UNCLEAR
    # It was raised twice in one operation, and only what both have in common is true of it.
    return outer._replace(
        flow=outer.flow if outer.flow == inner.flow else _SEVERAL,
        step=_SEVERAL,
        values=tuple(pair for pair in outer.values if pair in inner.values),
    )


def find_failure(error: object) -> Failure | None:
    """Return what is known of the operation that *error* is from, or None.

    It is looked for in *error*, in the members of a group, and in what it was
    raised from. None, too, where it is not clear which operation is meant.
    """
    try:
        found = _find(error, set())
    except Exception:  # an exception that refuses to be looked at, or something else's attribute
        return None
    if not found:
        return None
    flow_id, flow, step, values, *_ = found
    return Failure(flow_id, flow or None, step or None, MappingProxyType(dict(values)))


def _find(error: object, seen: set[int]) -> _Record | tuple[()] | None:
    """Return the record of *error*: an empty one if it is not clear, None if there is none."""
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if not isinstance(error, BaseException) or id(error) in seen:
            continue
        seen.add(id(error))
        own = error.__dict__.get(_NAME)
        record = _read(own) if own and _is_record(own) else None
        if own == _UNCLEAR or (record and not isinstance(error, BaseExceptionGroup)):
            return record or _UNCLEAR
        if isinstance(error, BaseExceptionGroup):
            among = _common([_find(member, seen) for member in error.exceptions])
            if record or among is not None:
                return _completed(record, among) if record else among
        waiting += (error.__context__, error.__cause__)  # the last one is taken first
    return None


def _completed(own: _Record, among: _Record | tuple[()] | None) -> _Record:
    """Return what a group carries, and of what its members have in common what it lacks.

    It left a request, say, in which the flow of its members is not known.
    """
    if not among or among[0] != own.flow_id:
        return own
    inner = _Record(*among)
    flow = inner.flow if own.flow is None else own.flow
    return own._replace(
        flow=flow,
        step=inner.step if own.step is None and flow == inner.flow else own.step,
        values=tuple({**dict(own.values), **dict(inner.values)}.items()),
    )


def _common(found: list[_Record | tuple[()] | None]) -> _Record | tuple[()] | None:
    """Return what all records that were *found* have in common."""
    records = [record for record in found if record is not None]
    if not records:
        return None
    first = records[0]
    if not first or any(not record or record[0] != first[0] for record in records):
        return _UNCLEAR
    flows, steps = ({record[at] for record in records if record} for at in (1, 2))
    return _Record(*first)._replace(
        flow=first[1] if len(flows) == 1 else None,
        step=first[2] if len(steps) == 1 else None,
        values=tuple(pair for pair in first[3] if all(pair in r[3] for r in records if r)),
    )
