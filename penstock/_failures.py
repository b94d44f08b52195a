"""What an exception that left a run knows of that run.

Whoever reports an exception often does so outside the run, where nothing is
current any more. The exception therefore carries a small record of strings. It
is a tuple, which can be pickled for a process without penstock, makes no cycle
and holds nothing alive.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from penstock._context import Run, latest, values_shown
from penstock._control_flow import is_control_flow
from penstock._running import find_raiser

__all__ = ["Failure", "find_failure", "record_failure"]

_NAME = "__penstock__"
_MOST_CHARACTERS = 1024
"""Of a value, in a record."""


class _Record(NamedTuple):
    """What is kept in an exception, where it is a plain tuple."""

    flow_id: str
    flow: str | None
    step: str | None
    values: tuple[tuple[str, str], ...]
    run_id: str
    """The run that it left last."""
    parent: tuple[str, str] | None
    """The flow ID and the run ID of the run in which that one was called."""


_SEVERAL = ""
"""In place of a name that is not clear, and that nothing further out makes clear."""

_UNCLEAR = ()
"""Kept in an exception that several operations share."""


class Failure(NamedTuple):
    """What is known of the operation in which an exception was raised."""

    flow_id: str
    flow: str | None
    step: str | None
    values: Mapping[str, str]


def record_failure(run: Run, error: BaseException) -> None:
    """Let *error* carry what is known of *run*, which it is just leaving.

    To be called while *run* is current. Exceptions that are control flow carry
    nothing.
    """
    try:
        own: _Record | None = None
        for raised in _members(error):
            own = own or _describe(latest(run))
            _attach(raised, own)
    except Exception:  # noqa: S110 - whatever an exception refuses, the application sees its own
        pass


def _members(error: BaseException) -> Iterator[BaseException]:
    """Yield what is to be marked: *error*, and all that is in it if it is a group.

    ``except*`` and `BaseExceptionGroup.split` make new groups, of the same members.
    """
    if is_control_flow(error):
        return
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    members = [found for member in error.exceptions for found in _members(member)]
    if members:
        yield error
        yield from members


def _describe(run: Run) -> _Record:
    parent = run.parent
    values = tuple((name, _text(value)) for name, value in values_shown(run).items())
    return _Record(
        *(_plain(run.flow_id), run.flow and _plain(run.flow), None, values, run.run_id),
        None if parent is None else (_plain(parent.flow_id), parent.run_id),
    )


def _plain(text: str) -> str:
    """Return *text* as a string and not as one of a subclass, which might not be unpickled."""
    return "".join(text)


def _text(value: object) -> str:
    try:
        return _plain(str(value)[:_MOST_CHARACTERS])
    except Exception:
        return f"<unprintable {type(value).__qualname__}>"


def _attach(error: BaseException, own: _Record) -> None:
    """Let *error* carry its own record, or what that and the one that it carries have in common."""
    found = error.__dict__.get(_NAME)
    kept: tuple[object, ...]
    if found is None:
        kept = own._replace(step=find_raiser(error.__traceback__))
    elif not _is_record(found):
        return
    else:
        kept = _joined(_Record(*found), own, error)
    # Past whatever the class makes of attributes: a frozen dataclass refuses them.
    error.__dict__[_NAME] = tuple(kept)


def _is_record(found: object) -> bool:
    return type(found) is tuple and len(found) == len(_Record._fields)


def _joined(inner: _Record, outer: _Record, error: BaseException) -> tuple[object, ...]:
    is_on_its_way = inner.run_id == outer.run_id or (inner.parent == (outer.flow_id, outer.run_id))
    if is_on_its_way and inner.flow_id == outer.flow_id:
        values = {**dict(outer.values), **dict(inner.values)}
        return inner._replace(
            flow=outer.flow if inner.flow is None else inner.flow,
            step=find_raiser(error.__traceback__) if inner.step is None else inner.step,
            values=tuple(values.items()),
            run_id=outer.run_id,
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
        if own == _UNCLEAR or _is_record(own):
            return _Record(*own) if own else _UNCLEAR
        if isinstance(error, BaseExceptionGroup):
            among = _common([_find(member, seen) for member in error.exceptions])
            if among is not None:
                return among
        waiting += (error.__context__, error.__cause__)  # the last one is taken first
    return None


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
